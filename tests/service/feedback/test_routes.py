"""The routes of corrections over a real SQLite file, without a socket."""

import hashlib
import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema
from werkzeug.test import TestResponse

from service import schemas as general
from service.app import create_app
from service.feedback import schemas
from service.feedback.values import OutOfReachError
from service.settings import Settings
from tests.test_contract import SECRET, is_problem, loads_back
from training import train

DESK, ANNA, BEN = "desk0123456789abcdef", "anna0123456789abcdef", "ben00123456789abcdef"
KEYS = f"desk:{DESK},anna:{ANNA}:review,ben:{BEN}:review"
TEXT = "👍 Warsaw welcomed the step. Berlin called the step a grave mistake."
BERLIN = "Berlin called the step a grave mistake."
GOOD = {"text": BERLIN, "label": "criticism"}
FULL = {
    "text": TEXT,
    "span": {"start": 28, "end": 67},
    "label": "neutral",
    "holder": "germany",
    "answer": {"label": "criticism", "version": "7c93bea03f3e"},
    "note": "It only reports.",
    "annotator": "clara",
    "idempotency_key": "a.b-c_1",
}
Make = Callable[..., Flask]


@pytest.fixture(scope="module")
def make(toy_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Make applications that keep corrections in a file in a folder; what each has open is closed in the end."""
    made: list[Flask] = []

    def app(folder: Path | None = None, **settings: Any) -> Flask:
        folder = folder or tmp_path_factory.mktemp("data")
        kept = {"feedback_database_url": f"sqlite:///{folder}/corrections.db", "api_keys": KEYS}
        limits = {"max_text_chars": 1000, "max_article_chars": 2000, "max_body_bytes": 20_000}
        made.append(create_app(Settings(**{"models": toy_models, **limits, **kept, **settings})))
        return made[-1]

    yield app
    for one in made:
        if one.extensions["corrections"] is not None:
            one.extensions["corrections"].close()


class Asking:
    """Asks with a key."""

    def __init__(self, client: FlaskClient, key: str = ""):
        self.client = client
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        sent = {} if body is None else {"json": body}
        return self.client.open(path, method=method, headers=self.headers, **sent, **options)

    def sends(self, **content: Any) -> int:
        """Send a correction that is stored; returns its id."""
        answer = self("POST", "/feedback", {**GOOD, **content})
        assert answer.status_code == 201, answer.data
        return int(answer.get_json()["id"])

    def lists(self, query: str = "") -> list[dict[str, Any]]:
        """List the first page."""
        answer = self("GET", f"/feedback{query}")
        assert answer.status_code == 200, answer.data
        found: list[dict[str, Any]] = loads_back(answer, schemas.CorrectionsAnswer)["corrections"]
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for a test's own database."""
    data = tmp_path / "data"
    data.mkdir()
    return data


@pytest.fixture
def anna(make: Make, folder: Path) -> Asking:
    """Ask with a key that may review, over an empty database."""
    return Asking(make(folder).test_client(), ANNA)


@pytest.fixture
def desk(anna: Asking) -> Asking:
    """Ask the same service with a key that may not."""
    return Asking(anna.client, DESK)


@pytest.fixture(scope="module")
def any_anna(make: Make) -> Asking:
    """Ask with a key that may review, over one database for all."""
    return Asking(make().test_client(), ANNA)


@pytest.fixture(scope="module")
def open_to_all(make: Make) -> FlaskClient:
    """A client of a service without keys."""
    return make(api_keys="").test_client()


@pytest.fixture(scope="module")
def off(make: Make) -> FlaskClient:
    """A client of a service that keeps none."""
    return make(feedback_database_url="").test_client()


def test_a_correction_is_stored_once_for_each_key(desk: Asking, anna: Asking) -> None:
    first = desk("POST", "/feedback", FULL)
    assert first.status_code == 201
    assert list(loads_back(first, schemas.Receipt)) == ["id", "created"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", first.get_json()["created"])
    assert re.fullmatch("[0-9a-f]{12}", first.headers["X-Model-Version"])
    again = desk("POST", "/feedback", FULL)
    assert (again.status_code, again.data) == (200, first.data)
    assert is_problem(desk("POST", "/feedback", {**FULL, "note": "else"}), 409)["type"] == "/problems/conflict"
    assert anna("POST", "/feedback", {**FULL, "note": "else"}).status_code == 201  # another key's own
    assert len(anna.lists()) == 2
    assert desk.sends() != desk.sends()  # without a key of idempotency each is one


def test_only_the_stretch_that_the_label_is_of_is_kept(desk: Asking, anna: Asking) -> None:
    desk("POST", "/feedback", FULL)
    (found,) = anna.lists()
    assert found == {
        "id": 1,
        "created": found["created"],
        "target": "the step",
        "text": BERLIN,
        "span": {"start": 28, "end": 67},
        "label": "neutral",
        "holder": "germany",
        "answer": {"label": "criticism", "version": "7c93bea03f3e"},
        "note": "It only reports.",
        "annotator": "clara",
        "status": "pending",
        "history": [{"at": found["created"], "by": "clara", "status": "pending", "label": "neutral"}],
        "others": [],
    }


def test_what_is_left_out_is_null_and_the_key_stands_for_its_owner(desk: Asking, anna: Asking) -> None:
    desk.sends(note="")
    (found,) = anna.lists()
    assert [found[name] for name in ("span", "holder", "answer", "note")] == [None] * 4
    assert found["annotator"] == ""
    assert found["history"][0]["by"] == "desk"


def test_offsets_in_utf16_are_kept_in_code_points(desk: Asking, anna: Asking) -> None:
    desk.sends(text=TEXT, span={"start": 29, "end": 68}, offset_unit="utf16")
    (found,) = anna.lists()
    assert found["text"] == BERLIN
    assert found["span"] == {"start": 28, "end": 67}


INVALID = [
    ({"text": "?!"}, "/text", "no letter"),
    ({"text": "a\0"}, "/text", "NUL"),
    ({"text": "a" * 1001}, "/text", "1000 code points"),
    ({"text": "a" * 2001}, "/text", "2000 code points"),
    ({"text": "a" * 1500, "span": {"start": 0, "end": 1001}}, "/span", "1000 code points"),
    ({"text": "a!", "span": {"start": 1, "end": 2}}, "/span", "no letter"),
    ({"text": "abc", "span": {"start": 0, "end": 4}}, "/span", "no stretch"),
    ({"text": "abc", "span": {"start": 0, "end": 10**30}}, "/span", "no stretch"),
    ({"text": "abc", "span": {"start": 0, "end": 10**30}, "offset_unit": "utf16"}, "/span", "no stretch"),
    ({"text": "abc", "span": {"start": 2, "end": 2}}, "/span", "no stretch"),
    ({"text": "abc", "span": {"start": 2, "end": 1}}, "/span", "no stretch"),
    ({"text": "a👍b", "span": {"start": 0, "end": 2}, "offset_unit": "utf16"}, "/span", "in two"),
    ({"text": "a👍b", "span": {"start": 2, "end": 4}, "offset_unit": "utf16"}, "/span", "in two"),
    ({"span": {"start": -1, "end": 2}}, "/span/start", "greater"),
    ({"span": {"start": True, "end": 2}}, "/span/start", "whole"),
    ({"span": {"start": "0", "end": 2}}, "/span/start", "whole"),
    ({"span": {"start": 0, "end": 1.5}}, "/span/end", "whole"),
    ({"span": {"start": 0}}, "/span/end", "Missing"),
    ({"span": {"start": 0, "end": 3, SECRET: 1}}, "/span", "1 unknown"),
    ({"span": [0, 3]}, "/span", "Invalid input"),
    ({"span": None}, "/span", "null"),
    ({"offset_unit": "bytes"}, "/offset_unit", "one of"),
    ({"label": SECRET}, "/label", "criticism, neutral, support"),
    ({"label": None}, "/label", "null"),
    ({"holder": ""}, "/holder", "empty"),
    ({"holder": "a" * 201}, "/holder", "200"),
    ({"holder": "a\0"}, "/holder", "NUL"),
    ({"holder": None}, "/holder", "null"),
    ({"note": "a" * 2001}, "/note", "2000"),
    ({"note": "\udc00"}, "/note", "surrogate"),
    ({"annotator": "a" * 101}, "/annotator", "100"),
    ({"answer": {"label": "neutral"}}, "/answer/version", "Missing"),
    ({"answer": {"label": "neutral", "version": "g" * 12}}, "/answer/version", "form"),
    ({"answer": {"label": "", "version": "0" * 12}}, "/answer/label", "empty"),
    ({"idempotency_key": ""}, "/idempotency_key", "form"),
    ({"idempotency_key": "a" * 65}, "/idempotency_key", "form"),
    ({"idempotency_key": "a\n"}, "/idempotency_key", "form"),
    ({SECRET: 1}, "", "1 unknown"),
]


@pytest.mark.parametrize(("change", "pointer", "sentence"), INVALID)
def test_what_cannot_be_a_correction_is_refused_by_pointer(
    any_anna: Asking, change: dict[str, Any], pointer: str, sentence: str
) -> None:
    (fault,) = is_problem(any_anna("POST", "/feedback", {**GOOD, **change}), 422)["errors"]
    assert fault["pointer"] == pointer
    assert sentence in fault["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {"text": "a" * 1000},
        {"text": "a" * 2000, "span": {"start": 1000, "end": 2000}},
        {"text": "👍a👍", "span": {"start": 0, "end": 5}, "offset_unit": "utf16"},
        {"span": {"start": 0.0, "end": 1.0}},
        {"holder": "a" * 200, "note": "a" * 2000, "annotator": "a" * 100, "idempotency_key": "a" * 64},
        {"note": " \n\t", "annotator": ""},
    ],
)
def test_up_to_its_limits_a_correction_is_stored(any_anna: Asking, change: dict[str, Any]) -> None:
    any_anna.sends(**change)


def test_a_decision_is_kept_with_who_and_when(anna: Asking, desk: Asking) -> None:
    id, ben = desk.sends(annotator="clara"), Asking(anna.client, BEN)
    for asking, change in (
        (anna, {"status": "approved"}),
        (ben, {"status": "rejected", "label": "neutral"}),
        (anna, {"label": "support"}),
        (ben, {"status": "pending"}),
    ):
        answer = asking("PATCH", f"/feedback/{id}", change)
        assert answer.status_code == 200
        assert ("X-Model-Version" in answer.headers) == ("label" in change)
        found = loads_back(answer, schemas.CorrectionAnswer)
    assert [(one["by"], one["status"], one["label"]) for one in found["history"]] == [
        ("clara", "pending", "criticism"),
        ("anna", "approved", "criticism"),
        ("ben", "rejected", "neutral"),
        ("anna", "rejected", "support"),
        ("ben", "pending", "support"),
    ]
    assert [one["at"] for one in found["history"]] == sorted(one["at"] for one in found["history"])
    assert anna.lists() == [found]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({}, ""), ({"status": "done"}, "/status"), ({"label": SECRET}, "/label"), ({"status": None}, "/status")],
)
def test_what_cannot_be_a_decision_is_refused_by_pointer(any_anna: Asking, body: dict[str, Any], pointer: str) -> None:
    id = any_anna.sends()
    (fault,) = is_problem(any_anna("PATCH", f"/feedback/{id}", body), 422)["errors"]
    assert fault["pointer"] == pointer


