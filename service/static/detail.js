// Why a sentence has its stance, and who holds it.
import * as article from "./article.js";
import * as bars from "./bars.js";
import * as correcting from "./correcting.js";
import { find, make, percent, say, signed } from "./dom.js";
import * as evidence from "./evidence.js";
import * as stances from "./stances.js";

let marked = -1;

/** Show the detail of a sentence, or close it with -1; `pick` is called with the id of an actor chosen there. */
export function show(text, answer, number, pick) {
  if (marked >= 0) article.wordsOf(marked).replaceChildren(slice(text, answer.sentences[marked]));
  marked = number;
  find("detail").hidden = number < 0;
  document.body.classList.toggle("with-detail", number >= 0);
  if (number < 0) return;
  const sentence = answer.sentences[number];
  const why = answer.evidence[number];
  const words = evidence.weigh(text, sentence, why.terms);
  evidence.mark(article.wordsOf(number), text, sentence, words);
  const held = sentence.actors.map((id) => answer.actors.find((actor) => actor.id === id)).filter(Boolean);
  find("detail").replaceChildren(...head(sentence, number), probabilities(sentence), holders(held, pick), correcting.part(number), ...moved(why));
  find("detail").scrollTop = 0;
  say(spoken(sentence, held, why.terms));
}

/** Forget what was shown, before another article is drawn. */
export function reset() {
  marked = -1;
  find("detail").hidden = true;
  document.body.classList.remove("with-detail");
}

const slice = (text, { start, end }) => text.slice(start, end);

const DOUBTS = {
  low_confidence: "Uncertain: no stance is likely enough to be relied on.",
  unknown_vocabulary: "Uncertain: hardly any of its words is known to the model.",
};

function head(sentence, number) {
  const title = `${stances.title(sentence.label)}, ${percent(sentence.confidence)}`;
  const close = make("button", { type: "button", class: "close", "aria-label": "Close", onclick: article.close }, "×");
  const doubt = sentence.uncertain && make("p", { class: "doubt" }, DOUBTS[sentence.uncertain]);
  const heading = make("h2", { id: "detail-title" }, stances.badge(sentence.label, Boolean(sentence.uncertain)), ` ${title}`);
  return [make("div", { class: "bar" }, heading, close), make("p", { class: "nth" }, `Sentence ${number + 1}`), doubt].filter(Boolean);
}

function probabilities(sentence) {
  const rows = stances.all().map((label) => {
    const value = sentence.probabilities[label];
    const cells = [make("th", { scope: "row" }, stances.title(label)), make("td", {}, bars.share(label, value)), make("td", { class: "number" }, percent(value))];
    return make("tr", {}, ...cells);
  });
  return make("table", { class: "plain" }, make("caption", {}, "Probabilities"), make("tbody", {}, ...rows));
}

function holders(held, pick) {
  const names = held.map((actor) => make("button", { type: "button", class: "quiet", onclick: () => pick(actor.id) }, actor.name));
  const shown = names.length ? names : [make("span", {}, "nobody named, or not found")];
  return make("p", { class: "holders" }, make("span", { class: "label" }, "Held by"), ...shown);
}

function moved(why) {
  if (!why.terms.length) return [make("p", {}, "No single word moved this decision.")];
  const most = Math.max(...why.terms.map((term) => Math.abs(term.weight)));
  const rows = why.terms.map(({ term, weight }) => {
    const cells = [make("th", { scope: "row" }, term), make("td", {}, bars.weight(weight, most)), make("td", { class: "number" }, signed(weight))];
    return make("tr", {}, ...cells);
  });
  const caption = make("caption", {}, `Words that moved it toward ${why.label} (+) or away (−)`);
  const rest = `With all other words (${signed(why.rest)}) and where the model begins (${signed(why.intercept)}) they add up to ${signed(why.decision)}.`;
  return [make("table", { class: "plain" }, caption, make("tbody", {}, ...rows)), make("p", { class: "small" }, rest)];
}

function spoken(sentence, held, terms) {
  const unsure = sentence.uncertain ? ", uncertain" : "";
  const by = held.length ? `Held by ${held.map((actor) => actor.name).join(", ")}.` : "Held by nobody named.";
  const words = terms.slice(0, 3).map(({ term, weight }) => `${term} ${signed(weight, 1)}`);
  return `${stances.title(sentence.label)}${unsure}, ${percent(sentence.confidence)}. ${by}${words.length ? ` Moved by ${words.join(", ")}.` : ""}`;
}
