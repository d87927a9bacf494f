"""NDJSON streams: what a line is answered, and, over the real gunicorn, when, in how much memory and how it ends."""

import http.client
import json
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import marshmallow
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from model import Analyzer
from service import schemas, stream
from service.app import create_app
from service.models import Models
from service.settings import Settings
from tests.conftest import ROOT, Served

pytestmark = pytest.mark.covers_services

NDJSON = "application/x-ndjson"
GOOD = b'{"text": "Berlin called the step a grave mistake."}'
SECRET = "Xylophonquartett"
HEAD = b"POST /classify/batch HTTP/1.1\r\nHost: stance\r\nContent-Type: application/x-ndjson\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN_OFF = {"detail": "The body breaks off or is framed wrongly."}
SILENT = {"detail": "Nothing came for too long."}


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def post(client: FlaskClient, *lines: bytes) -> list[dict[str, Any]]:
    """Send lines and return the answer's, each loaded back through its schema."""
    answer = client.post("/classify/batch", data=b"\n".join(lines), content_type=NDJSON)
    assert answer.status_code == 200
    assert answer.content_type == NDJSON
    assert SECRET not in answer.get_data(as_text=True)
    return [checked(line) for line in answer.data.splitlines()]


def checked(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line)
    assert next(iter(found)) == "index"
    schema = schemas.LineFault if "error" in found else schemas.LineAnswer
    schema(unknown=marshmallow.RAISE).load(found)
    return found


def test_a_line_is_answered_as_classify_answers_it(client: FlaskClient) -> None:
    requests = [
        {"text": "Warsaw welcomed the step."},
        {
            "text": "👍 Berlin called the step a grave mistake. Warsaw welcomed it.",
            "explain": True,
            "offset_unit": "utf16",
        },
        {"text": "The ministers met.", "min_confidence": 1},
    ]
    alone = [client.post("/classify", json=request).get_json() for request in requests]
    ids = ["ä\n", 7, -1.5]
    lines = [json.dumps({"id": mark, **one}).encode() for mark, one in zip(ids, requests, strict=True)]
    found = post(client, *lines)
    assert found == [{"index": n, "id": ids[n], **one} for n, one in enumerate(alone)]
    assert [one["index"] for one in post(client, lines[0], lines[1] + b"\n")] == [0, 1]


def test_headers_are_those_of_every_answer(client: FlaskClient) -> None:
    answer = client.post("/classify/batch", data=GOOD, content_type=NDJSON, headers={"X-Request-Id": "desk-7"})
    assert answer.headers["X-Request-Id"] == "desk-7"
    assert answer.headers["X-Model-Version"] == answer.get_json(force=True)["model"]["version"]


@pytest.mark.parametrize(
    "mark", [b'""', b'"\\u0000"', b'"\\ud800"', b'"\xf0\x9f\x91\x8d"', b"0", b"123456789012345678901"]
)
def test_an_id_comes_back_as_sent(client: FlaskClient, mark: bytes) -> None:
    for line in (GOOD.replace(b"{", b'{"id": %b, ' % mark), b'{"id": %b}' % mark):
        (found,) = post(client, line)
        assert found["id"] == json.loads(mark)
        assert ("label" in found) == (b"text" in line)


def test_blank_lines_count_and_have_no_answer(client: FlaskClient) -> None:
    assert [one["index"] for one in post(client, b"", GOOD, b" \t\r", b"", GOOD + b"\r", b"", b" ")] == [1, 4]
    assert post(client, b"") == []


REFUSED = [
    (b"{", {}, "not JSON: .* at column 2", None),
    (b"\x85", {}, "not UTF-8: byte 0", None),
    (b"\xef\xbb\xbf" + GOOD, {}, "not JSON", None),
    (GOOD + GOOD, {}, "not JSON", None),
    (b"[" * 21 + b"]" * 21, {}, "deeper than 20", None),
    (b'{"text": "a", "text": "b", "id": 1}', {}, "same key twice", None),
    (b'{"id": 1, "min_confidence": NaN}', {}, "NaN or Infinity", None),
    (b'{"id": ' + b"9" * 4301 + b"}", {}, "number too long", None),
    (b'{"text": "' + b"a" * 6000 + b'"}', {}, "Longer than 5000 bytes", None),
    (b"\n".join([b" " * 5001]), {}, "Longer than 5000 bytes", None),
    (b"[]", {}, "breaks the schema", [""]),
    (b'{"id": 1}', {"id": 1}, "breaks the schema", ["/text"]),
    (b'{"id": true, "text": "a"}', {}, "breaks the schema", ["/id"]),
    (b'{"id": null, "text": "a"}', {}, "breaks the schema", ["/id"]),
    (b'{"id": [1], "text": "a"}', {}, "breaks the schema", ["/id"]),
    (b'{"id": 1e400, "text": "a"}', {}, "breaks the schema", ["/id"]),
    (b'{"id": "x", "text": 1, "explain": 1}', {"id": "x"}, "breaks the schema", ["/text", "/explain"]),
    (b'{"text": "%b\\u0000", "%b": 1}' % (SECRET.encode(), SECRET.encode()), {}, "breaks the schema", ["/text", ""]),
    (b'{"id": "", "text": "' + b"a" * 1001 + b'"}', {"id": ""}, "breaks the schema", ["/text"]),
]


