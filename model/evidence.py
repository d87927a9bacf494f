"""Why a text has its decision value: what each of its terms adds, exactly."""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from model import features
from model.scorer import Block, Scorer
from model.values import Span, Term

# How many terms an explanation names.
NAMED = 10

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
    there = [list(_occurrences(block, normal)) for block in scorer.blocks]
    runs = [(block, [term for term, _ in occurring]) for block, occurring in enumerate(there)]
    positions, found = scorer.terms.find(runs)
    everywhere = [place for occurring in there for _, place in occurring]
    terms, counts, rows = scorer.weighed(found.copy())
    weighing = rows[:, 0] * rows[:, 1 + label] / counts
    for first, last in scorer.parts(terms):
        weighing[first:last] /= np.linalg.norm(rows[first:last, 0])
    share = dict(zip(terms.tolist(), weighing.tolist(), strict=True))
    for at, number in zip(positions, found.tolist(), strict=True):
        if (place := everywhere[at]) is not None:
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
        placed = features.placed_pairs([features.word_class(word) for word in words])
        for pair, first, second in placed:
            start, end = tokens[first][0], tokens[second][1]
            reads = normal[start:end] if second == first + 1 else f"{words[first]} … {words[second]}"
            yield pair, (reads, start, end)
        if not placed:
            yield features.NO_PAIR, None
    else:
        for chunk in re.finditer(r"\S+", normal):
            start, end = _without_punctuation(normal, *chunk.span())
            # One for all of its n-grams: a chunk may be as long as a text.
            place = normal[start:end], start, end
            for term in features.character_ngrams(chunk[0], *block.ngrams):
                yield term, place


def _without_punctuation(normal: str, start: int, end: int) -> tuple[int, int]:
    """Return the span from the first word to the last one within a span, or the span itself where it has no word."""
    found = [match.span() for match in features.token.finditer(normal, start, end)]
    return (found[0][0], found[-1][1]) if found else (start, end)
