"""gunicorn's threaded worker, in which no client holds a thread that others need.

Its main thread, which waits for all connections at once, does the waiting: for a head and a short body, for room among
the requests that are worked on, for the client to close. Mended besides: fairness between the workers, and HTML errors.
"""

import errno
import logging
import mmap
import os
import selectors
import socket
import time
import uuid
from collections import deque
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from gunicorn import util
from gunicorn.http import errors as http_errors
from gunicorn.http import wsgi
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import ThreadWorker

from service import errors, gate
from service.errors import MEDIA_TYPE, problem_body
from service.settings import Settings

_FREE = -1
_STATUS = {
    http_errors.LimitRequestLine: 414,
    http_errors.ExpectationFailed: 417,
    http_errors.LimitRequestHeaders: 431,
}
# What a refused client may still send before its connection is cut, so that it comes to read the answer.
_LINGER_BYTES = 16 * 2**20
_LINGER_SECONDS = 2.0
# A request that is longer, head and body, goes to a thread before it has come to its end.
_SHORT_BYTES = 2**16
# What is left of a body that the application did not read is skipped if none of it takes longer to come.
_SKIP_SECONDS = 0.01
# How often requests that wait for room are looked after.
_TICK_SECONDS = 0.1
_TURNS = 10
_TURN_SECONDS = 0.0005


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker process.

    A connection goes to a thread when a request has come, up to a body that is not short, and the gate lets it in, and
    comes back when the answer is sent: whatever holds a thread is counted.

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
        self.slot = Worker._board.tolist().index(_FREE)
        self._gave_way = 0
        settings = Settings.read(os.environ)
        self._patience = settings.client_timeout_seconds
        self._gate: gate.Gate[Any] = gate.Gate(settings.in_flight)
        self._peeked = bytearray(_SHORT_BYTES)
        self._lingering: deque[Any] = deque()
        super().__init__(*args, **kwargs)

    @property
    def nr_conns(self) -> int:
        """How many connections this worker holds, as its siblings read it."""
        return int(self._board[self.slot])

    @nr_conns.setter
    def nr_conns(self, count: int) -> None:
        self._board[self.slot] = count

    def release(self) -> None:
        """Take this worker off the board: its process has ended."""
        self._board[self.slot] = _FREE

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

    # In the main thread, until the request has come.

    def enqueue_req(self, conn: Any) -> None:
        """Pass a connection on if a request has come, up to a body that is not short; else wait for more of it."""
        held = conn.parser.unreader.buf.getvalue() if conn.parser else b""
        try:
            came = conn.sock.recv_into(self._peeked, 0, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            gone = not came and not held
        except BlockingIOError:
            came, gone = 0, False
        except OSError:
            came, gone = 0, True
        if gone:
            self._drop(conn)
            return
        head, ended, _ = (held + self._peeked[:came]).partition(b"\r\n\r\n")
        lowered = head.lower() if ended else b""
        kind = gate.kind(lowered)
        wanted = _wanted(lowered, kind) - len(held) if ended else came + 1
        # Too long a head, and one that its sender has closed after, are for the parser to refuse.
        if came >= wanted or came == _SHORT_BYTES or 0 < came < getattr(conn, "awaited", 0):
            self._pass(conn, kind)
        else:
            self._await(conn, wanted)

    def _await(self, conn: Any, wanted: int) -> None:
        """Have the poller wait until so much has come, but altogether not longer than clients may be silent."""
        now = time.monotonic()
        if not getattr(conn, "awaited", 0):
            conn.timeout = now + self._patience
        elif conn.timeout < now:
            self._drop(conn)
            return
        self._wake_at(conn, wanted)
        conn.sock.setblocking(False)
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _wake_at(self, conn: Any, size: int) -> None:
        """Let a socket be readable when it holds this many bytes: it has to be one when a thread reads it."""
        if getattr(conn, "awaited", 1) != size:
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)
        conn.awaited = size

    def _pass(self, conn: Any, kind: gate.Kind) -> None:
        """Give a connection to a thread, or have it wait for room."""
        if getattr(conn, "awaited", 0):
            self._wake_at(conn, 1)
        conn.awaited = 0
        conn.data_ready = True
        conn.kind, conn.busy = kind, False
        if self._gate.enter(kind):
            super().enqueue_req(conn)
        else:
            self._gate.wait(kind, conn)

    def _drop(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    # In a thread.

    def handle(self, conn: Any) -> Any:
        """Serve a connection whose body may not come as slowly as its client likes."""
        conn.began, conn.received = time.monotonic(), 0
        conn.init()
        if not isinstance(conn.parser.unreader, _Paced):
            conn.parser.unreader = _Paced(conn, self._patience)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Have the application answer a request, or refuse it."""
        if not conn.busy:
            return super().handle_request(req, conn)
        answer, environment = wsgi.create(req, conn.sock, conn.client, conn.server, self.cfg)
        environment[gate.BUSY] = True
        answer.force_close()
        for piece in self.wsgi(environment, answer.start_response):
            answer.write(piece)
        answer.close()
        return False

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """Keep a connection if nothing is left of the body, or all of it has come: no thread waits for the rest."""
        if not keepalive:
            return False
        # Not gunicorn's deadline: past it, it gives up a connection of whose request nothing is left.
        conn.sock.settimeout(_SKIP_SECONDS)
        skipped = conn.parser.finish_body(max_bytes=_SHORT_BYTES)
        conn.sock.setblocking(True)
        return bool(skipped)

    # In the main thread, when the answer is sent.

    def finish_request(self, conn: Any, future: Any) -> None:
        """Take a connection back from a thread, and let the next request in."""
        self._gate.leave(conn.kind)
        if future.cancelled() or future.exception() or not future.result():
            self._linger(conn)
        else:
            super().finish_request(conn, future)
        while waiting := self._gate.next():
            super().enqueue_req(waiting)

    def _linger(self, conn: Any) -> None:
        """Say that no more is coming and read on for a while, else the answer is lost to a reset (RFC 9112, 9.6)."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._discard, conn))
        except (OSError, ValueError):  # closed already
            self._drop(conn)
            return
        conn.timeout = time.monotonic() + _LINGER_SECONDS
        conn.left = _LINGER_BYTES
        self._lingering.append(conn)

    def _discard(self, conn: Any, sock: socket.socket) -> None:
        try:
            came = sock.recv_into(self._peeked)
        except OSError:
            came = 0
        conn.left -= came
        if not came or conn.left <= 0:
            self._lingering.remove(conn)
            self._stop_lingering(conn)

    def _stop_lingering(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self._drop(conn)

    # In the main thread, now and then.

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for what happens, but not for long while requests wait for room."""
        super().wait_for_and_dispatch_events(min(timeout, _TICK_SECONDS) if self._gate.waits else timeout)

    def murder_pending(self) -> None:
        """End what has waited too long: for a head, for room, for the client to close."""
        super().murder_pending()
        while overdue := self._gate.overdue():
            overdue.busy, overdue.kind = True, gate.Kind.UNCOUNTED
            super().enqueue_req(overdue)
        while self._lingering and self._lingering[0].timeout < time.monotonic():
            self._stop_lingering(self._lingering.popleft())

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what never reached the application with a problem document; the caller's bytes are not logged."""
        if isinstance(exc, http_errors.ParseException):
            status = _STATUS.get(type(exc), 400)
            self.log.warning("unreadable request: %s", type(exc).__name__)
        else:
            status = 500
            self.log.error("fault outside the application", exc_info=exc)
        self.wsgi.extensions["metrics"].problem(errors.kind(status))
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


def _wanted(head: bytes, kind: gate.Kind) -> int:
    """Return how much of a request has to come before it holds a thread: all, if it is short, else its head."""
    size = len(head) + 4
    whole = size + gate.body_length(head)
    return whole if whole <= _SHORT_BYTES and kind is not gate.Kind.STREAM else size


class _Paced(SocketUnreader):  # type: ignore[misc]
    """What a client sends, as long as it does not send too slowly; then it raises what a silent client's socket does.

    A stream may be slow: its client waits for answers, and there are fewer of them.
    """

    def __init__(self, conn: Any, patience: int):
        super().__init__(conn.sock)
        self._conn = conn
        self._patience = patience

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Receive what comes next."""
        piece: bytes = super().chunk(size_hint)
        conn = self._conn
        conn.received += len(piece)
        allowed = self._patience + conn.received / gate.LEAST_BYTES_A_SECOND
        if time.monotonic() - conn.began > allowed and conn.kind is not gate.Kind.STREAM:
            raise BlockingIOError(errno.EAGAIN, "too slow")
        return piece


def _is_news(record: logging.LogRecord) -> bool:
    """Say whether a record of gunicorn's is more than a socket's receive or send timeout, which is EAGAIN."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))