def test_a_label_is_of_the_corrections_own_target(
    anna: Asking, make: Make, folder: Path, toy_file: Path, tmp_path: Path
) -> None:
    id = anna.sends()
    assert train.main(["--data", str(toy_file), "--out", str(tmp_path / "models"), "--target", "the leap"]) == 0
    other = Asking(make(folder, models=tmp_path / "models").test_client(), ANNA)
    (fault,) = is_problem(other("PATCH", f"/feedback/{id}", {"label": "neutral"}), 422)["errors"]
    assert fault == {"pointer": "/label", "detail": "The correction is of another target than the model's."}
    assert other("PATCH", f"/feedback/{id}", {"status": "approved"}).status_code == 200
    assert [one["label"] for one in other.lists()] == ["criticism"]


def test_erased_is_erased_with_all_that_belongs_to_it(anna: Asking, folder: Path) -> None:
    id = anna.sends(text=f"{BERLIN} {SECRET}")
    anna("PATCH", f"/feedback/{id}", {"status": "approved"})
    answer = anna("DELETE", f"/feedback/{id}")
    assert (answer.status_code, answer.data, answer.content_type) == (204, b"", None)
    assert anna.lists() == []
    for method, body in (("DELETE", None), ("PATCH", {"status": "approved"})):
        assert "no correction" in is_problem(anna(method, f"/feedback/{id}", body), 404)["detail"]
    kept = list(folder.iterdir())
    assert kept
    assert not any(SECRET.encode() in file.read_bytes() for file in kept)


