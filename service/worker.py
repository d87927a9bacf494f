"""gunicorn's threaded worker with four things mended: fairness, silent clients, closing, and its HTML errors."""

import logging
import mmap
import socket
import time
import uuid
from http import HTTPStatus
from typing import Any, ClassVar

from gunicorn import util
from gunicorn.http import errors as http_errors
from gunicorn.workers.gthread import ThreadWorker

from service.errors import MEDIA_TYPE, problem_body

_FREE = -1
_STATUS = {
    http_errors.LimitRequestLine: 414,
    http_errors.ExpectationFailed: 417,
    http_errors.LimitRequestHeaders: 431,
    http_errors.UnsupportedTransferCoding: 501,
}
# What a refused client may still send before its connection is cut, so that it comes to read the answer.
_LINGER_BYTES = 16 * 2**20
_LINGER_SECONDS = 2.0
_TURNS = 10
_TURN_SECONDS = 0.0005


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker process.

    Fairness: the workers share a board of how many connections each holds, and one that holds more than another gives
    way before it accepts; otherwise one worker may take every kept-alive connection and its core does all the work.
    """

    _board: ClassVar[Any] = None

    def __init__(self, *args: Any, **kwargs: Any):
        # In the master, before the fork: the memory made here is shared by all that come after.
        if Worker._board is None:
            Worker._board = memoryview(mmap.mmap(-1, 4096)).cast("i")
            for slot in range(len(Worker._board)):
                Worker._board[slot] = _FREE
        self._slot = Worker._board.tolist().index(_FREE)
        self._gave_way = 0
        super().__init__(*args, **kwargs)

    @property
    def nr_conns(self) -> int:
        """How many connections this worker holds, as its siblings read it."""
        return int(self._board[self._slot])

    @nr_conns.setter
    def nr_conns(self, count: int) -> None:
        self._board[self._slot] = count

    def release(self) -> None:
        """Take this worker off the board: its process has ended."""
        self._board[self._slot] = _FREE

    def init_process(self) -> None:
        """Run the worker; timeouts of silent clients (see gunicorn.conf.py) are no news for the log."""
        self.log.error_log.addFilter(_is_news)
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, or leave it to a sibling that holds fewer, for ten turns of half a millisecond."""
        held = [count for count in self._board if count != _FREE]
        if self.nr_conns > min(held) and self._gave_way < _TURNS:
            self._gave_way += 1
            time.sleep(_TURN_SECONDS)
            return
        self._gave_way = 0
        super().accept(listener)

    def handle(self, conn: Any) -> Any:
        """Serve a connection, and close it here where it ends: gunicorn waits for the client in its main thread."""
        keep = super().handle(conn)
        if not keep:
            _linger(conn.sock)
        return keep

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what never reached the application with a problem document; the caller's bytes are not logged."""
        if isinstance(exc, http_errors.ParseException):
            status = _STATUS.get(type(exc), 400)
            self.log.warning("unreadable request: %s", type(exc).__name__)
        else:
            status = 500
            self.log.error("fault outside the application", exc_info=exc)
        try:
            util.write_nonblock(client, _answer(status))
        except OSError:
            self.log.debug("the client of an unreadable request is gone")


def _answer(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase
    request_id = uuid.uuid4().hex
    body = problem_body(status, f"The request cannot be read as HTTP: {phrase}.", request_id)
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nConnection: close\r\nContent-Type: {MEDIA_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nX-Request-Id: {request_id}\r\n\r\n"
    )
    return head.encode() + body


def _linger(connection: socket.socket) -> None:
    """Say that no more is coming and read on for a while, else the answer is lost to a reset (RFC 9112, 9.6)."""
    deadline = time.monotonic() + _LINGER_SECONDS
    left = _LINGER_BYTES
    try:
        connection.shutdown(socket.SHUT_WR)
        while left > 0 and (seconds := deadline - time.monotonic()) > 0:
            connection.settimeout(seconds)
            received = len(connection.recv(65536))
            if not received:
                break
            left -= received
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _is_news(record: logging.LogRecord) -> bool:
    """Say whether a record of gunicorn's is more than a socket's receive or send timeout, which is EAGAIN."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))
