"""A fitted pipeline compiled to what serving needs: the same decision values without scikit-learn, and their evidence.

scikit-learn spends a millisecond and more on one text, nearly all of it on validation and on the glue between its
parts. What is left here is the formula (scikit-learn's user guide, "Tf-idf term weighting"; Salton and Buckley 1988):

    value of a term     =  tf * idf,  where tf = 1 + ln(count), or the count itself
    decision of a label =  intercept + sum over the blocks of  (values . coefficients of the label) / |values|

with |values| the Euclidean (L2) norm of the block's values and the block's weight multiplied into its coefficients.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import features
from model.values import Span, Term

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]

# Texts repeat their words, so the terms within so many words are remembered: some 20 MB. A longer one is no word.
REMEMBERED = 30_000
LONGEST_REMEMBERED = 40
# How many terms an explanation names.
NAMED = 10
_NONE = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of terms: the number of each, and by that number idf and coefficients (terms by labels)."""

    name: str
    ngrams: tuple[int, int]
    sublinear_tf: bool
    terms: Mapping[str, int]
    idf: Floats
    coefficients: Floats

    def values(self, found: Numbers) -> tuple[Numbers, NDArray[np.intp], Floats]:
        """Return the distinct terms of one text, how often each occurs, and their values by the L2 norm."""
        terms, counts = np.unique(found, return_counts=True)
        tf = 1.0 + np.log(counts) if self.sublinear_tf else counts.astype(np.float64)
        values = tf * self.idf[terms]
        return terms, counts, values / np.sqrt(values @ values)


class Scorer:
    """Decision values of a fitted pipeline. Immutable but for a bounded memo, so that threads may share it."""

    def __init__(self, blocks: Sequence[Block], intercepts: Floats):
        self.blocks = tuple(blocks)
        self.intercepts = intercepts
        self._finders = [(block, _FINDERS[block.name](block)) for block in self.blocks]

    def decisions(self, texts: Sequence[str]) -> Floats:
        """Return the decision value of each label (columns) for each text (rows), none depending on another text.

        Cost: some 0.1 ms for a sentence of 25 words, linear in the length of the text.
        """
        return np.array([self._decide(text) for text in texts]).reshape(len(texts), len(self.intercepts))

    def _decide(self, text: str) -> Floats:
        normal = features.normalise(text)
        words = features.split(normal)
        decision = self.intercepts
        for block, find in self._finders:
            found = find(normal, words)
            if len(found):
                terms, _, values = block.values(found)
                decision = decision + values @ block.coefficients[terms]
        return decision


def _numbers(block: Block, terms: Iterable[str]) -> Numbers:
    return np.array([number for number in map(block.terms.get, terms) if number is not None], dtype=np.int32)


def _words(block: Block) -> Callable[[str, list[str]], Numbers]:
    return lambda _, words: _numbers(block, features.word_ngrams(words, *block.ngrams))


def _pairs(block: Block) -> Callable[[str, list[str]], Numbers]:
    return lambda _, words: _numbers(block, features.pairs_of(words))


def _characters(block: Block) -> Callable[[str, list[str]], Numbers]:
    def within(chunk: str) -> Numbers:
        return _numbers(block, features.character_ngrams(chunk, *block.ngrams))

    remembered = lru_cache(REMEMBERED)(within)

    def find(normal: str, _: list[str]) -> Numbers:
        chunks = normal.split()
        parts = [remembered(chunk) if len(chunk) <= LONGEST_REMEMBERED else within(chunk) for chunk in chunks]
        return np.concatenate(parts) if parts else _NONE

    return find


_FINDERS = {"words": _words, "characters": _characters, "pairs": _pairs}


