"""Joining the corpus and its corrections: what says the same counts once, and a part is kept back to measure on."""

import hashlib
import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

from training import corpus
from training.corrections import Correction
from training.dataset import Dataset
from training.records import DatasetError

# One in so many corrections is never fitted on.
SHARE = 4


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows to fit on, corrections among them; the corrections fitted, those held back, what became of the others.

    `dropped` counts corrections: "other_target", "of_the_test" (they say what a test row says), "folded" (a later one
    says the same), "known" (so does a row of the corpus, with the same label). `given_way` counts rows of the corpus
    that say with another label what a correction says.
    """

    rows: Dataset
    fitted: tuple[Correction, ...]
    held_back: tuple[Correction, ...]
    dropped: dict[str, int]
    given_way: int
    weight: float

    def summary(self) -> dict[str, Any]:
        """Return what a manifest says of them: which were fitted, by one digest over all of them, and the counts."""
        digests = sorted(one.digest for one in self.fitted)
        return {
            "digest": hashlib.sha256(json.dumps(digests).encode()).hexdigest(),
            "weight": self.weight,
            "fitted": len(self.fitted),
            "held_back": len(self.held_back),
            **self.dropped,
            "given_way": self.given_way,
        }

    def digests(self) -> dict[str, list[str]]:
        """Return the digest of each correction fitted and of each held back."""
        return {"fitted": [one.digest for one in self.fitted], "held_back": [one.digest for one in self.held_back]}


def said(text: str) -> str:
    """Return a text's words alone, without case and punctuation: of two texts with the same ones, both say the same."""
    return " ".join(corpus.words(unicodedata.normalize("NFKC", text).casefold()))


def is_held_back(text: str) -> bool:
    """Tell whether a sentence is of the fixed part that is never fitted on, which depends on its words alone."""
    return int(hashlib.sha256(said(text).encode()).hexdigest(), 16) % SHARE == 0


def join(rows: Dataset, test: Dataset, given: Sequence[Correction], target: str, weight: float) -> Joined:
    """Join the rows of the corpus and the corrections of `target`, each of which counts `weight` rows in a fit.

    What says the same is decided by words: the very same ones, or for texts of one label half of their 5-grams (see
    `corpus.near_duplicates`). Near-duplicates of other labels stay, since most are no contradictions but contrasts: of
    those in our corpus 44% rightly differ in their label. Of corrections that say the same the last decided counts. One
    that a row of the corpus says with the same label adds nothing, and rows that say it with another label give way,
    to those held back as well: they are known to be wrong. A near-duplicate of a row of `test` is never taken.

    Raises `DatasetError` where a label loses its last row. Cost: seconds for our corpus.
    """
    own = sorted((one for one in given if one.target == target), key=lambda one: (one.decided, one.id), reverse=True)
    alike = _Alike(own, rows, test)
    dropped = Counter(other_target=len(given) - len(own), of_the_test=0, folded=0, known=0)
    kept: dict[int, None] = {}
    for number in range(len(own)):
        if alike.in_test(number):
            dropped["of_the_test"] += 1
        elif alike.is_folded(number, kept):
            dropped["folded"] += 1
        else:
            kept[number] = None
    gone = {row for number in kept for row in alike.contradicting(number)}
    new = [own[number] for number in kept if not alike.repeated(number) - gone]
    dropped["known"] = len(kept) - len(new)
    new.sort(key=lambda one: one.id)
    fitted = tuple(one for one in new if not is_held_back(one.text))
    held_back = tuple(one for one in new if is_held_back(one.text))
    left = rows.subset(number for number in range(len(rows.rows)) if number not in gone)
    if lost := sorted(set(rows.labels) - {*left.gold, *(one.label for one in fitted)}):
        raise DatasetError(f"--feedback: label {lost[0]}: no row of it is left; expected some of every label")
    return Joined(_with(left, fitted, weight), fitted, held_back, dict(dropped), len(gone), weight)


class _Alike:
    """Which texts say the same, of corrections, rows and test rows: numbered through, in this order."""

    def __init__(self, own: Sequence[Correction], rows: Dataset, test: Dataset):
        texts = [*(one.text for one in own), *rows.texts, *test.texts]
        self._labels = [*(one.label for one in own), *rows.gold, *test.gold]
        self._said = [said(text) for text in texts]
        self._rows = range(len(own), len(own) + len(rows.rows))
        self._near: dict[int, set[int]] = defaultdict(set)
        masker = corpus.Masker(actor["name"] for actor in corpus.actors())
        for one, other in corpus.near_duplicates(texts, masker, len(own)):
            self._join(one, other)
        first: dict[str, list[int]] = defaultdict(list)
        for number, words in enumerate(self._said):
            for correction in first[words]:
                self._join(correction, number)
            if number < len(own):
                first[words].append(number)

    def _join(self, one: int, other: int) -> None:
        self._near[one].add(other)
        self._near[other].add(one)

    def in_test(self, number: int) -> bool:
        """Tell whether a row of the test says what this correction says, or nearly."""
        return any(other >= self._rows.stop for other in self._near[number])

    def is_folded(self, number: int, kept: Container[int]) -> bool:
        """Tell whether one of the corrections kept, which are later ones, says what this one says."""
        return any(
            other in kept and (self._agree(number, other) or self._said[number] == self._said[other])
            for other in self._near[number]
        )

    def contradicting(self, number: int) -> set[int]:
        """Return the rows, counted from 0, that say it with another label."""
        return {
            other - self._rows.start
            for other in self._near[number]
            if other in self._rows and not self._agree(number, other) and self._said[number] == self._said[other]
        }

    def repeated(self, number: int) -> set[int]:
        """Return the rows, counted from 0, that say it with the same label."""
        return {
            other - self._rows.start
            for other in self._near[number]
            if other in self._rows and self._agree(number, other)
        }

    def _agree(self, one: int, other: int) -> bool:
        return self._labels[one] == self._labels[other]


def _with(rows: Dataset, corrections: Sequence[Correction], weight: float) -> Dataset:
    """Add corrections, each a group of its own whatever the rows are grouped by, and standing alone in no document."""
    column, _ = rows.groups()
    added = []
    for one in corrections:
        own = {} if column == "row" else {column: f"correction {one.id}"}
        like = replace(rows.rows[0], position=0, single=True, **own)
        added.append(replace(like, text=one.text, label=one.label))
    weights = None if weight == 1 else (*(1.0 for _ in rows.rows), *(weight for _ in added))
    return replace(rows, rows=(*rows.rows, *added), weights=weights)
