"""How often a key may ask: one number of requests for each stretch of time, in one count for all workers."""

import logging
import math
import re
import threading
import time
from typing import Any, Protocol
from urllib.parse import urlsplit

from service.errors import TooManyRequestsError

log = logging.getLogger(__name__)

STRETCHES = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_RATE = re.compile(rf"([1-9][0-9]{{0,8}})/({'|'.join(STRETCHES)})")
# For connecting and for an answer: what a request waits at most for a store that is silent.
_STORE_SECONDS = 0.1
# For so long a store that failed is not asked again, so that not every request waits for it.
_PAUSE_SECONDS = 1.0


class Store(Protocol):
    """Counts by name; the count of a name ends a stretch of time after its first."""

    def incr(self, name: str, seconds: int) -> int:
        """Count one more and return the count."""

    def left(self, name: str) -> float:
        """Return the seconds until the count of a name ends."""


def parse(rate: str) -> tuple[int, str]:
    """Read `600/minute`: how many, in which stretch of time. Raises `ValueError`."""
    found = _RATE.fullmatch(rate)
    if not found:
        raise ValueError(f"is not a number, a slash and one of {', '.join(STRETCHES)}: 600/minute")
    return int(found[1]), found[2]


def check_store(url: str) -> None:
    """Raise `ValueError` for what cannot be the URL of a store; the message does not repeat it."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("redis", "rediss") and parts.hostname and (parts.port or True)
    except ValueError:
        good = False
    if not good:
        raise ValueError("is no URL redis://host:port or rediss://host:port (Valkey has the same)")


class Rate:
    """The rate limit, counted in the store at `url` or, where that is empty, in this process.

    Stretches are fixed: they cost one counter and one command a request, where a moving window keeps the time of every
    request. In exchange a key may ask twice the number around the end of a stretch.
    """

    def __init__(self, rate: str, url: str = ""):
        self.most, self.stretch = parse(rate)
        self._seconds = STRETCHES[self.stretch]
        self._store: Store = _Redis(url) if url else _Memory()
        self._fails = False
        self._asks_again = 0.0

    def count(self, name: str) -> None:
        """Count a request of a key; raises `TooManyRequestsError`.

        While the store fails requests pass uncounted: a limit that protects the service is not to stop it.
        """
        if self._fails and time.monotonic() < self._asks_again:
            return
        # A count begun under a limit of another length ends at another time.
        key = f"{name}/{self.stretch}"
        try:
            refused = self._store.incr(key, self._seconds) > self.most
            seconds = self._store.left(key) if refused else 0.0
        except ConnectionError as fault:
            self._asks_again = time.monotonic() + _PAUSE_SECONDS
            if not self._fails:
                self._fails = True
                log.error("requests pass without rate limit: its store fails (%s)", fault)
            return
        if self._fails:
            self._fails = False
            log.info("the rate limit holds again: its store answers")
        if refused:
            raise TooManyRequestsError(max(1, math.ceil(seconds)))


class _Memory:
    """Counts in this process. limits' own would start a thread for its clearing, and go by the wall clock."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def incr(self, name: str, seconds: int) -> int:
        now = time.monotonic()
        with self._lock:
            count, ends = self._counts.get(name, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + seconds
            self._counts[name] = count + 1, ends
        return count + 1

    def left(self, name: str) -> float:
        return self._counts[name][1] - time.monotonic()


class _Redis:
    """Counts in a store that speaks Redis; raises `ConnectionError`, without the URL, for any failure of it."""

    def __init__(self, url: str):
        # Here, since they are heavy, read files when imported, and most services have no such store.
        from limits.errors import StorageError  # noqa: PLC0415
        from limits.storage import RedisStorage  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        options: Any = {
            "socket_timeout": _STORE_SECONDS,
            "socket_connect_timeout": _STORE_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        self._failure = StorageError
        self._storage = RedisStorage(url, key_prefix="stance", wrap_exceptions=True, **options)

    def incr(self, name: str, seconds: int) -> int:
        try:
            return self._storage.incr(name, seconds)
        except self._failure as fault:
            raise ConnectionError(type(fault.__cause__).__name__) from fault

    def left(self, name: str) -> float:
        try:
            return self._storage.get_expiry(name) - time.time()
        except self._failure as fault:
            raise ConnectionError(type(fault.__cause__).__name__) from fault
