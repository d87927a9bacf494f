"""Reading and checking labelled rows; every fault names the file, the row and the column."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

LABELS = ("support", "criticism", "neutral")
_REQUIRED = ("text", "label")
_READ = ("batch", "document", "position", "text", "label")


class DatasetError(Exception):
    """A labelled file that cannot be used; the message is one line and quotes no text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled unit; `batch` and `document` are empty and `position` is 0 where the file has no such column."""

    batch: str
    document: str
    position: int
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """The checked rows of one file in the file's order, and the columns it has."""

    rows: tuple[Row, ...]
    columns: frozenset[str]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in use, sorted, which is the order of a fitted pipeline's classes."""
        return tuple(sorted({row.label for row in self.rows}))

    @property
    def unit(self) -> str:
        """What a row is: a "sentence" of a document, or a whole "text" where no column gives a position."""
        return "sentence" if "position" in self.columns else "text"

    @property
    def digest(self) -> str:
        """SHA-256 over the checked rows in order: the same for the same rows however the file is quoted."""
        return hashlib.sha256(json.dumps([astuple(row) for row in self.rows]).encode()).hexdigest()

    def subset(self, numbers: Sequence[int]) -> "Dataset":
        """Return the rows with these numbers, counted from 0."""
        return replace(self, rows=tuple(self.rows[number] for number in numbers))

    def groups(self) -> tuple[str, list[str]]:
        """Return what must not be split between folds, and each row's group: batch, else document, else row.

        A column with one value only holds nothing apart, so the next one is taken.
        """
        for column in ("batch", "document"):
            groups = [getattr(row, column) for row in self.rows]
            if len(set(groups)) > 1:
                return column, groups
        return "row", [str(number) for number in range(len(self.rows))]


def read(file: Path) -> Dataset:
    """Read a CSV file with a header row, UTF-8, with the columns text and label and perhaps batch, document, position.

    Other columns are left alone. Rows are counted as a spreadsheet counts them, the header being row 1. Raises
    `DatasetError` for an unreadable file and for the first fault in it.
    """
    header, *records = _records(file)
    for column in _REQUIRED:
        if column not in header:
            raise DatasetError(f"{file}: row 1: no column {column}; expected the columns {' and '.join(_REQUIRED)}")
    for column, count in Counter(header).items():
        if count > 1 and column in _READ:
            raise DatasetError(f"{file}: row 1: column {column} stands there {count} times; expected once")
    rows = []
    for number, record in enumerate(records, start=2):
        if len(record) != len(header):
            raise DatasetError(f"{file}: row {number}: {len(record)} columns; expected {len(header)} as in the header")
        rows.append(_row(f"{file}: row {number}", dict(zip(header, record, strict=True))))
    if not rows:
        raise DatasetError(f"{file}: row 2: no rows; expected at least one below the header")
    return Dataset(tuple(rows), frozenset(header).intersection(_READ))


def require_classes(file: Path, dataset: Dataset) -> None:
    """Raise `DatasetError` unless there are two labels or more, as fitting needs."""
    if len(dataset.labels) < 2:
        raise DatasetError(f"{file}: column label: every row has the same label; expected two labels or more")


def _records(file: Path) -> list[list[str]]:
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise DatasetError(f"{file}: {fault.strerror}; expected a CSV file") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise DatasetError(f"{file}: row {line}: a byte that is not UTF-8; expected a file in that encoding") from None
    records: list[list[str]] = []
    try:
        # strict: a quote that is not closed, or goes on after its end, is an error and not a guess
        records.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as fault:
        raise DatasetError(f"{file}: row {len(records) + 1}: broken quoting ({fault}); expected CSV") from None
    if not records:
        raise DatasetError(f"{file}: row 1: the file is empty; expected a header row")
    return records


def _row(where: str, cells: Mapping[str, str]) -> Row:
    if not cells["text"].strip():
        raise DatasetError(f"{where}: column text: empty; expected a text")
    if cells["label"] not in LABELS:
        raise DatasetError(f"{where}: column label: unknown label; expected one of {', '.join(LABELS)}")
    position = cells.get("position", "0")
    if not position.isascii() or not position.isdigit():
        raise DatasetError(f"{where}: column position: not a number; expected 1, 2, 3 …")
    return Row(cells.get("batch", ""), cells.get("document", ""), int(position), cells["text"], cells["label"])
