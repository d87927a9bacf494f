// What is shown of the article: by label, uncertain ones alone, by actor. All else is dimmed.
import { counted, find, make, say } from "./dom.js";
import * as stances from "./stances.js";

const UNCERTAIN = "uncertain";
let answer = null;
let wanted = "";
let actor = "";
let changed = () => {};

/** Draw the filters of an answer; `onChange` gets the test of a sentence's number and the chosen actor. */
export function draw(found, onChange) {
  [answer, wanted, actor, changed] = [found, "", "", onChange];
  const labels = stances.all().map((label) => chip(label, stances.title(label), stances.badge(label)));
  const holders = found.actors.filter((one) => one.label !== null).map((one) => make("option", { value: one.id }, one.name));
  const select = make("select", { id: "who", onchange: (event) => pick(event.target.value) }, make("option", { value: "" }, "everybody"), ...holders);
  const by = make("label", {}, "Held by ", select);
  const all = make("button", { type: "button", class: "quiet", id: "all", onclick: everything }, "Show all");
  find("filters").replaceChildren(...labels, chip(UNCERTAIN, "Uncertain"), by, make("output", { id: "shown" }), all);
  apply();
}

const of = (label) => (sentence) => (label === UNCERTAIN ? Boolean(sentence.uncertain) : sentence.label === label);

function chip(label, name, badge) {
  const number = answer.sentences.filter(of(label)).length;
  const onclick = () => ((wanted = wanted === label ? "" : label), apply());
  return make("button", { type: "button", class: "chip", "aria-pressed": "false", "data-label": label, disabled: !number, onclick }, badge, `${name} ${number}`);
}

function everything() {
  wanted = actor = "";
  apply();
  find("filters").querySelector("button").focus();
}

/** Choose an actor, or nobody if it is the chosen one. */
export function pick(id) {
  actor = id === actor ? "" : id;
  apply();
}

function apply() {
  const own = actor && new Set(answer.actors.find((one) => one.id === actor).sentences);
  const shows = (number) => (!wanted || of(wanted)(answer.sentences[number])) && (!own || own.has(number));
  const number = answer.sentences.filter((_, index) => shows(index)).length;
  const told = `${number.toLocaleString("en")} of ${counted(answer.sentences.length, "sentence")}`;
  for (const button of find("filters").querySelectorAll("[data-label]")) button.setAttribute("aria-pressed", String(button.dataset.label === wanted));
  find("who").value = actor;
  find("shown").value = told;
  find("all").hidden = !wanted && !actor;
  changed(shows, actor);
  if (wanted || actor) say(told);
}
