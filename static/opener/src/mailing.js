// Recipients of one mailing, sealed anew; campaign_app/sealing/mailing.py draws the format and opens it,
// campaign_app/updates/resealing.py is the other writer.

const MAILING_FORMAT = "nidaa-mailing";
const MAILING_VERSION = 1;
const PADDED_BYTES = 256;
const MOST_OF_ONE_MAILBOX = 16;
const STOP_LABEL = "nidaa stop updates v1";
const GMAIL = ["gmail.com", "googlemail.com"];
const CURVE = { name: "ECDH", namedCurve: "P-256" };

// What the desk gives: { mailing, petition, point }.
function mailingKeyOf(text) {
  let fields;
  let point;
  try {
    fields = JSON.parse(text);
    point = fromBase64(fields.key);
  } catch {
    throw new NotASheet("not_a_mailing_key");
  }
  const isWhole =
    fields.format === "nidaa-mailing-key" &&
    fields.version === MAILING_VERSION &&
    /^[0-9a-f]{16}$/.test(fields.mailing) &&
    typeof fields.petition === "string" &&
    point.length === ENC_BYTES;
  if (!isWhole) throw new NotASheet("not_a_mailing_key");
  return { mailing: fields.mailing, petition: fields.petition, point };
}

function mailingFingerprintOf(point) {
  return toHex(sha256(bytesOf("nidaa mailing key v1\0", point))).slice(0, 32).match(/.{4}/g).join("-");
}

function mailingKeyIdOf(point) {
  return toHex(sha256(bytesOf("nidaa key id v1\0mailing\0", point))).slice(0, 16);
}

// The form of an address by which two are known to be one mailbox, as campaign_app/signing/rules.py makes it.
function canonicalEmail(address) {
  const folded = address.normalize("NFKC").toLowerCase();
  const at = folded.lastIndexOf("@");
  const local = folded.slice(0, at);
  const domain = folded.slice(at + 1);
  const mailbox = local.split("+")[0] || local;
  if (GMAIL.includes(domain)) return `${mailbox.replaceAll(".", "")}@${GMAIL[0]}`;
  return `${mailbox}@${asciiDomain(domain)}`;
}

function asciiDomain(domain) {
  try {
    return new URL(`ws://${domain}`).hostname || domain; // only read, never opened
  } catch {
    return domain;
  }
}

function toBase64Url(bytes) {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Made of the private token of a signature: it stops updates, opens nothing else, and stays the same.
function stopTokenOf(token) {
  return toBase64Url(hmac(utf8.encode(token), utf8.encode(STOP_LABEL)).slice(0, 24));
}

// In a worker: opens a batch of lines and answers with whoever in it wants news.
async function gatherBatch({ batch, firstLine, lines }, opener, header) {
  const failed = [];
  let count = 0;
  let without = 0;
  const found = await Promise.all(
    lines.map(async (line, at) => {
      if (!line.trim()) return null;
      count += 1;
      try {
        const { sealed, wantsUpdates } = partsOf(line, header.version);
        const contact = wantsUpdates ? usable(await openContact(sealedBytes(sealed), opener), true, header.kind) : null;
        if (!contact?.consents.updates) {
          without += 1;
          return null;
        }
        return recipientOf(contact);
      } catch (problem) {
        failed.push({ line: firstLine + at, reason: problem.reason || "row_damaged" });
        return null;
      }
    }),
  );
  return { batch, count, without, failed, found: found.filter(Boolean) };
}

function recipientOf({ id, email, language, token }) {
  const isWhole =
    /^[0-9a-f]{32}$/.test(id) && /^[^\s,;<>@][^\s,;<>]*@[^\s,;<>@]+$/.test(email) && typeof language === "string" && typeof token === "string";
  if (!isWhole || email.length > 254) throw new CannotOpen("row_damaged");
  return { mailbox: canonicalEmail(email), to: email, lang: language, id: toBase64Url(fromHex(id)), stop: stopTokenOf(token) };
}

// One mail for each mailbox, whoever shares it, in the order of the sheet.
function mailboxesOf(batches) {
  const mailboxes = new Map();
  for (const { mailbox, to, lang, id, stop } of batches.flat()) {
    const known = mailboxes.get(mailbox);
    if (!known) mailboxes.set(mailbox, { to, lang, ids: [id], stop });
    else if (known.ids.length < MOST_OF_ONE_MAILBOX) known.ids.push(id);
  }
  return [...mailboxes.values()];
}

// RFC 9180, base mode, one message. Its info binds the mailing, the petition and how many recipients follow.
async function sealContentKey(contentKey, { mailing, petition, point }, recipients) {
  const info = bytesOf("nidaa mailing v1\0", `${mailing}\0${petition}\0${recipients}`);
  const context = bytesOf(
    Uint8Array.of(0),
    labeledExtract(HPKE_SUITE, EMPTY, "psk_id_hash", EMPTY),
    labeledExtract(HPKE_SUITE, EMPTY, "info_hash", info),
  );
  const ephemeral = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const enc = new Uint8Array(await crypto.subtle.exportKey("raw", ephemeral.publicKey));
  const theirs = await crypto.subtle.importKey("raw", point, CURVE, false, []);
  const bits = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ephemeral.privateKey, 256);
  const extracted = labeledExtract(KEM_SUITE, EMPTY, "eae_prk", new Uint8Array(bits));
  const shared = labeledExpand(KEM_SUITE, extracted, "shared_secret", bytesOf(enc, point), 32);
  const secret = labeledExtract(HPKE_SUITE, shared, "secret", EMPTY);
  const key = labeledExpand(HPKE_SUITE, secret, "key", context, 32);
  const iv = labeledExpand(HPKE_SUITE, secret, "base_nonce", context, NONCE_BYTES);
  const wrapping = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return bytesOf(enc, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, wrapping, contentKey)));
}

