"""Verifying and loading: never wrong, never silent."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from model import (
    Analyzer,
    ArtifactCorruptError,
    ArtifactError,
    ArtifactIncompatibleError,
    ArtifactMissingError,
    artifact,
)


@pytest.fixture
def models(toy_models: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(toy_models, tmp_path / "models"))


@pytest.fixture
def version(models: Path) -> Path:
    return models / (models / "current").read_text().strip()


def change(version: Path, **fields: object) -> None:
    manifest = json.loads((version / "manifest.json").read_text())
    (version / "manifest.json").write_text(json.dumps({**manifest, **fields}))


def test_the_version_is_the_content_digest(version: Path) -> None:
    analyzer = Analyzer.load(version)
    assert version.name == analyzer.manifest.content_digest[:12] == analyzer.manifest.version
    assert {"manifest.json", "scorer.npz", "model.joblib", "report.json"} < {file.name for file in version.iterdir()}


def spoil_nothing_published(models: Path, version: Path) -> None:
    shutil.rmtree(models)


def spoil_pointer(models: Path, version: Path) -> None:
    (models / "current").write_text("../../etc")


def spoil_pointer_bytes(models: Path, version: Path) -> None:
    (models / "current").write_bytes(b"\xff\xfe")


def spoil_pointer_to_nothing(models: Path, version: Path) -> None:
    (models / "current").write_text("0" * 12)


def spoil_no_manifest(models: Path, version: Path) -> None:
    (version / "manifest.json").unlink()


def spoil_manifest_not_json(models: Path, version: Path) -> None:
    (version / "manifest.json").write_text('{"format": 1,')


def spoil_manifest_is_a_list(models: Path, version: Path) -> None:
    (version / "manifest.json").write_text("[]")


def spoil_format(models: Path, version: Path) -> None:
    change(version, format=99)


def spoil_field(models: Path, version: Path) -> None:
    change(version, surprise=1)


def spoil_no_scorer(models: Path, version: Path) -> None:
    (version / "scorer.npz").unlink()


def spoil_scorer(models: Path, version: Path) -> None:
    content = (version / "scorer.npz").read_bytes()
    (version / "scorer.npz").write_bytes(content[: len(content) // 2])


def spoil_facts(models: Path, version: Path) -> None:
    change(version, target="something else")


def replace_file(version: Path, name: str, content: bytes) -> None:
    """Put another file there, with a digest that is right."""
    (version / name).write_bytes(content)
    digests = json.loads((version / "manifest.json").read_text())["file_digests"]
    change(version, file_digests={**digests, name: artifact.file_digest(version / name)})


def spoil_archive(models: Path, version: Path) -> None:
    replace_file(version, "scorer.npz", b"no archive")


def spoil_pickle_in_archive(models: Path, version: Path) -> None:
    np.savez(version / "scorer.npz", blocks=np.array([Evil()], dtype=object))
    replace_file(version, "scorer.npz", (version / "scorer.npz").read_bytes())


class Evil:
    """Would run on unpickling."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("unpickled",)


def spoil_manifest_nested(models: Path, version: Path) -> None:
    (version / "manifest.json").write_text("[" * 100_000)


def spoil_name(models: Path, version: Path) -> None:
    version.rename(models / ("0" * 12))
    (models / "current").write_text("0" * 12)


def spoil_folder_is_a_file(models: Path, version: Path) -> None:
    shutil.rmtree(models)
    models.write_text("")


def spoil_pointer_is_a_folder(models: Path, version: Path) -> None:
    (models / "current").unlink()
    (models / "current").mkdir()


def spoil_manifest_types(models: Path, version: Path) -> None:
    change(version, labels=7)


SPOILT = [
    (spoil_nothing_published, ArtifactMissingError, "no model in"),
    (spoil_pointer, ArtifactCorruptError, "names no version"),
    (spoil_pointer_bytes, ArtifactCorruptError, "names no version"),
    (spoil_pointer_to_nothing, ArtifactMissingError, "which is not there"),
    (spoil_no_manifest, ArtifactMissingError, r"no manifest\.json"),
    (spoil_manifest_not_json, ArtifactCorruptError, "not JSON"),
    (spoil_manifest_is_a_list, ArtifactIncompatibleError, "format null"),
    (spoil_format, ArtifactIncompatibleError, "format 99"),
    (spoil_field, ArtifactCorruptError, "surprise"),
    (spoil_no_scorer, ArtifactMissingError, r"no scorer\.npz"),
    (spoil_scorer, ArtifactCorruptError, r"scorer\.npz .* does not match its digest"),
    (spoil_facts, ArtifactCorruptError, "content .* does not match"),
    (spoil_archive, ArtifactCorruptError, "cannot be read"),
    (spoil_pickle_in_archive, ArtifactCorruptError, "cannot be read"),
    (spoil_manifest_nested, ArtifactCorruptError, "not JSON"),
    (spoil_name, ArtifactCorruptError, "under another's name"),
    (spoil_folder_is_a_file, ArtifactMissingError, "cannot be read: Not a directory"),
    (spoil_pointer_is_a_folder, ArtifactMissingError, "cannot be read: Is a directory"),
    (spoil_manifest_types, ArtifactCorruptError, "cannot be read"),
]


@pytest.mark.parametrize(("spoil", "error", "sentence"), SPOILT)
def test_a_spoilt_artifact_is_refused_by_name(
    models: Path, version: Path, spoil: object, error: type[ArtifactError], sentence: str
) -> None:
    assert callable(spoil)
    spoil(models, version)
    with pytest.raises(error, match=sentence):
        Analyzer.load(models)


def test_the_pipeline_is_there_for_those_who_have_scikit_learn(models: Path) -> None:
    found, _ = artifact.load(models)
    texts = ["Berlin called the step a grave mistake."]
    assert artifact.load_pipeline(models).decision_function(texts) == pytest.approx(found.decisions(texts))


def spoil_library(models: Path, version: Path) -> None:
    change(version, libraries={"scikit-learn": "0.1.2"})


def spoil_no_pipeline(models: Path, version: Path) -> None:
    (version / "model.joblib").unlink()


def spoil_pipeline(models: Path, version: Path) -> None:
    (version / "model.joblib").write_bytes(b"x")


def spoil_pickle(models: Path, version: Path) -> None:
    replace_file(version, "model.joblib", b"no pickle")


@pytest.mark.parametrize(
    ("spoil", "error", "sentence"),
    [
        (spoil_library, ArtifactIncompatibleError, r"scikit-learn 0\.1\.2"),
        (spoil_no_pipeline, ArtifactMissingError, r"no model\.joblib"),
        (spoil_pipeline, ArtifactCorruptError, r"model\.joblib .* does not match its digest"),
        (spoil_pickle, ArtifactCorruptError, "cannot be read"),
    ],
)
def test_a_spoilt_pipeline_is_refused_and_spoils_nothing_else(
    models: Path, version: Path, spoil: object, error: type[ArtifactError], sentence: str
) -> None:
    assert callable(spoil)
    spoil(models, version)
    with pytest.raises(error, match=sentence):
        artifact.load_pipeline(models)
    assert Analyzer.load(models).manifest.version == version.name
