"""A run: parts to the workers of a Dask cluster, a few at a time, until all are done."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import dask
from distributed import Client, Future, LocalCluster, as_completed
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from service.bulk import cutting, scoring, writing
from service.bulk.cutting import Part
from service.bulk.inputs import InputError, Source
from service.bulk.scoring import Job
from service.cli.asking import UnavailableError

# Parts that a worker has before it at once: one that it works on, and the next ones while the client cuts more.
_AHEAD = 3
# Seconds to wait for a scheduler, and then for its first worker.
PATIENCE = 30
_CONFIG = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    # What Dask looks after on the side takes 6% of a core as it comes, and 1% so.
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.large-graph-warning-threshold": "1 GiB",
}


class Progress(Protocol):
    """Who is told how it goes on."""

    def skipped(self, weight: int) -> None:
        """So many bytes of the inputs had been done before."""

    def done(self, weight: int, judged: int) -> None:
        """So many bytes of the inputs, and the sentences in them, are done."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: which of the inputs, by their numbers, and in how large parts."""

    job: Job
    sources: Sequence[tuple[int, Source]]
    part_bytes: int


@dataclass(slots=True)
class Outcome:
    """What came of it: the rows of each part as they were cut, and what was done now and not before."""

    planned: dict[str, int]
    parts: int = 0
    judged: int = 0


@contextmanager
def cluster(scheduler: str | None, workers: int) -> Iterator[Client]:
    """Connect to the scheduler at an address, or start so many worker processes here; raises `UnavailableError`."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # what Dask has to say of workers that come and go; a fault has its sentence
    try:
        with dask.config.set(_CONFIG):
            if scheduler:
                with _connected(scheduler) as client:
                    yield client
            else:
                options: dict[str, Any] = {"host": "127.0.0.1", "threads_per_worker": 1}
                # Its HTTP server cannot be left out: it has no routes, and a free port.
                options |= {"dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}
                with (
                    LocalCluster(n_workers=workers, silence_logs=logging.CRITICAL, **options) as here,
                    Client(here) as client,
                ):
                    yield client
    finally:
        logging.disable(before)


def run(plan: Plan, client: Client, progress: Progress) -> Outcome:
    """Score every part that is not done yet.

    Memory: a few parts a worker. Raises `UnavailableError`, `UnwritableError` or `InputError`; what is done by then
    stays.
    """
    outcome = Outcome({})
    try:
        for weight, judged in _done(plan.job, _missing(plan, outcome, progress), client):
            outcome.parts += 1
            outcome.judged += judged
            progress.done(weight, judged)
    except KilledWorker as fault:
        raise UnavailableError(f"one worker after the other has died of {fault.task}") from None
    except (FutureCancelledError, CommClosedError, TimeoutError):
        raise UnavailableError("the scheduler is gone") from None
    return outcome


def _missing(plan: Plan, outcome: Outcome, progress: Progress) -> Iterator[Part]:
    """Yield the parts that are not done, and note the rows of all."""
    done = writing.finished(Path(plan.job.out))
    for number, source in plan.sources:
        try:
            for part in cutting.parts(number, source, plan.part_bytes):
                outcome.planned[part.name] = part.rows
                if part.name in done:
                    progress.skipped(part.weight)
                else:
                    yield part
        except OSError as fault:
            raise InputError(f"{source.name} cannot be read: {fault.strerror}") from None


def _done(job: Job, parts: Iterator[Part], client: Client) -> Iterator[tuple[int, int]]:
    """Yield the weight of each part as it gets done, with the sentences that were judged in it."""
    weights: dict[Future[int], int] = {}
    running = as_completed()

    def hand_out() -> None:
        # The cluster may have grown since.
        wanted = _AHEAD * max(1, sum(client.nthreads().values()))
        while len(weights) < wanted and (part := next(parts, None)):
            future = client.submit(scoring.finish, job, part, key=f"{job.run}-{part.name}", pure=False)
            weights[future] = part.weight
            running.add(future)

    hand_out()
    for future in running:
        yield weights.pop(future), future.result()
        hand_out()


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except OSError:
        raise UnavailableError(f"no scheduler answers at {scheduler}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise UnavailableError(f"the scheduler at {scheduler} has no workers") from None
        yield client
