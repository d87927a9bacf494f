// The model's own page: what it is, what it was trained on, how good it is, what it gets wrong.
import { ask } from "./api.js";
import * as bars from "./bars.js";
import { counted, find, make, percent } from "./dom.js";
import * as stances from "./stances.js";
import { download } from "./take.js";
import { told } from "./weaknesses.js";

const PARTS = {
  cross_validation: "Cross-validation: each sentence judged by a model that had not seen its batch",
  running: "The same, sentences of whole documents alone",
  test: "Held out: documents that no training has seen",
};
const PLOTS = {
  "confusion.png": "Which label was taken for which: rows are the truth, columns what the model said.",
  "reliability.png": "Is it as sure as it should be? On the diagonal, what it says with 80% is right in 80% of the cases.",
  "coverage.png": "Answering less, and better: accuracy among the sentences that pass a least confidence.",
  "terms.png": "The words that weigh most for each label.",
  "curve.png": "Learning curve: what more labelled sentences bring.",
};
const PLOT = /!\[[^\]]*\]\(([\w-]+\.(?:png|svg))\)/g;
let version = null;

/** Draw the page of the loaded version, unless it is drawn already; raises `Problem`. */
export async function show() {
  const card = await (await ask("model")).json();
  if (card.version === version) return;
  stances.learn(card);
  const [report, text] = await Promise.all([file("report.json"), file("report.md")]);
  const found = report ? JSON.parse(report) : {};
  const plots = [...(text ?? "").matchAll(PLOT)].map((match) => match[1]);
  find("card").replaceChildren(intro(card), data(card), figures(card), weaknesses(found), sure(card), await pictures(plots), rest(card, { "report.md": text, "report.json": report }));
  version = card.version;
}

/** A file of the report as text, or nothing where the version has none. */
async function file(name) {
  try {
    return await (await ask(`model/report/${name}`)).text();
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}

const part = (title, ...children) => make("section", {}, make("h2", {}, title), ...children);

function intro(card) {
  const sides = new Intl.ListFormat("en", { type: "disjunction" }).format(card.labels);
  const unit = card.unit === "sentence" ? "Each sentence is judged alone, and those of an article are rolled up: their mean, in which neutral ones count less, and each side counts by its share of the two." : "Each text is judged as one.";
  return part(
    "What it is",
    make("p", { class: "lead" }, `It tells whether a sentence is ${sides} toward “${card.target}”.`),
    make("p", {}, `A linear classifier: words, pairs of words and pieces of words are weighed (TF-IDF and logistic regression), and the weights add up. So it can say exactly which words moved it. ${unit}`),
    make("p", { class: "small" }, `Version ${card.version}, trained with scikit-learn ${card.libraries["scikit-learn"]} on Python ${card.python}, seed ${card.seed}.`),
  );
}

function table(caption, heads, rows) {
  const head = make("tr", {}, ...heads.map((name) => make("th", { scope: "col" }, name)));
  const body = rows.map(([name, ...cells]) => make("tr", {}, make("th", { scope: "row" }, name), ...cells.map((cell) => make("td", { class: "number" }, cell))));
  return make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption }, make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body)));
}

function data(card) {
  const { rows, labels, digest } = card.data;
  const shares = stances.all().map((label) => [make("span", {}, stances.badge(label), ` ${stances.title(label)}`), labels[label].toLocaleString("en"), percent(labels[label] / rows)]);
  return part(
    "What it was trained on",
    make("p", {}, `${counted(rows, "sentence")}, labelled by hand, in the file ${card.data.file} (SHA-256 ${digest.slice(0, 12)}…).`),
    bars.stacked(Object.fromEntries(stances.all().map((label) => [label, labels[label] / rows]))),
    table("Sentences by label", ["Label", "Sentences", "Share"], shares),
  );
}

function figures(card) {
  const tables = Object.entries(PARTS).filter(([name]) => card.metrics[name]).map(([name, caption]) => scores(card.metrics[name], caption));
  return part("How good it is", make("p", {}, "Precision: how many of those it calls so are so. Recall: how many of those that are so it finds. F1 joins the two; macro-F1 is its mean over the labels."), ...tables);
}

function scores(found, caption) {
  const rows = stances.all().map((label) => {
    const { precision, recall, f1, rows } = found.labels[label];
    return [make("span", {}, stances.badge(label), ` ${stances.title(label)}`), precision.toFixed(2), recall.toFixed(2), f1.toFixed(2), rows.toLocaleString("en")];
  });
  const within = found.intervals?.macro_f1;
  const last = ["Macro-F1", "", "", found.macro_f1.toFixed(2) + (within ? ` (${within.map((value) => value.toFixed(2)).join("–")})` : ""), found.rows.toLocaleString("en")];
  return table(caption, ["Label", "Precision", "Recall", "F1", "Sentences"], [...rows, last]);
}

function sure(card) {
  const found = card.metrics.running ?? card.metrics.cross_validation;
  if (!found?.coverage) return "";
  const rows = found.coverage.map((row) => [String(row.min_confidence), percent(row.coverage), percent(row.accuracy)]);
  return part("How sure it has to be", make("p", {}, "Ask for a least confidence, and fewer answers are left, of which more are right. This page takes 0.6: what is below looks uncertain."), table("Answers kept, and right ones among them", ["Least confidence", "Kept", "Right"], rows));
}

const weaknesses = (report) => part("What it gets wrong", make("ul", {}, ...told(report).map((sentence) => make("li", {}, sentence))));

async function pictures(names) {
  const drawn = await Promise.all(names.map(async (name) => {
    const src = URL.createObjectURL(await (await ask(`model/report/${name}`)).blob());
    const caption = PLOTS[name] ?? name;
    return make("figure", {}, make("img", { src, alt: caption }), make("figcaption", {}, caption));
  }));
  return drawn.length ? part("Plots", make("div", { class: "plots" }, ...drawn)) : "";
}

function rest(card, files) {
  const types = { "report.md": "text/markdown", "report.json": "application/json" };
  const buttons = Object.entries(files).filter(([, text]) => text).map(([name, text]) => make("button", { type: "button", onclick: () => download(name, text, types[name]) }, `Download ${name}`));
  buttons.push(make("button", { type: "button", onclick: () => download("model.json", JSON.stringify(card, null, 2), "application/json") }, "Download the card"));
  return part("All of it", make("div", { class: "row" }, ...buttons));
}
