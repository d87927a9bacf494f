"""python benchmarks/soak.py [SECONDS]: good and bad requests, mixed, against the real gunicorn; a minute by default.

Prints memory (proportional, of all processes: its least), descriptors and requests by quarter of the time, and the
answers by status. Ends with status 1 if the last quarter's memory is over the third's by more than 5% (a busy machine
takes that long to warm up; what leaks more slowly shows in a longer run), if descriptors grow, a good request fails, or
a bad one is answered as it may not be. Before that, so many connections are opened at once that every worker takes up
what it keeps.
"""

import argparse
import http.client
import json
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import hostile  # noqa: E402
from benchmarks.reload import service  # noqa: E402
from training.report import table  # noqa: E402

QUARTERS = 4
GROWTH = 1.05
# Sockets of requests under way come and go: what leaks shows as more.
SPARE_DESCRIPTORS = 20
# So many connections are opened at once before the time begins.
AT_ONCE = 16
SENTENCES = (
    "Berlin called the American pull-out from the treaty a grave mistake.",
    "Warsaw welcomed the decision, since Russia had broken the treaty for years.",
    "The ministers met in Brussels on Tuesday.",
    "“We regret it,” the Kremlin’s spokesman said.",
)


@dataclass
class Soak:
    """What was measured: (moment, MB, descriptors) now and then, and how often what was answered how."""

    samples: list[tuple[float, float, int]] = field(default_factory=list)
    answers: Counter[tuple[str, int | str]] = field(default_factory=Counter)
    answered: list[float] = field(default_factory=list)

    def rows(self) -> list[list[str]]:
        """Return a row for each quarter of the time."""
        return [
            [str(number + 1), f"{megabytes:.1f}", str(descriptors), f"{requests:,}"]
            for number, (megabytes, descriptors, requests) in enumerate(self._quarters())
        ]

    def faults(self, growth: float = GROWTH) -> list[str]:
        """Name what is not as it should be; memory may grow by a factor from the third quarter to the last."""
        (_, (_, before, _), (third, _, _), (last, after, _)) = self._quarters()
        found = [f"{what}: {status}" for what, status in self.answers if not _fits(what, status)]
        if last > growth * third:
            found.append(f"memory grows from {third:.1f} to {last:.1f} MB")
        if after > before + SPARE_DESCRIPTORS:
            found.append(f"descriptors grow from {before} to {after}")
        return found

    def _quarters(self) -> list[tuple[float, int, int]]:
        start, end = self.samples[0][0], self.samples[-1][0]
        edges = [start + (end - start) * number / QUARTERS for number in range(QUARTERS + 1)]
        found = []
        for low, high in pairwise(edges):
            samples = [one for one in self.samples if low <= one[0] <= high]
            requests = sum(low <= moment < high for moment in self.answered)
            # The least memory, since a large body has some while it is answered, and what leaks is never given back.
            found.append((min(one[1] for one in samples), int(median(one[2] for one in samples)), requests))
        return found


def _fits(what: str, status: int | str) -> bool:
    return status in hostile.KINDS[what][1] if what in hostile.KINDS else status == http.client.OK


def soak(port: int, master: int, seconds: float) -> Soak:
    """Ask for so many seconds: two clients good things, one bad ones, one that goes away before its answer."""
    _warm_up(port)
    found = Soak()
    with _clients(found, port) as ended:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found.samples.append((time.monotonic(), *_measured(master)))
            ended.wait(max(0.1, seconds / 120))
    return found


def _warm_up(port: int) -> None:
    """Ask every route on connections that are open at once: else a worker may have none for half of the time."""
    chance = random.Random(12)  # noqa: S311
    with ExitStack() as opened:
        connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(AT_ONCE)]
        for connection in connections:
            opened.enter_context(closing(connection)).connect()
        for connection in connections:
            for _ in _asked(connection, chance):
                pass


