/**
 * Solve one proof of work, away from the page: find the counter whose key begins as the challenge wants.
 *
 * ALTCHA, version 2: key = PBKDF2-SHA-256(nonce followed by the counter as four bytes, salt, cost).
 * Takes a challenge's parameters. Answers numbers while it searches, the fraction tried so far, and
 * in the end {counter, derivedKey}. A failure is left to the page's onerror.
 */
const REPORT_EVERY = 50;

onmessage = async ({ data: { cost, data, keyLength, keyPrefix, nonce, salt } }) => {
  const password = new Uint8Array(nonce.length / 2 + 4);
  password.set(bytesOf(nonce));
  const counterField = new DataView(password.buffer, nonce.length / 2);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(salt), iterations: cost };

  for (let counter = 0; counter < data.counters; counter++) {
    counterField.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hexOf(await crypto.subtle.deriveBits(derivation, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) return postMessage({ counter, derivedKey });
    if (counter % REPORT_EVERY === 0) postMessage(counter / data.counters);
  }
  throw new Error("no counter fits");
};

// A rejected promise is not an error event by itself; the page waits for one.
onunhandledrejection = ({ reason }) => {
  throw reason;
};

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hexOf = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
