"""The report of the loaded model: what training wrote beside it, to read and to look at."""

import re
from pathlib import Path

from flask import Response, abort, g, send_from_directory
from flask_smorest import Blueprint

from service import errors, schemas
from service.models import Models

# Their types are set here: what the machine knows of file names differs.
KINDS = {".json": "application/json", ".md": "text/markdown", ".png": "image/png", ".svg": "image/svg+xml"}
_SCHEMAS = {".json": {"type": "object"}, ".md": {"type": "string"}}
_PLOT = re.compile(r"!\[[^\[\]]*\]\(([\w-]+\.(?:png|svg))\)")


def serve(routes: Blueprint, models: Models, *problems: int) -> None:
    """Add the route `/model/report/<file>`: report.json, report.md and the plots that this names, and no other file."""

    def report(file: str) -> Response:
        """Send a file of the loaded version's report: `report.json`, `report.md`, or a plot that this one names."""
        version = models.current().manifest.version
        g.model_version = version
        folder = _folder(models.folder, version)
        if file not in _named(folder):
            abort(404)
        return send_from_directory(folder, file, mimetype=KINDS[Path(file).suffix])

    for suffix, kind in KINDS.items():
        report = routes.alt_response(200, schema=_SCHEMAS.get(suffix, {}), content_type=kind)(report)
    for status in problems:
        report = routes.alt_response(status, schema=schemas.Problem, content_type=errors.MEDIA_TYPE)(report)
    routes.route("/model/report/<file>")(report)


def _folder(models: Path, version: str) -> Path:
    """Return a version's folder: in a models folder, or the very folder that is served."""
    # Whole, since Flask takes a relative one from the application's folder.
    models = models.resolve()
    own = models / version
    return own if own.is_dir() else models


def _named(folder: Path) -> set[str]:
    try:
        text = (folder / "report.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        return set()
    return {"report.json", "report.md", *_PLOT.findall(text)}
