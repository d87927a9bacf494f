"""What was acknowledged is there, once: under eight writers, one of them killed, and a database that goes down."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from service.feedback.store import Store
from tests.conftest import ROOT, UNMEASURED, Postgres

WRITERS, EACH = 8, 1000
PATIENCE_SECONDS = 240
SHARED = Path("/dev/shm")
# Takes the write lock, stores half of a correction and tells so; whoever wants to write waits from then on.
HALF = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN IMMEDIATE")
connection.execute(
    "INSERT INTO corrections (created, target, text, sentence, submitted, label, annotator, submitter, status) "
    "SELECT created, target, 'half', sentence, submitted, label, annotator, submitter, status FROM corrections LIMIT 1"
)
print(flush=True)
time.sleep(60)
"""


class Writers:
    """Processes that write at once; what each has been told of its corrections stands in a file of its name."""

    def __init__(self, url: str, folder: Path, stack: ExitStack):
        self.url, self.folder, self.stack = url, folder, stack
        self.names = [f"w{number}" for number in range(WRITERS)]
        self.parents = [self.start(*self.names)]

    def start(self, *names: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "tests/service/feedback/writer.py", self.url, str(self.folder), str(EACH), *names]
        environment = {**UNMEASURED, "PYTHONPATH": str(ROOT)}
        with (self.folder / "faults").open("ab") as faults:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=faults, start_new_session=True)
        self.stack.callback(end, process)
        return process

    def told(self) -> list[tuple[str, int]]:
        """Return all that writers have been told is stored: key and id."""
        files = [file for name in self.names if (file := self.folder / name).exists()]
        words = [line.split() for file in files for line in file.read_text().splitlines(True) if line.endswith("\n")]
        return [(key, int(id)) for key, *ids in words for id in ids]

    def wait(self, count: int, whose: str = "w") -> None:
        """Wait until so many corrections are stored, of all or of one writer."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while sum(key.startswith(whose) for key, _ in self.told()) < count:
            assert time.monotonic() < deadline, (self.folder / "faults").read_text()
            time.sleep(0.05)

    def kill_one(self) -> None:
        """Kill a writer; another takes over, and asks again for all that it asked for."""
        os.kill(int((self.folder / "w0").read_text().split()[0]), signal.SIGKILL)
        self.parents.append(self.start("w0"))


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a session, and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


@contextmanager
def eight_writers(url: str, folder: Path) -> Iterator[Writers]:
    """Let eight writers write, kill one midway, and wait for the end of all."""
    with ExitStack() as stack:
        writers = Writers(url, folder, stack)
        writers.wait(1500)
        writers.wait(1, "w0-")
        writers.kill_one()
        yield writers
        for process in writers.parents:
            assert process.wait(PATIENCE_SECONDS) == 0, (folder / "faults").read_text()


def all_is_there_once(url: str, writers: Writers) -> None:
    told = writers.told()
    assert len(told) > WRITERS * EACH, "the one that took over was told again"
    store = Store(url)
    query = "SELECT submitter || '/' || idempotency_key || '/' || text, id FROM corrections"
    with store._session() as session:
        rows = session.connection().exec_driver_sql(query).all()
    store.close()
    assert {(f"{key.partition('-')[0]}/{key}/Sentence {key}.", id) for key, id in told} == {tuple(row) for row in rows}
    assert len(rows) == WRITERS * EACH


def test_a_crashed_postgresql_has_all_that_it_acknowledged(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new()
    with eight_writers(url, tmp_path) as writers:
        writers.wait(4000)
        postgres.crash()
        postgres.start()
        assert len(writers.told()) < WRITERS * EACH, "it went down midway"
    assert "OperationalError" in (tmp_path / "faults").read_text()
    all_is_there_once(url, writers)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: of processes that are killed no test can tell whether a disk was synced,
    and eight that wait for it in turns take minutes."""
    with tempfile.TemporaryDirectory(dir=SHARED if SHARED.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_a_process_killed_within_a_transaction_of_sqlite_leaves_nothing_and_loses_nothing(
    memory: Path, tmp_path: Path
) -> None:
    file = memory / "corrections.db"
    with eight_writers(f"sqlite:///{file}", tmp_path) as writers, ExitStack() as stack:
        writers.wait(4000)
        command = [sys.executable, "-c", HALF, str(file)]
        holder = subprocess.Popen(command, env=UNMEASURED, stdout=subprocess.PIPE, start_new_session=True)
        stack.callback(end, holder)
        assert holder.stdout
        assert holder.stdout.readline()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sqlite3.connect(file, timeout=0).execute("BEGIN IMMEDIATE")
        holder.kill()
        holder.wait()
        assert len(writers.told()) < WRITERS * EACH, "it was midway"
    all_is_there_once(f"sqlite:///{file}", writers)
