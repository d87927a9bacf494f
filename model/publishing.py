"""Publishing a version: written beside, synced, renamed, pointed to. Whoever is killed on the way leaves what was."""

import dataclasses
import fcntl
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

from model import artifact, scorer, versions
from model.artifact import Manifest
from model.errors import ArtifactError
from model.scorer import Scorer

BESIDE = ".publishing-"
_LIBRARIES = ("scikit-learn", "numpy", "scipy", "joblib")


def publish(
    models: Path,
    pipeline: Any,
    found: Scorer,
    manifest: Manifest,
    report: Mapping[str, bytes],
    promote: bool = True,
) -> Manifest:
    """Publish a fitted pipeline and what it was compiled to as a version of `models`, and make it the current one.

    `report` has the files to lay beside them by name. Without `promote` the current version stays what it is.

    A reader sees the old version or the new one, never half of one, and whatever fails before leaves the old one in
    place; what it wrote is cleared by the next to publish. Several may publish into one folder at once. A version that
    is already there is left alone if it is whole, and replaced if it is not. Raises `OSError` when the folder cannot
    be written.
    """
    models.mkdir(parents=True, exist_ok=True)
    with _beside(models) as beside:
        manifest = _write(beside, pipeline, found, manifest, report)
        with versions.locked(models):
            if not _is_whole(models, manifest.version):
                _rename(beside, models / manifest.version)
            if promote:
                versions.point(models, manifest.version)
    return manifest


def _write(beside: Path, pipeline: Any, found: Scorer, manifest: Manifest, report: Mapping[str, bytes]) -> Manifest:
    """Write a version's files and bring them to the disk; returns the manifest, completed."""
    import joblib  # noqa: PLC0415  (training's)

    joblib.dump(pipeline, beside / artifact.PIPELINE, compress=3)
    scorer.save(found, beside / artifact.SCORER)
    names = (artifact.SCORER, artifact.PIPELINE)
    manifest = dataclasses.replace(
        manifest,
        python=".".join(map(str, sys.version_info[:3])),
        libraries={name: library_version(name) for name in _LIBRARIES},
        file_digests={name: artifact.file_digest(beside / name) for name in names},
        content_digest=artifact.content_digest(found, manifest),
    )
    fields = json.dumps(dataclasses.asdict(manifest), indent=2, ensure_ascii=False)
    (beside / artifact.MANIFEST).write_text(fields + "\n", encoding="utf-8")
    for name, content in report.items():
        (beside / name).write_bytes(content)
    beside.chmod(0o755)
    for file in (*beside.iterdir(), beside):
        versions.sync(file)
    return manifest


@contextmanager
def _beside(models: Path) -> Iterator[Path]:
    """Make a folder to write in, locked as long as its writer lives, and clear those whose writer is gone."""
    with versions.locked(models):
        for left in models.glob(f"{BESIDE}*"):
            _clear(left)
        beside = Path(tempfile.mkdtemp(prefix=BESIDE, dir=models))
        handle = os.open(beside, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        os.close(handle)


def _clear(left: Path) -> None:
    """Clear what a writer left; of one that still writes, or of another user, nothing."""
    with suppress(OSError), ExitStack() as stack:
        handle = os.open(left, os.O_RDONLY)
        stack.callback(os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left)


def _is_whole(models: Path, version: str) -> bool:
    try:
        _, manifest = artifact.load_whole(models, version)
    except ArtifactError:
        return False
    return all((models / version / name).exists() for name in manifest.file_digests)


def _rename(beside: Path, version: Path) -> None:
    if version.exists():
        # It is not whole. As a leftover it is cleared, now or by the next.
        spoilt = Path(tempfile.mkdtemp(prefix=BESIDE, dir=version.parent))
        version.rename(spoilt / version.name)
        shutil.rmtree(spoilt, ignore_errors=True)
    beside.rename(version)
    versions.sync(version.parent)