IDS = ["0", "01", "-1", "+1", "1.0", "1e3", "9" * 19, "a", "٣", "1%0A", "%31%20", "1/", ""]


@pytest.mark.parametrize("id", IDS)
def test_what_is_no_id_is_no_path(any_anna: Asking, id: str) -> None:
    for method, body in (("DELETE", None), ("PATCH", {"status": "approved"})):
        is_problem(any_anna(method, f"/feedback/{id}", body), 404)


def test_the_largest_id_is_looked_for(any_anna: Asking) -> None:
    assert "no correction" in is_problem(any_anna("DELETE", f"/feedback/{'9' * 18}"), 404)["detail"]


def test_pages_are_filtered_and_follow_one_another(anna: Asking, desk: Asking) -> None:
    ids = [desk.sends(annotator=f"a{n % 2}", label=["support", "criticism"][n % 2]) for n in range(7)]
    anna("PATCH", f"/feedback/{ids[0]}", {"status": "rejected"})
    assert [one["id"] for one in anna.lists("?status=rejected")] == ids[:1]
    assert [one["id"] for one in anna.lists("?label=support&status=pending")] == ids[2::2]
    assert [one["id"] for one in anna.lists("?annotator=a1&target=the%20step")] == ids[1::2]
    assert anna.lists("?target=another") == []
    found, after = [], "0"
    while after:
        page = loads_back(anna("GET", f"/feedback?limit=3&after={after}"), schemas.CorrectionsAnswer)
        found += [one["id"] for one in page["corrections"]]
        after = page["next"]
    assert found == ids


