"""The versions of a models folder: which there are, which is the current one, which was before.

    models/
      current     the version in use: its name and a line end, replaced atomically
      history     a line for each version that was made the current one, the last of them this one
      1f0c…/      a version: see `model.artifact`

`history` is written before `current`, and read only up to the version that `current` names: whoever is killed between
the two leaves a line that nobody reads.
"""

import fcntl
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model import artifact
from model.analyzer import Analyzer
from model.errors import ArtifactCorruptError, ArtifactError, ArtifactMissingError

HISTORY = "history"
PROBE = "The government welcomed the decision, and the opposition called it a mistake."


def names(models: Path) -> list[str]:
    """Return the names of the versions in a models folder, the one published last first; they may not verify."""
    try:
        found = [one for one in models.iterdir() if artifact.VERSION.fullmatch(one.name) and one.is_dir()]
    except OSError as fault:
        raise ArtifactMissingError(f"no models in {models}: {fault.strerror}") from None
    return [one.name for one in sorted(found, key=lambda one: (-published(one), one.name))]


def current(models: Path) -> str | None:
    """Return the name of the current version, or `None` where none is named."""
    try:
        return artifact.current(models)
    except ArtifactError:
        return None


def published(version: Path) -> float:
    """Return when a version came into its folder, in seconds of the epoch: the time of its manifest, or its own."""
    manifest = version / artifact.MANIFEST
    return (manifest if manifest.exists() else version).stat().st_mtime


def probe(analyzer: Analyzer) -> None:
    """Score a sentence: a model that gives no probabilities for it is not ready. Raises `ArtifactCorruptError`.

    Analyzing it also reads the table of actors, before a service forks the workers that share it.
    """
    version = analyzer.manifest.version
    try:
        probabilities = analyzer.analyze(PROBE).stance.probabilities.values()
    except Exception as fault:
        # A manifest whose digests are right and whose values are not may raise anything at all.
        raise ArtifactCorruptError(
            f"model {version} cannot judge the probe sentence ({type(fault).__name__})"
        ) from fault
    if not math.isclose(sum(probabilities), 1.0, abs_tol=1e-6):
        raise ArtifactCorruptError(f"model {version} gives no probabilities for the probe sentence")


def promote(models: Path, version: str) -> None:
    """Make a version the current one, after verifying all of it: every file's digest, the content, the probe sentence.

    Raises `ArtifactError` for one that does not verify, `OSError` where the folder cannot be written.
    """
    probe(Analyzer(*artifact.load_whole(models, version)))
    with locked(models):
        point(models, version)


def rollback(models: Path) -> str:
    """Promote the version that was current before; returns its name. A rollback of a rollback comes back.

    Errors as for `promote`.
    """
    past = _past(models, current(models))
    if not past:
        raise ArtifactMissingError(f"no version was current before in {models}")
    promote(models, past[-1])
    return past[-1]


def point(models: Path, version: str) -> None:
    """Move the pointer; to be called with the folder `locked`. Raises `OSError`, and then `current` is what it was."""
    left = current(models)
    if left != version:
        before = [] if left is None else [left]
        _replace(models / HISTORY, [*_past(models, left), *before, version])
        _replace(models / artifact.CURRENT, [version])


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against others that take this lock; waits for them. Who is killed lets go."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _past(models: Path, version: str | None) -> list[str]:
    """Return the versions that were current before this one, the last of them last."""
    try:
        lines = (models / HISTORY).read_text(encoding="ascii").split()
    except (FileNotFoundError, ValueError):
        return []
    if version in lines:
        del lines[len(lines) - 1 - lines[::-1].index(version) :]
    return lines


def _replace(file: Path, lines: list[str]) -> None:
    # A name of its own is not needed under the lock; what a killed one left there is overwritten.
    beside = file.with_name(f".{file.name}")
    try:
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        sync(beside)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    sync(file.parent)
