"""API keys: who is let in, and that no key is seen anywhere."""

import logging
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.errors import UnknownKeyError
from service.keys import Keys
from service.settings import Settings, SettingsError
from tests.test_contract import GOOD, is_problem

DESK, REVIEW = "desk0123456789ABCDEF", "review~+/0123456789=="
ENTRIES = f"desk:{DESK}, editors:{REVIEW}:review"


@pytest.fixture(scope="module")
def keyed(toy_models: Path) -> FlaskClient:
    """A client of an application that wants keys."""
    return create_app(Settings(models=toy_models, api_keys=ENTRIES)).test_client()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_key_opens_and_its_name_is_logged(keyed: FlaskClient, caplog: pytest.LogCaptureFixture, scheme: str) -> None:
    caplog.set_level(logging.DEBUG)
    for name, key in (("desk", DESK), ("editors", REVIEW)):
        caplog.clear()
        assert keyed.post("/classify", json=GOOD, headers={"Authorization": f"{scheme} {key}"}).status_code == 200
        (line,) = [record.args for record in caplog.records if isinstance(record.args, dict)]
        assert line["key"] == name
        assert key not in caplog.text


WRONG = [
    None,
    "",
    "Bearer",
    "Bearer ",
    f"Basic {DESK}",
    DESK,
    f"Bearer {DESK[:-1]}",
    f"Bearer {DESK}x",
    f"Bearer {DESK.lower()}",
    f"Bearer desk:{DESK}",
    "Bearer ä\udcff",
]


@pytest.mark.parametrize("sent", WRONG)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/classify"), ("GET", "/limits"), ("GET", "/metrics"), ("GET", "/nothing")]
)
def test_without_a_known_key_nothing_is_answered(
    keyed: FlaskClient, sent: str | None, method: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    environment = {} if sent is None else {"HTTP_AUTHORIZATION": sent}
    answer = keyed.open(path, method=method, data=b"{", environ_overrides=environment)
    is_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    for secret in (DESK, REVIEW):
        assert secret not in answer.get_data(as_text=True) + caplog.text


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/openapi.json", "/docs", "/docs/LICENSE", "/static/docs.js"])
def test_what_a_person_or_a_probe_needs_is_open(keyed: FlaskClient, path: str) -> None:
    with keyed.get(path) as answer:
        assert answer.status_code == 200


def test_the_specification_says_what_wants_a_key(keyed: FlaskClient, client: FlaskClient) -> None:
    specification = keyed.get("/openapi.json").get_json()
    assert specification["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    assert specification["security"] == [{"bearer": []}]
    for path, operations in specification["paths"].items():
        for method in operations.keys() & {"get", "post"}:
            operation = operations[method]
            is_open = path in ("/livez", "/readyz")
            assert ("401" in operation["responses"]) != is_open
            assert operation.get("security") == ([] if is_open else None)
    assert "securitySchemes" not in client.get("/openapi.json").get_json()["components"]


REFUSED = [
    ("", "is empty"),
    (DESK, "entry 1 is not name:key or name:key:review"),
    (f"a:{DESK},", "entry 2 is not name:key"),
    (f":{DESK}", "entry 1 is not name:key"),
    (f"a b:{DESK}", "entry 1 is not name:key"),
    (f"a:{DESK}:admin", "entry 1 is not name:key"),
    (f"a:{DESK}ä", "entry 1 is not name:key"),
    ("a:", "the key of entry 1 has fewer than 16 characters"),
    (f"a:{DESK},b:{DESK[:15]}:review", "the key of entry 2 has fewer than 16 characters"),
    (f"a:{DESK},a:{REVIEW}", "entry 2 has the name of an earlier one"),
    (f"a:{DESK},b:{DESK}:review", "entry 2 has the key of an earlier one"),
]


@pytest.mark.parametrize(("value", "sentence"), REFUSED)
def test_keys_that_cannot_be_stop_the_start_and_are_not_repeated(value: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=f"STANCE_API_KEYS:? {sentence}") as refused:
        Settings.read({"STANCE_API_KEYS": value})
    assert DESK[:15] not in str(refused.value)


def test_settings_do_not_show_what_is_secret() -> None:
    settings = Settings(api_keys=ENTRIES, rate_limit="1/day", rate_store="redis://:password@127.0.0.1")
    assert DESK not in repr(settings)
    assert "password" not in repr(settings)


def test_only_the_right_to_review_is_one() -> None:
    keys = Keys(ENTRIES)
    assert not keys.holder(f"Bearer {DESK}").review
    assert keys.holder(f"Bearer {REVIEW}").review
    with pytest.raises(UnknownKeyError):
        keys.holder(f"Bearer {REVIEW}:review")
