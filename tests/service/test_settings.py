"""The table of settings, and the README's copy of it."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from service.settings import PREFIX, Settings, SettingsError

ROOT = Path(__file__).parents[2]


def test_defaults() -> None:
    assert Settings.read({}) == Settings()
    assert Settings.read({"PATH": "/bin", "STANCELESS": "x"}) == Settings()


def test_values_are_read_as_their_defaults_are() -> None:
    read = Settings.read({"STANCE_WORKERS": "5", "STANCE_MODELS": "/srv/models", "STANCE_BIND": "127.0.0.1:1"})
    assert (read.workers, read.models, read.bind) == (5, Path("/srv/models"), "127.0.0.1:1")


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("STANCE_WORKERS", "0", "is not a whole number of 1 or more"),
        ("STANCE_WORKERS", "two", "is not a whole number"),
        ("STANCE_WORKERS", "-1", "is not a whole number"),
        ("STANCE_WORKERS", "", "is not a whole number"),
        ("STANCE_THREADS", "²", "is not a whole number"),
        ("STANCE_THREADS", "1", "is not a whole number of 2 or more"),
        ("STANCE_MODELS", " ", "is empty"),
        ("STANCE_WORKRES", "2", "is no setting"),
    ],
)
def test_an_unknown_or_impossible_setting_is_named(variable: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable} {sentence}"):
        Settings.read({variable: value})


def test_it_stops_the_start_with_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"],
        cwd=ROOT,
        env={"STANCE_MAX_TEXT_CHARS": "many"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "STANCE_MAX_TEXT_CHARS is not a whole number of 1 or more."


def test_the_readme_has_the_same_table() -> None:
    lines = ["| setting | default | what it changes |", "|---|---|---|"]
    for field in dataclasses.fields(Settings):
        default = "none" if field.default == "" else f"`{field.default}`"
        lines.append(f"| `{PREFIX}{field.name.upper()}` | {default} | {field.metadata['consequence']} |")
    assert "\n".join(lines) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_key_of_the_command_line_is_no_setting() -> None:
    assert Settings.read({"STANCE_API_KEY": "secret"}) == Settings()