def test_corrections_that_disagree_stand_together(anna: Asking) -> None:
    first = anna.sends(label="support", annotator="a")
    lone = anna.sends(text="The talks lasted.", label="neutral")
    second = anna.sends(text=BERLIN.upper(), label="criticism", annotator="b")
    agreed = [anna.sends(text="Oslo met.", label="neutral") for _ in range(2)]
    found = anna.lists("?disagreeing=true")
    assert [one["id"] for one in found] == [first, second]
    assert found[0]["others"] == [{"id": second, "label": "criticism", "annotator": "b", "status": "pending"}]
    assert [one["id"] for one in anna.lists("?disagreeing=false")] == [first, lone, second, *agreed]
    page = anna("GET", "/feedback?disagreeing=true&limit=1").get_json()
    assert [one["id"] for one in anna.lists(f"?disagreeing=true&after={page['next']}")] == [second]
    anna("PATCH", f"/feedback/{second}", {"status": "rejected"})
    assert anna.lists("?disagreeing=true") == []


QUERIES = [
    ("limit=0", ["/limit"]),
    ("limit=201", ["/limit"]),
    ("limit=", ["/limit"]),
    ("limit=+5", ["/limit"]),
    ("limit=5_0", ["/limit"]),
    ("limit=%D9%A3", ["/limit"]),
    ("limit=1&limit=2", ["/limit"]),
    (f"limit={'9' * 5000}", ["/limit"]),
    ("status=done", ["/status"]),
    ("status=pending&status=pending", ["/status"]),
    ("disagreeing=1", ["/disagreeing"]),
    ("disagreeing", ["/disagreeing"]),
    ("after=x", ["/after"]),
    ("after=-1", ["/after"]),
    ("after=1%0A", ["/after"]),
    (f"label={'a' * 201}", ["/label"]),
    ("annotator=%00", ["/annotator"]),
    (f"annotator={'a' * 101}", ["/annotator"]),
    ("target=%00", ["/target"]),
    (f"{SECRET}=1&{SECRET}=2", [""]),
    (f"limit=x&status=y&{SECRET}=1", ["/status", "/limit", ""]),
]


