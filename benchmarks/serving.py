"""python benchmarks/serving.py: the same model behind this service and behind others, in turns in one run on loopback.

CPU is utime + stime of all the server's processes (/proc) over the texts that they answered, so that the client's own
work and a noisy neighbour do not count. Two worker processes each; connections are kept alive; distinct sentences of 20
to 30 words. MLServer gets an environment of its own on the first run. Draws serving.png. Cost: eight minutes.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from matplotlib.figure import Figure

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from training import corpus  # noqa: E402
from training.report import table  # noqa: E402

MODELS = ROOT / "model" / "artifacts"
MLSERVER = ROOT / ".venv" / "mlserver"
TURNS = 5
# Texts a request, connections, requests a turn.
LOADS = ((1, 16, 2400), (1, 1, 400), (32, 16, 96), (32, 1, 48))
WARM_UP = 3200
GUNICORN = ("-m", "gunicorn", "--config", "service/gunicorn.conf.py")
UVICORN = ("-m", "uvicorn", "--workers", "2", "--no-access-log", "--log-level", "warning", "--factory")

Post = tuple[str, bytes]


def plain(texts: Sequence[str]) -> Post:
    """Ask as our contract has it."""
    if len(texts) == 1:
        return "/classify", json.dumps({"text": texts[0]}).encode()
    return "/classify/batch", json.dumps({"texts": texts}).encode()


def inference(texts: Sequence[str]) -> Post:
    """Ask as MLServer's Open Inference Protocol has it."""
    given = {"name": "texts", "shape": [len(texts)], "datatype": "BYTES", "data": texts}
    asked = {"inputs": [{**given, "parameters": {"content_type": "str"}}], "outputs": [{"name": "predict_proba"}]}
    return "/v2/models/stance/infer", json.dumps(asked).encode()


@dataclass(frozen=True)
class Rival:
    """How a server is started, given its port, and how it is asked."""

    command: Callable[[int, Path], Sequence[str]]
    ask: Callable[[Sequence[str]], Post] = plain


def gunicorn(*application: str) -> Rival:
    """Serve under this service's own gunicorn settings."""
    return Rival(lambda port, _: [sys.executable, *GUNICORN, "--bind", f"127.0.0.1:{port}", *application])


def uvicorn(application: str) -> Rival:
    """Serve under uvicorn."""
    return Rival(lambda port, _: [sys.executable, *UVICORN, "--host", "127.0.0.1", "--port", str(port), application])


def mlserver(port: int, folder: Path) -> Sequence[str]:
    """Write MLServer's settings, install it where need be, and return its command."""
    if not (MLSERVER / "bin" / "mlserver").exists():
        subprocess.run([sys.executable, "-m", "venv", str(MLSERVER)], check=True)  # noqa: S603
        subprocess.run([MLSERVER / "bin" / "pip", "install", "-qq", "-r", HERE / "mlserver.txt"], check=True)  # noqa: S603
    current = MODELS / (MODELS / "current").read_text().strip()
    ports = {"metrics_dir": str(folder), "http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
    server = {"host": "127.0.0.1", "parallel_workers": 2, "debug": False, **ports}
    model = {"name": "stance", "implementation": "mlserver_sklearn.SKLearnModel"}
    (folder / "settings.json").write_text(json.dumps(server))
    (folder / "model-settings.json").write_text(
        json.dumps({**model, "parameters": {"uri": str(current / "model.joblib")}})
    )
    return [str(MLSERVER / "bin" / "mlserver"), "start", str(folder)]


RIVALS = {
    "bare WSGI, constant": gunicorn("benchmarks.constant:wsgi"),
    "Flask, constant": gunicorn("benchmarks.constant:flask()"),
    "this service": gunicorn(),
    "FastAPI + compiled scorer": uvicorn("benchmarks.rival:scorer"),
    "FastAPI + scikit-learn": uvicorn("benchmarks.rival:pipeline"),
    "MLServer + scikit-learn": Rival(mlserver, inference),
}


@dataclass
class Measured:
    """What a load costs a server, turn by turn: CPU and rate a text, seconds a request, busiest process's share."""

    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    latency: list[float] = field(default_factory=list)
    busiest: list[float] = field(default_factory=list)


@dataclass
class Server:
    """A running server and what was measured of it under each load."""

    rival: Rival
    port: int
    process: subprocess.Popen[bytes]
    started: float
    under: dict[tuple[int, int, int], Measured] = field(default_factory=lambda: defaultdict(Measured))


def main() -> None:
    """Start every server, measure them in turns, print the tables as Markdown and draw them."""
    sentences = [row["text"] for row in corpus.read("train.csv") if len(row["text"].split()) in range(20, 31)]
    with ExitStack() as stack:
        servers = {name: stack.enter_context(running(rival)) for name, rival in RIVALS.items()}
        for server in servers.values():
            load(
                server,
                [sentences[start : start + 8] for start in range(len(sentences) - WARM_UP, len(sentences), 8)],
                16,
            )
        for turn in range(TURNS):
            for one in LOADS:
                for server in servers.values():
                    measure(server, one, sentences, turn)
        memories = {name: memory(server) for name, server in servers.items()}
    for one in LOADS:
        print(
            f"\n{one[0]} text{'s' if one[0] > 1 else ''} a request, {one[1]} connection{'s' if one[1] > 1 else ''}:\n"
        )
        print(tabled({name: server.under[one] for name, server in servers.items()}))
    print("\nResident memory (proportional) and start to the first answer:\n")
    rows = [[name, f"{memories[name]:,.0f}", f"{server.started:.1f}"] for name, server in servers.items()]
    print(table(["server", "MB", "s"], rows))
    draw(servers)


def tabled(measured: Mapping[str, Measured]) -> str:
    """Render what one load cost."""
    flask = median(measured["Flask, constant"].cpu)
    rows = []
    for name, found in measured.items():
        cpu, cuts = median(found.cpu), quantiles(found.latency, n=100)
        figures = [f"{cpu:,.0f}", f"{cpu / flask:.2f}×", f"{median(found.rate):,.0f}", f"{1e3 * cuts[49]:.1f}"]
        rows.append([name, *figures, f"{1e3 * cuts[98]:.1f}", f"{median(found.busiest):.0%}"])
    return table(["server", "CPU µs a text", "of Flask's", "texts/s", "p50 ms", "p99 ms", "busiest process"], rows)


def draw(servers: Mapping[str, Server]) -> None:
    """Draw CPU a text, one panel a load, on a logarithmic scale."""
    figure = Figure(figsize=(14, 3.2), layout="constrained")
    panels = figure.subplots(1, len(LOADS), sharey=True)
    names = list(servers)[::-1]
    for panel, one in zip(panels, LOADS, strict=True):
        values = [median(servers[name].under[one].cpu) for name in names]
        bars = panel.barh(names, values, color=["#b35806" if name == "this service" else "#8a8a8a" for name in names])
        panel.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
        panel.set(xscale="log", title=f"{one[0]} a request, {one[1]} connections", xlabel="CPU µs a text")
        panel.set_xlim(right=max(values) * 4)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "serving.png", dpi=110)


