# ruff: noqa
# mypy: ignore-errors
"""python training/experiments.py [NAME ...]: what was tried on features and regression, in cross-validation by batch.

Each variant is a set of blocks (a way to tokens, n-gram lengths, a weight) and a way to fit. Counts are made once for
the whole corpus; vocabulary, idf and fit are of the training side of each fold, exactly as in `model.pipeline`.
"""

import argparse
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from model import features  # noqa: E402
from training import dataset  # noqa: E402
from training import folds as cross_validation  # noqa: E402

DATA = dataset.read(ROOT / "training" / "data" / "train.csv")
TEXTS = [row.text for row in DATA.rows]
GOLD = np.array([row.label for row in DATA.rows])
BATCH = np.array([row.batch for row in DATA.rows])
SPLITS = cross_validation.split(DATA, 5, 13)
OTHER = np.array(["other-matters" in batch for batch in BATCH]) & (GOLD == "neutral")
DOCUMENT = np.array([batch.startswith("d") for batch in BATCH])
LABELS = ("criticism", "neutral", "support")

# --- ways from a text to tokens -------------------------------------------------------------------------------------

PART = re.compile(r"\w+(?:'\w+)*|[.,;:!?()\"–—]")
NEGATION = set(
    "not no never nor neither without cannot n't hardly nobody nothing none refuse refused refuses refusing deny denied"
    " denies reject rejected rejects decline declined fail failed lack".split()
)
SAID = set(
    "said says say told added wrote argued argues believes believe called warned warns insisted insists stressed according"
    " announced stated noted declared explained thinks think claimed claims tells".split()
)
EXIT = re.compile(
    r"withdr[ae]w\w*|pull(?:s|ed|ing)?[ -]?outs?|leav(?:e|es|ing)|left|quit\w*|exit\w*|depart\w*|walk(?:s|ed|ing|out)*(?: away| out)?"
    r"|abandon\w*|scrap\w*|ditch\w*|dump\w*|renounc\w*|abrogat\w*|terminat\w*|suspen\w*|jettison\w*|repudiat\w*|cancel\w*"
    r"|t(?:ear|ore|orn)(?:s|ing)?[ -]up|end(?:s|ed|ing)?|demise|collaps\w*|death|dead|los[st]\w*|gone|expir\w*|lapse\w*|kill\w*|bur[iy]\w*"
)
NOUN = re.compile(
    r"moves?|steps?|decisions?|plans?|announcements?|measures?|intentions?|threat\w*|notice|declarations?"
)
STRONG = re.compile(
    r"\binf\b|intermediate[ -]range|\b1987\b|(?:missile|cold war|nuclear forces|nuclear|arms control|arms|reagan)(?:[ -]era)?(?: \w+)?"
    r" (?:treaty|pact|accord|agreement|deal|ban)|gorbachev"
)
TREATY = re.compile(r"treat(?:y|ies)|pacts?|accords?|agreements?|deals?|ban")


def words(text: str) -> list[str]:
    return features.words(text)


def hyphenated(text: str) -> list[str]:
    return re.findall(r"\w+(?:['-]\w+)*", features.normalise(text))


def negated(scope: int, clause: bool = True) -> Callable[[str], list[str]]:
    def tokens(text: str) -> list[str]:
        found, left = [], 0
        for part in PART.findall(features.normalise(text)):
            if not part[0].isalnum():
                left = 0 if clause else left
                continue
            found.append(f"not_{part}" if left else part)
            left = scope if part in NEGATION or part.endswith("n't") else max(left - 1, 0)
        return found

    return tokens


def quoted(text: str) -> list[str]:
    inside, found = False, []
    for part in PART.findall(features.normalise(text)):
        if part == '"':
            inside = not inside
        elif part[0].isalnum():
            found.append(f"q_{part}" if inside else part)
    return found


def reported(text: str) -> list[str]:
    found, after = [], False
    for word in words(text):
        found.append(f"after_{word}" if after else f"before_{word}")
        after = after or word in SAID
    return found


