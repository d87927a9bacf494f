"""What the model hands out, as the schemas dump it."""

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from model import Evidence, Stance

Place = Callable[[int], int]


def stance(found: Stance, request: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a stance out as an answer to the request that has the text: offsets in the unit that it asks for."""
    answer: dict[str, Any] = {
        "label": found.label,
        "confidence": found.confidence,
        "probabilities": found.probabilities,
        "uncertain": found.uncertain,
        "sentences": found.sentences,
    }
    if found.evidence is not None:
        place = _places(request["text"], request["offset_unit"])
        answer["evidence"] = [_evidence(one, place) for one in found.evidence]
    return answer


def _evidence(found: Evidence, place: Place) -> dict[str, Any]:
    return {
        "sentence": {"start": place(found.sentence.start), "end": place(found.sentence.end)},
        "label": found.label,
        "decision": found.decision,
        "intercept": found.intercept,
        "rest": found.rest,
        "terms": [
            {"term": one.term, "weight": one.weight, "at": [[place(at.start), place(at.end)] for at in one.at]}
            for one in found.terms
        ],
    }


def _places(text: str, unit: str) -> Place:
    """Return the way from an offset in code points to one in the unit: a character above U+FFFF is two in UTF-16."""
    if unit == "codepoint":
        return lambda offset: offset
    return list(accumulate((2 if character > "\uffff" else 1 for character in text), initial=0)).__getitem__
