// The table of actors: who holds which stance, in how many sentences, through whom.
import * as bars from "./bars.js";
import { find, make } from "./dom.js";
import * as stances from "./stances.js";

/** Draw the table; `pick` is called with the id of a chosen actor. */
export function draw(actors, pick) {
  const holding = actors.filter((actor) => actor.label !== null).sort((one, other) => other.sentences.length - one.sentences.length);
  const named = actors.filter((actor) => actor.label === null);
  find("actors").replaceChildren(
    make("h2", { id: "actors-title" }, "Who holds what"),
    holding.length ? table(holding, actors, pick) : make("p", {}, "Nobody was found to hold a stance here."),
    named.length ? make("p", { class: "small" }, `Named, without a stance: ${named.map((actor) => actor.name).join(", ")}.`) : "",
  );
}

function table(holding, actors, pick) {
  const heads = ["Actor", "Stance", "Criticism – support", "Sentences"].map((name) => make("th", { scope: "col" }, make("span", {}, name)));
  const rows = holding.map((actor) => row(actor, actors, pick));
  return make("table", { class: "people" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
}

function row(actor, actors, pick) {
  const via = actor.via.map((id) => actors.find((one) => one.id === id)?.name ?? id);
  const name = make("button", { type: "button", class: "name", "aria-pressed": "false", "data-actor": actor.id, onclick: () => pick(actor.id) }, actor.name);
  const stance = make("td", { class: "stance" }, stances.badge(actor.label), make("span", { class: "word" }, ` ${actor.label}`));
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, name, via.length ? make("span", { class: "via" }, `via ${via.join(", ")}`) : null),
    stance,
    make("td", {}, bars.balance(actor)),
    make("td", { class: "number" }, String(actor.sentences.length)),
  );
}

/** Mark the chosen actor, if there is one. */
export function set(id) {
  for (const button of find("actors").querySelectorAll("[data-actor]")) button.setAttribute("aria-pressed", String(button.dataset.actor === id));
}
