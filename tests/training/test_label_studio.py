"""Label Studio's JSON: what comes back from it as labelled rows, what goes out, and both ways round."""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import dataset, label_studio, labelling, train
from training.records import DatasetError, Format

ROOT = Path(__file__).parents[2]


def annotation(label: str | None, by: object = None, cancelled: bool = False) -> dict[str, Any]:
    """One annotation as Label Studio 1.x exports it, without what nobody reads."""
    choices = [{"id": "x1", "from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [label]}}]
    found = {"id": 7, "result": choices if label else [], "was_cancelled": cancelled, "ground_truth": False}
    return found if by is None else {**found, "completed_by": by}


def exported(*annotations: dict[str, Any], **data: object) -> dict[str, Any]:
    """One task of an export."""
    return {"id": 1, "annotations": list(annotations), "drafts": [], "predictions": [], "data": data, "meta": {}}


VOTES = [
    ([], ""),
    ([annotation("support", 1)], "support"),
    ([annotation(" support ", 1)], "support"),
    ([annotation("support", 1), annotation("support", 2)], "support"),
    ([annotation("support", 1), annotation("neutral", 2)], ""),
    ([annotation("support", 1), annotation("neutral", 2), annotation("support", 3)], "support"),
    ([annotation("support", 1), annotation("neutral", 2), annotation("criticism", 3)], ""),
    ([annotation("a", 1), annotation("a", 2), annotation("b", 3), annotation("b", 4)], ""),
    # Skipped, and submitted without a choice.
    ([annotation("support", 1, cancelled=True)], ""),
    ([annotation("support", 1), annotation("neutral", 2, cancelled=True), annotation(None, 3)], "support"),
    # Who annotates twice counts once, with the last; of people whom the export does not name each is another.
    ([annotation("neutral", 1), annotation("support", 1)], "support"),
    ([annotation("neutral", {"id": 1, "email": "a@b"}), annotation("support", {"id": 1, "email": "a@b"})], "support"),
    ([annotation("neutral"), annotation("support")], ""),
    ([annotation("neutral"), annotation("neutral"), annotation("support")], "neutral"),
]


@pytest.mark.parametrize(("annotations", "label"), VOTES)
def test_the_label_is_what_more_than_half_of_the_annotators_chose(
    annotations: list[dict[str, Any]], label: str
) -> None:
    (task,) = label_studio.read(json.dumps([exported(*annotations, text="One.")]))
    assert task.label == label


def test_what_stands_at_other_tags_does_not_count(tmp_path: Path) -> None:
    both = annotation("support", 1)
    both["result"] += [
        {"from_name": "why", "to_name": "text", "type": "textarea", "value": {"text": ["so"]}},
        {"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": ["pro"]}},
        {"type": "relation", "from_id": "a", "to_id": "b"},
    ]
    file = tmp_path / "export.json"
    file.write_text(json.dumps([exported(both, tweet="One.")]))
    assert dataset.read(file, Format(text="tweet")).gold == ["support"]
    assert dataset.read(file, Format(text="tweet", label="stance")).gold == ["pro"]


def test_training_takes_an_export_and_says_what_it_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = [
        exported(annotation("for", 1), text=f"Town {number} welcomed it gladly.", source="a") for number in range(6)
    ] + [exported(annotation("con", 1), text=f"Town {number} deplored it deeply.", source="a") for number in range(6)]
    tasks += [
        exported(text="Nobody has seen this one."),
        exported(annotation("for", 1), annotation("con", 2), text="Two see it in two ways."),
        exported(annotation("for", 1, cancelled=True), text="Skipped by the only one."),
    ]
    file = tmp_path / "export.json"
    file.write_text(json.dumps(tasks), encoding="utf-8")
    rows = dataset.read(file)
    assert (len(rows.rows), rows.labels, rows.unit) == (12, ("con", "for"), "text")
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"{file}: tasks without a label because annotators disagree: 1",
        f"{file}: tasks without a label, left out: 3",
    ]
    assert len(dataset.read(file, Format(only={"source": "a"})).rows) == 12
    assert train.main(["--data", str(file), "--out", str(tmp_path / "models"), "--target", "it"]) == 0
    assert (tmp_path / "models" / "current").exists()


def choice(value: object) -> dict[str, Any]:
    return {"result": [{"from_name": "label", "value": value}]}


FAULTS = [
    ("", "task 1: not JSON; expected a list of Label Studio's tasks"),
    ('{"data": {"text": "secret"}}', "task 1: not JSON; expected a list"),
    ("[" * 100_000, "task 1: not JSON; expected a list"),
    ([{"text": "secret", "label": "a"}], "task 1: no data; expected an object there, as in Label Studio's JSON export"),
    ([exported(text="x"), "secret"], "task 2: no data; expected an object"),
    ([{"data": {"text": "secret"}, "annotations": None}], "task 1: no annotations; expected a list"),
    ([exported({"result": "secret"}, text="x")], "task 1: annotation 1: no result; expected a list"),
    ([exported("secret", text="x")], "task 1: annotation 1: no result; expected a list"),
    ([exported(choice({"choices": ["a", "secret"]}), text="x")], "task 1: annotation 1: no single choice at label"),
    ([exported(choice({"choices": [7]}), text="x")], "task 1: annotation 1: no single choice at label; expected one"),
    ([exported(choice("secret"), text="x")], "task 1: annotation 1: no single choice at label"),
    ([exported({"result": [*choice({"choices": ["a"]})["result"]] * 2}, text="x")], "annotation 1: several results"),
    ([exported(annotation("a"), text="One."), exported(annotation("a"), text=" ")], "task 2: column text: empty"),
    ([exported(annotation("a"), words="secret")], "task 1: no column text"),
    ([exported(annotation("a"), text="x", position="one")], "task 1: column position: not a number"),
    ([exported(annotation("a"), text="x\ud800")], "task 1: a lone surrogate"),
    ([exported(annotation("\ud800"), text="x")], "task 1: a lone surrogate"),
    ([exported(text="secret")], "task 1: no rows; expected at least one"),
    ([], "task 1: no column text"),
]