// In a worker: seals a batch of recipients, the first of them as the row of that number, and answers with their lines.
async function sealBatch({ batch, contentKey, first, recipients }) {
  const key = await crypto.subtle.importKey("raw", contentKey, "AES-GCM", false, ["encrypt"]);
  const lines = await Promise.all(
    recipients.map(async (recipient, at) => {
      const iv = new Uint8Array(NONCE_BYTES);
      new DataView(iv.buffer).setUint32(NONCE_BYTES - 4, first + at);
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, padded(recipient));
      return `${toBase64(new Uint8Array(sealed))}\n`;
    }),
  );
  return { batch, count: recipients.length, text: lines.join("") };
}

function padded(recipient) {
  const text = utf8.encode(JSON.stringify(recipient));
  const bytes = new Uint8Array(Math.ceil((4 + text.length) / PADDED_BYTES) * PADDED_BYTES);
  new DataView(bytes.buffer).setUint32(0, text.length);
  bytes.set(text, 4);
  return bytes;
}

function mailingHeader(key, recipients, sealedKey) {
  return `${JSON.stringify({
    format: MAILING_FORMAT,
    version: MAILING_VERSION,
    mailing: key.mailing,
    key: mailingKeyIdOf(key.point),
    petition: key.petition,
    recipients,
    sealed_key: toBase64(sealedKey),
  })}\n`;
}

// SHA-256 of a text that comes in pieces.
function hashing() {
  const state = INITIAL_STATE.slice();
  let rest = EMPTY;
  let length = 0;
  const take = (bytes) => {
    const end = bytes.length - (bytes.length % 64);
    for (let at = 0; at < end; at += 64) compress(state, bytes, at);
    return bytes.slice(end);
  };
  return {
    add(text) {
      const bytes = utf8.encode(text);
      length += bytes.length;
      rest = take(bytesOf(rest, bytes));
    },
    end() {
      const last = new Uint8Array(rest.length < 56 ? 64 : 128);
      last.set(rest);
      last[rest.length] = 0x80;
      const words = new DataView(last.buffer);
      words.setUint32(last.length - 8, Math.floor(length / 2 ** 29));
      words.setUint32(last.length - 4, (length % 2 ** 29) * 8);
      take(last);
      const digest = new DataView(new ArrayBuffer(32));
      state.forEach((word, at) => digest.setInt32(4 * at, word));
      return toHex(new Uint8Array(digest.buffer));
    },
  };
}
