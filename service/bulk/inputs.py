"""What is to be read: names, globs and folders to files, each with what has to be known of it before it is cut."""

import csv
import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from service.bulk import streams

_KINDS = {".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet"}
_DELIMITERS = ",;\t"


class InputError(Exception):
    """An input that cannot be used; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where text, id and date stand. An id or a date that was not `named` by the user may be missing in a file."""

    text: str
    id: str
    date: str
    named: frozenset[str] = frozenset()

    def check(self, name: str, found: Sequence[str]) -> None:
        """Raise `InputError` where a file has not what it must have."""
        for column in (self.text, *sorted(self.named)):
            if column not in found:
                raise InputError(f"{name} has no column {column!r}")


@dataclass(frozen=True, slots=True)
class Source:
    """An input file: its name as the output has it, where it is, what it holds and how that is packed.

    Of a CSV file the `delimiter` and the `header`; `bytes` and `modified` (in ns) tell whether it is still the same.
    """

    name: str
    path: str
    kind: str
    packing: str
    bytes: int
    modified: int
    delimiter: str = ""
    header: tuple[str, ...] = ()

    def unchanged(self) -> bool:
        """Say whether the file is as it was found."""
        try:
            found = Path(self.path).stat()
        except OSError:
            return False
        return (found.st_size, found.st_mtime_ns) == (self.bytes, self.modified)


def find(given: Sequence[str], columns: Columns) -> list[Source]:
    """Return the files that names, globs and folders stand for, each once, sorted by name.

    Reads the head of each CSV file and the foot of each Parquet file; raises `InputError` for what is not there or
    cannot be used.
    """
    names = sorted({name for one in given for name in _names(one)})
    return [_source(name, columns) for name in names]


def _names(given: str) -> Iterator[str]:
    if Path(given).is_dir():
        found = [str(one) for one in sorted(Path(given).rglob("*")) if _visible(one, Path(given)) and one.is_file()]
        usable = [one for one in found if _form(one)[0]]
        if not usable:
            raise InputError(f"{given} has no file that can be read: {_known()}")
        yield from usable
    elif Path(given).exists():
        yield given
    else:
        # pathlib's own glob takes no absolute pattern.
        found = [one for one in glob.glob(given, recursive=True) if Path(one).is_file()]  # noqa: PTH207
        if not found:
            raise InputError(f"{given}: no such file")
        yield from found


def _visible(path: Path, below: Path) -> bool:
    """Say whether no part of a path below a folder is hidden, as what is being written mostly is."""
    return not any(part.startswith((".", "_")) for part in path.relative_to(below).parts)


def _known() -> str:
    return f"{', '.join(_KINDS)}, all but Parquet also with {', '.join(streams.PACKINGS)}"


def _form(name: str) -> tuple[str, str]:
    """Return what a file holds and how it is packed, by its suffixes; empty for an unknown one."""
    path = Path(name.lower())
    packing = path.suffix if path.suffix in streams.PACKINGS else ""
    kind = _KINDS.get(path.with_suffix("").suffix if packing else path.suffix, "")
    return ("", "") if packing and kind == "parquet" else (kind, packing)


def _source(name: str, columns: Columns) -> Source:
    kind, packing = _form(name)
    if not kind:
        raise InputError(f"{name} has none of the suffixes {_known()}")
    shown = name.encode("utf-8", "backslashreplace").decode()
    try:
        found = Path(name).stat()
        source = Source(shown, str(Path(name).absolute()), kind, packing, found.st_size, found.st_mtime_ns)
        if kind == "csv":
            source = _csv(source, columns)
        elif kind == "parquet":
            _check_parquet(source, columns)
    except OSError as fault:
        raise InputError(f"{shown} cannot be read: {fault.strerror or 'it is damaged'}") from None
    return source


def _csv(source: Source, columns: Columns) -> Source:
    """Return the source with its header, split by the delimiter under which it has the text's column."""
    with streams.opened(source.path, source.packing) as (stream, _):
        try:
            first = next(streams.records(stream, "csv"), None)
        except streams.DAMAGE:
            first = None
    text = first.content.decode("utf-8", "replace").removeprefix("\ufeff") if first else ""
    headers = {one: _split(text, one) for one in _DELIMITERS}
    delimiter = next((one for one, header in headers.items() if columns.text in header), ",")
    columns.check(source.name, headers[delimiter])
    return replace(source, delimiter=delimiter, header=tuple(headers[delimiter]))


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter, strict=True), [])
    except csv.Error:  # as any other delimiter makes of quotes
        return []


def _check_parquet(source: Source, columns: Columns) -> None:
    """Raise `InputError` where a column is missing or no text can be made of it."""
    try:
        schema = parquet.read_schema(source.path)
    except pa.ArrowException:
        raise InputError(f"{source.name} is no Parquet file, or it is damaged") from None
    columns.check(source.name, schema.names)
    for column in (columns.text, columns.id, columns.date):
        if column in schema.names and not _writable(schema.field(column).type, column == columns.text):
            raise InputError(f"{source.name} has no text in its column {column!r}, but {schema.field(column).type}")


def _writable(kind: pa.DataType, text: bool) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain):
        return True
    numeric = pa.types.is_integer(plain) or pa.types.is_floating(plain) or pa.types.is_temporal(plain)
    return not text and numeric
