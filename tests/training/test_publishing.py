"""Training that is killed, that runs out of disk, that runs twice: the version before loads, and nothing is half."""

import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from model import Analyzer, artifact, publishing, versions
from tests.conftest import ROOT, UNMEASURED

# `runpy` looks for imports beside the script alone; a run that fits its folds itself leaves no process behind.
ALONE = {**UNMEASURED, "PYTHONPATH": str(ROOT), "LOKY_MAX_CPU_COUNT": "1"}

# Forks a child for each step that publishing takes in its folder: it kills itself just before that step. Steps are
# what Python audits: opening (each write and each sync begins so), renaming, making and removing folders. The last
# child takes them all. The second run's limits cut a file off in the middle: SIGXFSZ kills there.
KILLED = """
import json, os, resource, signal, sys
from dataclasses import replace
from pathlib import Path
import joblib  # what is imported is not read in a child
from model import Analyzer, artifact, publishing, versions

models = Path(sys.argv[1])
found, manifest = artifact.load(models)
old, pipeline = manifest.version, artifact.load_pipeline(models)
report = {name: (models / old / name).read_bytes() for name in ("report.json", "confusion.png")}

def publish(before):
    before()
    try:
        publishing.publish(models, pipeline, found, replace(manifest, temperature=9.0), report)
    finally:
        os._exit(0)

def killed_at(step):
    steps = iter(range(step))
    def audit(event, given):
        if given and str(models) in str(given[0]) and next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
    return lambda: sys.addaudithook(audit)

def killed_by_size(limit):
    def before():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return before

def child(before):
    pid = os.fork()
    if not pid:
        publish(before)
    status = os.waitpid(pid, 0)[1]
    now = Analyzer.load(models).manifest.version
    entries = sorted(one.name for one in models.iterdir())
    print(json.dumps({"signal": os.WTERMSIG(status), "old": now == old, "entries": entries}))
    return os.WIFSIGNALED(status)

sizes = sorted(one.stat().st_size for one in (models / old).iterdir())
for limit in sizes[1:-1:3]:
    child(killed_by_size(limit - 1))
step = 0
while child(killed_at(step)):
    step += 1
"""


@pytest.fixture
def models(toy_models: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(toy_models, tmp_path / "models"))


def test_killed_at_every_step_it_leaves_the_old_version_or_the_new_one(models: Path) -> None:
    first = artifact.current(models)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(models)],
        cwd=ROOT,
        env=ALONE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    signals = Counter(step["signal"] for step in steps)
    assert signals.keys() == {9, 25, 0}
    assert signals[9] > 30
    # One leftover at most, however many were killed: each clears the one before. The last is not killed.
    assert all(sum(name.startswith(".") for name in step["entries"]) <= 2 for step in steps)
    assert any(name.startswith(publishing.BESIDE) for step in steps for name in step["entries"])
    assert [step["old"] for step in steps] == sorted((step["old"] for step in steps), reverse=True)
    second = artifact.current(models)
    assert second != first
    assert not any(name.startswith(".") for name in steps[-1]["entries"])
    assert versions.rollback(models) == first
    assert versions.rollback(models) == second


def training(out: Path, toy_file: Path, *more: str) -> list[str]:
    return ["training/train.py", "--data", str(toy_file), "--out", str(out), "--target", "the next step", *more]


# Runs training/train.py, killed when it is about to rename for the nth time.
KILLED_RUN = """
import itertools, os, runpy, signal, sys
last, renames = int(sys.argv.pop(1)), itertools.count(1)
def audit(event, _):
    if event == "os.rename" and next(renames) == last:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(audit)
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_two_runs_at_once_both_publish_and_clear_what_a_killed_one_left(
    models: Path, toy_file: Path, tmp_path: Path
) -> None:
    first = artifact.current(models)
    command = [sys.executable, "-c", KILLED_RUN, "1", *training(models, toy_file)]
    killed = subprocess.run(command, cwd=ROOT, env=ALONE, capture_output=True, timeout=120, check=False)
    assert killed.returncode == -9, killed.stderr
    assert Analyzer.load(models).manifest.version == first
    assert sum(one.name.startswith(publishing.BESIDE) for one in models.iterdir()) == 1
    commands = [[sys.executable, *training(models, toy_file, "--target", f"step {number}")] for number in (1, 2)]
    running = [
        subprocess.Popen(one, cwd=ROOT, env=ALONE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for one in commands
    ]
    outputs = [one.communicate(timeout=120) for one in running]
    assert [one.returncode for one in running] == [0, 0], outputs
    names = versions.names(models)
    assert {one.name for one in models.iterdir()} == {"current", "history", *names}
    assert len(names) == 3
    for name in names:
        artifact.load_whole(models, name)
    last = artifact.current(models)
    assert {last, versions.rollback(models), first} == set(names)


def test_what_another_run_still_writes_is_not_cleared(models: Path) -> None:
    found, manifest = artifact.load(models)
    gone, written = (models / f"{publishing.BESIDE}{name}" for name in ("gone", "written"))
    for folder in gone, written:
        folder.mkdir()
    handle = os.open(written, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    publishing.publish(models, None, found, replace(manifest, temperature=2.0), {})
    assert written.exists()
    assert not gone.exists()
    os.close(handle)
    publishing.publish(models, None, found, replace(manifest, temperature=3.0), {})
    assert not written.exists()


LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.argv[:2] = []
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_full_disk_leaves_what_was_and_says_so(models: Path, toy_file: Path) -> None:
    before = sorted(models.rglob("*"))
    version = artifact.current(models)
    # Python ignores SIGXFSZ, so a file that grows over the limit is an error of writing, like a full disk.
    command = [sys.executable, "-c", LIMITED, "4096", *training(models, toy_file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=ALONE)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"nothing is published, {models} cannot be written: File too large"
    assert "Traceback" not in done.stderr
    assert sorted(models.rglob("*")) == before
    assert Analyzer.load(models).manifest.version == version


PUBLISHED = """
import sys
from dataclasses import replace
from pathlib import Path
from model import artifact, publishing
models = Path(sys.argv[1])
found, manifest = artifact.load(models)
try:
    publishing.publish(models, None, found, replace(manifest, temperature=9.0), {"report.json": b" " * 2**20})
except OSError as fault:
    print(fault.strerror)
print(sorted(one.name for one in models.iterdir()), artifact.current(models))
"""


def test_a_full_tmpfs_leaves_what_was(toy_models: Path, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    # In a mount namespace of its own: nothing is left of it.
    inside = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=1m tmpfs {full}"
    if subprocess.run([*inside, mount], capture_output=True, check=False).returncode:
        return  # no tmpfs may be mounted here: the limit above has to do
    version = artifact.current(toy_models)
    run = shlex.join([sys.executable, "-c", PUBLISHED, str(full)])
    script = f"{mount} && cp -r {toy_models}/current {toy_models}/{version} {full} && {run}"
    done = subprocess.run([*inside, script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == f"No space left on device\n{sorted(['current', version])} {version}\n", done.stderr
