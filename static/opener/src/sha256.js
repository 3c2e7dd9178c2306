// SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869), synchronous.
//
// WebCrypto has all three, but only behind promises: five of them for each of 100,000 rows cost more
// than the arithmetic. The constants are worked out below, so that no table has to be trusted.

const [ROUND_CONSTANTS, INITIAL_STATE] = (() => {
  const isPrime = (n) => {
    for (let divisor = 2; divisor * divisor <= n; divisor += 1) if (n % divisor === 0) return false;
    return true;
  };
  // The first 32 bits of the fractional part of a prime's root, exactly: floor(root * 2^32) mod 2^32.
  const fraction = (prime, power) => {
    const target = BigInt(prime) << BigInt(32 * power);
    let low = 0n;
    let high = 1n << 40n;
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (middle ** BigInt(power) <= target) low = middle;
      else high = middle;
    }
    return Number(low & 0xffffffffn) | 0;
  };
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (isPrime(n)) primes.push(n);
  return [
    Int32Array.from(primes, (prime) => fraction(prime, 3)),
    Int32Array.from(primes.slice(0, 8), (prime) => fraction(prime, 2)),
  ];
})();

const schedule = new Int32Array(64);

function compress(state, block, at) {
  for (let i = 0; i < 16; i += 1, at += 4) {
    schedule[i] = (block[at] << 24) | (block[at + 1] << 16) | (block[at + 2] << 8) | block[at + 3];
  }
  for (let i = 16; i < 64; i += 1) {
    const x = schedule[i - 15];
    const y = schedule[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    schedule[i] = (schedule[i - 16] + s0 + schedule[i - 7] + s1) | 0;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[i] + schedule[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

function sha256(message) {
  const padded = new Uint8Array((((message.length + 8) >> 6) + 1) << 6);
  padded.set(message);
  padded[message.length] = 0x80;
  const words = new DataView(padded.buffer);
  words.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29));
  words.setUint32(padded.length - 4, message.length << 3);
  const state = INITIAL_STATE.slice();
  for (let at = 0; at < padded.length; at += 64) compress(state, padded, at);
  const digest = new Uint8Array(32);
  for (let at = 0; at < 32; at += 1) digest[at] = state[at >> 2] >>> (24 - 8 * (at & 3));
  return digest;
}

function hmac(key, message) {
  const short = key.length > 64 ? sha256(key) : key;
  const inner = new Uint8Array(64 + message.length);
  const outer = new Uint8Array(64 + 32);
  for (let at = 0; at < 64; at += 1) {
    const byte = at < short.length ? short[at] : 0;
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  inner.set(message, 64);
  outer.set(sha256(inner), 64);
  return sha256(outer);
}

function hkdfExtract(salt, material) {
  return hmac(salt, material);
}

// Up to 32 bytes, which is all that is ever needed here: one block.
function hkdfExpand(key, info, length) {
  return hmac(key, bytesOf(info, Uint8Array.of(1))).slice(0, length);
}
