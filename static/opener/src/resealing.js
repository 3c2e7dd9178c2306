// Opens a whole sheet and seals whoever in it wants news to the key of one mailing, in workers, cancellable.

const RECIPIENTS_A_BATCH = 500;

// Returns { parts of the file, recipients, seen, without, failed }. Aborting `signal` ends it with an AbortError.
async function resealSheet({ file, header, secret, key, signal, onProgress }) {
  const count = Math.max(1, Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 1));
  const crew = Array.from({ length: count }, () => hire({ secret, header, task: "gather" }));
  const stopped = new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    crew.forEach((worker) => worker.broken.catch(reject));
  });
  stopped.catch(() => {});
  const share = sharing(crew, stopped, signal);
  try {
    const gathered = await gatherAll(file, share, onProgress);
    const recipients = mailboxesOf(gathered.batches);
    const parts = await sealAll(recipients, key, share);
    return { parts, recipients: recipients.length, seen: gathered.seen, without: gathered.without, failed: gathered.failed };
  } finally {
    crew.forEach((worker) => worker.dismiss());
  }
}

// Gives work to whoever is next, with a few pieces waiting; `done` is told each answer.
function sharing(crew, stopped, signal) {
  let next = 0;
  return async function share(pieces, done) {
    const running = new Set();
    for await (const piece of pieces) {
      const batch = (next += 1);
      const job = crew[batch % crew.length].open({ ...piece, batch }).then((answer) => {
        running.delete(job);
        done(answer, piece);
      });
      running.add(job);
      if (running.size >= crew.length * BATCHES_WAITING) await Promise.race([stopped, ...running]);
      signal.throwIfAborted();
    }
    await Promise.race([stopped, Promise.all(running)]);
  };
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

async function* linesOf(file) {
  let place = 0;
  for await (const { firstLine, lines } of batchesOf(file)) {
    if (firstLine === 1) lines.shift();
    yield { place, firstLine: Math.max(2, firstLine), lines };
    place += 1;
  }
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
