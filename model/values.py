"""The values that the model package hands out: small and frozen."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, `start` inclusive and `end` exclusive, in Unicode code points of the text as given."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stance:
    """The stance of one text.

    `probabilities` has every label of the model and adds up to 1; `label` is the likeliest and `confidence` its
    probability. `uncertain` is `None`, "unknown_vocabulary" or "low_confidence"; `sentences` counts what was judged.
    """

    label: str
    confidence: float
    probabilities: Mapping[str, float]
    uncertain: str | None
    sentences: int
