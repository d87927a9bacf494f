"""The README's commands, run as they stand, and the answers that it promises."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from model import Analyzer
from tests.conftest import Served

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CORRECTIONS = README.split("\n## Corrections\n")[1].split("\n## ")[0]
# A command for the shell, and the JSON that it prints.
CALL = re.compile(r"```sh\n(curl [^`]+?)```\n+```json\n(.+?)```", re.DOTALL)
CALLS = CALL.findall(README.replace(CORRECTIONS, ""))
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def test_the_first_screen_has_both_commands_and_a_call() -> None:
    screen = "\n".join(README.splitlines()[:45])
    assert "make serve" in screen
    assert "make test" in screen
    assert "curl" in screen
    assert CALLS


def same(found: object, promised: object, where: str) -> None:
    """Compare answers: numbers to 0.0005, since the last digits differ between machines, and versions by their form."""
    if isinstance(promised, dict):
        assert isinstance(found, dict)
        assert list(found) == list(promised), where
        for key, value in promised.items():
            same(found[key], value, f"{where}/{key}")
    elif where.endswith("/version"):
        assert re.fullmatch("[0-9a-f]{12}", str(found))
        assert re.fullmatch("[0-9a-f]{12}", str(promised))
    elif isinstance(promised, list):
        assert isinstance(found, list)
        for number, (one, other) in enumerate(zip(found, promised, strict=True)):
            same(one, other, f"{where}/{number}")
    elif re.fullmatch(TIME, str(promised)):
        assert re.fullmatch(TIME, str(found)), where
    elif isinstance(promised, float):
        assert found == pytest.approx(promised, abs=5e-4), where
    else:
        assert found == promised, where


@pytest.mark.skipif(not shutil.which("make"), reason="make is missing")
def test_make_serve_and_the_calls_give_the_promised_answers(corpus_models: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "STANCE_MODELS": str(corpus_models), "STANCE_BIND": f"127.0.0.1:{port}"}
    with (tmp_path / "log").open("wb") as log:
        served = subprocess.Popen(
            ["make", "serve"], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait(f"http://127.0.0.1:{port}/readyz", 120)
        for command, promised in CALLS:
            line = command.replace("localhost:8000", f"127.0.0.1:{port}")
            done = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
            same(json.loads(done.stdout), json.loads(promised), "")
    finally:
        os.killpg(served.pid, 15)
        served.wait(30)


def test_the_corrections_go_their_way(serve: Callable[..., Served], corpus_models: Path, tmp_path: Path) -> None:
    (keys,) = re.findall(r"STANCE_API_KEYS=(\S+)", CORRECTIONS)
    url = f"sqlite:///{tmp_path}/corrections.db"
    served = serve(corpus_models, feedback_database_url=url, api_keys=keys).wait()

    def printed(command: str) -> str:
        line = command.replace("localhost:8000", f"127.0.0.1:{served.port}")
        done = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
        return done.stdout

    calls = CALL.findall(CORRECTIONS)
    assert len(calls) == 2
    for command, promised in calls:
        same(json.loads(printed(command)), json.loads(promised), "")
    (several,) = re.findall(r"```sh\n(curl -s -X PATCH [^`]+?)```", CORRECTIONS)
    approve, export, agree, erase = several.splitlines()
    assert json.loads(printed(approve))["status"] == "approved"
    row, end = printed(export).splitlines()
    assert json.loads(row)["text"] == "Berlin regretted the American pull-out."
    assert end == '{"end":true,"rows":1}'
    assert json.loads(printed(agree)) == {"sentences": 0, "alpha": None, "pairs": []}
    assert printed(erase) == ""
    assert printed(export) == '{"end":true,"rows":0}\n'


def wait(url: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"no answer on {url}")


def test_the_python_example_runs(corpus_models: Path) -> None:
    (example, printed) = re.findall(r"```python\n(.+?)```\n+```text\n(.+?)```", README, re.DOTALL)[0]
    code = example.replace('"model/artifacts"', repr(str(corpus_models)))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == printed


def test_the_coverage_table_has_the_figures_of_a_plain_run(corpus_models: Path) -> None:
    table = README.split("<!-- coverage -->")[1].split("<!-- /coverage -->")[0]
    promised = [re.findall(r"[\d.]+", line) for line in table.splitlines() if re.match(r"\| 0", line)]
    found = Analyzer.load(corpus_models).manifest.metrics["running"]["coverage"]
    assert len(promised) == len(found)
    for line, row in zip(promised, found, strict=True):
        least, kept, accuracy, macro_f1 = map(float, line)
        assert least == row["min_confidence"]
        assert kept == pytest.approx(100 * row["coverage"], abs=1)
        assert accuracy == pytest.approx(row["accuracy"], abs=5e-3)
        assert macro_f1 == pytest.approx(row["macro_f1"], abs=5e-3)


def test_make_help_lists_every_target() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    named = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert all(f"make {target} " in done.stdout for target in named)
