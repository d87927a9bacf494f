"""What is asked, who answers it, and what comes back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class UnavailableError(Exception):
    """Nobody there to answer: no model, or no service; the message is a sentence for the user."""


class UnwritableError(Exception):
    """A models folder that cannot be written; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text to judge: its place in the input from 0, and how the user finds it: a file's name, "line 3"."""

    index: int
    where: str
    content: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Why what is at `where` is not answered; says nothing of the text."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A text with what `/classify` or `/analyze` answers to it."""

    text: Text
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """The model's labels, and which of them is support, criticism and neutral."""

    labels: tuple[str, ...]
    roles: Mapping[str, str]


# What of the input is at hand at once; a text that could not be read is a fault already.
Handful = Sequence[Text | Fault]


class Judge(Protocol):
    """A model here or a service elsewhere: answers in the input's order, each handful before it takes the next one."""

    def card(self) -> Card:
        """Return what is to be known of the model; raises `UnavailableError`."""

    def classify(self, handfuls: Iterable[Handful]) -> Iterator[Answered | Fault]:
        """Yield the stance of each text, and each fault; raises `UnavailableError`."""

    def analyze(self, handfuls: Iterable[Handful]) -> Iterator[Answered | Fault]:
        """Yield the analysis of each text, and each fault; raises `UnavailableError`."""
