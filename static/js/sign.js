/**
 * Solve a proof of work while a person fills in the sign form, and send it along.
 *
 * The form works without this file: what arrives without a solution gets the "check your details" step.
 * So whatever goes wrong here, or takes longer than a person should wait, ends in sending the form as it is.
 *
 * <form data-sign data-challenge-url data-worker-url data-working> with inputs `altcha` and `form_token`, and
 * an empty element [data-status role=status]; data-working says what is going on while a person waits.
 *
 * data-worker-url is this file itself: the worker finds no document and searches. On a slow line one request
 * less is worth more than a file of its own.
 */
const REPORT_EVERY = 50;
const PATIENCE_MS = 15_000;
const FRESH_MS = 15 * 60_000; // a challenge and its form token serve for twenty minutes

if (typeof document === "undefined") search();
else for (const form of document.querySelectorAll("form[data-sign]")) prepare(form);

function prepare(form) {
  const { altcha, form_token: token } = form.elements;
  const button = form.querySelector("button:not([type=button])");
  const status = form.querySelector("[data-status]");
  const progress = document.createElement("progress");
  let solution; // a promise of what goes into `altcha`, "" where there is none
  let fetchedAt;
  let isSending = false;
  let wasSent = false;

  const solved = () => {
    if (solution && Date.now() - fetchedAt < FRESH_MS) return solution;
    fetchedAt = Date.now();
    progress.removeAttribute("value");
    solution = solve(form.dataset, token, progress).catch(() => {
      solution = undefined; // the next attempt begins anew
      return "";
    });
    return solution;
  };

  const showWaiting = (isWaiting) => {
    isSending = isWaiting;
    button.setAttribute("aria-disabled", isWaiting);
    const label = document.createElement("label");
    label.append(form.dataset.working, progress);
    status.replaceChildren(...(isWaiting ? [label] : []));
  };

  form.addEventListener("focusin", solved, { once: true });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSending) return;
    showWaiting(true);
    altcha.value = await Promise.race([solved(), after(PATIENCE_MS)]);
    wasSent = true;
    form.submit();
  });

  // Sent again unchanged, the form gets the same page again; changed, it is a new one and needs new work.
  form.addEventListener("input", () => {
    if (wasSent) solution = undefined;
    wasSent = false;
  });

  // Back from the next page, as it was left.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) showWaiting(false);
  });
}

async function solve({ challengeUrl, workerUrl }, token, progress) {
  if (!isSecureContext) throw new Error("no cryptography without a secure context");
  const response = await fetch(challengeUrl, { cache: "no-store" });
  if (!response.ok) throw new Error("no challenge");
  const { formToken, ...challenge } = await response.json();
  token.value = formToken;
  const solution = await work(workerUrl, challenge.parameters, (fraction) => (progress.value = fraction));
  return btoa(JSON.stringify({ challenge, solution }));
}

function work(url, parameters, report) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(url);
    worker.onerror = reject;
    worker.onmessage = ({ data }) => (typeof data === "number" ? report(data) : resolve(data));
    worker.postMessage(parameters);
  });
}

function after(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, ""));
}

/**
 * Solve one proof of work, away from the page: find the counter whose key begins as the challenge wants.
 *
 * ALTCHA, version 2: key = PBKDF2-SHA-256(nonce followed by the counter as four bytes, salt, cost).
 * Takes a challenge's parameters. Answers numbers while it searches, the fraction tried so far, and
 * in the end {counter, derivedKey}. A failure is left to the page's onerror.
 */
function search() {
  const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const hexOf = (buffer) =>
    Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

  onmessage = async ({ data: { cost, data, keyLength, keyPrefix, nonce, salt } }) => {
    const password = new Uint8Array(nonce.length / 2 + 4);
    password.set(bytesOf(nonce));
    const counterField = new DataView(password.buffer, nonce.length / 2);
    const derivation = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(salt), iterations: cost };

    for (let counter = 0; counter < data.counters; counter++) {
      counterField.setUint32(0, counter);
      const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
      const derivedKey = hexOf(await crypto.subtle.deriveBits(derivation, key, keyLength * 8));
      if (derivedKey.startsWith(keyPrefix)) return postMessage({ counter, derivedKey });
      if (counter % REPORT_EVERY === 0) postMessage(counter / data.counters);
    }
    throw new Error("no counter fits");
  };

  // A rejected promise is not an error event by itself; the page waits for one.
  onunhandledrejection = ({ reason }) => {
    throw reason;
  };
}
