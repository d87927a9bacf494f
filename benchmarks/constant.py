"""What cannot be beaten: the same server answering every request with the same bytes, by WSGI alone and by Flask."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response

ANSWER = (
    b'{"label":"criticism","confidence":0.910000,"probabilities":{"criticism":0.91,"neutral":0.06,"support":0.03}}\n'
)


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Read the body and answer."""
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))])
    return [ANSWER]


def flask() -> Flask:
    """Make an application with one route that answers the same."""
    app = Flask(__name__)

    @app.post("/classify")
    @app.post("/classify/batch")
    def classify() -> Response:
        return Response(ANSWER, content_type="application/json")

    return app
