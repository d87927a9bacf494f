"""What only a real gunicorn shows: sockets, workers, signals."""

import http.client
import json
import os
import re
import signal
import socket
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import Served

BODY = json.dumps({"text": "Berlin called the step a grave mistake."}).encode()
HEAD = b"POST /classify HTTP/1.1\r\nHost: stance\r\nContent-Type: application/json\r\n"


def exchange(served: Served, sent: bytes, seconds: float = 15) -> tuple[int, str, bytes]:
    """Send bytes and read to the end: status, head and body."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=seconds) as connection:
        connection.sendall(sent)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    head, _, body = received.rpartition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body


def test_it_serves_where_scikit_learn_is_not_installed(
    toy_models: Path, tmp_path: Path, serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sklearn", "scipy", "joblib", "matplotlib", "pandas"):
        (tmp_path / f"{name}.py").write_text("raise ModuleNotFoundError(__name__)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    served = serve(toy_models).wait()
    status, _, body = exchange(served, CLOSING + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
    assert status == 200
    assert json.loads(body)["label"] == "criticism"


CLOSING = HEAD + b"Connection: close\r\n"
FRAMED = [
    (b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY), 200),
    (b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY), 200),
    (b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY), 200),
    (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n%s\r\n0\r\n\r\n" % BODY, 400),
    (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"Content-Length: minus\r\n\r\n", 400),
    (b"Expect: a miracle\r\nContent-Length: 2\r\n\r\n{}", 417),
    (b"Transfer-Encoding: brotli\r\n\r\n", 400),
    (b"A: b\r\n" * 200 + b"\r\n", 431),
    (b"Content-Length: 99999999999\r\n\r\n{", 413),
]


@pytest.mark.parametrize(("rest", "status"), FRAMED)
def test_framing(toy_served: Served, rest: bytes, status: int) -> None:
    found, head, body = exchange(toy_served, CLOSING + rest)
    assert found == status or "100 Continue" in head
    assert f" {status} " in head
    problem = json.loads(body)
    if status != 200:
        assert "application/problem+json" in head
        assert problem["status"] == status
        assert f"X-Request-Id: {problem['request_id']}" in head


@pytest.mark.parametrize(
    "line", [b"GARBAGE\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_what_is_no_http_gets_a_problem_and_is_not_logged(toy_served: Served, line: bytes) -> None:
    status, _, body = exchange(toy_served, line)
    assert status == 400
    assert json.loads(body)["type"] == "/problems/malformed-request"
    assert "GARBAGE" not in toy_served.log.read_text()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused_and_the_client_hears_of_it(toy_served: Served, chunked: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", toy_served.port, timeout=15)
    size = 10 * 2**20
    body = (b"a" * 65536 for _ in range(size // 65536))
    headers = {"Content-Type": "application/json"} | ({} if chunked else {"Content-Length": str(size)})
    connection.request("POST", "/classify", body, headers, encode_chunked=chunked)
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.load(answer)["type"] == "/problems/too-large"
    connection.close()


def test_kept_alive_connections_are_shared_fairly(toy_served: Served) -> None:
    held = [socket.create_connection(("127.0.0.1", toy_served.port), timeout=10) for _ in range(16)]
    for connection in held:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: stance\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    workers = [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", toy_served.log.read_text())]
    shares = Counter(owner(connection.getpeername()[1], connection.getsockname()[1], workers) for connection in held)
    for connection in held:
        connection.close()
    assert sorted(shares) == sorted(workers)
    # Never above 60 per cent; a connection of another test may still be closing.
    assert max(shares.values()) <= 9


def owner(server_port: int, client_port: int, workers: list[int]) -> int:
    """Find the worker that holds the server's end of a connection, by its socket's inode."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    wanted = (f":{server_port:04X}", f":{client_port:04X}")
    inodes = {
        line.split()[9] for line in lines if line.split()[1].endswith(wanted[0]) and line.split()[2].endswith(wanted[1])
    }
    for worker in workers:
        for descriptor in Path(f"/proc/{worker}/fd").iterdir():
            if any(f"socket:[{inode}]" == str(descriptor.readlink()) for inode in inodes):
                return worker
    raise AssertionError("no worker holds the connection")


def test_silent_clients_do_not_hold_the_threads(serve: Callable[..., Served], toy_models: Path) -> None:
    served = serve(toy_models, workers=1, threads=2, client_timeout_seconds=1).wait()
    halves = [b"POST /class", HEAD, HEAD + b"Content-Length: 100\r\n\r\n{", CLOSING + b"Content-Length: 9\r\n\r\n"]
    silent = []
    for half in halves:
        silent.append(socket.create_connection(("127.0.0.1", served.port)))
        silent[-1].sendall(half)
    started = time.monotonic()
    assert exchange(served, CLOSING + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))[0] == 200
    assert time.monotonic() - started < 15
    for connection in silent:
        connection.close()
    assert "Traceback" not in served.log.read_text()


def test_sigterm_answers_what_is_in_flight_and_ends_with_0(serve: Callable[..., Served], toy_models: Path) -> None:
    served = serve(toy_models).wait()
    request = CLOSING + b"Content-Length: %d\r\n\r\n" % len(BODY)
    with socket.create_connection(("127.0.0.1", served.port), timeout=15) as slow:
        slow.sendall(request + BODY[:10])
        time.sleep(0.3)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        slow.sendall(BODY[10:])
        assert slow.recv(65536).startswith(b"HTTP/1.1 200")
    assert served.stop() == 0


def test_a_killed_worker_is_replaced_and_its_share_is_forgotten(serve: Callable[..., Served], toy_models: Path) -> None:
    served = serve(toy_models, workers=2).wait()
    first = re.findall(r"Booting worker with pid: (\d+)", served.log.read_text())
    os.kill(int(first[0]), signal.SIGKILL)
    deadline = time.monotonic() + 15
    while len(re.findall("Booting worker", served.log.read_text())) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: exchange(served, CLOSING + b"Content-Length: 0\r\n\r\n")[0], range(40)))
    assert set(statuses) == {400}
    assert served.stop() == 0


def test_without_a_model_it_starts_and_says_why(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(tmp_path / "none").wait("/livez")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(served.url + "/readyz", timeout=5)
    assert refused.value.code == 503
    refused.value.close()
    assert "no model is served: no model in" in served.log.read_text()


def test_bodies_are_not_logged(toy_served: Served) -> None:
    exchange(toy_served, CLOSING + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
    assert "Berlin" not in toy_served.log.read_text()
