// What moved the decision on a sentence: each word's weight, and the words marked with it.
import { make, signed } from "./dom.js";

const WORD = /[\p{L}\p{N}]+(?:['’\-–][\p{L}\p{N}]+)*/gu;
const GAP = " … ";
const SHOWN = 0.05;

/**
 * Share each term's weight among its words, so that the words of a sentence add up to its terms.
 * Of a term with a gap the first and the last word count. Returns words with start, end (in the text) and weight.
 */
export function weigh(text, sentence, terms) {
  const words = [...text.slice(sentence.start, sentence.end).matchAll(WORD)].map((match) => {
    const start = sentence.start + match.index;
    return { start, end: start + match[0].length, weight: 0 };
  });
  for (const { term, weight, at } of terms) {
    const own = at.flatMap(([start, end]) => {
      const within = words.filter((word) => word.start < end && word.end > start);
      return term.includes(GAP) && within.length > 2 ? [within[0], within.at(-1)] : within;
    });
    for (const word of own) word.weight += weight / own.length;
  }
  return words.filter((word) => Math.abs(word.weight) >= SHOWN);
}

/** Draw a sentence's words anew, those with a weight marked. */
export function mark(place, text, sentence, words) {
  const most = Math.max(...words.map((word) => Math.abs(word.weight)));
  const parts = [];
  let at = sentence.start;
  for (const { start, end, weight } of words) {
    const strength = Math.abs(weight) > most / 2 ? "strong" : "weak";
    const direction = weight < 0 ? "against" : "for";
    parts.push(text.slice(at, start), make("mark", { class: `${direction} ${strength}`, "data-weight": signed(weight, 1) }, text.slice(start, end)));
    at = end;
  }
  place.replaceChildren(...parts, text.slice(at, sentence.end));
}
