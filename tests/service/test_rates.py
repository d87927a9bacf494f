"""The rate limit: in one process, over all workers by a real Redis, and while that is gone."""

import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from service.app import create_app
from service.errors import TooManyRequestsError
from service.rates import Rate
from service.settings import Settings, SettingsError
from tests.conftest import Redis, Served
from tests.test_contract import GOOD, is_problem

KEYS = {"desk": "desk0123456789ABCDEF", "wire": "wire0123456789ABCDEF"}
ENTRIES = ",".join(f"{name}:{key}" for name, key in KEYS.items())


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEYS[name]}"}


def test_each_key_has_its_own_count_and_hears_when_to_come_back(toy_models: Path) -> None:
    client = create_app(Settings(models=toy_models, workers=1, api_keys=ENTRIES, rate_limit="3/minute")).test_client()
    batch = {"texts": [GOOD["text"]] * 5}  # one request
    answers = [client.post("/classify/batch", json=batch, headers=bearer("desk")) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    is_problem(answers[-1], 429)
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert client.post("/classify", json=GOOD, headers=bearer("wire")).status_code == 200
    assert client.get("/livez").status_code == 200
    is_problem(client.get("/limits"), 401)
    limits = client.get("/limits", headers=bearer("wire")).get_json()
    assert limits["rate"] == {"value": 3, "unit": "requests a minute"}
    specification = client.get("/openapi.json").get_json()["paths"]
    assert "429" in specification["/classify"]["post"]["responses"]
    assert "429" not in specification["/livez"]["get"]["responses"]


def exhaust(rate: Rate, name: str) -> None:
    for _ in range(1000):
        rate.count(name)


def allowed_again(rate: Rate, name: str) -> bool:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            rate.count(name)
        except TooManyRequestsError:
            time.sleep(0.05)
        else:
            return True
    return False


@pytest.mark.parametrize("shared", [False, True])
def test_a_stretch_comes_to_its_end(shared: bool, redis: Redis) -> None:
    rate = Rate("2/second", redis.url if shared else "")
    with pytest.raises(TooManyRequestsError) as refused:
        exhaust(rate, "desk")
    assert refused.value.seconds == 1
    assert allowed_again(rate, "desk")


REFUSED = [
    ({"RATE_LIMIT": "0/minute"}, "RATE_LIMIT is not a number, a slash"),
    ({"RATE_LIMIT": "600"}, "RATE_LIMIT is not a number, a slash"),
    ({"RATE_LIMIT": "6/fortnight"}, "RATE_LIMIT is not a number, a slash"),
    ({"RATE_LIMIT": " "}, "RATE_LIMIT is empty"),
    ({"RATE_LIMIT": "6/minute", "WORKERS": "1"}, "RATE_LIMIT counts by key, so STANCE_API_KEYS is wanted"),
    (
        {"RATE_LIMIT": "6/minute", "API_KEYS": ENTRIES},
        "RATE_LIMIT with 2 workers wants STANCE_RATE_STORE, where all of them count",
    ),
    ({"RATE_STORE": "memory://secret"}, "RATE_STORE is no URL redis://"),
    ({"RATE_STORE": "redis://:secret@host:port"}, "RATE_STORE is no URL redis://"),
    ({"RATE_STORE": "redis://"}, "RATE_STORE is no URL redis://"),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSED)
def test_a_limit_that_cannot_hold_stops_the_start(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=f"^STANCE_{sentence}") as refused:
        Settings.read({f"STANCE_{name}": value for name, value in settings.items()})
    assert "secret" not in str(refused.value)


def ask(served: Served, name: str = "desk") -> tuple[int, str | None]:
    """Ask on a new connection, and return status and Retry-After."""
    request = urllib.request.Request(served.url + "/limits", headers=bearer(name))
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, None
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers["Retry-After"]


def lines(served: Served, part: str) -> list[str]:
    return [line for line in served.log.read_text().splitlines() if part in line]


def test_all_workers_count_in_one_store(serve: Callable[..., Served], toy_models: Path, redis: Redis) -> None:
    served = serve(toy_models, workers=2, api_keys=ENTRIES, rate_limit="5/day", rate_store=redis.url).wait()
    found = [ask(served) for _ in range(12)]
    assert [status for status, _ in found] == [200] * 5 + [429] * 7
    assert all(80_000 < int(seconds or 0) <= 86_400 for _, seconds in found[5:])
    assert ask(served, "wire")[0] == 200


def test_requests_pass_while_the_store_is_gone_or_silent(
    serve: Callable[..., Served], toy_models: Path, redis: Redis
) -> None:
    store = redis.url.replace("//", "//:open-sesame@")  # a password that this server does not know: it fails
    refused = serve(toy_models, workers=1, api_keys=ENTRIES, rate_limit="2/day", rate_store=store).wait()
    served = serve(toy_models, workers=1, api_keys=ENTRIES, rate_limit="2/day", rate_store=redis.url).wait()
    assert {ask(refused)[0] for _ in range(5)} == {200}
    assert [ask(served)[0] for _ in range(3)] == [200, 200, 429]
    redis.kill()
    assert {ask(served)[0] for _ in range(20)} == {200}
    redis.start()
    deadline = time.monotonic() + 15
    while ask(served)[0] != 429 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ask(served)[0] == 429
    redis.process.send_signal(signal.SIGSTOP)
    assert {ask(served)[0] for _ in range(5)} == {200}
    assert len(lines(served, "requests pass without rate limit")) == 2
    assert len(lines(served, "the rate limit holds again")) == 1
    assert len(lines(refused, "requests pass without rate limit")) == 1
    for log in (served.log.read_text(), refused.log.read_text()):
        assert "Traceback" not in log
        assert "open-sesame" not in log
