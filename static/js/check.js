/**
 * Tells whether a file is one that was issued. Nothing leaves the device: the sum is made here.
 *
 * [data-check data-no hidden]   holds an <input type=file> and a [role=status]; shown where the browser can add up
 * [data-sum data-yes]           one issued file
 */
const box = document.querySelector("[data-check]");

if (box && globalThis.crypto?.subtle) {
  const input = box.querySelector("input");
  box.hidden = false;
  input.onclick = () => (input.value = ""); // the same name again is a file to be looked at again
  input.onchange = () => check(input.files[0]);
  document.ondragover = (event) => event.preventDefault();
  document.ondrop = (event) => {
    event.preventDefault();
    check(event.dataTransfer.files[0]);
  };
}

async function check(file) {
  if (!file) return;
  const said = box.querySelector("[role=status]");
  said.textContent = "";
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const text = [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const found = document.querySelector(`[data-sum="${text}"]`);
  said.textContent = found ? found.dataset.yes : box.dataset.no;
}
