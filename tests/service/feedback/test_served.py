"""Corrections through the real gunicorn: what is answered 201 is there once, whatever dies meanwhile."""

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import hostile
from service.feedback.store import Store
from service.feedback.values import Submission
from tests.conftest import Postgres, Served
from tests.service.test_faults import until, workers

pytestmark = pytest.mark.no_cover

Start = Callable[..., Served]
KEY = "anna0123456789abcdef"
HEAD = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
SETTINGS = {"api_keys": f"anna:{KEY}:review", "threads": 12}
CLIENTS, EACH = 16, 20


def ask(port: int, method: str, path: str, body: Any = None) -> tuple[int, str, bytes]:
    """Ask on a connection of its own; returns status, type of content and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), HEAD)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def correction(key: str) -> dict[str, str]:
    return {"text": f"Sentence {key}.", "label": "neutral", "idempotency_key": key}


class Sender(threading.Thread):
    """Sends corrections, each until it is acknowledged; `ids` has what each was given."""

    def __init__(self, served: Served, name: str):
        super().__init__()
        self.port, self.prefix = served.port, name
        self.ids: dict[str, int] = {}
        self.failures = 0

    def run(self) -> None:
        for number in range(EACH):
            key = f"{self.prefix}-{number}"
            while key not in self.ids:
                try:
                    status, _, body = ask(self.port, "POST", "/feedback", correction(key))
                except (OSError, http.client.HTTPException):
                    status, body = 0, b""
                if status in (200, 201):
                    self.ids[key] = json.loads(body)["id"]
                else:
                    self.failures += 1
                    time.sleep(0.05)


def listed(served: Served, after: str) -> dict[str, Any]:
    """Return a page; each worker finds a database that was away again by itself, not before a second has passed."""
    deadline = time.monotonic() + 30
    while (answer := ask(served.port, "GET", f"/feedback?limit=200&after={after}"))[0] == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    page: dict[str, Any] = json.loads(answer[2])
    return page


def stored(served: Served) -> dict[str, list[int]]:
    """List everything, page by page: ids by text."""
    found: dict[str, list[int]] = {}
    after: str | None = "0"
    while after:
        page = listed(served, after)
        for one in page["corrections"]:
            found.setdefault(one["text"], []).append(one["id"])
        after = page["next"]
    return found


def test_a_killed_worker_loses_nothing_that_was_acknowledged(serve: Start, toy_models: Path, database: str) -> None:
    served = serve(toy_models, feedback_database_url=database, **SETTINGS).wait()
    senders = [Sender(served, f"s{number}") for number in range(CLIENTS)]
    for sender in senders:
        sender.start()
    until(lambda: sum(len(sender.ids) for sender in senders) > CLIENTS * EACH // 4)
    os.kill(workers(served)[0], signal.SIGKILL)
    for sender in senders:
        sender.join(60)
    until(lambda: len(workers(served)) == 3)
    acknowledged = {f"Sentence {key}.": [id] for sender in senders for key, id in sender.ids.items()}
    assert len(acknowledged) == CLIENTS * EACH
    assert stored(served) == acknowledged
    assert "Traceback" not in served.log.read_text()


MARKS = b'{"text": "a", "label": "neutral", "%b": %b}'
HOSTILE = [
    (b"{", 400),
    (b'{"text": "Ber', 400),
    (b"[" * 10**6, 400),
    (MARKS % (b"note", b'"\xff"'), 400),
    (MARKS % (b"text", b'"b"'), 400),
    (MARKS % (b"note", b'"\\u0000"'), 422),
    (MARKS % (b"note", b'"\\ud800"'), 422),
    (MARKS % (b"note", b'"' + b"n" * 10**6 + b'"'), 422),
    (MARKS % (b"span", b'{"start": 0, "end": 1e400}'), 422),
    (MARKS % (b"span", b'{"start": -1, "end": ' + b"9" * 4000 + b"}"), 422),
    (MARKS % (b"span", b"[" * 15 + b"]" * 15), 422),
    (MARKS % (b"answer", b'{"label": {"a": 1}, "version": []}'), 422),
    (MARKS % (b"idempotency_key", b'"../../etc/passwd"'), 422),
    (b"{" + b",".join(b'"%x":0' % key for key in range(10**5)) + b"}", 422),
    (b" " * (9 * 2**20), 413),
]


def test_hostile_corrections_are_refused_in_the_contracts_words(serve: Start, toy_models: Path, tmp_path: Path) -> None:
    served = serve(toy_models, feedback_database_url=f"sqlite:///{tmp_path}/corrections.db").wait()
    for body, status in HOSTILE:
        assert hostile.send(served.port, hostile.post(body, b"/feedback")) == status, body[:80]
    for length in (1, 10**6):
        cut = hostile.post(b'{"text": "a", "label": "neutral"}', b"/feedback", length=33 + length)
        assert hostile.send(served.port, cut) == 400
    assert hostile.send(served.port, hostile.post(b'{"text": "a", "label": "neutral"}', b"/feedback")) == 201
    assert "Traceback" not in served.log.read_text()


def away_and_back(served: Served, take: Callable[[], object], give: Callable[[], object]) -> None:
    """Take the database away under a service, and give it back."""
    assert ask(served.port, "POST", "/feedback", correction("before"))[0] == 201
    take()
    for key in ("away", "away-too"):
        status, kind, body = ask(served.port, "POST", "/feedback", correction(key))
        assert (status, kind) == (503, "application/problem+json")
        assert json.loads(body)["type"] == "/problems/feedback-unavailable"
        assert ask(served.port, "GET", "/feedback/export")[0] == 503
        assert ask(served.port, "POST", "/classify", {"text": "Berlin called it a mistake."})[0] == 200
        assert ask(served.port, "GET", "/readyz")[0] == 200
    give()
    until(lambda: ask(served.port, "POST", "/feedback", correction("away"))[0] in (200, 201))
    until(lambda: set(stored(served)) == {"Sentence before.", "Sentence away."})
    log = served.log.read_text()
    assert "corrections are out of reach" in log
    assert "Sentence" not in log
    assert "Traceback" not in log
    until(lambda: len(workers(served)) == 2)


def test_a_folder_that_is_taken_away_and_given_back(serve: Start, toy_models: Path, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    folder.mkdir()
    url = f"sqlite:///{folder}/corrections.db"
    served = serve(toy_models, feedback_database_url=url, **SETTINGS).wait()
    away_and_back(served, lambda: folder.rename(elsewhere), lambda: elsewhere.rename(folder))


def test_a_server_that_is_stopped_and_started(serve: Start, toy_models: Path, postgres: Postgres) -> None:
    served = serve(toy_models, feedback_database_url=postgres.new(), **SETTINGS).wait()
    away_and_back(served, postgres.crash, postgres.start)


def test_a_service_starts_without_its_database(serve: Start, toy_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    served = serve(toy_models, feedback_database_url=f"sqlite:///{folder}/corrections.db", **SETTINGS).wait()
    assert ask(served.port, "POST", "/feedback", correction("a"))[0] == 503
    folder.mkdir()
    until(lambda: ask(served.port, "POST", "/feedback", correction("a"))[0] == 201)
    assert list(stored(served)) == ["Sentence a."]


def test_an_export_cut_off_by_a_dead_database_is_known_to_be(serve: Start, toy_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    url = f"sqlite:///{folder}/corrections.db"
    store = Store(url)
    for number in range(150):  # 9 MB, of which what the kernel holds for a client that does not read is a part
        receipt, _ = store.add(Submission("the step", f"{number} " + "long " * 12_000, None, None, "neutral"))
        store.decide(receipt.id, "anna", "approved", None)
    store.close()
    served = serve(toy_models, feedback_database_url=url, **SETTINGS).wait()
    status, _, body = ask(served.port, "GET", "/feedback/export")
    assert (status, json.loads(body.splitlines()[-1])) == (200, {"end": True, "rows": 150})
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", served.port))
        connection.settimeout(20)
        head = "".join(f"{name}: {value}\r\n" for name, value in HEAD.items())
        connection.sendall(f"GET /feedback/export HTTP/1.1\r\nHost: stance\r\n{head}\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        came = bytearray(answer.read(1000))
        folder.rename(tmp_path / "elsewhere")
        with pytest.raises(http.client.IncompleteRead) as cut:
            answer.read()
        came += cut.value.partial
    assert b'"end"' not in came
    assert came.count(b"\n") < 150
    assert "long long" not in served.log.read_text()
