"""A run that is ended goes on, one that is another is refused, and what came out is held against what went in."""

import csv
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model import artifact, publishing
from service.bulk import manifest, scoring, writing
from service.bulk.inputs import Columns
from service.bulk.scoring import Job
from service.cli.asking import UnavailableError
from tests.conftest import ROOT, UNMEASURED
from tests.service.bulk.conftest import (
    LONG,
    Bulk,
    Processes,
    articles,
    ndjson,
    parts,
    table,
    tree,
    wait,
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """An archive of two files with some parts each, and a bad row."""
    ndjson(tmp_path / "archive" / "a.ndjson", articles(20))
    ndjson(tmp_path / "archive" / "b.ndjson", [{"text": ""}, *articles(30)])
    return tmp_path / "archive"


def run_json(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "run.json").read_text()))


def test_the_manifest_has_what_went_in_and_what_came_out(bulk: Bulk, small: Path, out: Path) -> None:
    status, shown, named = bulk(small, part_bytes="1000")
    found = run_json(out)
    judged = len(table(out, "sentences"))
    assert status == 1
    assert shown == f"{judged:,} sentences of 50 articles are in {out}\n"
    assert named == f"stance: 1 of 51 rows were rejected: {out}/rejects\n"
    assert re.fullmatch("[0-9a-f]{12}", found["model"]["version"])
    assert found["options"] == {
        "text": "text", "id": "id", "date": "date", "unit": "article", "format": "parquet", "part_bytes": 1000,
    }  # fmt: skip
    assert [one["source"] for one in found["inputs"]] == [f"{small}/a.ndjson", f"{small}/b.ndjson"]
    assert [one["bytes"] for one in found["inputs"]] == [one.stat().st_size for one in sorted(small.iterdir())]
    assert (found["finished"], found["parts"]) == (True, parts(out))
    counts = {name: len(table(out, name)) for name in ("articles", "sentences", "actors")}
    assert {name: found[name] for name in ("rows", "rejects", "judged", *counts)} == {
        "rows": 51, "rejects": 1, "judged": judged, **counts,
    }  # fmt: skip
    assert found["judged_then"] == judged
    assert found["judged_a_second"] > 0
    # Once more finds all done.
    assert bulk(small, part_bytes="1000") == (1, shown, named)
    assert run_json(out) == found


def test_what_is_missing_is_done_and_nothing_else(bulk: Bulk, small: Path, out: Path) -> None:
    bulk(small, part_bytes="1000")
    promised = tree(out)
    done = sorted((out / "parts").iterdir())
    times = {one: (out / "articles" / f"{one.stem}.parquet").stat().st_mtime_ns for one in done}
    done[3].unlink()
    (out / "actors" / f".{done[3].stem}.parquet.0.beside").write_text("half of it")
    assert bulk(small, part_bytes="1000")[0] == 1
    assert tree(out) == promised
    again = [one for one in done if (out / "articles" / f"{one.stem}.parquet").stat().st_mtime_ns != times[one]]
    assert again == [done[3]]
    assert run_json(out)["judged_then"] < run_json(out)["judged"]


def test_a_killed_run_goes_on_to_the_same_files(
    processes: Processes, archive: Path, unbroken: dict[str, bytes], out: Path
) -> None:
    killed = processes.bulk(archive, out, "--workers", "2")
    wait(lambda: parts(out) > 4, killed)
    killed.kill()
    killed.wait()
    left = parts(out)
    again = processes.bulk(archive, out, "--workers", "2")
    shown, _ = again.communicate(timeout=120)
    assert again.returncode == 0
    assert shown.endswith(f" sentences of {LONG:,} articles are in {out}\n".encode())
    assert tree(out) == unbroken
    assert 4 < left < parts(out)
    assert 0 < run_json(out)["judged_then"] < run_json(out)["judged"]


