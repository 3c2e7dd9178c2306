// Opens a whole sheet: reads the file piece by piece, gives batches to workers, keeps the rows in order.

const HEADER_BYTES = 65536;
const LONGEST_LINE = 1 << 20;
const LINES_A_BATCH = 500;
const BATCHES_WAITING = 2; // for each worker: one at work, one at hand
const MOST_WORKERS = 8;

async function readHeader(file) {
  const start = await file.slice(0, HEADER_BYTES).text();
  const end = start.indexOf("\n");
  if (end < 0) throw new NotASheet("not_a_sheet");
  return headerOf(start.slice(0, end));
}

async function* batchesOf(file) {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let waiting = [];
  let firstLine = 1;
  for (let end = false; !end; ) {
    const { value, done } = await reader.read();
    const lines = (rest + (value || "")).split("\n");
    rest = done ? "" : lines.pop();
    end = done;
    if (rest.length > LONGEST_LINE) throw new NotASheet("not_a_sheet");
    waiting = waiting.concat(lines);
    while (waiting.length >= LINES_A_BATCH || (end && waiting.length)) {
      yield { firstLine, lines: waiting.slice(0, LINES_A_BATCH) };
      firstLine += LINES_A_BATCH;
      waiting = waiting.slice(LINES_A_BATCH);
    }
  }
}

// Returns { parts of the CSV, seen, failed }. Aborting `signal` ends it with an AbortError.
async function openSheet({ file, header, layout, secret, signal, onProgress }) {
  const headings = headingsOf(header, layout);
  const start = { secret, header, layout, headings };
  const count = Math.max(1, Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 1));
  const crew = Array.from({ length: count }, () => hire(start));
  const parts = [BYTE_ORDER_MARK + csvLine(headings)];
  const failed = [];
  let seen = 0;
  const stopped = new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    crew.forEach((worker) => worker.broken.catch(reject));
  });
  stopped.catch(() => {});
  const running = new Set();
  try {
    let batch = 0;
    for await (const { firstLine, lines } of batchesOf(file)) {
      if (firstLine === 1) lines.shift();
      const place = (batch += 1);
      const job = crew[place % count].open({ batch: place, firstLine: Math.max(2, firstLine), lines }).then((done) => {
        parts[place] = done.csv;
        failed.push(...done.failed);
        seen += done.count;
        running.delete(job);
        onProgress(seen);
      });
      running.add(job);
      if (running.size >= count * BATCHES_WAITING) await Promise.race([stopped, ...running]);
      signal.throwIfAborted();
    }
    await Promise.race([stopped, Promise.all(running)]);
  } finally {
    crew.forEach((worker) => worker.dismiss());
  }
  failed.sort((one, other) => one.line - other.line);
  return { parts, seen, failed };
}

function hire(start) {
  const address = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
  const worker = new Worker(address);
  const answers = new Map();
  worker.onmessage = ({ data }) => {
    answers.get(data.batch)(data);
    answers.delete(data.batch);
  };
  const broken = new Promise((_, reject) => {
    worker.onerror = () => reject(new NotASheet("opening_failed"));
  });
  worker.postMessage({ start });
  return {
    broken,
    open: (work) => new Promise((resolve) => {
      answers.set(work.batch, resolve);
      worker.postMessage(work);
    }),
    dismiss() {
      worker.terminate();
      URL.revokeObjectURL(address);
    },
  };
}
