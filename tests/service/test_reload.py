"""Another model while the service runs: nobody waits, nobody fails, and what does not verify is not served."""

import http.client
import json
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from model import artifact, publishing, versions
from service.models import Models
from tests.conftest import Served

pytestmark = pytest.mark.covers_services

BODY = json.dumps({"text": "Berlin called the step a grave mistake."}).encode()
JSON = {"Content-Type": "application/json"}
Start = Callable[..., Served]
Answer = tuple[int, str | None]  # the status, and the version that answered


def another(models: Path, temperature: float) -> str:
    """Publish the current model at another temperature."""
    found, manifest = artifact.load(models)
    return publishing.publish(models, None, found, replace(manifest, temperature=temperature), {}).version


@pytest.fixture
def models(toy_models: Path, tmp_path: Path) -> Path:
    """A models folder with two versions, of which the first is current."""
    models = Path(shutil.copytree(toy_models, tmp_path / "models"))
    another(models, 2.0)
    versions.rollback(models)
    return models


def other(models: Path) -> str:
    """Return the version that is not the current one."""
    return next(name for name in versions.names(models) if name != artifact.current(models))


def until(done: Callable[[], bool], served: Served) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, served.log.read_text()
        time.sleep(0.02)


def logged(served: Served, sentence: str) -> list[str]:
    return [line for line in served.log.read_text().splitlines() if sentence in line]


def until_logged(served: Served, sentence: str, times: int = 1) -> None:
    until(lambda: len(logged(served, sentence)) >= times, served)
    assert len(logged(served, sentence)) == times


def until_answered(served: Served, answers: list[Answer], more: int = 8) -> None:
    count = len(answers)
    until(lambda: len(answers) > count + more, served)


def ask(connection: http.client.HTTPConnection) -> Answer:
    connection.request("POST", "/classify", BODY, JSON)
    with connection.getresponse() as answer:
        body = json.load(answer)
        version = answer.headers["X-Model-Version"]
        assert answer.status != 200 or body["model"]["version"] == version
        return answer.status, version


def answered_by(served: Served) -> set[str | None]:
    """Ask on connections enough for every worker to answer some; returns the versions that did."""
    connections = [http.client.HTTPConnection("127.0.0.1", served.port, timeout=20) for _ in range(8)]
    found = [ask(connection) for connection in connections]
    for connection in connections:
        connection.close()
    assert {status for status, _ in found} == {200}
    return {version for _, version in found}


@contextmanager
def asking(served: Served, connections: int = 4) -> Iterator[list[Answer]]:
    """Ask on kept-alive connections meanwhile; yields the answers as they come. No request may fail."""
    answers: list[Answer] = []
    faults: list[BaseException] = []
    ended = threading.Event()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
        try:
            while not ended.is_set():
                answers.append(ask(connection))
                time.sleep(0.005)  # leave the workers some of the two cores to load with
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=client) for _ in range(connections)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ended.set()
        for thread in threads:
            thread.join(30)
    assert not faults
    assert {status for status, _ in answers} == {200}


def test_a_new_version_is_served_by_all_workers_and_no_request_fails(models: Path, serve: Start) -> None:
    first, second = artifact.current(models), other(models)
    served = serve(models).wait()
    with asking(served) as answers:
        for version in (second, first, second):
            before = len(logged(served, f"model {version} is served"))
            versions.promote(models, version)
            until_logged(served, f"model {version} is served", before + 2)
        until_answered(served, answers)
    assert {version for _, version in answers} == {first, second}
    assert answered_by(served) == {second}
    assert "Traceback" not in served.log.read_text()


def test_a_stream_ends_on_the_version_that_it_began_with(models: Path, serve: Start) -> None:
    first, second = artifact.current(models), other(models)
    served = serve(models).wait()
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.putrequest("POST", "/classify/batch")
    connection.putheader("Content-Type", "application/x-ndjson")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    send = connection.sock.sendall
    send(b"%x\r\n%b\n\r\n" % (len(BODY) + 1, BODY))
    answer = connection.getresponse()
    found = [json.loads(answer.readline())]
    versions.promote(models, second)
    until_logged(served, f"model {second} is served", 2)
    assert answered_by(served) == {second}
    send(b"%x\r\n%b\n\r\n0\r\n\r\n" % (len(BODY) + 1, BODY))
    found.append(json.loads(answer.readline()))
    assert answer.read() == b""
    connection.close()
    assert {one["model"]["version"] for one in found} == {first} == {answer.headers["X-Model-Version"]}
    assert found[0]["probabilities"] == found[1]["probabilities"]


