// Passkeys: asks the browser for what the form's options say, and sends the answer. Nothing else on the desk needs
// JavaScript. Bytes travel as base64url without padding (W3C WebAuthn, section 5.8.1).

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const withBytes = (keys) => (keys || []).map((key) => ({ ...key, id: toBytes(key.id) }));

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: withBytes(options.excludeCredentials),
    },
  });
  return {
    id: made.id,
    rawId: toText(made.rawId),
    type: made.type,
    response: {
      attestationObject: toText(made.response.attestationObject),
      clientDataJSON: toText(made.response.clientDataJSON),
      transports: made.response.getTransports ? made.response.getTransports() : [],
    },
    extensions: JSON.stringify(made.getClientExtensionResults()),
  };
}

async function get(options) {
  const found = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      allowCredentials: withBytes(options.allowCredentials),
    },
  });
  const handle = found.response.userHandle;
  return {
    id: found.id,
    rawId: toText(found.rawId),
    type: found.type,
    response: {
      authenticatorData: toText(found.response.authenticatorData),
      clientDataJSON: toText(found.response.clientDataJSON),
      signature: toText(found.response.signature),
      userHandle: handle ? toText(handle) : null,
    },
  };
}

const form = document.querySelector("[data-passkey]");
if (form) {
  const status = form.querySelector("[data-status]");
  const ask = form.dataset.passkey === "create" ? create : get;
  if (!window.PublicKeyCredential) {
    status.textContent = form.dataset.missing;
  } else {
    try {
      form.elements.credential.value = JSON.stringify(await ask(JSON.parse(form.dataset.options)));
      form.submit();
    } catch {
      status.textContent = form.dataset.refused;
    }
  }
}
