"""What Prometheus reads: right over all workers, over the death of one, and without a word of a caller's."""

import os
import re
import shutil
import signal
import socket
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from model import artifact
from service.app import create_app
from service.models import Models
from service.settings import Settings
from tests.conftest import TOY, Served
from training import train

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
SECRET = "Xylophonquartett"
BODY = b'{"text": "Berlin called the step a grave mistake."}'
HEAD = b"POST /classify HTTP/1.1\r\nHost: stance\r\nContent-Type: application/json\r\n"
POST = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY

STREAM = (
    b"POST /classify/batch HTTP/1.1\r\nHost: stance\r\nContent-Type: application/x-ndjson\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


def parsed(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(source: Served | FlaskClient) -> Samples:
    if isinstance(source, FlaskClient):
        return parsed(source.get("/metrics").get_data(as_text=True))
    with urllib.request.urlopen(source.url + "/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return parsed(answer.read().decode())


def total(samples: Samples, name: str, **labels: str) -> float:
    return sum(
        value for (one, found), value in samples.items() if one == name and labels.items() <= dict(found).items()
    )


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def send(served: Served, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", served.port), timeout=15) as connection:
        connection.sendall(sent)
        return received(connection)


def received(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def pids(served: Served) -> list[int]:
    return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", served.log.read_text())]


def folders(served: Served) -> list[Path]:
    places = {Path("/dev/shm"), Path(tempfile.gettempdir())}
    return [folder for place in places for folder in place.glob(f"stance-metrics-{served.process.pid}")]


def test_counts_add_up_over_workers_and_outlive_one(serve: Callable[..., Served], toy_models: Path) -> None:
    served = serve(toy_models, workers=2).wait()
    until(lambda: len(pids(served)) == 2, "both have begun")
    # All open before the first is answered, so that both answer some: a worker gives way to one that holds fewer.
    connections = [socket.create_connection(("127.0.0.1", served.port), timeout=15) for _ in range(30)]
    for connection in connections:
        connection.sendall(POST)
    assert all(b" 200 OK" in received(connection) for connection in connections)
    for connection in connections:
        connection.close()
    before = scraped(served)
    assert total(before, "stance_request_seconds_count", route="/classify", method="POST", status="200") == 30
    assert total(before, "stance_request_bytes_total", route="/classify") == 30 * len(BODY)
    assert total(before, "stance_prediction_confidence_count", label="criticism") == 30
    assert total(before, "stance_models_total", outcome="loaded") == 1
    (folder,) = folders(served)
    assert folder.stat().st_mode & 0o777 == 0o700
    files = {file.name for file in folder.iterdir()}
    assert {"histogram_worker0.db", "histogram_worker1.db"} <= files, "both have answered"

    streams = [socket.create_connection(("127.0.0.1", served.port), timeout=15) for _ in range(4)]
    for stream in streams:
        stream.sendall(STREAM)
    until(lambda: scraped(served)[("stance_requests_in_flight", frozenset())] == 5, "four and the scrape")
    for pid in pids(served):
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(pids(served)) == 4, "both are replaced")
    served.wait()
    after = scraped(served)
    assert after[("stance_requests_in_flight", frozenset())] == 1
    counters = [key for key in before if key[0].endswith(("_total", "_count", "_sum", "_bucket"))]
    assert counters
    assert all(after[key] >= before[key] for key in counters)
    assert total(after, "stance_request_seconds_count", route="/classify") == 30
    for _ in range(10):
        assert b" 200 OK" in send(served, POST)
    assert total(scraped(served), "stance_request_seconds_count", route="/classify") == 40
    assert {file.name for file in folder.iterdir()} == files, "the new workers count on in the files of the dead"
    for stream in streams:
        stream.close()

    served.process.send_signal(signal.SIGHUP)
    until(lambda: served.log.read_text().count("Worker exiting") >= 2, "the old workers end")
    assert total(scraped(served), "stance_request_seconds_count", route="/classify") == 40
    assert served.stop() == 0
    assert not folders(served)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"GARBAGE\r\n\r\n", "malformed-request"),
        (b"GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "not-found"),
        (HEAD + b"Connection: close\r\nContent-Length: 99999999999\r\n\r\n", "too-large"),
        (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}", "invalid-request"),
    ],
)
def test_problems_are_counted_by_type(toy_served: Served, sent: bytes, kind: str) -> None:
    before = total(scraped(toy_served), "stance_errors_total", type=kind)
    send(toy_served, sent)
    assert total(scraped(toy_served), "stance_errors_total", type=kind) == before + 1


def test_what_is_refused_before_a_route_is_counted_by_type(toy_models: Path, tmp_path: Path) -> None:
    client = create_app(Settings(models=toy_models, api_keys="desk:0123456789abcdef")).test_client()
    assert client.post("/classify", data=BODY).status_code == 401
    key = {"Authorization": "Bearer 0123456789abcdef"}
    assert client.get("/metrics").status_code == 401
    text = client.get("/metrics", headers=key).get_data(as_text=True)
    assert total(parsed(text), "stance_errors_total", type="unauthorized") == 2
    assert total(parsed(text), "stance_request_seconds_count", route="/classify", status="401") == 1
    assert "desk" not in text
    none = create_app(Settings(models=tmp_path)).test_client()
    assert none.get("/readyz").status_code == 503
    samples = scraped(none)
    assert total(samples, "stance_errors_total", type="service-unavailable") == 1
    assert total(samples, "stance_models_total", outcome="refused") == 1
    assert not [name for name, _ in samples if name.startswith(("stance_model_info", "stance_drift"))]


def test_every_stance_told_is_counted_once(app: Flask) -> None:
    client = app.test_client()
    text = "Berlin called the step a grave mistake. Warsaw welcomed the step."
    client.post("/classify", json={"text": text})
    client.post("/classify/batch", json={"texts": ["Warsaw welcomed the step.", "", "Lorem ipsum dolor."]})
    client.post("/analyze", json={"text": text, "min_confidence": 1})
    lines = b'{"text": "Vienna deplored the grave step."}\n{}\n'
    with client.post("/classify/batch", data=lines, content_type="application/x-ndjson") as stream:
        assert len(stream.get_data().splitlines()) == 2
    samples = scraped(client)
    assert total(samples, "stance_prediction_confidence_count") == 1 + 2 + 2 + 1
    assert total(samples, "stance_uncertain_total", reason="unknown_vocabulary") == 1
    assert total(samples, "stance_uncertain_total", reason="low_confidence") == 2
    assert total(samples, "stance_request_bytes_total", route="/classify/batch") > len(lines)
    assert samples[("stance_requests_in_flight", frozenset())] == 1
    info = next(dict(labels) for name, labels in samples if name == "stance_model_info")
    assert info["target"] == "the step"


def test_a_label_is_never_what_a_caller_sent(app: Flask, toy_models: Path) -> None:
    client = app.test_client()
    client.open(f"/{SECRET}", method=SECRET.upper(), headers={"X-Request-Id": SECRET, SECRET: SECRET})
    client.post(f"/classify?{SECRET}", json={"text": SECRET, SECRET: SECRET}, content_type=f"text/{SECRET}")
    client.get(f"/docs/{SECRET}")
    client.post("/classify", json={"text": f"{SECRET} called it a mistake.", "min_confidence": 1})
    text = client.get("/metrics").get_data(as_text=True)
    assert SECRET.lower() not in text.lower()
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    routes = {dict(labels)["route"] for name, labels in parsed(text) if name == "stance_request_seconds_count"}
    assert routes == {"none", "/classify", "/docs/<path:name>"}
    assert routes - {"none"} <= rules


@pytest.fixture(scope="module")
def other_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the same sentences under other labels."""
    folder = tmp_path_factory.mktemp("other")
    rows = TOY.replace(",criticism", ",con").replace(",support", ",pro")
    (folder / "rows.csv").write_text(rows, encoding="utf-8")
    assert train.main(["--data", str(folder / "rows.csv"), "--out", str(folder / "models"), "--target", "it"]) == 0
    return folder / "models"


def test_drift_sets_traffic_beside_training_and_follows_the_model(
    toy_models: Path, other_models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(toy_models, folder)
    models = Models(folder)
    models.load()
    manifest = models.current().manifest
    client = create_app(Settings(models=folder), models).test_client()
    measured = manifest.metrics["cross_validation"]
    assert not [labels for name, labels in scraped(client) if ("source", "traffic") in labels], "nothing asked yet"
    texts = ["Berlin called the step a grave mistake."] * 3 + ["Lorem ipsum dolor."]
    answers = client.post("/classify/batch", json={"texts": texts}).get_json()["results"]
    samples = scraped(client)
    version = {"version": manifest.version}
    for number, label in enumerate(manifest.labels):
        share = sum(row[number] for row in measured["confusion"]) / measured["rows"]
        assert total(samples, "stance_drift_label_share", source="training", label=label, **version) == share
        told = sum(answer["label"] == label for answer in answers)
        assert total(samples, "stance_drift_label_share", source="traffic", label=label, **version) == told / 4
    for source, sure, unknown in (
        ("training", measured["mean_confidence"], measured["unknown_vocabulary"]),
        ("traffic", sum(answer["confidence"] for answer in answers) / 4, 0.25),
    ):
        assert total(samples, "stance_drift_mean_confidence", source=source) == pytest.approx(sure)
        assert total(samples, "stance_drift_unknown_vocabulary_share", source=source) == pytest.approx(unknown)

    new = artifact.current(other_models)
    shutil.copytree(other_models / new, folder / new)
    (folder / artifact.CURRENT).write_text(new + "\n")
    models.load()
    client.post("/classify", json={"text": texts[0]})
    samples = scraped(client)
    shares = {
        (dict(labels)["source"], dict(labels)["label"]): value
        for (name, labels), value in samples.items()
        if name == "stance_drift_label_share"
    }
    assert {label for _, label in shares} == {"con", "neutral", "pro"}
    assert [shares["traffic", label] for label in ("con", "neutral", "pro")] == [1, 0, 0]
    assert total(samples, "stance_prediction_confidence_count", **version) == 4, "what the old one told stays"
