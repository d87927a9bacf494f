"""How many requests a worker works on at once: fewer than it has threads, so that one is free to answer the others."""

import enum
import re
import time
from collections import deque
from typing import Generic, TypeVar

# How long a request waits for its turn before it is answered 503: a burst of short ones passes meanwhile.
WAIT_SECONDS = 0.5
# What a body has to bring on average, as in Apache's RequestReadTimeout; a stream may be slower.
LEAST_BYTES_A_SECOND = 500
# In the WSGI environment of a request that is not to be worked on.
BUSY = "stance.busy"
# Small answers to requests without a body: no client can hold a thread with them.
_UNCOUNTED = tuple(method + path for method in (b"get ", b"head ") for path in (b"/livez ", b"/readyz ", b"/metrics "))
_NDJSON = re.compile(rb"\ncontent-type:[ \t]*application/x-ndjson")

_LENGTH = b"\ncontent-length:"


class Kind(enum.Enum):
    """What a request counts as."""

    UNCOUNTED = enum.auto()
    REQUEST = enum.auto()
    STREAM = enum.auto()


def kind(head: bytes) -> Kind:
    """Tell from its head, in lower case, what a request counts as."""
    if head.startswith(_UNCOUNTED):
        return Kind.UNCOUNTED
    # By the content type alone: a path can be written in many ways.
    return Kind.STREAM if b"x-ndjson" in head and _NDJSON.search(head) else Kind.REQUEST


def body_length(head: bytes) -> int:
    """Tell from its head, in lower case, how long a body a request announces that it will send without being asked."""
    start = head.find(_LENGTH)
    if start < 0 or b"\nexpect:" in head:
        return 0
    digits = head[start + len(_LENGTH) :].partition(b"\r")[0].strip()
    return int(digits) if digits.isdigit() and len(digits) < 20 else 0


def streams(most: int) -> int:
    """Return how many of `most` requests may be streams."""
    return max(1, most // 2)


Request = TypeVar("Request")


class Gate(Generic[Request]):
    """Lets requests in up to a number, and half of it for streams; the others wait in order, for a short time.

    Used by a worker's main thread alone, so nothing is locked.
    """

    def __init__(self, most: int):
        self._free = most
        self._free_streams = streams(most)
        # A stream that waits holds up no other request.
        self._waiting: dict[Kind, deque[tuple[float, Request]]] = {Kind.REQUEST: deque(), Kind.STREAM: deque()}

    @property
    def waits(self) -> bool:
        """Say whether a request waits."""
        return any(self._waiting.values())

    def enter(self, kind: Kind) -> bool:
        """Let a request in if there is room and none of its kind waits."""
        if kind is Kind.UNCOUNTED:
            return True
        if self._waiting[kind] or not self._room(kind):
            return False
        self._take(kind)
        return True

    def leave(self, kind: Kind) -> None:
        """Give back the room of a request that was let in."""
        if kind is not Kind.UNCOUNTED:
            self._free += 1
            self._free_streams += kind is Kind.STREAM

    def wait(self, kind: Kind, request: Request) -> None:
        """Put a request in the queue of its kind."""
        self._waiting[kind].append((time.monotonic() + WAIT_SECONDS, request))

    def next(self) -> Request | None:
        """Let in a request that waits, if there is room for it."""
        for kind, queue in self._waiting.items():
            if queue and self._room(kind):
                self._take(kind)
                return queue.popleft()[1]
        return None

    def overdue(self) -> Request | None:
        """Take a request that has waited too long from its queue, if there is one."""
        for queue in self._waiting.values():
            if queue and queue[0][0] <= time.monotonic():
                return queue.popleft()[1]
        return None

    def _room(self, kind: Kind) -> bool:
        return self._free > 0 and (kind is Kind.REQUEST or self._free_streams > 0)

    def _take(self, kind: Kind) -> None:
        self._free -= 1
        self._free_streams -= kind is Kind.STREAM
