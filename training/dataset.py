"""The checked rows of a labelled file; each fault names file, row and column."""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from training import records
from training.records import DatasetError, Format

_SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled unit; `batch` and `document` are empty and `position` is 0 where the file has no such column.

    `single` marks a row that was composed alone: its document is a list, not a text that runs.
    """

    batch: str
    document: str
    position: int
    text: str
    label: str
    single: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """The checked rows of one file in the file's order, and the columns it has.

    `weights` says what each row counts in a fit; `None`: all the same.
    """

    rows: tuple[Row, ...]
    columns: frozenset[str]
    weights: tuple[float, ...] | None = None

    @property
    def texts(self) -> list[str]:
        """The text of every row."""
        return [row.text for row in self.rows]

    @property
    def gold(self) -> list[str]:
        """The label of every row."""
        return [row.label for row in self.rows]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in use, sorted, which is the order of a fitted pipeline's classes."""
        return tuple(sorted(set(self.gold)))

    @property
    def unit(self) -> str:
        """What a row is: a "sentence" of a document, or a whole "text" where no column gives a position."""
        return "sentence" if "position" in self.columns else "text"

    @property
    def digest(self) -> str:
        """SHA-256 over the checked rows in order: the same for the same rows however the file is quoted."""
        return hashlib.sha256(json.dumps([astuple(row) for row in self.rows]).encode()).hexdigest()

    def subset(self, numbers: Iterable[int]) -> "Dataset":
        """Return the rows with these numbers, counted from 0."""
        chosen = list(numbers)
        weights = self.weights and tuple(self.weights[number] for number in chosen)
        return replace(self, rows=tuple(self.rows[number] for number in chosen), weights=weights)

    def groups(self) -> tuple[str, list[str]]:
        """Return what must not be split between folds, and each row's group: batch, else document, else row.

        A column with one value only holds nothing apart, so the next one is taken.
        """
        for column in ("batch", "document"):
            groups = [getattr(row, column) for row in self.rows]
            if len(set(groups)) > 1:
                return column, groups
        return "row", [str(number) for number in range(len(self.rows))]

    def together(self) -> list[str]:
        """Return what each row stands or falls with: its document where that runs, else the row alone."""
        return [row.document if row.document and not row.single else str(n) for n, row in enumerate(self.rows)]

    def running(self) -> list[int]:
        """Return the numbers of the rows that were not composed alone, and stand in texts that run."""
        return [number for number, row in enumerate(self.rows) if not row.single]

    def documents(self) -> dict[str, list[int]]:
        """Return the numbers of each running document's rows, in the order of the file; empty where there are none."""
        found: dict[str, list[int]] = {}
        for number in self.running():
            if document := self.rows[number].document:
                found.setdefault(document, []).append(number)
        return found


def read(file: Path, form: Format | None = None) -> Dataset:
    """Read a labelled file: as `records.read` does, with a column of labels.

    There may be `batch`, `document`, `position` (from 1) and `part`, which says "single" of a row that was composed
    alone. Other columns are left alone. Labels are taken without the blanks around them. Tasks of Label Studio without
    a label are left out, and stderr says how many. Raises `DatasetError` for an unreadable file and for the first fault
    in it.
    """
    form = form or Format()
    columns, found, guesses = records.read(file, form)
    records.require_column(file, columns, form.label, guesses)
    first = "row 2"
    if records.of_label_studio(file):
        first = "task 1"
        labelled = [(place, cells) for place, cells in found if cells[form.label]]
        if len(labelled) < len(found):
            print(f"{file}: tasks without a label, left out: {len(found) - len(labelled):,}", file=sys.stderr)
        found = labelled
    rows = [_row(f"{file}: {place}", cells, form) for place, cells in found]
    if not rows:
        where = " and ".join(f"{column}={value}" for column, value in form.only.items())
        raise DatasetError(f"{file}: {first}: no rows{' with ' + where if where else ''}; expected at least one")
    return Dataset(tuple(rows), frozenset(columns).intersection(records.OPTIONAL))


def require_classes(file: Path, dataset: Dataset) -> None:
    """Raise `DatasetError` unless there are two labels or more and a word somewhere, as fitting needs."""
    if not any(any(map(str.isalnum, text)) for text in dataset.texts):
        raise DatasetError(f"{file}: column text: no word in any row; expected texts")
    if len(dataset.labels) < 2:
        raise DatasetError(f"{file}: column label: every row has the same label; expected two labels or more")


def _row(where: str, cells: Mapping[str, str], form: Format) -> Row:
    text, label = records.text_of(where, cells, form), cells.get(form.label, "").strip()
    if not label:
        raise DatasetError(f"{where}: column {form.label}: empty; expected a label")
    position = cells.get("position", "0")
    if not position.isascii() or not position.isdigit():
        raise DatasetError(f"{where}: column position: not a number; expected 1, 2, 3 …")
    single = cells.get("part", "") == _SINGLE
    return Row(cells.get("batch", ""), cells.get("document", ""), int(position), text, label, single)
