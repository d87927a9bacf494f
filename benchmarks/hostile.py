"""python benchmarks/hostile.py [REQUESTS]: bad requests of over 40 kinds, 10,000 by default, to the real gunicorn.

Each has a connection of its own; eight clients send at once, and read what comes until the connection ends. Prints a
table by kind and status. Ends with status 1 if an answer is a 5xx other than 503, or a kind is not answered as it is to
be. Cost: a minute.
"""

import json
import random
import socket
import struct
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.reload import service  # noqa: E402
from training.report import table  # noqa: E402

CLIENTS = 8
PATIENCE_SECONDS = 30
GONE = "no answer"
GOOD = b'{"text": "Berlin called the step a grave mistake."}'
JSON, LINES = b"application/json", b"application/x-ndjson"


def post(
    body: bytes, path: bytes = b"/classify", kind: bytes = JSON, head: bytes = b"", length: int | None = None
) -> bytes:
    """Write a POST that asks for the connection to be closed."""
    framing = b"Content-Length: %d\r\n" % (len(body) if length is None else length)
    return _head(b"POST " + path, b"Content-Type: " + kind + b"\r\n" + framing + head) + body


def get(path: bytes, method: bytes = b"GET", head: bytes = b"") -> bytes:
    """Write a request without a body."""
    return _head(method + b" " + path, head)


def chunked(body: bytes) -> bytes:
    """Write a POST whose body is framed by its sender."""
    return _head(b"POST /classify", b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") + body


def _head(line: bytes, head: bytes) -> bytes:
    return line + b" HTTP/1.1\r\nHost: stance\r\nConnection: close\r\n" + head + b"\r\n"


def _noise(chance: random.Random) -> bytes:
    return b"\x00" + chance.randbytes(chance.randrange(1, 400)) + b"\r\n\r\n"


def _cut(chance: random.Random) -> bytes:
    whole = post(GOOD)
    return whole[: chance.randrange(1, len(whole))]


def _changed(chance: random.Random) -> bytes:
    whole = bytearray(post(GOOD))
    for _ in range(4):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole)


# What is sent, and how it may be answered. Functions make another request each time.
KINDS: dict[str, tuple[bytes | Callable[[random.Random], bytes], set[int | str]]] = {
    "no body": (post(b""), {400}),
    "half an object": (post(b'{"text": "Ber'), {400}),
    "not UTF-8": (post(b'{"text": "\xff\xfe"}'), {400}),
    "UTF-16": (post('{"text": "a"}'.encode("utf-16")), {400}),
    "NaN": (post(b'{"text": "a", "min_confidence": NaN}'), {400}),
    "a key twice": (post(b'{"text": "a", "text": "b"}'), {400}),
    "a million digits": (post(b'{"min_confidence": ' + b"9" * 10**6 + b"}"), {400}),
    "an exponent of a million digits": (post(b'{"text": "a", "min_confidence": 1e' + b"9" * 10**6 + b"}"), {422}),
    "a fraction of a million digits": (post(b'{"min_confidence": 0.' + b"9" * 10**6 + b"}"), {422}),
    "a million levels of lists": (post(b"[" * 10**6), {400}),
    "100,000 levels of objects": (post(b'{"a":' * 10**5 + b"1" + b"}" * 10**5), {400}),
    "100,000 lists": (post(b"[" + b"[]," * 10**5 + b"0]"), {400, 422}),
    "100,000 keys": (post(b"{" + b",".join(b'"%x":0' % key for key in range(10**5)) + b"}"), {422}),
    "a key of a million characters": (post(b'{"' + b"k" * 10**6 + b'": 1}'), {422}),
    "a million escapes": (post(b'{"text": "' + b"\\u0041" * 10**6 + b'"}'), {422}),
    "halves of surrogate pairs": (post(b'{"text": "a' + b"\\ud800" * 1000 + b'"}'), {422}),
    "NUL": (post(b'{"text": "a\\u0000b"}'), {422}),
    "no letter": (post(b'{"text": "?!"}'), {422}),
    "another type of text": (post(b'{"text": {"a": [1]}}'), {422}),
    "an unknown field": (post(b'{"text": "a", "texts": 1}'), {422}),
    "a string for a number": (post(b'{"text": "a", "min_confidence": "1"}'), {422}),
    "too many texts": (post(b'{"texts": [' + b'"a",' * 999 + b'"a"]}', b"/classify/batch"), {422}),
    "an article of no letters": (post(b'{"text": "' + b"1 " * 5000 + b'"}', b"/analyze"), {422}),
    "a correction where none are kept": (post(b'{"text": "a", "label": "neutral"}', b"/feedback"), {404}),
    "an id of 4,000 digits": (get(b"/feedback/" + b"9" * 4000, b"DELETE"), {404}),
    "empty lines before an article": (post(b'{"text": "%ba: -"}' % (b"\\n" * 5000), b"/analyze"), {200}),
    "lines that are no JSON": (post(b"{\n[\n" * 100, b"/classify/batch", LINES), {200}),
    "a line that never ends": (post(b"[" * (2 * 10**6), b"/classify/batch", LINES), {200}),
    "text/plain": (post(GOOD, kind=b"text/plain"), {415}),
    "another charset": (post(GOOD, kind=b"application/json; charset=utf-7"), {415}),
    "gzip": (post(GOOD, head=b"Content-Encoding: gzip\r\n"), {415}),
    "a body over the limit": (post(GOOD.ljust(9 * 2**20)), {413}),
    "a length of 20 digits": (post(b"", length=10**19), {413}),
    "a negative length": (post(b"", length=-1), {400}),
    "two lengths": (post(GOOD, head=b"Content-Length: 3\r\n"), {400}),
    "length and chunks": (post(b"0\r\n\r\n", head=b"Transfer-Encoding: chunked\r\n"), {400}),
    "chunks of no size": (chunked(b"zz\r\n{}\r\n0\r\n\r\n"), {400}),
    "chunks of a huge size": (chunked(b"f" * 200 + b"\r\n{}"), {400}),
    "a coding that nobody knows": (get(b"/limits", head=b"Transfer-Encoding: brotli\r\n"), {400}),
    "an expectation that nobody meets": (get(b"/limits", head=b"Expect: a miracle\r\n"), {417}),
    "too long a path": (get(b"/" + b"a" * 9000), {414}),
    "too long a header": (get(b"/limits", head=b"A: " + b"a" * 9000 + b"\r\n"), {431}),
    "too many headers": (get(b"/limits", head=b"A: b\r\n" * 200), {431}),
    "a header with a line of its own": (get(b"/limits", head=b"X-Request-Id: a\x0b\x0cSet-Cookie: b\r\n"), {400}),
    "a folded header": (get(b"/limits", head=b"X-Request-Id: a\r\n b: c\r\n"), {400}),
    "an insane request id": (get(b"/nothing", head=b"X-Request-Id: <script>%0d%0aSet-Cookie: a=b\r\n"), {404}),
    "a path out of the folder": (get(b"/docs/../../../../etc/passwd"), {404}),
    "an escaped path": (get(b"/docs/%2e%2e%2fsettings.py%00%ff"), {404}),
    "another method": (get(b"/classify", b"DELETE"), {405}),
    "no method": (get(b"/classify", b"<>"), {400}),
    "another version of HTTP": (b"GET / HTTP/9.9\r\n\r\n", {400}),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    "noise": (_noise, {400}),
    "a request cut off": (_cut, {400, GONE}),
    "a request with other bytes": (_changed, {200, 400, 404, 405, 408, 413, 415, 417, 422, 431, GONE}),
    "half a head, then gone": (get(b"/limits")[:30], {400, GONE}),
    "half a body, then gone": (post(GOOD, length=500), {400}),
}


