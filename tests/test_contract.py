"""The HTTP contract: every route, every error it can give, every answer loaded back through its own schema."""

import json
import re
from pathlib import Path
from typing import Any

import marshmallow
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import schemas
from service.app import create_app
from service.settings import Settings

JSON = "application/json"
GOOD = {"text": "Berlin called the step a grave mistake."}
SECRET = "Xylophonquartett"


def post(client: FlaskClient, body: Any, content_type: str | None = JSON, **headers: str) -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/classify", data=data, content_type=content_type, headers=headers)


def loads_back(answer: TestResponse, schema: type[marshmallow.Schema]) -> dict[str, Any]:
    body: dict[str, Any] = answer.get_json(force=True)
    schema(unknown=marshmallow.RAISE).load(body)
    return body


def is_problem(answer: TestResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.data
    assert answer.content_type == "application/problem+json"
    body = loads_back(answer, schemas.Problem)
    assert body["status"] == status
    assert body["type"].startswith("/problems/")
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert SECRET not in answer.get_data(as_text=True)
    return body


ANSWERS = [
    ("/model", schemas.ModelCard, True),
    ("/limits", schemas.Limits, False),
    ("/livez", schemas.Health, False),
    ("/readyz", schemas.Health, True),
]


@pytest.mark.parametrize(("path", "schema", "by_model"), ANSWERS)
def test_get_routes_answer_by_their_schema(
    client: FlaskClient, path: str, schema: type[marshmallow.Schema], by_model: bool
) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    loads_back(answer, schema)
    assert ("X-Model-Version" in answer.headers) == by_model
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_classify_answers_by_its_schema(client: FlaskClient) -> None:
    answer = post(client, {**GOOD, "min_confidence": 0.2, "offset_unit": "utf16"})
    assert answer.status_code == 200
    body = loads_back(answer, schemas.ClassifyAnswer)
    assert list(body) == ["label", "confidence", "probabilities", "uncertain", "sentences", "model"]
    assert body["label"] == "criticism"
    assert body["confidence"] == body["probabilities"]["criticism"]
    assert sum(body["probabilities"].values()) == pytest.approx(1, abs=2e-6)
    assert all(round(value, 6) == value for value in body["probabilities"].values())
    assert body["model"] == {"target": "the step", "version": answer.headers["X-Model-Version"]}


def test_explain_gives_an_entry_a_sentence_that_adds_up(client: FlaskClient) -> None:
    text = "👍 Warsaw welcomed the step. Berlin called the step a grave mistake."
    plain = post(client, {"text": text}).get_json()
    body = loads_back(post(client, {"text": text, "explain": True}), schemas.ClassifyAnswer)
    evidence = body.pop("evidence")
    assert "evidence" not in plain
    assert body == plain
    assert [text[one["sentence"]["start"] : one["sentence"]["end"]] for one in evidence] == [
        "👍 Warsaw welcomed the step.",
        "Berlin called the step a grave mistake.",
    ]
    assert [one["label"] for one in evidence] == ["support", "criticism"]
    for one in evidence:
        total = one["intercept"] + one["rest"] + sum(term["weight"] for term in one["terms"])
        assert total == pytest.approx(one["decision"], abs=1e-9)
    mistake = next(term for term in evidence[1]["terms"] if term["term"] == "mistake")
    assert [text[start:end] for start, end in mistake["at"]] == ["mistake"]


def test_offsets_in_utf16_are_javascripts(client: FlaskClient) -> None:
    text = "👍👍 Warsaw welcomed the step."
    units = text.encode("utf-16-le")
    asked = {"text": text, "explain": True, "offset_unit": "utf16"}
    (evidence,) = post(client, asked).get_json()["evidence"]
    assert evidence["sentence"]["end"] == len(units) // 2
    (term,) = [term for term in evidence["terms"] if term["term"] == "welcomed"]
    assert [units[2 * start : 2 * end].decode("utf-16-le") for start, end in term["at"]] == ["welcomed"]


def test_classify_counts_sentences_and_tells_what_is_uncertain(client: FlaskClient) -> None:
    body = post(client, {"text": "Warsaw welcomed it. The ministers met.", "min_confidence": 1}).get_json()
    assert body["sentences"] == 2
    assert body["uncertain"] == "low_confidence"
    assert post(client, {"text": "Lorem ipsum dolor."}).get_json()["uncertain"] == "unknown_vocabulary"


def test_a_batch_answers_as_one_by_one_and_names_the_bad_texts(client: FlaskClient) -> None:
    good = ["Warsaw welcomed the step.", "👍 Berlin called the step a grave mistake. Warsaw welcomed it."]
    asked = {"explain": True, "min_confidence": 0.3, "offset_unit": "utf16"}
    texts = [good[0], 3, "", SECRET + "\0", good[1], "x" * 1001, None]
    answer = client.post("/classify/batch", json={"texts": texts, **asked})
    assert answer.status_code == 200
    body = loads_back(answer, schemas.BatchAnswer)
    alone = [post(client, {"text": text, **asked}).get_json() for text in good]
    assert [{**one, "model": body["model"]} for one in body["results"]] == [
        {"index": index, **one} for index, one in zip((0, 4), alone, strict=True)
    ]
    assert [next(iter(one)) for one in body["results"]] == ["index", "index"]
    assert [(one["index"], one["detail"]) for one in body["errors"]] == [
        (1, "Not a valid string."),
        (2, "Has no letter."),
        (3, "Has a NUL character."),
        (5, "Longer than 1000 code points."),
        (6, "Field may not be null."),
    ]
    assert SECRET not in answer.get_data(as_text=True)


@pytest.mark.parametrize(("texts", "detail"), [([], "Has 0 items"), (["a"] * 257, "Has 257 items"), ("a", "list")])
def test_a_batch_is_a_list_within_the_limit(client: FlaskClient, texts: Any, detail: str) -> None:
    answer = client.post("/classify/batch", json={"texts": texts})
    (fault,) = is_problem(answer, 422)["errors"]
    assert fault["pointer"] == "/texts"
    assert detail in fault["detail"]


ARTICLE = "👍 Warsaw welcomed the step. Berlin called the step a grave mistake. The talks lasted. Oslo met."


def test_analyze_answers_by_its_schema(client: FlaskClient) -> None:
    answer = client.post("/analyze", json={"text": ARTICLE, "explain": True})
    assert answer.status_code == 200
    body = loads_back(answer, schemas.AnalyzeAnswer)
    assert answer.headers["X-Model-Version"] == body["model"]["version"]
    whole = post(client, {"text": ARTICLE, "explain": True}).get_json()
    for name in ("label", "confidence", "probabilities", "uncertain", "evidence"):
        assert body[name] == whole[name]
    assert [ARTICLE[one["start"] : one["end"]] for one in body["sentences"]] == [
        "👍 Warsaw welcomed the step.",
        "Berlin called the step a grave mistake.",
        "The talks lasted.",
        "Oslo met.",
    ]
    assert [one["label"] for one in body["sentences"]] == ["support", "criticism", "neutral", "neutral"]
    assert [one["actors"] for one in body["sentences"]] == [["poland"], ["germany"], [], []]
    assert body["shares"] == {"criticism": 0.25, "neutral": 0.5, "support": 0.25}
    assert body["balance"] == 0
    poland, germany, norway = body["actors"]
    assert (poland["id"], poland["label"], poland["balance"], poland["sentences"]) == ("poland", "support", 1, [0])
    assert (germany["id"], germany["label"], germany["balance"], germany["sentences"]) == (
        "germany",
        "criticism",
        -1,
        [1],
    )
    assert germany["mentions"] == [{"start": 28, "end": 34, "text": "Berlin"}]
    assert norway["label"] is None
    assert norway["confidence"] is norway["balance"] is None
    assert norway["shares"] == {}


def test_analyze_counts_as_the_request_asks(client: FlaskClient) -> None:
    body = client.post("/analyze", json={"text": ARTICLE, "offset_unit": "utf16", "min_confidence": 1}).get_json()
    units = ARTICLE.encode("utf-16-le")
    mention = body["actors"][1]["mentions"][0]
    assert units[2 * mention["start"] : 2 * mention["end"]].decode("utf-16-le") == mention["text"] == "Berlin"
    assert {one["uncertain"] for one in body["sentences"]} == {"low_confidence"}
    assert "evidence" not in body


def test_analyze_takes_longer_texts_than_classify(client: FlaskClient) -> None:
    long = "The talks lasted. " * 100
    assert post(client, {"text": long}).status_code == 422
    assert client.post("/analyze", json={"text": long}).status_code == 200


def test_a_sane_request_id_comes_back_and_no_other(client: FlaskClient) -> None:
    assert client.get("/livez", headers={"X-Request-Id": "desk-7_a.B"}).headers["X-Request-Id"] == "desk-7_a.B"
    for hostile in ("", "a" * 65, "a b", "ä", "<script>"):
        assert client.get("/livez", headers={"X-Request-Id": hostile}).headers["X-Request-Id"] != hostile


NESTED = b'{"text": ' + b"[" * 20 + b"]" * 20 + b"}"
MALFORMED = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"text=" + SECRET.encode(), "not JSON"),
    (b'{"text": "a"} x', "not JSON"),
    (b"\xef\xbb\xbf{}", "not JSON"),
    (b'{"text": "\xff"}', "not UTF-8: byte 10"),
    ('{"text": "a"}'.encode("utf-16"), "not UTF-8"),
    (b'{"text": "a", "text": "b"}', "same key twice"),
    (b'{"min_confidence": NaN}', "NaN or Infinity"),
    (b'{"min_confidence": -Infinity}', "NaN or Infinity"),
    (b'{"min_confidence": ' + b"9" * 5000 + b"}", "number too long"),
    (NESTED, "deeper than 20"),
    (b"[" * 9000, "not JSON|deeper than 20"),
    (b"[" * 9000 + b"]" * 9000, "deeper than 20"),
    (b'{"a":' * 2000 + b"1" + b"}" * 2000, "deeper than 20"),
]