def test_a_worker_that_is_forked_late_begins_with_the_current_version(models: Path, serve: Start) -> None:
    second = other(models)
    served = serve(models, workers=1).wait()
    versions.promote(models, second)
    until_logged(served, f"model {second} is served", 1)
    os.kill(int(re.findall(r"Booting worker with pid: (\d+)", served.log.read_text())[0]), signal.SIGKILL)
    until_logged(served, "Booting worker", 2)
    assert answered_by(served) == {second}


def test_without_a_model_the_first_one_published_is_taken_up(models: Path, tmp_path: Path, serve: Start) -> None:
    empty = tmp_path / "empty"
    served = serve(empty).wait("/livez")
    shutil.copytree(models, empty)
    served.wait("/readyz")
    until_logged(served, f"model {artifact.current(models)} is served", 2)
    assert answered_by(served) == {artifact.current(models)}
    assert len(logged(served, "no model is served: no model in")) == 1


def change(version: Path, **fields: object) -> None:
    manifest = json.loads((version / "manifest.json").read_text())
    (version / "manifest.json").write_text(json.dumps({**manifest, **fields}))


def truncated(models: Path, version: Path) -> None:
    content = (version / "scorer.npz").read_bytes()
    (version / "scorer.npz").write_bytes(content[: len(content) // 2])


def foreign_weights(models: Path, version: Path) -> None:
    shutil.copy(models / artifact.current(models) / "scorer.npz", version)
    with (version / "scorer.npz").open("ab") as file:
        file.write(b"more")
    change(version, file_digests={"scorer.npz": artifact.file_digest(version / "scorer.npz")})
    change(version, labels=["spam", "ham"])


def foreign_manifest(models: Path, version: Path) -> None:
    (version / "manifest.json").write_text('{"name": "stance", "implementation": "mlserver_sklearn.SKLearnModel"}')


def tampered(models: Path, version: Path) -> None:
    change(version, temperature=7.0)


def another_model_in_its_place(models: Path, version: Path) -> None:
    shutil.rmtree(version)
    shutil.copytree(models / artifact.current(models), version)


def older(models: Path, version: Path) -> None:
    change(version, format=2)


def deleted(models: Path, version: Path) -> None:
    shutil.rmtree(version)


FAULTS = {
    truncated: r"scorer\.npz of artifact \w+ does not match its digest",
    foreign_weights: "the content of artifact .* does not match",
    foreign_manifest: "has format null",
    tampered: "the content of artifact .* does not match",
    another_model_in_its_place: "under another's name",
    older: "has format 2",
    deleted: "which is not there",
}


def test_what_does_not_verify_is_refused_once_and_the_old_model_goes_on(models: Path, serve: Start) -> None:
    first, second = artifact.current(models), other(models)
    served = serve(models, workers=1).wait()
    spare = models.with_name("spare")
    shutil.copytree(models / second, spare)
    with asking(served) as answers:
        for number, (spoil, sentence) in enumerate(FAULTS.items(), 1):
            spoil(models, models / second)
            (models / "current").write_text(second)
            until_logged(served, f"model {first} is kept, since", number)
            assert re.search(sentence, logged(served, "is kept, since")[-1])
            until_answered(served, answers)
            (models / "current").write_text(first)
            until_logged(served, f"model {first} is served", number + 1)
            shutil.rmtree(models / second, ignore_errors=True)
            shutil.copytree(spare, models / second)
        (models / "current").unlink()
        until_logged(served, f"model {first} is kept, since no model in", 1)
        shutil.rmtree(models)
        until_answered(served, answers)
    assert {version for _, version in answers} == {first}
    shutil.copytree(spare, models / second)
    (models / "current").write_text(second)
    until_logged(served, f"model {second} is served", 1)
    assert answered_by(served) == {second}
    assert "Traceback" not in served.log.read_text()


def test_what_was_refused_is_tried_again_when_its_files_change_and_not_before(models: Path) -> None:
    first, second = artifact.current(models), other(models)
    seen: list[tuple[str, str]] = []
    holder = Models(models, lambda outcome, version: seen.append((outcome, version)))
    holder.load()
    holder.refresh()
    whole = (models / second / "scorer.npz").read_bytes()
    truncated(models, models / second)
    (models / "current").write_text(second)
    holder.refresh()
    holder.refresh()
    assert seen == [("loaded", first), ("refused", second)]
    assert holder.current().manifest.version == first
    (models / second / "scorer.npz").write_bytes(whole)
    holder.refresh()
    holder.refresh()
    (models / "current").unlink()
    holder.refresh()
    assert seen[2:] == [("loaded", second), ("refused", "")]
    assert holder.current().manifest.version == second


def test_a_folder_that_may_not_be_read_is_refused_in_a_sentence(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    (models / "current").unlink()
    (models / "current").mkdir()
    holder = Models(models)
    holder.load()
    assert [record.message for record in caplog.records] == [
        f"no model is served: {models / 'current'} cannot be read: Is a directory"
    ]