@pytest.mark.parametrize(("content", "sentence"), FAULTS)
def test_a_fault_names_file_task_and_what_is_expected_and_never_the_text(
    tmp_path: Path, content: object, sentence: str
) -> None:
    file = tmp_path / "export.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        dataset.read(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert sentence in str(caught.value)
    assert "expected" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_configuration_offers_the_labels_that_tasks_are_imported_with() -> None:
    labels = ['"Pro" & <more>', "con", "it's $5"]
    found = ElementTree.fromstring(label_studio.configuration(labels))
    text, choices = found.find("Text"), found.find("Choices")
    assert text is not None
    assert choices is not None
    assert [one.get("value") for one in choices] == labels
    made = label_studio.task({"text": "One."}, "con", label_studio.Prediction("con", 0.5, "0123456789ab"))
    assert f"${next(iter(made['data']))}" == text.get("value")
    for result in (*made["annotations"][0]["result"], *made["predictions"][0]["result"]):
        assert (result["from_name"], result["to_name"]) == (choices.get("name"), text.get("name"))
        assert choices.get("toName") == text.get("name")
        assert result["value"]["choices"] == ["con"]


PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ROWS = st.lists(
    st.tuples(
        PLAIN.filter(str.strip),
        PLAIN.filter(str.strip),
        PLAIN,
        st.integers(0, 99),
        st.sampled_from(["", "single", "document"]),
    ),
    min_size=1,
    max_size=6,
)


@given(rows=ROWS, ways=st.permutations([".csv", ".jsonl", ".json"]))
def test_rows_are_the_same_after_every_form(rows: list[tuple[str, str, str, int, str]], ways: list[str]) -> None:
    names = ("words", "stance", "document", "position", "part")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "start.jsonl"
        file.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows))
        form = Format(text="words", label="stance")
        first = dataset.read(file, form)
        options = ["--text-column", "words", "--label-column", "stance"]
        for number, suffix in enumerate(ways):
            out = Path(folder) / f"{number}{suffix}"
            assert labelling.main([str(file), "--out", str(out), *options]) == 0
            assert dataset.read(out) == first
            file, options = out, []
        assert sorted(one.suffix for one in Path(folder).iterdir()) == [".csv", ".json", ".jsonl", ".jsonl", ".xml"]


def test_our_corpus_goes_through_label_studio_and_back(tmp_path: Path) -> None:
    file = ROOT / "training" / "data" / "test.csv"
    out, back = tmp_path / "tasks.json", tmp_path / "back.csv"
    command = [sys.executable, ROOT / "training" / "labelling.py"]
    subprocess.run([*command, file, "--out", out], check=True, timeout=60)
    subprocess.run([*command, out, "--out", back], check=True, timeout=60)
    assert dataset.read(out) == dataset.read(back) == dataset.read(file)
    assert set(back.read_text(encoding="utf-8").splitlines()[0].split(",")) == set(
        file.read_text(encoding="utf-8").splitlines()[0].split(",")
    )


def test_rows_without_a_label_stay_so_and_gaps_are_filled(tmp_path: Path) -> None:
    file, out, back = tmp_path / "rows.jsonl", tmp_path / "tasks.json", tmp_path / "back.csv"
    file.write_text('{"text": "One.", "label": "pro", "position": 3, "n": "a"}\n{"text": "Two.", "label": null}\n')
    assert labelling.main([str(file), "--out", str(out)]) == 0
    assert [task.label for task in label_studio.read(out.read_text())] == ["pro", ""]
    assert labelling.main([str(out), "--out", str(back)]) == 0
    assert back.read_bytes() == b"text,label,position,n\r\nOne.,pro,3,a\r\nTwo.,,0,\r\n"


def test_no_file_is_overwritten_and_none_is_left_in_half(
    tmp_path: Path, toy_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "tasks.xml"
    there.write_text("kept")
    for name, status, sentence in (
        ("tasks.json", 2, f"{there}: is there already; expected a new name\n"),
        ("tasks.xls", 2, "no form that is known; expected a name that ends in .csv, .jsonl, .json\n"),
        ("nowhere/tasks.csv", 1, "cannot be written: No such file or directory\n"),
    ):
        assert labelling.main([str(toy_file), "--out", str(tmp_path / name)]) == status
        assert capsys.readouterr().err.endswith(sentence)
    assert there.read_text() == "kept"
    assert {one.name for one in tmp_path.iterdir()} == {"tasks.xml"}


@pytest.mark.parametrize("name", ["rows.csv", "rows.json", "rows.jsonl"])
def test_a_disk_that_is_full_leaves_no_half_file(toy_file: Path, tmp_path: Path, name: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Enough for the configuration and not for the rows.
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, limits[1]))
    try:
        status = labelling.main([str(toy_file), "--out", str(tmp_path / name)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 1
    assert not list(tmp_path.iterdir())
