"""The values that the model package hands out: small and frozen."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text, `start` inclusive and `end` exclusive, in Unicode code points of the text as given."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term:
    """What a sentence says for or against a label: the words as they read, their weight, where they stand."""

    term: str
    weight: float
    at: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a sentence got its label: `intercept`, the weights of `terms` and the `rest` add up to `decision`.

    `decision` is the label's decision value, before the temperature; `rest` is what the terms left out weigh together.
    """

    sentence: Span
    label: str
    decision: float
    intercept: float
    rest: float
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Stance:
    """The stance of one text.

    `probabilities` has every label of the model and adds up to 1; `label` is the likeliest and `confidence` its
    probability. `uncertain` is `None`, "unknown_vocabulary" or "low_confidence"; `sentences` counts what was judged.
    `evidence` has an entry for each sentence where it was asked for.
    """

    label: str
    confidence: float
    probabilities: Mapping[str, float]
    uncertain: str | None
    sentences: int
    evidence: tuple[Evidence, ...] | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names an actor, by whatever name: `actor` is an id of the table, or of somebody it introduces."""

    span: Span
    actor: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article with its stance, as in `Stance`; `actors` are the ids of those that hold it."""

    span: Span
    label: str
    confidence: float
    probabilities: Mapping[str, float]
    uncertain: str | None
    actors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor of an article: one who holds the stance of a sentence, or is named and holds none (`label` is `None`).

    An `id` that begins with "person:" is that of somebody whom no table knows and the article introduces.
    `sentences` are the numbers of those whose stance it holds, itself or through `via`, the actors that stand for it.
    `shares` are their shares by label, so that opposing stances show; `balance` is the share of support less that of
    criticism (`None` for a model without roles).
    """

    id: str
    name: str
    kind: str
    stands_for: str | None
    label: str | None
    confidence: float | None
    balance: float | None
    shares: Mapping[str, float]
    sentences: tuple[int, ...]
    via: tuple[str, ...]
    mentions: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """The stances of an article: its own, its sentences' and its actors'; `shares` count sentences by label."""

    stance: Stance
    balance: float | None
    shares: Mapping[str, float]
    sentences: tuple[Sentence, ...]
    actors: tuple[Actor, ...]
