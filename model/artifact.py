"""Saving, verifying and loading a model: one folder a version, and a file `current` that names the one to use.

    models/
      current            the version's name and a line end, replaced atomically
      1f0c…/             the first 12 hex digits of the content digest
        manifest.json    what the model is: see `Manifest`
        scorer.npz       the compiled pipeline: what serves, and executes nothing on loading
        model.joblib     the fitted pipeline, for those who want scikit-learn's own
        report.json      what training measured; report.md and its plots, the same to read

The digests find damage and mix-ups. Only `load_pipeline` unpickles, and so trusts the folder like code.
"""

import dataclasses
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

import numpy as np

from model import scorer
from model.errors import ArtifactCorruptError, ArtifactIncompatibleError, ArtifactMissingError
from model.scorer import Scorer

FORMAT = 3
CURRENT = "current"
MANIFEST = "manifest.json"
SCORER = "scorer.npz"
PIPELINE = "model.joblib"
VERSION = re.compile(r"[0-9a-f]{12}")
_SHAPING = ("target", "labels", "roles", "unit", "roll_up", "temperature", "thresholds", "parameters")
_LIBRARIES = ("scikit-learn", "numpy", "scipy", "joblib")


@dataclasses.dataclass(frozen=True, slots=True)
class Manifest:
    """What a model is, beside its weights. Training states the first eleven fields, `save` completes the others.

    `unit` is "sentence" (a text is cut and rolled up: see `Analyzer.roll_up`) or "text" (judged unsplit); `roles` says
    which label is support, criticism and neutral, as far as the labels have these sides; the decision values
    are divided by the `temperature`; `thresholds` has `unknown_vocabulary`, the share of known words
    below which an answer is uncertain; `data` names the labelled rows by digest and counts; digests are SHA-256, those
    of files by name.
    """

    target: str
    labels: tuple[str, ...]
    roles: Mapping[str, str]
    unit: str
    roll_up: Mapping[str, Any]
    temperature: float
    thresholds: Mapping[str, float]
    parameters: Mapping[str, Any]
    seed: int
    data: Mapping[str, Any]
    metrics: Mapping[str, Any]
    format: int = FORMAT
    python: str = ""
    libraries: Mapping[str, str] = dataclasses.field(default_factory=dict)
    file_digests: Mapping[str, str] = dataclasses.field(default_factory=dict)
    content_digest: str = ""

    @property
    def version(self) -> str:
        """The name of the version: the first 12 hex digits of the content digest, empty before it is saved."""
        return self.content_digest[:12]


def content_digest(found: Scorer, manifest: Manifest) -> str:
    """Digest all that an answer depends on: the facts that shape it, terms, idf, coefficients, intercepts.

    It is the same for two fits on the same data, unlike that of `model.joblib`, in which joblib writes an object's
    address. SHA-256 in hex; cost: some 0.2 s for 700,000 terms.
    """
    shaping = {name: getattr(manifest, name) for name in _SHAPING}
    digest = hashlib.sha256(json.dumps(shaping, sort_keys=True).encode())
    for name, array in scorer.arrays(found).items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def save(models: Path, pipeline: Any, found: Scorer, manifest: Manifest, report: Mapping[str, bytes]) -> Manifest:
    """Publish a fitted pipeline and what it was compiled to as a version of `models`, and make it the current one.

    `report` has the files to lay beside them by name.

    The version is written beside, synced and renamed, then `current` is replaced: a reader sees the old version or
    the new one, never half of one, and whatever fails before leaves the old one in place. A version that is already
    there is left alone. Raises `OSError` when the folder cannot be written.
    """
    models.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".publishing-", dir=models))
    try:
        import joblib  # noqa: PLC0415  (training's)

        joblib.dump(pipeline, beside / PIPELINE, compress=3)
        scorer.save(found, beside / SCORER)
        manifest = dataclasses.replace(
            manifest,
            python=".".join(map(str, sys.version_info[:3])),
            libraries={name: library_version(name) for name in _LIBRARIES},
            file_digests={name: _file_digest(beside / name) for name in (SCORER, PIPELINE)},
            content_digest=content_digest(found, manifest),
        )
        fields = json.dumps(dataclasses.asdict(manifest), indent=2, ensure_ascii=False)
        (beside / MANIFEST).write_text(fields + "\n", encoding="utf-8")
        for name, content in report.items():
            (beside / name).write_bytes(content)
        beside.chmod(0o755)
        for file in (*beside.iterdir(), beside):
            _sync(file)
        if not (models / manifest.version).exists():
            beside.rename(models / manifest.version)
            _sync(models)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    promote(models, manifest.version)
    return manifest


