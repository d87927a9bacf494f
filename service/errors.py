"""Exception to problem document (RFC 9457), in one place: one body, made by one function."""

import json
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import marshmallow
from flask import Flask, Response, g
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected, HTTPException, InternalServerError

from service.feedback.values import ConflictError, NotThereError, OutOfReachError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# More faults than these help nobody and make an answer as large as the request.
MAX_FAULTS = 20
# Our own words where the status phrase is not the kind of problem.
_KINDS = {400: "malformed-request", 413: "too-large", 422: "invalid-request", 500: "internal-error"}
_TITLES = {400: "Malformed request", 413: "Too large", 422: "Invalid request", 500: "Internal error"}


class NoModelError(Exception):
    """No model is loaded; the log says why."""


class UnknownKeyError(Exception):
    """Keys are wanted, and the request has none or a wrong one."""


class TooManyRequestsError(Exception):
    """A key has made as many requests as it may; `seconds` tells for how long."""

    def __init__(self, seconds: int):
        super().__init__("too many requests")
        self.seconds = seconds


class BusyError(Exception):
    """As many requests are being worked on as may be."""


class ForbiddenError(Exception):
    """The right to review is wanted, and the key has it not, or there are no keys."""


class FeedbackOffError(Exception):
    """Corrections are not kept here."""


class InvalidRequestError(Exception):
    """Valid JSON that breaks the schema."""

    def __init__(self, messages: dict[Any, Any], schema: marshmallow.Schema):
        super().__init__("invalid request")
        self.faults = list(_faults(messages, schema))


def register(app: Flask) -> None:
    """Make every error of an application, the framework's own included, a problem document."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InvalidRequestError, _invalid)
    app.register_error_handler(NoModelError, _no_model)
    app.register_error_handler(UnknownKeyError, _unknown_key)
    app.register_error_handler(TooManyRequestsError, _too_many)
    app.register_error_handler(BusyError, _busy)
    app.register_error_handler(ForbiddenError, _forbidden)
    app.register_error_handler(FeedbackOffError, _feedback_off)
    app.register_error_handler(OutOfReachError, _out_of_reach)
    app.register_error_handler(ConflictError, _conflict)
    app.register_error_handler(NotThereError, _not_there)
    for broken in (ParseException, ClientDisconnected):
        app.register_error_handler(broken, _broken_framing)


def problem(status: int, detail: str, **members: Any) -> Response:
    """Make the one error answer; `members` are further members of its body, or replace its type."""
    members.setdefault("type", kind(status))
    g.problem = members["type"]  # for metrics
    return Response(problem_body(status, detail, g.request_id, **members), status, mimetype=MEDIA_TYPE)


def kind(status: int) -> str:
    """Return the type of problem that a status stands for where nothing else is said."""
    return "/problems/" + (_KINDS.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "-"))


def problem_body(status: int, detail: str, request_id: str, **members: Any) -> bytes:
    """Make the one error body, also for what never reaches the application."""
    phrase = HTTPStatus(status).phrase
    body = {
        "type": kind(status),
        "title": _TITLES.get(status, phrase),
        "status": status,
        "detail": detail,
        "request_id": request_id,
        **members,
    }
    return json.dumps(body).encode()


def _http(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError):
        # Flask has logged the traceback; the body tells nothing internal.
        return problem(500, "The fault is ours. The request id leads to the log.")
    status = error.code or 500
    answer = problem(status, _DETAILS.get(status) or error.description or HTTPStatus(status).phrase)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


# For these the framework's own sentence speaks of URLs typed by hand.
_DETAILS = {
    404: "There is nothing at this path; /docs lists what there is.",
    405: "The method is not allowed here; Allow says which are.",
    413: "The body is larger than the limit; /limits tells it.",
}


def _invalid(error: InvalidRequestError) -> Response:
    listed = error.faults[:MAX_FAULTS]
    left = len(error.faults) - len(listed)
    detail = "The request breaks the schema" + (f"; {left} more faults are not listed." if left else ".")
    return problem(422, detail, errors=listed)


def _no_model(_: NoModelError) -> Response:
    answer = problem(503, "No model is loaded, so nothing can be judged; the service's log says why.")
    answer.headers["Retry-After"] = "5"
    return answer


def _unknown_key(_: UnknownKeyError) -> Response:
    answer = problem(401, "A key is wanted here and none that is known was sent: Authorization: Bearer KEY.")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _too_many(error: TooManyRequestsError) -> Response:
    answer = problem(429, "This key has made as many requests as it may; /limits tells how many.")
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _busy(_: BusyError) -> Response:
    answer = problem(503, "As many requests are being worked on as may be.", type="/problems/busy")
    answer.headers["Retry-After"] = "1"
    return answer


def _forbidden(_: ForbiddenError) -> Response:
    return problem(403, "A key with the right to review is wanted here: name:key:review in STANCE_API_KEYS gives it.")


def _feedback_off(_: FeedbackOffError) -> Response:
    detail = "Corrections are not kept here: STANCE_FEEDBACK_DATABASE_URL is not set."
    return problem(404, detail, type="/problems/feedback-off")


def _out_of_reach(error: OutOfReachError) -> Response:
    log.error("corrections are out of reach: %(cause)s", {"cause": str(error), "request_id": g.request_id})
    detail = "The database of corrections is out of reach; all else is answered."
    answer = problem(503, detail, type="/problems/feedback-unavailable")
    answer.headers["Retry-After"] = "5"
    return answer


def _conflict(_: ConflictError) -> Response:
    return problem(409, "Another correction was sent with this idempotency key.")


def _not_there(_: NotThereError) -> Response:
    return problem(404, "There is no correction of this id.")


def _broken_framing(error: Exception) -> Response:
    if isinstance(error.__context__, BlockingIOError):
        return problem(408, "The body came too slowly; /limits tells how slowly it may.")
    return problem(400, "The body breaks off or is framed wrongly.")


def _faults(messages: dict[Any, Any], schema: marshmallow.Schema, above: str = "") -> Iterable[dict[str, str]]:
    """Turn marshmallow's messages into JSON pointers (RFC 6901). An unknown key is the caller's text: not repeated."""
    for key, field in schema.fields.items():
        found = messages.get(key, ())
        if isinstance(field, marshmallow.fields.Nested) and isinstance(found, dict):
            yield from _faults(found, field.schema, f"{above}/{key}")
            continue
        for sentence in found:
            yield {"pointer": f"{above}/{key}", "detail": sentence}
    for sentence in messages.get(marshmallow.exceptions.SCHEMA, ()):
        yield {"pointer": above, "detail": sentence}
    unknown = messages.keys() - schema.fields.keys() - {marshmallow.exceptions.SCHEMA}
    if unknown:
        known = f"the fields are {', '.join(schema.fields)}" if schema.fields else "there are none"
        yield {"pointer": above, "detail": f"{len(unknown)} unknown; {known}."}
