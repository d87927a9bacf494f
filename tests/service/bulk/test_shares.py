"""The jobs of deploy/kubernetes: their own commands, each index in a process, give what one run gives."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, UNMEASURED
from tests.service.bulk.conftest import articles, ndjson, tree


def command(name: str, folders: dict[str, Path], index: int = 0) -> subprocess.Popen[str]:
    """Start a job's container here: two shares instead of eight, over these folders, with one worker."""
    job = yaml.safe_load((ROOT / "deploy" / "kubernetes" / name).read_text(encoding="utf-8"))["spec"]
    (container,) = job["template"]["spec"]["containers"]
    (bin, path) = (Path(sys.executable).parent, os.environ["PATH"])
    environment = {
        **UNMEASURED,
        "PATH": f"{bin}:{path}",
        **{one["name"]: str(index) for one in container.get("env", [])},
    }

    def here(argument: str) -> str:
        for mount, folder in folders.items():
            argument = re.sub(rf"(?<![^ ]){mount}\b", str(folder), argument)
        # As Kubernetes does with $(NAME).
        return re.sub(r"\$\((\w+)\)", lambda found: environment[found[1]], argument)

    given = [here(one) for one in container["args"]]
    if job.get("completions"):
        given[-1] = given[-1].replace(f"/{job['completions']}", "/2")
    return subprocess.Popen(
        [*given, "--workers", "1"],
        cwd=folders["/out"],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def folders(toy_models: Path, tmp_path: Path) -> dict[str, Path]:
    """Three files, the last of which has a row that is rejected."""
    for number in range(3):
        ndjson(tmp_path / "archive" / f"{number}.ndjson", articles(40 + number))
    with (tmp_path / "archive" / "2.ndjson").open("a") as last:
        last.write('{"id": "none"}\n')
    (tmp_path / "volume").mkdir()
    return {"/archive": tmp_path / "archive", "/models": toy_models, "/out": tmp_path / "volume"}


def test_the_shares_and_their_summary_give_what_one_run_gives(
    folders: dict[str, Path], bulk: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    shares = [command("bulk.yaml", folders, index) for index in range(2)]
    for share in shares:
        said, wrong = share.communicate(timeout=120)
        assert share.returncode == 0, wrong
        assert "its" in said
    run = folders["/out"] / "run"
    assert not json.loads((run / "run.json").read_bytes())["finished"]
    assert not (run / "summary.csv").exists()
    summary = command("bulk-summary.yaml", folders)
    _, wrong = summary.communicate(timeout=120)
    assert summary.returncode == 0, wrong
    assert "1 of 124 rows were rejected" in wrong
    assert bulk(folders["/archive"], out=tmp_path / "once")[0] == 1
    assert tree(run) == tree(tmp_path / "once")
    assert {"summary.csv", "balance.png"} <= tree(run).keys()
    one, other = (manifest(out) for out in (run, tmp_path / "once"))
    assert one == other


def manifest(out: Path) -> dict[str, Any]:
    """What a manifest says but for times, and for how much the last run had to do."""
    found = json.loads((out / "run.json").read_bytes())
    return {name: value for name, value in found.items() if name not in {"seconds", "judged_then", "judged_a_second"}}


def test_a_summary_that_is_not_made_is_a_failed_job(folders: dict[str, Path], tmp_path: Path) -> None:
    failed = command("bulk-summary.yaml", {**folders, "/models": tmp_path / "nowhere"})
    assert "no model" in failed.communicate(timeout=60)[1]
    assert failed.returncode != 0
