"""The published specification against the running service: schemathesis, every check, none excluded."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import UNMEASURED, Served


def test_the_service_keeps_its_specification(toy_served: Served, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *("run", f"{toy_served.url}/openapi.json", "--checks", "all", "--max-examples", "100"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--seed", "13", "--no-color"),
        ],
        cwd=tmp_path,
        env=UNMEASURED,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
