"""The versions of a models folder: promoted only when they verify, rolled back to what was before."""

import json
import os
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model import Analyzer, ArtifactCorruptError, ArtifactMissingError, artifact, publishing, versions

Folder = tuple[Path, str, str]


def another(models: Path, **fields: Any) -> str:
    """Publish the same model with another fact that shapes its answers."""
    found, manifest = artifact.load(models)
    return publishing.publish(models, None, found, replace(manifest, **fields), {}).version


@pytest.fixture
def folder(toy_models: Path, tmp_path: Path) -> Folder:
    """A models folder with two versions, and their names in the order of their publication."""
    models = Path(shutil.copytree(toy_models, tmp_path / "models"))
    first = artifact.current(models)
    return models, first, another(models, temperature=2.0)


def test_what_is_published_is_current(folder: Folder) -> None:
    models, first, second = folder
    assert first != second
    assert Analyzer.load(models).manifest.version == second
    assert Analyzer.load(models / first).manifest.version == first
    assert (models / "current").read_text() == f"{second}\n"
    assert set(versions.names(models)) == {first, second}


def test_names_are_sorted_by_publication_and_nothing_else_is_a_version(folder: Folder, tmp_path: Path) -> None:
    models, first, second = folder
    for version, seconds in (first, 2_000_000_000), (second, 1_000_000_000):
        os.utime(models / version / "manifest.json", (seconds, seconds))
    (models / ".publishing-x").mkdir()
    (models / ("a" * 12)).write_text("a file")
    assert versions.names(models) == [first, second]
    with pytest.raises(ArtifactMissingError, match="No such file"):
        versions.names(tmp_path / "none")


def test_a_rollback_goes_back_and_the_next_one_comes_back(folder: Folder) -> None:
    models, first, second = folder
    for expected in (first, second, first):
        assert versions.rollback(models) == expected
        assert artifact.current(models) == expected
    third = another(models, temperature=3.0)
    assert versions.rollback(models) == first
    versions.promote(models, second)
    assert versions.rollback(models) == first
    versions.promote(models, third)
    assert versions.rollback(models) == first


def test_promoting_the_current_version_is_no_move(folder: Folder) -> None:
    models, first, second = folder
    versions.promote(models, second)
    assert versions.rollback(models) == first


def test_the_first_version_has_none_before(toy_models: Path) -> None:
    with pytest.raises(ArtifactMissingError, match="no version was current before"):
        versions.rollback(toy_models)


@pytest.mark.parametrize(
    ("history", "current", "before"),
    [
        (["a", "b"], "b", "a"),
        (["a", "b", "c"], "b", "a"),  # killed before the pointer was moved to c
        (["a", "b", "a"], "b", "a"),  # killed in a rollback
        (["a", "b"], None, "b"),  # the pointer was deleted
        (["a", "b"], "c", "b"),  # the pointer was moved by hand
        (["\xff"], "b", None),
    ],
)
def test_what_was_before_is_known_whatever_happened(
    folder: Folder, history: Sequence[str], current: str | None, before: str | None
) -> None:
    models, first, second = folder
    named = {"a": first, "b": second, "c": another(folder[0], temperature=3.0)}
    (models / "history").write_text("".join(named.get(one, one) + "\n" for one in history), encoding="latin-1")
    (models / "current").unlink()
    if current:
        (models / "current").write_text(named[current])
    if before is None:
        with pytest.raises(ArtifactMissingError):
            versions.rollback(models)
    else:
        assert versions.rollback(models) == named[before]


def test_only_a_version_that_verifies_is_promoted(folder: Folder) -> None:
    models, first, second = folder
    with pytest.raises(ArtifactMissingError, match="there is no version"):
        versions.promote(models, "0" * 12)
    shutil.copytree(models / first, models / ("0" * 12))
    with pytest.raises(ArtifactCorruptError, match="under another's name"):
        versions.promote(models, "0" * 12)
    (models / first / "model.joblib").write_bytes(b"x")  # which serving does not read
    with pytest.raises(ArtifactCorruptError, match=r"model\.joblib .* does not match"):
        versions.rollback(models)
    assert artifact.current(models) == second


def test_a_version_without_its_pipeline_is_promoted_and_made_whole_by_publishing_it_again(folder: Folder) -> None:
    models, first, second = folder
    (models / first / "model.joblib").unlink()  # as the image leaves it out
    versions.promote(models, first)
    found, manifest = artifact.load(models)
    publishing.publish(models, None, found, manifest, {})
    assert (models / first / "model.joblib").exists()
    assert set(versions.names(models)) == {first, second}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({"thresholds": {}}, r"cannot judge .* \(KeyError\)"), ({"temperature": float("nan")}, "gives no probabilities")],
)
def test_a_whole_version_that_cannot_score_the_probe_sentence_is_not_promoted(
    folder: Folder, fields: dict[str, Any], sentence: str
) -> None:
    models, first, _ = folder
    bad = another(models, **fields)
    versions.promote(models, first)
    with pytest.raises(ArtifactCorruptError, match=sentence):
        versions.promote(models, bad)
    assert artifact.current(models) == first


def test_a_failed_move_leaves_what_was(folder: Folder) -> None:
    models, first, second = folder
    (models / ".current").mkdir()  # where the pointer would be written
    with pytest.raises(OSError, match="Is a directory"):
        versions.promote(models, first)
    assert artifact.current(models) == second
    (models / ".current").rmdir()
    assert versions.rollback(models) == first


def test_moves_side_by_side_wait_for_one_another(folder: Folder) -> None:
    models, first, second = folder
    with versions.locked(models):
        moving = threading.Thread(target=versions.promote, args=(models, first))
        moving.start()
        moving.join(0.2)
        assert artifact.current(models) == second
    moving.join(30)
    assert artifact.current(models) == first


def test_publishing_again_leaves_the_version_alone(folder: Folder) -> None:
    models, _, second = folder
    before = (models / second / "scorer.npz").stat()
    assert another(models) == second
    assert (models / second / "scorer.npz").stat() == before
    assert json.loads((models / second / "manifest.json").read_text())["temperature"] == 2.0


def test_publishing_again_replaces_a_version_that_does_not_verify(folder: Folder) -> None:
    models, first, second = folder
    found, manifest = artifact.load(models)
    (models / second / "scorer.npz").write_bytes(b"x")
    publishing.publish(models, None, found, manifest, {})
    assert Analyzer.load(models).manifest.version == second
    assert {one.name for one in models.iterdir()} == {"current", "history", first, second}
