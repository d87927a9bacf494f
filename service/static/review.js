// The review of corrections: one at a time, by buttons or by keys.
import { ask, askOnce } from "./api.js";
import { counted, find, make, say } from "./dom.js";
import { card } from "./review-card.js";
import { Queue } from "./review-queue.js";
import * as stances from "./stances.js";
import * as states from "./states.js";
import { download } from "./take.js";

const ACTIONS = {
  approve: () => queue.decide({ status: "approved" }),
  reject: () => queue.decide({ status: "rejected" }),
  next: () => queue.move(1),
  previous: () => queue.move(-1),
  undo: () => queue.undo(),
  erase: () => find("erase-dialog").showModal(),
  keys: () => find("keys-dialog").showModal(),
};
const KEYS = { a: "approve", r: "reject", n: "next", j: "next", p: "previous", k: "previous", u: "undo", e: "erase", "?": "keys" };
let queue = null;
let target = null;
let drawn = null;
let spoken = null;

/** Ask for what the filters let through; what was decided before is sent first. */
async function begin() {
  const form = new FormData(find("filters"));
  const filter = Object.fromEntries([...form].filter(([, value]) => value));
  const own = new Queue(filter, queue?.sent ?? Promise.resolve(), { changed: () => own === queue && draw(), failed });
  queue = own;
  states.clear();
  find("progress").hidden = false;
  try {
    await Promise.all([queue.ahead(), target === null ? learn() : null]);
    await agreement();
  } catch (problem) {
    if (own === queue) fail(problem);
  } finally {
    find("progress").hidden = true;
  }
}

function fail(problem) {
  find("review").hidden = true;
  states.failed(problem, begin);
}

/** The labels are the loaded model's; without one there is no relabelling. */
async function learn() {
  const answer = await askOnce("model").catch(() => null);
  const model = await answer?.json();
  if (!model) return;
  target = model.target;
  stances.learn(model);
  find("target").textContent = target;
  find("label").append(...stances.all().map((label) => make("option", { value: label }, stances.title(label))));
  draw();
}

function draw() {
  const item = queue.current;
  if (!item && !queue.whole) return;
  find("review").hidden = false;
  find("place").value = item ? `${queue.at + 1} of ${queue.items.length.toLocaleString("en")}${queue.whole ? "" : " or more"}` : "";
  show(item);
  for (const button of document.querySelectorAll("[data-action]")) button.setAttribute("aria-disabled", String(!possible(button.dataset.action)));
  find("unsent").textContent = queue.unsent ? `${counted(queue.unsent, "decision")} on the way` : "";
  tell(item);
  queue.ahead().catch(fail);
}

/** Draw the card, if there is anything new to it; the focus stays with the label that it is on. */
function show(item) {
  const state = JSON.stringify([item ?? queue.items.length, target]);
  if (state === drawn) return;
  drawn = state;
  const focused = document.activeElement.dataset.relabel;
  find("card").replaceChildren(...(item ? card(item, item.stored.target === target ? (label) => queue.decide({ label }) : null) : end()));
  if (focused) find("card").querySelector(`[data-relabel="${CSS.escape(focused)}"]`)?.focus();
}

function possible(action) {
  const item = queue.current;
  return { previous: queue.at > 0, undo: queue.done.length > 0 || (item && item.status !== "pending"), keys: true }[action] ?? Boolean(item);
}

function end() {
  const title = queue.items.length ? "That was the last one." : "There are no such corrections.";
  return [make("h2", { id: "card-title" }, title), make("div", { class: "row" }, make("button", { type: "button", onclick: begin }, "Look for new ones"))];
}

/** Say what is looked at, each time that it is another or has changed. */
function tell(item) {
  const label = item && (item.stored.answer && item.stored.answer.label !== item.label ? `${item.stored.answer.label} corrected to ${item.label}` : item.label);
  const disagreeing = document.querySelector(".disagreeing") ? " They disagree." : "";
  const sentence = item ? `${item.status}: ${label}.${disagreeing} ${item.fault} ${item.stored.text}` : find("card-title").textContent;
  if (sentence !== spoken) say(sentence);
  spoken = sentence;
}

function failed(item, fault) {
  const sentence = `Number ${item.stored.id}: ${fault}`;
  find("fault").textContent = sentence;
  say(sentence);
}

async function agreement() {
  const { sentences, alpha, pairs } = await (await ask("feedback/agreement")).json();
  const told = (value) => (value === null ? "not defined" : value.toFixed(2));
  const rows = pairs.map(({ annotators, sentences, kappa }) =>
    make("tr", {}, make("th", { scope: "row" }, annotators.map((name) => name || "no name").join(" and ")), make("td", { class: "number" }, String(sentences)), make("td", { class: "number" }, told(kappa))),
  );
  const heads = [["Annotators"], ["Sentences", "number"], ["Cohen’s κ", "number"]].map(([name, kind]) => make("th", { scope: "col", class: kind }, name));
  find("agreement").replaceChildren(
    make("h2", {}, "Agreement"),
    make("p", {}, sentences ? `${counted(sentences, "sentence")} labelled by two annotators or more: Krippendorff’s α ${told(alpha)}. 1 is full agreement, 0 what chance would give.` : "No sentence has been labelled by two annotators yet."),
    rows.length ? make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows)) : "",
  );
}

/** Save the export, if it came whole: its last line says so. */
async function save() {
  try {
    const file = await (await askOnce("feedback/export")).blob();
    const lines = (await file.slice(-100).text()).trimEnd().split("\n");
    const { end, rows } = JSON.parse(lines.at(-1));
    if (!end) throw new Error("cut off");
    download("corrections.ndjson", file, "application/x-ndjson");
    say(`${counted(rows, "correction")} exported.`);
  } catch (problem) {
    const why = problem.status === undefined ? "It broke off. Try again." : states.inShort(problem);
    find("fault").textContent = `The approved corrections were not saved. ${why}`;
    say(find("fault").textContent);
  }
}

function act(name) {
  if (!possible(name)) return;
  find("fault").textContent = "";
  ACTIONS[name]();
}

function press(event) {
  const typing = event.target.matches?.("input:not([type=checkbox]), select, textarea");
  const held = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (typing || held || !queue || find("review").hidden || !find("use-keys").checked || document.querySelector("dialog[open]")) return;
  const label = /^[1-9]$/.test(event.key) && queue.current?.stored.target === target && stances.all()[event.key - 1];
  if (label) queue.decide({ label });
  else if (event.key in KEYS) act(KEYS[event.key]);
  else return;
  event.preventDefault();
}

for (const button of document.querySelectorAll("[data-action]")) button.addEventListener("click", () => act(button.dataset.action));
for (const button of document.querySelectorAll("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
find("erase").addEventListener("click", () => (find("erase-dialog").close(), queue.erase()));
find("export").addEventListener("click", save);
find("filters").addEventListener("submit", (event) => event.preventDefault());
find("filters").addEventListener("change", begin);
document.addEventListener("keydown", press);
addEventListener("beforeunload", (event) => queue?.unsent && event.preventDefault());
begin();