def near(width: int) -> Callable[[str], list[str]]:
    def tokens(text: str) -> list[str]:
        found = words(text)
        at = [i for i, word in enumerate(found) if EXIT.fullmatch(word) or NOUN.fullmatch(word)]
        return [
            f"near_{word}" if any(abs(i - j) <= width for j in at) else f"far_{word}" for i, word in enumerate(found)
        ]

    return tokens


def state(text: str) -> str:
    plain = features.normalise(text)
    found = words(text)
    strong = bool(STRONG.search(plain))
    treaty = any(map(TREATY.fullmatch, found))
    leave = bool(re.search(rf"\b(?:{EXIT.pattern})\b", plain))
    noun = any(map(NOUN.fullmatch, found))
    return ("S" if strong else "T" if treaty else "0") + ("E" if leave else "N" if noun else "0")


def mentioned(text: str) -> list[str]:
    return [f"state_{state(text)}"]


def with_state(text: str) -> list[str]:
    known = state(text)
    return [f"{known}_{word}" for word in words(text)]


def with_half_state(text: str) -> list[str]:
    known = state(text)
    known = "on" if known[0] == "S" or known in ("TE", "TN") else "noun" if known in ("0N", "0E") else "off"
    return [f"{known}_{word}" for word in words(text)]


def skips(text: str) -> list[str]:
    found = words(text)
    return [f"{a}_{b}" for gap in (2, 3) for a, b in zip(found, found[gap:], strict=False)]