@pytest.mark.parametrize(("body", "sentence"), MALFORMED)
def test_what_is_not_strict_json_is_malformed(client: FlaskClient, body: bytes, sentence: str) -> None:
    assert re.search(sentence, is_problem(post(client, body), 400)["detail"])


def test_twenty_levels_are_allowed(client: FlaskClient) -> None:
    is_problem(post(client, NESTED.replace(b"[" * 20, b"[" * 19).replace(b"]" * 20, b"]" * 19)), 422)


INVALID = [
    ({}, [("/text", "Missing")]),
    ({"text": ""}, [("/text", "no letter")]),
    ({"text": " \n\t "}, [("/text", "no letter")]),
    ({"text": "?! … 1234 — 😀"}, [("/text", "no letter")]),
    ({"text": 7}, [("/text", "Not a valid string")]),
    ({"text": None}, [("/text", "null")]),
    ({"text": ["a"]}, [("/text", "Not a valid string")]),
    ({"text": "a\0b"}, [("/text", "NUL")]),
    ({"text": "a\ud800b"}, [("/text", "surrogate")]),
    ({"text": "a" * 1001}, [("/text", "1000 code points")]),
    ([], [("", "Invalid input type")]),
    ("a string", [("", "Invalid input type")]),
    (None, [("", "Invalid input type")]),
    ({**GOOD, SECRET: 1, "z": 2}, [("", "2 unknown")]),
    ({**GOOD, "explian": True}, [("", "1 unknown")]),
    ({**GOOD, "explain": 1}, [("/explain", "true or false")]),
    ({**GOOD, "min_confidence": "0.5"}, [("/min_confidence", "Not a number")]),
    ({**GOOD, "min_confidence": True}, [("/min_confidence", "Not a number")]),
    ({**GOOD, "min_confidence": None}, [("/min_confidence", "null")]),
    ({**GOOD, "min_confidence": -0.1}, [("/min_confidence", "greater than or equal to 0")]),
    ({**GOOD, "min_confidence": 1.5}, [("/min_confidence", "less than or equal to 1")]),
    ({**GOOD, "min_confidence": 1e400}, [("/min_confidence", "")]),
    ({**GOOD, "offset_unit": "bytes"}, [("/offset_unit", "one of")]),
    (
        {"text": 1, "min_confidence": 2, "offset_unit": 3},
        [("/text", ""), ("/min_confidence", ""), ("/offset_unit", "")],
    ),
]


