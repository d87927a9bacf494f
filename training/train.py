"""python training/train.py: labelled rows in, a published model out."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from tqdm import tqdm

from model import artifact, publishing
from model.analyzer import Analyzer, softmax
from training import assess, calibrate, curve, dataset, folds, own, parameters, report, roles
from training.dataset import Dataset
from training.fit import fit
from training.parameters import UNKNOWN_VOCABULARY
from training.search import rounds, search

ROOT = Path(__file__).parent.parent
DATA = ROOT / "training" / "data" / "train.csv"
MODELS = ROOT / "model" / "artifacts"
CURVE = ROOT / "training" / "curve.json"
SEED = 13
# A plain run measures on few folds, so that a first `make serve` answers within minutes.
FOLDS = 3
FEW_ROWS, FEW_OF_A_LABEL = 200, 30
BAR = "{desc}: {n_fmt}/{total_fmt}, {elapsed} gone, {remaining} left"


class UnpublishedError(Exception):
    """A model that could not be written; the message is a sentence for the user."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and publish; returns the exit status, with a line on stderr for what is not 0.

    2 says that a file cannot be used, 1 that nothing could be published.
    """
    try:
        train(_options(arguments))
    except (dataset.DatasetError, parameters.ParametersError) as fault:
        print(fault, file=sys.stderr)
        return 2
    except UnpublishedError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def train(options: argparse.Namespace) -> None:
    """Read, search where asked, cross-validate, calibrate, fit on every row, measure, publish."""
    form = dataset.options(options)
    rows = dataset.read(options.data, form)
    dataset.require_classes(options.data, rows)
    held_out = dataset.read(options.test, form) if options.test else None
    if held_out and (odd := sorted(set(held_out.labels) - set(rows.labels))):
        raise dataset.DatasetError(
            f"{options.test}: label {odd[0]}: no row of {options.data} has it; expected one that has"
        )
    sides = roles.find(rows.labels, dataset.pairs("--roles", [one for one in options.roles.split(",") if one]))
    settings = parameters.read()
    if options.curve:
        curve.save(curve.measure(rows, held_out, settings, options.seed, _progress), CURVE)
        print(f"learning curve written to {CURVE} and {CURVE.with_suffix('.png').name}")
        return
    for warning in warnings(rows, options.target):
        print(f"warning: {warning}", file=sys.stderr)
    found: dict[str, Any] = {}
    if options.search:
        found["search"] = choose(rows, settings, options.seed)
        settings |= found["search"][0]["parameters"]
    splits = folds.split(rows, FOLDS, options.seed)
    judged = _progress(folds.judge(rows, splits, settings, options.seed), "cross-validation", len(splits))
    decisions, known = folds.pool(list(judged))
    running = rows.running() or range(len(rows.rows))
    temperature = calibrate.temperature(decisions[running], rows.subset(running).gold, rows.labels)
    print(f"fitting on all {len(rows.rows):,} rows, then the report …", file=sys.stderr)
    analyzer, fitted = fit(rows, settings, options.seed, options.target, sides)
    analyzer = analyzer.calibrated(temperature)
    probabilities = softmax(decisions / temperature)
    found |= measure(analyzer, rows, probabilities, known, splits)
    if held_out:
        found["test"] = {"file": options.test.name, "digest": held_out.digest}
        found["test"] |= assess.analyzer(analyzer, held_out, majority(rows))
    if options.target == own.TARGET:
        found |= own.measure(analyzer, rows, probabilities, held_out)
    picture = None
    if (measured := curve.read(CURVE)) and measured["data"] == rows.digest:
        found["curve"], picture = measured, CURVE.with_suffix(".png")
    print(report.text(found))
    manifest = publish(options.out, analyzer, fitted, options.data, rows, found, picture)
    print(f"\npublished version {manifest.version} in {options.out}, with report.md and its plots")


def choose(rows: Dataset, settings: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """Search, showing how long is left; returns every trial, the best macro-F1 first."""
    tried = [trial for trials in _progress(search(rows, settings, seed), "search", rounds()) for trial in trials]
    return sorted(tried, key=lambda trial: -float(trial["macro_f1"]))


def warnings(rows: Dataset, target: str) -> list[str]:
    """Say what a model fitted on these rows cannot be expected to do."""
    counts = Counter(rows.gold)
    few = ", ".join(f"{count} of {label}" for label, count in sorted(counts.items()) if count < FEW_OF_A_LABEL)
    said = []
    if len(rows.rows) < FEW_ROWS:
        said.append(f"{len(rows.rows)} rows; below {FEW_ROWS} expect little, some 400 are a start and 1,000 are good")
    if few:
        said.append(f"few rows of a label: {few}; below {FEW_OF_A_LABEL} its figures are luck")
    if target != own.TARGET:
        said.append(f"this model is of one target, {target}: it says nothing of any other")
    return said


def measure(
    analyzer: Analyzer,
    rows: Dataset,
    probabilities: NDArray[np.float64],
    known: NDArray[np.float64],
    splits: Sequence[folds.Split],
) -> dict[str, Any]:
    """Measure out of fold: all rows, and running documents alone where the file has other rows too.

    The temperature was fitted on these very decision values: one number on all of them.
    """
    labels, sides = analyzer.manifest.labels, analyzer.manifest.roles
    unknown = known < analyzer.manifest.thresholds[UNKNOWN_VOCABULARY]
    every = assess.assess(rows, labels, sides, probabilities, unknown.tolist(), majority(rows))
    found: dict[str, Any] = {"cross_validation": {"folds": len(splits), "grouped_by": rows.groups()[0], **every}}
    running = rows.running()
    if 0 < len(running) < len(rows.rows):
        found["running"] = assess.assess(
            rows.subset(running), labels, sides, probabilities[running], unknown[running].tolist(), majority(rows)
        )
    return found


def majority(rows: Dataset) -> str:
    """Return the label that most rows have."""
    return Counter(rows.gold).most_common(1)[0][0]


def publish(
    models: Path,
    analyzer: Analyzer,
    fitted: Pipeline,
    file: Path,
    rows: Dataset,
    found: Mapping[str, Any],
    picture: Path | None,
) -> artifact.Manifest:
    """Complete the manifest with data and metrics and publish the version with its report."""
    data = {"file": file.name, "digest": rows.digest, "rows": len(rows.rows)}
    data["labels"] = dict(sorted(Counter(rows.gold).items()))
    manifest = replace(analyzer.manifest, data=data, metrics=metrics(found))
    files = report.files({"data": data, **found}, analyzer, picture)
    try:
        return publishing.publish(models, fitted, analyzer.scorer, manifest, files)
    except OSError as fault:
        raise UnpublishedError(f"nothing is published, {models} cannot be written: {fault.strerror}") from fault


def metrics(found: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what a client of the model wants to know: scores, intervals, calibration, accuracy against coverage.

    Mean confidence and unknown vocabulary are what a service sets its traffic beside.
    """
    picked: dict[str, Any] = {}
    for name in ("cross_validation", "running", "test"):
        if name in found:
            part = found[name]
            calibration = {key: part["calibration"][key] for key in ("error", "perfect")}
            picked[name] = {
                **part["model"],
                "intervals": part["intervals"],
                "calibration": calibration,
                "coverage": part["coverage"],
                "mean_confidence": part["mean_confidence"],
                "unknown_vocabulary": part["unknown_vocabulary"],
                "majority": {key: part["majority"][key] for key in ("macro_f1", "accuracy")},
            }
    for name, rolled in found.get("documents", {}).items():
        picked[f"documents {name}"] = rolled["model"]
    if "behaviour" in found:
        picked["behaviour"] = {key: found["behaviour"][key] for key in ("cases", "failures")}
    return picked


def _progress(steps: Iterable[Any], name: str, count: int) -> Iterable[Any]:
    return tqdm(steps, desc=name, total=count, bar_format=BAR)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python training/train.py", description="Fit, measure and publish a model.")
    parser.add_argument("--data", type=Path, default=DATA, help="labelled rows: CSV, TSV, JSONL (default: the corpus)")
    parser.add_argument("--test", type=Path, help="held-out rows to measure on, never trained on")
    dataset.add_arguments(parser)
    parser.add_argument("--out", type=Path, default=MODELS, help="models folder to publish in (default: the service's)")
    parser.add_argument("--target", default=own.TARGET, help="what the stance is toward (default: %(default)s)")
    parser.add_argument(
        "--roles", default="", metavar="ROLE=LABEL,…", help="which label is support, criticism, neutral, if not obvious"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of folds and fit (default: %(default)s)")
    parser.add_argument("--search", action="store_true", help="choose parameters by cross-validation")
    parser.add_argument("--curve", action="store_true", help="draw the learning curve instead of publishing a model")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
