// Getting a text: typed, pasted, dropped, opened from a file, or one of the samples.
import { counted, find } from "./dom.js";
import * as states from "./states.js";

const FEW = 0.9;

/** Count as the service does: code points. */
export const length = (text) => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

/** Listen; `read` gets each text that is to be read, `most` tells how long one may be, if it is known. */
export function listen(read, most) {
  const field = find("text");
  const take = (text) => {
    field.value = text;
    count(field.value, most());
    read(field.value);
  };
  find("form").addEventListener("submit", (event) => (event.preventDefault(), read(field.value)));
  field.addEventListener("input", () => count(field.value, most()));
  field.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain");
    if (field.value || !text) return;
    event.preventDefault();
    take(text);
  });
  find("open").addEventListener("click", () => find("file").click());
  find("file").addEventListener("change", (event) => open(event.target.files[0], take).then(() => (event.target.value = "")));
  for (const button of document.querySelectorAll("[data-sample]")) {
    button.addEventListener("click", async () => take(await (await fetch(`static/samples/${button.dataset.sample}.txt`)).text()));
  }
  drop(take);
}

function drop(take) {
  const shows = (dragged) => document.body.classList.toggle("dropping", dragged);
  document.addEventListener("dragover", (event) => (event.preventDefault(), shows(true)));
  document.addEventListener("dragleave", (event) => event.relatedTarget ?? shows(false));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    shows(false);
    const text = event.dataTransfer.getData("text/plain");
    if (event.dataTransfer.files.length) open(event.dataTransfer.files[0], take);
    else if (text) take(text);
  });
}

async function open(file, take) {
  if (!file) return;
  try {
    take(new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()));
  } catch {
    states.noFile();
  }
}

function count(text, most) {
  const long = length(text);
  const near = most && long > FEW * most;
  find("count").textContent = near ? `${long.toLocaleString("en")} of ${most.toLocaleString("en")} characters` : counted(words(text), "word");
  find("count").classList.toggle("over", Boolean(most) && long > most);
}

export const words = (text) => text.match(/\S+/g)?.length ?? 0;