@pytest.fixture
def narrow(toy_models: Path) -> FlaskClient:
    """A client of an application whose lines and bodies are low enough to reach."""
    return create_app(
        Settings(models=toy_models, max_text_chars=1000, max_line_bytes=5000, max_body_bytes=100)
    ).test_client()


def test_a_bad_line_spoils_no_other(narrow: FlaskClient) -> None:
    sent = [line for bad, *_ in REFUSED for line in (GOOD, bad)]
    found = post(narrow, *sent)
    assert [one["index"] for one in found] == list(range(len(sent)))
    assert all(one["label"] == "criticism" for one in found[::2])
    for one, (_, marks, detail, pointers) in zip(found[1::2], REFUSED, strict=True):
        error = one.pop("error")
        del one["index"]
        assert one == marks
        assert re.search(detail, error["detail"])
        assert (pointers is None) == ("errors" not in error)
        assert [fault["pointer"] for fault in error.get("errors", ())] == (pointers or [])


@pytest.mark.parametrize("longer", [0, 1])
def test_the_longest_line_is_allowed(narrow: FlaskClient, longer: int) -> None:
    for end in (b"", b"\n", b"\n" + GOOD):
        found = post(narrow, GOOD.ljust(5000 + longer) + end)
        assert ("error" in found[0]) == bool(longer)


@given(
    lines=st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b""))),
    size=st.integers(1, 9),
)
def test_lines_are_cut_the_same_however_they_come(lines: list[bytes], size: int) -> None:
    body = b"\n".join(lines)
    cutter = stream.Cutter(6)
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    found = [line for piece in pieces for line in cutter.cut(piece)] + [cutter.rest()]
    expected = body.split(b"\n")
    assert [line[:7] for line in found] == [line[:7] for line in expected]
    assert all(len(line) <= 6 + size for line in found)


def test_errors_before_the_first_line_are_problem_documents(client: FlaskClient, tmp_path: Path) -> None:
    none = create_app(Settings(models=tmp_path)).test_client()
    refused = none.post("/classify/batch", data=GOOD, content_type=NDJSON)
    assert (refused.status_code, refused.content_type) == (503, "application/problem+json")
    for kind in ("application/x-ndjson; charset=latin-1", "application/ndjson", "text/plain", None):
        refused = client.post("/classify/batch", data=GOOD, content_type=kind)
        assert (refused.status_code, refused.content_type) == (415, "application/problem+json")
        assert "application/json or application/x-ndjson" in refused.get_json()["detail"]
    assert (
        client.post("/classify/batch", data=GOOD, content_type="Application/X-NDJSON; charset=UTF-8").status_code == 200
    )
    assert client.post("/classify", data=GOOD, content_type=NDJSON).status_code == 415


class Held(Models):
    """Models of which the test says when they change."""

    def __init__(self, analyzer: Any):
        self._analyzer = analyzer


class Feed:
    """A body that comes in pieces; some of them are things that happen meanwhile."""

    def __init__(self, *pieces: bytes | Callable[[], None]):
        self.pieces = list(pieces)

    def read(self, size: int = -1) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, bytes):
            return piece
        piece()
        return self.read(size)


def feed(app: Flask, *pieces: bytes | Callable[[], None]) -> list[dict[str, Any]]:
    source = {"wsgi.input": Feed(*pieces)}
    with app.test_client().post("/classify/batch", content_type=NDJSON, environ_overrides=source) as answer:
        return [json.loads(line) for line in answer.data.splitlines()]


