"""A fitted pipeline compiled to what serving needs: the same decision values without scikit-learn, and their evidence.

scikit-learn spends a millisecond and more on one text, nearly all of it on validation and on the glue between its
parts. What is left here is the formula (scikit-learn's user guide, "Tf-idf term weighting"; Salton and Buckley 1988):

    value of a term     =  tf * idf,  where tf = 1 + ln(count), or the count itself
    decision of a label =  intercept + sum over the blocks of  (values . coefficients of the label) / |values|

with |values| the Euclidean (L2) norm of the block's values and the block's weight multiplied into its coefficients.
"""

import math
import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import features
from model.values import Span, Term

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]
Positions = NDArray[np.intp]

# Texts repeat their words, so what is known of so many is remembered: some 30 MB. A longer one is no word.
REMEMBERED = 30_000
LONGEST_REMEMBERED = 40
# How many terms an explanation names.
NAMED = 10


class Terms:
    """The terms of a block, found by their hashes many at a time: one fetch from memory each, where a dict needs four.

    A string is taken for the term that has its 64-bit hash (SipHash with a key of this process, so that nobody can aim
    at it): a strange one is mistaken for a term once in some 10^13 times. Hashes lie in buckets of `WIDTH`.
    """

    WIDTH = 16

    def __init__(self, terms: Sequence[str], start: int):
        self.bytes = _bytes(terms)
        hashes = _hashes(terms)
        buckets = 1
        while True:
            order = (hashes & (buckets - 1)).argsort(kind="stable")
            bucket = hashes[order] & (buckets - 1)
            column = np.arange(len(order)) - bucket.searchsorted(bucket)
            if column.max(initial=0) < self.WIDTH:
                break
            buckets *= 2
        self._mask = buckets - 1
        self._hashes = np.full((buckets, self.WIDTH), -1)  # which no string has as its hash
        self._numbers = np.zeros((buckets, self.WIDTH), dtype=np.int32)
        self._hashes[bucket, column] = hashes[order]
        self._numbers[bucket, column] = start + order

    def spelled(self) -> list[str]:
        """Return the terms as they read, in the order of their numbers."""
        return _lines(self.bytes)

    def find(self, strings: Sequence[str]) -> tuple[Positions, Numbers]:
        """Return the positions of those strings that are terms, and the number of each of them."""
        hashes = _hashes(strings)
        buckets = hashes & self._mask
        positions, columns = (self._hashes.take(buckets, axis=0) == hashes[:, np.newaxis]).nonzero()
        return positions, self._numbers[buckets[positions], columns]


