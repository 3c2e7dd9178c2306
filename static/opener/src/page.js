// The page: a start with four tasks, and one view for each. Secrets live in these variables only.

const VIEWS = { home: homeView, make: makeView, read: readView, open: openView, seal: sealView };

let made = null; // { secret, on, isOnPaper } while a new key is on the screen
let proved = null; // the secret of a backup that was just read back
let sheet = null; // { file, header } of the chosen sheet
let layout = "plain"; // which columns the table shall have
let work = null; // { stop, seen } while a sheet is being opened
let result = null; // what came out of it

function show() {
  const view = VIEWS[location.hash.slice(1)] || homeView;
  document.documentElement.lang = language;
  document.documentElement.dir = DIRECTIONS[language];
  const back = view === homeView ? null : make("p", { class: "screen" }, button("back_home", () => go("home"), "link"));
  document.querySelector("#main").replaceChildren(...[back, ...view()].filter(Boolean));
  document.querySelector("#foot").textContent = say("foot");
  document.querySelector("#languages").replaceChildren(...Object.keys(TEXTS).map(languageButton));
  document.title = document.querySelector("h1").textContent;
}

function go(view) {
  if (location.hash.slice(1) === view) show();
  else location.hash = view;
}

function heading(key) {
  return make("h1", { tabindex: "-1" }, say(key));
}

function languageButton(name) {
  const choose = () => {
    language = name;
    show();
  };
  const attributes = { type: "button", lang: name, "aria-pressed": String(name === language), click: choose };
  return make("button", attributes, TEXTS[name].language_name);
}

function onlineNotice() {
  return make("div", { class: "notice screen", id: "online", hidden: !navigator.onLine }, make("p", {}, say("online")));
}

function homeView() {
  const task = (view) =>
    make(
      "li",
      {},
      make("button", { type: "button", click: () => go(view) }, make("strong", {}, say(`task_${view}`)), make("span", {}, say(`task_${view}_hint`))),
    );
  return [
    heading("title"),
    make("p", {}, say("lead")),
    make("ul", { class: "tasks" }, task("make"), task("read"), task("open"), task("seal")),
    make("p", { class: "muted" }, say("home_safe")),
    onlineNotice(),
  ];
}

function makeView() {
  if (made) return madeView();
  return [
    heading("task_make"),
    make("p", {}, say("make_lead")),
    onlineNotice(),
    make("h2", {}, say("make_before")),
    listOf("make_before_1", "make_before_2", "make_before_3"),
    make("div", { class: "actions" }, button("make_do", makeKey, "main")),
  ];
}

async function makeKey() {
  const secret = secretOf(crypto.getRandomValues(new Uint8Array(32)));
  if (!(await keyPairWorks(secret))) throw new Error("the new key does not work");
  made = { secret, on: new Date(), isOnPaper: false };
  show();
  focusHeading();
}

function madeView() {
  const { secret, on } = made;
  const step = (title, hint, ...actions) =>
    make("li", {}, make("h2", {}, say(title)), make("p", {}, say(hint)), make("div", { class: "actions" }, actions));
  const print = () => {
    made.isOnPaper = true;
    window.print();
  };
  const read = () => {
    if (!made.isOnPaper && !window.confirm(say("made_unprinted"))) return;
    forgetMade();
    go("read");
  };
  const steps = make(
    "ol",
    { class: "steps screen" },
    step("made_print", "made_print_hint", button("made_print_do", print, "main")),
    step("made_public", "made_public_hint", button("made_public_do", () => saveKey("public"))),
    step("made_read", "made_read_hint", button("made_read_do", read)),
  );
  const asFile = make(
    "details",
    { class: "screen" },
    make("summary", {}, say("made_file")),
    make("p", {}, say("made_file_hint")),
    button("made_file_do", () => saveKey("secret")),
  );
  const title = heading("made_title");
  title.classList.add("screen");
  return [title, make("p", { class: "screen" }, say("made_lead")), steps, backupSheet(secret, on), asFile];
}