@cache
def roles() -> dict[str, str]:
    import csv

    table = {}
    with (ROOT / "model" / "actors.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            table[row["name"].lower()] = row["kind"]
    return table


def with_roles(text: str) -> list[str]:
    plain = features.normalise(text)
    return [
        f"role_{kind}"
        for name, kind in roles().items()
        if name in plain and re.search(rf"\b{re.escape(name)}\b", plain)
    ]


@cache
def stem() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def stems(text: str) -> list[str]:
    return stem().stemWords(words(text))


def unsplit(text: str) -> list[str]:
    return re.findall(features.TOKEN, text.lower())


def class_terms(text: str, turn: bool = True) -> list[str]:
    found: list[str] = []
    for word in words(text):
        name = features.word_class(word)
        if name and (not found or name != found[-1]):
            found.append(name)
    return features._turned(found) if turn else found


def pairs_of(
    width: int, turn: bool = True, ordered: bool = True, every: bool = False, classes_only: bool = False
) -> Callable[[str], list[str]]:
    def tokens(text: str) -> list[str]:
        found, made = class_terms(text, turn), []
        if classes_only:
            found = [name for name in found if name.isupper()]
        for i, a in enumerate(found):
            for b in found[i + 1 : i + 1 + width]:
                if every or a.isupper() or b.isupper():
                    made.append(f"{a}>{b}" if ordered or a < b else f"{b}>{a}")
        return made

    return tokens


def in_clauses(text: str) -> list[str]:
    pairs = pairs_of(5)
    return [pair for clause in re.split(r"[.,;:!?()\"–—]| - ", features.normalise(text)) for pair in pairs(clause)]


def with_triples(text: str) -> list[str]:
    named = [name for name in class_terms(text) if name.isupper()]
    triples = [
        f"{a}>{b}>{c}"
        for i, a in enumerate(named)
        for j, b in enumerate(named[i + 1 : i + 3], i + 1)
        for c in named[j + 1 : j + 3]
    ]
    return features.pairs(text) + triples


# --- blocks and variants --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    tokens: Callable[[str], list[str]] | str
    ngrams: tuple[int, int] = (1, 1)
    weight: float = 1.0
    sublinear: bool = True
    binary: bool = False
    min_df: int = 1


@dataclass(frozen=True)
class Variant:
    blocks: tuple[Block, ...]
    C: float = 10.0
    class_weight: Any = "balanced"
    fit: str = "multinomial"
    prior: float = 0.0
    extra: float = 0.0


@cache
def counts(tokens: Any, ngrams: tuple[int, int]) -> sparse.csr_matrix:
    if isinstance(tokens, str):
        vectorizer = CountVectorizer(preprocessor=features.normalise, analyzer=tokens, ngram_range=ngrams)
    else:
        vectorizer = CountVectorizer(
            preprocessor=lambda x: x, tokenizer=tokens, token_pattern=None, lowercase=False, ngram_range=ngrams
        )
    return vectorizer.fit_transform(TEXTS).astype(np.float64)


def matrices(variant: Variant, training: Sequence[int], judged: Sequence[int]) -> tuple[Any, Any]:
    left, right = [], []
    for block in variant.blocks:
        table = counts(block.tokens, block.ngrams)
        a = table[training]
        df = np.bincount(a.indices, minlength=a.shape[1])
        keep = np.flatnonzero(df >= block.min_df)
        a, b = a[:, keep], table[judged][:, keep]
        if block.binary:
            a, b = a.sign(), b.sign()
        tfidf = TfidfTransformer(sublinear_tf=block.sublinear)
        left.append(tfidf.fit_transform(a) * block.weight)
        right.append(tfidf.transform(b) * block.weight)
    return sparse.hstack(left, "csr"), sparse.hstack(right, "csr")


def probabilities(variant: Variant, training: Sequence[int], judged: Sequence[int]) -> np.ndarray:
    a, b = matrices(variant, training, judged)
    gold = GOLD[training]
    weight = None if variant.class_weight == "none" else variant.class_weight
    if weight == "half":
        share = {label: np.mean(gold == label) for label in LABELS}
        weight = {label: (1 / (3 * share[label])) ** 0.5 for label in LABELS}

    def regression(**options: Any) -> LogisticRegression:
        return LogisticRegression(C=variant.C, class_weight=weight, max_iter=2000, random_state=13, **options)

    if variant.fit == "multinomial":
        found = regression().fit(a, gold).predict_proba(b)
    elif variant.fit == "one against rest":
        found = np.zeros((b.shape[0], 3))
        for k, label in enumerate(LABELS):
            y = gold == label
            each = (
                {True: (0.5 / y.mean()) ** 0.5, False: (0.5 / (1 - y.mean())) ** 0.5}
                if variant.class_weight == "half"
                else weight
            )
            found[:, k] = (
                LogisticRegression(C=variant.C, class_weight=each, max_iter=2000).fit(a, y).predict_proba(b)[:, 1]
            )
    elif variant.fit == "elastic net":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 40 rounds of saga do not converge, and cost minutes
            found = (
                regression(solver="saga", l1_ratio=variant.extra).set_params(max_iter=40).fit(a, gold).predict_proba(b)
            )
    elif variant.fit == "naive bayes weights":
        found = np.zeros((b.shape[0], 3))
        for k, label in enumerate(LABELS):
            y = gold == label
            p = np.asarray(a[y].sum(axis=0)).ravel() + variant.extra
            q = np.asarray(a[~y].sum(axis=0)).ravel() + variant.extra
            r = np.abs(np.log((p / p.sum()) / (q / q.sum())))
            scale = sparse.diags(r)
            found[:, k] = regression().fit(a @ scale, y).predict_proba(b @ scale)[:, 1]
        found /= found.sum(axis=1, keepdims=True)
    elif variant.fit == "two stages":
        stance = gold != "neutral"
        plain = LogisticRegression(
            C=variant.C, class_weight=None if variant.class_weight == "none" else "balanced", max_iter=2000
        )
        p = plain.fit(a, stance).predict_proba(b)[:, 1]
        side = LogisticRegression(C=variant.C, class_weight="balanced", max_iter=2000).fit(
            a[np.flatnonzero(stance)], gold[stance]
        )
        q = side.predict_proba(b)[:, 1]  # support
        found = np.column_stack([p * (1 - q), 1 - p, p * q])
    else:
        raise ValueError(variant.fit)
    if variant.prior:
        found = found * np.array([1.0, np.exp(variant.prior), 1.0])
    return found / found.sum(axis=1, keepdims=True)


def scores(name: str, variant: Variant) -> dict[str, Any]:
    for block in variant.blocks:
        counts(block.tokens, block.ngrams)
    singles, documents = np.flatnonzero(~DOCUMENT), np.flatnonzero(DOCUMENT)
    jobs = [*SPLITS, (singles, documents)]
    done = Parallel(n_jobs=2, prefer="processes" if False else "threads")(
        delayed(probabilities)(variant, t, j) for t, j in jobs
    )
    whole = np.zeros((len(GOLD), 3))
    for (_, judged), found in zip(SPLITS, done, strict=False):
        whole[judged] = found
    label = np.array(LABELS)[whole.argmax(axis=1)]
    folds = [f1_score(GOLD[j], label[j], average="macro") for _, j in SPLITS]
    return {
        "name": name,
        "macro_f1": f1_score(GOLD, label, average="macro"),
        "folds": folds,
        "documents": f1_score(GOLD[DOCUMENT], label[DOCUMENT], average="macro"),
        "transfer": f1_score(GOLD[documents], np.array(LABELS)[done[-1].argmax(axis=1)], average="macro"),
        "other": float(np.mean(label[OTHER] != "neutral")),
    }


def w(weight: float, ngrams: tuple[int, int] = (1, 2), tokens: Any = words, **options: Any) -> Block:
    return Block(tokens, ngrams, weight, **options)


CH = Block("char_wb", (2, 5))
PAIRS = w(1.0, (1, 1), tokens=features.pairs)
CHOSEN = Variant((w(2.0), CH, PAIRS), C=10.0, class_weight="none", fit="one against rest")
BASE = Variant(
    (w(0.5), CH), C=10.0, class_weight="balanced"
)  # what issue 2 began with: word block 0.5, C 10, balanced, multinomial


def blocks(*found: Block) -> Variant:
    return replace(CHOSEN, blocks=found)


def added(tokens: Any, weight: float = 1.0, ngrams: tuple[int, int] = (1, 1)) -> Variant:
    return blocks(w(2.0), CH, PAIRS, w(weight, ngrams, tokens=tokens))


VARIANTS: dict[str, Variant] = {
    "chosen": CHOSEN,
    "as it was before": BASE,
    # weights of the blocks, strength of regularisation
    "words 0.5": blocks(w(0.5), CH, PAIRS),
    "words 1": blocks(w(1.0), CH, PAIRS),
    "words 3": blocks(w(3.0), CH, PAIRS),
    "pairs 0 (left out)": blocks(w(2.0), CH),
    "pairs 0.5": blocks(w(2.0), CH, replace(PAIRS, weight=0.5)),
    "pairs 2": blocks(w(2.0), CH, replace(PAIRS, weight=2.0)),
    "characters left out": blocks(w(2.0), PAIRS),
    "words left out": blocks(CH, PAIRS),
    "C 1": replace(CHOSEN, C=1.0),
    "C 4": replace(CHOSEN, C=4.0),
    "C 20": replace(CHOSEN, C=20.0),
    # the regression
    "balanced": replace(CHOSEN, class_weight="balanced"),
    "half balanced": replace(CHOSEN, class_weight="half"),
    "prior: neutral x 1.35": replace(CHOSEN, prior=0.3),
    "prior: neutral / 1.35": replace(CHOSEN, prior=-0.3),
    "multinomial": replace(CHOSEN, fit="multinomial"),
    "multinomial, balanced": replace(CHOSEN, fit="multinomial", class_weight="balanced"),
    "two stages": replace(CHOSEN, fit="two stages"),
    "naive Bayes weights": replace(CHOSEN, fit="naive bayes weights", extra=1.0),
    "elastic net, l1 0.1": replace(CHOSEN, fit="elastic net", extra=0.1),
    # counting
    "raw counts": blocks(w(2.0, sublinear=False), replace(CH, sublinear=False), replace(PAIRS, sublinear=False)),
    "binary": blocks(w(2.0, binary=True), replace(CH, binary=True), replace(PAIRS, binary=True)),
    "min_df 2": blocks(w(2.0, min_df=2), replace(CH, min_df=2), replace(PAIRS, min_df=2)),
    # n-grams
    "words 1 to 3": blocks(w(2.0, (1, 3)), CH, PAIRS),
    "words 1": blocks(w(2.0, (1, 1)), CH, PAIRS),
    "characters 3 to 5": blocks(w(2.0), Block("char_wb", (3, 5)), PAIRS),
    "characters 2 to 6": blocks(w(2.0), Block("char_wb", (2, 6)), PAIRS),
    # tokens
    "hyphens kept": blocks(w(2.0, tokens=hyphenated), CH, PAIRS),
    "hashtags not split": blocks(w(2.0, tokens=unsplit), CH, PAIRS),
    "negation 2 words": blocks(w(2.0, tokens=negated(2)), CH, PAIRS),
    "negation 3 words": blocks(w(2.0, tokens=negated(3)), CH, PAIRS),
    "negation 5 words": blocks(w(2.0, tokens=negated(5)), CH, PAIRS),
    "negation 3 words, past the clause": blocks(w(2.0, tokens=negated(3, clause=False)), CH, PAIRS),
    "negation 3 words, added": added(negated(3)),
    "inside quotation marks, added": added(quoted),
    "before and after the reporting verb, added": added(reported),
    "near the withdrawal (4 words), added": added(near(4)),
    "near the withdrawal (8 words), added": added(near(8)),
    "treaty or exit mentioned at all, added": added(mentioned),
    "words by mention (9 states), added": added(with_state),
    "words by mention (3 states), added": added(with_half_state),
    "words by mention, for the pairs": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=with_state)),
    "roles of actors, added": added(with_roles, 0.5),
    "skip-grams of words, added": added(skips),
    "skip-grams of words, for the pairs": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=skips)),
    "stems, added": added(stems, 1.0, (1, 2)),
    "stems for words": blocks(w(2.0, tokens=stems), CH, PAIRS),
    # the pairs
    "pairs: window 3": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=pairs_of(3))),
    "pairs: window 6": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=pairs_of(6))),
    "pairs: negation not marked": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=pairs_of(4, turn=False))),
    "pairs: unordered": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=pairs_of(4, ordered=False))),
    "pairs: every pair of words": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=pairs_of(4, every=True))),
    "pairs: classes alone": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=pairs_of(4, classes_only=True))),
    "pairs: within clauses": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=in_clauses)),
    "pairs and triples of classes": blocks(w(2.0), CH, w(1.0, (1, 1), tokens=with_triples)),
}


