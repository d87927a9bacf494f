// Bars. Their lengths are custom properties, set through the object model: the policy forbids style attributes.
import { make, percent, signed } from "./dom.js";
import * as stances from "./stances.js";

function sized(element, sizes) {
  for (const [name, value] of Object.entries(sizes)) element.style.setProperty(`--${name}`, value);
  return element;
}

/** A bar of one share, in the colour of a label. */
export const share = (label, value) => make("span", { class: `share ${stances.side(label)}`, "aria-hidden": "true" }, sized(make("i"), { size: value }));

/** A bar from criticism to support: how far each side reaches, and where the balance stands. */
export function balance(found) {
  if (found.balance == null) return make("span", {}, "–");
  const of = (side) => stances.all().filter((label) => stances.side(label) === side).reduce((sum, label) => sum + (found.shares[label] ?? 0), 0);
  const [against, wholly] = [of("criticism"), of("support")];
  const name = `balance ${signed(found.balance)}: criticism ${percent(against)}, support ${percent(wholly)}`;
  const parts = ["criticism", "support", "tick"].map((part) => make("i", { class: part }));
  return sized(make("span", { class: "balance", role: "img", "aria-label": name, title: name }, ...parts), { against, for: wholly, at: found.balance });
}

/** All shares in one bar, from criticism to support. */
export function stacked(shares) {
  const parts = stances.all().map((label) => sized(make("i", { class: stances.side(label) }), { size: shares[label] ?? 0 }));
  return make("div", { class: "stacked", "aria-hidden": "true" }, ...parts);
}

/** A weight, to the right of the middle if it speaks for the label and to the left if against it. */
export const weight = (value, most) =>
  sized(make("span", { class: `weight ${value < 0 ? "against" : "for"}`, "aria-hidden": "true" }, make("i")), { size: Math.abs(value) / most });
