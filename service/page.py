"""The pages on which the service shows itself; Flask serves their files from `static`."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

TEMPLATES = Path(__file__).with_name("templates")
# Only our own files run, style and are asked. Plots may want a key, so the script fetches them and shows them as blobs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def blueprint() -> Blueprint:
    """Make the routes `/` and `/review`: HTML without anything of the request in it, asked for anew by its ETag."""
    page = Blueprint("page", __name__)

    @page.route("/")
    def show() -> Response:
        return _sent("page.html")

    @page.route("/review")
    def review() -> Response:
        return _sent("review.html")

    return page


def _sent(name: str) -> Response:
    answer = send_from_directory(TEMPLATES, name)
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
