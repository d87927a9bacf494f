"""python benchmarks/reload.py: new versions under load: requests lost, how soon all workers agree, the worst latency.

Two versions of one model, at two temperatures, are promoted in turns under kept-alive connections that ask without a
pause. Ends with status 1 if a request fails. Cost: a minute.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import quantiles

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from model import artifact, publishing  # noqa: E402
from training.report import table  # noqa: E402

BODY = json.dumps({"text": "The foreign minister regretted the pull-out and warned of a new arms race."}).encode()
WORKERS = 2
QUIET_SECONDS = 3.0
PATIENCE_SECONDS = 60.0
# Threads enough for every connection to be answered at once: what is measured is the reload, not the queue.
ROOM = {"STANCE_THREADS": "32", "STANCE_MAX_IN_FLIGHT": "24"}


@dataclass
class Load:
    """Clients that ask without a pause on kept-alive connections: when each request began, and its seconds."""

    port: int
    connections: int
    took: list[tuple[float, float]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask until the block ends."""
        threads = [threading.Thread(target=self._client) for _ in range(self.connections)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ended.set()
            for thread in threads:
                thread.join()

    def _client(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.ended.is_set():
            start = time.perf_counter()
            try:
                connection.request("POST", "/classify", BODY, {"Content-Type": "application/json"})
                with connection.getresponse() as answer:
                    answer.read()
                if answer.status != http.client.OK:
                    self.failed.append(f"status {answer.status}")
            except (OSError, http.client.HTTPException) as fault:
                self.failed.append(f"{type(fault).__name__} after {time.perf_counter() - start:.3f} s")
                connection.close()
            self.took.append((start, time.perf_counter() - start))
        connection.close()

    def milliseconds(self, begin: float, end: float) -> list[float]:
        """Return how long the requests took that were under way between two moments."""
        return [1e3 * took for start, took in self.took if start < end and start + took > begin]


def main() -> int:
    """Reload under load, print the figures as Markdown; returns the exit status."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        pair = two_versions(options.models, models)
        with service(models, Path(folder) / "log", **ROOM) as (port, log):
            before = memory(log)
            found = [measure(models, pair, port, log, connections, options.reloads) for connections in options.each]
            after = memory(log)
            if any(faults for _, faults in found):
                print(
                    "".join(line for line in log.read_text().splitlines(True) if '"INFO"' not in line), file=sys.stderr
                )
    head = ["connections", "reloads", "failed", "requests", "all agree, worst s"]
    print(table([*head, "quiet p50 ms", "p99", "worst", "reloading p50 ms", "p99", "worst"], [row for row, _ in found]))
    print(f"\nMemory of a worker (proportional): {before:.0f} MB before, {after:.0f} MB after.")
    for fault in sorted({one for _, faults in found for one in faults}):
        print(f"failed: {fault}", file=sys.stderr)
    return 1 if any(faults for _, faults in found) else 0


def measure(
    models: Path, pair: Sequence[str], port: int, log: Path, connections: int, reloads: int
) -> tuple[list[str], list[str]]:
    """Reload so many times under so many connections; returns a row of the table, and what failed."""
    load, agreed = Load(port, connections), []
    with load.running():
        begun = time.perf_counter()
        time.sleep(QUIET_SECONDS)
        quiet = load.milliseconds(begun + QUIET_SECONDS / 3, time.perf_counter())
        reloading = []
        for _ in range(reloads):
            version = next(one for one in pair if one != artifact.current(models))
            before = said(log, version)
            promote(models, version)
            start = time.perf_counter()
            wait(log, version, before + WORKERS)
            agreed.append(time.perf_counter() - start)
            reloading += load.milliseconds(start, time.perf_counter())
    row = [str(connections), str(reloads), str(len(load.failed)), f"{len(load.took):,}", f"{max(agreed):.1f}"]
    return [*row, *figures(quiet), *figures(reloading)], load.failed


def figures(milliseconds: Sequence[float]) -> list[str]:
    """Return median, 99th percentile and worst."""
    cuts = quantiles(milliseconds, n=100)
    return [f"{value:.1f}" for value in (cuts[49], cuts[98], max(milliseconds))]


def two_versions(given: Path, models: Path) -> list[str]:
    """Copy the current version of a models folder, and publish it at another temperature as well."""
    version = artifact.current(given)
    shutil.copytree(given / version, models / version)
    found, manifest = artifact.load(models / version)
    hotter = replace(manifest, temperature=2 * manifest.temperature)
    other = publishing.publish(models, artifact.load_pipeline(models / version), found, hotter, {}).version
    return [version, other]


def promote(models: Path, version: str) -> None:
    """Promote a version as a person does."""
    command = [sys.executable, "-m", "service.cli", "promote", version, "--models", str(models)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  (our own command)


def said(log: Path, version: str) -> int:
    """Return how often workers have said that they serve a version."""
    return log.read_text().count(f"model {version} is served")


def wait(log: Path, version: str, times: int) -> None:
    """Wait until workers have said so many times that they serve a version."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while said(log, version) < times:
        if time.monotonic() > deadline:
            raise SystemExit(f"not every worker serves {version}:\n{log.read_text()[-2000:]}")
        time.sleep(0.02)


@contextmanager
def service(models: Path, log: Path, **settings: str) -> Iterator[tuple[int, Path]]:
    """Run the service, its log in a file; yields its port, and the log."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STANCE_")}
    own = {"STANCE_MODELS": str(models), "STANCE_BIND": f"127.0.0.1:{port}", "STANCE_WORKERS": str(WORKERS)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"],
            cwd=ROOT,
            env={**clean, **own, **settings},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        while not ready(port):
            if process.poll() is not None:
                raise SystemExit(f"the service ended before it was ready:\n{log.read_text()}")
            time.sleep(0.05)
        yield port, log
    finally:
        process.terminate()
        process.wait(30)


def ready(port: int) -> bool:
    """Tell whether the service is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def memory(log: Path) -> float:
    """Return the mean proportional memory of the workers in MB."""
    workers = re.findall(r"Booting worker with pid: (\d+)", log.read_text())
    rolled = [Path(f"/proc/{worker}/smaps_rollup").read_text() for worker in workers]
    return sum(int(re.findall(r"^Pss: +(\d+) kB", one, re.MULTILINE)[0]) for one in rolled) / len(rolled) / 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure reloads under load.")
    parser.add_argument(
        "--models", type=Path, default=ROOT / "model" / "artifacts", help="models folder to take one of"
    )
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument(
        "--connections", type=int, nargs="+", dest="each", default=[1, 16], help="a measurement for each number"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
