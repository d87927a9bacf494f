"""Labelled files: what is read, and the sentence for each that cannot be."""

from pathlib import Path

import pytest

from training import dataset, records
from training.records import DatasetError, Format

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


def rows_of(file: Path, content: bytes, **options: object) -> list[tuple[str, str]]:
    file.write_bytes(content)
    return [(row.text, row.label) for row in dataset.read(file, Format(**options)).rows]  # type: ignore[arg-type]


FORMS = [
    ("a.csv", b"text,label\nOne; two,pro\n", {}),
    ("a.csv", b"text;label\nOne; two;pro\n".replace(b"One; two", b'"One; two"'), {}),
    ("a.csv", b"text|label\nOne; two|pro\n", {"delimiter": "|"}),
    ("a.tsv", b"text\tlabel\nOne; two\tpro\n", {}),
    ("a.txt", b'text\tlabel\n"One; two"\tpro\n', {}),
    ("a.csv", b"\xef\xbb\xbftext,label\r\nOne; two, pro \r\n", {}),
    ("a.csv", "text,label\nOne; two,pro\n".encode("utf-16"), {"encoding": "utf-16"}),
    ("a.jsonl", b'{"text": "One; two", "label": "pro", "id": 7}\n\n', {}),
    ("a.NDJSON", b'{"label": "pro", "text": "One; two"}', {}),
    ("a.csv", b"tweet,stance,text\nOne; two,pro,x\n", {"text": "tweet", "label": "stance"}),
    ("a.csv", b"target,text,label\nA b,One; two,pro\nC,Other,con\n", {"only": {"target": "A b"}}),
    ("a.jsonl", b'{"text": "One; two", "label": "pro", "n": 1}\n{"text": "O", "label": "con"}', {"only": {"n": "1"}}),
]


@pytest.mark.parametrize(("name", "content", "options"), FORMS)
def test_the_same_row_in_every_form(tmp_path: Path, name: str, content: bytes, options: dict[str, object]) -> None:
    assert rows_of(tmp_path / name, content, **options) == [("One; two", "pro")]


def test_a_tab_separated_file_may_know_no_quoting(tmp_path: Path) -> None:
    content = b'text\tlabel\n"So" he said\tpro\n5" guns, never closed\tcon\n'
    assert rows_of(tmp_path / "a.tsv", content) == [('"So" he said', "pro"), ('5" guns, never closed', "con")]


def test_a_line_separator_in_a_json_string_ends_no_row(tmp_path: Path) -> None:
    content = '{"text": "One\u2028two", "label": "pro"}\n'.encode()
    assert rows_of(tmp_path / "a.jsonl", content) == [("One\u2028two", "pro")]


GUESSES = [
    ("a.csv", b"tweet|label\nx|pro\n", {}, 'the delimiter "," was guessed'),
    ("a.csv", b"text,label\ncaf\xe9,pro\n", {}, "UTF-8 was guessed"),
    ("a.csv", b"text,label\nx,pro\n", {"encoding": "latin-99"}, "unknown encoding"),
    ("a.csv", b"text,label\nx,pro\n", {"delimiter": "::"}, "expected one character"),
    ("a.csv", b"text,label\nx,pro\n", {"only": {"target": "x"}}, "no column target"),
    ("a.csv", b"text,label,target\nx,pro,y\n", {"only": {"target": "x"}}, "no rows with target=x"),
    ("a.jsonl", b'{"text": "x", "label": "pro"}\n["x"]\n', {}, "row 2: not JSON"),
    ("a.jsonl", b"", {}, "row 1: the file is empty"),
    ("a.jsonl", b'{"text": "x", "label": null}\n', {}, "row 1: column label: empty"),
]


@pytest.mark.parametrize(("name", "content", "options", "sentence"), GUESSES)
def test_a_wrong_guess_or_option_is_named(
    tmp_path: Path, name: str, content: bytes, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(DatasetError) as caught:
        rows_of(tmp_path / name, content, **options)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [["target"], ["=x"], ["a=1", "a=2"], ["a="]])
def test_an_option_without_name_and_value_is_refused(given: list[str]) -> None:
    with pytest.raises(DatasetError, match="--only: expected NAME=VALUE"):
        records.pairs("--only", given)


def test_running_documents_are_those_not_composed_alone(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("part,document,text,label\nsingle,s,x,pro\ndocument,d,y,con\ndocument,d,z,con\n")
    found = dataset.read(file)
    assert [row.single for row in found.rows] == [True, False, False]
    assert found.documents() == {"d": [1, 2]}


HEADER = "batch,document,position,text,label\n"
BAD = [
    (b"", "row 1: the file is empty"),
    ("text,colour\nx,y\n", "row 1: no column label"),
    ("words,label\nx,y\n", "row 1: no column text"),
    ("text,label,text\nx,neutral,y\n", "row 1: column text stands there 2 times"),
    (HEADER, "row 2: no rows"),
    (HEADER + "a,d,1,Good.,neutral\na,d,2,secret words,  \n", "row 3: column label: empty"),
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
