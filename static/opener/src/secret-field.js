// The field for a backup: 24 numbered boxes, or a secret file, a picture or the text of the square code.

const PREFIX_ENOUGH = 3;
const MOST_SUGGESTIONS = 6;

// What is in the boxes survives a change of language; `given` is a secret that came in another way.
const typed = { words: Array(WORD_COUNT).fill(""), given: null };

function forgetTyped() {
  typed.words.fill("");
  typed.given?.seed.fill(0);
  typed.given = null;
}

function matching(start) {
  return start.length < PREFIX_ENOUGH ? [] : WORD_LIST.filter((word) => word.startsWith(start));
}

// The whole word for what was typed: itself, or the only word that begins so.
function completed(start) {
  const found = matching(start);
  return WORD_LIST.includes(start) || found.length !== 1 ? start : found[0];
}

function secretField() {
  const boxes = typed.words.map((_, at) => wordBox(at));
  const count = make("p", { class: "muted", id: "words-done" });
  const told = make("div", { class: "notice good", hidden: true });
  const field = make(
    "fieldset",
    { id: "secret" },
    make("legend", {}, make("h2", {}, say("secret_legend"))),
    make("p", { id: "secret-hint" }, say("secret_hint")),
    make("ol", { class: "boxes" }, boxes.map((box, at) => make("li", {}, make("label", { for: box.id, "aria-hidden": "true" }, `${at + 1}`), box))),
    count,
    make("datalist", { id: "suggestions" }),
    otherWays(),
    told,
  );
  field.refresh = () => {
    boxes.forEach((box, at) => {
      if (box !== document.activeElement) box.value = typed.words[at];
    });
    count.textContent = say("words_done", { n: typed.words.filter((word) => WORD_LIST.includes(word)).length });
    told.hidden = !typed.given;
    if (typed.given) told.replaceChildren(make("p", {}, say("secret_read", { id: typed.given.id })), code(fingerprintOf(typed.given.point)));
  };
  field.refresh();
  return field;
}

function wordBox(at) {
  return make("input", {
    id: `word-${at + 1}`,
    class: "ltr",
    lang: "en",
    type: "text",
    list: "suggestions",
    autocomplete: "off",
    autocapitalize: "none",
    autocorrect: "off",
    spellcheck: "false", // some browsers send what they check to their maker
    "aria-label": say("word", { n: at + 1 }),
    value: typed.words[at],
    input: (event) => typeWord(event.target, at),
    keydown: (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      settleWord(event.target, at);
      document.querySelector(`#word-${at + 2}`)?.focus();
    },
    blur: (event) => settleWord(event.target, at),
  });
}

function typeWord(box, at) {
  if (/NIDAA-SECRET/i.test(box.value)) {
    const text = box.value;
    box.value = "";
    takeText(text);
    return;
  }
  const words = box.value.toLowerCase().match(/[a-z]+/g) || [];
  if (words.length > 1) {
    words.slice(0, WORD_COUNT - at).forEach((word, further) => (typed.words[at + further] = completed(word)));
    box.value = typed.words[at];
  } else {
    typed.words[at] = words[0] || "";
  }
  typed.given = null;
  box.removeAttribute("aria-invalid");
  const found = matching(typed.words[at]).slice(0, MOST_SUGGESTIONS);
  document.querySelector("#suggestions").replaceChildren(...found.map((word) => make("option", { value: word })));
  document.querySelector("#secret").refresh();
}

function settleWord(box, at) {
  typed.words[at] = completed(typed.words[at]);
  box.value = typed.words[at];
  box.toggleAttribute("aria-invalid", false);
  if (box.value && !WORD_LIST.includes(box.value)) box.setAttribute("aria-invalid", "true");
  document.querySelector("#secret")?.refresh();
}

function otherWays() {
  return make(
    "details",
    {},
    make("summary", {}, say("secret_other")),
    make(
      "div",
      { class: "field" },
      make("label", { for: "secret-file" }, say("secret_file")),
      make("input", { type: "file", id: "secret-file", accept: ".json,.txt,image/*", change: (event) => takeFile(event.target) }),
    ),
    make(
      "div",
      { class: "field" },
      make("label", { for: "secret-text" }, say("secret_text")),
      make("input", { type: "text", id: "secret-text", class: "ltr", autocomplete: "off", spellcheck: "false", change: (event) => takeText(event.target.value) }),
    ),
  );
}

async function takeFile(input) {
  const file = input.files[0];
  if (!file) return;
  await take(async () => {
    if (!file.type.startsWith("image/")) return secretFromAny(await file.slice(0, 10_000).text());
    const text = await squareCodeIn(file);
    if (text === null) throw new NotASecret("photo_unread");
    return secretFromText(text);
  });
}

function takeText(text) {
  if (text.trim()) take(() => secretFromAny(text));
}

async function take(read) {
  try {
    const secret = await read();
    forgetTyped();
    typed.given = secret;
    clearErrors();
    document.querySelector("#secret").refresh();
  } catch (problem) {
    showErrors(sentenceOf(problem));
  }
}

function secretFromAny(text) {
  if (text.trimStart().startsWith("{")) return secretFromFile(text);
  if (/NIDAA-SECRET/i.test(text)) return secretFromText(text);
  return secretFromWords(text.toLowerCase().match(/[a-z]+/g) || []);
}

// The secret, or null after having said what is wrong with what was typed.
function enteredSecret() {
  if (typed.given) return typed.given;
  const unknown = typed.words.flatMap((word, at) => (word && !WORD_LIST.includes(word) ? [at] : []));
  const entered = typed.words.filter(Boolean);
  if (unknown.length) {
    showErrors(...unknown.map((at) => unknownWord(at)));
  } else if (entered.length < WORD_COUNT) {
    showErrors(entered.length ? say("words_missing", { n: entered.length }) : say("words_none"));
  } else {
    try {
      return secretFromWords(typed.words);
    } catch (problem) {
      showErrors(sentenceOf(problem));
    }
  }
  return null;
}

function unknownWord(at) {
  const word = typed.words[at];
  const near = WORD_LIST.filter((other) => distance(word, other) === 1).slice(0, MOST_SUGGESTIONS);
  const link = make("a", { href: `#word-${at + 1}`, click: (event) => {
    event.preventDefault();
    document.querySelector(`#word-${at + 1}`).focus();
  } }, say("word_unknown", { n: at + 1, word }));
  return make("span", {}, link, near.length ? ` ${say("word_near", { words: near.join(", ") })}` : "");
}

// How many letters must be changed, added or dropped, or neighbours swapped, to make one word of another.
function distance(one, other) {
  const rows = Array.from({ length: one.length + 1 }, (_, i) => [i]);
  for (let j = 0; j <= other.length; j += 1) rows[0][j] = j;
  for (let i = 1; i <= one.length; i += 1) {
    for (let j = 1; j <= other.length; j += 1) {
      const differs = one[i - 1] === other[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + differs);
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[one.length][other.length];
}
