"""Hostile requests to the real gunicorn: refused in the contract's words, and nothing is left of them."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from benchmarks import hostile, soak
from tests.conftest import Served
from tests.test_contract import GOOD, is_problem, post

pytestmark = pytest.mark.no_cover


def test_bad_requests_of_every_kind(toy_served: Served) -> None:
    found = hostile.attack(toy_served.port, 3 * len(hostile.KINDS))
    assert len(hostile.KINDS) >= 40
    assert hostile.wrong(found) == []
    assert not {status for _, status in found if isinstance(status, int) and status >= 500} - {503}
    assert hostile.send(toy_served.port, hostile.post(hostile.GOOD)) == 200
    log = toy_served.log.read_text()
    assert "Traceback" not in log
    assert "script" not in log
    assert all(json.loads(line)["time"] for line in log.splitlines())


def test_what_is_answered_wrongly_would_be_found() -> None:
    answered = hostile.Counter({("NaN", 400): 1, ("NUL", 500): 1, ("gzip", 503): 1, ("TLS", hostile.GONE): 1})
    assert hostile.wrong(answered) == ["NUL: 500", "TLS: no answer"]


def test_a_soak_leaves_memory_and_descriptors_as_they_were(serve: Callable[..., Served], toy_models: Path) -> None:
    served = serve(toy_models).wait()
    soak.soak(served.port, served.process.pid, 3)  # the memos and the allocator warm up
    found = soak.soak(served.port, served.process.pid, 5)
    assert found.faults(growth=1.2) == []  # in seconds it has not settled; .ci/run has two minutes and 5%
    assert len(found.rows()) == 4
    assert "Traceback" not in served.log.read_text()


def test_growth_and_errors_would_be_found() -> None:
    grown = soak.Soak([(float(moment), 100.0 + moment, 40 + 5 * moment) for moment in range(41)])
    grown.answers[("POST /classify", 500)] = grown.answers[("NaN", 400)] = 1
    assert grown.faults() == [
        "POST /classify: 500",
        "memory grows from 120.0 to 130.0 MB",
        "descriptors grow from 115 to 215",
    ]


@pytest.mark.parametrize("quarters", [(105.0, 185.0, 197.0, 196.0), (110.7, 137.6, 155.9, 160.7)])
def test_memory_that_settles_late_is_no_leak(quarters: tuple[float, ...]) -> None:
    assert soak.Soak([(float(moment), quarters[moment // 10], 40) for moment in range(40)]).faults() == []


@pytest.mark.parametrize("path", ["/classify", "/classify/batch", "/analyze"])
def test_a_compressed_body_is_refused(client: FlaskClient, path: str) -> None:
    packed = gzip.compress(json.dumps(GOOD).encode())
    for coding in ("gzip", "br", "identity, gzip"):
        sent = {"Content-Encoding": coding, "Content-Type": "application/json"}
        answer = client.post(path, data=packed, headers=sent)
        is_problem(answer, 415)
        assert answer.headers["Accept-Encoding"] == "identity"
    assert post(client, GOOD, **{"Content-Encoding": "Identity"}).status_code == 200


def test_a_body_that_breaks_off_is_not_taken_for_a_shorter_one(toy_served: Served) -> None:
    assert hostile.send(toy_served.port, hostile.post(hostile.GOOD, length=len(hostile.GOOD) + 1)) == 400
    assert hostile.send(toy_served.port, hostile.post(hostile.GOOD + b" " * 10**5, length=10**6)) == 400


INJECTED = [
    "a\\r\\nSet-Cookie: b=c",
    "a%0d%0aSet-Cookie:b",
    'a","level":"ERROR',
    "\u2028",
    "${jndi:ldap://x}",
    "a" * 65,
]


def test_no_request_id_gets_into_header_or_log(toy_served: Served) -> None:
    before = len(toy_served.log.read_text())
    for one in INJECTED:
        head = b"X-Request-Id: " + one.encode() + b"\r\n"
        assert hostile.send(toy_served.port, hostile.post(hostile.GOOD, head=head)) in (200, 400)
    log = toy_served.log.read_text()[before:]
    for line in map(json.loads, log.splitlines()):
        assert re.fullmatch("[0-9a-f]{32}", line.get("request_id", "0" * 32))
    assert "Set-Cookie" not in log
    assert "jndi" not in log
