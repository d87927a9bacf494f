"""Bytes to a checked JSON value: what the framework would let pass, the contract refuses."""

import json
from typing import Any, NoReturn

import marshmallow
from flask import Request, current_app
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from service.errors import InvalidRequestError

MAX_NESTING = 20


class StrictParser(FlaskParser):
    """Loads a JSON body as RFC 8259 and the contract have it, and turns schema faults into `InvalidRequestError`."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": marshmallow.RAISE}  # noqa: RUF012 (webargs reads it from the class)

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:
        """Return the body's value; raises 415 for another content type and 400 for what is not strict JSON."""
        parameters = req.mimetype_params
        if req.mimetype != "application/json" or parameters.get("charset", "utf-8").lower() != "utf-8":
            raise UnsupportedMediaType("The content type has to be application/json, in UTF-8.")
        body = req.get_data(cache=False)
        if len(body) > current_app.config["MAX_BODY_BYTES"]:
            raise RequestEntityTooLarge
        return loads(body)

    def handle_error(
        self, error: marshmallow.ValidationError, req: Request, schema: marshmallow.Schema, **_: Any
    ) -> NoReturn:
        """Raise the schema's faults as one exception."""
        # webargs puts the messages of a body under the name of its location.
        raise InvalidRequestError(error.normalized_messages()["json"], schema) from None


def loads(body: bytes) -> Any:
    """Parse JSON in UTF-8; raises `BadRequest` for anything else, saying where, and never quoting the body.

    Refused beside plain syntax errors: duplicate keys, NaN and Infinity, nesting over `MAX_NESTING`. Cost: linear.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as fault:
        raise BadRequest(f"The body is not UTF-8: byte {fault.start} is wrong.") from None
    except json.JSONDecodeError as fault:
        raise BadRequest(f"The body is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}.") from None
    except RecursionError:
        raise BadRequest(f"The body is nested deeper than {MAX_NESTING} levels.") from None
    except ValueError:
        raise BadRequest("The body has a number too long to read.") from None
    if _deeper(value, MAX_NESTING):
        raise BadRequest(f"The body is nested deeper than {MAX_NESTING} levels.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise BadRequest("The body has an object with the same key twice.")
    return value


def _constant(_: str) -> NoReturn:
    raise BadRequest("The body has NaN or Infinity, which are not JSON.")


def _deeper(value: Any, levels: int) -> bool:
    """Say whether arrays and objects in `value` nest deeper than `levels`; never goes deeper than that itself."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if children is None:
        return False
    return levels == 0 or any(_deeper(child, levels - 1) for child in children)
