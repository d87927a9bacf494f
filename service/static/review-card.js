// One correction as it is looked at: what it changes, in which sentence, who else said what of it, what was decided.
import { make } from "./dom.js";
import * as stances from "./stances.js";

const when = (time) => make("time", { datetime: time }, new Date(time).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" }));
const labelled = (label) => make("span", { class: "labelled" }, stances.badge(label), ` ${stances.title(label)}`);
const pill = (status) => make("span", { class: `pill ${status}` }, status);
const named = (annotator) => annotator || "no name";

/** Make the card of an item of the queue; `relabel` is called with a label, and is null where it is of another target. */
export function card(item, relabel) {
  const { stored } = item;
  return [
    make("div", { class: "bar" }, make("h2", { id: "card-title" }, ...turn(item)), pill(item.status)),
    make("p", { class: "fault" }, item.fault),
    make("blockquote", {}, stored.text),
    ...facts(stored),
    relabel ? choices(item, relabel) : make("p", { class: "small" }, `Its target is “${stored.target}”, which is not the loaded model’s: it can be decided on and not relabelled.`),
    ...others(item),
    ...history(stored),
  ].filter(Boolean);
}

function turn({ stored, label }) {
  const answered = stored.answer?.label;
  if (!answered) return [labelled(label)];
  if (answered === label) return [labelled(label), make("span", { class: "small" }, " as the model said")];
  return [labelled(answered), make("span", { role: "img", "aria-label": "corrected to", class: "turn" }, "→"), labelled(label)];
}

function facts(stored) {
  const held = stored.holder ? [make("dt", {}, "Held by"), make("dd", {}, stored.holder)] : [];
  const note = stored.note ? [make("dt", {}, "Note"), make("dd", {}, stored.note)] : [];
  const version = stored.answer?.version;
  const by = make("p", { class: "small" }, `Number ${stored.id}, by ${named(stored.annotator)}, `, when(stored.created), version ? `, of an answer by model ${version}` : "");
  return [held.length + note.length ? make("dl", {}, ...held, ...note) : null, by];
}

function choices(item, relabel) {
  const buttons = stances.all().map((label, index) => {
    const pressed = String(label === item.label);
    return make("button", { type: "button", class: "chip", "aria-pressed": pressed, "data-relabel": label, onclick: () => relabel(label) }, stances.badge(label), stances.title(label), make("kbd", {}, String(index + 1)));
  });
  return make("div", { class: "row", role: "group", "aria-label": "Label" }, ...buttons);
}

/** Everybody's label of the sentence, this one's first; what is rejected disagrees with nobody. */
function others(item) {
  const { stored, label, status } = item;
  if (!stored.others.length) return [];
  const all = [{ id: stored.id, label, status, annotator: stored.annotator }, ...stored.others];
  const said = new Set(all.filter((one) => one.status !== "rejected").map((one) => one.label));
  const rows = all.map((one, index) => {
    const who = make("th", { scope: "row" }, named(one.annotator), index ? "" : make("span", { class: "small" }, " (this one)"));
    return make("tr", {}, who, make("td", {}, labelled(one.label)), make("td", {}, pill(one.status)), make("td", { class: "number" }, String(one.id)));
  });
  const title = said.size > 1 ? "They disagree on this sentence" : "Others on this sentence";
  const heads = [["Annotator"], ["Label"], ["Status"], ["Number", "number"]].map(([name, kind]) => make("th", { scope: "col", class: kind }, name));
  return [
    make("section", { class: said.size > 1 ? "others disagreeing" : "others" }, make("h3", {}, title), make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows))),
  ];
}

function history({ history: all }) {
  if (all.length < 2) return [];
  const steps = all.map(({ at, by, status, label }, index) => make("li", {}, when(at), ` ${named(by)}: `, index ? `${status}, ${label}` : `submitted as ${label}`));
  return [make("details", { class: "history" }, make("summary", {}, `History (${all.length})`), make("ol", {}, ...steps))];
}
