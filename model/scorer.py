"""A fitted pipeline compiled to what serving needs: the same decision values without scikit-learn.

scikit-learn spends a millisecond and more on one text, nearly all of it on validation and on the glue between its
parts. What is left here is the formula (scikit-learn's user guide, "Tf-idf term weighting"; Salton and Buckley 1988):

    value of a term     =  tf * idf,  where tf = 1 + ln(count), or the count itself
    decision of a label =  intercept + sum over the blocks of  (values . coefficients of the label) / |values|

with |values| the Euclidean (L2) norm of the block's values and the block's weight multiplied into its coefficients.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import features
from model.terms import Numbers, Positions, Run, Terms

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

# Texts repeat their words, so what is known of so many is remembered, some 30 MB; and of so many characters, since a
# word may be as long as a text.
REMEMBERED = 30_000
REMEMBERED_CHARACTERS = 1_000_000
# So many new chunks are looked up at once: long texts are to take no memory beyond what is remembered.
_READ = 256


@dataclass(frozen=True, slots=True)
class Block:
    """A block of terms with their numbers, which run from `start` to `end` (exclusive) and go on in the next block."""

    name: str
    ngrams: tuple[int, int]
    spelling: Bytes
    start: int
    end: int

    def terms(self) -> list[str]:
        """Return the terms as they read, in the order of their numbers."""
        return _lines(self.spelling)

    @property
    def single(self) -> bool:
        """Whether single words are terms of the block."""
        return self.name == "words" and self.ngrams[0] == 1

    def within(self, chunk: str, words: Sequence[str]) -> Sequence[str]:
        """Return the block's terms, known or not, within a text without blanks."""
        if self.name == "characters":
            return features.character_ngrams(chunk, *self.ngrams)
        return words if self.single else ()

    def across(self, words: Sequence[str], classes: Sequence[str]) -> Sequence[str]:
        """Return the block's terms, known or not, that are made of several words of a text."""
        if self.name == "words":
            return features.word_ngrams(words, max(2, self.ngrams[0]), self.ngrams[1])
        return features.pairs_of(classes) if self.name == "pairs" else ()


@dataclass(slots=True)
class Chunk:
    """A stretch without blanks of a normalised text: its words, their classes, how many tell, and how many are known.

    `numbers` are those of the terms within it, each as often as it occurs: the bytes of an array of `Numbers`, since
    bytes are joined faster than arrays.
    """

    words: list[str]
    classes: list[str]
    telling: int
    known: int = 0
    numbers: bytes = b""

    @classmethod
    def read(cls, string: str) -> "Chunk":
        """Read a chunk, whose terms are yet to be found."""
        words = features.split(string)
        # Function words have none and make no pair.
        classes = [name for name in map(features.word_class, words) if name]
        return cls(words, classes, sum(map(features.telling, words)))


