"""Each request from its beginning to its end: its id, its counts, its line in the log."""

import logging
import re
import uuid
from collections.abc import Generator, Iterator
from contextlib import closing
from http import HTTPMethod, HTTPStatus
from time import perf_counter
from typing import Any

from flask import Flask, Request, Response, g, request

from service import routes
from service.keys import NOBODY
from service.metrics import Metrics

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(rf"[A-Za-z0-9._-]{{1,{routes.REQUEST_ID_CHARS}}}")
_METHODS = frozenset(HTTPMethod)


def watch(app: Flask, metrics: Metrics) -> None:
    """Name, count and log every request of an application; its hooks have to be the first.

    A stream is counted and logged when it ends or is cut off, anything else when its answer is ready to be sent.
    """

    def begin() -> None:
        named = g._get_current_object()  # a proxy looks it up at every use
        # The caller's id if it is a sane one, so that a hostile one reaches neither log nor header.
        sent = request.environ.get("HTTP_X_REQUEST_ID", "")
        named.request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        named.began = perf_counter()
        named.bytes_in = named.bytes_out = 0
        metrics.in_flight.inc()

    def finish(answer: Response) -> Response:
        named = g._get_current_object()
        asked = request._get_current_object()  # type: ignore[attr-defined]
        _complete(answer, asked, named)
        if "problem" in named:
            metrics.problem(named.problem)
        body = answer.response
        if isinstance(body, list) or answer.direct_passthrough:
            if asked.method != "HEAD":
                named.bytes_out = answer.content_length or 0
            _end(metrics, asked, answer.status_code, named)
        else:
            answer.response = _measured(body, named)  # type: ignore[arg-type]  # ours are generators of bytes
            answer.call_on_close(lambda: _end(metrics, asked, answer.status_code, named))
        return answer

    app.before_request(begin)
    app.after_request(finish)


def route(asked: Request) -> str:
    """Name the route as declared, "none" where there is none: never the path as sent, which is the caller's text."""
    return "none" if asked.url_rule is None else asked.url_rule.rule


def method(asked: Request) -> str:
    """Name the method, "other" for a word that HTTP does not have: that is the caller's text too."""
    return asked.method if asked.method in _METHODS else "other"


def _complete(answer: Response, asked: Request, named: Any) -> None:
    answer.headers.add("X-Request-Id", named.request_id)
    if "model_version" in named:
        answer.headers.add("X-Model-Version", named.model_version)
    if asked.method == "OPTIONS" and answer.status_code == HTTPStatus.OK:
        answer.status_code = HTTPStatus.NO_CONTENT
        del answer.headers["Content-Type"]


def _measured(body: Generator[bytes], named: Any) -> Iterator[bytes]:
    """Pass a stream on, counting its bytes; closing this closes it."""
    with closing(body):
        for piece in body:
            named.bytes_out += len(piece)
            yield piece


def _end(metrics: Metrics, asked: Request, status: int, named: Any) -> None:
    seconds = perf_counter() - named.began
    where, how = route(asked), method(asked)
    metrics.ended(where, how, status, seconds, named.bytes_in, named.bytes_out)
    log.info(
        "%(method)s %(route)s %(status)d",
        {
            "request_id": named.request_id,
            "key": named.get("key", NOBODY).name,
            "method": how,
            "route": where,
            "status": status,
            "duration_ms": round(seconds * 1000, 3),
            "bytes_in": named.bytes_in,
            "bytes_out": named.bytes_out,
            "model": named.get("model_version", ""),
        },
    )
