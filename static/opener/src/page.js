// The page: a start with four tasks, and the views of the first two. Secrets live in variables only.

const VIEWS = { home: homeView, make: makeView, read: readView, open: openView, seal: sealView };

let made = null; // { secret, on, isOnPaper } while a new key is on the screen
let proved = null; // the secret of a backup that was just read back

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

// Shows what has become of a view, and begins at its top.
function showAnew() {
  show();
  focusHeading();
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
  showAnew();
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
    if (proved) showAnew();
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

// What was typed, read or opened does not outlive its view; a new key does, until it is on paper.
function leaveTask() {
  forgetRead();
  forgetSheet();
  forgetSealing();
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
    showAnew();
  });
  window.addEventListener("beforeunload", (event) => {
    if ((made && !made.isOnPaper) || work) event.preventDefault();
  });
  for (const name of ["online", "offline"]) {
    window.addEventListener(name, () => document.querySelector("#online")?.toggleAttribute("hidden", name === "offline"));
  }
}

begin();
