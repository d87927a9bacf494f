"""python benchmarks/streaming.py: 200,000 lines of NDJSON in one stream, read while they are sent.

CPU is that of all the server's processes over the lines; peak memory is that of the worker that grew largest, after a
tenth of the lines and after all. Distinct sentences of 20 to 30 words, in turn. Cost: three minutes.
"""

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.serving import RIVALS, Server, cpu, processes, running  # noqa: E402
from training import corpus  # noqa: E402
from training.report import table  # noqa: E402

LINES = 200_000
HEAD = b"POST /classify/batch HTTP/1.1\r\nHost: stance\r\nContent-Type: application/x-ndjson\r\n"
# How the body is framed, and how many lines are sent at once.
FRAMINGS = {"Content-Length": 100, "chunks of 100 lines": 100, "chunks of one line": 1}


def main() -> None:
    """Stream under each framing to a service of its own and print what it cost as Markdown."""
    sentences = [row["text"] for row in corpus.read("train.csv") if len(row["text"].split()) in range(20, 31)]
    lines = [json.dumps({"id": n, "text": text}).encode() + b"\n" for n, text in enumerate(sentences)]
    rows = [[framing, *measured(framing, lines)] for framing in FRAMINGS]
    print(table(["framing", "lines/s", "CPU µs a line", "peak MB after a tenth", "after all"], rows))


def measured(framing: str, lines: list[bytes]) -> list[str]:
    """Stream a tenth of the lines, then all, and return the figures."""
    with running(RIVALS["this service"]) as server:
        stream(server, framing, lines, LINES // 10)
        early, before, start = peak(server), sum(cpu(server).values()), time.perf_counter()
        stream(server, framing, lines, LINES)
        took, spent = time.perf_counter() - start, sum(cpu(server).values()) - before
        return [f"{LINES / took:,.0f}", f"{1e6 * spent / LINES:,.0f}", f"{early:,.1f}", f"{peak(server):,.1f}"]


def stream(server: Server, framing: str, lines: list[bytes], count: int) -> None:
    """Send so many lines and read their answers; each is checked to be a label."""
    length = sum(map(len, islice(cycle(lines), count)))
    head = f"Content-Length: {length}" if framing == "Content-Length" else "Transfer-Encoding: chunked"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(HEAD + head.encode() + b"\r\n\r\n")
        sender = threading.Thread(target=lambda: [connection.sendall(one) for one in framed(framing, lines, count)])
        sender.start()
        answer = HTTPResponse(connection)
        answer.begin()
        labelled = sum(b'"label"' in line for line in answer)
        sender.join()
    assert labelled == count, (answer.status, labelled)


def framed(framing: str, lines: list[bytes], count: int) -> Iterator[bytes]:
    """Yield the body as it is sent."""
    endless, size = cycle(lines), FRAMINGS[framing]
    for _ in range(count // size):
        piece = b"".join(islice(endless, size))
        yield piece if framing == "Content-Length" else b"%x\r\n%b\r\n" % (len(piece), piece)
    if framing != "Content-Length":
        yield b"0\r\n\r\n"


def peak(server: Server) -> float:
    """Return the largest peak of resident memory among the server's processes, in MB."""
    status = (Path(f"/proc/{process}/status").read_text() for process in processes(server))
    return max(int(re.findall(r"VmHWM:\s+(\d+)", one)[0]) for one in status) / 1024


if __name__ == "__main__":
    main()
