"""The log: an object of JSON on a line of its own for each event, whatever is in it."""

import json
import logging
import time
from typing import Any

from gunicorn.glogging import Logger

# Only ASCII comes out, so that no character that some reader takes for the end of a line ends one.
_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


class JsonLines(logging.Formatter):
    """Writes a record as one line: time, level, logger, message, and the arguments of the message that have names.

    `log.info("%(route)s answered", {"route": …, "status": …})` so has fields of its own. A traceback is one field.
    """

    _second = 0
    _written = ""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record; the handler's lock keeps two threads from doing so at once. Cost: some 10 µs."""
        line = {
            "time": self._time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if isinstance(record.args, dict):
            line |= record.args
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encode(line)

    def _time(self, record: logging.LogRecord) -> str:
        second = int(record.created)
        if second != self._second:  # the same for thousands of lines
            self._second, self._written = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._written}.{int(record.msecs):03d}Z"


class Log(Logger):  # type: ignore[misc]
    """gunicorn's log without its lines of access: the service writes its own (`access`)."""

    def access(self, *_: Any) -> None:
        """Write nothing. gunicorn would make a line's twenty parts for every request before it finds no reader."""