def test_shares_make_the_run_that_sums_up(bulk: Bulk, small: Path, out: Path, tmp_path: Path) -> None:
    assert bulk(small, part_bytes="1000", out=tmp_path / "whole")[0] == 1
    for share in ("1/2", "0/2"):
        status, shown, named = bulk(small, part_bytes="1000", share=share)
        assert (status, named) == (0, "")
        assert shown == f"share {share}: its {3 if share == '0/2' else 5} parts are done\n"
        assert not run_json(out)["finished"]
    assert bulk(small, part_bytes="1000")[0] == 1
    assert tree(out) == tree(tmp_path / "whole")
    assert run_json(out)["finished"]
    assert "judged_then" not in run_json(out)


def test_another_run_in_the_same_folder_is_refused(
    bulk: Bulk, small: Path, out: Path, toy_models: Path, tmp_path: Path
) -> None:
    bulk(small, part_bytes="1000")
    promised = tree(out)
    models = tmp_path / "models"
    found, known = artifact.load(toy_models)
    publishing.publish(models, None, found, replace(known, temperature=2.0), {})
    for other, options in {
        "options": {"part_bytes": "2000"},
        "model": {"part_bytes": "1000", "models": models},
    }.items():
        status, _, named = bulk(small, **options)
        assert status == 2
        assert named.endswith(f"stance: {out} has a run with other {other}: choose another folder\n")
    os.utime(small / "a.ndjson")
    status, _, named = bulk(small, part_bytes="1000")
    assert (status, named) == (2, f"stance: {out} has a run with other inputs: choose another folder\n")
    assert tree(out) == promised


def test_a_folder_of_something_else_is_refused(bulk: Bulk, small: Path, out: Path) -> None:
    out.mkdir()
    (out / "letters.txt").write_text("mine")
    assert bulk(small)[::2] == (2, f"stance: {out} is not empty, and not from a run: choose another folder\n")
    (out / "run.json").write_text("[1]")
    assert bulk(small)[::2] == (2, f"stance: run.json in {out} is no manifest of a run: choose another folder\n")
    assert sorted(one.name for one in out.iterdir()) == ["letters.txt", "run.json"]