@pytest.mark.parametrize(("query", "pointers"), QUERIES)
def test_what_cannot_be_asked_for_is_refused_by_pointer(any_anna: Asking, query: str, pointers: list[str]) -> None:
    listed = is_problem(any_anna("GET", f"/feedback?{query}"), 422)["errors"]
    assert [fault["pointer"] for fault in listed] == pointers


@pytest.mark.parametrize(
    "path", ["/feedback/export?limit=1", "/feedback/agreement?target=a", "/feedback/agreement?a=1&a=2"]
)
def test_no_route_takes_a_parameter_for_nothing(any_anna: Asking, path: str) -> None:
    is_problem(any_anna("GET", path), 422)


def test_the_export_has_the_approved_rows_and_an_end(anna: Asking) -> None:
    ids = [anna.sends(text=f"Berlin ä {number}") for number in range(3)]
    full = anna("POST", "/feedback", FULL).get_json()["id"]
    for id in (*ids[1:], full):
        decided = anna("PATCH", f"/feedback/{id}", {"status": "approved"}).get_json()["history"][-1]["at"]
    answer = anna("GET", "/feedback/export")
    assert (answer.status_code, answer.content_type) == (200, "application/x-ndjson")
    *rows, end = [json.loads(line) for line in answer.data.splitlines()]
    general.StreamEnd().load(end)
    assert end == {"end": True, "rows": 3}
    assert [row["id"] for row in rows] == [*ids[1:], full]
    for row in rows:
        assert schemas.ExportRow().validate({**row, "digest": None}).keys() <= {"digest"}
        taught = json.dumps([row["target"], row["text"], row["label"]], ensure_ascii=False)
        assert row["digest"] == hashlib.sha256(taught.encode()).hexdigest()
    assert {**rows[-1], "digest": ""} == {
        "id": full,
        "text": BERLIN,
        "label": "neutral",
        "target": "the step",
        "holder": "germany",
        "annotator": "clara",
        "answered": "criticism",
        "version": "7c93bea03f3e",
        "decided": decided,
        "digest": "",
    }
    assert anna("GET", "/feedback/export?target=another").get_json(force=True) == {"end": True, "rows": 0}
    assert anna("GET", "/feedback/export?target=the%20step").data == answer.data
    headed = anna("HEAD", "/feedback/export")
    assert (headed.status_code, headed.data, headed.content_type) == (200, b"", "application/x-ndjson")


def test_an_export_that_breaks_off_has_no_end(anna: Asking, folder: Path) -> None:
    for number in range(120):  # more than are read at once
        anna("PATCH", f"/feedback/{anna.sends(text=f'a{number} ' * 100)}", {"status": "approved"})
    answer = anna("GET", "/feedback/export", buffered=False)
    pieces = answer.iter_encoded()
    came = bytearray(next(pieces) + next(pieces))
    shutil.rmtree(folder)
    with pytest.raises(OutOfReachError):
        came.extend(byte for piece in pieces for byte in piece)
    answer.close()
    rows = [json.loads(line) for line in came.splitlines()]
    assert 0 < len(rows) < 120
    assert not any("end" in row for row in rows)
    is_problem(anna("GET", "/feedback/export"), 503)


