"""stance models, promote and rollback as a shell runs them."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from model import artifact, publishing
from tests.conftest import ROOT
from tests.service.test_cli import ANSI, STANCE, at_terminal, environment

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def models(toy_models: Path, tmp_path: Path) -> Path:
    """A models folder with two versions of known dates, the second with figures of held-out rows."""
    models = Path(shutil.copytree(toy_models, tmp_path / "models"))
    first = artifact.current(models)
    found, manifest = artifact.load(models)
    metrics = {**manifest.metrics, "test": {"macro_f1": 0.625}}
    pipeline = artifact.load_pipeline(models)
    second = publishing.publish(
        models, pipeline, found, replace(manifest, temperature=2.0, metrics=metrics), {}
    ).version
    for version, seconds in (first, 1_700_000_000), (second, 1_800_000_000):
        os.utime(models / version / "manifest.json", (seconds, seconds))
    return models


@pytest.fixture
def run(models: Path) -> Run:
    """Run the command over the two versions, its output piped."""

    def start(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        env = environment(models, **more)
        return subprocess.run(
            [*STANCE, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    return start


def test_models_lists_the_versions_in_every_form(run: Run, models: Path) -> None:
    second = artifact.current(models)
    done = run("models")
    assert (done.returncode, done.stderr) == (0, "")
    newer, older = (json.loads(line) for line in done.stdout.splitlines())
    assert newer.items() >= {
        ("version", second),
        ("current", True),
        ("published", "2027-01-15T08:00:00Z"),
        ("target", "the step"),
        ("rows", 10),
        ("test_macro_f1", 0.625),
    }
    assert newer["macro_f1"] == artifact.load(models)[1].metrics["cross_validation"]["macro_f1"]
    assert (older["current"], older["test_macro_f1"], older["published"]) == (False, None, "2023-11-14T22:13:20Z")
    assert json.loads(run("models", "--format", "json").stdout) == [newer, older]
    rows = list(csv.DictReader(io.StringIO(run("models", "--models", models, "--format", "csv").stdout)))
    assert [row["current"] for row in rows] == ["true", "false"]
    assert [list(row) for row in rows] == [list(newer), list(older)]
    assert float(rows[0]["macro_f1"]) == newer["macro_f1"]
    assert rows[1]["test_macro_f1"] == ""


def test_models_is_a_table_on_a_terminal(models: Path) -> None:
    status, shown = at_terminal(models, [*STANCE, "models"])
    assert status == 0
    assert "\x1b[32mcurrent" in shown
    lines = ANSI.sub("", shown).splitlines()
    version = artifact.current(models)
    assert any(
        re.search(rf"{version} +current +2027-01-15 08:00:00 +10 +\d\.\d{{3}} +0\.625 +the step", one) for one in lines
    )


def test_what_cannot_be_read_is_named_and_all_else_is_listed(run: Run, models: Path) -> None:
    second = artifact.current(models)
    spoilt = next(one for one in models.iterdir() if one.is_dir() and one.name != second)
    (spoilt / "manifest.json").write_text('{"format": 2}')
    done = run("models")
    assert done.returncode == 1
    assert [json.loads(line)["version"] for line in done.stdout.splitlines()] == [second]
    assert done.stderr == (
        f"stance: {spoilt.name}: artifact {spoilt.name} has format 2, and this version reads format 4\n"
    )


def test_no_folder_and_no_version_are_said(run: Run, tmp_path: Path) -> None:
    for folder, sentence in (tmp_path / "none", "No such file"), (tmp_path, "there is no version in"):
        done = run("models", "--models", folder)
        assert (done.returncode, done.stdout) == (3, "")
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1


def test_promote_and_rollback_move_the_pointer(run: Run, models: Path) -> None:
    second = artifact.current(models)
    first = next(one.name for one in models.iterdir() if one.is_dir() and one.name != second)
    done = run("promote", first)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"version {first} is current, after {second}\n", "")
    assert artifact.current(models) == first
    done = run("rollback", "--models", models)
    assert (done.returncode, done.stdout) == (0, f"version {second} is current, after {first}\n")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["promote", "0" * 12], 3, "there is no version 000000000000 in"),
        (["promote", "../../etc"], 2, "not a version: 12 hex digits"),
        (["promote", "0" * 11], 2, "not a version: 12 hex digits"),
        (["promote"], 2, "VERSION"),
    ],
)
def test_what_cannot_be_promoted(run: Run, models: Path, arguments: list[str], status: int, sentence: str) -> None:
    before = artifact.current(models)
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert sentence in done.stderr
    assert artifact.current(models) == before


def test_a_version_that_does_not_verify_is_not_promoted(run: Run, models: Path) -> None:
    second = artifact.current(models)
    first = next(one for one in models.iterdir() if one.is_dir() and one.name != second)
    (first / "scorer.npz").write_bytes(b"x")
    done = run("rollback")
    assert done.returncode == 3
    assert done.stderr == f"stance: scorer.npz of artifact {first.name} does not match its digest in manifest.json\n"
    assert artifact.current(models) == second


def test_a_folder_that_cannot_be_written_is_said(run: Run, models: Path) -> None:
    second = artifact.current(models)
    (models / ".history").mkdir()  # where it would be written; a read-only folder lets root write
    done = run("rollback")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == f"stance: {models} cannot be written: Is a directory\n"
    assert artifact.current(models) == second
