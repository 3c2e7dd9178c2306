// Reads a sheet piece by piece, and opens it to a table whose rows keep their order.

const HEADER_BYTES = 65536;
const LONGEST_LINE = 1 << 20;
const LINES_A_BATCH = 500;

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

async function* linesOf(file) {
  let place = 0;
  for await (const { firstLine, lines } of batchesOf(file)) {
    if (firstLine === 1) lines.shift();
    yield { place, firstLine: Math.max(2, firstLine), lines };
    place += 1;
  }
}

// Returns { parts of the CSV, seen, failed }. Aborting `signal` ends it with an AbortError.
async function openSheet({ file, header, layout, secret, signal, onProgress }) {
  const headings = headingsOf(header, layout);
  const parts = [BYTE_ORDER_MARK + csvLine(headings)];
  const failed = [];
  let seen = 0;
  await withCrew({ secret, header, layout, headings }, signal, (share) =>
    share(linesOf(file), (answer, { place }) => {
      parts[place + 1] = answer.csv;
      failed.push(...answer.failed);
      seen += answer.count;
      onProgress(seen);
    }),
  );
  failed.sort((one, other) => one.line - other.line);
  return { parts, seen, failed };
}
