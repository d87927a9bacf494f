"""The table of actors: a row of actors.csv as an entry, and the checks that it passes."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.actor_tokens import tokens

COLUMNS = ["id", "name", "kind", "stands_for", "aliases"]
KINDS = frozenset({
    "country", "group", "organisation", "government", "ministry", "parliament", "military", "party", "person", "ngo",
    "think-tank", "media", "author",
})  # fmt: skip
# A row and the number of its line, as an editor shows it.
Row = tuple[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """An actor of the table, or a country of the gazetteer; `stands_for` is the id of the actor one level up."""

    id: str
    name: str
    kind: str
    stands_for: str | None


def read_rows(file: Path) -> Iterator[Row]:
    """Yield the rows of a table; raises `ValueError` that names the row where its columns are not `COLUMNS`."""
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != COLUMNS:
            raise ValueError(f"{file.name}, row 1: columns are {reader.fieldnames}, not {COLUMNS}")
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(f"{file.name}, row {reader.line_num}: not {len(COLUMNS)} columns")
            yield reader.line_num, row


def read_entries(rows: Sequence[Row], file: str) -> dict[str, Entry]:
    """Return the entries of a table by id; raises `ValueError` that names the file, row and column."""
    entries: dict[str, Entry] = {}
    for line, row in rows:
        entry = Entry(row["id"], row["name"], row["kind"], row["stands_for"] or None)
        problem = _problem(entry, entries)
        if problem:
            raise ValueError(f"{file}, row {line}, column {problem}")
        entries[entry.id] = entry
    for line, row in rows:
        _check_chain(row["id"], entries, f"{file}, row {line}, column stands_for")
    return entries


def _problem(entry: Entry, before: Mapping[str, Entry]) -> str | None:
    if not entry.id or entry.id in before:
        return f"id: {entry.id!r} is empty or taken"
    if not tokens(entry.name):
        return "name: empty"
    return None if entry.kind in KINDS else f"kind: {entry.kind!r} is unknown"


def _check_chain(one: str, entries: Mapping[str, Entry], where: str) -> None:
    seen = {one}
    for above in climb(one, entries):
        if above not in entries:
            raise ValueError(f"{where}: {above!r} is unknown")
        if above in seen:
            raise ValueError(f"{where}: {above!r} stands for itself in the end")
        seen.add(above)


def climb(one: str, entries: Mapping[str, Entry]) -> Iterator[str]:
    """Yield the ids that an actor stands for, nearest first: endless where one stands for itself in the end."""
    while one in entries and (above := entries[one].stands_for):
        yield above
        one = above
