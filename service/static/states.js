// What the page says when there is nothing to show, or not yet: what is the matter, and what to do.
import { counted, find, say } from "./dom.js";
import { forget, key } from "./key.js";

let shown = null;

function show(state, title, text, action) {
  shown = state;
  find("notice").hidden = false;
  find("notice").dataset.state = state;
  find("notice-title").textContent = title;
  find("notice-text").textContent = text;
  const button = find("notice-action");
  button.hidden = !action;
  button.textContent = action?.name ?? "";
  button.onclick = action?.run ?? null;
  say(`${title} ${text}`);
}

export function clear() {
  shown = null;
  find("notice").hidden = true;
}

export const empty = () =>
  show("empty", "There is nothing to read yet.", "Paste an article into the field, drop a .txt file on the page, or take one of the samples.");

export const tooLong = (length, most) =>
  show("too-long", "The text is too long.", `It has ${counted(length, "character")}, and this service reads up to ${most.toLocaleString("en")} at once. Cut it, or read it in parts.`);

export const noFile = () =>
  show("no-file", "This file cannot be read.", "It is no plain text in UTF-8. Save it as a .txt file in UTF-8, or copy its text and paste it here.");

export const unknownVocabulary = () =>
  show("unknown-vocabulary", "Hardly any word of this is known to the model.", "It knows the language of its corpus alone, which for ours is English. What is shown below is not to be relied on: translate the article first.");

export const noStance = (target) =>
  show("no-stance", "No sentence takes a side.", `Nothing here supports or criticises “${target}”, or nothing that the model recognises. If the article is about it, look at the uncertain sentences; otherwise try another one.`);

/** Tell of what passes by itself: no model, too busy, too many requests, no answer. */
export function waiting(problem) {
  if (problem.status === 429) {
    show("too-many", "Too many requests were made with this key.", `The page goes on by itself in ${counted(problem.seconds || 1, "second")}.`);
  } else if (problem.status === 503 && problem.type.endsWith("/busy")) {
    show("busy", "The service is busy.", "The page goes on by itself in a moment.");
  } else if (unreachable(problem)) {
    show("no-store", "The corrections are out of reach.", "Their database does not answer. The page goes on by itself when it does; whoever runs the service finds the cause in its log.");
  } else if (problem.status === 503) {
    show("no-model", "No model is loaded.", "Whoever runs the service has to publish one: “python training/train.py” trains it, and the service’s log says what is wrong with the one that is there. The page goes on by itself.");
  } else {
    show("gone", "The service does not answer.", "Nothing on this page is lost. Check the connection, or ask whoever runs the service; the page goes on by itself when it is back.");
  }
}

const unreachable = (problem) => problem.type.endsWith("/feedback-unavailable");
const off = (problem) => problem.type.endsWith("/feedback-off");

/** Take back what `waiting` told. */
export function passed() {
  if (!["too-many", "busy", "no-store", "no-model", "gone"].includes(shown)) return;
  clear();
  say("The service answers again.");
}

/** Tell of what does not pass by itself; `retry` asks again. */
export function failed(problem, retry) {
  const again = { name: "Try again", run: retry };
  if (problem.status === 401) {
    show("key", "A key is wanted.", "Without one the service answers nothing.", { name: "Give the key", run: retry });
  } else if (problem.status === 403) {
    const another = key() && { name: "Give another key", run: () => (forget(), retry()) };
    show("forbidden", "This wants the right to review.", problem.message, another);
  } else if (off(problem)) {
    show("off", "Corrections are not kept here.", "Whoever runs the service has to say where: it keeps them once STANCE_FEEDBACK_DATABASE_URL is set.");
  } else if (problem.status === 413) {
    show("too-long", "The text is too long.", "It is larger than this service takes at once. Cut it, or read it in parts.");
  } else if (problem.status === 422) {
    show("refused", "The text cannot be read.", problem.errors.map((fault) => fault.detail).join(" ") || problem.message);
  } else {
    show("failed", "Something went wrong.", `${problem.message} ${problem.request ? `Request ${problem.request}.` : ""}`, again);
  }
}

/** Say in a sentence or two why something was not done, where there is no room for more. */
export function inShort(problem) {
  if (problem.status === 0) return "The service does not answer. Check the connection, and try again.";
  if (problem.status === 401) return "A key is wanted.";
  if (problem.status === 429) return `Too many requests were made with this key. Try again in ${counted(problem.seconds || 1, "second")}.`;
  if (off(problem)) return "Corrections are not kept here any more.";
  if (unreachable(problem)) return "The database of corrections does not answer. Try again in a moment.";
  if (problem.status === 503) return "The service is busy, or has no model. Try again in a moment.";
  const faults = problem.errors.map((fault) => fault.detail).join(" ");
  return `${faults || problem.message || "Something went wrong."}${problem.status >= 500 && problem.request ? ` Request ${problem.request}.` : ""}`;
}
