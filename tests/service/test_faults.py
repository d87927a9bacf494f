"""Faults under load, against the real gunicorn: nothing is lost but what was in flight at what died."""

import json
import os
import re
import resource
import signal
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import Served
from tests.service.test_server import exchange, owner

pytestmark = pytest.mark.no_cover

BODY = json.dumps({"text": "Berlin called the step a grave mistake."}).encode()
HEAD = b"POST /classify HTTP/1.1\r\nHost: stance\r\nContent-Type: application/json\r\n"
POST = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
CLOSING = POST.replace(b"Host", b"Connection: close\r\nHost")
CLIENTS = 16
Start = Callable[..., Served]


class Client(threading.Thread):
    """Asks without a pause on one kept-alive connection, on a new one when it ends.

    `outcomes` has for each request: "answered", "refused" (no connection), "unanswered" (ended before a byte of an
    answer), "cut" (ended within one).
    """

    def __init__(self, served: Served, ended: threading.Event):
        super().__init__()
        self.address = ("127.0.0.1", served.port)
        self.ended = ended
        self.outcomes: list[str] = []
        self.local = 0  # the port of the connection that is open

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                connection = socket.create_connection(self.address, timeout=20)
            except ConnectionError:
                self.outcomes.append("refused")
                time.sleep(0.02)
                continue
            with connection:
                self.local = connection.getsockname()[1]
                while not self.ended.is_set() and self.ask(connection):
                    time.sleep(0.002)  # leave the workers some of the two cores

    def ask(self, connection: socket.socket) -> bool:
        """Ask once; returns whether the connection goes on."""
        received = b""
        try:
            connection.sendall(POST)
            while not whole(received) and (piece := connection.recv(65536)):
                received += piece
        except ConnectionError:
            pass
        self.outcomes.append("answered" if whole(received) else "cut" if received else "unanswered")
        return whole(received) and b"Connection: close" not in received


def whole(received: bytes) -> bool:
    head, ended, body = received.partition(b"\r\n\r\n")
    return bool(ended) and head.startswith(b"HTTP/1.1 200") and b'"label":"criticism"' in body and body[-2:] == b"}\n"


@contextmanager
def load(served: Served) -> Iterator[list[Client]]:
    until(lambda: accepting(served) == set(workers(served)))
    ended = threading.Event()
    clients = [Client(served, ended) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        until(lambda: all(len(client.outcomes) > 5 for client in clients))
        yield clients
    finally:
        ended.set()
        for client in clients:
            client.join(30)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def workers(served: Served) -> list[int]:
    return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", served.log.read_text())]


def accepting(served: Served) -> set[int]:
    """Return which workers take new connections: ready is who is first, and all would go to it."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(("127.0.0.1", served.port))) for _ in range(CLIENTS)]
        for connection in held:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: stance\r\n\r\n")
            connection.recv(65536)
        return {owner(served.port, connection.getsockname()[1], workers(served)) for connection in held}


def go_on(clients: list[Client], more: int = 20) -> None:
    """Wait until each client has been answered some more requests in a row."""
    until(lambda: all(client.outcomes[-more:] == ["answered"] * more for client in clients))


def test_a_killed_worker_loses_what_it_had_in_flight_and_nothing_else(serve: Start, toy_models: Path) -> None:
    served = serve(toy_models, threads=12).wait()
    with load(served) as clients:
        victim, other = workers(served)
        held = [owner(served.port, client.local, [victim, other]) for client in clients]
        assert set(held) == {victim, other}
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(workers(served)) == 3)
        go_on(clients)
    for client, worker in zip(clients, held, strict=True):
        lost = [outcome for outcome in client.outcomes if outcome != "answered"]
        assert len(lost) <= (worker == victim)
    assert served.stop() == 0


def served_requests(served: Served) -> int:
    return served.log.read_text().count('"POST /classify 200"')


def test_sigterm_under_load_answers_all_that_was_accepted(serve: Start, toy_models: Path) -> None:
    served = serve(toy_models, threads=12).wait()
    with load(served) as clients:
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(30) == 0
    outcomes = Counter(outcome for client in clients for outcome in client.outcomes)
    assert "cut" not in outcomes
    # A request is logged before its answer is sent: each of them came to its client.
    assert outcomes["answered"] == served_requests(served)
    # What no worker took up: sent on a connection that nobody accepts any more, one a client at the most.
    assert all(client.outcomes.count("unanswered") <= 1 for client in clients)
    assert "Traceback" not in served.log.read_text()


def test_sighup_under_load_changes_the_workers_and_fails_no_request(serve: Start, toy_models: Path) -> None:
    served = serve(toy_models, threads=12).wait()
    with load(served) as clients:
        old = workers(served)
        served.process.send_signal(signal.SIGHUP)
        until(lambda: len(workers(served)) == 4)
        until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in old))
        go_on(clients)
    outcomes = Counter(outcome for client in clients for outcome in client.outcomes)
    assert set(outcomes) == {"answered"}
    assert outcomes["answered"] == served_requests(served)
    assert "Traceback" not in served.log.read_text()
    assert served.stop() == 0


def sockets(served: Served) -> set[str]:
    """Return the sockets that the workers hold, standard input and output apart."""
    found = set()
    for file in (file for pid in workers(served) for file in Path(f"/proc/{pid}/fd").iterdir() if int(file.name) > 2):
        with suppress(FileNotFoundError):  # closed meanwhile
            found.add(str(file.readlink()))
    return {target for target in found if target.startswith("socket:")}


BUNDLE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: stance\r\n\r\n"
STREAM = (
    HEAD.replace(b"/classify", b"/classify/batch").replace(b"json", b"x-ndjson") + b"Transfer-Encoding: chunked\r\n\r\n"
)
LEFT = [
    b"",
    b"POST /cl",
    HEAD,
    POST[:-9],
    POST,
    POST * 3,
    BUNDLE * 3,
    STREAM,
    STREAM + b"%x\r\n%b\n\r\n" % (len(BODY) + 1, BODY),
]


@pytest.mark.parametrize("reset", [False, True])
def test_clients_that_go_away_leave_nothing_behind(serve: Start, toy_models: Path, reset: bool) -> None:
    served = serve(toy_models).wait()
    for sent in LEFT * 5:
        with socket.create_connection(("127.0.0.1", served.port), timeout=15) as connection:
            connection.sendall(sent)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: len(sockets(served)) == 1)  # the listener, which the workers share
    assert exchange(served, CLOSING)[0] == 200
    assert "Traceback" not in served.log.read_text()
    until(lambda: len(workers(served)) == 2)  # neither was replaced


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process, and what it starts, have two thousand files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2000)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_more_connections_than_descriptors_kill_no_worker(serve: Start, toy_models: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        served = serve(toy_models, workers=1, client_timeout_seconds=1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    served.wait()
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=15))
        assert exchange(served, CLOSING)[0] == 200  # when the silent ones have been let go
    assert len(workers(served)) == 1
    assert "Traceback" not in served.log.read_text()


def test_a_thousand_connections_hold_nobody_up(serve: Start, toy_models: Path, many_files: None) -> None:
    served = serve(toy_models, client_timeout_seconds=60).wait()
    with ExitStack() as stack:
        for number in range(1000):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=15))
            connection.sendall(HEAD if number % 2 else b"")
        until(lambda: len(sockets(served)) > 1000)  # all of them are accepted, not only queued
        assert exchange(served, CLOSING)[0] == 200
        assert exchange(served, b"GET /livez HTTP/1.0\r\n\r\n")[0] == 200
    assert exchange(served, CLOSING)[0] == 200
    until(lambda: len(workers(served)) == 2)
