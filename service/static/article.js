// The article, sentence by sentence: drawing, choosing, dimming. One stop of the Tab key; arrow keys move within.
import { find, make } from "./dom.js";
import * as stances from "./stances.js";

let spans = [];
let chosen = -1;
let choose = () => {};

/** Draw a text with its answer's sentences; `chosen` is told the number of each chosen sentence, or -1. */
export function draw(text, sentences, onChoose) {
  choose = onChoose;
  chosen = -1;
  const drawing = new Drawing(text);
  spans = sentences.map((sentence, number) => drawing.add(sentence, number));
  spans[0].tabIndex = 0;
  find("sentences").replaceChildren(drawing.finished());
}

class Drawing {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.all = document.createDocumentFragment();
    this.paragraph = make("p");
  }

  add(sentence, number) {
    this.between(sentence.start);
    const span = spanOf(sentence, number, this.text.slice(sentence.start, sentence.end));
    this.paragraph.append(span);
    this.at = sentence.end;
    return span;
  }

  /** Lay down what stands between two sentences; a line end begins a paragraph. */
  between(until) {
    this.text.slice(this.at, until).split("\n").forEach((piece, index) => {
      if (index && this.paragraph.hasChildNodes()) this.close();
      if (piece.trim() || this.paragraph.hasChildNodes()) this.paragraph.append(piece);
    });
  }

  close() {
    this.all.append(this.paragraph);
    this.paragraph = make("p");
  }

  finished() {
    this.between(this.text.length);
    this.close();
    return this.all;
  }
}

function spanOf(sentence, number, text) {
  const unsure = Boolean(sentence.uncertain);
  const name = stances.title(sentence.label) + (unsure ? ", uncertain:" : ":");
  const sign = stances.sign(sentence.label) + (unsure ? "?" : "");
  const mark = make("span", { class: "sign", role: "img", "aria-label": name, "data-sign": sign });
  const attributes = { class: `sentence ${stances.side(sentence.label)}${unsure ? " uncertain" : ""}`, role: "button", tabindex: "-1", "aria-pressed": "false" };
  return make("span", { ...attributes, "data-number": number }, mark, make("span", { class: "words" }, text));
}

/** The element that holds the words of a sentence. */
export const wordsOf = (number) => spans[number].querySelector(".words");

/** Set a note behind the words of a sentence: how it shows, and how it is said. */
export function note(number, shown, said) {
  spans[number].querySelector(".note")?.remove();
  spans[number].append(make("span", { class: "note", role: "img", "aria-label": said, "data-note": shown }));
}

/** Mark one sentence as chosen, or none with -1, and tell it. */
export function set(number) {
  if (spans[chosen]) spans[chosen].setAttribute("aria-pressed", "false");
  chosen = number;
  if (spans[chosen]) {
    spans[chosen].setAttribute("aria-pressed", "true");
    stop(spans[chosen]);
  }
  choose(number);
}

/** Close what is open; the focus returns to its sentence. */
export function close() {
  if (chosen < 0) return;
  const left = spans[chosen];
  set(-1);
  left.focus();
}

/** Dim the sentences that `shows` leaves out; an arrow key passes them over. */
export function dim(shows) {
  spans.forEach((span, number) => span.classList.toggle("dim", !shows(number)));
  if (spans[chosen]?.classList.contains("dim")) set(-1);
  const first = spans.find((span) => span.tabIndex === 0 && !span.classList.contains("dim"));
  stop(first ?? spans.find((span) => !span.classList.contains("dim")) ?? spans[0]);
}

function stop(span) {
  for (const other of spans) if (other.tabIndex === 0) other.tabIndex = -1;
  span.tabIndex = 0;
}

function move(from, step) {
  let to = from + step;
  while (spans[to]?.classList.contains("dim")) to += step;
  if (!spans[to]) return;
  stop(spans[to]);
  spans[to].focus();
  if (chosen >= 0) set(to);
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Listen to mouse, touch and keyboard; once for the page. */
export function listen() {
  const place = find("sentences");
  const numberOf = (event) => Number(event.target.closest(".sentence")?.dataset.number ?? -1);
  place.addEventListener("click", (event) => {
    const number = numberOf(event);
    if (number < 0 || !getSelection().isCollapsed) return; // text is being marked, to copy it
    set(number === chosen ? -1 : number);
  });
  place.addEventListener("keydown", (event) => {
    const number = numberOf(event);
    if (event.key in STEPS) move(number, STEPS[event.key]);
    else if (event.key === "Home") move(-1, 1);
    else if (event.key === "End") move(spans.length, -1);
    else if (event.key === "Enter" || event.key === " ") set(number === chosen ? -1 : number);
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) close();
  });
}
