// Workers that open or seal a file piece by piece, side by side, cancellable.

const BATCHES_WAITING = 2; // for each worker: one at work, one at hand
const MOST_WORKERS = 8;

// Hires workers, lets `run` share pieces out among them, and dismisses them. Aborting `signal` ends it with an AbortError.
async function withCrew(start, signal, run) {
  const count = Math.max(1, Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 1));
  const crew = Array.from({ length: count }, () => hire(start));
  const stopped = new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    crew.forEach((worker) => worker.broken.catch(reject));
  });
  stopped.catch(() => {});
  try {
    return await run(sharing(crew, stopped, signal));
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
