"""The routes: each loads, calls, dumps."""

from collections.abc import Callable
from typing import Any

from flask import g
from flask_smorest import Blueprint

from service import answers, errors, schemas
from service.models import Models
from service.requests import MAX_NESTING, StrictParser
from service.settings import Settings

Route = Callable[..., Any]
REQUEST_ID_CHARS = 64


class StrictBlueprint(Blueprint):  # type: ignore[misc]
    """A blueprint whose requests are read strictly."""

    ARGUMENTS_PARSER = StrictParser()


def blueprint(settings: Settings, models: Models) -> Blueprint:
    """Make the routes over a model holder."""
    routes = StrictBlueprint("stance", __name__, description="Stance toward the model's target")

    @routes.route("/classify", methods=["POST"])
    @_problems(routes, 400, 413, 415, 503)
    @routes.arguments(schemas.classify_request(settings.max_text_chars))
    @routes.response(200, schemas.ClassifyAnswer)
    def classify(request: dict[str, Any]) -> dict[str, Any]:
        """Tell the stance of one text.

        A text of several sentences is judged sentence by sentence; its probabilities are the mean of its sentences',
        with less weight for the neutral share the longer the text is. `explain` adds the evidence for each sentence.
        """
        analyzer = models.current()
        stance = analyzer.classify(request["text"], request["min_confidence"], request["explain"])
        return {**answers.stance(stance, request), "model": _answered_by(analyzer.manifest)}

    @routes.route("/model")
    @_problems(routes, 503)
    @routes.response(200, schemas.ModelCard)
    def model() -> Any:
        """Show the model card of the loaded version."""
        return _answered_by(models.current().manifest)

    @routes.route("/limits")
    @routes.response(200, schemas.Limits)
    def limits() -> dict[str, Any]:
        """Show every limit in force."""
        return {
            "body": {"value": settings.max_body_bytes, "unit": "bytes"},
            "text": {"value": settings.max_text_chars, "unit": "code points"},
            "nesting": {"value": MAX_NESTING, "unit": "levels"},
            "errors": {"value": errors.MAX_FAULTS, "unit": "listed faults"},
            "request_id": {"value": REQUEST_ID_CHARS, "unit": "characters"},
        }

    @routes.route("/livez")
    @routes.response(200, schemas.Health)
    def livez() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "alive"}

    @routes.route("/readyz")
    @_problems(routes, 503)
    @routes.response(200, schemas.Health)
    def readyz() -> dict[str, str]:
        """Say that a model is loaded and has scored the probe sentence."""
        _answered_by(models.current().manifest)
        return {"status": "ready"}

    return routes


def _answered_by(manifest: Any) -> Any:
    """Name the model in the answer's headers, and return its manifest to be dumped."""
    g.model_version = manifest.version
    return manifest


def _problems(routes: Blueprint, *statuses: int) -> Callable[[Route], Route]:
    """Document the problems that a route can answer with."""

    def document(route: Route) -> Route:
        for status in statuses:
            route = routes.alt_response(status, schema=schemas.Problem, content_type=errors.MEDIA_TYPE)(route)
        return route

    return document