def promote(models: Path, version: str) -> None:
    """Make a version the current one: `current` is written beside and replaced."""
    handle, name = tempfile.mkstemp(prefix=".current-", dir=models)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(version + "\n")
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(name).replace(models / CURRENT)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync(models)


def load(folder: Path) -> tuple[Scorer, Manifest]:
    """Load a version folder, or the current version of a models folder, after verifying it.

    Raises `ArtifactMissingError`, `ArtifactCorruptError` or `ArtifactIncompatibleError`, each naming what is wrong.
    Needs neither scikit-learn nor joblib, and executes nothing of what it reads.
    """
    folder = _version_folder(folder)
    manifest = read_manifest(folder)
    _verify(folder, SCORER, manifest)
    try:
        found = scorer.load(folder / SCORER)
        digest = content_digest(found, manifest)
    except Exception as fault:
        # A file that is no archive, or another one, may raise anything at all.
        raise ArtifactCorruptError(
            f"{SCORER} of artifact {folder.name} cannot be read ({type(fault).__name__})"
        ) from fault
    if digest != manifest.content_digest:
        raise ArtifactCorruptError(f"the content of artifact {folder.name} does not match its digest in {MANIFEST}")
    return found, manifest


def load_pipeline(folder: Path) -> Any:
    """Unpickle the fitted scikit-learn pipeline of a version; errors as for `load`.

    Nothing is unpickled before format, scikit-learn's minor version and the file's digest have been compared.
    """
    import joblib  # noqa: PLC0415  (training's)

    folder = _version_folder(folder)
    manifest = read_manifest(folder)
    installed = library_version("scikit-learn")
    made_with = manifest.libraries.get("scikit-learn", "an unnamed version")
    if made_with.split(".")[:2] != installed.split(".")[:2]:
        raise ArtifactIncompatibleError(
            f"artifact {folder.name} was made with scikit-learn {made_with}, and {installed} is installed: train again"
        )
    _verify(folder, PIPELINE, manifest)
    try:
        return joblib.load(folder / PIPELINE)
    except Exception as fault:
        # Unpickling may raise anything at all.
        raise ArtifactCorruptError(
            f"{PIPELINE} of artifact {folder.name} cannot be read ({type(fault).__name__})"
        ) from fault


def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest of one version folder; errors as for `load`."""
    try:
        fields = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactMissingError(f"artifact {folder.name} has no {MANIFEST}") from None
    except ValueError:
        raise ArtifactCorruptError(f"{MANIFEST} of artifact {folder.name} is not JSON") from None
    found = fields.get("format") if isinstance(fields, dict) else None
    if found != FORMAT:
        raise ArtifactIncompatibleError(
            f"artifact {folder.name} has format {json.dumps(found)[:40]}, and this version reads format {FORMAT}"
        )
    expected = {field.name for field in dataclasses.fields(Manifest)}
    if set(fields) != expected:
        odd = ", ".join(sorted(expected.symmetric_difference(fields)))
        raise ArtifactCorruptError(f"{MANIFEST} of artifact {folder.name} lacks or does not know: {odd}")
    try:
        return Manifest(**{**fields, "labels": tuple(fields["labels"]), "libraries": dict(fields["libraries"])})
    except (TypeError, ValueError):
        raise ArtifactCorruptError(
            f"{MANIFEST} of artifact {folder.name} cannot be read: a value is no list or map"
        ) from None


def _verify(folder: Path, name: str, manifest: Manifest) -> None:
    if not (folder / name).is_file():
        raise ArtifactMissingError(f"artifact {folder.name} has no {name}")
    if _file_digest(folder / name) != manifest.file_digests.get(name):
        raise ArtifactCorruptError(f"{name} of artifact {folder.name} does not match its digest in {MANIFEST}")


def _version_folder(folder: Path) -> Path:
    if (folder / MANIFEST).exists():
        return folder
    try:
        version = (folder / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise ArtifactMissingError(
            f"no model in {folder}: neither a file {CURRENT} nor a {MANIFEST} is there"
        ) from None
    except ValueError:
        version = ""
    if not VERSION.fullmatch(version):
        raise ArtifactCorruptError(f"{CURRENT} in {folder} names no version: 12 hex digits are expected")
    if not (folder / version).is_dir():
        raise ArtifactMissingError(f"{CURRENT} in {folder} names version {version}, which is not there")
    return folder / version


def _file_digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
