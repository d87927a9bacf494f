"""Labelled files, CSV, TSV, JSONL or Label Studio, read into rows of cells; each fault names file, row and column."""

import argparse
import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from training import label_studio

ENCODING = "UTF-8"
JSON_LINES = (".jsonl", ".ndjson")
# Columns that a labelled file may have beside its texts and labels.
OPTIONAL = ("batch", "document", "position", "part")
_DELIMITERS = (",", "\t", ";")
# Rows as they stand in a file: their place ("row 7", "task 7") and their cells by column.
Records = list[tuple[str, dict[str, str]]]


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


def read(file: Path, form: Format) -> tuple[list[str], Records, str]:
    """Read the rows that `form.only` takes, labelled or not; return the columns, the rows, and what was guessed.

    JSON lines where the file's name ends in .jsonl or .ndjson, Label Studio's JSON where it ends in .json, else columns
    under a header row. Rows are counted as a spreadsheet counts them, the header being row 1; of JSON lines and tasks
    the first is 1. A task's label is what more than half of its annotators chose, else empty; stderr says how often
    they disagree. Raises `DatasetError` for an unreadable file and where a column is missing.
    """
    content, guesses = _decoded(file, form)
    if of_label_studio(file):
        columns, found = _tasks(file, content, form)
    elif file.suffix.lower() in JSON_LINES:
        columns, found = _json_lines(file, content)
    else:
        columns, found, guesses = _table(file, content, form, guesses)
    for column in (form.text, *form.only):
        require_column(file, columns, column, guesses)
    taken = [
        (place, cells)
        for place, cells in found
        if all(cells.get(column, "").strip() == value for column, value in form.only.items())
    ]
    return columns, taken, guesses


def lines(file: Path, form: Format) -> Records:
    """Read a plain text file, a text a line, blank ones left out; raises `DatasetError` for an unreadable file."""
    content, _ = _decoded(file, form)
    numbered = enumerate(content.split("\n"), start=1)
    return [(f"row {number}", {form.text: line.strip()}) for number, line in numbered if line.strip()]


def text_of(where: str, cells: Mapping[str, str], form: Format) -> str:
    """Return the text of a row; raises `DatasetError` where it is empty."""
    text = cells.get(form.text, "")
    if not text.strip():
        raise DatasetError(f"{where}: column {form.text}: empty; expected a text")
    return text


def of_label_studio(file: Path) -> bool:
    """Tell whether a file's name says that it holds tasks of Label Studio."""
    return file.suffix.lower() == label_studio.SUFFIX


def require_column(file: Path, columns: Sequence[str], column: str, guesses: str) -> None:
    """Raise `DatasetError` where a column is missing; `guesses` are the words that name what was guessed."""
    if column not in columns:
        first = "task 1" if of_label_studio(file) else "row 1"
        raise DatasetError(f"{file}: {first}: no column {column}; expected it beside the others{guesses}")


def _decoded(file: Path, form: Format) -> tuple[str, str]:
    """Return the file's text, and the words that name a guess at its encoding."""
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise DatasetError(f"{file}: {fault.strerror}; expected a CSV, TSV, JSONL or JSON file") from None
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


def _table(file: Path, content: str, form: Format, guessed: str) -> tuple[list[str], Records, str]:
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
        if count > 1 and column in (form.text, form.label, *form.only, *OPTIONAL):
            raise DatasetError(f"{file}: row 1: column {column} stands there {count} times; expected once")
    return header, [(f"row {number}", dict(zip(header, cells, strict=True))) for number, cells in records], guessed


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
    records: Records = []
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
        records.append((f"row {number}", _cells(f"{file}: row {number}", found)))
    if not records:
        raise DatasetError(f"{file}: row 1: the file is empty; expected an object on each line")
    return list(columns), records


def _tasks(file: Path, content: str, form: Format) -> tuple[list[str], Records]:
    try:
        tasks = label_studio.read(content, form.label)
    except label_studio.TaskError as fault:
        raise DatasetError(f"{file}: {fault}") from None
    if disagreed := sum(bool(task.labels) and not task.label for task in tasks):
        print(f"{file}: tasks without a label because annotators disagree: {disagreed:,}", file=sys.stderr)
    columns = dict.fromkeys([*(name for task in tasks for name in task.data), form.label])
    records = [
        (f"task {number}", _cells(f"{file}: task {number}", {**task.data, form.label: task.label}))
        for number, task in enumerate(tasks, start=1)
    ]
    return list(columns), records


def _cells(where: str, found: Mapping[str, Any]) -> dict[str, str]:
    cells = {name: "" if value is None else str(value) for name, value in found.items()}
    try:
        "".join([*cells, *cells.values()]).encode()
    except UnicodeEncodeError:
        raise DatasetError(f"{where}: a lone surrogate (\\ud800 to \\udfff); expected Unicode text") from None
    return cells
