// The preview follows what is typed: the form goes to the server, which keeps nothing and answers with HTML by place.
// Without it the button "Preview" does the same.

const REST_MS = 500;
const form = document.querySelector("form[data-preview]");

if (form) {
  let waiting = 0;
  let asked = 0;

  async function refresh() {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        redirect: "error",
      });
      if (!answer.ok || mine !== asked) return;
      const parts = await answer.json();
      for (const place of document.querySelectorAll("[data-live]")) {
        const drawn = parts[place.dataset.live];
        // What stays the same is left alone, and what somebody opened stays open.
        if (drawn === undefined || place.drawn === drawn) continue;
        const wasOpen = place.querySelector("details")?.open;
        place.innerHTML = place.drawn = drawn;
        if (wasOpen && place.querySelector("details")) place.querySelector("details").open = true;
      }
    } catch {
      // Away for a moment: the next letter asks again, and the button still works.
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, REST_MS);
  });
}
