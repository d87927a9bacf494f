"""What the model hands out, laid out as JSON has it: the one form of an answer, over HTTP and on the command line.

Probabilities, shares and balances have six decimals; offsets count in the unit that the request asks for.
"""

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from model.analyzer import Analyzer
from model.values import Actor, Evidence, Span, Stance

Place = Callable[[int], int]
_DECIMALS = 6


def stance(analyzer: Analyzer, text: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Judge a text and lay its stance out as the request asks: how sure it must be, whether with evidence, offsets."""
    found = analyzer.classify(text, request["min_confidence"], request["explain"])
    return {
        "label": found.label,
        "confidence": _rounded(found.confidence),
        "probabilities": _shares(found.probabilities),
        "uncertain": found.uncertain,
        "sentences": found.sentences,
        **_explained(found, _places(text, request["offset_unit"])),
    }


def article(analyzer: Analyzer, text: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Judge an article and lay its stances out as the request asks."""
    found = analyzer.analyze(text, request["min_confidence"], request["explain"])
    place = _places(text, request["offset_unit"])
    return {
        "label": found.stance.label,
        "confidence": _rounded(found.stance.confidence),
        "probabilities": _shares(found.stance.probabilities),
        "uncertain": found.stance.uncertain,
        "balance": _rounded(found.balance),
        "shares": _shares(found.shares),
        "sentences": [
            {
                **_span(one.span, place),
                "label": one.label,
                "confidence": _rounded(one.confidence),
                "probabilities": _shares(one.probabilities),
                "uncertain": one.uncertain,
                "actors": one.actors,
            }
            for one in found.sentences
        ],
        "actors": [_actor(one, text, place) for one in found.actors],
        **_explained(found.stance, place),
    }


def _actor(found: Actor, text: str, place: Place) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "kind": found.kind,
        "stands_for": found.stands_for,
        "label": found.label,
        "confidence": _rounded(found.confidence),
        "balance": _rounded(found.balance),
        "shares": _shares(found.shares),
        "sentences": found.sentences,
        "via": found.via,
        "mentions": [{**_span(at, place), "text": text[at.start : at.end]} for at in found.mentions],
    }


def _span(found: Span, place: Place) -> dict[str, int]:
    return {"start": place(found.start), "end": place(found.end)}


def _explained(found: Stance, place: Place) -> dict[str, Any]:
    """Return the evidence as a member of the answer where it was asked for, else no member."""
    if found.evidence is None:
        return {}
    return {"evidence": [_evidence(one, place) for one in found.evidence]}


def _evidence(found: Evidence, place: Place) -> dict[str, Any]:
    return {
        "sentence": _span(found.sentence, place),
        "label": found.label,
        "decision": found.decision,
        "intercept": found.intercept,
        "rest": found.rest,
        "terms": [
            {"term": one.term, "weight": one.weight, "at": [[place(at.start), place(at.end)] for at in one.at]}
            for one in found.terms
        ],
    }


def _shares(found: Mapping[str, float]) -> dict[str, float]:
    return {label: round(value, _DECIMALS) for label, value in found.items()}


def _rounded(found: float | None) -> float | None:
    return None if found is None else round(found, _DECIMALS)


def _places(text: str, unit: str) -> Place:
    """Return the way from an offset in code points to one in the unit: a character above U+FFFF is two in UTF-16."""
    if unit == "codepoint":
        return lambda offset: offset
    return list(accumulate((2 if character > "\uffff" else 1 for character in text), initial=0)).__getitem__
