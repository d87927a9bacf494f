// The page: which view is shown, and an article's way from text to colours.
import * as actors from "./actors.js";
import { ask } from "./api.js";
import * as article from "./article.js";
import * as composer from "./composer.js";
import * as correcting from "./correcting.js";
import * as detail from "./detail.js";
import { counted, find, percent, say } from "./dom.js";
import * as filters from "./filters.js";
import * as guide from "./guide.js";
import { key } from "./key.js";
import * as model from "./model.js";
import * as overview from "./overview.js";
import * as stances from "./stances.js";
import * as states from "./states.js";
import * as take from "./take.js";

// Less sure than this looks uncertain; the service's own figures say how good what is left is.
const MIN_CONFIDENCE = 0.6;
let most = 0;
let began = null;
let reading = new AbortController();

/** Ask what has to be known before anything is read: the limits, and the labels of the model. */
function begin() {
  began ??= Promise.all([ask("limits"), ask("model")])
    .then((answers) => Promise.all(answers.map((answer) => answer.json())))
    .then(([limits, card]) => {
      most = limits.article.value;
      find("to-review").hidden = !correcting.keep(limits);
      introduce(card);
    })
    .catch((problem) => {
      began = null;
      throw problem;
    });
  return began;
}

function start() {
  states.clear();
  begin().catch((problem) => states.failed(problem, start));
}

function introduce(card) {
  stances.learn(card);
  guide.learn(card);
  find("target").textContent = card.target;
  find("composer").querySelector(".target-name").textContent = `“${card.target}”`;
  find("version").textContent = `Model ${card.version}`;
}

async function read(text) {
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  states.clear();
  if (!/\p{L}/u.test(text)) return states.empty();
  const body = JSON.stringify({ text: text.toWellFormed(), explain: true, min_confidence: MIN_CONFIDENCE, offset_unit: "utf16" });
  busy(text);
  try {
    await begin();
    if (composer.length(text) > most) return states.tooLong(composer.length(text), most);
    const raw = await (await ask("analyze", { body, signal })).text();
    const answer = JSON.parse(raw);
    if (answer.model.version !== version()) await refresh(signal);
    if (!signal.aborted) show(text, body, raw, answer);
  } catch (problem) {
    if (!signal.aborted) states.failed(problem, () => read(text));
  } finally {
    if (signal === reading.signal) done();
  }
}

const version = () => find("version").textContent.split(" ").at(-1);

/** A new version may have been published since the page was opened. */
async function refresh(signal) {
  introduce(await (await ask("model", { signal })).json());
}

function busy(text) {
  find("content").setAttribute("aria-busy", "true");
  find("progress").hidden = false;
  say(`Reading ${counted(composer.words(text), "word")}.`);
}

function done() {
  find("content").removeAttribute("aria-busy");
  find("progress").hidden = true;
}

function show(text, body, raw, answer) {
  find("composer").hidden = true;
  find("result").hidden = false;
  detail.reset();
  correcting.begin(text, answer);
  overview.draw(answer);
  actors.draw(answer.actors, filters.pick);
  article.draw(text, answer.sentences, (number) => detail.show(text, answer, number, filters.pick));
  filters.draw(answer, (shows, actor) => {
    article.dim(shows);
    actors.set(actor);
  });
  takeAlong(text, body, raw, answer);
  find("result-title").focus({ preventScroll: true });
  scrollTo(0, 0);
  conclude(answer);
}

/** Say what came of it, to those who listen as well. */
function conclude(answer) {
  const sided = answer.sentences.some((one) => stances.takesSide(one.label)) || !stances.all().some(stances.takesSide);
  if (answer.uncertain === "unknown_vocabulary") states.unknownVocabulary();
  else if (!sided) states.noStance(answer.model.target);
  else say(`Read ${counted(answer.sentences.length, "sentence")}: ${stances.all().map((label) => `${label} ${percent(answer.shares[label] ?? 0)}`).join(", ")}.`);
}

function takeAlong(text, body, raw, answer) {
  const rows = take.rows(text, answer);
  const command = take.curl(body, Boolean(key()));
  const copied = (copying, what) => copying.then(() => say(`${what} copied.`), () => say("The browser does not let the page copy."));
  find("copy").onclick = () => copied(take.copyTable(rows), "The table is");
  find("csv").onclick = () => take.download("stance.csv", `\ufeff${take.csv(rows)}`, "text/csv");
  find("json").onclick = () => take.download("stance.json", raw, "application/json");
  find("copy-curl").onclick = () => copied(take.copy({ "text/plain": command }), "The command is");
  find("curl").textContent = command;
}

function compose(text) {
  reading.abort();
  states.clear();
  detail.reset();
  find("result").hidden = true;
  find("composer").hidden = false;
  if (text !== undefined) {
    find("text").value = text;
    find("text").dispatchEvent(new Event("input"));
  }
  find("text").focus();
}

/** Show the view that the address names; what else it names stays where it is. */
function view(focused) {
  const name = location.hash.slice(1) || "article";
  if (name !== "article" && name !== "model") return;
  for (const one of ["article", "model"]) {
    find(one).hidden = one !== name;
    if (one === name) find(`to-${one}`).setAttribute("aria-current", "page");
    else find(`to-${one}`).removeAttribute("aria-current");
  }
  document.title = name === "model" ? "Stance: the model" : "Stance: an article";
  document.body.classList.toggle("with-detail", name === "article" && !find("detail").hidden);
  if (name === "model") model.show().catch((problem) => states.failed(problem, () => view(false)));
  if (focused) find("content").focus({ preventScroll: true });
  scrollTo(0, 0);
}

composer.listen(read, () => most);
article.listen();
find("edit").addEventListener("click", () => compose());
find("another").addEventListener("click", () => compose(""));
addEventListener("hashchange", () => view(true));
view(false);
start();