@contextmanager
def running(rival: Rival) -> Iterator[Server]:
    """Start a server on a free port, wait for its first answer, and end it by its own id."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = rival.command(port, Path(folder))
        environment = {"STANCE_MODELS": str(MODELS), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  (our own commands)
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        server = Server(rival, port, process, 0.0)
        try:
            while not answers(server):
                if process.poll() is not None:
                    raise SystemExit(f"{command} ended with {process.returncode} before it answered")
                time.sleep(0.02)
            server.started = time.perf_counter() - start
            yield server
        finally:
            process.terminate()
            process.wait(30)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def answers(server: Server) -> bool:
    """Tell whether the server classifies yet."""
    try:
        load(server, [["Oslo met."]], connections=1)
    except (OSError, http.client.HTTPException, AssertionError):
        return False
    return True


def measure(server: Server, one: tuple[int, int, int], sentences: Sequence[str], turn: int) -> None:
    """Send a turn's requests and add what they cost."""
    size, connections, requests = one
    first = turn * size * requests
    chosen = [sentences[(first + n) % (len(sentences) - WARM_UP)] for n in range(size * requests)]
    before, start = cpu(server), time.perf_counter()
    found = server.under[one]
    found.latency += load(server, [chosen[n : n + size] for n in range(0, len(chosen), size)], connections)
    found.rate.append(len(chosen) / (time.perf_counter() - start))
    spent = [seconds - before.get(process, 0.0) for process, seconds in cpu(server).items()]
    found.cpu.append(1e6 * sum(spent) / len(chosen))
    found.busiest.append(max(spent) / sum(spent))


def load(server: Server, batches: Sequence[Sequence[str]], connections: int) -> list[float]:
    """Post every batch over so many kept-alive connections; returns the seconds of each request."""
    posts = [server.rival.ask(texts) for texts in batches]

    def drive(mine: Sequence[Post]) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.connect()
        # http.client sends head and body apart: else the kernel holds the body back for 40 ms with some servers.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        took = []
        for path, body in mine:
            start = time.perf_counter()
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status == 200, (answer.status, content[:300])
            took.append(time.perf_counter() - start)
        connection.close()
        return took

    with ThreadPoolExecutor(connections) as pool:
        return [took for part in pool.map(drive, [posts[n::connections] for n in range(connections)]) for took in part]


def processes(server: Server) -> list[str]:
    """Return the ids of the server's processes."""
    found, ids = [str(server.process.pid)], []
    while found:
        ids.append(found.pop())
        for task in Path(f"/proc/{ids[-1]}/task").glob("*/children"):
            found += task.read_text().split()
    return ids


def cpu(server: Server) -> dict[str, float]:
    """Return utime + stime of each process of a server, in seconds."""
    found = {}
    for process in processes(server):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
        found[process] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def memory(server: Server) -> float:
    """Return the proportional set size of all processes of a server in MB: pages that are shared count once."""
    kilobytes = 0
    for process in processes(server):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


if __name__ == "__main__":
    main()
