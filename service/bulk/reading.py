"""Parts to rows: what a worker reads."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from service.bulk import streams
from service.bulk.cutting import Content, Part, Slice, Stretch
from service.bulk.inputs import Columns, Source

_BATCH_ROWS = 1024
_BOM = b"\xef\xbb\xbf"
# Made once: json.loads and json.dumps cost a row as much again as what they do.
_from_json = json.JSONDecoder().decode
_to_json = json.JSONEncoder().encode


class Row(NamedTuple):
    """A row to judge; its line in its source (of Parquet its row), from 1."""

    line: int
    id: str | None
    date: str | None
    text: str


class Reject(NamedTuple):
    """Why a row is not judged; says nothing of its text."""

    line: int
    reason: str


class RowError(Exception):
    """A row that cannot be judged; the message is the reason."""


def rows(part: Part, columns: Columns, longest: int) -> Iterator[Row | Reject]:
    """Yield the rows of a part, of texts with at most `longest` code points. Raises `OSError`."""
    if isinstance(part.where, Slice):
        yield from _of_parquet(part, part.where, columns, longest)
        return
    line = part.line
    parse = _parser(part.source, columns)
    for record in _records(part):
        if not streams.blank(record):
            yield _row(line, parse, record, longest)
        line += record.lines
    if isinstance(part.where, Content) and part.where.damaged:
        yield Reject(line, "from here on the file is damaged or cut off")


def _records(part: Part) -> Iterator[streams.Record]:
    kind, delimiter = part.source.kind, part.source.delimiter
    if isinstance(part.where, Content):
        yield from streams.records(io.BytesIO(part.where.records), kind, delimiter)
    elif isinstance(part.where, Stretch):
        with Path(part.source.path).open("rb") as file:
            file.seek(part.where.start)
            left = part.where.size
            records = streams.records(file, kind, delimiter)
            while left > 0 and (record := next(records, None)):
                left -= record.size
                yield record


def _row(line: int, parse: Any, record: streams.Record, longest: int) -> Row | Reject:
    if len(record.content) > streams.LONGEST:
        return Reject(line, f"is longer than {streams.LONGEST} bytes, or a quote in it is never closed")
    try:
        return _checked(longest, line, *parse(_decoded(line, record.content)))
    except RowError as fault:
        return Reject(line, str(fault))


def _decoded(line: int, content: bytes) -> str:
    try:
        return (content.removeprefix(_BOM) if line == 1 else content).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise RowError(f"is not UTF-8: byte {fault.start} is wrong") from None


def _parser(source: Source, columns: Columns) -> Any:
    """Return what takes id, date and text out of a record."""
    names = columns.id, columns.date, columns.text
    if source.kind == "ndjson":
        return lambda record: _members(record, names)
    places = [source.header.index(name) if name in source.header else None for name in names]
    return lambda record: _cells(record, source, places)


def _members(record: str, names: Iterable[str]) -> list[Any]:
    try:
        value = _from_json(record)
    except (ValueError, RecursionError):
        raise RowError("is not JSON") from None
    if not isinstance(value, dict):
        raise RowError("is no JSON object")
    return [value.get(name) for name in names]


def _cells(record: str, source: Source, places: Iterable[int | None]) -> list[str | None]:
    try:
        cells = next(csv.reader([record], delimiter=source.delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise RowError("is not CSV: a quote is not closed, or closed too early") from None
    if len(cells) != len(source.header):
        raise RowError(f"has {len(cells)} columns; the header has {len(source.header)}")
    return [None if place is None else cells[place] for place in places]


def _of_parquet(part: Part, where: Slice, columns: Columns, longest: int) -> Iterator[Row | Reject]:
    names = columns.id, columns.date, columns.text
    line = part.line
    try:
        with parquet.ParquetFile(part.source.path) as file:
            present = [name for name in names if name in file.schema_arrow.names]
            batches = file.iter_batches(_BATCH_ROWS, [where.group], present, use_threads=False)
            cells = (row for batch in batches for row in _batch(batch, names))
            for values in islice(cells, where.skipped, where.skipped + part.rows):
                yield _parquet_row(line, values, longest)
                line += 1
    except (pa.ArrowException, OSError) as fault:
        if not streams.damaged(fault):
            raise
        for damaged in range(line, part.line + part.rows):
            yield Reject(damaged, "stands in a row group that is damaged")


def _batch(batch: pa.RecordBatch, names: Iterable[str]) -> Iterator[tuple[pa.Scalar | None, ...]]:
    found = [_text(batch.column(name)) if name in batch.schema.names else [None] * batch.num_rows for name in names]
    return zip(*found, strict=True)


def _text(column: pa.Array) -> pa.Array:
    """Write a column's values as text: numbers as JSON has them, times by ISO 8601, in UTC if they have a zone."""
    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = column.cast(pa.timestamp(column.type.unit))
    return column.cast(pa.string())


def _parquet_row(line: int, values: Iterable[pa.Scalar | None], longest: int) -> Row | Reject:
    try:
        id, date, text = (None if one is None else one.as_py() for one in values)
        return _checked(longest, line, id, date, text)
    except UnicodeDecodeError:
        return Reject(line, "is not UTF-8")
    except RowError as fault:
        return Reject(line, str(fault))


def _checked(longest: int, line: int, id: Any, date: Any, text: Any) -> Row:
    """Return the row, of a text that the service would take; raises `RowError`."""
    if not isinstance(text, str):
        raise RowError("has no text")
    if len(text) > longest:
        raise RowError(f"has a text of more than {longest} code points")
    if "\0" in text:
        raise RowError("has a text with a NUL character")
    if not _sound(text):
        raise RowError("has a text with a lone surrogate, which is no character")
    if not any(map(str.isalpha, text)):
        raise RowError("has a text without a letter")
    return Row(line, _mark(id, "an id"), _mark(date, "a date"), text)


def _mark(value: Any, name: str) -> str | None:
    """Return an id or a date as text, where it is text, a number or missing."""
    if value is None or (isinstance(value, str) and _sound(value)):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _to_json(value)
    raise RowError(f"has {name} that is neither text nor a number")


def _sound(text: str) -> bool:
    """Say whether UTF-8 can write a text."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
