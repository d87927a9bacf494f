"""The page and the model's report over HTTP; what the page does is seen in tests/page."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.settings import Settings
from tests.conftest import ROOT
from tests.test_contract import is_problem

WEIGHT = 100_000
FILES = sorted(
    path.relative_to(ROOT / "service").as_posix()
    for path in (ROOT / "service" / "static").rglob("*")
    if path.is_file() and path.name != "docs.js"
)


def get(client: FlaskClient, path: str, **options: Any) -> TestResponse:
    """Get a path whole: a file is closed when it has been read."""
    return client.get(path, buffered=True, **options)


@pytest.mark.parametrize("path", ["/", "/review"])
def test_the_pages_run_and_ask_nothing_but_their_own(client: FlaskClient, path: str) -> None:
    answer = get(client, path)
    assert answer.content_type == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "connect-src": "'self'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_page_is_only_got(client: FlaskClient) -> None:
    assert is_problem(client.post("/"), 405)
    assert is_problem(client.post("/review"), 405)
    assert is_problem(client.delete("/model/report/report.md"), 405)


@pytest.mark.parametrize("path", ["/", "/review"])
def test_a_proxy_may_put_the_pages_under_any_prefix(client: FlaskClient, path: str) -> None:
    found = re.findall(r'(?:src|href)="([^"]*)"', get(client, path).get_data(as_text=True))
    assert len(found) > 5
    assert [one for one in found if re.match(r"/|[a-z]+:", one)] == []


@pytest.mark.parametrize("file", ["", "review", *FILES])
def test_a_new_version_of_a_file_is_seen_at_once_and_an_old_one_not_sent_again(client: FlaskClient, file: str) -> None:
    answer = get(client, f"/{file}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    again = get(client, f"/{file}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_the_page_and_all_its_files_are_light(client: FlaskClient) -> None:
    own = [file for file in FILES if "/review" not in file]
    assert sum(len(get(client, f"/{file}").data) for file in ["", *own]) < WEIGHT


def test_the_page_and_its_files_want_no_key_and_the_report_does(toy_models: Path) -> None:
    client = create_app(Settings(models=toy_models, api_keys="desk:desk0123456789ABCDEF")).test_client()
    for path in ("/", "/review", "/static/page.js", "/static/docs.js"):
        assert get(client, path).status_code == 200
    is_problem(get(client, "/model/report/report.json"), 401)


@pytest.mark.parametrize(
    ("file", "kind", "begins"),
    [
        ("report.json", "application/json", b"{"),
        ("report.md", "text/markdown; charset=utf-8", b"# Report"),
        ("confusion.png", "image/png", b"\x89PNG"),
    ],
)
def test_the_report_of_the_loaded_version_is_sent(client: FlaskClient, file: str, kind: str, begins: bytes) -> None:
    answer = get(client, f"/model/report/{file}")
    assert answer.status_code == 200
    assert answer.content_type == kind
    assert answer.data.startswith(begins)
    assert answer.headers["X-Model-Version"] == get(client, "/model").get_json()["version"]
    assert client.head(f"/model/report/{file}", buffered=True).status_code == 200


@pytest.mark.parametrize(
    "file",
    [
        "manifest.json",
        "model.joblib",
        "scorer.npz",
        "other.png",
        "..",
        "../current",
        "%2e%2e/current",
        "..%2fcurrent",
        "",
    ],
)
def test_nothing_else_of_the_folder_is_sent(client: FlaskClient, file: str) -> None:
    is_problem(get(client, f"/model/report/{file}"), 404)


def test_a_file_that_the_report_names_and_that_is_gone_is_not_found(toy_models: Path, tmp_path: Path) -> None:
    version = (toy_models / "current").read_text().strip()
    models = tmp_path / version
    models.mkdir()
    for name in ("manifest.json", "scorer.npz"):
        (models / name).write_bytes((toy_models / version / name).read_bytes())
    # A version's own folder may be served as well.
    client = create_app(Settings(models=models)).test_client()
    is_problem(get(client, "/model/report/report.md"), 404)
    (models / "report.md").write_text("![a](a.svg) ![b](../b.png) ![c](c.txt)")
    for name in ("a.svg", "b.png", "c.txt"):
        is_problem(get(client, f"/model/report/{name}"), 404)
    (models / "a.svg").write_text("<svg/>")
    assert get(client, "/model/report/a.svg").content_type == "image/svg+xml; charset=utf-8"
    assert get(client, "/model/report/report.json").status_code == 404


def test_no_report_without_a_model(tmp_path: Path) -> None:
    is_problem(get(create_app(Settings(models=tmp_path)).test_client(), "/model/report/report.md"), 503)
