"""Labelled files: what is read, and the sentence for each that cannot be."""

from pathlib import Path

import pytest

from training import dataset
from training.dataset import DatasetError

GOOD = 'batch,document,position,text,label\na,d1,1,One.,support\na,d1,2,"Two, “quoted”\nover lines.",neutral\n'


def test_rows_come_in_order_with_their_columns(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(GOOD, encoding="utf-8")
    found = dataset.read(file)
    assert [(row.document, row.position, row.label) for row in found.rows] == [
        ("d1", 1, "support"),
        ("d1", 2, "neutral"),
    ]
    assert found.rows[1].text == "Two, “quoted”\nover lines."
    assert found.labels == ("neutral", "support")
    assert found.unit == "sentence"


def test_a_byte_order_mark_and_other_columns_are_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes("\ufefftext,label,colour\nNA,neutral,red\nNone,support,\n".encode())
    found = dataset.read(file)
    assert [row.text for row in found.rows] == ["NA", "None"]
    assert found.unit == "text"


def test_the_digest_is_of_the_rows_and_not_of_the_quoting(tmp_path: Path) -> None:
    plain, quoted = tmp_path / "plain.csv", tmp_path / "quoted.csv"
    plain.write_text("text,label\nA b.,neutral\n")
    quoted.write_text('"label","text"\r\n"neutral","A b."\r\n')
    assert dataset.read(plain).digest == dataset.read(quoted).digest


@pytest.mark.parametrize(
    ("rows", "grouped"),
    [
        ("a,d1,1,x,neutral\nb,d2,1,y,support\n", "batch"),
        ("a,d1,1,x,neutral\na,d2,1,y,support\n", "document"),
        ("a,d1,1,x,neutral\na,d1,2,y,support\n", "row"),
    ],
)
def test_groups_are_the_coarsest_that_hold_something_apart(tmp_path: Path, rows: str, grouped: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("batch,document,position,text,label\n" + rows)
    column, groups = dataset.read(file).groups()
    assert column == grouped
    assert len(set(groups)) == 2


HEADER = "batch,document,position,text,label\n"
BAD = [
    (b"", "row 1: the file is empty"),
    ("text,colour\nx,y\n", "row 1: no column label"),
    ("words,label\nx,y\n", "row 1: no column text"),
    ("text,label,text\nx,neutral,y\n", "row 1: column text stands there 2 times"),
    (HEADER, "row 2: no rows"),
    (HEADER + "a,d,1,Good.,neutral\na,d,2,secret words,maybe\n", "row 3: column label: unknown label; expected one of"),
    (HEADER + "a,d,1,   ,neutral\n", "row 2: column text: empty"),
    (HEADER + "a,d,one,Good.,neutral\n", "row 2: column position: not a number"),
    (HEADER + "a,d,1,Good\n", "row 2: 4 columns; expected 5"),
    (HEADER + 'a,d,1,Good.,neutral\na,d,2,"never closed,neutral\n', "row 3: broken quoting"),
    (HEADER + 'a,d,1,"closed" twice,neutral\n', "row 2: broken quoting"),
    (HEADER.encode() + b"a,d,1,Good.,neutral\na,d,2,caf\xe9,neutral\n", "row 3: a byte that is not UTF-8"),
]


@pytest.mark.parametrize(("content", "sentence"), BAD)
def test_a_bad_file_is_named_by_row_and_column_and_not_quoted(
    tmp_path: Path, content: str | bytes, sentence: str
) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError) as caught:
        dataset.read(file)
    assert str(caught.value).startswith(f"{file}: {sentence}")
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        dataset.read(tmp_path / "none.csv")


def test_one_class_only(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,label\nx,neutral\ny,neutral\n")
    with pytest.raises(DatasetError, match="every row has the same label"):
        dataset.require_classes(file, dataset.read(file))
