"""NDJSON in, NDJSON out: every line is answered while the next ones are still being sent, in constant memory."""

import json
import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Response, g, request
from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.errors import NoMoreData, ParseException
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import BadRequest

from service import errors, requests, schemas

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/x-ndjson"
# Answers are gathered up to this while more lines are at hand: a send for each would cost a fifth more CPU.
_GATHERED_BYTES = 4096
_PIECE_BYTES = 2**16

Judge = Callable[[dict[str, Any]], dict[str, Any]]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_answer = schemas.LineAnswer().dump
_refusal = schemas.LineFault().dump
_end = schemas.StreamEnd().dump
_END = object()


class BrokenOffError(Exception):
    """A body that does not come to its end; the message is a sentence for the client."""


def rows(found: Generator[Any], dump: Callable[[Any], Any]) -> Response:
    """Answer with each of what is found on a line of its own, and last with how many they were, in constant memory.

    Raises what comes instead of the first one; what breaks off later has no last line, and the connection is closed.
    """
    body = _whole(found, dump)
    next(body)
    answer = Response(body, content_type=MEDIA_TYPE)
    answer.call_on_close(body.close)  # where it is never read, as for HEAD
    return answer


def _whole(found: Generator[Any], dump: Callable[[Any], Any]) -> Generator[bytes]:
    with closing(found):
        one = next(found, _END)
        yield b""
        gathered, count = bytearray(), 0
        while one is not _END:
            gathered += line(dump(one))
            count += 1
            if len(gathered) >= _GATHERED_BYTES:
                yield bytes(gathered)
                gathered.clear()
            one = next(found, _END)
        yield bytes(gathered) + line(_end({"end": True, "rows": count}))


def line(value: Any) -> bytes:
    """Write a value as one line of JSON; half of a surrogate pair, which UTF-8 has no bytes for, is escaped."""
    return _encode(value).encode("utf-8", "backslashreplace") + b"\n"


@dataclass(frozen=True)
class Lines:
    """How the lines of a stream are answered: `judge` is asked once a stream, so that one model answers all of it."""

    takes: Schema
    longest: int
    judge: Callable[[], Judge]

    def answer(self) -> Response:
        """Answer the request's body line by line; raises what `judge` raises, before a byte of the answer is sent."""
        found = self._answers(request.environ["wsgi.input"], self.judge(), g._get_current_object())
        return Response(found, content_type=MEDIA_TYPE)

    def _answers(self, source: Any, judge: Judge, named: Any) -> Iterator[bytes]:
        yield b""  # sends the head: a client may wait for it before it sends a line
        cutter, index = Cutter(self.longest), 0
        try:
            for piece in pieces(source):
                named.bytes_in += len(piece)
                gathered = bytearray()
                for one in cutter.cut(piece):
                    gathered += self._line(index, one, judge, named.request_id)
                    index += 1
                    if len(gathered) >= _GATHERED_BYTES:
                        yield bytes(gathered)
                        gathered.clear()
                yield bytes(gathered)
        except BrokenOffError as fault:
            yield line(_refusal({"index": index, "error": {"detail": str(fault)}}))
        else:
            yield self._line(index, cutter.rest(), judge, named.request_id)

    def _line(self, index: int, sent: bytes, judge: Judge, request_id: str) -> bytes:
        """Answer one line: nothing to a blank one, a sentence to one that cannot be judged."""
        if len(sent) <= self.longest and not sent.strip(b" \t\r"):
            return b""
        marks: dict[str, Any] = {"index": index}
        error: dict[str, Any]
        try:
            asked = self._load(sent)
            marks |= _id(asked)
            return line(_answer({**marks, **judge(asked)}))
        except BadRequest as fault:
            error = {"detail": fault.description}
        except ValidationError as fault:
            marks |= _id(fault.valid_data)
            listed = errors.InvalidRequestError(fault.normalized_messages(), self.takes).faults
            error = {"detail": "The line breaks the schema.", "errors": listed}
        except Exception:
            log.exception("line %(line)d of a stream failed", {"request_id": request_id, "line": index})
            error = {"detail": "The fault is ours. The request id leads to the log."}
        return line(_refusal({**marks, "error": error}))

    def _load(self, sent: bytes) -> Any:
        if len(sent) > self.longest:
            raise BadRequest(f"Longer than {self.longest} bytes.")
        return self.takes.load(requests.loads(sent, "line"))


def _id(asked: Any) -> dict[str, Any]:
    return {"id": asked["id"]} if "id" in asked else {}


class Cutter:
    """Cuts what comes into lines, without their ends; of a line longer than `longest` it keeps no more than a piece."""

    def __init__(self, longest: int):
        self._longest = longest
        self._held = bytearray()

    def cut(self, piece: bytes) -> Iterator[bytes]:
        """Yield the lines that end in this piece; a longer one than allowed comes cut, but longer than allowed."""
        for part in BytesIO(piece):
            if len(self._held) <= self._longest:
                self._held += part
            if part.endswith(b"\n"):
                yield self.rest()

    def rest(self) -> bytes:
        """Return, and forget, the line that has not ended."""
        held = bytes(self._held).removesuffix(b"\n")
        self._held.clear()
        return held


def pieces(source: Any) -> Iterator[bytes]:
    """Yield what comes of a body as soon as it is there, a megabyte at most at once.

    Raises `BrokenOffError` where it does not come to its end; gunicorn then closes the connection after the answer.
    """
    arrived = _arrived if isinstance(source, Body) else _read
    try:
        while piece := arrived(source):
            yield piece
    except BlockingIOError:
        raise BrokenOffError("Nothing came for too long.") from None
    except (OSError, ParseException):
        raise BrokenOffError("The body breaks off or is framed wrongly.") from None


def _arrived(body: Body) -> bytes:
    """Wait for one byte of a body under gunicorn, and return it with all that has come with it; empty at the end.

    Its `read` waits for a kilobyte, which a client that waits for an answer does not send.
    """
    reader = body.reader
    due = getattr(reader, "length", 0)
    first = body.readline(1)
    if not first:
        if due:
            body.failed = True  # as gunicorn has it where a read raises: the connection is closed
            raise NoMoreData
        return b""
    waiting = reader.buf if isinstance(reader, ChunkedReader) else reader.unreader.buf
    return bytes(first + reader.read(waiting.tell()))


def _read(source: Any) -> bytes:
    return bytes(source.read(_PIECE_BYTES))