def compiled(pipeline: Any) -> Scorer:
    """Compile a fitted pipeline of `model.pipeline.build`; of two labels each gets half of the one decision value."""
    union = pipeline["features"]
    estimators = pipeline["regression"].estimators_
    coefficients = np.vstack([one.coef_ for one in estimators]).T
    intercepts = np.concatenate([one.intercept_ for one in estimators])
    if len(estimators) == 1:
        coefficients = np.hstack([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    blocks, start = [], 0
    for name, block in union.transformer_list:
        end = start + len(block.idf_)
        weight = union.transformer_weights[name]
        blocks.append(
            Block(
                name=name,
                ngrams=(int(block.ngram_range[0]), int(block.ngram_range[1])),
                sublinear_tf=bool(block.sublinear_tf),
                terms={str(term): int(number) for term, number in block.vocabulary_.items()},
                idf=np.array(block.idf_, dtype=np.float64),
                coefficients=np.ascontiguousarray(coefficients[start:end] * weight),
            )
        )
        start = end
    return Scorer(blocks, intercepts)


def arrays(scorer: Scorer) -> dict[str, NDArray[Any]]:
    """Return a scorer as named arrays, of which no answer needs another: what `save` writes and digests cover."""
    found: dict[str, NDArray[Any]] = {
        "intercepts": scorer.intercepts,
        "blocks": np.frombuffer("\n".join(block.name for block in scorer.blocks).encode(), dtype=np.uint8),
    }
    for block in scorer.blocks:
        # No term has a line end: terms are of words, or of texts without blanks.
        terms = "\n".join(sorted(block.terms, key=block.terms.__getitem__))
        found |= {
            f"{block.name}.terms": np.frombuffer(terms.encode(), dtype=np.uint8),
            f"{block.name}.tokens": np.array([*block.ngrams, block.sublinear_tf], dtype=np.int64),
            f"{block.name}.idf": block.idf,
            f"{block.name}.coefficients": block.coefficients,
        }
    return found


def save(scorer: Scorer, file: Path) -> None:
    """Write a scorer as a NumPy archive, which executes nothing when it is loaded."""
    with file.open("wb") as opened:
        np.savez(opened, allow_pickle=False, **arrays(scorer))


def load(file: Path) -> Scorer:
    """Read what `save` wrote; raises `KeyError`, `ValueError` or `OSError` for anything else. Cost: some 0.5 s."""
    with np.load(file, allow_pickle=False) as found:
        blocks = []
        for name in bytes(found["blocks"]).decode().split("\n"):
            low, high, sublinear_tf = found[f"{name}.tokens"].tolist()
            terms = bytes(found[f"{name}.terms"]).decode().split("\n")
            numbers = dict(zip(terms, range(len(terms)), strict=True))
            idf, coefficients = found[f"{name}.idf"], found[f"{name}.coefficients"]
            blocks.append(Block(name, (low, high), bool(sublinear_tf), numbers, idf, coefficients))
        return Scorer(blocks, found["intercepts"])


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
    for block in scorer.blocks:
        occurrences = [(block.terms[term], place) for term, place in _occurrences(block, normal) if term in block.terms]
        if not occurrences:
            continue
        terms, counts, values = block.values(np.array([number for number, _ in occurrences], dtype=np.int32))
        shares = values * block.coefficients[terms, label] / counts
        share = dict(zip(terms.tolist(), shares.tolist(), strict=True))
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
        for pair, first, second in features.placed_pairs(words):
            start, end = tokens[first][0], tokens[second][1]
            reads = normal[start:end] if second == first + 1 else f"{words[first]} … {words[second]}"
            yield pair, (reads, start, end)
        if not features.placed_pairs(words):
            yield features.NO_PAIR, None
    else:
        for chunk in re.finditer(r"\S+", normal):
            inner = features.token.search(chunk[0])
            start, end = chunk.span() if inner is None else _words_within(chunk)
            for term in features.character_ngrams(chunk[0], *block.ngrams):
                yield term, (normal[start:end], start, end)


def _words_within(chunk: re.Match[str]) -> tuple[int, int]:
    """Return the span of a chunk without the punctuation around its words."""
    found = [match.span() for match in features.token.finditer(chunk[0])]
    return chunk.start() + found[0][0], chunk.start() + found[-1][1]
