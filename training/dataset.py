"""Reading and checking labelled rows from CSV, TSV or JSONL; every fault names the file, the row and the column."""

import argparse
import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Literal

ENCODING = "UTF-8"
JSON_LINES = (".jsonl", ".ndjson")
_OPTIONAL = ("batch", "document", "position", "part")
_DELIMITERS = (",", "\t", ";")
_SINGLE = "single"
# Rows as they stand in a file: their number and their cells by column.
Records = list[tuple[int, dict[str, str]]]


class DatasetError(Exception):
    """A labelled file that cannot be used; the message is one line and quotes no text."""


@dataclass(frozen=True, slots=True)
class Format:
    """How to read a labelled file: the names of its columns, which rows to take, and what is not to be guessed.

    `only` maps a column to the value it must have; `delimiter` and `encoding` are guessed where they are empty: UTF-8,
    and the delimiter that splits the header best.
    """

    text: str = "text"
    label: str = "label"
    only: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""


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
    """The checked rows of one file in the file's order, and the columns it has."""

    rows: tuple[Row, ...]
    columns: frozenset[str]

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a command the options that say how labelled files are read; `options` reads them back."""
    parser.add_argument("--text-column", default="text", metavar="NAME", help="the column of texts (default: text)")
    parser.add_argument("--label-column", default="label", metavar="NAME", help="the column of labels (default: label)")
    parser.add_argument(
        "--only", action="append", default=[], metavar="COLUMN=VALUE", help="take the rows with this value alone"
    )
    parser.add_argument("--encoding", default="", help="of the files (default: UTF-8)")
    parser.add_argument("--delimiter", default="", help="between columns (default: guessed from the header)")


def options(arguments: argparse.Namespace) -> Format:
    """Return how to read, as the options of `add_arguments` say; raises `DatasetError` for one that says nothing."""
    return Format(
        text=arguments.text_column,
        label=arguments.label_column,
        only=pairs("--only", arguments.only),
        encoding=arguments.encoding,
        delimiter=arguments.delimiter.replace("\\t", "\t"),
    )


def pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    """Read `NAME=VALUE` options into a map; raises `DatasetError` for one of another form or a name given twice."""
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name or not value or name in found:
            raise DatasetError(f"{option}: expected NAME=VALUE, each name once")
        found[name] = value
    return found


def read(file: Path, form: Format | None = None) -> Dataset:
    """Read a labelled file: JSON lines where its name ends in .jsonl or .ndjson, else columns under a header row.

    It has a column of texts and one of labels, and perhaps `batch`, `document`, `position` (from 1) and `part`, which
    says "single" of a row that was composed alone. Other columns are left alone. Labels are taken without the blanks
    around them. Rows are counted as a spreadsheet counts them, the header being row 1; of JSON lines the first is row
    1. Raises `DatasetError` for an unreadable file and for the first fault in it.
    """
    form = form or Format()
    content, guessed = _decoded(file, form)
    if file.suffix.lower() in JSON_LINES:
        columns, records, guesses = *_json_lines(file, content), guessed
    else:
        columns, records, guesses = _table(file, content, form, guessed)
    for column in (form.text, form.label, *form.only):
        if column not in columns:
            raise DatasetError(f"{file}: row 1: no column {column}; expected it beside the others{guesses}")
    rows = [
        _row(f"{file}: row {number}", cells, form)
        for number, cells in records
        if all(cells.get(column, "").strip() == value for column, value in form.only.items())
    ]
    if not rows:
        where = " and ".join(f"{column}={value}" for column, value in form.only.items())
        raise DatasetError(f"{file}: row 2: no rows{' with ' + where if where else ''}; expected at least one")
    return Dataset(tuple(rows), frozenset(columns).intersection(_OPTIONAL))


def require_classes(file: Path, dataset: Dataset) -> None:
    """Raise `DatasetError` unless there are two labels or more and a word somewhere, as fitting needs."""
    if not any(any(map(str.isalnum, text)) for text in dataset.texts):
        raise DatasetError(f"{file}: column text: no word in any row; expected texts")
    if len(dataset.labels) < 2:
        raise DatasetError(f"{file}: column label: every row has the same label; expected two labels or more")


def _decoded(file: Path, form: Format) -> tuple[str, str]:
    """Return the file's text, and the words that name a guess at its encoding."""
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise DatasetError(f"{file}: {fault.strerror}; expected a CSV, TSV or JSONL file") from None
    encoding = form.encoding or ENCODING
    guessed = "" if form.encoding else f" ({ENCODING} was guessed: --encoding names another)"
    try:
        return content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding), guessed
    except LookupError:
        raise DatasetError(f"{file}: --encoding: unknown encoding; expected one that Python knows") from None
    except UnicodeError as fault:
        line = content.count(b"\n", 0, getattr(fault, "start", 0)) + 1
        raise DatasetError(
            f"{file}: row {line}: a byte that is not {encoding}; expected such a file{guessed}"
        ) from None