function saveKey(half) {
  const { secret, on } = made;
  const name = `nidaa-campaign-key-${secret.id}.${half === "public" ? "public" : "SECRET"}.json`;
  const day = [on.getFullYear(), on.getMonth() + 1, on.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  saveFile(name, [keyFile(`campaign-${half}`, secret, day)], "application/json");
}

function forgetMade() {
  made?.secret.seed.fill(0);
  made = null;
}

function readView() {
  if (proved) return provedView();
  const check = () => {
    proved = enteredSecret();
    if (!proved) return;
    show();
    focusHeading();
  };
  return [
    heading("task_read"),
    make("p", {}, say("read_lead")),
    onlineNotice(),
    secretField(),
    make("div", { class: "actions" }, button("read_do", check, "main")),
  ];
}

function provedView() {
  const backupCode = backupCodeOf(proved.seed);
  const copied = make("span", { role: "status" });
  const copy = async () => {
    await navigator.clipboard.writeText(backupCode);
    copied.textContent = say("copied");
  };
  const forget = () => {
    forgetRead();
    go("home");
  };
  return [
    heading("read_good"),
    make("p", {}, say("read_compare")),
    make("p", { class: "big" }, code(fingerprintOf(proved.point))),
    factsOf(["backup_id", code(proved.id)]),
    make("h2", {}, say("read_code")),
    make("p", { class: "big", id: "backup-code" }, code(backupCode)),
    make("p", {}, say("read_code_hint")),
    make("p", { class: "line" }, code(`campaign keys confirm-backup ${proved.id} ${backupCode}`)),
    make("div", { class: "actions" }, button("read_copy", copy), button("forget", forget, "main"), copied),
  ];
}

function forgetRead() {
  forgetTyped();
  proved?.seed.fill(0);
  proved = null;
}

function openView() {
  if (result) return resultView();
  if (work) return workView();
  const about = make("div", { id: "about-sheet" }, sheet ? aboutSheet(sheet.header) : null);
  return [
    heading("task_open"),
    make("p", {}, say("open_lead")),
    onlineNotice(),
    make(
      "div",
      { class: "field" },
      make("label", { for: "sheet" }, make("h2", {}, say("open_file"))),
      make("input", { type: "file", id: "sheet", change: (event) => chooseSheet(event.target.files[0]) }),
    ),
    about,
    layoutField(),
    secretField(),
    make("div", { class: "actions" }, button("open_do", startOpening, "main")),
  ];
}

function layoutField() {
  const choice = (name) =>
    make(
      "p",
      { class: "choice" },
      make("input", { type: "radio", name: "layout", id: `layout-${name}`, value: name, checked: name === layout, change: () => (layout = name) }),
      make("label", { for: `layout-${name}` }, say(`open_layout_${name}`)),
    );
  return make("fieldset", { class: "field" }, make("legend", {}, make("h2", {}, say("open_layout"))), Object.keys(LAYOUTS).map(choice));
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

// A table outlives the count it was made from, so it goes out with the number and the moment it belongs to.
function whatItHolds(header) {
  const people = header.statement?.people;
  const moment = sayMoment(new Date(header.made_at));
  const counted = Number.isSafeInteger(people) ? say("open_counted", { n: people, moment }) : "";
  return make("p", { id: "holds" }, `${counted} ${say("open_holds", { n: header.rows })} ${say("open_since")}`.trim());
}

async function startOpening() {
  clearErrors();
  if (!sheet) {
    showErrors(say("open_no_file"));
    return;
  }
  const secret = enteredSecret();
  if (!secret) return;
  const { file, header } = sheet;
  if (header.keys.length && !header.keys.includes(secret.id)) {
    showErrors(say("sheet_for_others", { keys: header.keys.join(", "), id: secret.id }));
    return;
  }
  const control = new AbortController();
  work = { seen: 0, stop: () => control.abort() };
  show();
  focusHeading();
  try {
    result = await openSheet({ file, header, layout, secret, signal: control.signal, onProgress: showProgress });
    Object.assign(result, { header, layout });
    forgetTyped();
  } catch (problem) {
    work = null;
    show();
    showErrors(control.signal.aborted ? say("cancelled") : sentenceOf(problem));
    return;
  }
  work = null;
  sheet = null;
  show();
  focusHeading();
}

function workView() {
  const { rows } = sheet.header;
  return [
    heading("open_running"),
    make("progress", { id: "progress", max: rows || 1, value: work.seen, "aria-label": say("open_running") }),
    make("p", { id: "progress-text" }, say("open_progress", { n: work.seen, total: rows })),
    make("div", { class: "actions" }, button("cancel", () => work.stop())),
  ];
}

function showProgress(seen) {
  work.seen = seen;
  const bar = document.querySelector("#progress");
  if (!bar) return;
  bar.value = seen;
  document.querySelector("#progress-text").textContent = say("open_progress", { n: seen, total: sheet.header.rows });
}

const LINES_NAMED = 20;

function resultView() {
  const { header, parts, seen, failed } = result;
  const isWhole = seen === header.rows && failed.length === 0;
  const ending = result.layout === "plain" ? "" : `-${result.layout}`;
  const save = () => saveFile(`${header.petition}-${header.made_at.slice(0, 10)}${ending}.csv`, parts, "text/csv;charset=utf-8");
  const another = () => {
    result = null;
    show();
    focusHeading();
  };
  return [
    heading(isWhole ? "open_done" : "open_done_part"),
    make("p", { id: "opened" }, say("rows_opened", { n: seen - failed.length })),
    missingRows(header.rows - seen),
    failed.length ? failedRows(failed) : null,
    factsOf(...whatFor(header)),
    whatItHolds(header),
    make("p", {}, say("download_hint")),
    make("div", { class: "actions" }, button("download", save, "main"), button("open_another", another)),
  ];
}

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

// What was typed, read or opened does not outlive its view; a new key does, until it is on paper.
function leaveTask() {
  forgetRead();
  work?.stop();
  forgetSealing();
  sheet = null;
  result = null;
}

function focusHeading() {
  window.scrollTo(0, 0);
  document.querySelector("h1").focus();
}

function begin() {
  if (location.protocol !== "file:") return; // what the page then shows says: save it first
  document.querySelector("#languages").hidden = false;
  show();
  if (!globalThis.crypto?.subtle || !Object.hasOwn) {
    document.querySelector("#main").replaceChildren(heading("title"), make("p", {}, say("no_crypto")));
    return;
  }
  window.addEventListener("hashchange", () => {
    leaveTask();
    show();
    focusHeading();
  });
  window.addEventListener("beforeunload", (event) => {
    if ((made && !made.isOnPaper) || work || sealing) event.preventDefault();
  });
  for (const name of ["online", "offline"]) {
    window.addEventListener(name, () => document.querySelector("#online")?.toggleAttribute("hidden", name === "offline"));
  }
}

begin();
