// The model's labels as the page shows them: their side, sign and name.
import { make } from "./dom.js";

const SIGNS = { support: "+", criticism: "−", neutral: "" };
const sides = new Map();
let labels = [];

/** Take over a model card's labels; one without a side shows its first letter. */
export function learn(card) {
  sides.clear();
  for (const [side, label] of Object.entries(card.roles)) sides.set(label, side);
  const order = ["criticism", "neutral", undefined, "support"];
  labels = [...card.labels].sort((one, other) => order.indexOf(sides.get(one)) - order.indexOf(sides.get(other)));
}

/** All labels, from criticism to support. */
export const all = () => labels;
export const side = (label) => sides.get(label) ?? "other";
export const sign = (label) => SIGNS[side(label)] ?? label.charAt(0).toUpperCase();
export const title = (label) => label.charAt(0).toUpperCase() + label.slice(1);
export const takesSide = (label) => side(label) === "support" || side(label) === "criticism";

/** A label's sign, to be seen beside its name. */
export function badge(label, uncertain = false) {
  const shown = sign(label) + (uncertain ? "?" : "");
  return make("span", { class: `badge ${side(label)}${uncertain ? " uncertain" : ""}`, "aria-hidden": "true", "data-sign": shown || "·" });
}
