"""Answers to stdout in the form asked for, faults to stderr."""

import argparse
import csv
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from typing import Any

from service.cli.asking import Answered, Card, Fault, Judge
from service.cli.texts import printable

Outcomes = Iterable[Answered | Fault]
Table = Callable[[Iterable[Answered], Card, bool], Iterator[str]]
_LONG_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Forms:
    """How a command's answers look: in JSON; in CSV by the labels: the columns, an answer's rows; in a table."""

    value: Callable[[Answered], Mapping[str, Any]]
    columns: Callable[[Sequence[str]], Sequence[str]]
    rows: Callable[[Answered, Sequence[str]], Iterable[Sequence[Any]]]
    table: Table


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how answers look; where rich is not installed there is no table."""
    rich = find_spec("rich") is not None
    parser.add_argument(
        "--format",
        choices=["table"] * rich + ["json", "ndjson", "csv"],
        default="table" if rich and sys.stdout.isatty() else "ndjson",
        help="default: table on a terminal (needs the extra cli), else ndjson",
    )
    parser.add_argument("--no-color", action="store_true", help="no colours in tables, as with NO_COLOR set")


def show(options: argparse.Namespace, judge: Judge, outcomes: Outcomes, total: int | None, forms: Forms) -> int:
    """Write each answer as soon as it is there, and name each fault; returns the exit status, 1 after a fault."""
    faults = Faults()
    write(_laid_out(options, judge, faults.name(_progress(outcomes, total)), forms))
    return 1 if faults.named else 0


def write(pieces: Iterable[str]) -> None:
    """Write each piece to stdout as soon as it is there."""
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()


def coloured(options: argparse.Namespace) -> bool:
    """Say whether tables have colours."""
    return not (options.no_color or os.environ.get("NO_COLOR"))


class Faults:
    """Names faults on stderr, and remembers whether there were any."""

    def __init__(self) -> None:
        self.named = False

    def name(self, outcomes: Outcomes) -> Iterator[Answered]:
        """Yield the answers among the outcomes, and name the faults."""
        for one in outcomes:
            if isinstance(one, Answered):
                yield one
            else:
                self.named = True
                name(one)


def name(fault: Fault) -> None:
    """Name a fault on stderr."""
    print(f"stance: {printable(fault.where)}: {fault.reason}", file=sys.stderr)


def _laid_out(options: argparse.Namespace, judge: Judge, answered: Iterator[Answered], forms: Forms) -> Iterator[str]:
    match options.format:
        case "table":
            return forms.table(answered, judge.card(), coloured(options))
        case "csv":
            labels = judge.card().labels
            rows = (row for one in answered for row in forms.rows(one, labels))
            return as_csv(forms.columns(labels), rows)
        case "json":
            return as_list(map(forms.value, answered))
        case _:
            return (encode(forms.value(one)) + "\n" for one in answered)


encode = json.JSONEncoder(ensure_ascii=False).encode


def as_list(values: Iterable[Any]) -> Iterator[str]:
    """Yield one list with a line for each value."""
    before = "[\n"
    for value in values:
        yield before + encode(value)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the columns' names and the rows, a line each."""
    for row in chain([columns], rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(row)
        yield line.getvalue()


def _progress(outcomes: Outcomes, total: int | None) -> Iterator[Answered | Fault]:
    """Yield the outcomes; from the second second on with a bar on stderr.

    None where stderr is no terminal, and where the answers go to one: there they are the progress.
    """
    if not sys.stderr.isatty() or sys.stdout.isatty() or not find_spec("rich"):
        yield from outcomes
        return
    started = time.monotonic()
    advance: Callable[[int], None] | None = None
    with ExitStack() as stack:
        for count, one in enumerate(outcomes, 1):
            yield one
            if advance is None and time.monotonic() - started > _LONG_SECONDS:
                from service.cli import table  # noqa: PLC0415  (rich: 60 ms)

                advance = stack.enter_context(table.bar(total))
            if advance is not None:
                advance(count)
