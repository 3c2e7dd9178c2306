// Small tools for building pages: nothing here ever reads text as markup.

// make("p", { class: "muted" }, "text", otherElement); a function as an attribute listens to that event.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function button(key, listener, kind = "") {
  return make("button", { type: "button", class: kind || null, click: listener }, say(key));
}

function listOf(...keys) {
  return make("ul", {}, keys.map((key) => make("li", {}, say(key))));
}

function factsOf(...pairs) {
  return make("dl", { class: "facts" }, pairs.flatMap(([key, value]) => [make("dt", {}, say(key)), make("dd", {}, value)]));
}

function code(text) {
  return make("span", { class: "code", translate: "no" }, text);
}

function saveFile(name, parts, type) {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// Shows what went wrong above everything else, and takes the reader there.
function showErrors(...sentences) {
  clearErrors();
  const box = make("div", { class: "errors", role: "alert", tabindex: "-1", id: "errors" });
  box.append(make("strong", {}, say("error_heading")), ...sentences.map((sentence) => make("p", {}, sentence)));
  document.querySelector("#main").prepend(box);
  document.title = `${say("error")}: ${document.querySelector("h1").textContent}`;
  box.focus();
}

function clearErrors() {
  document.querySelector("#errors")?.remove();
  document.title = document.querySelector("h1")?.textContent || "";
}

function sentenceOf(problem) {
  if (problem instanceof NotASecret || problem instanceof NotASheet) return say(problem.reason, problem.details);
  throw problem;
}
