"""Reading exports of corrections: whole or not at all, from a file or from a service."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import Served
from training import corrections
from training.records import DatasetError

TARGET = "the step"
LABELS = ("criticism", "neutral", "support")


def line(text: str, /, label: str = "support", target: str = TARGET, **changed: object) -> bytes:
    """A line of an export, as the service writes it."""
    fields: dict[str, Any] = {"id": 1, "text": text, "label": label, "target": target, "holder": None}
    fields |= {"annotator": "anna", "answered": None, "version": None, "decided": "2026-11-22T10:00:00.123456Z"}
    fields["digest"] = corrections.digest(target, text, label)
    return json.dumps({**fields, **changed}, ensure_ascii=False).encode() + b"\n"


def export(*lines: bytes) -> bytes:
    return b"".join(lines) + json.dumps({"end": True, "rows": len(lines)}).encode() + b"\n"


def read(tmp_path: Path, content: bytes) -> list[corrections.Correction]:
    file = tmp_path / "export.ndjson"
    file.write_bytes(content)
    return corrections.read(str(file), TARGET, LABELS)


def test_an_export_is_read_in_its_order(tmp_path: Path) -> None:
    # A line separator of Unicode ends no line.
    texts = ["Łódź\u2028praised it.", "Berlin “deplored” it."]
    found = read(tmp_path, export(*(line(text, id=number) for number, text in enumerate(texts, start=7))))
    assert [(one.row, one.id, one.text, one.label) for one in found] == [
        (1, 7, texts[0], "support"),
        (2, 8, texts[1], "support"),
    ]
    assert found[0].decided.isoformat() == "2026-11-22T10:00:00.123456+00:00"
    assert read(tmp_path, export()) == []


def test_the_digest_is_that_of_the_interface() -> None:
    # sha256 of the UTF-8 bytes of: ["the step", "Łódź", "support"]
    assert corrections.digest(TARGET, "Łódź", "support") == (
        "005a160cfaa4e402e1ad15bf725d7d3b09aa1f1a5a6c94f609cf0eb97959557e"
    )


def test_labels_of_other_targets_are_their_own_affair(tmp_path: Path) -> None:
    assert [one.target for one in read(tmp_path, export(line("x", "FAVOR", "dogs")))] == ["dogs"]


WHOLE = export(line("Oslo praised it."), line("Rome praised it."))


def test_an_export_that_was_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    for end in range(len(WHOLE) - 1):
        with pytest.raises(DatasetError, match=r"export.ndjson: row [123]: cut off; expected .* export again"):
            read(tmp_path, WHOLE[:end])


def test_without_its_last_line_end_an_export_is_whole(tmp_path: Path) -> None:
    assert len(read(tmp_path, WHOLE[:-1])) == 2


SECRET = "Secretly, Riga praised it."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (export(line(SECRET), line(SECRET, digest="0" * 64)), "row 2: digest: of another target, text or label"),
        (
            export(line(SECRET, label="criticism", digest=corrections.digest(TARGET, SECRET, "support"))),
            "row 1: digest",
        ),
        (export(line(SECRET, id="7")), "row 1: id: missing or not such; expected a number"),
        (export(line(SECRET, id=True)), "row 1: id: "),
        (export(line(SECRET, text=None)), "row 1: text: missing or not such; expected a text with a letter"),
        (export(line("– – –")), "row 1: text: "),
        (export(line("a\0b")), "row 1: text: "),
        (export(line(SECRET).replace(b"Secretly", b"\\ud800")), "row 1: text: "),
        (export(line(SECRET, target=" ")), "row 1: target: missing or not such"),
        (
            export(line(SECRET, decided="yesterday")),
            "row 1: decided: missing or not such; expected a time with its zone",
        ),
        (export(line(SECRET, decided="2026-11-22T10:00:00")), "row 1: decided: "),
        (
            export(line(SECRET, "maybe")),
            "row 1: label: none of the corpus; expected one of criticism, neutral, support",
        ),
        (export(line(SECRET, label=["support"])), "row 1: label: missing or not such; expected a label"),
        (export(line(SECRET), b"[]\n"), "row 2: not JSON; expected an object on each line"),
        (export(line(SECRET), b"[" * 100_000 + b"\n"), "row 2: not JSON"),
        (export(line(SECRET), b"\xff\n"), "row 2: not JSON"),
        (export(line(SECRET)) + line(SECRET), "row 3: a row after the last; expected one export"),
        (line(SECRET) + export(line(SECRET)), "row 3: rows: not the 2 that stand there"),
        (line(SECRET) + b'{"end": true}\n', "row 2: rows: not the 1 that stand there"),
    ],
)
def test_a_fault_is_named_by_row_and_field_and_quotes_nothing(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(DatasetError) as fault:
        read(tmp_path, content)
    assert f"export.ndjson: {sentence}" in str(fault.value)
    assert "Riga" not in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere: No such file or directory; expected a file or an address"):
        corrections.read(str(tmp_path / "nowhere"), TARGET, LABELS)


KEY = "reviewer-key-0001"


class Exporting(BaseHTTPRequestHandler):
    """Answers as the server's `answers` say, by path; notes what it was asked."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        server: Any = self.server
        server.asked.append((parts.path, parse_qs(parts.query), self.headers["Authorization"]))
        status, content = server.answers
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) + server.missing))
        self.send_header("Location", "http://127.0.0.1:9/feedback/export")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[Callable[..., Any]]:
    """Start servers on loopback that give one answer to everything."""
    with ExitStack() as stack:

        def start(status: int, content: bytes, missing: int = 0) -> Any:
            server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Exporting)
            server.answers, server.missing, server.asked = (status, content), missing, []
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            server.url = f"http://127.0.0.1:{server.server_port}"
            return server

        yield start


