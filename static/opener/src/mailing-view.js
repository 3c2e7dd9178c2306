// The view that seals the recipients of an update for one mailing.

let mailingKey = null; // what the desk gave
let sealed = null; // what came out of it

function sealView() {
  if (sealed) return sealedView();
  if (work) return workView("seal_running");
  return [
    heading("task_seal"),
    make("p", {}, say("seal_lead")),
    onlineNotice(),
    ...sheetField(),
    make(
      "div",
      { class: "field" },
      make("label", { for: "mailing-key" }, make("h2", {}, say("seal_key"))),
      make("p", { class: "muted" }, say("seal_key_hint")),
      make("input", { type: "file", id: "mailing-key", accept: ".json", change: (event) => chooseMailingKey(event.target.files[0]) }),
      make("label", { for: "mailing-text" }, say("seal_key_text")),
      make("textarea", { id: "mailing-text", dir: "ltr", rows: "4", spellcheck: "false", autocomplete: "off", input: (event) => takeMailingKey(event.target.value) }),
    ),
    make("div", { id: "about-key" }, mailingKey ? aboutKey() : null),
    secretField(),
    make("div", { class: "actions" }, button("seal_do", startSealing, "main")),
  ];
}

function aboutKey() {
  return make(
    "div",
    {},
    make("p", {}, say("seal_compare")),
    make("p", { class: "big", id: "mailing-fingerprint" }, code(mailingFingerprintOf(mailingKey.point))),
  );
}

async function chooseMailingKey(file) {
  if (file) takeMailingKey(await file.slice(0, HEADER_BYTES).text());
}

function takeMailingKey(text) {
  mailingKey = null;
  clearErrors();
  document.querySelector("#about-key").replaceChildren();
  if (!text.trim()) return;
  try {
    mailingKey = mailingKeyOf(text);
    document.querySelector("#about-key").replaceChildren(aboutKey());
  } catch (problem) {
    if (text.trim().endsWith("}")) showErrors(sentenceOf(problem));
  }
}

// Why it cannot begin, in a sentence; nothing where it can.
function whyNotSeal() {
  if (!sheet) return say("open_no_file");
  if (!mailingKey) return say("seal_no_key");
  if (sheet.header.petition !== mailingKey.petition) return say("seal_other_petition");
  if (sheet.header.version === 1) return say("seal_old_sheet");
  return "";
}

async function startSealing() {
  clearErrors();
  const obstacle = whyNotSeal();
  if (obstacle) {
    showErrors(obstacle);
    return;
  }
  sealed = await workOnSheet((given) => resealSheet({ ...given, key: mailingKey }));
  if (sealed) showAnew();
}

function sealedView() {
  const { header, parts, recipients, seen, without, failed } = sealed;
  const isWhole = seen === header.rows && failed.length === 0;
  const save = () => saveFile(`${mailingKey.mailing}.nidaa-mailing`, parts, "application/octet-stream");
  const saving = recipients
    ? [make("p", {}, say("seal_save_hint")), make("div", { class: "actions" }, button("seal_save", save, "main"))]
    : [make("div", { class: "notice" }, make("p", {}, say("seal_nobody")))];
  return [
    heading(isWhole ? "seal_done" : "seal_done_part"),
    make("p", { id: "sealed" }, say("seal_count", { n: recipients })),
    make("p", { id: "without" }, say("seal_without", { n: without })),
    missingRows(header.rows - seen),
    failed.length ? failedRows(failed) : null,
    factsOf(...whatFor(header)),
    ...saving,
  ];
}

function forgetSealing() {
  mailingKey = null;
  sealed = null;
}