def send(port: int, sent: bytes, reset: bool = False) -> int | str:
    """Send bytes, say that no more come, and return the answer's status; a problem's body is checked.

    With `reset` the client is gone before any answer.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        try:
            connection.sendall(sent)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return GONE
            connection.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # refused before it was sent to the end: the answer is there
        received = bytearray()
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionError:
            pass
    return _status(bytes(received))


def _status(received: bytes) -> int | str:
    if not received:
        return GONE
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    if status == 100:
        return _status(body)
    if status >= 400:
        problem = json.loads(body)
        assert problem["status"] == status
        assert f"X-Request-Id: {problem['request_id']}\r\n".encode() in head + b"\r\n"
        assert b"Set-Cookie" not in received
    return status


def attack(port: int, count: int, seed: int = 13) -> Counter[tuple[str, int | str]]:
    """Send so many bad requests, all kinds in turn; returns how often each kind was answered with each status."""
    chance = random.Random(seed)  # noqa: S311  (to be the same each time)
    names = [name for _ in range(count // len(KINDS) + 1) for name in KINDS][:count]
    with ThreadPoolExecutor(CLIENTS) as pool:
        requests = (made(name, chance) for name in names)
        answers: list[int | str] = []
        while few := list(islice(requests, 100)):  # not all of them in memory at once
            answers += pool.map(lambda one: send(port, one), few)
    return Counter(zip(names, answers, strict=True))


def made(name: str, chance: random.Random) -> bytes:
    """Make a request of a kind."""
    content = KINDS[name][0]
    return content if isinstance(content, bytes) else content(chance)


def wrong(found: Counter[tuple[str, int | str]]) -> list[str]:
    """Name the answers that are not to be; 503 is always one that may be."""
    return sorted(f"{kind}: {status}" for kind, status in found if status not in KINDS[kind][1] | {503})


def main() -> int:
    """Attack, print the table, return the exit status."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with service(ROOT / "model" / "artifacts", log) as (port, _):
            found = attack(port, count)
            alive = send(port, post(GOOD))
        faults = (
            wrong(found) + ["a traceback in the log"] * ("Traceback" in log.read_text()) + ["dead"] * (alive != 200)
        )
    rows = [[kind, str(status), f"{times:,}"] for (kind, status), times in found.items()]
    print(table(["kind", "status", "requests"], rows))
    print(f"\n{count:,} requests of {len(KINDS)} kinds.")
    for fault in faults:
        print(f"wrong: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