def test_one_model_answers_a_whole_stream(toy_models: Path) -> None:
    models = Held(Analyzer.load(toy_models))

    def change() -> None:
        models._analyzer = None

    found = feed(create_app(Settings(), models), GOOD, b"\n", change, GOOD + b"\n")
    assert [one["index"] for one in found] == [0, 1]
    assert found[0]["model"] == found[1]["model"]


def test_a_fault_of_ours_says_nothing_internal(toy_models: Path, caplog: pytest.LogCaptureFixture) -> None:
    analyzer = Analyzer.load(toy_models)

    class Faulty:
        manifest = analyzer.manifest

        def classify(self, text: str, *asked: Any) -> Any:
            if text == "fault":
                raise RuntimeError("internal")
            return analyzer.classify(text, *asked)

    found = feed(create_app(Settings(), Held(Faulty())), b'{"text": "fault", "id": 5}\n', GOOD)
    assert found[0] == {
        "index": 0,
        "id": 5,
        "error": {"detail": "The fault is ours. The request id leads to the log."},
    }
    assert found[1]["label"] == "criticism"
    assert "RuntimeError" in caplog.text


@contextmanager
def connected(served: Served, sent: bytes = b"", window: int | None = None) -> Iterator[socket.socket]:
    with socket.socket() as connection:
        if window is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", served.port))
        connection.sendall(sent)
        yield connection


def received(connection: socket.socket) -> tuple[int, list[dict[str, Any]]]:
    """Read an answer to its end, and that the connection is closed then; returns status and lines."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    lines = [checked(line) for line in answer.readlines()]
    assert connection.recv(1) == b""
    return answer.status, lines


def asked(served: Served) -> float:
    """Ask for one text and return the seconds that it took."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    connection.request("POST", "/classify", GOOD, {"Content-Type": "application/json"})
    with connection.getresponse() as answer:
        assert json.load(answer)["label"] == "criticism"
    connection.close()
    return time.monotonic() - started


@pytest.mark.parametrize("chunked", [True, False])
def test_a_client_may_wait_for_each_answer_before_it_sends_the_next_line(toy_served: Served, chunked: bool) -> None:
    lines = [b'{"id": %d, %b\n' % (n, GOOD[1:]) for n in range(30)]
    connection = http.client.HTTPConnection("127.0.0.1", toy_served.port, timeout=15)
    for _ in range(2):  # the connection is kept alive
        connection.putrequest("POST", "/classify/batch")
        connection.putheader("Content-Type", NDJSON)
        framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(sum(map(len, lines))))
        connection.putheader(*framing)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers["Content-Type"] == NDJSON
        assert answer.headers["Transfer-Encoding"] == "chunked"
        for n, line in enumerate(lines):
            connection.send(chunk(line) if chunked else line)
            found = checked(answer.readline())
            assert (found["index"], found["id"], found["label"]) == (n, n, "criticism")
        if chunked:
            connection.send(b"0\r\n\r\n")
        assert answer.read() == b""
    connection.close()


def test_half_a_line_waits_for_its_other_half_and_holds_no_answer_back(toy_served: Served) -> None:
    with connected(toy_served, CHUNKED + chunk(GOOD + b"\n" + GOOD[:9])) as connection:
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert checked(answer.readline())["index"] == 0
        for byte in GOOD[9:]:
            connection.sendall(chunk(bytes([byte])))
        connection.sendall(b"0\r\n\r\n")
        (rest,) = answer.readlines()
        assert checked(rest)["label"] == "criticism"


BREAKS = [
    (CHUNKED + chunk(GOOD + b"\n{") + b"zz\r\n", 1),
    (CHUNKED + chunk(GOOD + b"\n" + GOOD + b"\n") + b"5\r\n{}", 2),
    (CHUNKED + chunk(GOOD + b"\n") + b"2\r\n{}xx\r\n", 1),
    (CHUNKED + chunk(GOOD + b"\n"), 1),
    (CHUNKED + b"zz\r\n", 0),
    (HEAD + b"Content-Length: 900\r\n\r\n" + GOOD + b"\n" + GOOD, 1),
    (HEAD + b"Content-Length: 900\r\n\r\n", 0),
]


@pytest.mark.parametrize(("sent", "answered"), BREAKS)
def test_a_body_that_breaks_off_ends_with_a_line_that_says_so(toy_served: Served, sent: bytes, answered: int) -> None:
    with connected(toy_served, sent) as connection:
        connection.shutdown(socket.SHUT_WR)
        status, lines = received(connection)
    assert status == 200
    assert [line["index"] for line in lines] == list(range(answered + 1))
    assert [line.get("error") for line in lines] == [None] * answered + [BROKEN_OFF]


