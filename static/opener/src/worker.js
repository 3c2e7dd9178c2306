// Runs in a worker of its own: opens batches of lines and answers with finished CSV, or seals recipients anew.

let ready;

self.onmessage = async ({ data }) => {
  if (data.start) {
    ready = openerFor(data.start.secret, data.start.header.petition).then((opener) => ({ opener, ...data.start }));
    return;
  }
  if (data.seal) {
    self.postMessage(await sealBatch(data));
    return;
  }
  const { opener, header, layout, headings, task } = await ready;
  if (task === "gather") {
    self.postMessage(await gatherBatch(data, opener, header));
    return;
  }
  const failed = [];
  let count = 0;
  const rows = await Promise.all(
    data.lines.map(async (line, at) => {
      if (!line.trim()) return "";
      count += 1;
      try {
        const { sealed, wantsUpdates } = partsOf(line, header.version);
        const contact = await openContact(sealedBytes(sealed), opener);
        return csvRow(usable(contact, wantsUpdates, header.kind), headings, layout);
      } catch (problem) {
        failed.push({ line: data.firstLine + at, reason: problem.reason || "row_damaged" });
        return "";
      }
    }),
  );
  failed.sort((one, other) => one.line - other.line);
  self.postMessage({ batch: data.batch, csv: rows.join(""), count, failed });
};

function sealedBytes(text) {
  try {
    return fromBase64(text);
  } catch {
    throw new CannotOpen("row_damaged");
  }
}
