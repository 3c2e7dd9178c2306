// What the views share that read a sealed sheet: which one, with what secret, how far it is, and what was missing in it.

let sheet = null; // { file, header } of the chosen sheet
let work = null; // { stop, seen } while a sheet is being read

function sheetField() {
  return [
    make(
      "div",
      { class: "field" },
      make("label", { for: "sheet" }, make("h2", {}, say("open_file"))),
      make("input", { type: "file", id: "sheet", change: (event) => chooseSheet(event.target.files[0]) }),
    ),
    make("div", { id: "about-sheet" }, sheet ? aboutSheet(sheet.header) : null),
  ];
}

async function chooseSheet(file) {
  sheet = null;
  clearErrors();
  const about = document.querySelector("#about-sheet");
  about.replaceChildren();
  if (!file) return;
  try {
    sheet = { file, header: await readHeader(file) };
    about.replaceChildren(aboutSheet(sheet.header));
  } catch (problem) {
    showErrors(sentenceOf(problem));
  }
}

function whatFor(header) {
  const titles = header.titles || {};
  const title = titles[language] || Object.values(titles)[0] || header.petition;
  return [
    ["open_petition", make("bdi", {}, title)],
    ["open_purpose", make("bdi", {}, String(header.purpose ?? ""))],
  ];
}

function aboutSheet(header) {
  const release = `open_release_${header.release}`;
  const isKnownRelease = Object.hasOwn(TEXTS[language], release);
  return factsOf(
    ["open_kind", say(`open_kind_${header.kind}`)],
    ...whatFor(header),
    ["open_release", make("bdi", {}, isKnownRelease ? say(release) : String(header.release ?? ""))],
    ["open_made", sayMoment(new Date(header.made_at))],
    ["open_rows", sayNumber(header.rows)],
  );
}

// Reads the chosen sheet as `run` does it; returns what came of it and the header, or null where nothing did.
async function workOnSheet(run) {
  const secret = enteredSecret();
  if (!secret) return null;
  const { file, header } = sheet;
  if (header.keys.length && !header.keys.includes(secret.id)) {
    showErrors(say("sheet_for_others", { keys: header.keys.join(", "), id: secret.id }));
    return null;
  }
  const control = new AbortController();
  const mine = { seen: 0, stop: () => control.abort() };
  work = mine;
  showAnew();
  try {
    const done = await run({ file, header, secret, signal: control.signal, onProgress: (seen) => showProgress(mine, seen) });
    if (work !== mine) return null;
    work = null;
    forgetTyped();
    return { ...done, header };
  } catch (problem) {
    if (work !== mine) return null; // whoever went to another view has stopped it
    work = null;
    show();
    showErrors(control.signal.aborted ? say("cancelled") : sentenceOf(problem));
    return null;
  }
}

function workView(title) {
  const { rows } = sheet.header;
  return [
    heading(title),
    make("progress", { id: "progress", max: rows || 1, value: work.seen, "aria-label": say(title) }),
    make("p", { id: "progress-text" }, say("open_progress", { n: work.seen, total: rows })),
    make("div", { class: "actions" }, button("cancel", () => work.stop())),
  ];
}

function showProgress(mine, seen) {
  mine.seen = seen;
  const bar = document.querySelector("#progress");
  if (!bar || work !== mine) return;
  bar.value = seen;
  document.querySelector("#progress-text").textContent = say("open_progress", { n: seen, total: sheet.header.rows });
}

function forgetSheet() {
  work?.stop();
  work = null;
  sheet = null;
}

const LINES_NAMED = 20;

function missingRows(missing) {
  if (missing === 0) return null;
  const sentence = missing > 0 ? say("rows_cut", { n: missing }) : say("rows_over", { n: -missing });
  return make("div", { class: "notice", id: "cut" }, make("p", {}, sentence));
}

function failedRows(failed) {
  const named = failed.slice(0, LINES_NAMED).map(({ line, reason }) => make("li", {}, say("line", { n: line, reason: say(reason) })));
  const more = failed.length - named.length;
  return make(
    "div",
    { class: "notice", id: "failed" },
    make("p", {}, say("rows_failed", { n: failed.length })),
    make("ul", {}, named),
    more > 0 ? make("p", {}, say("lines_more", { n: more })) : null,
  );
}
