"""The log: one object a line, whatever a caller sends, and never a word of it."""

import io
import json
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.logs import JsonLines
from tests.conftest import Served
from tests.service.test_metrics import BODY, POST, STREAM, send, until

SECRET = "Xylophonquartett"
KEY = "0123456789abcdef"
FIELDS = ["time", "level", "logger", "message"]
REQUEST = ["request_id", "key", "method", "route", "status", "duration_ms", "bytes_in", "bytes_out", "model"]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the root logger writes through the formatter."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    logging.root.addHandler(handler)
    yield out
    logging.root.removeHandler(handler)


def lines(text: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in text.split("\n") if line]
    assert all(list(line)[:4] == FIELDS for line in found)
    return found


def requests(served: Served) -> list[dict[str, Any]]:
    return [line for line in lines(served.log.read_text()) if line["logger"] == "service.access"]


def test_every_line_of_a_service_is_an_object(serve: Callable[..., Served], toy_models: Path) -> None:
    served = serve(toy_models, workers=1, api_keys=f"desk:{KEY}").wait()
    before = len(requests(served))
    hostile = [
        b"X-Request-Id: a\x0b" + SECRET.encode() + b"\r\n",
        b'X-Request-Id: "}\\u000a{"level":"' + SECRET.encode() + b"\r\n",
        "X-Request-Id: a\u2028\x85b\r\n".encode(),
    ]
    for header in hostile:
        send(served, POST.replace(b"Host", header + b"Host"))
    path = f"/classify%0d%0a%e2%80%a8{SECRET}?{SECRET}".encode()
    send(served, POST.replace(b"/classify", path).replace(b"POST", SECRET.upper().encode()))
    with_key = POST.replace(b"Host", b"X-Request-Id: mine-1\r\nAuthorization: Bearer " + KEY.encode() + b"\r\nHost")
    send(served, with_key)
    until(lambda: any(line["request_id"] == "mine-1" for line in requests(served)), "the last one is logged")
    text = served.log.read_text()
    assert SECRET.lower() not in text.lower()
    assert KEY not in text
    assert "Berlin" not in text
    found = requests(served)[before:]
    answered = [line for line in found if line["logger"] == "service.access"]
    assert [line["route"] for line in answered if line["method"] == "other"] == ["none"]
    last = answered[-1]
    assert list(last) == FIELDS + REQUEST
    assert last["message"] == "POST /classify 200"
    assert (last["request_id"], last["key"], last["method"], last["route"]) == ("mine-1", "desk", "POST", "/classify")
    assert (last["status"], last["bytes_in"]) == (200, len(BODY))
    assert last["bytes_out"] > 100
    assert last["duration_ms"] > 0
    assert len(last["model"]) == 12
    written = datetime.strptime(last["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - written).total_seconds()) < 3600
    served.process.send_signal(signal.SIGHUP)
    until(lambda: "Worker exiting" in served.log.read_text(), "the old worker ends")
    served.stop()
    ended = lines(served.log.read_text())
    assert {"gunicorn.error", "service.models", "service.access"} <= {line["logger"] for line in ended}
    assert ended[-1]["message"].startswith("Shutting down")


def test_a_stream_is_logged_when_it_ends(serve: Callable[..., Served], toy_models: Path) -> None:
    served = serve(toy_models, workers=1).wait()
    with socket.create_connection(("127.0.0.1", served.port), timeout=15) as connection:
        connection.sendall(STREAM.replace(b"Host", b"Connection: close\r\nHost"))
        received = connection.recv(65536)
        assert b" 200 OK" in received
        assert not [line for line in requests(served) if line["route"] == "/classify/batch"]
        connection.sendall(b"%x\r\n%s\n\r\n0\r\n\r\n" % (len(BODY) + 1, BODY))
        while piece := connection.recv(65536):
            received += piece
    until(lambda: "POST /classify/batch 200" in served.log.read_text(), "the stream is logged")
    (line,) = [line for line in requests(served) if line["route"] == "/classify/batch"]
    assert line["bytes_in"] == len(BODY) + 1
    (answer,) = [one for one in received.split(b"\r\n") if one.startswith(b'{"index":0')]
    assert line["bytes_out"] == len(answer)


def test_head_sends_no_body_and_a_file_is_counted(app: Flask, written: io.StringIO) -> None:
    client = app.test_client()
    logging.root.setLevel(logging.INFO)
    client.head("/limits")
    with client.get("/docs/LICENSE") as file:
        size = len(file.data)
    head, licence = lines(written.getvalue())[-2:]
    assert (head["method"], head["bytes_out"]) == ("HEAD", 0)
    assert (licence["route"], licence["bytes_out"]) == ("/docs/<path:name>", size)


def test_a_fault_is_one_line_with_the_request_id(app: Flask, written: io.StringIO) -> None:
    @app.get("/fault/<name>")
    def fault(name: str) -> None:
        raise RuntimeError("of\nours")

    answer = app.test_client().get(f"/fault/{SECRET}")
    (line,) = [line for line in lines(written.getvalue()) if line["level"] == "ERROR"]
    assert line["message"] == "GET /fault/<name> failed"
    assert line["request_id"] == answer.get_json()["request_id"]
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("RuntimeError: of\nours")
    assert SECRET not in written.getvalue()


# Numbers and not texts, since half a surrogate pair cannot be the name of a test.
@pytest.mark.parametrize("codes", [[10, 13, 27], [0x2028, 0x2029, 0x85, 11, 12], [0xD800], [34, 125, 92], [0]])
def test_whatever_is_logged_is_one_line_of_ascii(codes: list[int]) -> None:
    text = "".join(map(chr, codes))
    arguments = ({"what": text, "object": Path("a")},)
    line = JsonLines().format(logging.LogRecord("test", logging.ERROR, "", 0, "%(what)s", arguments, None))
    assert line.isascii()
    assert len(line.splitlines()) == 1
    (found,) = lines(line)
    assert found["message"] == found["what"] == text
    assert found["object"] == "a"
