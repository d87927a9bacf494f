"""The application: all wiring on one screen."""

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, g, request
from flask_smorest import Api

import service
from service import access, docs, errors, gate, metrics, page, routes, schemas
from service.feedback import routes as corrections
from service.keys import Keys
from service.metrics import Metrics
from service.models import Models
from service.rates import Rate
from service.settings import Settings

if TYPE_CHECKING:
    from service.feedback.store import Store

log = logging.getLogger(__name__)


# Rules that are open without a key.
OPEN = {"/livez", "/readyz", "/", "/static/<path:filename>", "/review", "/docs", "/docs/<path:name>", "/openapi.json"}


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

    def log_exception(self, exc_info: Any) -> None:
        """Log a fault of ours with the request id that its answer names, and not with the path, the caller's text."""
        fields = {"request_id": g.request_id, "method": access.method(request), "route": access.route(request)}
        log.error("%(method)s %(route)s failed", fields, exc_info=exc_info)


def create_app(settings: Settings | None = None, models: Models | None = None) -> Flask:
    """Wire the service; what is not handed in is read from the environment and loaded from its models folder."""
    settings = settings or Settings.read(os.environ)
    counts = Metrics()
    if models is None:
        models = Models(settings.models, counts.seen)
        models.load()
    app = Service(service.__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        API_TITLE="Stance service",
        API_VERSION=service.VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
    )
    app.extensions["models"] = models  # for the worker, which watches for new versions
    app.extensions["metrics"] = counts  # for the worker, which answers what never gets here
    access.watch(app, counts)
    app.before_request(_refuse_if_busy)
    if settings.api_keys:
        rate = Rate(settings.rate_limit, settings.rate_store) if settings.rate_limit else None
        app.before_request(_admission(Keys(settings.api_keys), rate))
        app.config["API_SPEC_OPTIONS"] = {
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        }
    app.url_map.converters["id"] = corrections.Id
    api = routes.blueprint(settings, models, counts)
    app.extensions["corrections"] = _store(settings)
    corrections.serve(api, settings, models, app.extensions["corrections"])
    ProblemApi(app).register_blueprint(api)
    app.register_blueprint(metrics.blueprint(counts, models))
    app.register_blueprint(docs.blueprint())
    app.register_blueprint(page.blueprint())
    return app


def _store(settings: Settings) -> "Store | None":
    """Make the store of corrections, where they are kept; its database is not opened before it is used."""
    if not settings.feedback_database_url:
        return None
    # Here, since SQLAlchemy is heavy and most services keep no corrections.
    from service.feedback.store import Store  # noqa: PLC0415

    return Store(settings.feedback_database_url)


def _refuse_if_busy() -> None:
    if gate.BUSY in request.environ:
        raise errors.BusyError


def _admission(keys: Keys, rate: Rate | None) -> Callable[[], None]:
    """Make the check of key and rate, which comes before any of a body is read; an unknown path wants a key too."""

    def admit() -> None:
        asked = request._get_current_object()  # type: ignore[attr-defined]
        if asked.url_rule is not None and asked.url_rule.rule in OPEN:
            return
        g.key = key = keys.holder(asked.environ.get("HTTP_AUTHORIZATION", ""))
        if rate is not None:
            rate.count(key.name)

    return admit
