"""Every format and packing, and what is wrong with rows and files: named, and stopping nothing."""

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from service.bulk import streams
from service.cli import main
from tests.service.bulk.conftest import BERLIN, WARSAW, Bulk, articles, ndjson, rejects, table, tree

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.compress(content, "zstd", asbytes=True),
}


def as_ndjson(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_csv(rows: list[dict[str, Any]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_parquet(rows: list[dict[str, Any]], **options: Any) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), sink, **options)
    return sink.getvalue()


FORMS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    ".ndjson": as_ndjson,
    ".csv": as_csv,
    ".tsv": lambda rows: as_csv(rows, "\t"),
    ".parquet": lambda rows: as_parquet(rows, row_group_size=7),
}
# Each form, and each packing of the two that are packed.
KINDS = [*FORMS, *(f"{form}{packing}" for form in (".ndjson", ".csv") for packing in PACKERS if packing)]


def told(out: Path) -> list[tuple[Any, ...]]:
    return [(row["id"], row["date"], row["confidence"]) for row in table(out, "articles")]


@pytest.fixture(scope="module")
def promised(scheduler: str, toy_models: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What is told of twenty articles in the plainest format."""
    folder = tmp_path_factory.mktemp("plain")
    archive = ndjson(folder / "other.jsonl", articles(20))
    options = ["--out", str(folder / "out"), "--models", str(toy_models), "--scheduler", scheduler]
    assert main(["bulk", str(archive), *options]) == 0
    return told(folder / "out")


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_has_the_same_rows(
    bulk: Bulk, tmp_path: Path, out: Path, promised: list[tuple[Any, ...]], kind: str
) -> None:
    form = f".{kind.split('.')[1]}"
    (tmp_path / f"archive{kind}").write_bytes(PACKERS[kind.removeprefix(form)](FORMS[form](articles(20))))
    assert bulk(tmp_path / f"archive{kind}", part_bytes="700")[0] == 0
    assert told(out) == promised
    assert len(list((out / "parts").iterdir())) > 2
    again = tmp_path / "again"
    assert bulk(tmp_path / f"archive{kind}", out=again, part_bytes="700")[0] == 0
    assert tree(again) == tree(out)


def test_streams_of_several_members(bulk: Bulk, tmp_path: Path, out: Path) -> None:
    for packing, pack in PACKERS.items():
        halves = as_ndjson(articles(20)[:9]), as_ndjson(articles(20)[9:])
        (tmp_path / f"archive.ndjson{packing}").write_bytes(b"".join(map(pack, halves)))
    assert bulk(tmp_path)[0] == 0
    assert [row[0] for row in told(out)] == [row["id"] for row in articles(20)] * len(PACKERS)


LONG = f"is longer than {streams.LONGEST} bytes, or a quote in it is never closed"
BAD = [
    (b'{"text": "Berlin"', "is not JSON"),
    (b"[" * 10**5, "is not JSON"),
    (b"[1]", "is no JSON object"),
    (b'{"txt": "secret"}', "has no text"),
    (b'{"text": "secret\xff"}', "is not UTF-8: byte 16 is wrong"),
    (b'{"text": "secret\\u0000"}', "has a text with a NUL character"),
    (b'{"text": "secret\\ud800"}', "has a text with a lone surrogate, which is no character"),
    (b'{"text": "12 \xe2\x80\x93 13"}', "has a text without a letter"),
    (b'{"text": "%b"}' % (b"s" * 1_000_001), "has a text of more than 1000000 code points"),
    (b'{"text": "secret", "id": ["secret"]}', "has an id that is neither text nor a number"),
    (b'{"text": "secret", "date": true}', "has a date that is neither text nor a number"),
    (b'{"text": "%b"}' % (b"s" * streams.LONGEST), LONG),
]


@pytest.mark.parametrize("packing", ["", ".zst"])
def test_bad_rows_are_named_and_the_others_scored(bulk: Bulk, tmp_path: Path, out: Path, packing: str) -> None:
    good = json.dumps({"text": BERLIN, "id": 7, "date": 2019.5}).encode()
    lines = [line for bad, _ in BAD for line in (bad, b"", good)]
    archive = tmp_path / f"archive.ndjson{packing}"
    archive.write_bytes(PACKERS[packing](b"\xef\xbb\xbf" + good + b"\n" + b"\n".join(lines)))
    status, _, named = bulk(archive, part_bytes="100")
    assert (status, named) == (1, f"stance: {len(BAD)} of {2 * len(BAD) + 1} rows were rejected: {out}/rejects\n")
    assert rejects(out) == [(str(archive), 2 + 3 * n, reason) for n, (_, reason) in enumerate(BAD)]
    assert [(row["line"], row["id"], row["date"]) for row in table(out, "articles")] == [
        (line, "7", "2019.5") for line in (1, *range(4, 4 + 3 * len(BAD), 3))
    ]
    assert not [name for name, content in tree(out).items() if b"secret" in content]


def test_bad_csv_is_named_and_the_rest_scored(bulk: Bulk, tmp_path: Path, out: Path) -> None:
    lines = [
        "\ufefftext;id\r",
        '"Berlin called the ""step"";\na mistake.";1',
        'A 5" gun was a grave mistake.;2',
        '"Riga" praised it.;3',
        "one;two;three",
        "alone",
        f"{WARSAW};4",
        '"never closed;5',
    ]
    archive = tmp_path / "archive.csv"
    archive.write_text("\n".join(lines), newline="")
    assert bulk(archive, part_bytes="60")[0] == 1
    assert [(row["line"], row["id"]) for row in table(out, "articles")] == [(2, "1"), (4, "2"), (8, "4")]
    open_quote = "is not CSV: a quote is not closed, or closed too early"
    assert [(line, reason) for _, line, reason in rejects(out)] == [
        (5, open_quote),
        (6, "has 3 columns; the header has 2"),
        (7, "has 1 columns; the header has 2"),
        (9, open_quote),
    ]


def test_a_quote_that_is_never_closed_takes_no_more_than_a_row_may_have(bulk: Bulk, tmp_path: Path, out: Path) -> None:
    line = "x" * 99 + "\n"
    archive = tmp_path / "archive.csv"
    archive.write_text(f'text\n{BERLIN}\n"{line * (streams.LONGEST // 100 + 1)}{WARSAW}\n', newline="")
    assert bulk(archive)[0] == 1
    assert rejects(out) == [(str(archive), 3, LONG)]
    assert [row["label"] for row in table(out, "articles")] == ["criticism", "support"]


@pytest.mark.parametrize("packing", [".gz", ".bz2", ".xz", ".zst"])
def test_what_is_left_of_a_cut_off_file_is_scored(bulk: Bulk, tmp_path: Path, out: Path, packing: str) -> None:
    # Letters that nothing packs well, so that what is lost is not all in one block.
    rows = [{"text": f"{BERLIN} {random.randbytes(3000).hex()}"} for n in range(300)]
    packed = PACKERS[packing](as_ndjson(rows))
    (tmp_path / f"a.ndjson{packing}").write_bytes(packed[: len(packed) // 2])
    (tmp_path / f"b.ndjson{packing}").write_bytes(PACKERS[packing](as_ndjson(articles(3))))
    (tmp_path / f"c.ndjson{packing}").write_bytes(b"nothing packed")
    assert bulk(tmp_path, part_bytes="20000", unit="sentence")[0] == 1
    found = table(out, "texts")
    left = sum(row["source"].endswith(f"a.ndjson{packing}") for row in found)
    assert left < len(rows)
    assert len(found) == left + 3
    reason = "from here on the file is damaged or cut off"
    assert rejects(out) == [
        (f"{tmp_path}/{name}.ndjson{packing}", line, reason) for name, line in (("a", left + 1), ("c", 1))
    ]


def test_parquet_as_others_write_it(bulk: Bulk, tmp_path: Path, out: Path) -> None:
    moment = datetime(2019, 2, 1, 12, tzinfo=UTC)
    columns = {
        "body": pa.array([BERLIN, None, WARSAW, BERLIN], pa.large_string()).dictionary_encode(),
        "nr": pa.array([1, 2, None, 4]),
        "at": pa.array([moment, moment, moment, None], pa.timestamp("ns", "UTC")),
    }
    parquet.write_table(pa.table(columns), tmp_path / "archive.parquet")
    given = {"text_column": "body", "id_column": "nr", "date_column": "at"}
    assert bulk(tmp_path / "archive.parquet", **given)[0] == 1
    assert rejects(out) == [(f"{tmp_path}/archive.parquet", 2, "has no text")]
    day = "2019-02-01 12:00:00.000000000"
    found = [(row["line"], row["id"], row["date"]) for row in table(out, "articles")]
    assert found == [(1, "1", day), (3, None, day), (4, "4", None)]


def test_a_row_group_is_cut_into_slices(bulk: Bulk, tmp_path: Path, out: Path) -> None:
    (tmp_path / "archive.parquet").write_bytes(as_parquet(articles(120), row_group_size=100))
    assert bulk(tmp_path / "archive.parquet", part_bytes="10")[0] == 0
    assert len(list((out / "parts").iterdir())) == 64 + 20
    assert [row["line"] for row in table(out, "articles")] == list(range(1, 121))


def test_a_damaged_row_group_rejects_its_rows(bulk: Bulk, tmp_path: Path, out: Path) -> None:
    content = bytearray(as_parquet(articles(20), row_group_size=10, compression="zstd", use_dictionary=False))
    start = parquet.read_metadata(io.BytesIO(bytes(content))).row_group(1).column(2).data_page_offset
    content[start : start + 60] = b"\xff" * 60
    (tmp_path / "archive.parquet").write_bytes(content)
    assert bulk(tmp_path / "archive.parquet")[0] == 1
    assert [row["line"] for row in table(out, "articles")] == list(range(1, 11))
    assert [row[1:] for row in rejects(out)] == [(n, "stands in a row group that is damaged") for n in range(11, 21)]


def test_folders_and_globs_name_each_file_once(bulk: Bulk, tmp_path: Path, out: Path) -> None:
    folder = tmp_path / "archive"
    for name in ("2018/b.ndjson", "2018/a.jsonl", "2019/c.csv.gz", "2019/.d.ndjson", "2019/_e.csv", "2019/notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        packed = gzip.compress if name.endswith(".gz") else bytes
        (folder / name).write_bytes(packed(as_csv(articles(1)) if ".csv" in name else as_ndjson(articles(1))))
    assert bulk(folder, f"{folder}/**/*.ndjson", f"{folder}/2018/a.jsonl")[0] == 0
    assert [Path(row["source"]).name for row in table(out, "articles")] == ["a.jsonl", "b.ndjson", "c.csv.gz"]


def bad_inputs(folder: Path) -> dict[str, str]:
    """Make files that cannot be used, and return what is said of each."""
    (folder / "empty").mkdir()
    (folder / "notes.txt").write_text("x")
    (folder / "bare.csv").write_text("")
    (folder / "odd.csv").write_text('"text"x,id\n')
    (folder / "other.csv").write_text("body,id\nx,y\n")
    (folder / "false.csv.gz").write_text("text\nx")
    (folder / "false.parquet").write_text("text")
    (folder / "numbers.parquet").write_bytes(as_parquet([{"text": 1}]))
    (folder / "lists.parquet").write_bytes(as_parquet([{"text": "a", "id": [1]}]))
    return {
        "none": "no such file",
        "no*.ndjson": "no such file",
        "empty": "has no file that can be read: .ndjson, .jsonl, ",
        "notes.txt": "has none of the suffixes .ndjson, .jsonl, ",
        **dict.fromkeys(("bare.csv", "odd.csv", "other.csv", "false.csv.gz"), "has no column 'text'"),
        "false.parquet": "is no Parquet file, or it is damaged",
        "numbers.parquet": "has no text in its column 'text', but int64",
        "lists.parquet": "has no text in its column 'id', but list<",
    }


def test_inputs_that_cannot_be_used_are_wrong_usage(bulk: Bulk, tmp_path: Path, out: Path) -> None:
    for name, reason in bad_inputs(tmp_path).items():
        status, shown, named = bulk(tmp_path / name)
        assert (status, shown) == (2, "")
        assert re.fullmatch(rf"stance: {re.escape(f'{tmp_path}/{name}')}:? {re.escape(reason)}.*\n", named), named
    (tmp_path / "dated.csv").write_text("text,date\nx,y\n")
    assert bulk(tmp_path / "dated.csv", date_column="day")[0] == 2
    assert not out.exists()