class Scorer:
    """Decision values of a fitted pipeline. Immutable but for a bounded memo, so that threads may share it.

    `table` has a row for each term: its idf, then its coefficient for each label, times the block's weight. Together in
    a row, since fetching rows from memory is what most of the time goes into.
    """

    def __init__(self, blocks: Sequence[Block], table: Floats, intercepts: Floats, sublinear_tf: bool):
        self.blocks = tuple(blocks)
        self.terms = Terms([block.terms() for block in blocks])
        self.table = table
        self.intercepts = intercepts
        self.sublinear_tf = sublinear_tf
        self._single = next((number for number, block in enumerate(self.blocks) if block.single), None)
        self._bounds = np.array([0, *(block.end for block in self.blocks)], dtype=np.int32)
        # Not an lru_cache: its links would be five more fetches from memory a word.
        self._chunks: dict[str, Chunk] = {}
        self._characters = 0
        # numpy lets the interpreter go within each step, and threads that snatch it from one another halve the rate.
        self._turn = threading.Lock()

    def decisions(self, texts: Sequence[str]) -> Floats:
        """Return the decision value of each label (columns) for each text (rows), none depending on another text.

        Cost: some 0.1 ms for a sentence of 25 words, linear in the length of the text.
        """
        return np.array(self.judge(texts)[0]).reshape(len(texts), len(self.intercepts))

    def judge(self, texts: Sequence[str]) -> tuple[list[list[float]], list[tuple[int, int]]]:
        """Return `decisions` as lists and, for each text, how many of its words are known, and how many there are.

        Only words that tell their language count; all of a text's words are known if none of them does.
        """
        judged = []
        for text in texts:
            with self._turn:
                judged.append(self._judge(text))
        return [values for values, _ in judged], [counts for _, counts in judged]

    def _judge(self, text: str) -> tuple[list[float], tuple[int, int]]:
        strings = features.normalise(text).split()
        seen = self._chunks
        new: dict[str, Chunk] = {}
        chunks = [seen.get(one) or new.get(one) or new.setdefault(one, Chunk.read(one)) for one in strings]
        words = list(chain.from_iterable([chunk.words for chunk in chunks]))
        classes = list(chain.from_iterable([chunk.classes for chunk in chunks]))
        across = [(number, block.across(words, classes)) for number, block in enumerate(self.blocks)]
        items = list(new.items())
        rest = self._find(items[:_READ], across)
        for start in range(_READ, len(items), _READ):
            self._find(items[start : start + _READ])
        self._remember(new)
        found = bytearray().join([*[chunk.numbers for chunk in chunks], rest])
        terms, _, rows = self.weighed(np.frombuffer(found, dtype=np.int32))
        # Numbers are few from here on, and Python's own are reckoned with in less time.
        decisions: list[float] = self.intercepts.tolist()
        for start, end in self.parts(terms):
            square, *sums = rows[start:end, 0].dot(rows[start:end]).tolist()
            norm = math.sqrt(square)
            decisions = [value + total / norm for value, total in zip(decisions, sums, strict=True)]
        told = sum([chunk.telling for chunk in chunks])
        return decisions, (sum([chunk.known for chunk in chunks]), told) if told else (len(words), len(words))

    def _find(self, items: Sequence[tuple[str, Chunk]], across: Sequence[Run] = ()) -> bytes:
        """Look up the terms within chunks, which keep their numbers, and `across` them, whose numbers are returned."""
        if not items:
            return self.terms.find(across)[1].tobytes()
        runs = [run for string, chunk in items for run in self._within(string, chunk)]
        size = len(runs) // len(items)
        positions, numbers = self.terms.find([*runs, *across])
        ends = positions.searchsorted(list(accumulate(len(strings) for _, strings in runs))).tolist()
        start = 0
        for at, (_, chunk) in enumerate(items):
            end = ends[(at + 1) * size - 1]
            chunk.known = 0 if self._single is None else ends[at * size] - start
            chunk.numbers = numbers[start:end].tobytes()
            start = end
        return numbers[start:].tobytes()

    def _within(self, string: str, chunk: Chunk) -> list[Run]:
        """Return the terms within a chunk, known or not: where words are terms, at first those that tell."""
        words = sorted(chunk.words, key=features.telling, reverse=True)
        telling, others = words[: chunk.telling], words[chunk.telling :]
        runs: list[Run] = [(number, block.within(string, others)) for number, block in enumerate(self.blocks)]
        return runs if self._single is None else [(self._single, telling), *runs]

    def _remember(self, new: dict[str, Chunk]) -> None:
        """Remember a text's new chunks, and forget all others if it gets too much; none where they alone are that."""
        characters = sum(map(len, new))
        if len(new) > REMEMBERED or characters > REMEMBERED_CHARACTERS:
            return
        if len(self._chunks) + len(new) > REMEMBERED or self._characters + characters > REMEMBERED_CHARACTERS:
            self._chunks, self._characters = {}, 0
        self._chunks |= new
        self._characters += characters

    def weighed(self, found: Numbers) -> tuple[Numbers, Positions, Floats]:
        """Return the distinct terms among occurrences, how often each occurs, and its row with its value for its idf.

        `found` may be in any order and is sorted in place.
        """
        found.sort()
        first = np.empty(len(found) + 1, dtype=np.bool_)
        first[0] = first[-1] = True
        np.not_equal(found[1:], found[:-1], out=first[1:-1])
        edges = first.nonzero()[0]
        terms = found.take(edges[:-1])
        counts = edges[1:] - edges[:-1]
        rows = self.table.take(terms, axis=0)
        rows[:, 0] *= 1.0 + np.log(counts) if self.sublinear_tf else counts
        return terms, counts, rows

    def parts(self, terms: Numbers) -> Iterator[tuple[int, int]]:
        """Yield where the terms of each block that has some start and end (exclusive) among distinct, sorted terms."""
        return ((start, end) for start, end in pairwise(terms.searchsorted(self._bounds).tolist()) if start < end)


