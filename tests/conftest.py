"""Real parts for the tests: models really fitted, and the service as gunicorn runs it."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings

from service.app import create_app
from service.settings import Settings
from training import train

ROOT = Path(__file__).parent.parent
# For a process of whose run nothing is to be learnt: measuring coverage doubles its time, and a killed one spoils it.
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
# 200 examples in CI, where there is time; fewer at a desk.
hypothesis_settings.register_profile("ci", max_examples=200, deadline=None)
hypothesis_settings.register_profile("desk", max_examples=50, deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "desk")

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


@pytest.fixture(scope="session")
def corpus_models(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A models folder with the model of the whole corpus: fitted once for all tests, side by side or not."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    models = shared / "corpus-models"
    with (shared / "corpus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (models / "current").exists():
            command = [sys.executable, "training/train.py", "--out", str(models)]
            subprocess.run(command, cwd=ROOT, env=UNMEASURED, capture_output=True, check=True)
    return models


@pytest.fixture
def app(toy_models: Path) -> Flask:
    """The application over the toy model, with a text limit low enough to reach."""
    return create_app(Settings(models=toy_models, max_text_chars=1000, max_body_bytes=20_000))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the application, without a socket."""
    return app.test_client()


class Served:
    """The service as gunicorn runs it, in a process of its own on a loopback port."""

    def __init__(self, environment: dict[str, str], log: Path):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        clean = {name: value for name, value in os.environ.items() if not name.startswith("STANCE_")}
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
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start services; each ends with the test."""
    with ExitStack() as stack:

        def start(models: Path, **settings: object) -> Served:
            environment = {f"STANCE_{name.upper()}": str(value) for name, value in settings.items()}
            served = Served({"STANCE_MODELS": str(models), **environment}, tmp_path / f"log-{time.monotonic_ns()}")
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


@pytest.fixture(scope="session")
def toy_served(toy_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service over the toy model for all tests that only ask it something."""
    served = Served({"STANCE_MODELS": str(toy_models)}, tmp_path_factory.mktemp("served") / "log")
    try:
        yield served.wait()
    finally:
        served.stop()
