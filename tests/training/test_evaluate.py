"""Measuring a published model on a labelled file, as a user does it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from model import Analyzer
from training import evaluate

ROOT = Path(__file__).parents[2]


def test_the_figures_are_printed_and_saved(toy_models: Path, toy_file: Path, tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "training" / "evaluate.py", "--data", toy_file, "--model", toy_models]
    done = subprocess.run(
        [*command, "--baselines"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    version = (toy_models / "current").read_text().strip()
    folder = tmp_path / "evaluation" / f"toy-{version}"
    assert "saved in evaluation" in done.stdout
    assert "Expected calibration error" in done.stdout
    assert "`min_confidence`" in done.stdout
    assert {file.name for file in folder.iterdir()} == {
        *("evaluation.json", "evaluation.md", "confusion.png", "reliability.png", "coverage.png")
    }
    found = json.loads((folder / "evaluation.json").read_text())
    assert set(found["baselines"]) == {"model", "majority", "VADER"}
    assert found["baselines"]["model"]["macro_f1"] == found["model"]["macro_f1"]
    assert found["baselines"]["majority"]["accuracy"] == 0.4
    assert all(judge["microseconds"] > 0 for judge in found["baselines"].values())
    low, high = found["intervals"]["macro_f1"]
    assert low <= found["model"]["macro_f1"] <= high


def test_it_is_the_services_analyzer_that_judges_each_row_as_one_unit(
    toy_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "Warsaw welcomed it. Berlin did not.", "label": "support"}\n')
    judged: list[str] = []
    judge = Analyzer.judge
    monkeypatch.setattr(Analyzer, "judge", lambda self, units: judged.extend(units) or judge(self, units))
    assert evaluate.main(["--data", str(file), "--model", str(toy_models), "--out", str(tmp_path)]) == 0
    assert judged == ["Warsaw welcomed it. Berlin did not."]


@pytest.mark.parametrize(
    ("content", "models", "sentence"),
    [
        ("text,label\nx,maybe\n", None, "label maybe: not one of the model's; expected criticism, neutral, support"),
        ("text\nx\n", None, "no column label"),
        ("text,label\nx,neutral\n", "nowhere", "no model in"),
    ],
)
def test_what_cannot_be_used_ends_with_status_2_and_one_line(
    toy_models: Path,
    tmp_path: Path,
    content: str,
    models: str | None,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(content)
    model = tmp_path / models if models else toy_models
    assert evaluate.main(["--data", str(file), "--model", str(model), "--out", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()
