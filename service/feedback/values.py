"""What goes into the store of corrections and comes out of it; knows no database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

Status = Literal["pending", "approved", "rejected"]
# Of one sentence a correction shows so many others: a sentence sent ten thousand times is not to fill the memory.
MOST_OTHERS = 100
# What `Wanted.after` may be: a place in either of the two orders, as `Store.find` returned it.
CURSOR = r"(?:[0-9a-f]{64}-)?[0-9]{1,18}"


class OutOfReachError(Exception):
    """The database is not there, locked too long or read-only; says why, without a password and without a text."""


class ConflictError(Exception):
    """The idempotency key was used for other content."""


class NotThereError(Exception):
    """There is no correction of this id."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A correction as sent. `text` is the stretch that the label is of, from `start` to `end` of what was sent."""

    target: str
    text: str
    start: int | None
    end: int | None
    label: str
    holder: str | None = None
    answer_label: str | None = None
    answer_version: str | None = None
    note: str | None = None
    annotator: str = ""
    # The name of the API key, or "".
    submitter: str = ""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is told of a correction that is stored; `created` is in UTC."""

    id: int
    created: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a correction, by whom and when (UTC)."""

    at: datetime
    by: str
    status: Status
    label: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another correction of the same sentence."""

    id: int
    label: str
    annotator: str
    status: Status


@dataclass(frozen=True, slots=True)
class Correction:
    """A stored correction as it stands now.

    `history` begins with the submission itself. `others` are the first `MOST_OTHERS` of the same sentence, by id.
    """

    id: int
    created: datetime
    target: str
    text: str
    start: int | None
    end: int | None
    label: str
    holder: str | None
    answer_label: str | None
    answer_version: str | None
    note: str | None
    annotator: str
    status: Status
    history: tuple[Decision, ...]
    others: tuple[Other, ...]


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved correction as training wants it; `decided` is when it was last decided on, in UTC."""

    id: int
    text: str
    label: str
    target: str
    holder: str | None
    annotator: str
    answer_label: str | None
    answer_version: str | None
    decided: datetime


class Submitted(NamedTuple):
    """A label as submitted; `unit` is the same for all corrections of one sentence."""

    unit: str
    annotator: str
    label: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which corrections are asked for; `after` is a cursor that matches `CURSOR`."""

    status: Status | None = None
    label: str | None = None
    annotator: str | None = None
    target: str | None = None
    disagreeing: bool = False
    after: str = "0"
    limit: int = 50
