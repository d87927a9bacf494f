// The key: asked for once, kept for this tab alone.
import { find } from "./dom.js";

const KEPT = "stance-key";
let asking = null;

export const key = () => sessionStorage.getItem(KEPT);

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
  sessionStorage.removeItem(KEPT);
  find("key").value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(Boolean(key())), { once: true });
  });
}

find("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEPT, find("key").value);
  find("key").value = "";
  find("key-dialog").close();
});
find("key-cancel").addEventListener("click", () => find("key-dialog").close());
