"""The training run, as a user starts it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from model import Analyzer
from training import curve, evaluate, parameters, train
from training.dataset import Dataset, DatasetError, Row

ROOT = Path(__file__).parents[2]


def published(models: Path) -> Path:
    return models / (models / "current").read_text().strip()


def test_a_run_publishes_and_says_what_it_measured(
    toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main(["--data", str(toy_file), "--test", str(toy_file), "--out", str(tmp_path / "models")]) == 0
    out = capsys.readouterr().out
    assert "cross-validation, 2 folds grouped by batch, 10 rows" in out
    assert "held out, toy.csv, 10 rows" in out
    assert "macro-F1" in out
    version = published(tmp_path / "models")
    assert f"published version {version.name}" in out
    manifest = json.loads((version / "manifest.json").read_text())
    report = json.loads((version / "report.json").read_text())
    assert manifest["target"] == "US withdrawal from the INF Treaty"
    assert manifest["labels"] == ["criticism", "neutral", "support"]
    assert manifest["data"] == report["data"]
    assert manifest["data"]["labels"] == {"criticism": 3, "neutral": 4, "support": 3}
    assert manifest["metrics"]["cross_validation"] == report["cross_validation"]["model"]
    assert report["cross_validation"]["grouped_by"] == "batch"
    assert report["test"]["model"]["rows"] == 10


def test_two_runs_give_the_same_version_and_metrics(toy_file: Path, toy_models: Path, tmp_path: Path) -> None:
    command = [sys.executable, "training/train.py", "--data", toy_file, "--out", tmp_path, "--target", "the step"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    first, second = (json.loads((published(models) / "manifest.json").read_text()) for models in (toy_models, tmp_path))
    assert first["content_digest"] == second["content_digest"]
    assert first["metrics"] == second["metrics"]


def test_the_search_records_what_it_chose(
    toy_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train, "SEARCH_C", (0.5, 20.0))
    assert train.main(["--data", str(toy_file), "--out", str(tmp_path), "--search"]) == 0
    version = published(tmp_path)
    tried = json.loads((version / "report.json").read_text())["search"]
    assert len(tried) == 4
    assert [trial["macro_f1"] for trial in tried] == sorted((trial["macro_f1"] for trial in tried), reverse=True)
    used = Analyzer.load(tmp_path).manifest.parameters
    assert {key: used[key] for key in ("C", "class_weight")} == tried[0]["parameters"]
    assert "search, macro-F1" in capsys.readouterr().out


def test_another_seed_and_another_target_make_other_versions(toy_file: Path, toy_models: Path, tmp_path: Path) -> None:
    assert train.main(["--data", str(toy_file), "--out", str(tmp_path), "--target", "another step"]) == 0
    assert published(tmp_path).name != published(toy_models).name


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("text,label\nx,neutral\n", "every row has the same label"), ("text\nx\n", "no column label"), ("", "is empty")],
)
def test_a_bad_file_ends_with_status_2_and_one_line(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(content)
    models = tmp_path / "models"
    command = [sys.executable, "training/train.py", "--data", file, "--out", models]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(file) in done.stderr
    assert sentence in done.stderr
    assert not models.exists()


def test_a_failed_run_leaves_the_old_model(toy_file: Path, tmp_path: Path) -> None:
    assert train.main(["--data", str(toy_file), "--out", str(tmp_path)]) == 0
    before = published(tmp_path)
    bad = tmp_path / "bad.csv"
    bad.write_text("text,label\nx,neutral\n")
    assert train.main(["--data", str(bad), "--out", str(tmp_path)]) == 2
    assert published(tmp_path) == before
    assert Analyzer.load(tmp_path).manifest.version == before.name


def rows(*labels_by_batch: tuple[str, str]) -> Dataset:
    made = tuple(Row(batch, "", 0, f"text {number}", label) for number, (batch, label) in enumerate(labels_by_batch))
    return Dataset(made, frozenset({"batch", "text", "label"}))


def test_no_group_straddles_a_fold() -> None:
    data = rows(*[(batch, label) for batch in "abcdef" for label in ("support", "neutral", "neutral")])
    splits = evaluate.folds(data, 3, seed=1)
    assert len(splits) == 3
    for training, judged in splits:
        assert not {data.rows[n].batch for n in training} & {data.rows[n].batch for n in judged}
    assert sorted(n for _, judged in splits for n in judged) == list(range(18))


def test_a_label_in_one_group_only_cannot_be_cross_validated() -> None:
    with pytest.raises(DatasetError, match="one group only"):
        evaluate.folds(rows(("a", "support"), ("a", "neutral"), ("b", "neutral")), 3, seed=1)


def test_scores_by_hand() -> None:
    scores = evaluate.scores(["a", "b"], ["a", "a", "b", "b"], ["a", "b", "b", "b"])
    assert scores["accuracy"] == 0.75
    assert scores["labels"]["a"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "rows": 2}
    assert scores["labels"]["b"] == {
        "precision": pytest.approx(2 / 3),
        "recall": 1.0,
        "f1": pytest.approx(0.8),
        "rows": 2,
    }
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert scores["confusion"] == [[1, 1], [0, 2]]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("C = 10.0", ""), "no C"),
        (("C = 10.0", "C = 10.0\nD = 1"), "unknown key D"),
        (("C = 10.0", "C = 'ten'"), "C is str, expected float"),
        (("C = 10.0", "C = "), "Invalid value"),
    ],
)
def test_a_bad_parameters_file_is_named(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    file = tmp_path / "parameters.toml"
    file.write_text(parameters.FILE.read_text().replace(*change))
    with pytest.raises(parameters.ParametersError, match=sentence):
        parameters.read(file)


def test_the_learning_curve_is_measured_and_drawn(
    toy_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train, "CURVE", tmp_path / "curve.json")
    monkeypatch.setattr(curve, "DRAWS", 1)
    assert train.main(["--data", str(toy_file), "--test", str(toy_file), "--curve"]) == 0
    found = json.loads((tmp_path / "curve.json").read_text())
    assert found["grouped_by"] == "batch"
    assert [point["share"] for point in found["points"]] == list(curve.SHARES)
    assert all(0 <= point[name]["macro_f1"] <= 1 for point in found["points"] for name in ("cross_validation", "test"))
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "learning curve written" in capsys.readouterr().out
    assert train.main(["--data", str(toy_file), "--out", str(tmp_path / "models")]) == 0
    assert f"learning curve, macro-F1 in cross-validation (data {found['data'][:12]})" in capsys.readouterr().out
    report = json.loads((published(tmp_path / "models") / "report.json").read_text())
    assert report["curve"] == found
