"""Whether a new model may take over: beside the current one, on the same test rows and the same corrections."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model import versions
from model.analyzer import Analyzer
from model.errors import ArtifactError
from training import scores
from training.corrections import Correction
from training.dataset import Dataset

PROMOTE = IF_NOT_WORSE, ALWAYS, NEVER = ("if-not-worse", "always", "never")
# A new model may lose so much macro-F1 on the test, as far as the interval can tell.
MARGIN = 0.02
MEASURES = ("macro_f1", "accuracy")


def compare(
    new: Analyzer, models: Path, test: Dataset, held_back: Sequence[Correction], majority: str
) -> dict[str, Any]:
    """Set a new model beside the current one of `models`, and beside always answering `majority`.

    `held_back` are corrections that neither was fitted on. Returns `current`, its version or `None`; `why`, the
    reason if it cannot be compared; `test` and perhaps `held_back`: `rows`, the scores of each judge, and the
    `difference` to the current model with its 95% interval; `refusals`: why `if-not-worse` does not promote the new
    one, a sentence each. The test can refuse, and never choose.
    """
    version, old, why = _current(models, new)
    found: dict[str, Any] = {"current": version, "why": why}
    found["test"] = _beside(new, old, test.texts, test.gold, test.together(), majority)
    if held_back:
        texts, gold = [one.text for one in held_back], [one.label for one in held_back]
        # A sentence alone is a group of its own, and no sentence is in there twice.
        found["held_back"] = _beside(new, old, texts, gold, texts, majority)
    found["refusals"] = refusals(found) if old else [why] if version else []
    return found


def refusals(found: Mapping[str, Any]) -> list[str]:
    """Say why a model that was compared with the current one is worse, a sentence a reason; empty if it is not."""
    said = []
    if "held_back" in found:
        before, after = (found["held_back"][judge]["accuracy"] for judge in ("current", "new"))
        if after < before:
            said.append(f"Accuracy on the corrections held back falls from {before:.3f} to {after:.3f}.")
    _, end = found["test"]["difference"]["macro_f1"]["interval"]
    if end <= -MARGIN:
        said.append(f"The difference of macro-F1 on the test ends at {end:+.3f}, not above {-MARGIN:+.3f}.")
    return said


def promotes(option: str, found: Mapping[str, Any]) -> bool:
    """Tell whether a new model becomes the current one, as `--promote` says and what was found of it."""
    return option == ALWAYS or (option == IF_NOT_WORSE and not found["comparison"]["refusals"])


def closing(models: Path, default: Path, before: str | None, version: str, promoted: bool) -> str:
    """Say what was served before and how to go back to it; or what still is, and how to promote the new version."""
    where = "" if models == default else f" --models {shlex.quote(str(models))}"
    if before == version:
        return f"{version} is the current version, as before"
    if promoted:
        back = f"{before} was before: `stance rollback{where}` goes back to it" if before else "there was none before"
        return f"{version} is the current version; {back}"
    left = f"{before} is still the current version" if before else "no version is the current one"
    return f"not promoted, {left}: `stance promote {version}{where}` changes that"


def _current(models: Path, new: Analyzer) -> tuple[str | None, Analyzer | None, str]:
    """Return the current version, its analyzer if that can be compared with the new one, and else the reason."""
    version = versions.current(models)
    if version is None:
        return None, None, "There is no current model."
    try:
        old = Analyzer.load(models / version)
    except ArtifactError as fault:
        return version, None, f"The current model {version} cannot be compared: {fault}."
    for name in ("target", "labels"):
        if getattr(old.manifest, name) != getattr(new.manifest, name):
            what = "another target" if name == "target" else "other labels"
            return version, None, f"The current model {version} is not compared: it is of {what}."
    return version, old, ""


def _beside(
    new: Analyzer,
    old: Analyzer | None,
    texts: Sequence[str],
    gold: Sequence[str],
    groups: Sequence[str],
    majority: str,
) -> dict[str, Any]:
    judges = {"current": old, "new": new} if old else {"new": new}
    answers = {name: [stance.label for stance in judge.judge(texts)] for name, judge in judges.items()}
    # Labels in use: a few corrections may all be of one label, and the others then have no F1.
    used = {*gold, *(label for answer in answers.values() for label in answer)}
    labels = [label for label in new.manifest.labels if label in used]
    found: dict[str, Any] = {"rows": len(gold)}
    found |= {name: _scores(labels, gold, answer) for name, answer in answers.items()}
    found["majority"] = _scores(sorted({*labels, majority}), gold, [majority] * len(gold))
    if old:
        intervals = scores.differences(labels, gold, answers["current"], answers["new"], groups)
        found["difference"] = {
            name: {"value": found["new"][name] - found["current"][name], "interval": intervals[name]}
            for name in MEASURES
        }
    return found


def _scores(labels: Sequence[str], gold: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    found = scores.scores(labels, gold, predicted)
    return {name: found[name] for name in MEASURES}
