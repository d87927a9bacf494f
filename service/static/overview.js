// The article as a whole: its stance, its shares, its balance.
import * as bars from "./bars.js";
import { counted, find, make, percent, signed } from "./dom.js";
import * as stances from "./stances.js";

/** Draw what stands above the article. */
export function draw(answer) {
  const shares = stances.all().map((label) => make("li", {}, stances.badge(label), ` ${stances.title(label)} `, make("b", {}, percent(answer.shares[label] ?? 0))));
  const unsure = answer.uncertain ? ", uncertain" : "";
  find("overview").replaceChildren(
    make("div", {}, make("h2", {}, "As a whole"), make("p", { class: "verdict" }, stances.badge(answer.label, Boolean(answer.uncertain)), ` ${stances.title(answer.label)}${unsure}`), make("p", { class: "small" }, `${percent(answer.confidence)} likely, by the roll-up of ${counted(answer.sentences.length, "sentence")}`)),
    make("div", {}, make("h2", {}, "Its sentences"), bars.stacked(answer.shares), make("ul", { class: "key" }, ...shares)),
    balance(answer),
  );
}

function balance(answer) {
  if (answer.balance === null) return "";
  const ends = make("p", { class: "ends small" }, make("span", {}, "criticism"), make("b", {}, signed(answer.balance)), make("span", {}, "support"));
  return make("div", {}, make("h2", {}, "Balance"), bars.balance(answer), ends);
}
