"""python training/corpus.py: the figures of our corpus, and the checks that hold it together."""

import csv
import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from sklearn.metrics import cohen_kappa_score

DATA = Path(__file__).with_name("data")
ACTORS = Path(__file__).parent.parent / "model" / "actors.csv"
Record = Mapping[str, str]

# What every story names: masked, so that two sentences are alike for what they say and not for what they are about.
_TREATY = (
    "intermediate-range nuclear forces treaty",
    "intermediate-range nuclear forces",
    *("inf treaty", "inf accord", "inf pact", "1987 treaty", "missile treaty", "inf"),
)
_WORD = re.compile(r"\w+(?:'\w+)*")


def read(name: str) -> list[Record]:
    """Read one of the corpus' files as a record a row; raises `OSError` where it is missing."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def actors() -> list[Record]:
    """Read the table of actors: id, name, kind, stands_for."""
    with ACTORS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def kappa(rows: Iterable[Record]) -> tuple[float, int]:
    """Return Cohen's kappa between the first and the blind second label, and the number of rows that have both."""
    both = [(row["first"], row["second"]) for row in rows if row["second"]]
    if not both:
        return float("nan"), 0
    first, second = zip(*both, strict=True)
    return float(cohen_kappa_score(first, second)), len(both)


def digest(rows: Iterable[Record], columns: Sequence[str]) -> str:
    """Digest some columns of rows in their order: SHA-256 in hex."""
    return hashlib.sha256(json.dumps([[row[column] for column in columns] for row in rows]).encode()).hexdigest()


def words(text: str) -> list[str]:
    """Return the words of a text as they stand, those with an apostrophe whole."""
    return _WORD.findall(text.replace("’", "'"))


class Masker:
    """Splits a sentence into lower-case words, the names of the treaty and of actors replaced by a mark."""

    def __init__(self, names: Iterable[str]):
        # Two thousand alternatives are tried one after the other, so they are grouped by how they begin.
        begun: dict[str, list[str]] = defaultdict(list)
        for name in sorted({name.lower() for name in names} | set(_TREATY), key=len, reverse=True):
            begun[name[0]].append(re.escape(name[1:]))
        grouped = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in begun.items())
        self._names = re.compile(rf"\b(?:{'|'.join(grouped)})\b")

    def words(self, text: str) -> list[str]:
        """Return the words, each run of a name as one `#`."""
        plain = text.lower().replace("’", "'")
        return ["#" if word == "__name__" else word for word in words(self._names.sub(" __name__ ", plain))]


def near_duplicates(texts: Sequence[str], masker: Masker, first: int | None = None) -> list[tuple[int, int]]:
    """Find the pairs of texts that have half of the shorter one's word 5-grams in common, by number in `texts`.

    With `first`, only the pairs that have one of the first so many texts, which costs less. A text under five words has
    no 5-gram and no near-duplicate. Cost: linear but for 5-grams that many texts share; some three seconds for 25,000.
    """
    few = len(texts) if first is None else first
    grams = [{tuple(words[i : i + 5]) for i in range(len(words) - 4)} for words in map(masker.words, texts)]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, found in enumerate(grams):
        for gram in found:
            holders[gram].append(number)
    shared = Counter(
        (a, b) for numbers in holders.values() for i, a in enumerate(numbers) if a < few for b in numbers[i + 1 :]
    )
    return [(a, b) for (a, b), count in shared.items() if 2 * count >= min(len(grams[a]), len(grams[b]))]


class Seen:
    """Texts that were seen, to ask of many others one by one whether they say the same.

    The same are texts with half of the shorter one's word 5-grams in common, as in `near_duplicates`, and texts under
    five words that are equal, names apart. Cost: some 0.1 ms a text, and 6 kB for each that was added.
    """

    def __init__(self, masker: Masker):
        self._masker = masker
        self._sizes: list[int] = []
        self._holders: dict[tuple[str, ...], list[int]] = defaultdict(list)

    def add(self, text: str) -> None:
        """Count a text among those that were seen."""
        grams = self._grams(text)
        for gram in grams:
            self._holders[gram].append(len(self._sizes))
        self._sizes.append(len(grams))

    def __contains__(self, text: str) -> bool:
        grams = self._grams(text)
        shared = Counter(number for gram in grams for number in self._holders.get(gram, ()))
        return any(2 * count >= min(len(grams), self._sizes[number]) for number, count in shared.items())

    def _grams(self, text: str) -> set[tuple[str, ...]]:
        words = self._masker.words(text)
        return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))}


def skeleton(text: str, masker: Masker) -> str:
    """Return what is left of a sentence when function words are kept and every other word is a mark."""
    return " ".join(word if word in ENGLISH_STOP_WORDS else "_" for word in masker.words(text))


def figures() -> str:
    """Render the figures of the datasheet as Markdown tables; cost: seconds."""
    train, test, contrast = read("train.csv"), read("test.csv"), read("contrast.csv")
    by_part = {
        "documents": [row for row in train if row["part"] == "document"],
        "single sentences": [row for row in train if row["part"] == "single"],
        "contrast sets": contrast,
        "test documents": test,
    }
    parts = [_shares("part", by_part)]
    for column in ("genre", "region", "period"):
        parts.append(_shares(column, _group([*train, *test], column)))
    genres: dict[str, list[Record]] = {
        "all": [*train, *test, *contrast],
        **_group([*train, *test], "genre"),
        "contrast sets": contrast,
        "whole documents": [{**row, "first": row["label"]} for row in read("documents.csv")],
    }
    lines = ["| genre | rows with both labels | Cohen's κ |", "|---|---|---|"]
    for name, rows in genres.items():
        value, count = kappa(rows)
        lines.append(f"| {name} | {count} | {value:.2f} |")
    parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _group(rows: Iterable[Record], column: str) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return dict(sorted(groups.items()))


def _shares(name: str, groups: Mapping[str, Sequence[Record]]) -> str:
    lines = [
        f"| {name} | sentences | documents | support | criticism | neutral | close calls |",
        "|---|---|---|---|---|---|---|",
    ]
    for group, rows in groups.items():
        labels = Counter(row["label"] for row in rows)
        documents = len({row["document"] for row in rows if row["part"] == "document"})
        shares = " | ".join(f"{labels[label] / len(rows):.0%}" for label in ("support", "criticism", "neutral"))
        close = sum(row["hard"] == "yes" for row in rows)
        lines.append(f"| {group} | {len(rows):,} | {documents or '–'} | {shares} | {close / len(rows):.0%} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(figures())
    sys.exit(0)
