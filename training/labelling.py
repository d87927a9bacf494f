"""python training/labelling.py FILE --out FILE: a labelled file in another form, for people to label in and back."""

import argparse
import csv
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training import label_studio, records
from training.label_studio import LABEL, TEXT, Prediction
from training.records import DatasetError, Format, Records

CSV, JSON_LINES, TASKS = ".csv", ".jsonl", label_studio.SUFFIX
SUFFIXES = (CSV, JSON_LINES, TASKS)
Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Unit:
    """A text with its label (empty: nobody has labelled it), its other columns and what a model says of it."""

    text: str
    label: str
    others: Mapping[str, Cell]
    prediction: Prediction | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert; returns the exit status: 0, 2 for a file that cannot be used, 1 for one that cannot be written."""
    options = _options(arguments)
    try:
        require_new(options.out)
        form = records.options(options)
        columns, found, _ = records.read(options.file, form)
        units = [
            Unit(records.text_of(f"{options.file}: {place}", cells, form), cells.get(form.label, "").strip(), others)
            for (place, cells), others in zip(found, other_columns(columns, found, form), strict=True)
        ]
        write(options.out, units, sorted({unit.label for unit in units if unit.label}))
    except DatasetError as fault:
        print(fault, file=sys.stderr)
        return 2
    except OSError as fault:
        print(f"{options.out}: cannot be written: {fault.strerror}", file=sys.stderr)
        return 1
    return 0


def other_columns(columns: Sequence[str], found: Records, form: Format) -> list[dict[str, Cell]]:
    """Return the cells of each row beside text and label, which get the names `text` and `label`."""
    kept = [name for name in columns if name not in (form.text, form.label, TEXT, LABEL)]
    # A row of JSON lines may lack a column that others have; a position has to be a number.
    return [{name: cells.get(name, "0" if name == "position" else "") for name in kept} for _, cells in found]


def require_new(file: Path) -> None:
    """Raise `DatasetError` unless `write` knows the form and there is no such file: it may hold a day's labels."""
    if file.suffix.lower() not in SUFFIXES:
        raise DatasetError(f"{file}: no form that is known; expected a name that ends in {', '.join(SUFFIXES)}")
    for one in _files(file):
        if one.exists():
            raise DatasetError(f"{one}: is there already; expected a new name")


def write(file: Path, units: Sequence[Unit], labels: Sequence[str]) -> None:
    """Write units as CSV, JSON lines or Label Studio's tasks, by the file's name; half of it is never there.

    Beside the tasks goes the configuration of a project with these `labels`, in a file of the same name in .xml.
    Raises `OSError`.
    """
    suffix = file.suffix.lower()
    if suffix == TASKS:
        tasks = [label_studio.task({TEXT: unit.text, **unit.others}, unit.label, unit.prediction) for unit in units]
        contents = [json.dumps(tasks, ensure_ascii=False, indent=1) + "\n", label_studio.configuration(labels) + "\n"]
    else:
        rows = [{TEXT: unit.text, LABEL: unit.label, **unit.others} for unit in units]
        contents = [_csv(rows) if suffix == CSV else _json_lines(rows)]
    for one, content in zip(_files(file), contents, strict=True):
        _save(one, content)


def _files(file: Path) -> list[Path]:
    return [file, file.with_suffix(".xml")] if file.suffix.lower() == TASKS else [file]


def _csv(rows: Sequence[Mapping[str, Cell]]) -> str:
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(rows[0]) if rows else [TEXT, LABEL])
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def _json_lines(rows: Sequence[Mapping[str, Cell]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _save(file: Path, content: str) -> None:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_bytes(content.encode())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python training/labelling.py", description="Write a labelled file in another form."
    )
    parser.add_argument("file", type=Path, help="rows, labelled or not: CSV, TSV, JSONL, Label Studio's JSON")
    parser.add_argument("--out", type=Path, required=True, help="a new file: .csv, .jsonl, or .json for Label Studio")
    records.add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
