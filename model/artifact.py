"""Verifying and loading a model: one folder a version, and a file `current` that names the one to use.

    models/
      current            the version's name and a line end: see `model.versions`
      1f0c…/             the first 12 hex digits of the content digest
        manifest.json    what the model is: see `Manifest`
        scorer.npz       the compiled pipeline: what serves, and executes nothing on loading
        model.joblib     the fitted pipeline, for those who want scikit-learn's own
        report.json      what training measured; report.md and its plots, the same to read

`model.publishing` writes it. The digests find damage and mix-ups. Only `load_pipeline` unpickles, and so trusts the
folder like code.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

import numpy as np

from model import scorer
from model.errors import ArtifactCorruptError, ArtifactIncompatibleError, ArtifactMissingError
from model.scorer import Scorer

FORMAT = 4
CURRENT = "current"
MANIFEST = "manifest.json"
SCORER = "scorer.npz"
PIPELINE = "model.joblib"
VERSION = re.compile(r"[0-9a-f]{12}")
_SHAPING = ("target", "labels", "roles", "unit", "roll_up", "temperature", "thresholds", "parameters")


@dataclasses.dataclass(frozen=True, slots=True)
class Manifest:
    """What a model is, beside its weights. Training states the first eleven fields, publishing completes the others.

    `unit` is "sentence" (a text is cut and rolled up: see `Analyzer.roll_up`) or "text" (judged unsplit); `roles` says
    which label is support, criticism and neutral, as far as the labels have these sides; the decision values
    are divided by the `temperature`; `thresholds` has `unknown_vocabulary`, the share of known words as
    `Scorer.judge` counts them, below which an answer is uncertain; `data` names the labelled rows by digest and counts,
    and under `feedback` the corrections among them; digests are SHA-256, those of files by name.
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
        """The name of the version: the first 12 hex digits of the content digest, empty before it is published."""
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


@contextmanager
def _reading() -> Iterator[None]:
    """Say of whatever the system does not let us read that it is not there for us."""
    try:
        yield
    except OSError as fault:
        raise ArtifactMissingError(f"{fault.filename} cannot be read: {fault.strerror}") from fault


@_reading()
def load(folder: Path) -> tuple[Scorer, Manifest]:
    """Load a version folder, or the current version of a models folder, after verifying it.

    Raises `ArtifactMissingError`, `ArtifactCorruptError` or `ArtifactIncompatibleError`, each naming what is wrong.
    Needs neither scikit-learn nor joblib, and executes nothing of what it reads.
    """
    version = _version_folder(folder)
    manifest = read_manifest(version)
    _verify(version, SCORER, manifest)
    try:
        found = scorer.load(version / SCORER)
        digest = content_digest(found, manifest)
    except Exception as fault:
        # A file that is no archive, or another one, may raise anything at all.
        raise ArtifactCorruptError(
            f"{SCORER} of artifact {version.name} cannot be read ({type(fault).__name__})"
        ) from fault
    if digest != manifest.content_digest:
        raise ArtifactCorruptError(f"the content of artifact {version.name} does not match its digest in {MANIFEST}")
    if version != folder and version.name != manifest.version:
        raise ArtifactCorruptError(f"artifact {version.name} is version {manifest.version} under another's name")
    return found, manifest


@_reading()
def load_whole(models: Path, version: str) -> tuple[Scorer, Manifest]:
    """Load a version of a models folder after verifying all that is there, what serving does not read as well.

    Its pipeline may have been left out, as in the image. Errors as for `load`.
    """
    folder = models / version
    if not folder.is_dir():
        raise ArtifactMissingError(f"there is no version {version} in {models}")
    found, manifest = load(folder)
    if manifest.version != version:
        raise ArtifactCorruptError(f"artifact {version} is version {manifest.version} under another's name")
    for name in manifest.file_digests:
        if (folder / name).exists():
            _verify(folder, name, manifest)
    return found, manifest


@_reading()
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


@_reading()
def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest of one version folder; errors as for `load`."""
    try:
        fields = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactMissingError(f"artifact {folder.name} has no {MANIFEST}") from None
    except (ValueError, RecursionError):
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
        maps = {name: dict(fields[name]) for name in ("data", "metrics", "libraries", "file_digests")}
        return Manifest(**{**fields, "labels": tuple(fields["labels"]), **maps})
    except (TypeError, ValueError):
        raise ArtifactCorruptError(
            f"{MANIFEST} of artifact {folder.name} cannot be read: a value is no list or map"
        ) from None


@_reading()
def current(models: Path) -> str:
    """Return the name of a models folder's current version; errors as for `load`."""
    try:
        version = (models / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise ArtifactMissingError(
            f"no model in {models}: neither a file {CURRENT} nor a {MANIFEST} is there"
        ) from None
    except ValueError:
        version = ""
    if not VERSION.fullmatch(version):
        raise ArtifactCorruptError(f"{CURRENT} in {models} names no version: 12 hex digits are expected")
    return version


def file_digest(file: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _verify(folder: Path, name: str, manifest: Manifest) -> None:
    if not (folder / name).is_file():
        raise ArtifactMissingError(f"artifact {folder.name} has no {name}")
    if file_digest(folder / name) != manifest.file_digests.get(name):
        raise ArtifactCorruptError(f"{name} of artifact {folder.name} does not match its digest in {MANIFEST}")


def _version_folder(folder: Path) -> Path:
    if (folder / MANIFEST).exists():
        return folder
    version = current(folder)
    if not (folder / version).is_dir():
        raise ArtifactMissingError(f"{CURRENT} in {folder} names version {version}, which is not there")
    return folder / version
