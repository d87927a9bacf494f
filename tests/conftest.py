"""Real parts for the tests: models really fitted, and the service as gunicorn runs it."""

import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from coverage import Coverage
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from joblib import parallel_config

from service.app import create_app
from service.bulk import plot
from service.settings import Settings
from training import plots, train

ROOT = Path(__file__).parent.parent
# In a process of pytest-xdist coverage has begun twice before pytest-cov begins it for the tests, and one that lies
# underneath would go on where a test is marked `no_cover`.
if "PYTEST_XDIST_WORKER" in os.environ:
    while (begun := Coverage.current()) is not None:
        begun.stop()
# For a process of whose run nothing is to be learnt: measuring coverage doubles its time, and a killed one spoils it.
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
# 200 examples in CI, where there is time; fewer at a desk.
hypothesis_settings.register_profile("ci", max_examples=200, deadline=None)
hypothesis_settings.register_profile("desk", max_examples=50, deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the whole corpus' model last: it is being fitted beside the others."""
    items.sort(key=lambda item: "corpus_models" in getattr(item, "fixturenames", ()))


TOY = """batch,document,position,text,label
a,d1,1,Berlin called the step a grave mistake.,criticism
a,d1,2,The ministers met in Brussels on Tuesday.,neutral
a,d2,1,Warsaw welcomed the step as overdue.,support
a,d2,2,The talks lasted for two hours.,neutral
a,d3,1,Vienna deplored the grave step.,criticism
b,d4,1,Paris called the decision a mistake and deplored it.,criticism
b,d4,2,London welcomed the decision and praised it.,support
b,d5,1,The delegations met for talks in Geneva.,neutral
b,d5,2,Riga praised the overdue decision.,support
b,d6,1,The ministers travelled on Tuesday.,neutral
"""


@pytest.fixture(scope="session")
def toy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten labelled sentences in two batches."""
    file = tmp_path_factory.mktemp("toy") / "toy.csv"
    file.write_text(TOY, encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def toy_models(toy_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a model fitted on the ten sentences."""
    models = tmp_path_factory.mktemp("toy-models")
    assert train.main(["--data", str(toy_file), "--out", str(models), "--target", "the step"]) == 0
    return models


@pytest.fixture(scope="session", autouse=True)
def lasting_workers() -> Iterator[None]:
    """Keep joblib's workers for the whole run.

    One that leaves after five idle minutes while jobs are given out makes joblib's own thread warn, which is an error
    here and ends that thread: the test that waits for the jobs would wait for ever.
    """
    with parallel_config("loky", idle_worker_timeout=3600):
        yield


@pytest.fixture(scope="session", autouse=True)
def drawn_once() -> Iterator[None]:
    """Draw the same plot once: those of a toy model take a second of its training, and most tests train the same."""

    def once(draw: Callable[..., Any]) -> Callable[..., Any]:
        drawn: dict[bytes, Any] = {}

        def remembered(*given: Any) -> Any:
            key = pickle.dumps(given)
            if key not in drawn:
                drawn[key] = draw(*given)
            return drawn[key]

        return remembered

    with pytest.MonkeyPatch.context() as patch:
        for name in ("confusion", "reliability", "coverage", "terms"):
            patch.setattr(plots, name, once(getattr(plots, name)))
        patch.setattr(plot, "balances", once(plot.balances))
        patch.setattr(plot, "png", cache(plot.png))
        yield


@pytest.fixture(scope="session", autouse=True)
def corpus_fit(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Path]:
    """The folder that the model of the whole corpus gets into: fitted once for all tests, beside those without it."""
    own = tmp_path_factory.getbasetemp()
    models = (own if worker_id == "master" else own.parent) / "corpus-models"
    with ExitStack() as stack:
        if any("corpus_models" in getattr(item, "fixturenames", ()) for item in request.session.items):
            with suppress(FileExistsError):
                models.mkdir()  # of the processes side by side one gets here first
                command = [sys.executable, "training/train.py", "--out", str(models)]
                with models.with_suffix(".log").open("wb") as log:
                    fit = subprocess.Popen(command, cwd=ROOT, env=UNMEASURED, stdout=log, stderr=log)
                stack.callback(fit.wait)
                stack.callback(fit.kill)
                stack.callback(fit.wait, 300)  # another process may still wait for it
        yield models


@pytest.fixture(scope="session")
def corpus_models(corpus_fit: Path) -> Path:
    """A models folder with the model of the whole corpus."""
    deadline = time.monotonic() + 300
    while not (corpus_fit / "current").exists():
        assert time.monotonic() < deadline, corpus_fit.with_suffix(".log").read_text()
        time.sleep(0.1)
    return corpus_fit


@pytest.fixture
def app(toy_models: Path) -> Flask:
    """The application over the toy model, with a text limit low enough to reach."""
    return create_app(Settings(models=toy_models, max_text_chars=1000, max_body_bytes=20_000))


@pytest.fixture(scope="session")
def shared_app(toy_models: Path) -> Flask:
    """The same for tests that only ask it: 0.3 s to make."""
    return create_app(Settings(models=toy_models, max_text_chars=1000, max_body_bytes=20_000))


@pytest.fixture
def client(shared_app: Flask) -> FlaskClient:
    """A client of the application, without a socket."""
    return shared_app.test_client()


class Served:
    """The service as gunicorn runs it, in a process of its own on a loopback port; covers code only if `measured`."""

    def __init__(self, environment: dict[str, str], log: Path, measured: bool = False):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        inherited = os.environ if measured else UNMEASURED
        clean = {name: value for name, value in inherited.items() if not name.startswith("STANCE_")}
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"],
                cwd=ROOT,
                env={**clean, "STANCE_BIND": f"127.0.0.1:{self.port}", **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def wait(self, path: str = "/readyz", seconds: float = 30) -> "Served":
        """Wait until `path` answers 200; fails with the log where it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.url + path, timeout=2):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"no answer on {path}:\n{self.log.read_text()}")

    def stop(self) -> int:
        """End the process with SIGTERM and return its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def serve(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Served]]:
    """Start services; each ends with the test. Marked `covers_services`, a test measures their coverage, too."""
    measured = request.node.get_closest_marker("covers_services") is not None
    with ExitStack() as stack:

        def start(models: Path, **settings: object) -> Served:
            environment = {f"STANCE_{name.upper()}": str(value) for name, value in settings.items()}
            log = tmp_path / f"log-{time.monotonic_ns()}"
            served = Served({"STANCE_MODELS": str(models), **environment}, log, measured)
            stack.callback(served.stop)
            return served

        yield start


class Redis:
    """A Redis server on a loopback port that keeps nothing on disk."""

    def __init__(self, folder: Path):
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(["redis-server", *options], cwd=self.folder, stdout=log, stderr=log)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                time.sleep(0.02)
        raise AssertionError((self.folder / "redis.log").read_text())

    def kill(self) -> None:
        """End the server at once, and with it all that it has counted."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis server of the test's own."""
    if not shutil.which("redis-server") and not os.environ.get("REQUIRE_ALL"):
        pytest.skip("redis-server is missing")
    server = Redis(tmp_path)
    yield server
    server.kill()


class Postgres:
    """A PostgreSQL server on a loopback port. It can crash, the machine cannot, so it waits for no disk."""

    def __init__(self, folder: Path, programs: Path):
        self.programs = programs
        self.data = folder / "data"
        self.log = folder / "log"
        # It refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        shutil.chown(folder, self.user or os.geteuid())
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        options = ["--username=stance", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", "--pgdata", str(self.data), *options).wait(60)
        self.start()

    def _run(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [self.programs / program, *arguments],
                cwd=self.data.parent,
                env={"PATH": os.environ["PATH"]},
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        """Start the server and wait until it answers, after a crash when it has recovered."""
        quiet = ("fsync=off", "shared_buffers=16MB", "max_connections=40", "unix_socket_directories=")
        settings = [word for setting in quiet for word in ("-c", setting)]
        self.process = self._run("postgres", "-D", str(self.data), "-h", "127.0.0.1", "-p", str(self.port), *settings)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(self.log.read_text())

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://stance@127.0.0.1:{self.port}/{name}"

    def new(self) -> str:
        """Make a database and return its URL."""
        name = f"t{time.monotonic_ns()}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def crash(self) -> None:
        """End the server at once; what it has committed it recovers from its log when it starts again."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for all tests of a process; who crashes it starts it again."""
    found = shutil.which("postgres") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres")), default=None)
    if not found and not os.environ.get("REQUIRE_ALL"):
        pytest.skip("PostgreSQL is missing")
    assert found, "PostgreSQL is missing"
    # Not below pytest's folders, which only their owner may enter.
    with tempfile.TemporaryDirectory(prefix="stance-postgres-") as folder:
        server = Postgres(Path(folder), Path(found).resolve().parent)
        yield server
        server.crash()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/corrections.db"
    return str(request.getfixturevalue("postgres").new())


@pytest.fixture(scope="session")
def toy_served(toy_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service over the toy model for all tests that only ask it something."""
    served = Served({"STANCE_MODELS": str(toy_models)}, tmp_path_factory.mktemp("served") / "log")
    try:
        yield served.wait()
    finally:
        served.stop()
