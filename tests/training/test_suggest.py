"""What to label next: the rule, by hand and on a real model, and the files that come of it."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.sparse import csr_matrix

from model import Analyzer
from training import corpus, dataset, label_studio, records, suggest

OURS = ["text", "label", "rank", "model_label", "confidence", "uncertainty", "uncertain"]
# The toy model knows all the words of the first four and none of the fifth.
SENTENCES = [
    "Oslo welcomed the grave mistake.",
    "The ministers met for talks in Geneva on Tuesday.",
    "Madrid deplored the decision and praised the talks.",
    "The step lasted.",
    "Zażółć gęślą jaźń.",
]


def test_uncertainty_is_what_the_margin_leaves() -> None:
    found = suggest.uncertainty(np.array([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0], [0.4, 0.4, 0.2]]))
    assert found == pytest.approx([0.8, 0.0, 1.0])


def test_the_rule_by_hand() -> None:
    # The second sentence is the first again, the third is at right angles to it, the fourth at 60 degrees.
    vectors = csr_matrix(np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0], [1.0, 3**0.5]]))
    uncertainties = np.array([0.9, 0.8, 0.3, 0.7])
    # 0.9; then 0.8 * 0, 0.3 * 1, 0.7 * 0.5; then of the third 0.3 * (1 - cos 30°), which is more than nothing.
    assert suggest.choose(uncertainties, vectors, 4) == [0, 3, 2, 1]
    assert suggest.choose(uncertainties, vectors, 2) == [0, 3]
    assert suggest.choose(np.array([0.5, 0.5]), csr_matrix(np.eye(2)), 9) == [0, 1]


@given(
    uncertainties=arrays.arrays(np.float64, 7, elements=st.floats(0, 1)),
    cells=arrays.arrays(np.float64, (7, 3), elements=st.sampled_from([0.0, 0.5, 1.0])),
    count=st.integers(0, 9),
)
def test_none_is_chosen_twice_and_fewer_are_the_first_of_more(
    uncertainties: suggest.Floats, cells: suggest.Floats, count: int
) -> None:
    vectors = csr_matrix(cells)
    chosen = suggest.choose(uncertainties, vectors, count)
    assert len(chosen) == len(set(chosen)) == min(count, 7)
    assert suggest.choose(uncertainties, vectors, 7)[:count] == chosen
    assert not chosen or uncertainties[chosen[0]] == uncertainties.max()


def suggested(toy_models: Path, file: Path, out: str, *options: object) -> Path:
    written = file.with_name(out)
    status = suggest.main([str(file), "--models", str(toy_models), "--out", str(written), *map(str, options)])
    assert status == 0
    return written


def test_a_table_ready_for_labelling(toy_models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "archive.txt"
    file.write_text("\n\r\n".join(SENTENCES), encoding="utf-8")
    out = suggested(toy_models, file, "next.csv")
    with out.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert list(rows[0]) == OURS
    assert {row["text"] for row in rows} == set(SENTENCES)
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row["label"] for row in rows] == [""] * 5
    # In words that the model cannot know, and so last, however little it is sure.
    assert [row["uncertain"] for row in rows] == ["", "", "", "", "unknown_vocabulary"]
    assert rows[4]["text"] == SENTENCES[4]
    for row, stance in zip(rows, Analyzer.load(toy_models).judge([row["text"] for row in rows]), strict=True):
        first, second = sorted(stance.probabilities.values())[:0:-1]
        assert row["model_label"] == stance.label
        assert float(row["confidence"]) == pytest.approx(stance.confidence, abs=1e-6)
        assert float(row["uncertainty"]) == pytest.approx(1 - (first - second), abs=1e-6)
    assert float(rows[0]["uncertainty"]) == max(float(row["uncertainty"]) for row in rows[:4])
    assert "5 of 5 sentences written" in capsys.readouterr().err
    again = suggested(toy_models, file, "again.csv")
    assert again.read_bytes() == out.read_bytes()


def test_tasks_with_the_models_answer_and_the_configuration_for_them(toy_models: Path, tmp_path: Path) -> None:
    file = tmp_path / "archive.csv"
    file.write_text("id,tweet,rank\n" + "".join(f"{n},{text},9\n" for n, text in enumerate(SENTENCES)))
    out = suggested(toy_models, file, "next.json", "--text-column", "tweet", "--count", 2)
    tasks = json.loads(out.read_text(encoding="utf-8"))
    assert [task["data"]["rank"] for task in tasks] == [1, 2]
    manifest = Analyzer.load(toy_models).manifest
    for task in tasks:
        assert list(task) == ["data", "predictions"]
        assert task["data"]["text"] == SENTENCES[int(task["data"]["id"])]
        (prediction,) = task["predictions"]
        assert prediction["model_version"] == manifest.version
        assert prediction["score"] == task["data"]["confidence"]
        assert prediction["result"][0]["value"] == {"choices": [task["data"]["model_label"]]}
    choices = ElementTree.fromstring(out.with_suffix(".xml").read_text(encoding="utf-8")).findall("Choices/Choice")
    assert tuple(choice.get("value") for choice in choices) == manifest.labels
    # Somebody labels the first, Label Studio exports both, and what has no label yet may be asked for again.
    tasks[0]["annotations"] = label_studio.task({}, "neutral")["annotations"]
    back = tmp_path / "export.json"
    back.write_text(json.dumps(tasks))
    assert [(row.text, row.label) for row in dataset.read(back).rows] == [(tasks[0]["data"]["text"], "neutral")]
    rest = suggested(toy_models, back, "rest.jsonl")
    (row,) = map(json.loads, rest.read_text(encoding="utf-8").splitlines())
    assert row["text"] == tasks[1]["data"]["text"]
    assert (row["rank"], row["id"], row["label"]) == (1, tasks[1]["data"]["id"], "")


LONG = "The ministers of four states met for long talks in Geneva on Tuesday"


def test_what_is_labelled_already_or_stands_there_twice_is_passed_over(
    toy_models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known, file = tmp_path / "labelled.csv", tmp_path / "archive.jsonl"
    known.write_text(f"text,label\n{LONG} and Wednesday.,neutral\nIt was overdue!,support\n")
    texts = [
        f"{LONG}, it was said.",  # nearly a labelled one
        "it was OVERDUE",  # a labelled one that is too short for a near-duplicate
        "Madrid deplored the decision and praised the grave talks in Geneva.",
        "Warsaw deplored the decision and praised the grave talks in Geneva.",  # the same of another actor
        "Riga met Paris.",
    ]
    rows = [{"text": text} for text in texts] + [{"text": "London praised it.", "label": "support"}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = suggested(toy_models, file, "next.jsonl", "--labelled", known)
    found = [json.loads(line)["text"] for line in out.read_text().splitlines()]
    assert len(found) == 2
    assert set(found) < {*texts[2:]}
    assert "2 of 5 sentences written" in capsys.readouterr().err


def test_for_our_target_the_corpus_is_known_without_being_named(toy_file: Path) -> None:
    seen = suggest.labelled([], records.Format(), suggest.own.TARGET)
    for name in ("train.csv", "test.csv"):
        assert all(row["text"] in seen for row in corpus.read(name)[::100])
    assert "The delegations met for talks in Geneva." not in seen
    assert "The delegations met for talks in Geneva." in suggest.labelled([toy_file], records.Format(), "the step")
    assert "Anything at all, but said at length." not in suggest.labelled([], records.Format(), "the step")


def test_only_the_most_uncertain_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggest, "POOL", 2)
    compared: list[str] = []

    class Features:
        def transform(self, texts: list[str]) -> csr_matrix:
            compared.extend(texts)
            return csr_matrix(np.ones((len(texts), 1)))

    texts = [f"Number {number} is a sentence of its own {number} words {number}." for number in range(9)]
    uncertainties = np.linspace(0.1, 0.9, 9)
    unknown = np.array([False] * 8 + [True])
    ranked, repeated = suggest.rank(Features(), texts, uncertainties, unknown, corpus.Seen(corpus.Masker([])), 2)
    assert compared == [texts[7], texts[6], texts[5], texts[4]]
    assert (ranked[0], repeated) == (7, 0)


@pytest.mark.parametrize(
    ("name", "content", "options", "sentence"),
    [
        ("a.txt", "", [], "no row without a label; expected sentences"),
        ("a.csv", "text,label\nsecret,pro\n", [], "no row without a label"),
        ("a.csv", "words\nsecret\n", [], "row 1: no column text"),
        ("a.csv", "text,id\nsecret,1\n ,2\n", [], "row 3: column text: empty; expected a text"),
        ("a.json", '[{"text": "secret"}]', [], "task 1: no data"),
        ("a.txt", "secret", ["--count", "2001"], "--count: expected 1 to 2,000"),
        ("a.txt", "secret", ["--out", "next.xlsx"], "expected a name that ends in .csv, .jsonl, .json"),
        ("a.txt", "secret", ["--out", "a.csv"], "is there already; expected a new name"),
        ("a.txt", "secret", ["--models", "nowhere"], "no model in"),
        ("a.txt", "secret", ["--labelled", "nowhere.csv"], "nowhere.csv: No such file"),
    ],
)
def test_what_cannot_be_used_ends_with_status_2_and_one_line(
    toy_models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str,
    options: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("kept")
    (tmp_path / name).write_text(content)
    before = {file.name for file in tmp_path.iterdir()}
    assert suggest.main([name, "--models", str(toy_models), "--out", "next.csv", *options]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert "secret" not in said
    assert {file.name for file in tmp_path.iterdir()} == before


def test_what_cannot_be_written_ends_with_status_1(
    toy_models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text(SENTENCES[0])
    out = tmp_path / "nowhere" / "next.csv"
    assert suggest.main([str(tmp_path / "a.txt"), "--models", str(toy_models), "--out", str(out)]) == 1
    assert f"{out}: cannot be written: No such file or directory" in capsys.readouterr().err