def _table(
    file: Path, content: str, form: Format, guessed: str
) -> tuple[list[str], list[tuple[int, dict[str, str]]], str]:
    delimiter = form.delimiter or max(_DELIMITERS, key=content.partition("\n")[0].count)
    if not form.delimiter:
        guessed += f" (the delimiter {json.dumps(delimiter)} was guessed: --delimiter names another)"
    try:
        header, records = _split(file, content, delimiter, quoted=True)
    except DatasetError:
        if delimiter != "\t":
            raise
        # Many tab-separated files know no quoting: a quotation mark in them is a character like another.
        header, records = _split(file, content, delimiter, quoted=False)
    for column, count in Counter(header).items():
        if count > 1 and column in (form.text, form.label, *form.only, *_OPTIONAL):
            raise DatasetError(f"{file}: row 1: column {column} stands there {count} times; expected once")
    return header, [(number, dict(zip(header, cells, strict=True))) for number, cells in records], guessed


def _split(file: Path, content: str, delimiter: str, quoted: bool) -> tuple[list[str], list[tuple[int, list[str]]]]:
    if len(delimiter) != 1:
        raise DatasetError(f"{file}: --delimiter: expected one character, or \\t")
    records: list[list[str]] = []
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    try:
        # strict: a quote that is not closed, or goes on after its end, is an error and not a guess
        records.extend(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True, quoting=quoting))
    except csv.Error as fault:
        raise DatasetError(f"{file}: row {len(records) + 1}: broken quoting ({fault}); expected CSV") from None
    if not records:
        raise DatasetError(f"{file}: row 1: the file is empty; expected a header row")
    header = records[0]
    for number, cells in enumerate(records[1:], start=2):
        if len(cells) != len(header):
            raise DatasetError(f"{file}: row {number}: {len(cells)} columns; expected {len(header)} as in the header")
    return header, list(enumerate(records[1:], start=2))


def _json_lines(file: Path, content: str) -> tuple[list[str], Records]:
    columns: dict[str, None] = {}
    records = []
    # Not splitlines: a JSON string may hold a line separator of Unicode as it stands.
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise DatasetError(f"{file}: row {number}: not JSON; expected an object on each line")
        columns.update(dict.fromkeys(found))
        records.append((number, {name: "" if value is None else str(value) for name, value in found.items()}))
    if not records:
        raise DatasetError(f"{file}: row 1: the file is empty; expected an object on each line")
    return list(columns), records


def _row(where: str, cells: Mapping[str, str], form: Format) -> Row:
    text, label = cells.get(form.text, ""), cells.get(form.label, "").strip()
    if not text.strip():
        raise DatasetError(f"{where}: column {form.text}: empty; expected a text")
    if not label:
        raise DatasetError(f"{where}: column {form.label}: empty; expected a label")
    position = cells.get("position", "0")
    if not position.isascii() or not position.isdigit():
        raise DatasetError(f"{where}: column position: not a number; expected 1, 2, 3 …")
    single = cells.get("part", "") == _SINGLE
    return Row(cells.get("batch", ""), cells.get("document", ""), int(position), text, label, single)
