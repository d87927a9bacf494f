"""A run from the options to the exit status."""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from dask.system import CPU_COUNT

from model import ArtifactError, artifact
from model.artifact import Manifest
from service.bulk import inputs, manifest, progress, running, summary, writing
from service.bulk.inputs import Columns, InputError, Source
from service.bulk.running import Outcome, Plan
from service.bulk.scoring import Job
from service.bulk.tally import Tally
from service.cli import judges
from service.cli.asking import UnavailableError, UnwritableError

_REJECTED, _WRONG_USAGE = 1, 2


@dataclass(frozen=True, slots=True)
class Session:
    """A run whose output folder is taken."""

    out: Path
    model: Manifest
    sources: list[Source]
    job: Job


def score(options: argparse.Namespace) -> int:
    """Score an archive, or go on where an ended run stopped; returns the exit status.

    Raises `UnavailableError` where model, scheduler or workers fail, `UnwritableError`; what is done by then stays.
    """
    try:
        session = _begin(options)
        started = time.monotonic()
        outcome = _run(session, options)
        seconds = time.monotonic() - started
        if options.share[1] > 1:
            print(f"share {'/'.join(map(str, options.share))}: its {len(outcome.planned)} parts are done")
            return 0
        return _end(session, outcome, seconds)
    except InputError as fault:
        print(f"stance: {fault}", file=sys.stderr)
        return _WRONG_USAGE
    except OSError as fault:
        raise UnwritableError(f"{options.out} cannot be written: {fault.strerror}") from None


def _begin(options: argparse.Namespace) -> Session:
    """Find model and inputs, and take the output folder."""
    folder, model = _model(judges.models(options))
    columns = _columns(options)
    sources = inputs.find(options.inputs, columns)
    shown = {"text": columns.text, "id": columns.id, "date": columns.date, "unit": options.unit}
    what = manifest.identity(model, sources, {**shown, "format": options.format, "part_bytes": options.part_bytes})
    out = options.out.absolute()
    manifest.begin(out, what)
    pinned = str(folder.absolute()), model.content_digest, what["code"], what["run"]
    return Session(out, model, sources, Job(str(out), *pinned, columns, options.unit, options.format))


def _model(models: Path) -> tuple[Path, Manifest]:
    """Return the folder of the version that answers all of the run, and its manifest; raises `UnavailableError`.

    The weights are the workers' to load and verify.
    """
    try:
        folder = models if (models / artifact.MANIFEST).exists() else models / artifact.current(models)
        return folder, artifact.read_manifest(folder)
    except ArtifactError as fault:
        raise UnavailableError(str(fault)) from None


def _columns(options: argparse.Namespace) -> Columns:
    named = frozenset(one for one in (options.id_column, options.date_column) if one)
    return Columns(options.text_column, options.id_column or "id", options.date_column or "date", named)


def _run(session: Session, options: argparse.Namespace) -> Outcome:
    index, count = options.share
    chosen = [(number, source) for number, source in enumerate(session.sources) if number % count == index]
    total = sum(source.bytes for _, source in chosen)
    try:
        with (
            running.cluster(options.scheduler, options.workers or CPU_COUNT) as client,
            progress.shown(total) as shown,
        ):
            return running.run(Plan(session.job, chosen, options.part_bytes), client, shown)
    except UnavailableError as fault:
        done = len(writing.finished(session.out))
        raise UnavailableError(f"{fault}; {done} parts are done, and the same command goes on from there") from None


def _end(session: Session, outcome: Outcome, seconds: float) -> int:
    """Hold what came out against what went in, sum it up, and say what there is."""
    out, model = session.out, session.model
    for source in session.sources:
        if not source.unchanged():
            raise InputError(f"{source.name} has changed since the run began: take another --out for it")
    tally = Tally(model.roles)
    counts = manifest.count(out, session.job.form, outcome.planned, tally)
    summary.write(out, tally, model.labels, model.roles)
    writing.clear(out)
    manifest.end(out, counts, len(outcome.planned), outcome.judged, seconds)
    print(f"{counts.judged:,} sentences of {counts.rows - counts.rejects:,} {session.job.unit}s are in {out}")
    if not counts.rejects:
        return 0
    print(f"stance: {counts.rejects:,} of {counts.rows:,} rows were rejected: {out / writing.REJECTS}", file=sys.stderr)
    return _REJECTED
