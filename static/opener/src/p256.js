// The public point of a P-256 secret (SEC 1, SP 800-186). WebCrypto does everything else with the curve,
// but not every browser works out the point from the secret alone.
// Not constant in time: it runs once, on the organiser's own computer, with the network off.

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const GENERATOR = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

const modulo = (value) => ((value % P) + P) % P;

function inverse(value) {
  let [a, b, x, y] = [modulo(value), P, 1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b, x, y] = [b % a, a, y - quotient * x, x];
  }
  return modulo(x);
}

function addPoints(one, other) {
  if (!one) return other;
  if (!other) return one;
  let slope;
  if (one.x === other.x) {
    if (one.y !== other.y) return null;
    slope = modulo((3n * one.x * one.x - 3n) * inverse(2n * one.y));
  } else {
    slope = modulo((other.y - one.y) * inverse(other.x - one.x));
  }
  const x = modulo(slope * slope - one.x - other.x);
  return { x, y: modulo(slope * (one.x - x) - one.y) };
}

function publicPoint(scalar) {
  let found = null;
  for (const bit of scalar.toString(2)) {
    found = addPoints(found, found);
    if (bit === "1") found = addPoints(found, GENERATOR);
  }
  return { x: to32Bytes(found.x), y: to32Bytes(found.y) };
}

function to32Bytes(number) {
  return fromHex(number.toString(16).padStart(64, "0"));
}

function toNumber(bytes) {
  return BigInt(`0x${toHex(bytes)}`);
}
