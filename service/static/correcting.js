// “Correct this”, in the detail of a sentence. What was begun there, is on its way or has failed is still there when the sentence is chosen again.
import { askOnce } from "./api.js";
import * as article from "./article.js";
import { counted, find, make, say } from "./dom.js";
import * as guide from "./guide.js";
import * as stances from "./stances.js";
import * as states from "./states.js";

const NAME_KEPT = "stance-annotator";
const ELSE = "*"; // no actor's id
let days = 0;
let shown = null;

/** Take over from the limits how long corrections are kept; says whether they are at all. */
export function keep(limits) {
  days = limits.corrections?.value ?? 0;
  return days > 0;
}

/** Begin with an article; what is still on its way for another marks nothing here. */
export function begin(text, answer) {
  shown = { text: text.toWellFormed(), answer, parts: new Map() };
}

/** The part of a sentence's detail in which it is corrected. */
export function part(number) {
  if (!days) return make("p", { class: "small" }, "Corrections are not kept here.");
  if (!shown.parts.has(number)) shown.parts.set(number, new Correction(shown, number).place);
  return shown.parts.get(number);
}

class Correction {
  constructor(of, number) {
    this.of = of;
    this.number = number;
    this.sentence = of.answer.sentences[number];
    this.place = make("div", { class: "correct" });
    this.again(false);
  }

  /** Show the form, closed at first. */
  again(open) {
    this.told = make("p", { class: "fault" });
    this.form = make("form", { onsubmit: (event) => (event.preventDefault(), this.store()) }, ...this.fields());
    this.form.addEventListener("change", () => this.fit());
    this.fit();
    this.place.replaceChildren(make("details", { open }, make("summary", {}, "Correct this"), this.form));
  }

  fields() {
    const labels = stances.all().map((label) => choice(label, label === this.sentence.label));
    const note = make("textarea", { name: "note", rows: "2", maxlength: "2000", autocomplete: "off" });
    const annotator = make("input", { name: "annotator", maxlength: "100", autocomplete: "off", value: sessionStorage.getItem(NAME_KEPT) ?? "" });
    return [
      make("fieldset", {}, make("legend", {}, "By this sentence alone, what is it?"), ...labels),
      rules(),
      this.holders(),
      make("label", { class: "field" }, "Note (may stay empty)", note),
      make("label", { class: "field" }, "Your name (may stay empty; kept until this tab is closed)", annotator),
      make("p", { class: "small" }, `Stored are this sentence and what you say of it, for ${counted(days, "day")}; the rest of the article is not.`),
      make("div", { class: "row" }, make("button", { type: "submit", class: "primary" }, "Store the correction")),
      this.told,
    ];
  }

  holders() {
    const first = this.sentence.actors;
    const actors = [...this.of.answer.actors].sort((one, other) => first.includes(other.id) - first.includes(one.id));
    const options = actors.map((actor) => make("option", { value: actor.id, selected: actor.id === first[0] }, actor.name));
    const select = make("select", { name: "holder" }, make("option", { value: "" }, "nobody in particular"), ...options, make("option", { value: ELSE }, "somebody else"));
    const who = make("label", { class: "field" }, "Who", make("input", { name: "who", maxlength: "200", required: true, autocomplete: "off" }));
    return make("div", { class: "holder" }, make("label", { class: "field" }, "Held by", select), who);
  }

  /** What is neutral is held by nobody; a name is wanted of somebody else alone. */
  fit() {
    const { label, holder, who } = this.form.elements;
    const neutral = stances.side(label.value) === "neutral";
    this.form.querySelector(".holder").hidden = neutral;
    who.disabled = neutral || holder.value !== ELSE;
    who.parentElement.hidden = who.disabled;
  }

  content() {
    const { label, holder, who, note, annotator } = this.form.elements;
    const { start, end, label: answered } = this.sentence;
    const held = holder.parentElement.parentElement.hidden ? "" : holder.value === ELSE ? who.value.trim() : holder.value;
    const said = { holder: held, note: note.value.trim(), annotator: annotator.value.trim() };
    return {
      text: this.of.text,
      span: { start, end },
      offset_unit: "utf16",
      label: label.value,
      answer: { label: answered, version: this.of.answer.model.version },
      ...Object.fromEntries(Object.entries(said).filter(([, value]) => value)),
    };
  }

  async store() {
    if (this.form.ariaBusy === "true") return;
    const content = this.content();
    const written = JSON.stringify(content);
    // The same correction keeps its key, whatever became of the answer: so it is stored once.
    if (written !== this.written) [this.written, this.key] = [written, newKey()];
    sessionStorage.setItem(NAME_KEPT, content.annotator ?? "");
    this.busy(true);
    try {
      const answer = await askOnce("feedback", { body: JSON.stringify({ ...content, idempotency_key: this.key }) });
      this.stored(content, await answer.json());
    } catch (problem) {
      this.failed(problem);
    } finally {
      this.busy(false);
    }
  }

  busy(is) {
    this.form.ariaBusy = String(is);
    this.form.querySelector(".primary").textContent = is ? "Storing…" : "Store the correction";
  }

  stored(content, { id }) {
    const held = content.holder && `, held by ${this.of.answer.actors.find((actor) => actor.id === content.holder)?.name ?? content.holder}`;
    const by = content.annotator && ` by ${content.annotator}`;
    const sentence = `Stored as number ${id}${by ?? ""}: ${content.label}${held ?? ""}. It waits for review, and is kept for ${counted(days, "day")}.`;
    const told = make("p", { tabindex: "-1" }, stances.badge(content.label), ` ${sentence}`);
    const focused = this.place.contains(document.activeElement);
    const again = make("button", { type: "button", onclick: () => (this.again(true), this.form.elements.label[0].focus()) }, "Correct it once more");
    this.place.replaceChildren(make("div", { class: "stored" }, told, again));
    if (focused) told.focus();
    this.tell(sentence, `→ ${content.label}`, `Corrected to ${content.label}`);
  }

  failed(problem) {
    const sentence = `The correction was not stored. ${states.inShort(problem)}`;
    this.told.textContent = sentence;
    this.tell(sentence, "not stored", "The correction was not stored");
  }

  tell(sentence, noted, said) {
    if (this.of !== shown) return;
    article.note(this.number, noted, said);
    say(find("detail").contains(this.place) ? sentence : `Sentence ${this.number + 1}: ${sentence}`);
  }
}

function choice(label, current) {
  const rule = guide.ruleOf(label);
  const said = make("span", {}, make("b", {}, stances.badge(label), ` ${stances.title(label)}`), current ? make("span", { class: "small" }, " as the model says") : null, rule ? make("span", { class: "small rule" }, rule) : null);
  return make("label", { class: "choice" }, make("input", { type: "radio", name: "label", value: label, required: true }), said);
}

function rules() {
  const doubts = guide.doubts().map(({ rule, example, label }) => make("li", {}, rule, make("p", {}, make("q", {}, example), " ", make("b", {}, `→ ${label}`))));
  return doubts.length ? make("details", { class: "rules" }, make("summary", {}, "The rule for common doubts"), make("ul", {}, ...doubts)) : null;
}

// crypto.randomUUID is there under HTTPS and on localhost alone.
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
