// The backup as it is printed: one page of A4 or Letter.

function backupSheet(secret, madeOn) {
  const part = (title, ...keys) => make("div", {}, make("h3", {}, say(title)), listOf(...keys));
  return make(
    "article",
    { class: "backup", "aria-labelledby": "backup-title" },
    make("h2", { id: "backup-title" }, say("backup_title")),
    make("p", { class: "warning" }, say("backup_warning")),
    make(
      "div",
      { class: "identity" },
      squareCode(textOf(secret.seed)),
      make(
        "dl",
        {},
        make("dt", {}, say("backup_fingerprint")),
        make("dd", {}, code(fingerprintOf(secret.point))),
        make("dt", {}, say("backup_id")),
        make("dd", {}, code(secret.id)),
        make("dt", {}, say("backup_made")),
        make("dd", {}, sayDay(madeOn)),
      ),
    ),
    make("h3", {}, say("backup_words")),
    make(
      "ol",
      { class: "words", lang: "en", translate: "no" },
      wordsOf(secret.seed).map((word, at) => make("li", {}, make("b", {}, `${at + 1}`), word)),
    ),
    make(
      "div",
      { class: "guidance" },
      part("backup_what", "backup_what_1", "backup_what_2"),
      part("backup_keep", "backup_keep_1", "backup_keep_2", "backup_keep_3"),
      part("backup_use", "backup_use_1", "backup_use_2"),
    ),
  );
}

function squareCode(text) {
  const square = qrcode(0, "Q");
  square.addData(text, "Alphanumeric");
  square.make();
  const size = square.getModuleCount();
  let path = "";
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) if (square.isDark(row, column)) path += `M${column + 4} ${row + 4}h1v1h-1z`;
  }
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", `0 0 ${size + 8} ${size + 8}`); // a margin of four, as readers need it
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", say("backup_square"));
  drawing.setAttribute("shape-rendering", "crispEdges");
  const dark = document.createElementNS(drawing.namespaceURI, "path");
  dark.setAttribute("d", path);
  drawing.append(dark);
  return drawing;
}

// Reads a square code in a photograph; returns its text, or null. Large pictures are tried smaller first.
async function squareCodeIn(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return null;
  }
  for (const longest of [800, 1600]) {
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const canvas = make("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const found = jsQR(data, width, height);
    if (found) return found.data;
  }
  return null;
}
