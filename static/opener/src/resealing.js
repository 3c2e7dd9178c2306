// Opens a whole sheet and seals whoever in it wants news to the key of one mailing, in workers, cancellable.

const RECIPIENTS_A_BATCH = 500;

// Returns { parts of the file, recipients, seen, without, failed }. Aborting `signal` ends it with an AbortError.
async function resealSheet({ file, header, secret, key, signal, onProgress }) {
  return withCrew({ secret, header, task: "gather" }, signal, async (share) => {
    const { batches, seen, without, failed } = await gatherAll(file, share, onProgress);
    const recipients = mailboxesOf(batches);
    return { parts: await sealAll(recipients, key, share), recipients: recipients.length, seen, without, failed };
  });
}

async function gatherAll(file, share, onProgress) {
  const all = { batches: [], seen: 0, without: 0, failed: [] };
  await share(linesOf(file), ({ found, count, without, failed }, { place }) => {
    all.batches[place] = found;
    all.seen += count;
    all.without += without;
    all.failed.push(...failed);
    onProgress(all.seen);
  });
  all.failed.sort((one, other) => one.line - other.line);
  return all;
}

async function sealAll(recipients, key, share) {
  const contentKey = crypto.getRandomValues(new Uint8Array(32));
  const parts = [mailingHeader(key, recipients.length, await sealContentKey(contentKey, key, recipients.length))];
  function* pieces() {
    for (let at = 0; at < recipients.length; at += RECIPIENTS_A_BATCH) {
      yield { seal: true, contentKey, first: at + 1, recipients: recipients.slice(at, at + RECIPIENTS_A_BATCH) };
    }
  }
  await share(pieces(), ({ text }, { first }) => {
    parts[(first - 1) / RECIPIENTS_A_BATCH + 1] = text;
  });
  contentKey.fill(0);
  const digest = hashing();
  parts.forEach((part) => digest.add(part));
  return [...parts, `{"end":true,"sha256":"${digest.end()}"}\n`];
}