@contextmanager
def _clients(found: Soak, port: int) -> Iterator[threading.Event]:
    ended = threading.Event()
    failures: list[BaseException] = []

    def repeated(asks: Iterable[tuple[str, int | str]]) -> None:
        try:
            for answer in asks:
                if ended.is_set():
                    return
                found.answers[answer] += 1
                found.answered.append(time.monotonic())
        except BaseException as failure:
            failures.append(failure)

    clients = [_good(port), _good(port), _bad(port), _gone(port)]
    threads = [threading.Thread(target=repeated, args=(asks,)) for asks in clients]
    for thread in threads:
        thread.start()
    try:
        yield ended
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


def _good(port: int) -> Iterator[tuple[str, int | str]]:
    """Ask every route on a kept-alive connection, a new one now and then, in other words each time."""
    chance = random.Random(13)  # noqa: S311
    while True:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            for _ in range(20):
                yield from _asked(connection, chance)


def _asked(connection: http.client.HTTPConnection, chance: random.Random) -> Iterator[tuple[str, int]]:
    for method, path, kind, body in _requests(chance):
        connection.request(method, path, body, {"Content-Type": kind})
        with connection.getresponse() as answer:
            answer.read()
        yield f"{method} {path}", answer.status


def _requests(chance: random.Random) -> list[tuple[str, str, str, bytes | None]]:
    text = f"{chance.choice(SENTENCES)} {chance.choice(SENTENCES)} Word{chance.randrange(10**6)}."
    one = {"text": text, "explain": True}
    line = json.dumps({"id": 1, **one}).encode() + b"\n"
    kind, lines = "application/json", hostile.LINES.decode()
    posts = [("/classify", one), ("/classify/batch", {"texts": [text, "", text]}), ("/analyze", {"text": text * 5})]
    got = ["/limits", "/model", "/livez", "/readyz", "/openapi.json", "/metrics", "/docs/LICENSE"]
    return [
        *(("POST", path, kind, json.dumps(body).encode()) for path, body in posts),
        ("POST", "/classify/batch", lines, line * 20),
        *(("GET", path, kind, None) for path in got),
    ]


def _bad(port: int) -> Iterator[tuple[str, int | str]]:
    chance = random.Random(13)  # noqa: S311
    while True:
        for name in hostile.KINDS:
            yield name, hostile.send(port, hostile.made(name, chance))


def _gone(port: int) -> Iterator[tuple[str, int | str]]:
    chance = random.Random(14)  # noqa: S311
    while True:
        for name in ("a request cut off", "half a head, then gone"):
            yield name, hostile.send(port, hostile.made(name, chance), reset=True)
            time.sleep(0.01)


def _measured(master: int) -> tuple[float, int]:
    """Return memory in MB and open descriptors of the service's processes."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    folders = [Path(f"/proc/{process}") for process in (str(master), *children)]
    rolled = [re.findall(r"^Pss: +(\d+) kB", (one / "smaps_rollup").read_text(), re.MULTILINE)[0] for one in folders]
    return sum(map(int, rolled)) / 1024, sum(len(os.listdir(one / "fd")) for one in folders)  # noqa: PTH208


def main() -> int:
    """Soak, print the tables, return the exit status."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with service(options.models, log) as (port, _):
            master = int(re.findall(r'"Listening at: .*\((\d+)\)"', log.read_text())[0])
            found = soak(port, master, options.seconds)
        faults = found.faults() + ["a traceback in the log"] * ("Traceback" in log.read_text())
    print(table(["quarter", "MB", "descriptors", "requests"], found.rows()))
    statuses = Counter[str]()
    for (_, status), times in found.answers.items():
        statuses[str(status)] += times
    print("\n" + table(["status", "answers"], [[status, f"{times:,}"] for status, times in sorted(statuses.items())]))
    for fault in faults:
        print(f"wrong: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Soak the service in good and bad requests.")
    parser.add_argument("seconds", type=float, nargs="?", default=60)
    parser.add_argument("--models", type=Path, default=ROOT / "model" / "artifacts", help="models folder to serve from")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
