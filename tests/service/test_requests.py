"""Any bytes at all: an answer, never a fault of ours."""

import json
from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.requests import loads

fixture_is_stateless = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


@given(value=values)
def test_strict_json_comes_through_unchanged(value: Any) -> None:
    assert loads(json.dumps(value).encode()) == value


@given(body=st.binary() | st.text().map(str.encode))
@fixture_is_stateless
def test_any_body_is_malformed_or_invalid(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/classify", data=body, content_type="application/json")
    # Hypothesis also tries what it finds written in our tests, and some of that is a request.
    assert answer.status_code in (400, 422) or "text" in loads(body)


@given(value=values)
@fixture_is_stateless
def test_any_json_is_invalid(client: FlaskClient, value: Any) -> None:
    answer = client.post("/classify", data=json.dumps(value), content_type="application/json")
    assert answer.status_code == 422


@given(text=st.text(max_size=900))
@fixture_is_stateless
def test_any_text_is_judged_or_named(client: FlaskClient, text: str) -> None:
    answer = client.post("/classify", json={"text": text})
    judged = any(map(str.isalpha, text)) and "\0" not in text
    assert answer.status_code == (200 if judged else 422)


@given(text=st.text(st.characters(categories=["Cs", "Ll"]), min_size=1))
@fixture_is_stateless
def test_lone_surrogates_are_named(client: FlaskClient, text: str) -> None:
    # json.dumps joins nothing: what it escapes as two halves of one pair is read as that character.
    whole = json.loads(json.dumps(text))
    lone = any("\ud800" <= character <= "\udfff" for character in whole)
    judged = not lone and any(map(str.isalpha, whole))
    assert client.post("/classify", json={"text": text}).status_code == (200 if judged else 422)


@given(value=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0")))
@fixture_is_stateless
def test_any_request_id_gives_a_sane_one(client: FlaskClient, value: str) -> None:
    answered = client.get("/livez", headers={"X-Request-Id": value}).headers["X-Request-Id"]
    assert 1 <= len(answered) <= 64
    assert answered.isascii()