def test_an_input_that_changes_meanwhile_is_named(
    bulk: Bulk, small: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = manifest.begin

    def begun(*given: Any) -> None:
        begin(*given)
        ndjson(small / "b.ndjson", articles(31))

    monkeypatch.setattr(manifest, "begin", begun)
    status, shown, named = bulk(small)
    assert (status, shown) == (2, "")
    assert named == f"stance: {small}/b.ndjson has changed since the run began: take another --out for it\n"


def test_what_is_lost_is_noticed(bulk: Bulk, small: Path, out: Path) -> None:
    bulk(small, part_bytes="1000")
    promised = tree(out)
    done = sorted((out / "parts").iterdir())
    for lost, sentence in {
        out / "actors" / f"{done[2].stem}.parquet": f"a file of part {done[2].stem} is gone",
        out / "articles" / f"{done[4].stem}.parquet": "came out",
    }.items():
        if sentence == "came out":
            lost.write_bytes((out / "articles" / f"{done[0].stem}.parquet").read_bytes())
        else:
            lost.unlink()
        status, _, named = bulk(small, part_bytes="1000")
        assert status == 3
        assert sentence in named
        remedy = f"remove {out}/parts/{lost.stem}.json and start the same command again"
        assert named.endswith(f"{remedy}\n")
        (out / "parts" / f"{lost.stem}.json").unlink()
        assert bulk(small, part_bytes="1000")[0] == 1
        assert tree(out) == promised


def test_a_folder_that_cannot_be_written_is_4(bulk: Bulk, small: Path, tmp_path: Path, out: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, named = bulk(small, out=tmp_path / "file" / "out")
    assert (status, named) == (4, f"stance: {tmp_path}/file/out cannot be written: Not a directory\n")
    bulk(small, share="1/2")
    (out / "articles").rename(out / "moved")
    (out / "articles").write_text("")
    status, _, named = bulk(small)
    assert status == 4
    assert named.startswith(f"stance: {out} cannot be written: ")


def test_no_model_and_no_scheduler_are_3(
    bulk: Bulk, small: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _, named = bulk(small, models=tmp_path)
    assert (status, "no model in" in named) == (3, True)
    assert not out.exists()


def test_a_worker_makes_sure_that_it_has_the_runs_model_code_and_folder(
    toy_models: Path, out: Path, tmp_path: Path
) -> None:
    version = toy_models / (toy_models / "current").read_text().strip()
    digest = json.loads((version / "manifest.json").read_text())["content_digest"]
    manifest.begin(out, {"run": "1"})
    right = Job(
        str(out), str(version), digest, manifest.code(), "1", Columns("text", "id", "date"), "article", "parquet"
    )
    assert scoring.ready(right).manifest.content_digest == digest
    for wrong, reason in {
        replace(right, version=str(tmp_path / "none")): "a worker has no model: ",
        replace(right, content_digest="0"): "a worker has another model in ",
        replace(right, code="0"): "a worker has another release of stance than the run",
        replace(right, run="2"): "a worker does not see this run in ",
        replace(right, out=str(tmp_path / "none")): "a worker does not see this run in ",
    }.items():
        with pytest.raises(UnavailableError, match=reason):
            scoring.ready(wrong)


def test_the_readmes_command_runs_as_it_stands(bulk: Bulk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^\.venv/bin/stance bulk (.+) --out build/archive$", readme, re.MULTILINE)
    monkeypatch.chdir(ROOT)
    given = shlex.split(line)
    assert bulk(*given)[0] == 0
    with (ROOT / given[0]).open(encoding="utf-8", newline="") as file:
        promised = [row["document"] for row in csv.DictReader(file)]
    assert [row["id"] for row in table(out, "texts")] == promised
    for name in ("texts", "articles", "sentences", "actors"):
        (columns,) = re.findall(rf"^\| `{name}` \|.+\|(.+)\|$", readme, re.MULTILINE)
        unit = "sentence" if name == "texts" else "article"
        for column in writing.tables(unit, ["<label>"])[name].names[4:]:
            same = name == "articles" and column not in {"balance", "share_<label>"}
            assert same or f"`{column}`" in columns


@pytest.mark.parametrize(
    "options",
    [
        ["--part-bytes", "0"],
        ["--workers", "two"],
        ["--share", "2/2"],
        ["--share", "1"],
        ["--scheduler", "host:8786"],
        ["--scheduler", "tcp://host:8786", "--workers", "2"],
    ],
)
def test_wrong_usage_is_2(bulk: Bulk, options: list[str], tmp_path: Path) -> None:
    from service.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["bulk", "archive.ndjson", "--out", str(tmp_path / "out"), *options])
    assert ended.value.code == 2


def test_without_the_extra_a_sentence_says_so(tmp_path: Path) -> None:
    code = "import sys; sys.modules['pyarrow'] = None; from service.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "bulk", "x.ndjson", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=UNMEASURED, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "stance: bulk wants pyarrow: pip install 'stance[bulk]'\n"


def test_at_a_terminal_there_is_a_bar_and_ctrl_c_ends_it(
    archive: Path, out: Path, toy_models: Path, interruptible: None
) -> None:
    here, there = pty.openpty()
    command = [sys.executable, "-m", "service.cli", "bulk", str(archive), "--out", str(out), "--part-bytes", "5000"]
    env = {**UNMEASURED, "STANCE_MODELS": str(toy_models), "TERM": "xterm-256color", "COLUMNS": "120"}
    with subprocess.Popen(
        [*command, "--workers", "1"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=there
    ) as process:
        os.close(there)
        got = b""
        while not re.search(rb"\d%.*\d sentences, [\d,]+/s.*\d:\d\d", got):
            got += os.read(here, 65536)
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=60)
        os.close(here)
    assert (process.returncode, shown) == (130, b"")
    assert parts(out) > 0
    assert not run_json(out)["finished"]
