// The key: asked for once, kept for this tab alone.
import { find, make } from "./dom.js";

const KEPT = "stance-key";
let asking = null;

export const key = () => sessionStorage.getItem(KEPT);
export const forget = () => sessionStorage.removeItem(KEPT);

/** Ask for a key, since none, or `refused`, was sent; false if the dialog is closed without one. */
export function askForKey(refused) {
  if (key() !== refused) return Promise.resolve(true); // given meanwhile, for another request
  asking ??= answered(refused).finally(() => (asking = null));
  return asking;
}

function answered(refused) {
  const dialog = find("key-dialog");
  find("key-text").textContent = refused
    ? "This key was not accepted. Look it up once more, or ask whoever runs the service."
    : "This service answers those who have a key. Ask whoever runs it. The key is kept until this tab is closed, and nowhere else.";
  forget();
  find("key").value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(Boolean(key())), { once: true });
  });
}

function take(event) {
  event.preventDefault();
  sessionStorage.setItem(KEPT, find("key").value);
  find("key").value = "";
  find("key-dialog").close();
}

function dialog() {
  const field = make("input", { id: "key", type: "password", required: true, pattern: "[!-~]+", title: "Letters, digits and signs, no blanks", autocomplete: "off" });
  const cancel = make("button", { type: "button", onclick: () => find("key-dialog").close() }, "Not now");
  const buttons = make("div", { class: "row" }, make("button", { type: "submit", class: "primary" }, "Go on"), cancel);
  const form = make("form", { onsubmit: take }, make("h2", { id: "key-title" }, "A key is wanted"), make("p", { id: "key-text" }), make("label", { for: "key" }, "Key"), field, buttons);
  return make("dialog", { id: "key-dialog", "aria-labelledby": "key-title", "aria-describedby": "key-text" }, form);
}

document.body.append(dialog());
