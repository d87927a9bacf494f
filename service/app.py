"""The application: all wiring on one screen."""

import logging
import os
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from flask_smorest import Api

import service
from service import docs, errors, routes, schemas
from service.models import Models
from service.settings import Settings

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(rf"[A-Za-z0-9._-]{{1,{routes.REQUEST_ID_CHARS}}}")


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest with our error body in its specification, and without its catch-all response."""

    ERROR_SCHEMA = schemas.Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_responses(self) -> None:
        self.DEFAULT_RESPONSE_CONTENT_TYPE = errors.MEDIA_TYPE
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE

    def _register_pagination_header(self) -> None:
        """Document no pagination: nothing here is paged by flask-smorest."""

    def _register_error_handlers(self) -> None:
        errors.register(self._app)


class Service(Flask):
    """Flask, for routes and hooks that are plain functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: none is a coroutine, and finding that out anew ten times a request costs 15 µs."""
        return func


def create_app(settings: Settings | None = None, models: Models | None = None) -> Flask:
    """Wire the service; what is not handed in is read from the environment and loaded from its models folder."""
    settings = settings or Settings.read(os.environ)
    if models is None:
        models = Models(settings.models)
        models.load()
    app = Service(service.__name__)
    app.config.update(
        # One more than allowed: of a chunked body werkzeug hands over as much as this, without an error.
        MAX_CONTENT_LENGTH=settings.max_body_bytes + 1,
        MAX_BODY_BYTES=settings.max_body_bytes,
        API_TITLE="Stance service",
        API_VERSION=service.VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
    )
    app.extensions["models"] = models  # for the worker, which watches for new versions
    app.before_request(_name_request)
    app.after_request(_finish)
    ProblemApi(app).register_blueprint(routes.blueprint(settings, models))
    app.register_blueprint(docs.blueprint())
    return app


def _name_request() -> None:
    """Take the caller's request id if it is a sane one, so that a hostile one reaches neither log nor header."""
    sent = request.environ.get("HTTP_X_REQUEST_ID", "")
    g.request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex


def _finish(answer: Response) -> Response:
    named = g._get_current_object()  # a proxy looks it up at every use
    asked = request._get_current_object()  # type: ignore[attr-defined]
    answer.headers.add("X-Request-Id", named.request_id)
    if "model_version" in named:
        answer.headers.add("X-Model-Version", named.model_version)
    if asked.method == "OPTIONS" and answer.status_code == HTTPStatus.OK:
        answer.status_code = HTTPStatus.NO_CONTENT
        del answer.headers["Content-Type"]
    # The route as declared, never the path as sent: that is the caller's text.
    log.info("%s %s %s %d", named.request_id, asked.method, asked.url_rule, answer.status_code)
    return answer
