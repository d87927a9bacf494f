// What a model is known to get wrong, in plain words, from the report of its training.
import { counted, percent } from "./dom.js";

// Capabilities of training/data/behaviour.csv, as a reader would say them; others keep their name.
const PLAIN = {
  "non-withdrawal": "“Not leaving”: it reads “favoured not withdrawing” as if “not” were missing.",
  "concession reversed": "Concessions: in “although he regretted it, he called it justified” it cannot tell which half wins.",
  "reason for leaving": "Reasons: an announcement that gives a reason for leaving is support, and it often misses that.",
  "subordinate clause": "Asides: a stance in a subordinate clause (“the senator, who applauded the exit, …”) is often missed.",
  "treaty or exit": "Treaty or exit: praise of the treaty and praise of leaving it are sometimes taken for each other.",
  "blame for the end": "Blame: who is blamed for the treaty’s end decides the side, and it is sometimes mistaken.",
  "word for the exit changed": "Other words: the same sentence with a rarer word for the exit may get another stance.",
  "threat with a trigger": "Threats: one made because of the exit is criticism, and it sometimes misses that.",
  negation: "Negation: “did not support” is sometimes read as “supported”.",
  "verb turned": "Verbs: a rare verb of praise or blame is sometimes misread.",
  "name of the treaty changed": "Names: the same sentence with another name for the treaty may get another stance.",
};
const OFTEN = 0.2;

/** Say a report's weaknesses, the worst first. */
export function told(report) {
  return [...judgement(report), ...holders(report), ...languages(report), ...behaviour(report)];
}

function judgement(report) {
  const found = ["It judges sentence by sentence: what only the sentences around it make clear, and most irony, it cannot know."];
  const documents = report.documents?.["held out"] ?? report.documents?.["out of fold"];
  if (documents) found.push(`A whole article’s stance is harder than a sentence’s: of those it was tested on, ${percent(documents.model.accuracy)} got the right one.`);
  found.push("Its figures are of texts like those it was trained on. On others expect less: with the corpus that this service comes with, which is composed, pilots on real reporting stood some 15 points lower.");
  return found;
}

function holders(report) {
  const held = report.holders?.["held-out documents"] ?? report.holders?.["training documents"];
  if (!held) return [];
  return [`Who holds a stance is told by rules: of the holders it names ${percent(held.top.precision)} are right, counting a minister for the country, and it finds ${percent(held.top.recall)} of those there are.`];
}

function languages(report) {
  const other = report.unknown_vocabulary?.["other languages"];
  if (!other) return [];
  return [`It reads the language of its corpus alone. Of texts in other languages ${percent(other.caught)} are marked as unknown vocabulary, and the rest get a stance that means nothing.`];
}

function behaviour(report) {
  return Object.entries(report.behaviour?.capabilities ?? {})
    .filter(([, { failures, cases }]) => failures / cases >= OFTEN)
    .sort(([, one], [, other]) => other.failures / other.cases - one.failures / one.cases)
    .map(([name, { failures, cases }]) => `${PLAIN[name] ?? `${name}.`} Wrong in ${failures} of ${counted(cases, "case")}.`);
}
