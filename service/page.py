"""The page on which the service shows itself; Flask serves its files from `static`."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

TEMPLATES = Path(__file__).with_name("templates")
# Only our own files run, style and are asked. Plots may want a key, so the script fetches them and shows them as blobs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def blueprint() -> Blueprint:
    """Make the route `/`: HTML without anything of the request in it, asked for anew by its ETag at each visit."""
    page = Blueprint("page", __name__)

    @page.route("/")
    def show() -> Response:
        answer = send_from_directory(TEMPLATES, "page.html")
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    return page