@pytest.mark.parametrize(("body", "faults"), INVALID)
def test_what_breaks_the_schema_is_listed_by_pointer(
    client: FlaskClient, body: Any, faults: list[tuple[str, str]]
) -> None:
    sent = json.dumps(body).replace("Infinity", "1e400").encode()
    listed = is_problem(post(client, sent), 422)["errors"]
    assert [fault["pointer"] for fault in listed] == [pointer for pointer, _ in faults]
    for fault, (_, sentence) in zip(listed, faults, strict=True):
        assert sentence in fault["detail"]


def test_the_longest_text_is_allowed(client: FlaskClient) -> None:
    assert post(client, {"text": "😀" * 999 + "a"}).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "application/problem+json",
    ],
)
def test_another_content_type_is_refused(client: FlaskClient, content_type: str | None) -> None:
    is_problem(post(client, GOOD, content_type), 415)


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "Application/JSON"])
def test_the_right_content_type_is_read_however_it_is_written(client: FlaskClient, content_type: str) -> None:
    assert post(client, GOOD, content_type).status_code == 200


def test_a_body_over_the_limit_is_refused(client: FlaskClient) -> None:
    fits = json.dumps(GOOD).encode().ljust(20_000)
    assert post(client, fits).status_code == 200
    is_problem(post(client, fits + b" "), 413)
    is_problem(post(client, fits * 10), 413)


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
ROUTES = {"/classify": {"POST"}} | {
    path: {"GET", "HEAD"} for path in ("/model", "/limits", "/livez", "/readyz", "/openapi.json", "/docs")
}


