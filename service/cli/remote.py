"""The judge that is a running service."""

import http.client
import json
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from service.cli.asking import Answered, Card, Fault, Handful, Text, UnavailableError
from service.cli.texts import printable

_SECONDS = 60
_JSON = "application/json"
_NDJSON = "application/x-ndjson"
# The service answers while it reads, and we read when all is sent: this much waits in any socket's buffer meanwhile.
_WINDOW_BYTES = 2**15
# Of these statuses the text is the reason, or may be.
_REFUSALS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.INTERNAL_SERVER_ERROR,
}
Window = tuple[list[Text | Fault], bytes]


class RefusedError(UnavailableError):
    """The service is there and does not answer this."""


class Remote:
    """A judge (see `Judge`) over the service at `url`.

    Many texts go to `/classify/batch` as NDJSON, by windows on one connection, each read to its end before the next is
    sent. One stream for all would end when stdin, or the reader of our answers, is silent for longer than the service
    waits; and it would take two threads, which no TLS connection is made for.
    """

    def __init__(self, url: str, key: str, asked: Mapping[str, Any]):
        if not (key.isascii() and key.isprintable()):
            raise UnavailableError("STANCE_API_KEY has a character that no key has")
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
        self._url = url
        self._path = parts.path
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._asked = asked

    def card(self) -> Card:
        """Return what is to be known of the model; raises `UnavailableError`."""
        found = self._json(self._ask("GET", "/model"), "labels")
        return Card(tuple(found["labels"]), found["roles"])

    def classify(self, handfuls: Iterable[Handful]) -> Iterator[Answered | Fault]:
        """Yield the stance of each text, and each fault; raises `UnavailableError`."""
        for handful in handfuls:
            for window, body in self._windows(handful):
                found = iter(self._ask("POST", "/classify/batch", body, _NDJSON).splitlines() if body else ())
                for one in window:
                    yield one if isinstance(one, Fault) else self._line(one, next(found, b""))

    def analyze(self, handfuls: Iterable[Handful]) -> Iterator[Answered | Fault]:
        """Yield the analysis of each text, and each fault; raises `UnavailableError`."""
        for handful in handfuls:
            for one in handful:
                yield one if isinstance(one, Fault) else self._article(one)

    def _windows(self, handful: Handful) -> Iterator[Window]:
        """Cut a handful into windows with their bodies; a longer line than a window has one for itself."""
        window: list[Text | Fault] = []
        body = b""
        for one in handful:
            line = b"" if isinstance(one, Fault) else self._request(one) + b"\n"
            if body and len(body) + len(line) > _WINDOW_BYTES:
                yield window, body
                window, body = [], b""
            window.append(one)
            body += line
        yield window, body

    def _line(self, text: Text, line: bytes) -> Answered | Fault:
        found = self._json(line, "label", "error")
        if "error" in found:
            return Fault(text.where, _reason(found["error"]))
        found.pop("index", None)  # the line's place in its window
        return Answered(text, found)

    def _article(self, text: Text) -> Answered | Fault:
        try:
            return Answered(text, self._json(self._ask("POST", "/analyze", self._request(text), _JSON), "label"))
        except RefusedError as fault:
            return Fault(text.where, str(fault))

    def _request(self, text: Text) -> bytes:
        return json.dumps({"text": text.content, **self._asked}, ensure_ascii=False).encode()

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = _JSON) -> bytes:
        try:
            try:
                status, found = self._exchange(method, path, body, kind)
            except ConnectionError:
                # The service may have closed a kept connection meanwhile; to ask twice changes nothing there.
                self._connection.close()
                status, found = self._exchange(method, path, body, kind)
        except (OSError, http.client.HTTPException) as fault:
            why = getattr(fault, "strerror", None) or fault
            raise UnavailableError(f"{self._url} does not answer: {why}") from None
        if status != HTTPStatus.OK:
            raise self._refusal(status, found)
        return found

    def _exchange(self, method: str, path: str, body: bytes | None, kind: str) -> tuple[int, bytes]:
        self._connection.request(method, self._path + path, body, {"Content-Type": kind, **self._headers})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def _refusal(self, status: int, body: bytes) -> UnavailableError:
        try:
            problem = self._json(body, "detail")
        except UnavailableError:
            return UnavailableError(f"{self._url} answers {status} and is no such service")
        if status not in _REFUSALS:
            return UnavailableError(f"{self._url} answers {status}: {_reason(problem)}")
        named = f" (request {problem.get('request_id')})" if status == HTTPStatus.INTERNAL_SERVER_ERROR else ""
        return RefusedError(_reason(problem) + printable(named))

    def _json(self, body: bytes, *members: str) -> dict[str, Any]:
        """Parse an answer that has one of these members; raises `UnavailableError` for anything else."""
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not found.keys() & set(members):
            raise UnavailableError(f"{self._url} breaks off, or is no such service")
        return found


def _reason(problem: Mapping[str, Any]) -> str:
    """Return what is wrong, by the faults listed or else in general."""
    listed = [str(fault["detail"]) for fault in problem.get("errors", ())]
    return printable(" ".join(listed or [str(problem["detail"])]))
