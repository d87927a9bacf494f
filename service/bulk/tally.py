"""What a part adds to the summary: sums by month and actor, small enough to stand beside it.

All is summed in whole numbers, so that parts may be added in any order and give the same to the last digit.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from model.newcomers import PREFIX

# The whole archive, among the ids of actors.
EVERYBODY = "all"
# Months of what cannot be placed in time: counted apart.
NO_DATE, UNREADABLE_DATE = "no date", "unreadable date"
# Answers have shares of six decimals.
UNIT = 10**6
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(slots=True)
class Cell:
    """What articles add up to: how many, their sentences n, by label in millionths of a sentence, and three squares.

    Of each article d is its sentences of support less those of criticism, in millionths; the squares are the sums of
    n², n·d and d², of which the interval of the balance is made.
    """

    articles: int = 0
    sentences: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    squares: tuple[int, int, int] = (0, 0, 0)

    def add(self, other: "Cell") -> None:
        """Add what another one counted."""
        self.articles += other.articles
        self.sentences += other.sentences
        for label, count in other.labels.items():
            self.labels[label] = self.labels.get(label, 0) + count
        nn, nd, dd = other.squares
        self.squares = (self.squares[0] + nn, self.squares[1] + nd, self.squares[2] + dd)


class Tally:
    """Sums over answers, of the model whose `roles` these are. Memory: a cell for each actor and month that occurs."""

    def __init__(self, roles: Mapping[str, str]):
        self._sides = (roles.get("support"), roles.get("criticism"))
        self._differences = dict(zip(self._sides, (UNIT, -UNIT), strict=True))
        self.names: dict[str, str] = {}
        self.cells: dict[tuple[str, str], Cell] = {}

    def article(self, answer: Mapping[str, Any], date: str | None) -> None:
        """Count an answer of `answers.article`: as a whole, and for each actor that holds a stance in it.

        People whom only a text introduces count through whom they stand for: an archive has no end of them, and a name
        alone does not tell whether two are one.
        """
        when = month(date)
        self._count(when, EVERYBODY, answer["shares"], len(answer["sentences"]))
        for actor in answer["actors"]:
            if actor["label"] is not None and not actor["id"].startswith(PREFIX):
                self.names[actor["id"]] = actor["name"]
                self._count(when, actor["id"], actor["shares"], len(actor["sentences"]))

    def text(self, answer: Mapping[str, Any], date: str | None) -> None:
        """Count an answer of `answers.stance`, as one sentence."""
        label = answer["label"]
        difference = self._differences.get(label, 0)
        # In place: this is done for each of millions of sentences.
        when = month(date)
        cell = self.cells.get((when, EVERYBODY)) or self.cells.setdefault((when, EVERYBODY), Cell())
        cell.articles += 1
        cell.sentences += 1
        cell.labels[label] = cell.labels.get(label, 0) + UNIT
        nn, nd, dd = cell.squares
        cell.squares = (nn + 1, nd + difference, dd + difference**2)

    def rows(self) -> Iterator[list[Any]]:
        """Yield a row of JSON for each actor and month, sorted: with `read` the way to a file and back."""
        for (when, actor), cell in sorted(self.cells.items()):
            yield [when, actor, self.names.get(actor), cell.articles, cell.sentences, cell.labels, *cell.squares]

    def read(self, row: list[Any]) -> None:
        """Add a row of `rows`."""
        when, actor, name, articles, sentences, labels, *squares = row
        if name is not None:
            self.names[actor] = name
        self.cells.setdefault((when, actor), Cell()).add(Cell(articles, sentences, labels, (*squares,)))

    def _count(self, when: str, actor: str, shares: Mapping[str, float], sentences: int) -> None:
        labels = {label: round(share * UNIT) * sentences for label, share in shares.items() if share}
        support, criticism = (labels.get(side, 0) if side is not None else 0 for side in self._sides)
        difference = support - criticism
        squares = (sentences**2, sentences * difference, difference**2)
        self.cells.setdefault((when, actor), Cell()).add(Cell(1, sentences, labels, squares))


@lru_cache(2**16)
def month(date: str | None) -> str:
    """Return the month of a date or time in ISO 8601 as it is written, whatever its time zone: "2019-02".

    Takes a month alone too; else returns `NO_DATE` for none or a blank one and `UNREADABLE_DATE`.
    """
    given = (date or "").strip()
    if not given:
        return NO_DATE
    if _MONTH.fullmatch(given):
        return given
    try:
        return datetime.fromisoformat(given).isoformat()[:7]
    except ValueError:
        return UNREADABLE_DATE
