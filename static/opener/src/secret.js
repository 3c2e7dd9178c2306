// A campaign's secret key: 32 random bytes, from which key pair, words and backup code all follow.
// campaign_app/sealing/campaign_secret.py derives the same; golden files hold the two together.

const KEM_SUITE = bytesOf("KEM", Uint8Array.of(0, 0x10)); // DHKEM(P-256, HKDF-SHA256)
const HPKE_SUITE = bytesOf("HPKE", Uint8Array.of(0, 0x10, 0, 1, 0, 2)); // … HKDF-SHA256, AES-256-GCM
const CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // no I, L, O or U to misread
const TEXT_FORM = /^NIDAA-SECRET-1:([0-9A-F]{64}):([0-9A-F]{8})$/;
const WORD_COUNT = 24;

// What a person typed or chose is not a backup; `reason` is a key of the texts, `details` fills it in.
class NotASecret extends Error {
  constructor(reason, details = {}) {
    super(reason);
    this.reason = reason;
    this.details = details;
  }
}

function labeledExtract(suite, salt, label, material) {
  return hkdfExtract(salt, bytesOf("HPKE-v1", suite, label, material));
}

function labeledExpand(suite, key, label, info, length) {
  return hkdfExpand(key, bytesOf(Uint8Array.of(0, length), "HPKE-v1", suite, label, info), length);
}

// RFC 9180, section 7.1.3, DeriveKeyPair for P-256.
function deriveScalar(seed) {
  const key = labeledExtract(KEM_SUITE, new Uint8Array(0), "dkp_prk", seed);
  for (let counter = 0; ; counter += 1) {
    const scalar = labeledExpand(KEM_SUITE, key, "candidate", Uint8Array.of(counter), 32);
    const number = toNumber(scalar);
    if (number > 0n && number < ORDER) return scalar;
  }
}

function secretOf(seed) {
  const scalar = deriveScalar(seed);
  const { x, y } = publicPoint(toNumber(scalar));
  const point = bytesOf(Uint8Array.of(4), x, y);
  const id = toHex(sha256(bytesOf("nidaa key id v1\0campaign\0", point))).slice(0, 16);
  return { seed, scalar, x, y, point, id };
}

function fingerprintOf(point) {
  const digits = toHex(sha256(bytesOf("nidaa campaign keys v1\0", point))).slice(0, 32);
  return digits.match(/.{4}/g).join("-");
}

function backupCodeOf(seed) {
  const derived = hkdfExpand(hkdfExtract(new Uint8Array(32), seed), utf8.encode("nidaa backup read v1"), 10);
  const number = toNumber(derived);
  let letters = "";
  for (let place = 15n; place >= 0n; place -= 1n) letters += CODE_LETTERS[Number((number >> (5n * place)) & 31n)];
  return letters.match(/.{4}/g).join("-");
}

function backupCheckOf(code) {
  return sha256(bytesOf("nidaa backup check v1\0", code.replaceAll("-", "")));
}

function textOf(seed) {
  return `NIDAA-SECRET-1:${toHex(seed).toUpperCase()}:${textCheck(seed)}`;
}

function textCheck(seed) {
  return toHex(sha256(bytesOf("nidaa secret text v1\0", seed))).slice(0, 8).toUpperCase();
}

function secretFromText(text) {
  const found = TEXT_FORM.exec(text.replace(/\s/g, "").toUpperCase());
  if (!found) throw new NotASecret("not_a_backup");
  const seed = fromHex(found[1]);
  if (found[2] !== textCheck(seed)) throw new NotASecret("text_misread");
  return secretOf(seed);
}

function wordsOf(seed) {
  const bits = toNumber(bytesOf(seed, sha256(seed).slice(0, 1)));
  return Array.from({ length: WORD_COUNT }, (_, place) => WORD_LIST[Number((bits >> BigInt(11 * (23 - place))) & 2047n)]);
}

function secretFromWords(words) {
  let bits = 0n;
  words.forEach((word, at) => {
    const number = WORD_LIST.indexOf(word);
    if (number < 0) throw new NotASecret("word_unknown", { n: at + 1, word });
    bits = (bits << 11n) | BigInt(number);
  });
  if (words.length !== WORD_COUNT) throw new NotASecret("words_missing", { n: words.length });
  const seed = to32Bytes(bits >> 8n);
  if (sha256(seed)[0] !== Number(bits & 255n)) throw new NotASecret("words_checksum");
  return secretOf(seed);
}

// The file that the organiser chose to save: the same JSON that the server's key files are written in.
function secretFromFile(text) {
  let seed;
  let fields;
  try {
    fields = JSON.parse(text);
    seed = fromBase64(fields.key);
  } catch {
    throw new NotASecret("not_a_backup");
  }
  if (fields.kind === "campaign-public") throw new NotASecret("public_file_given");
  if (fields.kind !== "campaign-secret" || seed.length !== 32) throw new NotASecret("not_a_backup");
  const secret = secretOf(seed);
  if (secret.id !== fields.id) throw new NotASecret("text_misread");
  return secret;
}

function keyFile(kind, secret, createdOn) {
  const isPublic = kind === "campaign-public";
  const fields = { version: 1, id: secret.id, kind, created_on: createdOn };
  fields.key = toBase64(isPublic ? secret.point : secret.seed);
  if (isPublic) fields.backup_check = toBase64(backupCheckOf(backupCodeOf(secret.seed)));
  return `${JSON.stringify(fields, null, 1)}\n`;
}

async function privateKeyOf(secret) {
  const base64url = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const key = { kty: "EC", crv: "P-256", d: base64url(secret.scalar), x: base64url(secret.x), y: base64url(secret.y) };
  return crypto.subtle.importKey("jwk", key, { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
}

// A new key is tried before anyone relies on it: both sides of an exchange must agree.
async function keyPairWorks(secret) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const other = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const own = await crypto.subtle.importKey("raw", secret.point, curve, false, []);
  const [one, two] = await Promise.all([
    crypto.subtle.deriveBits({ name: "ECDH", public: other.publicKey }, await privateKeyOf(secret), 256),
    crypto.subtle.deriveBits({ name: "ECDH", public: own }, other.privateKey, 256),
  ]);
  return sameBytes(new Uint8Array(one), new Uint8Array(two));
}
