/**
 * Small conveniences. Each control is hidden or an ordinary link until this file finds that it can work.
 *
 * <button data-copy=text data-copied=word hidden>   copies, and says so
 * <button data-print hidden>   prints the page
 * <button data-share data-share-url data-share-text hidden>   opens the device's own sharing
 * <a data-exit href>, [data-exit-hint hidden]       leaves at once; also Shift three times
 */
const SHIFTS = 3;
const SHIFTS_WITHIN_MS = 3_000;

const exit = document.querySelector("a[data-exit]");

if (navigator.clipboard) reveal("[data-copy]");
reveal("[data-print]");
if (navigator.share) reveal("[data-share]");
if (exit) reveal("[data-exit-hint]");

document.addEventListener("click", async (event) => {
  const control = event.target.closest("[data-copy],[data-print],[data-share],[data-exit]");
  if (!control) return;
  const { copy, copied, print: isPrint, share, shareUrl: url, shareText: text } = control.dataset;
  if (copy !== undefined) {
    await navigator.clipboard.writeText(copy);
    control.setAttribute("aria-live", "polite");
    control.textContent = copied;
  } else if (isPrint !== undefined) {
    print();
  } else if (share !== undefined) {
    navigator.share({ url, text }).catch(() => {}); // closed again: nothing happened
  } else if (control === exit) {
    event.preventDefault();
    leave();
  }
});

let shifts = [];
document.addEventListener("keydown", ({ key, repeat, timeStamp }) => {
  if (!exit || repeat) return;
  shifts = key === "Shift" ? [...shifts, timeStamp].slice(-SHIFTS) : [];
  if (shifts.length === SHIFTS && timeStamp - shifts[0] < SHIFTS_WITHIN_MS) leave();
});

/** Blank the page before the network answers, tell nobody where we come from, leave no way back to this page. */
function leave() {
  document.head.append(Object.assign(document.createElement("meta"), { name: "referrer", content: "no-referrer" }));
  document.body.hidden = true;
  document.title = " ";
  location.replace(exit.href);
}

function reveal(selector) {
  for (const element of document.querySelectorAll(selector)) element.hidden = false;
}