@dataclass(frozen=True, slots=True)
class Block:
    """A block of terms with their numbers, which run from `start` to `end` (exclusive) and go on in the next block."""

    name: str
    ngrams: tuple[int, int]
    terms: Terms
    start: int
    end: int

    def within(self, chunk: str, words: Sequence[str]) -> Sequence[str]:
        """Return the block's terms, known or not, within a text without blanks."""
        if self.name == "characters":
            return features.character_ngrams(chunk, *self.ngrams)
        return words if self.name == "words" and self.ngrams[0] == 1 else ()

    def across(self, words: Sequence[str], classes: Sequence[str]) -> Sequence[str]:
        """Return the block's terms, known or not, that are made of several words of a text."""
        if self.name == "words":
            return features.word_ngrams(words, max(2, self.ngrams[0]), self.ngrams[1])
        return features.pairs_of(classes) if self.name == "pairs" else ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch without blanks of a normalised text: numbers of the terms within, words, their classes, known words."""

    numbers: Numbers
    words: list[str]
    classes: list[str]
    known: int


class Scorer:
    """Decision values of a fitted pipeline. Immutable but for a bounded memo, so that threads may share it.

    `table` has a row for each term: its idf, then its coefficient for each label, times the block's weight. Together in
    a row, since fetching rows from memory is what most of the time goes into.
    """

    def __init__(self, blocks: Sequence[Block], table: Floats, intercepts: Floats, sublinear_tf: bool):
        self.blocks = tuple(blocks)
        self.table = table
        self.intercepts = intercepts
        self.sublinear_tf = sublinear_tf
        self._bounds = np.array([0, *(block.end for block in self.blocks)], dtype=np.int32)
        # Not an lru_cache: its links would be five more fetches from memory a word.
        self._chunks: dict[str, Chunk] = {}
        # numpy lets the interpreter go within each step, and threads that snatch it from one another halve the rate.
        self._turn = threading.Lock()

    def decisions(self, texts: Sequence[str]) -> Floats:
        """Return the decision value of each label (columns) for each text (rows), none depending on another text.

        Cost: some 0.1 ms for a sentence of 25 words, linear in the length of the text.
        """
        return self.judge(texts)[0]

    def judge(self, texts: Sequence[str]) -> tuple[Floats, list[tuple[int, int]]]:
        """Return `decisions` and, for each text, how many of its words are known, and how many words it has."""
        judged = []
        for text in texts:
            with self._turn:
                judged.append(self._judge(text))
        values = np.array([value for value, _ in judged]).reshape(len(texts), len(self.intercepts))
        return values, [counts for _, counts in judged]

    def _judge(self, text: str) -> tuple[Floats, tuple[int, int]]:
        seen = self._chunks.get
        chunks = [seen(chunk) or self._read(chunk) for chunk in features.normalise(text).split()]
        words = [word for chunk in chunks for word in chunk.words]
        classes = [name for chunk in chunks for name in chunk.classes]
        numbers = [block.terms.find(block.across(words, classes))[1] for block in self.blocks]
        numbers += [chunk.numbers for chunk in chunks]
        _, _, values, coefficients = self.values(np.concatenate(numbers))
        known = sum([chunk.known for chunk in chunks])
        return self.intercepts + values @ coefficients, (known, len(words))

    def _read(self, chunk: str) -> Chunk:
        words = features.split(chunk)
        found = {block.name: block.terms.find(block.within(chunk, words))[1] for block in self.blocks}
        classes = list(map(features.word_class, words))
        read = Chunk(np.concatenate(list(found.values())), words, classes, len(found["words"]))
        if len(chunk) <= LONGEST_REMEMBERED:
            if len(self._chunks) >= REMEMBERED:
                self._chunks.clear()
            self._chunks[chunk] = read
        return read

    def values(self, found: Numbers) -> tuple[Numbers, Positions, Floats, Floats]:
        """Return the distinct terms among occurrences, how often each occurs, its value by its block's norm, its row.

        `found` may be in any order and is sorted in place.
        """
        found.sort()
        new = np.empty(len(found), dtype=np.bool_)
        new[:1] = True
        np.not_equal(found[1:], found[:-1], out=new[1:])
        firsts = new.nonzero()[0]
        terms = found[firsts]
        counts = np.empty_like(firsts)
        counts[-1:] = len(found)
        counts[:-1] = firsts[1:]
        counts -= firsts
        rows = self.table.take(terms, axis=0)
        values = rows[:, 0] * ((1.0 + np.log(counts)) if self.sublinear_tf else counts)
        for low, high in pairwise(terms.searchsorted(self._bounds).tolist()):
            part = values[low:high]
            if len(part):
                part /= math.sqrt(part @ part)
        return terms, counts, values, rows[:, 1:]


def compiled(pipeline: Any) -> Scorer:
    """Compile a fitted pipeline of `model.pipeline.build`; of two labels each gets half of the one decision value."""
    union = pipeline["features"]
    estimators = pipeline["regression"].estimators_
    coefficients = np.vstack([one.coef_ for one in estimators]).T
    intercepts = np.concatenate([one.intercept_ for one in estimators])
    if len(estimators) == 1:
        coefficients = np.hstack([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    blocks, idf, start = [], [], 0
    for name, fitted in union.transformer_list:
        terms = [str(term) for term in sorted(fitted.vocabulary_, key=fitted.vocabulary_.__getitem__)]
        end = start + len(terms)
        coefficients[start:end] *= union.transformer_weights[name]
        low, high = fitted.ngram_range
        blocks.append(Block(name, (int(low), int(high)), Terms(terms, start), start, end))
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
        found[f"{block.name}.terms"] = block.terms.bytes
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
            terms = _lines(found[f"{name}.terms"])
            low, high = found[f"{name}.ngrams"].tolist()
            blocks.append(Block(name, (low, high), Terms(terms, start), start, start + len(terms)))
            start += len(terms)
        return Scorer(blocks, found["table"], found["intercepts"], bool(found["sublinear_tf"]))


def _hashes(strings: Sequence[str]) -> NDArray[np.int64]:
    return np.fromiter(map(hash, strings), np.int64, len(strings))


def _bytes(lines: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _lines(found: NDArray[np.uint8]) -> list[str]:
    return bytes(found).decode().split("\n")


# A place where a term occurs: how it reads, and from where to where it stands in the normalised text.
Place = tuple[str, int, int]


def explain(scorer: Scorer, text: str, label: int, named: int = NAMED) -> tuple[float, float, float, list[Term]]:
    """Return the decision value of one label, its intercept, what is left out, and the terms that moved it most.

    Each term's contribution is exact: the terms named, the intercept and what is left out add up to the decision value.
    n-grams of characters are gathered into the word that they stand in, pairs into the words from the first to the
    second, so that a person can read them; a term that occurs several times shares its contribution out evenly. Cost:
    some 2 ms for a sentence of 25 words.
    """
    decision = float(scorer.decisions([text])[0, label])
    normal, places = features.aligned(text)
    weights: dict[str, float] = defaultdict(float)
    spans: dict[str, set[Span]] = defaultdict(set)
    occurrences: list[tuple[int, Place | None]] = []
    for block in scorer.blocks:
        there = list(_occurrences(block, normal))
        positions, numbers = block.terms.find([term for term, _ in there])
        occurrences += [(number, there[at][1]) for at, number in zip(positions, numbers.tolist(), strict=True)]
    found = np.array([number for number, _ in occurrences], dtype=np.int32)
    terms, counts, values, coefficients = scorer.values(found)
    share = dict(zip(terms.tolist(), (values * coefficients[:, label] / counts).tolist(), strict=True))
    for number, place in occurrences:
        if place is not None:
            reads, start, end = place
            weights[reads] += share[number]
            spans[reads].add(Span(places[start][0], places[end - 1][1]))
    best = sorted(weights, key=lambda reads: -abs(weights[reads]))[:named]
    terms_named = [Term(reads, weights[reads], tuple(sorted(spans[reads]))) for reads in best]
    intercept = float(scorer.intercepts[label])
    return decision, intercept, decision - intercept - sum(term.weight for term in terms_named), terms_named


def _occurrences(block: Block, normal: str) -> Iterator[tuple[str, Place | None]]:
    """Yield every occurrence of a term of the block in a normalised text, known or not, with its place."""
    tokens = [match.span() for match in features.token.finditer(normal)]
    words = [normal[start:end] for start, end in tokens]
    if block.name == "words":
        for length in range(block.ngrams[0], block.ngrams[1] + 1):
            for first in range(len(words) - length + 1):
                start, end = tokens[first][0], tokens[first + length - 1][1]
                yield " ".join(words[first : first + length]), (normal[start:end], start, end)
    elif block.name == "pairs":
        placed = list(features.placed_pairs([features.word_class(word) for word in words]))
        for pair, first, second in placed:
            start, end = tokens[first][0], tokens[second][1]
            reads = normal[start:end] if second == first + 1 else f"{words[first]} … {words[second]}"
            yield pair, (reads, start, end)
        if not placed:
            yield features.NO_PAIR, None
    else:
        for chunk in re.finditer(r"\S+", normal):
            start, end = _without_punctuation(normal, *chunk.span())
            for term in features.character_ngrams(chunk[0], *block.ngrams):
                yield term, (normal[start:end], start, end)


def _without_punctuation(normal: str, start: int, end: int) -> tuple[int, int]:
    """Return the span from the first word to the last one within a span, or the span itself where it has no word."""
    found = [match.span() for match in features.token.finditer(normal, start, end)]
    return (found[0][0], found[-1][1]) if found else (start, end)
