// Opens sealed contacts of format 1; campaign_app/sealing/contacts.py draws the format and writes it.

const MAGIC = bytesOf("NDC", Uint8Array.of(1));
const ID_BYTES = 8;
const ENC_BYTES = 65;
const ENTRY_BYTES = ID_BYTES + ENC_BYTES + 48;
const NONCE_BYTES = 12;
const EMPTY = new Uint8Array(0);

// One row did not open; `reason` is a key of the texts.
class CannotOpen extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

// What stays the same for every row of one petition and one key.
async function openerFor(secret, petition) {
  const id = fromHex(secret.id);
  const info = bytesOf("nidaa contact v1\0", petition, "\0", id);
  const context = bytesOf(
    Uint8Array.of(0), // base mode
    labeledExtract(HPKE_SUITE, EMPTY, "psk_id_hash", EMPTY),
    labeledExtract(HPKE_SUITE, EMPTY, "info_hash", info),
  );
  return { id, point: secret.point, context, privateKey: await privateKeyOf(secret) };
}

async function sharedSecret(enc, { privateKey, point }) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const ephemeral = await crypto.subtle.importKey("raw", enc, curve, false, []);
  const bits = await crypto.subtle.deriveBits({ name: "ECDH", public: ephemeral }, privateKey, 256);
  const key = labeledExtract(KEM_SUITE, EMPTY, "eae_prk", new Uint8Array(bits));
  return labeledExpand(KEM_SUITE, key, "shared_secret", bytesOf(enc, point), 32);
}

// RFC 9180, base mode, one message, no associated data. Returns what was sealed, as an AES-GCM key.
async function unwrap(enc, wrapped, opener) {
  const secret = labeledExtract(HPKE_SUITE, await sharedSecret(enc, opener), "secret", EMPTY);
  const key = labeledExpand(HPKE_SUITE, secret, "key", opener.context, 32);
  const iv = labeledExpand(HPKE_SUITE, secret, "base_nonce", opener.context, NONCE_BYTES);
  const wrapping = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["unwrapKey"]);
  return crypto.subtle.unwrapKey("raw", wrapped, wrapping, { name: "AES-GCM", iv }, "AES-GCM", false, ["decrypt"]);
}

async function openContact(sealed, opener) {
  const headEnd = MAGIC.length + 1 + sealed[MAGIC.length] * ENTRY_BYTES;
  const bodyStart = headEnd + NONCE_BYTES;
  if (!sameBytes(sealed.subarray(0, MAGIC.length), MAGIC) || !(sealed.length > bodyStart)) {
    throw new CannotOpen("row_damaged");
  }
  const entry = entryFor(sealed, headEnd, opener.id);
  let padded;
  try {
    const contentKey = await unwrap(entry.subarray(0, ENC_BYTES), entry.subarray(ENC_BYTES), opener);
    const iv = sealed.subarray(headEnd, bodyStart);
    const algorithm = { name: "AES-GCM", iv, additionalData: sealed.subarray(0, headEnd) };
    padded = new Uint8Array(await crypto.subtle.decrypt(algorithm, contentKey, sealed.subarray(bodyStart)));
  } catch {
    throw new CannotOpen("row_altered");
  }
  return unpadded(padded);
}

function entryFor(sealed, headEnd, id) {
  for (let start = MAGIC.length + 1; start < headEnd; start += ENTRY_BYTES) {
    if (sameBytes(sealed.subarray(start, start + ID_BYTES), id)) {
      return sealed.subarray(start + ID_BYTES, start + ENTRY_BYTES);
    }
  }
  throw new CannotOpen("row_for_others");
}

function unpadded(padded) {
  const end = 4 + new DataView(padded.buffer).getUint32(0);
  let contact;
  try {
    contact = JSON.parse(fromUtf8.decode(padded.subarray(4, end)));
  } catch {
    throw new CannotOpen("row_damaged");
  }
  if (end > padded.length || contact === null || contact.format !== 1) throw new CannotOpen("row_damaged");
  return contact;
}