def test_a_service_is_asked_for_the_target_with_the_key(answering: Callable[..., Any]) -> None:
    server = answering(200, WHOLE)
    found = corrections.read(f"{server.url}/pre fix/", "the Ärmel & co", LABELS, KEY)
    assert [one.text for one in found] == ["Oslo praised it.", "Rome praised it."]
    corrections.read(server.url, TARGET, LABELS)
    assert server.asked == [
        ("/pre%20fix/feedback/export", {"target": ["the Ärmel & co"]}, f"Bearer {KEY}"),
        ("/feedback/export", {"target": [TARGET]}, None),
    ]


@pytest.mark.parametrize(
    ("status", "content", "sentence"),
    [
        (401, b"{}", "answers 401: it wants a key; expected one with the right review in STANCE_API_KEY"),
        (403, b"{}", "answers 403: the key may not review"),
        (404, b'{"type": "/problems/feedback-off"}', "answers 404: it keeps no corrections"),
        (404, b"<html>", "answers 404: it is no such service"),
        (503, b"{}", "answers 503: it cannot read its corrections now; try again later"),
        (599, b"{}", "answers 599: it is no such service, or fails"),
        # The key goes nowhere else.
        (302, b"", "answers 302: it is no such service"),
        (200, b"<html>", "row 1: cut off"),
        (200, b"", "row 1: cut off"),
    ],
)
def test_what_a_service_refuses_is_said(
    answering: Callable[..., Any], status: int, content: bytes, sentence: str
) -> None:
    server = answering(status, content)
    with pytest.raises(DatasetError) as fault:
        corrections.read(server.url, TARGET, LABELS, KEY)
    assert str(fault.value).startswith(server.url)
    assert sentence in str(fault.value)
    assert KEY not in str(fault.value)
    assert len(server.asked) == 1


def test_a_service_that_breaks_off_is_not_taken_for_the_whole(answering: Callable[..., Any]) -> None:
    # A line was sent whole, and the connection ends before the announced length.
    server = answering(200, WHOLE.splitlines(keepends=True)[0], missing=10)
    with pytest.raises(DatasetError, match="row 2: cut off"):
        corrections.read(server.url, TARGET, LABELS, KEY)


def test_a_service_that_is_not_there_is_named(answering: Callable[..., Any]) -> None:
    server = answering(200, b"")
    server.shutdown()
    server.server_close()
    with pytest.raises(DatasetError, match="does not answer, or breaks off: Connection refused"):
        corrections.read(server.url, TARGET, LABELS, KEY)


@pytest.mark.parametrize(
    "source", ["http://", "http://host:99999", "http://host:0", "http://user:secret@host", "http://host/?target=secret"]
)
def test_an_address_that_is_none_is_refused_and_not_repeated(source: str) -> None:
    with pytest.raises(DatasetError) as fault:
        corrections.read(source, TARGET, LABELS)
    assert str(fault.value) == "--feedback: no such address; expected a file or one like http://localhost:8000"


def test_a_key_that_no_header_can_carry_is_refused() -> None:
    with pytest.raises(DatasetError, match="STANCE_API_KEY: a character that no key has"):
        corrections.read("http://127.0.0.1:9", TARGET, LABELS, "k\r\ney")


def test_the_service_without_corrections_says_so(toy_served: Served) -> None:
    with pytest.raises(DatasetError, match="answers 404: it keeps no corrections"):
        corrections.read(toy_served.url, TARGET, LABELS)
