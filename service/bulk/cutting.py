"""Sources to parts.

Parts are cut by what the files hold alone, so that the same inputs give the same parts: some `part_bytes` of whole
records, and of a Parquet file slices of its row groups. A plain file's part is a stretch of it that the worker reads
itself; a packed file can be read from its beginning only, so it is unpacked here, once, and the part has its records.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pyarrow import parquet

from service.bulk import streams
from service.bulk.inputs import Source

# Each slice reads its row group from the beginning, at a thousandth of what judging costs: so many cost some 3%.
_SLICES = 64


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of a plain file."""

    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Content:
    """Records out of a packed file; where it is `damaged`, one more row stands for all that cannot be unpacked."""

    records: bytes
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of a row group of a Parquet file."""

    group: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one task reads: so many `rows` of a source, the first at `line`; `weight` is their share of its bytes."""

    name: str
    source: Source
    where: Stretch | Content | Slice
    line: int
    rows: int
    weight: int


def parts(number: int, source: Source, part_bytes: int) -> Iterator[Part]:
    """Cut the source with this number among the inputs. Raises `OSError` where it cannot be read."""
    cut = _slices(source, part_bytes) if source.kind == "parquet" else _cut(source, part_bytes)
    for count, (where, line, rows, weight) in enumerate(cut):
        yield Part(f"{number:05}-{count:06}", source, where, line, rows, weight)


Cut = tuple[Stretch | Content | Slice, int, int, int]


def _cut(source: Source, part_bytes: int) -> Iterator[Cut]:
    """Yield where each part stands, its first line, its rows and how much of the file it is."""
    with streams.opened(source.path, source.packing) as (stream, place):
        records = streams.records(stream, source.kind, source.delimiter)
        begin, start, line, damaged = 0, 0, 1, False
        if source.header:
            header = next(records)
            start, line = header.size, 1 + header.lines
        while True:
            held: list[bytes] = []
            size = lines = rows = 0
            try:
                for record in records:
                    size += record.size
                    lines += record.lines
                    rows += not streams.blank(record)
                    if source.packing:
                        held.append(record.content)
                    if size >= part_bytes:
                        break
            except streams.DAMAGE as fault:
                if not streams.damaged(fault):
                    raise
                damaged = True
            if rows or damaged:
                read = place() if source.packing else start + size
                where = Content(b"".join(held), damaged) if source.packing else Stretch(start, size)
                yield where, line, rows + damaged, read - begin
                begin = read
            if damaged or not size:
                return
            start, line = start + size, line + lines


def _slices(source: Source, part_bytes: int) -> Iterator[Cut]:
    with parquet.ParquetFile(source.path) as file:
        found = file.metadata
        line = 1
        for number in range(found.num_row_groups):
            group = found.row_group(number)
            count = min(_SLICES, max(1, -(-group.total_byte_size // part_bytes)), max(1, group.num_rows))
            bounds = [group.num_rows * cut // count for cut in range(count + 1)]
            for start, end in pairwise(bounds):
                if end > start:
                    weight = source.bytes * (end - start) // found.num_rows
                    yield Slice(number, start), line + start, end - start, weight
            line += group.num_rows
