"""Archives to score, and Dask to score them: a real scheduler, on loopback."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster
from pyarrow import parquet

from service.cli import main
from tests.conftest import ROOT, UNMEASURED

BERLIN, WARSAW = "Berlin called the step a grave mistake.", "👍 Warsaw welcomed the step as overdue."
TALKS = "The ministers met in Brussels on Tuesday.\r\n\r\nThe talks lasted for two hours."
ARTICLES = [
    f"{WARSAW} {BERLIN}\n\nThe talks lasted for two hours. Germany deplored the grave step.",
    TALKS,
    f'Paris, "Riga" and London, {TALKS} "The step is a mistake," said German Foreign Minister Heiko Maas.',
    BERLIN,
    "Lorem ipsum.",
]
# Leads to an archive of some seconds' work by the toy model.
LONG = 1500


def articles(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"a{n}", "date": f"2019-{1 + n % 12:02}-03", "text": f"{ARTICLES[n % 5]} Number {n} is Riga's."}
        for n in range(count)
    ]


def ndjson(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def table(out: Path, name: str, form: str = "parquet") -> list[dict[str, Any]]:
    """Return the rows of a table, in the order of its parts."""
    files = sorted((out / name).glob(f"*.{form}"))
    if form == "parquet":
        return [row for file in files for row in parquet.read_table(file).to_pylist()]
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


def rejects(out: Path) -> list[tuple[str, int, str]]:
    return [tuple(row.values()) for row in table(out, "rejects", "ndjson")]


def tree(out: Path) -> dict[str, bytes]:
    """Return every file of an output folder, but the manifest, which has times."""
    files = (one for one in sorted(out.rglob("*")) if one.is_file() and one.name != "run.json")
    return {str(one.relative_to(out)): one.read_bytes() for one in files}


def wait(until: Callable[[], object], process: subprocess.Popen[Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def parts(out: Path) -> int:
    return len(list((out / "parts").glob("*.json")))


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A scheduler with a worker, both threads of this process, so that what they run is measured.

    Not for longer: Dask draws random numbers now and then, which hypothesis does not bear beside it.
    """
    options: dict[str, Any] = {
        "processes": False,
        "protocol": "tcp",
        "host": "127.0.0.1",
        "dashboard_address": "127.0.0.1:0",
    }
    with LocalCluster(n_workers=1, threads_per_worker=1, **options) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


Bulk = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bulk(
    scheduler: str, toy_models: Path, out: Path, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process over the toy model; gives status, stdout and stderr."""

    def run(*arguments: str | Path, **options: str | Path) -> tuple[int, str, str]:
        given = {"out": out, "models": toy_models, "scheduler": scheduler, **options}
        named = [one for name, value in given.items() for one in (f"--{name.replace('_', '-')}", str(value))]
        status = main(["bulk", *map(str, arguments), *named])
        return status, *capfd.readouterr()

    return run


class Processes:
    """Commands in processes of their own, each of which ends with the test."""

    def __init__(self, stack: ExitStack, folder: Path, models: Path):
        self._stack, self._folder, self._models = stack, folder, models

    def start(self, module: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        env = {**UNMEASURED, "STANCE_MODELS": str(self._models), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s"}
        log = self._stack.enter_context((self._folder / f"log-{time.monotonic_ns()}").open("wb"))
        command = [sys.executable, "-m", module, *map(str, arguments)]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log)
        process.log = Path(log.name)  # type: ignore[attr-defined]
        self._stack.callback(self._end, process)
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.communicate()

    def bulk(self, archive: Path, out: Path, *arguments: str | Path) -> subprocess.Popen[bytes]:
        return self.start("service.cli", "bulk", archive, "--out", out, "--part-bytes", "5000", *arguments)

    def scheduler(self, port: int) -> subprocess.Popen[bytes]:
        options = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
        return self.start("distributed.cli.dask_scheduler", *options)

    def worker(self, port: int) -> subprocess.Popen[bytes]:
        """Start a worker without a nanny, which would start it again."""
        options = ["--host", "127.0.0.1", "--no-nanny", "--nthreads", "1", "--no-dashboard"]
        options += ["--local-directory", str(self._folder)]
        return self.start("distributed.cli.dask_worker", f"tcp://127.0.0.1:{port}", *options)


@pytest.fixture
def processes(tmp_path: Path, toy_models: Path) -> Iterator[Processes]:
    with ExitStack() as stack:
        yield Processes(stack, tmp_path, toy_models)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of some sixty parts, for processes of their own."""
    return ndjson(tmp_path_factory.mktemp("archive") / "long.ndjson", articles(LONG))


@pytest.fixture(scope="session")
def unbroken(archive: Path, toy_models: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run over that archive leaves that nothing has ended."""
    folder = tmp_path_factory.mktemp("unbroken")
    with ExitStack() as stack:
        run = Processes(stack, folder, toy_models).bulk(archive, folder / "out", "--workers", "1")
        run.communicate(timeout=120)
        assert run.returncode == 0
    return tree(folder / "out")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A suite that is started in the background ignores Ctrl-C, and so would what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
