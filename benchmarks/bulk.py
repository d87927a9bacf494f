"""python benchmarks/bulk.py: an archive of a million sentences by `stance bulk`, against a bare loop.

The bare loop makes the same call of the analyzer, `classify` or `analyze`, on rows in memory and keeps nothing; with
two processes two of them run at once. It runs before the archive and after it, since a machine's speed drifts. Rows are
those of our own corpus, repeated with ids and dates, and stand in a plain NDJSON file. "Kept" is the bare loop's CPU a
sentence over that of all of the run's processes, its start included; by the clock, the rate over the bare loop's.
Memory is that of the largest worker, in each quarter of the run. Then the run is killed at its half and the same
command given again.

    python benchmarks/bulk.py [--sentences 1000000]

Cost: a quarter of an hour; `--sentences 20000` to try it.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, groupby, islice
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from model import Analyzer  # noqa: E402
from training import corpus  # noqa: E402
from training.report import table  # noqa: E402

MODELS = ROOT / "model" / "artifacts"
# A tenth is enough for the rate of a loop, and half as many sentences in articles, which cost three times as much.
LOOPED, IN_ARTICLES = 10, 2
HEAD = ["", "processes", "sentences", "bare loop/s", "sentences/s", "by the clock", "CPU µs, bare", "CPU µs", "kept"]
HEAD += ["MB of a worker, by quarters", "MB of the client"]
CORES = 50
ARCHIVE = 100_000_000


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--loop", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--unit", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.loop:
        print(json.dumps(loop(options.loop, options.unit)))
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for unit, count in (("sentence", options.sentences), ("article", options.sentences // IN_ARTICLES)):
            file = Path(folder) / f"{unit}s.ndjson"
            write(file, unit, count)
            some = Path(folder) / "some.ndjson"
            write(some, unit, count // LOOPED)
            for processes in (1, 2):
                out = Path(folder) / f"{unit}{processes}"
                first = bare_loops(some, unit, processes)
                run = bulk(file, unit, processes, out)
                second = bare_loops(some, unit, processes)
                rows.append(line(unit, processes, {name: first[name] + second[name] for name in first}, run))
        print(table(HEAD, rows))
        again = killed(Path(folder) / "sentences.ndjson", Path(folder) / "killed")
        print("\n" + table(["killed at", "s to the first new part", "s to the end"], [again]))
    rate = float(rows[1][4].replace(",", "")) / 2
    hours = ARCHIVE / rate / CORES / 3600
    print(f"\n{ARCHIVE:,} sentences at {rate:,.0f} a second and core: {hours:.2f} hours on {CORES} cores.")


def texts(unit: str) -> list[str]:
    """Return the corpus as sentences or as articles."""
    rows = [row for row in corpus.read("train.csv") if any(map(str.isalpha, row["text"]))]
    if unit == "sentence":
        return [row["text"] for row in rows]
    documents = groupby((row for row in rows if row["part"] == "document"), key=lambda row: row["document"])
    return [" ".join(row["text"] for row in found) for _, found in documents]


def write(file: Path, unit: str, sentences: int) -> None:
    """Write an archive with at least so many sentences."""
    found = texts(unit)
    mean = 1.0 if unit == "sentence" else 17.0
    with file.open("w", encoding="utf-8") as archive:
        for number, text in enumerate(islice(cycle(found), round(sentences / mean))):
            date = f"{2009 + number % 10}-{1 + number % 12:02}-15"
            archive.write(json.dumps({"id": number, "date": date, "text": text}, ensure_ascii=False) + "\n")


def loop(file: Path, unit: str) -> dict[str, float]:
    """Judge the rows of a file, which are read before; the first thousand twice, so that the words are remembered."""
    analyzer = Analyzer.load(MODELS)
    rows = [json.loads(one)["text"] for one in file.read_text(encoding="utf-8").splitlines()]
    for text in rows[:1000]:
        analyzer.analyze(text)
    start, spent = time.perf_counter(), time.process_time()
    if unit == "sentence":
        count = sum(analyzer.classify(text).sentences for text in rows)
    else:
        count = sum(len(analyzer.analyze(text).sentences) for text in rows)
    return {"sentences": count, "seconds": time.perf_counter() - start, "cpu": time.process_time() - spent}


def bare_loops(file: Path, unit: str, processes: int) -> dict[str, float]:
    """Run so many loops at once; returns their figures added up, the seconds of the slowest."""
    command = [sys.executable, __file__, "--loop", str(file), "--unit", unit]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)]  # noqa: S603
    found = [json.loads(one.communicate()[0]) for one in started]
    return {name: (max if name == "seconds" else sum)(one[name] for one in found) for name in found[0]}


def start(file: Path, unit: str, processes: int, out: Path) -> subprocess.Popen[bytes]:
    """Start `stance bulk` over a file."""
    command = [sys.executable, "-m", "service.cli", "bulk", str(file), "--out", str(out), "--models", str(MODELS)]
    command += ["--unit", unit, "--workers", str(processes)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603


def bulk(file: Path, unit: str, processes: int, out: Path) -> dict[str, Any]:
    """Run it to its end; returns sentences, seconds, CPU of all its processes, and memory in MB by the second."""
    begun = time.perf_counter()
    process = start(file, unit, processes, out)
    memory = list(sampled(process))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    manifest = json.loads((out / "run.json").read_text())
    return {
        "sentences": manifest["judged"],
        "seconds": time.perf_counter() - begun,
        "cpu": usage.ru_utime + usage.ru_stime,
        "client": max(client for client, _ in memory),
        "workers": [worker for _, worker in memory],
    }


def sampled(process: subprocess.Popen[bytes]) -> Iterator[tuple[float, float]]:
    """Yield the memory of the client and of its largest worker, in MB, until it ends; it is left to be waited for."""
    client = psutil.Process(process.pid)
    while client.status() != psutil.STATUS_ZOMBIE:
        try:
            workers = [one.memory_info().rss for one in client.children() if "spawn_main" in " ".join(one.cmdline())]
            yield client.memory_info().rss / 2**20, max(workers, default=0) / 2**20
        except psutil.Error:  # one that ends while it is looked at
            pass
        time.sleep(0.5)


def line(unit: str, processes: int, bare: dict[str, float], run: dict[str, Any]) -> list[str]:
    """Lay the figures of a run out as a line of the table."""
    rates = bare["sentences"] / bare["seconds"], run["sentences"] / run["seconds"]
    costs = 1e6 * bare["cpu"] / bare["sentences"], 1e6 * run["cpu"] / run["sentences"]
    memory: Sequence[float] = run["workers"]
    quarters = [max(memory[len(memory) * n // 4 : len(memory) * (n + 1) // 4], default=0) for n in range(4)]
    figures = [f"{rates[0]:,.0f}", f"{rates[1]:,.0f}", f"{rates[1] / rates[0]:.0%}"]
    figures += [f"{costs[0]:,.0f}", f"{costs[1]:,.0f}", f"{costs[0] / costs[1]:.0%}"]
    used = " · ".join(f"{one:,.0f}" for one in quarters)
    return [f"{unit}s", str(processes), f"{run['sentences']:,}", *figures, used, f"{run['client']:,.0f}"]


def killed(file: Path, out: Path) -> list[str]:
    """Kill a run of sentences at its half, start it again; returns what was done then and how long the rest took."""
    done = lambda: len(list((out / "parts").glob("*.json")))  # noqa: E731
    size = int(re.findall(r"default: (\d+) MiB", (ROOT / "service/bulk/bulk.py").read_text())[0]) * 2**20
    half = max(1, file.stat().st_size // size // 2)
    process = start(file, "sentence", 2, out)
    while done() < half:
        time.sleep(0.02)
    process.kill()
    process.wait()
    before, begun = done(), time.perf_counter()
    process = start(file, "sentence", 2, out)
    while done() == before and process.poll() is None:
        time.sleep(0.02)
    first = time.perf_counter() - begun
    assert process.wait() == 0
    return [f"{before} of {done()} parts", f"{first:.1f}", f"{time.perf_counter() - begun:.1f}"]


if __name__ == "__main__":
    main()