def test_agreement_is_of_the_labels_as_submitted(anna: Asking, desk: Asking) -> None:
    for number, (first, second) in enumerate(
        [("support", "support"), ("neutral", "criticism"), ("neutral", "neutral")]
    ):
        id = anna.sends(text=f"Sentence {'abc'[number]}.", label="support", annotator="clara")
        anna.sends(text=f"Sentence {'abc'[number]}.", label=first, annotator="clara")  # thinks again
        desk.sends(text=f"sentence  {'abc'[number]}.", label=second)
        anna("PATCH", f"/feedback/{id}", {"status": "rejected", "label": "criticism"})
    anna.sends(text="Only one.", annotator="clara")
    answer = anna("GET", "/feedback/agreement")
    body = loads_back(answer, schemas.AgreementAnswer)
    assert body["sentences"] == 3
    assert body["pairs"] == [{"annotators": ["clara", "desk"], "sentences": 3, "kappa": pytest.approx(0.5)}]
    # By hand: 2 of 6 pairable labels disagree where 11 of 15 pairs of labels by chance would.
    assert body["alpha"] == pytest.approx(1 - (2 / 6) / (22 / 30))


ROUTES = [
    ("POST", "/feedback", GOOD),
    ("GET", "/feedback", None),
    ("PATCH", "/feedback/1", {"status": "approved"}),
    ("DELETE", "/feedback/1", None),
    ("GET", "/feedback/export", None),
    ("GET", "/feedback/agreement", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_review_wants_its_right(any_anna: Asking, open_to_all: FlaskClient, method: str, path: str, body: Any) -> None:
    keyed = any_anna.client
    is_problem(Asking(keyed)(method, path, body), 401)
    is_problem(Asking(keyed, "x" * 20)(method, path, body), 401)
    for asking in (Asking(keyed, DESK), Asking(open_to_all)):
        answer = asking(method, path, body)
        if method == "POST":
            assert answer.status_code == 201
        else:
            refused = is_problem(answer, 403)
            assert refused["type"] == "/problems/forbidden"
            assert "name:key:review" in refused["detail"]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_where_none_are_kept_each_route_says_so(off: FlaskClient, method: str, path: str, body: Any) -> None:
    for asking in (Asking(off, DESK), Asking(off, ANNA)):
        for sent in (body, None, {"text": [SECRET]}):
            refused = is_problem(asking(method, path, sent), 404)
            assert refused["type"] == "/problems/feedback-off"
            assert "STANCE_FEEDBACK_DATABASE_URL" in refused["detail"]
    is_problem(Asking(off)(method, path, body), 401)
    is_problem(Asking(off, ANNA)("PUT", path), 405)


@pytest.fixture(scope="module")
def nowhere(make: Make) -> FlaskClient:
    """A client of a service whose database is not there."""
    return make(feedback_database_url=f"postgresql://stance:{SECRET}@127.0.0.1:1/corrections").test_client()


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_database_out_of_reach_is_a_passing_fault_of_these_routes_alone(
    nowhere: FlaskClient, caplog: pytest.LogCaptureFixture, method: str, path: str, body: Any
) -> None:
    anna = Asking(nowhere, ANNA)
    caplog.set_level(logging.DEBUG)
    refused = anna(method, path, body)
    assert is_problem(refused, 503)["type"] == "/problems/feedback-unavailable"
    assert int(refused.headers["Retry-After"]) > 0
    assert anna("POST", "/classify", {"text": BERLIN}).status_code == 200
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "out of reach" in line.getMessage()
    assert line.args["request_id"] == refused.headers["X-Request-Id"]  # type: ignore[index,call-overload]
    assert SECRET not in caplog.text
    assert BERLIN not in caplog.text


def test_without_a_model_nothing_new_is_taken_but_review_goes_on(
    make: Make, anna: Asking, folder: Path, tmp_path: Path
) -> None:
    id = anna.sends()
    bare = Asking(make(folder, models=tmp_path / "none").test_client(), ANNA)
    is_problem(bare("POST", "/feedback", GOOD), 503)
    is_problem(bare("PATCH", f"/feedback/{id}", {"label": "neutral"}), 503)
    assert bare("PATCH", f"/feedback/{id}", {"status": "approved"}).status_code == 200
    assert len(bare.lists()) == 1


@pytest.mark.parametrize(("method", "path"), [("POST", "/feedback"), ("PATCH", "/feedback/1")])
def test_bodies_are_refused_as_everywhere(any_anna: Asking, method: str, path: str) -> None:
    for data, kind, status in (
        (b"{", "application/json", 400),
        (b'{"label": "a", "label": "b"}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}\n", "application/x-ndjson", 415),
        (b" " * 20_001, "application/json", 413),
    ):
        is_problem(any_anna(method, path, data=data, content_type=kind), status)


def test_a_rate_limit_counts_these_routes_too(make: Make) -> None:
    limited = Asking(make(rate_limit="1/hour", workers=1).test_client(), ANNA)
    limited.sends()
    refused = limited("GET", "/feedback")
    is_problem(refused, 429)
    assert int(refused.headers["Retry-After"]) > 0


METHODS = {
    "/feedback": {"GET", "HEAD", "POST"},
    "/feedback/1": {"PATCH", "DELETE"},
    "/feedback/export": {"GET", "HEAD"},
    "/feedback/agreement": {"GET", "HEAD"},
}


@pytest.mark.parametrize("path", METHODS)
@pytest.mark.parametrize("on", [True, False])
def test_other_methods_are_told_which_there_are(any_anna: Asking, off: FlaskClient, path: str, on: bool) -> None:
    anna = any_anna if on else Asking(off, ANNA)
    options = anna("OPTIONS", path)
    assert (options.status_code, options.data) == (204, b"")
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - METHODS[path]:
        answer = anna(method, path)
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].split(", ")) == METHODS[path] | {"OPTIONS"}
    assert set(options.headers["Allow"].split(", ")) == METHODS[path] | {"OPTIONS"}


def test_the_limits_say_for_how_long_corrections_are_kept(make: Make) -> None:
    for settings, days in (({}, 365), ({"feedback_retention_days": 7}, 7), ({"feedback_database_url": ""}, 0)):
        limits = Asking(make(**settings).test_client(), DESK)("GET", "/limits")
        assert loads_back(limits, general.Limits)["corrections"] == {"value": days, "unit": "days kept"}


def test_no_text_reaches_the_log(anna: Asking, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sent = {"text": f"{BERLIN} {SECRET}", "holder": SECRET, "note": SECRET, "annotator": SECRET}
    id = anna.sends(**sent, idempotency_key=SECRET)
    anna("POST", "/feedback", {**GOOD, "idempotency_key": SECRET})
    anna("PATCH", f"/feedback/{id}", {"status": "approved", "label": "neutral"})
    anna.lists(f"?annotator={SECRET}")
    anna("GET", f"/feedback/export?target={SECRET}")
    anna("DELETE", f"/feedback/{id}")
    assert caplog.records
    assert SECRET not in caplog.text


def test_the_specification_tells_the_routes_apart(any_anna: Asking, off: FlaskClient) -> None:
    told = {}
    for on, client in ((True, any_anna.client), (False, off)):
        paths = client.get("/openapi.json").get_json()["paths"]
        for path in METHODS:
            named = path.replace("1", "{id}")
            for method in paths[named].keys() - {"parameters"}:
                told[on, method, named] = set(paths[named][method]["responses"])
    always, body = {"401", "503"}, {"400", "408", "413", "415", "422"}
    expected = {
        ("post", "/feedback"): {"200", "201", "409"} | body,
        ("get", "/feedback"): {"200", "403", "422"},
        ("patch", "/feedback/{id}"): {"200", "403", "404"} | body,
        ("delete", "/feedback/{id}"): {"204", "403", "404"},
        ("get", "/feedback/export"): {"200", "403", "422"},
        ("get", "/feedback/agreement"): {"200", "403", "422"},
    }
    for (method, path), statuses in expected.items():
        assert told[True, method, path] == statuses | always
        assert told[False, method, path] == statuses | always | {"404"}


def test_every_schema_of_an_answer_forbids_what_it_does_not_name() -> None:
    answers: list[type[Schema]] = [schemas.Receipt, schemas.CorrectionsAnswer, schemas.ExportRow]
    assert all(answer().unknown == "raise" for answer in answers)
