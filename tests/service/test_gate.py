"""Who may hold a thread, and for how long: the gate itself, and slow, silent and greedy clients of a real gunicorn."""

import http.client
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.gate import WAIT_SECONDS, Gate, Kind, body_length, kind
from service.settings import Settings, SettingsError
from tests.conftest import Served

pytestmark = pytest.mark.covers_services

GOOD = b'{"text": "Berlin called the step a grave mistake."}'
HEAD = b"POST /classify HTTP/1.1\r\nHost: stance\r\nContent-Type: application/json\r\n"
POST = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(GOOD), GOOD)
SHORT = HEAD + b"Content-Length: 100\r\n\r\n{"
LONG = HEAD + b"Content-Length: 100000\r\n\r\n{"
STREAM = (
    b"POST /classify/batch HTTP/1.1\r\nHost: stance\r\nContent-Type: Application/X-NDJSON\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
BUNDLE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: stance\r\n\r\n"

HEADS = [
    ("GET /livez HTTP/1.1", Kind.UNCOUNTED, 0),
    ("HEAD /metrics HTTP/1.1\r\nHost: a", Kind.UNCOUNTED, 0),
    ("GET /livezz HTTP/1.1", Kind.REQUEST, 0),
    ("POST /livez HTTP/1.1", Kind.REQUEST, 0),
    ("POST / HTTP/1.1\r\nContent-Length: 12\r\nHost: a", Kind.REQUEST, 12),
    ("POST / HTTP/1.1\r\ncontent-length:12", Kind.REQUEST, 12),
    ("POST / HTTP/1.1\r\nContent-Length: x", Kind.REQUEST, 0),
    ("POST / HTTP/1.1\r\nContent-Length: " + "9" * 5000, Kind.REQUEST, 0),
    ("POST / HTTP/1.1\r\nContent-Length: 12\r\nExpect: 100-continue", Kind.REQUEST, 0),
    ("POST / HTTP/1.1\r\nContent-Type:application/x-ndjson; charset=utf-8", Kind.STREAM, 0),
    ("POST / HTTP/1.1\r\nAccept: application/x-ndjson", Kind.REQUEST, 0),
    ("", Kind.REQUEST, 0),
]


@pytest.mark.parametrize(("head", "counts_as", "length"), HEADS)
def test_what_a_head_says(head: str, counts_as: Kind, length: int) -> None:
    lowered = head.lower().encode()
    assert kind(lowered) is counts_as
    assert body_length(lowered) == length


def test_the_gate_keeps_order_and_gives_back() -> None:
    gate: Gate[str] = Gate(4)
    assert [gate.enter(Kind.STREAM) for _ in range(3)] == [True, True, False]
    assert [gate.enter(Kind.REQUEST) for _ in range(3)] == [True, True, False]
    assert gate.enter(Kind.UNCOUNTED)
    gate.wait(Kind.STREAM, "s")
    gate.wait(Kind.REQUEST, "a")
    gate.wait(Kind.REQUEST, "b")
    assert gate.waits
    assert gate.next() is None
    gate.leave(Kind.UNCOUNTED)
    assert gate.next() is None
    gate.leave(Kind.REQUEST)
    assert not gate.enter(Kind.REQUEST)  # a and b came first
    assert gate.next() == "a"
    gate.leave(Kind.STREAM)
    assert gate.next() == "b"
    assert gate.next() is None
    gate.leave(Kind.REQUEST)
    assert not gate.enter(Kind.STREAM)  # s came first
    assert gate.enter(Kind.REQUEST)  # and holds up no other
    assert gate.overdue() is None
    time.sleep(WAIT_SECONDS + 0.1)
    assert gate.overdue() == "s"
    assert gate.overdue() is None
    assert not gate.waits


def test_threads_stay_free() -> None:
    assert [Settings(threads=threads).in_flight for threads in (2, 3, 4, 8)] == [1, 1, 2, 6]
    assert Settings(threads=8, max_in_flight=7).in_flight == 7
    with pytest.raises(SettingsError, match="STANCE_MAX_IN_FLIGHT has to be below STANCE_THREADS, which is 8"):
        Settings.read({"STANCE_MAX_IN_FLIGHT": "8"})


@pytest.fixture
def small(serve: Callable[..., Served], toy_models: Path) -> Served:
    """A service of one worker with four threads, two of them for requests, one of these for a stream."""
    return serve(toy_models, workers=1, threads=4, client_timeout_seconds=1).wait()


@pytest.fixture
def patient(serve: Callable[..., Served], toy_models: Path) -> Served:
    """The same, but nobody is cut off while the test lasts."""
    return serve(toy_models, workers=1, threads=4, client_timeout_seconds=60).wait()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


def connect(served: Served, sent: bytes, window: int = 0) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(30)
    if window:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    connection.connect(("127.0.0.1", served.port))
    connection.sendall(sent)
    return connection


def begin(connection: socket.socket) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer


def ask(served: Served, method: str = "POST", path: str = "/classify") -> tuple[int, str | None, bytes]:
    """Ask on a new connection: status, Retry-After, body."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    try:
        connection.request(method, path, GOOD if method == "POST" else None, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.headers["Retry-After"], answer.read()
    finally:
        connection.close()


def is_busy(answer: tuple[int, str | None, bytes]) -> bool:
    status, after, body = answer
    if status != 503:
        return False
    assert after == "1"
    assert json.loads(body)["type"] == "/problems/busy"
    return True


def asked_until_answered(served: Served) -> int:
    """Ask as `Retry-After` says, for the fifteen seconds that a service under such clients is allowed."""
    deadline = time.monotonic() + 15
    while is_busy(answer := ask(served)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer[0]


def test_more_than_may_be_worked_on_hear_it_and_probes_are_answered(patient: Served, stack: ExitStack) -> None:
    holding = [stack.enter_context(connect(patient, LONG)) for _ in range(2)]
    assert is_busy(ask(patient))
    assert is_busy(ask(patient, "GET", "/limits"))
    for path in ("/livez", "/readyz", "/metrics"):
        assert ask(patient, "GET", path)[0] == 200
    holding[0].sendall(b" " * 99_999)
    assert begin(holding[0]).status == 400  # what was accepted is served
    assert ask(patient)[0] == 200
    holding[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    holding[1].close()
    more = [stack.enter_context(connect(patient, LONG)) for _ in range(2)]
    assert is_busy(ask(patient))  # both places were given back, and no more than both
    for connection in more:
        connection.close()
    assert asked_until_answered(patient) == 200
    log = patient.log.read_text()
    assert "Traceback" not in log
    assert '"route":"/classify","status":503' in log


def test_a_short_wait_for_room_is_no_refusal(patient: Served, stack: ExitStack) -> None:
    connections = [stack.enter_context(connect(patient, POST)) for _ in range(12)]
    assert [begin(connection).status for connection in connections] == [200] * 12


def test_half_of_the_places_are_for_streams(patient: Served, stack: ExitStack) -> None:
    first = stack.enter_context(connect(patient, STREAM))
    streaming = begin(first)
    assert streaming.status == 200
    second = begin(stack.enter_context(connect(patient, STREAM)))
    assert is_busy((second.status, second.headers["Retry-After"], second.read()))
    assert ask(patient)[0] == 200
    first.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD))
    assert json.loads(streaming.read())["label"] == "criticism"
    for end in (b"zz\r\n", b""):  # the next ones break off, and are reset by their clients
        next_one = stack.enter_context(connect(patient, STREAM))
        assert begin(next_one).status == 200
        if end:
            next_one.sendall(end)
            while next_one.recv(65536):
                pass
        next_one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        next_one.close()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        last = begin(stack.enter_context(connect(patient, STREAM + b"0\r\n\r\n")))
        if last.status == 200:
            break
    assert last.status == 200


HOLDING = {"half a head": HEAD, "half a short body": SHORT, "half a long body": LONG, "an unread answer": BUNDLE * 20}


@pytest.mark.parametrize("sent", HOLDING.values(), ids=HOLDING)
def test_twice_as_many_clients_as_threads_starve_nobody(small: Served, stack: ExitStack, sent: bytes) -> None:
    for _ in range(8):
        stack.enter_context(connect(small, sent, 4096 if sent.startswith(BUNDLE) else 0))
    assert ask(small, "GET", "/livez")[0] == 200
    assert asked_until_answered(small) == 200
    assert ask(small, "GET", "/livez")[0] == 200
    assert "Traceback" not in small.log.read_text()


def test_who_sends_half_a_head_or_a_short_body_holds_no_thread(patient: Served, stack: ExitStack) -> None:
    for sent in (b"", HEAD, SHORT, BUNDLE[:-4]) * 10:
        stack.enter_context(connect(patient, sent))
    assert ask(patient)[0] == 200
    late = stack.enter_context(connect(patient, HEAD + b"Content-Length: %d\r\n" % len(GOOD)))
    for piece in (b"\r", b"\n", GOOD[:20], GOOD[20:50], GOOD[50:]):
        time.sleep(0.02)
        late.sendall(piece)
    assert begin(late).status == 200


TRICKLED = {"head": HEAD + b"A: ", "short body": SHORT, "long body": LONG}


@pytest.mark.parametrize(("part", "sent"), TRICKLED.items())
def test_a_trickle_is_cut_off(small: Served, stack: ExitStack, part: str, sent: bytes) -> None:
    connection = stack.enter_context(connect(small, sent))
    connection.settimeout(0.1)
    received, deadline = b"", time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            connection.sendall(b" ")
            continue
        except ConnectionError:
            piece = b""
        if not piece:
            break
        received += piece
    assert time.monotonic() < deadline
    assert received.startswith(b"HTTP/1.1 408 ") == (part == "long body")
    assert asked_until_answered(small) == 200


def some(connection: socket.socket) -> bytes:
    """Receive what has come, which has to be something."""
    piece = connection.recv(65536)
    assert piece, "the connection is closed"
    return piece


def test_pipelined_requests_are_answered_in_order(patient: Served, stack: ExitStack) -> None:
    get = b"GET /livez HTTP/1.1\r\nHost: stance\r\n\r\n"
    connection = stack.enter_context(connect(patient, get + POST + get + POST[:-9]))
    received = b""
    while received.count(b'{"status":"alive"}') < 2:
        received += some(connection)
    assert ask(patient)[0] == 200
    connection.sendall(POST[-9:])
    while received.count(b'"label":"criticism"') < 2:
        received += some(connection)
    assert received.count(b"HTTP/1.1 200 OK") == 4
