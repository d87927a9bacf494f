"""Wherever an archive is cut, its rows are those that stand in it."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.bulk import cutting, inputs, reading
from service.bulk.inputs import Columns
from service.bulk.reading import Row

COLUMNS = Columns("text", "id", "date")
TEXTS = st.text(st.sampled_from("ab\",;\n\r \t'é👍\\"), max_size=12).map(lambda text: f"x{text}")
SIZES = st.integers(1, 60)
# The folder is written anew by each example.
again = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows(file: Path, part_bytes: int) -> list[Row]:
    (source,) = inputs.find([str(file)], COLUMNS)
    found = []
    for part in cutting.parts(0, source, part_bytes):
        own = list(reading.rows(part, COLUMNS, 1000))
        assert len(own) == part.rows
        found += own
    assert all(isinstance(row, Row) for row in found)
    return [row for row in found if isinstance(row, Row)]


@again
@given(st.lists(st.tuples(TEXTS, TEXTS)), SIZES, st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.booleans())
def test_csv(tmp_path: Path, pairs: list[tuple[str, str]], size: int, quoting: int, unix: bool) -> None:
    if quoting == csv.QUOTE_MINIMAL:  # which leaves a carriage return unquoted that ends no line
        pairs = [(one.replace("\r", ""), other.replace("\r", "")) for one, other in pairs]
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator="\n" if unix else "\r\n")  # type: ignore[arg-type]
    writer.writerows([("id", "text"), *pairs])
    file = tmp_path / "archive.csv"
    file.write_text(text.getvalue(), encoding="utf-8", newline="")
    found = rows(file, size)
    assert [(row.id, row.text) for row in found] == pairs
    starts = physical_lines(text.getvalue(), len(pairs))
    assert [row.line for row in found] == starts


def physical_lines(text: str, count: int) -> list[int]:
    """Return at which line, from 1, each record after the header begins: lines end with a line feed."""
    found, quoted, line, starts = [], False, 1, True
    for character in text:
        if starts:
            found.append(line)
            starts = False
        quoted ^= character == '"'
        if character == "\n":
            line += 1
            starts = not quoted
    return found[1 : count + 1]


@again
@given(st.lists(st.one_of(st.none(), TEXTS)), SIZES, st.booleans())
def test_ndjson(tmp_path: Path, texts: list[str | None], size: int, ended: bool) -> None:
    lines = ["" if text is None else json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    file = tmp_path / "archive.ndjson"
    file.write_text("\n".join(lines) + "\n" * ended, encoding="utf-8", newline="")
    promised = [(number, text) for number, text in enumerate(texts, 1) if text is not None]
    assert [(row.line, row.text) for row in rows(file, size)] == promised


@pytest.mark.parametrize("packing", ["", ".gz"])
def test_parts_have_the_size_asked_for(tmp_path: Path, packing: str) -> None:
    content = b"".join(json.dumps({"text": f"text {n}"}).encode() + b"\n" for n in range(1000))
    file = tmp_path / f"archive.ndjson{packing}"
    file.write_bytes(gzip.compress(content) if packing else content)
    (source,) = inputs.find([str(file)], COLUMNS)
    found = list(cutting.parts(3, source, 1000))
    assert [part.name for part in found] == [f"00003-{n:06}" for n in range(len(found))]
    assert {part.rows for part in found[:-1]} <= set(range(40, 60))
    assert sum(part.weight for part in found) == file.stat().st_size