@pytest.fixture
def small(serve: Callable[..., Served], toy_models: Path) -> Served:
    """A service of one worker that waits a second for a client."""
    return serve(toy_models, workers=1, threads=16, client_timeout_seconds=1, max_line_bytes=100_000).wait()


@pytest.mark.parametrize("head", [CHUNKED, HEAD + b"Content-Length: 900\r\n\r\n"])
def test_a_client_that_stops_sending_is_cut_off(small: Served, head: bytes) -> None:
    sent = GOOD + b"\n" + GOOD[:9]
    with connected(small, head + (chunk(sent) if head is CHUNKED else sent)) as connection:
        started = time.monotonic()
        _, lines = received(connection)
    assert 0.9 < time.monotonic() - started < 5
    assert [line.get("error") for line in lines] == [None, SILENT]
    assert lines[1]["index"] == 1
    assert "Traceback" not in small.log.read_text()


def test_clients_that_never_read_are_cut_off_and_their_threads_are_free_again(small: Served) -> None:
    def press(connection: socket.socket) -> None:
        try:
            while True:
                connection.sendall(chunk(b"x\n" * 5000))
        except OSError:
            cut.append(connection)

    cut: list[socket.socket] = []
    with connected(small, CHUNKED, 4096) as one, connected(small, CHUNKED, 4096) as other:
        pressing = [threading.Thread(target=press, args=(connection,)) for connection in (one, other)]
        for thread in pressing:
            thread.start()
        time.sleep(1)
        assert asked(small) < 15
        for thread in pressing:
            thread.join(15)
        assert len(cut) == 2
    assert asked(small) < 1
    assert "Traceback" not in small.log.read_text()


def test_clients_that_go_away_leave_no_trace(small: Served) -> None:
    reset = struct.pack("ii", 1, 0)
    for number, linger in enumerate((None, reset, None, reset, None, reset), 1):
        with connected(small, CHUNKED + chunk((GOOD + b"\n") * 200)) as connection:
            assert connection.recv(100)
            if linger:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        deadline = time.monotonic() + 15
        while len(re.findall("POST /classify/batch 200", small.log.read_text())) < number:
            assert time.monotonic() < deadline, small.log.read_text()
            time.sleep(0.05)
    assert asked(small) < 5
    assert "Traceback" not in small.log.read_text()


def sending(connection: http.client.HTTPConnection, chunks: Iterable[bytes]) -> http.client.HTTPResponse:
    """Start a stream that a thread sends, and return its answer."""
    connection.putrequest("POST", "/classify/batch")
    connection.putheader("Content-Type", NDJSON)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()

    def send() -> None:
        for one in chunks:
            connection.send(chunk(one))
        connection.send(b"0\r\n\r\n")

    threading.Thread(target=send).start()
    return connection.getresponse()


def resident(served: Served) -> int:
    """Return the peak resident memory of the one worker, in bytes."""
    worker = re.findall(r"Booting worker with pid: (\d+)", served.log.read_text())[0]
    return 1024 * int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{worker}/status").read_text())[0])


def test_memory_stays_whatever_the_length_of_lines_and_stream(small: Served) -> None:
    def run(lines: int, spaces: int) -> list[bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", small.port, timeout=30)
        long = [b" " * 1_000_000] * spaces
        chunks = [*long, GOOD + b"\n", *[(GOOD + b"\n") * 500] * (lines // 500)]
        with sending(connection, chunks) as answer:
            found = [line for index, line in enumerate(answer) if index in (0, 1, lines)]
        connection.close()
        return found

    for _ in range(2):  # the peak of the second is that of all that follow
        run(1000, 2)
    before = resident(small)
    first, second, last = map(checked, run(20_000, 40))
    assert first == {"index": 0, "error": {"detail": "Longer than 100000 bytes."}}
    assert (second["index"], last["index"]) == (1, 20_000)
    assert resident(small) - before < 2 * 2**20


def test_the_readme_s_client_reads_while_it_sends(corpus_models: Path, serve: Callable[..., Served]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"```python\n(.+?)```", readme, re.DOTALL) if "x-ndjson" in block]
    (printed,) = re.findall(re.escape(code) + r"```\n+```text\n(.+?)```", readme, re.DOTALL)
    served = serve(corpus_models).wait()
    done = subprocess.run(
        [sys.executable, "-c", code.replace("localhost:8000", f"127.0.0.1:{served.port}")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == printed