@pytest.mark.parametrize("path", sorted(ROUTES))
@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_every_route(client: FlaskClient, path: str, method: str) -> None:
    allowed = ROUTES[path] | {"OPTIONS"}
    answer = client.open(path, method=method, **({"json": GOOD} if method == "POST" else {}))
    if method == "OPTIONS":
        assert answer.status_code == 204
        assert answer.data == b""
    elif method in allowed:
        assert answer.status_code == 200
    elif method == "HEAD":
        assert answer.status_code == 405
        assert answer.data == b""
    else:
        is_problem(answer, 405)
    if method == "OPTIONS" or method not in allowed:
        assert set(re.split(", ?", answer.headers["Allow"])) == allowed


def test_head_answers_as_get_without_a_body(client: FlaskClient) -> None:
    got, headed = client.get("/limits"), client.head("/limits")
    assert headed.data == b""
    assert headed.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize("path", ["/nothing", f"/{SECRET}", "/classify/", "/problems/x"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_unknown_path(client: FlaskClient, path: str, method: str) -> None:
    is_problem(client.open(path, method=method), 404)


@pytest.mark.parametrize("path", ["/classify", "/model", "/readyz"])
def test_without_a_model_all_that_needs_one_is_unavailable(tmp_path: Path, path: str) -> None:
    client = create_app(Settings(models=tmp_path)).test_client()
    answer = post(client, GOOD) if path == "/classify" else client.get(path)
    is_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert "X-Model-Version" not in answer.headers
    assert client.get("/livez").status_code == 200
    assert client.get("/limits").status_code == 200


def test_a_fault_of_ours_says_nothing_internal(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/fault")
    def fault() -> None:
        raise RuntimeError(SECRET)

    body = is_problem(app.test_client().get("/fault"), 500)
    assert body["request_id"] in body.values()
    assert "RuntimeError" in caplog.text


def test_a_text_never_reaches_the_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for body in ({"text": SECRET}, {"text": SECRET, SECRET: SECRET}, {"text": [SECRET]}, {"offset_unit": SECRET}):
        post(client, body)
    post(client, SECRET.encode())
    client.get(f"/{SECRET}?{SECRET}={SECRET}", headers={"X-Request-Id": f"a {SECRET}"})
    assert caplog.records
    assert SECRET not in caplog.text


def test_the_specification_says_what_it_can(client: FlaskClient) -> None:
    specification = client.get("/openapi.json").get_json()
    assert specification["openapi"].startswith("3.1")
    assert set(specification["paths"]) == {
        "/classify",
        "/classify/batch",
        "/analyze",
        "/model",
        "/model/report/{file}",
        "/feedback",
        "/feedback/{id}",
        "/feedback/export",
        "/feedback/agreement",
        "/limits",
        "/livez",
        "/readyz",
    }
    text = specification["components"]["schemas"]["ClassifyRequest"]["properties"]["text"]
    assert text["maxLength"] == 1000
    assert r"\p{L}" in text["pattern"]
    for path, operations in specification["paths"].items():
        for method in operations.keys() - {"parameters"}:
            for status, answer in operations[method]["responses"].items():
                if "$ref" in answer:
                    answer = specification["components"]["responses"][answer["$ref"].rpartition("/")[2]]  # noqa: PLW2901
                expected = "application/json" if status in ("200", "201") else "application/problem+json"
                if status == "204":
                    assert "content" not in answer
                    continue
                if path == "/feedback/export" and status == "200":
                    expected = "application/x-ndjson"
                further = {
                    ("/classify/batch", "200"): ["application/x-ndjson"],
                    ("/model/report/{file}", "200"): ["text/markdown", "image/png", "image/svg+xml"],
                }
                assert sorted(answer["content"]) == sorted([expected, *further.get((path, status), [])])
    batch = specification["paths"]["/classify/batch"]["post"]["requestBody"]["content"]
    assert {kind: one["schema"]["$ref"].rpartition("/")[2] for kind, one in batch.items()} == {
        "application/json": "BatchRequest",
        "application/x-ndjson": "LineRequest",
    }


def test_the_limits_are_the_ones_in_force(client: FlaskClient, app: Flask) -> None:
    limits = client.get("/limits").get_json()
    assert limits["text"] == {"value": 1000, "unit": "code points"}
    assert limits["body"] == {"value": 20_000, "unit": "bytes"}
    assert limits["line"] == {"value": 2**20, "unit": "bytes"}
    assert limits["in_flight"] == {"value": 6, "unit": "requests a worker process"}
    assert limits["streams"] == {"value": 3, "unit": "streams a worker process"}
    assert limits["silence"] == {"value": 10, "unit": "seconds"}
    assert limits["body_rate"] == {"value": 500, "unit": "bytes a second at least"}
    assert limits["corrections"] == {"value": 0, "unit": "days kept"}
    assert "rate" not in limits


@pytest.mark.parametrize(
    "path", ["/docs/none.js", "/docs/../settings.py", "/docs/%2e%2e/__init__.py", "/static/none.js"]
)
def test_no_other_file_is_served(client: FlaskClient, path: str) -> None:
    is_problem(client.get(path), 404)


def test_docs_work_from_local_files(client: FlaskClient) -> None:
    page = client.get("/docs").get_data(as_text=True)
    assert "//" not in page.replace("<!DOCTYPE", "")
    for path in re.findall(r'(?:src|href)="([^"]+)"', page):
        with client.get("/" + path) as file:
            assert file.status_code == 200
    with client.get("/docs/LICENSE") as licence:
        assert licence.status_code == 200
