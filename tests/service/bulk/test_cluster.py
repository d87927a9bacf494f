"""A cluster as others run it: scheduler and workers are processes of their own, on loopback."""

import socket
from pathlib import Path

import pytest

from service.bulk import running
from service.cli.asking import UnavailableError
from tests.service.bulk.conftest import LONG, Processes, parts, tree, wait


def test_workers_come_and_go(
    processes: Processes, port: int, archive: Path, unbroken: dict[str, bytes], out: Path
) -> None:
    processes.scheduler(port)
    first = processes.worker(port)
    run = processes.bulk(archive, out, "--scheduler", f"tcp://127.0.0.1:{port}")
    wait(lambda: parts(out) > 2, run)
    processes.worker(port)
    first.kill()
    first.wait()
    before = parts(out)
    shown, _ = run.communicate(timeout=120)
    assert run.returncode == 0, run.log.read_text()  # type: ignore[attr-defined]
    assert before < parts(out)
    assert shown.endswith(f" sentences of {LONG:,} articles are in {out}\n".encode())
    assert tree(out) == unbroken


def test_without_its_scheduler_a_run_ends_and_goes_on_at_another(
    processes: Processes, port: int, archive: Path, unbroken: dict[str, bytes], out: Path
) -> None:
    address = f"tcp://127.0.0.1:{port}"
    scheduler = processes.scheduler(port)
    worker = processes.worker(port)
    run = processes.bulk(archive, out, "--scheduler", address)
    wait(lambda: parts(out) > 2, run)
    scheduler.kill()
    scheduler.wait()
    assert run.wait(60) == 3
    named = run.log.read_text()  # type: ignore[attr-defined]
    start, count, rest = named.partition(";")[0], *named.partition("; ")[2].split(" ", 1)
    assert start == "stance: the scheduler is gone"
    assert rest == "parts are done, and the same command goes on from there\n"
    assert 2 < int(count) < len([name for name in unbroken if name.startswith("parts/")])
    worker.kill()
    worker.wait()
    processes.scheduler(port)
    processes.worker(port)
    again = processes.bulk(archive, out, "--scheduler", address)
    again.communicate(timeout=120)
    assert again.returncode == 0
    assert tree(out) == unbroken


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_no_scheduler_and_no_workers(processes: Processes, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PATIENCE", 1)
    address = f"tcp://127.0.0.1:{port}"
    with pytest.raises(UnavailableError, match=f"no scheduler answers at {address}"), running.cluster(address, 1):
        pass
    scheduler = processes.scheduler(port)
    wait(lambda: listening(port), scheduler)
    monkeypatch.setattr(running, "PATIENCE", 3)
    with (
        pytest.raises(UnavailableError, match=f"the scheduler at {address} has no workers"),
        running.cluster(address, 1),
    ):
        pass
    assert scheduler.poll() is None