def linear(regression: Any) -> tuple[Floats, Floats]:
    """Return a fitted regression's coefficients (terms by labels) and its intercepts.

    Of two labels each gets half of the one decision value.
    """
    estimators = regression.estimators_
    coefficients = np.vstack([one.coef_ for one in estimators]).T
    intercepts = np.concatenate([one.intercept_ for one in estimators])
    if len(estimators) == 1:
        coefficients = np.hstack([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    return coefficients, intercepts


def compiled(pipeline: Any) -> Scorer:
    """Compile a fitted pipeline of `model.pipeline.build`."""
    union = pipeline["features"]
    coefficients, intercepts = linear(pipeline["regression"])
    blocks, idf, start = [], [], 0
    for name, fitted in union.transformer_list:
        terms = [str(term) for term in sorted(fitted.vocabulary_, key=fitted.vocabulary_.__getitem__)]
        end = start + len(terms)
        coefficients[start:end] *= union.transformer_weights[name]
        low, high = fitted.ngram_range
        blocks.append(Block(name, (int(low), int(high)), _bytes(terms), start, end))
        idf.append(fitted.idf_)
        start = end
    table = np.ascontiguousarray(np.column_stack([np.concatenate(idf), coefficients]), dtype=np.float64)
    return Scorer(blocks, table, intercepts, bool(union.transformer_list[0][1].sublinear_tf))


def arrays(scorer: Scorer) -> dict[str, NDArray[Any]]:
    """Return a scorer as named arrays: what `save` writes and what the content digest covers."""
    found: dict[str, NDArray[Any]] = {
        "blocks": _bytes([block.name for block in scorer.blocks]),
        "intercepts": scorer.intercepts,
        "sublinear_tf": np.array(scorer.sublinear_tf),
        "table": scorer.table,
    }
    for block in scorer.blocks:
        # No term has a line end: terms are of words, or of texts without blanks.
        found[f"{block.name}.terms"] = block.spelling
        found[f"{block.name}.ngrams"] = np.array(block.ngrams)
    return found


def save(scorer: Scorer, file: Path) -> None:
    """Write a scorer as a NumPy archive, which executes nothing when it is loaded."""
    with file.open("wb") as opened:
        np.savez(opened, allow_pickle=False, **arrays(scorer))


def load(file: Path) -> Scorer:
    """Read what `save` wrote; raises `KeyError`, `ValueError` or `OSError` for anything else. Cost: some 0.3 s."""
    with np.load(file, allow_pickle=False) as found:
        blocks, start = [], 0
        for name in _lines(found["blocks"]):
            spelling = found[f"{name}.terms"]
            low, high = found[f"{name}.ngrams"].tolist()
            end = start + 1 + int(np.count_nonzero(spelling == ord("\n")))
            blocks.append(Block(name, (low, high), spelling, start, end))
            start = end
        return Scorer(blocks, found["table"], found["intercepts"], bool(found["sublinear_tf"]))


def _bytes(lines: Sequence[str]) -> Bytes:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _lines(found: Bytes) -> list[str]:
    return bytes(found).decode().split("\n")
