"""The whole way: a CSV file, a training run, gunicorn, an answer, the end."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Served

ROOT = Path(__file__).parent.parent


def test_from_labelled_sentences_to_an_answer(toy_file: Path, tmp_path: Path, serve: Callable[..., Served]) -> None:
    models = tmp_path / "models"
    command = [sys.executable, "training/train.py", "--data", toy_file, "--out", models, "--target", "the step"]
    trained = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    version = (models / "current").read_text().strip()
    assert f"published version {version}" in trained.stdout

    served = serve(models).wait()
    request = urllib.request.Request(
        served.url + "/classify",
        data=json.dumps({"text": "Oslo deplored the step. Riga welcomed it."}).encode(),
        headers={"Content-Type": "application/json", "X-Request-Id": "desk-1"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        body = json.load(answer)
        assert answer.headers["X-Model-Version"] == version
        assert answer.headers["X-Request-Id"] == "desk-1"
    assert body["model"] == {"target": "the step", "version": version}
    assert body["sentences"] == 2
    assert served.stop() == 0
