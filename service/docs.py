"""The specification's page: Swagger UI from the files of a package, so that it works without a network."""

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, render_template, send_from_directory

FILES = Path(flask_swagger_ui.__file__).with_name("dist")


def blueprint() -> Blueprint:
    """Make the routes `/docs` and `/docs/<file>`; the licence of the files is among them."""
    docs = Blueprint("docs", __name__)

    @docs.route("/docs")
    def page() -> str:
        return render_template("docs.html")

    @docs.route("/docs/<path:name>")
    def file(name: str) -> Response:
        return send_from_directory(FILES, name)

    return docs
