/**
 * A frame on another site: tells its height, and gets a reader out of the page around it.
 *
 * To the page around it: {type: "nidaa-height", height} in pixels, whenever that changes; the first one also says that
 * the frame was let in. Where the address ends in #?secret=…, as WordPress adds it, the same in WordPress's words:
 * {message: "height", value, secret}, and {message: "link", value, secret} for a press on [data-link], since inside
 * its sandbox no link opens anything. It sends no other message, and listens to none but WordPress's "ready".
 *
 * A plain script: a module would be refused where a sandbox takes the frame's origin away.
 */
(() => {
  const SHIFTS = 3;
  const SHIFTS_WITHIN_MS = 3_000;
  const page = document.documentElement;
  const exit = document.querySelector("[data-exit]");
  const secret = () => /secret=([A-Za-z0-9]{1,64})$/.exec(location.hash)?.[1];
  const say = (words) => parent.postMessage(words, "*"); // who frames it may know its height, and nothing else is said

  const tell = () => {
    const height = Math.ceil(page.getBoundingClientRect().height);
    say({ type: "nidaa-height", height });
    if (secret()) say({ message: "height", value: height, secret: secret() });
  };

  if (parent !== window) {
    tell(); // at once: out of sight, a browser draws nothing, and what waits for a drawing waits as long
    new ResizeObserver(tell).observe(page);
    addEventListener("hashchange", tell);
    addEventListener("message", ({ source, data }) => source === parent && data?.message === "ready" && tell());
  }

  addEventListener("click", (event) => {
    const link = event.target.closest("[data-link]");
    if (link && secret() && parent !== window) {
      event.preventDefault();
      say({ message: "link", value: link.href, secret: secret() });
    } else if (exit && event.target.closest("[data-exit]")) {
      event.preventDefault();
      leave();
    }
  });

  let shifts = [];
  addEventListener("keydown", ({ key, repeat, timeStamp }) => {
    if (!exit || repeat) return;
    shifts = key === "Shift" ? [...shifts, timeStamp].slice(-SHIFTS) : [];
    if (shifts.length === SHIFTS && timeStamp - shifts[0] < SHIFTS_WITHIN_MS) leave();
  });

  /** Leave the whole page, and no way back to it. */
  function leave() {
    document.head.append(Object.assign(document.createElement("meta"), { name: "referrer", content: "no-referrer" }));
    document.body.hidden = true;
    top.location.replace(exit.href);
  }

  // A browser does not follow `autofocus` in another site's frame; here only what answers a person has one.
  document.querySelector("[autofocus]")?.focus();
})();
