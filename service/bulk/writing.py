"""What a part leaves in the output folder: its rows in flat tables, its rejects, and last the record that it is done.

    out/
      articles/00000-000003.parquet    a row an article, by the number of its input and of its part of that
      sentences/…  actors/…            a row a sentence, a row an actor of an article
      texts/…                          instead of these three where each row is one text
      rejects/00000-000003.ndjson      the rows that were not judged, where there are any
      parts/00000-000003.json          the part is done: how many rows went in and came out

Every file is written beside under a hidden name, brought to the disk and renamed, so that whoever is killed leaves no
half of one; the same part written twice, even at the same time, gives the same files.
"""

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from pyarrow import parquet

from model import versions
from service.bulk.reading import Reject

REJECTS = "rejects"
PARTS = "parts"
FORMATS = ("parquet", "ndjson")
MAIN = {"article": "articles", "sentence": "texts"}
_encode = json.JSONEncoder(ensure_ascii=False).encode

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a part: its rows, how many were rejected, the sentences judged, the rows of each table.

    `tally` is what it adds to the summary, as `Tally.rows` has it.
    """

    rows: int
    rejects: int
    judged: int
    tables: Mapping[str, int]
    tally: Sequence[list[Any]]


def tables(unit: str, labels: Sequence[str]) -> dict[str, pa.Schema]:
    """Return the columns of each table: a model's labels are columns, so that they are asked for as any other."""
    keys = [("id", pa.string()), ("date", pa.string()), ("source", pa.string()), ("line", pa.int64())]
    stance = [
        ("label", pa.string()),
        ("confidence", pa.float64()),
        *((f"probability_{label}", pa.float64()) for label in labels),
        ("uncertain", pa.string()),
    ]
    sides = [("balance", pa.float64()), *((f"share_{label}", pa.float64()) for label in labels)]
    count = ("sentences", pa.int32())
    if unit == "sentence":
        return {"texts": pa.schema([*keys, *stance, count])}
    place = [("sentence", pa.int32()), ("start", pa.int32()), ("end", pa.int32())]
    actor = [(name, pa.string()) for name in ("actor", "name", "kind", "stands_for", "label")]
    lists = [("sentence_numbers", pa.list_(pa.int32())), ("via", pa.list_(pa.string()))]
    return {
        "articles": pa.schema([*keys, *stance, *sides, count]),
        "sentences": pa.schema([*keys, *place, *stance, ("actors", pa.list_(pa.string()))]),
        "actors": pa.schema(
            [*keys, *actor, ("confidence", pa.float64()), *sides, count, *lists, ("mentions", pa.int32())]
        ),
    }


def write(
    out: Path,
    name: str,
    form: str,
    schemas: Mapping[str, pa.Schema],
    rows: Mapping[str, Sequence[Values]],
    rejects: Sequence[tuple[str, Reject]],
    record: Record,
) -> None:
    """Write all that a part leaves, its record last; raises `OSError`."""
    for table, schema in schemas.items():
        put = _parquet if form == "parquet" else _ndjson
        _replace(out / table / f"{name}.{form}", put(schema, rows[table]))
    if rejects:
        lines = ({"source": source, "line": one.line, "reason": one.reason} for source, one in rejects)
        _replace(out / REJECTS / f"{name}.ndjson", _lines(lines))
    replace(out / PARTS / f"{name}.json", asdict(record))


def replace(file: Path, value: Mapping[str, Any]) -> None:
    """Write a value as JSON in place of what is there, wholly or not at all; raises `OSError`."""
    put(file, json.dumps(value, ensure_ascii=False).encode() + b"\n")


def put(file: Path, content: bytes) -> None:
    """Write a file in place of what is there, wholly or not at all; raises `OSError`."""
    _replace(file, lambda opened: opened.write(content))


def finished(out: Path) -> set[str]:
    """Return the names of the parts that are done."""
    try:
        return {one.stem for one in (out / PARTS).iterdir() if not one.name.startswith(".")}
    except FileNotFoundError:
        return set()


def clear(out: Path) -> None:
    """Remove what killed processes have left half written."""
    for folder in (out, *(one for one in out.iterdir() if one.is_dir())):
        for one in folder.glob(".*.beside"):
            one.unlink(missing_ok=True)


def _parquet(schema: pa.Schema, rows: Sequence[Values]) -> Callable[[IO[bytes]], Any]:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    table = pa.table([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema)
    return lambda opened: parquet.write_table(table, opened, compression="zstd")


def _ndjson(schema: pa.Schema, rows: Sequence[Values]) -> Callable[[IO[bytes]], Any]:
    return _lines(dict(zip(schema.names, row, strict=True)) for row in rows)


def _lines(values: Iterator[Mapping[str, Any]]) -> Callable[[IO[bytes]], Any]:
    return lambda opened: opened.writelines(_encode(value).encode() + b"\n" for value in values)


def _replace(file: Path, put: Callable[[IO[bytes]], Any]) -> None:
    with _beside(file) as beside:
        with beside.open("wb") as opened:
            put(opened)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(file)
    versions.sync(file.parent)


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """Give a name that no other process writes to at the same time; nothing is left there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{uuid.uuid4().hex}.beside")
    try:
        yield beside
    finally:
        beside.unlink(missing_ok=True)
