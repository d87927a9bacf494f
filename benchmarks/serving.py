"""python benchmarks/serving.py: one text a request, this service beside others, in turns in one run on loopback.

CPU is utime + stime of all the server's processes (/proc) over the requests that they answered, so that the client's
own work and a noisy neighbour do not count. Two workers each, 16 connections kept alive, distinct sentences of 20 to 30
words. Cost: a minute or two.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from training import corpus  # noqa: E402
from training.report import table  # noqa: E402

TURNS = 3
REQUESTS = 1600
CONNECTIONS = 16
GUNICORN = ("-m", "gunicorn", "--config", "service/gunicorn.conf.py")
UVICORN = ("-m", "uvicorn", "--workers", "2", "--no-access-log", "--log-level", "warning", "--factory")
SERVERS = {
    "bare WSGI, constant": (*GUNICORN, "benchmarks.constant:wsgi"),
    "Flask, constant": (*GUNICORN, "benchmarks.constant:flask()"),
    "this service": GUNICORN,
    "FastAPI + compiled scorer": (*UVICORN, "benchmarks.rival:scorer"),
    "FastAPI + scikit-learn": (*UVICORN, "benchmarks.rival:pipeline"),
}


@dataclass
class Server:
    """A running server and what was measured of it."""

    port: int
    process: subprocess.Popen[bytes]
    started: float
    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    latency: list[float] = field(default_factory=list)


def main() -> None:
    """Start every server, measure them in turns, print the table as Markdown."""
    sentences = [row["text"] for row in corpus.read("train.csv") if len(row["text"].split()) in range(20, 31)]
    bodies = [json.dumps({"text": text}).encode() for text in sentences]
    with ExitStack() as stack:
        servers = {name: stack.enter_context(running(command)) for name, command in SERVERS.items()}
        for server in servers.values():
            load(server.port, bodies[-REQUESTS:])
        for turn in range(TURNS):
            for server in servers.values():
                measure(server, bodies[turn * REQUESTS : (turn + 1) * REQUESTS])
        flask = median(servers["Flask, constant"].cpu)
        rows = []
        for name, server in servers.items():
            cpu, cuts = median(server.cpu), quantiles(server.latency, n=100)
            row = [f"{cpu:,.0f}", f"{cpu / flask:.2f}×", f"{median(server.rate):,.0f}", f"{1e3 * cuts[49]:.1f}"]
            rows.append([name, *row, f"{1e3 * cuts[98]:.1f}", f"{memory(server):,.0f}", f"{server.started:.1f}"])
    header = ["server", "CPU µs a request", "of Flask's", "requests/s", "p50 ms", "p99 ms", "memory MB", "start s"]
    print(table(header, rows))


@contextmanager
def running(command: Sequence[str]) -> Iterator[Server]:
    """Start a server on a free port, wait for its first answer, and end it by its own id."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = [] if "gunicorn" in command else ["--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "STANCE_BIND": f"127.0.0.1:{port}", "STANCE_MODELS": str(ROOT / "model" / "artifacts")}
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  (our own commands)
        [sys.executable, *command, *address],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None and not answers(port):
            time.sleep(0.02)
        yield Server(port, process, time.perf_counter() - start)
    finally:
        process.terminate()
        process.wait(30)


def answers(port: int) -> bool:
    """Tell whether the server classifies yet."""
    try:
        load(port, [b'{"text": "Oslo met."}'], connections=1)
    except (OSError, http.client.HTTPException, AssertionError):
        return False
    return True


def measure(server: Server, bodies: Sequence[bytes]) -> None:
    """Send the bodies and add what they cost."""
    before, start = cpu_seconds(server), time.perf_counter()
    server.latency += load(server.port, bodies)
    server.rate.append(len(bodies) / (time.perf_counter() - start))
    server.cpu.append(1e6 * (cpu_seconds(server) - before) / len(bodies))


def load(port: int, bodies: Sequence[bytes], connections: int = CONNECTIONS) -> list[float]:
    """Post every body over so many kept-alive connections; returns the seconds of each request."""

    def drive(mine: Sequence[bytes]) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        took = []
        for body in mine:
            start = time.perf_counter()
            connection.request("POST", "/classify", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            took.append(time.perf_counter() - start)
        connection.close()
        return took

    with ThreadPoolExecutor(connections) as pool:
        return [took for part in pool.map(drive, [bodies[n::connections] for n in range(connections)]) for took in part]


def tree(server: Server) -> list[str]:
    """Return the ids of the server's processes."""
    found, ids = [str(server.process.pid)], []
    while found:
        ids.append(found.pop())
        for task in Path(f"/proc/{ids[-1]}/task").glob("*/children"):
            found += task.read_text().split()
    return ids


def cpu_seconds(server: Server) -> float:
    """Return utime + stime of all processes of a server."""
    ticks = 0
    for process in tree(server):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(server: Server) -> float:
    """Return the proportional set size of all processes of a server in MB: pages that are shared count once."""
    kilobytes = 0
    for process in tree(server):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


if __name__ == "__main__":
    main()
