"""python benchmarks/corrections.py: corrections stored durably in a second, on SQLite and PostgreSQL.

Each figure is of so many processes that store one correction after another, as fast as they are told that it is on the
disk; a PostgreSQL server is started for it, as Debian's package has it. Files are made below --folder, whose disk is
what is measured. Cost: a minute.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

import psycopg  # noqa: E402

from benchmarks import reload  # noqa: E402
from service.feedback.store import Store  # noqa: E402
from service.feedback.values import OutOfReachError, Submission  # noqa: E402
from training.report import table  # noqa: E402

TEXT = "The foreign minister regretted the pull-out and warned of a new arms race."


def main() -> int:
    """Measure each database and print the table."""
    options = _options()
    rows = []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, postgresql(Path(folder)) as server:
        rows.append(["one write and fdatasync, nothing else", f"{syncs(Path(folder)):,.0f}", "", ""])
        for name, url in ("SQLite", f"sqlite:///{folder}/corrections.db"), ("PostgreSQL", server):
            counts = [*(rate(url, writers, options.seconds) for writers in (1, 8))]
            counts.append(over_http(url, Path(folder), options.models, options.seconds))
            rows.append([name, *(f"{count:,.0f}" for count in counts)])
    print(table(["corrections/s", "one process", "eight", "POST /feedback, 16 connections"], rows))
    return 0


def syncs(folder: Path) -> float:
    """Return how often in a second 4 KiB can be written and synced: what the disk allows for one after another."""
    with (folder / "synced").open("wb", buffering=0) as file:
        begun = time.perf_counter()
        for _ in range(200):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
        return 200 / (time.perf_counter() - begun)


def rate(url: str, writers: int, seconds: float) -> float:
    """Return the corrections stored in a second by so many processes at once."""
    context = multiprocessing.get_context("spawn")
    gate, stored = context.Barrier(writers), context.Queue()
    processes = [context.Process(target=write, args=(url, seconds, gate, stored)) for _ in range(writers)]
    for process in processes:
        process.start()
    counts = [stored.get() for _ in processes]
    for process in processes:
        process.join()
    return sum(counts) / seconds


def write(url: str, seconds: float, gate: Barrier, stored: "multiprocessing.Queue[int]") -> None:
    """Store corrections for so long, from when all are ready, and tell how many."""
    with closing(Store(url)) as store:
        store.add(correction("first"))
        gate.wait()
        count, ends = 0, time.perf_counter() + seconds
        while time.perf_counter() < ends:
            try:
                store.add(correction(f"{count}"))
            except OutOfReachError as fault:
                print(f"not stored: {fault}", file=sys.stderr)
            else:
                count += 1
    stored.put(count)


def over_http(url: str, folder: Path, models: Path, seconds: float) -> float:
    """Return the corrections stored in a second through the service, with two workers, by sixteen connections."""
    counts: list[int] = []
    room = {"STANCE_THREADS": "16", "STANCE_MAX_IN_FLIGHT": "14"}
    with reload.service(models, folder / "service", STANCE_FEEDBACK_DATABASE_URL=url, **room) as (port, _):
        label = json.loads(get(port, "/model"))["labels"][0]
        body = json.dumps({"text": TEXT, "label": label}).encode()
        threads = [threading.Thread(target=post, args=(port, body, seconds, counts)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return sum(counts) / seconds


def get(port: int, path: str) -> bytes:
    """Return the answer to a request."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read()


def post(port: int, body: bytes, seconds: float, counts: list[int]) -> None:
    """Send a correction again and again on one connection, and tell how many were stored."""
    count, ends = 0, time.perf_counter() + seconds
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        while time.perf_counter() < ends:
            connection.request("POST", "/feedback", body, {"Content-Type": "application/json"})
            with connection.getresponse() as answer:
                told = answer.read()
            if answer.status != http.client.CREATED:
                print(f"not stored: {told.decode()}", file=sys.stderr)
            count += answer.status == http.client.CREATED
    counts.append(count)


def correction(key: str) -> Submission:
    """Return a correction of some 80 characters with a key of its own."""
    return Submission("the step", TEXT, None, None, "criticism", submitter=str(os.getpid()), idempotency_key=key)


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server with its own defaults on a loopback port; yields the URL of a database."""
    found = shutil.which("postgres") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres")), default="")
    if not found:
        raise SystemExit("PostgreSQL is missing: apt-get install postgresql")
    programs, data, log = Path(found).resolve().parent, folder / "data", folder / "log"
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    shutil.chown(folder, user or os.geteuid())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"postgresql://stance@127.0.0.1:{port}/postgres"
    make = [programs / "initdb", "--pgdata", data, "--username=stance", "--auth=trust", "--encoding=UTF8"]
    run = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-c", "unix_socket_directories="]
    with log.open("wb") as out:
        subprocess.run(make, cwd=folder, user=user, stdout=out, stderr=out, check=True)  # noqa: S603  (Debian's own)
        process = subprocess.Popen(run, cwd=folder, user=user, stdout=out, stderr=out)  # noqa: S603
    try:
        while True:
            try:
                psycopg.connect(url).close()
                break
            except psycopg.OperationalError:
                if process.poll() is not None:
                    raise SystemExit(log.read_text()) from None
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how many corrections are stored durably in a second.")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where databases are made")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each figure is measured")
    parser.add_argument("--models", type=Path, default=ROOT / "model" / "artifacts", help="models folder to serve")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
