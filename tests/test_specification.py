"""The published specification against the running service: schemathesis, every check, none excluded."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, UNMEASURED, Served

pytestmark = pytest.mark.no_cover


def keeps(served: Served, examples: int, *options: str) -> None:
    """Assert that a service keeps its specification."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *("run", f"{served.url}/openapi.json", "--checks", "all"),
            *("--max-examples", str(examples)),
            *("--phases", "examples,coverage,fuzzing,stateful", "--seed", "13", "--no-color", *options),
        ],
        cwd=served.log.parent,
        env={**UNMEASURED, "SCHEMATHESIS_HOOKS": "tests.specification_hooks", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_the_service_keeps_its_specification(toy_served: Served) -> None:
    keeps(toy_served, 30)


def test_it_does_so_where_corrections_are_kept(serve: Callable[..., Served], toy_models: Path, tmp_path: Path) -> None:
    key = "review0123456789abcdef"
    keys = {"api_keys": f"anna:{key}:review", "feedback_database_url": f"sqlite:///{tmp_path}/corrections.db"}
    header = ("--header", f"Authorization: Bearer {key}", "--include-path-regex", "feedback")
    keeps(serve(toy_models, **keys).wait(), 20, *header)
