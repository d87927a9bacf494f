"""Bytes to a checked JSON value: what the framework would let pass, the contract refuses."""

import json
from functools import lru_cache
from typing import Any, NoReturn

import marshmallow
from flask import current_app, g, request
from werkzeug.exceptions import BadRequest, ClientDisconnected, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.http import parse_options_header

from service.errors import InvalidRequestError

MAX_NESTING = 20


class _EncodedError(UnsupportedMediaType):
    """A body that is compressed, which nothing here undoes: a small one could grow without end."""

    description = "The body has to come as it is, without a content coding."

    def get_headers(self, *asked: Any) -> list[tuple[str, str]]:
        """Name, as RFC 9110 (15.5.16) has it, what would have been taken."""
        return [*super().get_headers(*asked), ("Accept-Encoding", "identity")]


def media_type(*served: str) -> str:
    """Return the request's media type; raises 415 for one not served, another charset than UTF-8, or a coding."""
    environment = request.environ
    sent, parameters = _content_type(environment.get("CONTENT_TYPE", ""))
    if sent not in served or parameters.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMediaType(f"The content type has to be {' or '.join(served)}, in UTF-8.")
    if environment.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise _EncodedError
    return sent


@lru_cache(maxsize=64)  # all clients say the same
def _content_type(sent: str) -> tuple[str, dict[str, str]]:
    kind, parameters = parse_options_header(sent)
    return kind.lower(), parameters


def load(schema: marshmallow.Schema) -> Any:
    """Load the request's JSON body, as RFC 8259 and the contract have it, by a schema.

    Raises 413 for a body over the limit, 400 for what breaks off or is not strict JSON, and `InvalidRequestError` for
    what breaks the schema.
    """
    try:
        return schema.load(loads(_body()))
    except marshmallow.ValidationError as fault:
        raise InvalidRequestError(fault.normalized_messages(), schema) from None


def _body() -> bytes:
    """Read the body at one go, and no more of it than tells that it is too long; werkzeug takes four times as long."""
    environment, most = request.environ, current_app.config["MAX_CONTENT_LENGTH"]
    announced = int(environment.get("CONTENT_LENGTH") or 0)
    if announced > most:
        raise RequestEntityTooLarge
    try:
        body: bytes = environment["wsgi.input"].read(most + 1)
    except OSError:
        raise ClientDisconnected  # noqa: B904  (the handler looks at what went before)
    g.bytes_in = len(body)
    if len(body) > most:
        raise RequestEntityTooLarge
    if len(body) < announced:  # gunicorn gives what came without a word
        raise ClientDisconnected
    return body


def query(schema: marshmallow.Schema) -> Any:
    """Load the request's query string by a schema; raises `InvalidRequestError`, also for what is given twice."""
    sent = dict(request.args.lists())
    twice = {name: ["Given more than once."] for name, given in sent.items() if len(given) > 1}
    try:
        loaded = schema.load({name: given[0] for name, given in sent.items()})
    except marshmallow.ValidationError as fault:
        raise InvalidRequestError({**fault.normalized_messages(), **twice}, schema) from None
    if twice:
        raise InvalidRequestError(twice, schema)
    return loaded


def loads(sent: bytes, name: str = "body") -> Any:
    """Parse JSON in UTF-8; raises `BadRequest` for anything else, saying where, and never quoting what was sent.

    Refused beside plain syntax errors: duplicate keys, NaN and Infinity, nesting over `MAX_NESTING`. Cost: linear.
    """
    try:
        value = _decoder.decode(sent.decode("utf-8"))
    except UnicodeDecodeError as fault:
        raise BadRequest(f"The {name} is not UTF-8: byte {fault.start} is wrong.") from None
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}".removeprefix("line 1, ")
        raise BadRequest(f"The {name} is not JSON: {fault.msg} at {place}.") from None
    except RecursionError:
        raise BadRequest(f"The {name} is nested deeper than {MAX_NESTING} levels.") from None
    except _NotStrictError as fault:
        raise BadRequest(f"The {name} has {fault}.") from None
    except ValueError:
        raise BadRequest(f"The {name} has a number too long to read.") from None
    if _deeper(value, MAX_NESTING):
        raise BadRequest(f"The {name} is nested deeper than {MAX_NESTING} levels.")
    return value


class _NotStrictError(Exception):
    """JSON that the contract refuses; the message says what it has."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _NotStrictError("an object with the same key twice")
    return value


def _constant(_: str) -> NoReturn:
    raise _NotStrictError("NaN or Infinity, which are not JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _deeper(value: Any, levels: int) -> bool:
    """Say whether arrays and objects in `value` nest deeper than `levels`; never goes deeper than that itself."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if children is None:
        return False
    return levels == 0 or any(_deeper(child, levels - 1) for child in children)
