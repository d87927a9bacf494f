"""Packed and plain files as streams of records: lines, or for CSV as many lines as a record takes."""

import bz2
import csv
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyarrow as pa

# A text of the largest size takes 12 MB where JSON escapes each of its characters; what is longer is no row.
LONGEST = 2**24
_BUFFER_BYTES = 2**20
# What unpacking raises for a file that is damaged or cut off; an OSError is that too where it names no error number.
DAMAGE = (EOFError, zlib.error, lzma.LZMAError, OSError)


class Record(NamedTuple):
    """A record as it stands in its file, its line ends included; one longer than `LONGEST` is cut, but longer still.

    `size` is what it takes of the file, `lines` how many lines that are.
    """

    content: bytes
    size: int
    lines: int


def _zst(raw: IO[bytes]) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")


PACKINGS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": gzip.open,
    ".zst": _zst,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}


@contextmanager
def opened(path: str, packing: str) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
    """Open a file to be read unpacked, and say at any time how much of it, as it lies there, has been read.

    Raises `OSError`; reading may raise what `DAMAGE` has.
    """
    with Path(path).open("rb") as raw:
        if not packing:
            yield raw, raw.tell
            return
        with PACKINGS[packing](raw) as unpacked, io.BufferedReader(unpacked, _BUFFER_BYTES) as stream:
            yield stream, raw.tell


def damaged(fault: Exception) -> bool:
    """Say whether it is the file's content that raised this, and not the disk."""
    return not (isinstance(fault, OSError) and fault.errno)


def blank(record: Record) -> bool:
    """Say whether a record is an empty line, which is no row."""
    return not record.content.strip(b" \t\r\n")


def records(stream: IO[bytes], kind: str, delimiter: str = ",") -> Iterator[Record]:
    """Yield the records of a stream. Cost: linear; memory: some `LONGEST`."""
    lines = _lines(stream)
    if kind != "csv":
        return lines
    csv.field_size_limit(LONGEST)
    return _csv(lines, delimiter)


def _lines(stream: IO[bytes]) -> Iterator[Record]:
    read = stream.readline
    while line := read(LONGEST + 2):
        size = len(line)
        if size > LONGEST:
            more = line
            while more and not more.endswith(b"\n"):
                more = read(_BUFFER_BYTES)
                size += len(more)
            # With its end, so that the next line begins where it does when this is read again.
            line = line[: LONGEST + 1].removesuffix(b"\n") + b"\n"
        yield Record(line, size, 1)


def _csv(lines: Iterator[Record], delimiter: str) -> Iterator[Record]:
    """Join the lines of which quotes make one record, as Python's own csv reader does.

    A quote that nothing closes takes what follows, up to `LONGEST`; the next line then begins a record.
    """
    for line in lines:
        if b'"' not in line.content or _whole(line, delimiter):
            yield line
            continue
        taken: list[Record] = []
        with suppress(csv.Error):  # whoever reads the record comes upon the same
            next(csv.reader(_texts(line, lines, taken), delimiter=delimiter, strict=True), None)
        if len(taken) == 1:
            yield line
        else:
            content = b"".join(one.content for one in taken)
            yield Record(content, sum(one.size for one in taken), sum(one.lines for one in taken))


def _whole(line: Record, delimiter: str) -> bool:
    """Say whether a line is a record by itself, as nearly all are: told in half the time that the way below takes."""
    try:
        next(csv.reader((line.content.decode("latin-1"),), delimiter=delimiter, strict=True), None)
    except csv.Error:
        return False
    return True


def _texts(first: Record, lines: Iterator[Record], taken: list[Record]) -> Iterator[str]:
    """Yield the lines' bytes as characters, which quotes, delimiters and line ends of UTF-8 are as well."""
    taken.append(first)
    yield first.content.decode("latin-1")
    for line in lines:
        taken.append(line)
        yield line.content.decode("latin-1")
