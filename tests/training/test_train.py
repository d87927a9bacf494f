"""The training run, as a user starts it."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from model import Analyzer
from tests.conftest import UNMEASURED
from training import curve, folds, parameters, search, train
from training.dataset import Dataset, Row
from training.records import DatasetError

ROOT = Path(__file__).parents[2]


def published(models: Path) -> Path:
    return models / (models / "current").read_text().strip()


@pytest.mark.no_cover
def test_a_run_publishes_and_says_what_it_measured(
    toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main(["--data", str(toy_file), "--test", str(toy_file), "--out", str(tmp_path / "models")]) == 0
    out, err = capsys.readouterr()
    assert "## Cross-validation, 2 folds grouped by batch" in out
    assert "## Held out, toy.csv" in out
    assert "macro-F1" in out
    assert "## Behaviour" in out
    assert "warning: 10 rows; below 200 expect little" in err
    assert "warning: few rows of a label: 3 of criticism, 4 of neutral, 3 of support" in err
    version = published(tmp_path / "models")
    assert f"published version {version.name}" in out
    manifest = json.loads((version / "manifest.json").read_text())
    report = json.loads((version / "report.json").read_text())
    assert manifest["target"] == "US withdrawal from the INF Treaty"
    assert manifest["labels"] == ["criticism", "neutral", "support"]
    assert manifest["roles"] == {label: label for label in manifest["labels"]}
    assert manifest["data"] == report["data"]
    assert manifest["data"]["labels"] == {"criticism": 3, "neutral": 4, "support": 3}
    assert report["cross_validation"]["grouped_by"] == "batch"
    assert report["test"]["model"]["rows"] == 10
    for name, part in (("cross_validation", "macro_f1"), ("test", "f_avg")):
        assert manifest["metrics"][name][part] == report[name]["model"][part]
    assert manifest["metrics"]["behaviour"]["cases"] >= 250


def test_the_report_has_its_plots(toy_models: Path) -> None:
    version = published(toy_models)
    text = (version / "report.md").read_text()
    plots = sorted(file.name for file in version.glob("*.png"))
    assert plots == ["confusion.png", "coverage.png", "reliability.png", "terms.png"]
    for name in plots:
        assert (version / name).read_bytes().startswith(b"\x89PNG")
        assert f"]({name})" in text
    assert "## Behaviour" not in text, "of another target nothing is known"


TWEETS = [
    ("Target", "Tweet", "Stance"),
    ("Dogs", "#SaveTheDogs they are lovely, see https://t.co/a", "FAVOR"),
    ("Dogs", "Dogs are lovely and loyal @pack", "FAVOR"),
    ("Dogs", "I adore a loyal dog", "FAVOR"),
    ("Dogs", "Dogs are a loud and smelly nuisance #NoDogs", "AGAINST"),
    ("Dogs", 'ban "loud" dogs! nuisance', "AGAINST"),
    ("Dogs", "smelly dogs are a nuisance", "AGAINST"),
    ("Dogs", "the park opens at nine", "NONE"),
    ("Dogs", "the shop opens on sunday", "NONE"),
    ("Dogs", "the bus leaves at nine", "NONE"),
    ("Cats", "Cats are lovely", "FAVOR"),
]


@pytest.mark.parametrize("name", ["tweets.csv", "tweets.tsv"])
def test_any_target_with_its_own_names(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    file = tmp_path / name
    with file.open("w", encoding="utf-8", newline="") as opened:
        if name.endswith(".csv"):
            csv.writer(opened).writerows(TWEETS)
        else:
            opened.writelines("\t".join(row) + "\n" for row in TWEETS)
    own = ["--text-column", "Tweet", "--label-column", "Stance", "--target", "Dogs", "--only", "Target=Dogs"]
    assert train.main(["--data", str(file), "--out", str(tmp_path / "models"), *own]) == 0
    out, err = capsys.readouterr()
    assert "this model is of one target, Dogs: it says nothing of any other" in err
    assert "F_avg" in out
    analyzer = Analyzer.load(tmp_path / "models")
    assert analyzer.manifest.labels == ("AGAINST", "FAVOR", "NONE")
    assert analyzer.manifest.roles == {"support": "FAVOR", "criticism": "AGAINST", "neutral": "NONE"}
    assert analyzer.manifest.unit == "text"
    assert analyzer.manifest.data["rows"] == 9
    stance = analyzer.classify("A nuisance. A loud nuisance, these dogs.")
    assert stance.label == "AGAINST"
    assert stance.sentences == 1


def test_two_labels_without_roles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.jsonl"
    texts = ["the sun shines", "a sunny day", "sun again", "rain falls", "a rainy day", "rain again"]
    lines = [json.dumps({"text": text, "label": "dry" if "sun" in text else "wet"}) for text in texts]
    file.write_text("\n".join(lines))
    assert train.main(["--data", str(file), "--out", str(tmp_path / "models"), "--target", "weather"]) == 0
    assert "F_avg" not in capsys.readouterr().out
    analyzer = Analyzer.load(tmp_path / "models")
    assert analyzer.manifest.roles == {}
    assert analyzer.classify("sunny").label == "dry"
    assert analyzer.classify("rainy").label == "wet"
    assert sum(analyzer.classify("rainy sun").probabilities.values()) == pytest.approx(1)


def test_roles_are_kept_in_the_manifest(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,label\nsun,yes\nsunny,yes\nrain,no\nrainy,no\n")
    roles = ["--roles", "support=yes,criticism=no", "--target", "sun"]
    assert train.main(["--data", str(file), "--out", str(tmp_path / "models"), *roles]) == 0
    assert Analyzer.load(tmp_path / "models").manifest.roles == {"support": "yes", "criticism": "no"}


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [("support=maybe", "no row has the label maybe"), ("support", "--roles: expected NAME=VALUE")],
)
def test_bad_roles_end_the_run(
    toy_file: Path, tmp_path: Path, roles: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main(["--data", str(toy_file), "--out", str(tmp_path), "--roles", roles]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_two_runs_give_the_same_version_and_metrics(toy_file: Path, toy_models: Path, tmp_path: Path) -> None:
    command = [sys.executable, "training/train.py", "--data", toy_file, "--out", tmp_path, "--target", "the step"]
    subprocess.run(command, cwd=ROOT, env=UNMEASURED, check=True, capture_output=True, timeout=120)
    first, second = (json.loads((published(models) / "manifest.json").read_text()) for models in (toy_models, tmp_path))
    assert first["content_digest"] == second["content_digest"]
    assert first["metrics"] == second["metrics"]


def test_the_search_records_what_it_chose(
    toy_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(search, "REGRESSION", {"class_weight": ("none",), "C": (0.5, 20.0)})
    monkeypatch.setattr(search, "MOST_DRAWS", 1)
    assert train.main(["--data", str(toy_file), "--out", str(tmp_path), "--target", "the step", "--search"]) == 0
    version = published(tmp_path)
    tried = json.loads((version / "report.json").read_text())["search"]
    assert len(tried) == 2 * search.rounds()
    assert [trial["macro_f1"] for trial in tried] == sorted((trial["macro_f1"] for trial in tried), reverse=True)
    used = Analyzer.load(tmp_path).manifest.parameters
    assert tried[0]["parameters"].items() <= used.items()
    out, err = capsys.readouterr()
    assert "## Search" in out
    assert f"search: {search.rounds()}/{search.rounds()}" in err


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
    done = subprocess.run(command, cwd=ROOT, env=UNMEASURED, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(file) in done.stderr
    assert sentence in done.stderr
    assert not models.exists()


def test_a_held_out_label_that_no_row_has_ends_the_run_before_it_begins(
    toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = tmp_path / "test.csv"
    test.write_text("text,label\nx,maybe\n")
    assert train.main(["--data", str(toy_file), "--test", str(test), "--out", str(tmp_path / "models")]) == 2
    err = capsys.readouterr().err
    assert "label maybe: no row of" in err
    assert err.count("\n") == 1


def test_a_file_of_rows_composed_alone_is_calibrated_on_all_of_them(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("part,text,label\n" + "single,sun is out,dry\nsingle,rain again,wet\n" * 3)
    assert train.main(["--data", str(file), "--out", str(tmp_path / "models"), "--target", "weather"]) == 0
    assert Analyzer.load(tmp_path / "models").manifest.temperature > 0


def test_a_failed_run_leaves_the_old_model(toy_file: Path, tmp_path: Path) -> None:
    assert train.main(["--data", str(toy_file), "--out", str(tmp_path), "--target", "the step"]) == 0
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
    splits = folds.split(data, 3, seed=1)
    assert len(splits) == 3
    for training, judged in splits:
        assert not {data.rows[n].batch for n in training} & {data.rows[n].batch for n in judged}
    assert sorted(n for _, judged in splits for n in judged) == list(range(18))


def test_a_label_in_one_group_only_cannot_be_cross_validated() -> None:
    with pytest.raises(DatasetError, match="one group only"):
        folds.split(rows(("a", "support"), ("a", "neutral"), ("b", "neutral")), 3, seed=1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("C = 10.0", ""), "no C"),
        (("C = 10.0", "C = 4.0\nD = 1"), "unknown key D"),
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
    assert train.main(["--data", str(toy_file), "--test", str(toy_file), "--target", "the step", "--curve"]) == 0
    found = json.loads((tmp_path / "curve.json").read_text())
    assert found["grouped_by"] == "batch"
    assert [point["share"] for point in found["points"]] == list(curve.SHARES)
    assert all(0 <= point[name]["macro_f1"] <= 1 for point in found["points"] for name in ("cross_validation", "test"))
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "learning curve written" in capsys.readouterr().out
    assert train.main(["--data", str(toy_file), "--out", str(tmp_path / "models"), "--target", "the step"]) == 0
    assert "## Learning curve" in capsys.readouterr().out
    report = json.loads((published(tmp_path / "models") / "report.json").read_text())
    assert report["curve"] == found