# --- what stands between decision values and an answer --------------------------------------------------------------


def answers() -> None:
    """Print the trials of calibration, roll-up and the threshold of unknown vocabulary."""
    import csv
    from collections import Counter

    from scipy.optimize import minimize

    from model.analyzer import softmax
    from training import calibrate, parameters
    from training import scores as measures

    splits = cross_validation.split(DATA, 3, 13)
    decisions = cross_validation.pool(list(cross_validation.judge(DATA, splits, parameters.read(), 13)))
    running = np.array([not row.single for row in DATA.rows])
    number = {label: i for i, label in enumerate(LABELS)}
    gold = np.array([number[label] for label in GOLD])

    def biased(values: np.ndarray) -> np.ndarray:
        return softmax(values[0] * decisions + np.array([0.0, *values[1:]]))

    def loss(values: np.ndarray) -> float:
        return float(-np.log(biased(values)[running][np.arange(running.sum()), gold[running]]).mean())

    temperature = calibrate.temperature(decisions[running], GOLD[running].tolist(), LABELS)
    ways = {
        "none": softmax(decisions),
        f"temperature {temperature:.2f}": softmax(decisions / temperature),
        "temperature and biases": biased(minimize(loss, np.array([1.0, 0.0, 0.0]), method="BFGS").x),
    }
    print("calibration | part | error | perfect | macro-F1")
    for name, found in ways.items():
        for part, mask in (("documents", running), ("singles", ~running)):
            right = found[mask].argmax(axis=1) == gold[mask]
            error = measures.calibration(found[mask].max(axis=1), right)
            macro = f1_score(gold[mask], found[mask].argmax(axis=1), average="macro")
            print(f"{name} | {part} | {error['error']:.3f} | {error['perfect']:.3f} | {macro:.4f}")

    found = ways[f"temperature {temperature:.2f}"]
    with (ROOT / "training" / "data" / "documents.csv").open(encoding="utf-8") as file:
        labelled = {row["document"]: row["label"] for row in csv.DictReader(file)}
    documents = {name: rows for name, rows in DATA.documents().items() if name in labelled}
    expected = np.array([labelled[name] for name in documents])
    sentences = [found[rows] for rows in documents.values()]
    hand = [np.eye(3)[gold[rows]] for rows in documents.values()]

    def rule(rows: np.ndarray, weight: float, power: float, other: float, lead: float) -> int:
        mean = np.average(rows, axis=0, weights=np.where(np.arange(len(rows)) < 3, 1 + lead, 1))
        against, neutral, support = mean
        return int(
            np.argmax([against - other * support, neutral * weight / len(rows) ** power, support - other * against])
        )

    def tell(name: str, parts: Sequence[np.ndarray], *values: float) -> float:
        answer = np.array(LABELS)[[rule(rows, *values) for rows in parts]]
        macro = f1_score(expected, answer, average="macro")
        if name:
            print(f"{name} | {macro:.3f} | {np.mean(answer == expected):.3f}")
        return float(macro)

    print("roll-up | macro-F1 | accuracy")
    tell("mean", sentences, 1, 0, 0, 0)
    for weight in (0.5, 0.4, 0.3, 0.2):
        tell(f"mean, neutral x {weight}", sentences, weight, 0, 0, 0)
    for power in (0.3, 0.35, 0.4, 0.5):
        tell(f"mean, neutral / n^{power}", sentences, 1, power, 0, 0)
    grid = [
        (weight, power, other, lead)
        for weight in (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0)
        for power in (0.0, 0.2, 0.4)
        for other in (0.0, 0.25, 0.5, 0.75)
        for lead in (0.0, 1.0, 2.0)
    ]
    best = max(grid, key=lambda values: tell("", sentences, *values))
    tell(f"best of {len(grid)}: weight, power, other side, lead {best}", sentences, *best)
    best = max(grid, key=lambda values: tell("", hand, *values))
    tell(f"labels by hand for sentences, best of {len(grid)}: {best}", hand, *best)

    frequency, own = Counter(), {}
    for row in DATA.rows:
        for word in set(words(row.text)):
            frequency[word] += 1
            own.setdefault(word, Counter())[row.batch] += 1

    def known(text: str, least: int, batch: str = "") -> float:
        found = words(text)
        hits = [frequency[word] - (own[word][batch] if batch and word in own else 0) >= least for word in found]
        return sum(hits) / max(len(hits), 1)

    with (ROOT / "training" / "data" / "unknown.csv").open(encoding="utf-8") as file:
        tested = [row for row in csv.DictReader(file) if row["part"] == "choose"]
    drawn = np.random.default_rng(0).choice(len(DATA.rows), 6000, replace=False)
    print("least count | marked below | other languages | noise | english | training sentences | up to 8 words")
    for least in (1, 2):
        sorts: dict[str, list[float]] = {"other languages": [], "noise": [], "english": []}
        for row in tested:
            sorts.get(row["kind"], sorts["other languages"]).append(known(row["text"], least))
        rows = [DATA.rows[i] for i in drawn]
        shares = np.array([known(row.text, least, row.batch) for row in rows])
        short = np.array([len(words(row.text)) <= 8 for row in rows])
        for threshold in (0.3, 0.4, 0.5, 0.6, 0.7):
            marked = [np.mean(np.array(values) < threshold) for values in sorts.values()]
            marked += [np.mean(shares < threshold), np.mean(shares[short] < threshold)]
            print(f"{least} | {threshold} | " + " | ".join(f"{share:.2%}" for share in marked))


def main(arguments: Iterable[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--save", type=Path)
    options = parser.parse_args(list(arguments))
    if options.names == ["answers"]:
        answers()
        return
    base = None
    for name in options.names or VARIANTS:
        found = scores(name, VARIANTS[name])
        base = base or found
        difference = np.array(found["folds"]) - np.array(base["folds"])
        half = 2.776 * difference.std(ddof=1) / 5**0.5
        print(
            f"{name:44} macro-F1 {found['macro_f1']:.4f} (mean of folds {np.mean(found['folds']):.4f}), difference {100 * difference.mean():+.2f} ± {100 * half:.2f}"
            f", documents {found['documents']:.3f}, singles to documents {found['transfer']:.3f}, other matters {found['other']:.3f}",
            flush=True,
        )
        if options.save:
            with options.save.open("a") as file:
                file.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
