"""python training/train.py: labelled rows in, a published model out."""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from model import artifact, publishing, versions
from training import assess, compare, curve, inputs, making, own, parameters, records, report
from training.dataset import Dataset
from training.inputs import DATA, Inputs
from training.making import Made
from training.search import rounds, search

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "model" / "artifacts"
CURVE = ROOT / "training" / "curve.json"
SEED = 13
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
    except (records.DatasetError, parameters.ParametersError) as fault:
        print(fault, file=sys.stderr)
        return 2
    except UnpublishedError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def train(options: argparse.Namespace) -> None:
    """Read, search where asked, cross-validate, calibrate, fit on every row, measure, compare, publish."""
    given = inputs.read(options)
    rows, settings = given.rows, parameters.read()
    if options.curve:
        curve.save(curve.measure(rows, given.test, settings, options.seed, _progress), CURVE)
        print(f"learning curve written to {CURVE} and {CURVE.with_suffix('.png').name}")
        return
    for warning in warnings(rows, options.target):
        print(f"warning: {warning}", file=sys.stderr)
    found: dict[str, Any] = {}
    if options.search:
        found["search"] = choose(rows, settings, options.seed)
        settings |= found["search"][0]["parameters"]
    made = making.make(rows, settings, options.seed, options.target, given.roles, _progress)
    found |= measure(made, given, options)
    picture = None
    if (measured := curve.read(CURVE)) and measured["data"] == rows.digest:
        found["curve"], picture = measured, CURVE.with_suffix(".png")
    print(report.text(found))
    before = versions.current(options.out)
    promoted = compare.promotes(options.promote, found)
    manifest = publish(options.out, made, options.data, rows, found, picture, promoted)
    print(f"\npublished version {manifest.version} in {options.out}, with report.md and its plots")
    print(compare.closing(options.out, MODELS, before, manifest.version, promoted))


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


def measure(made: Made, given: Inputs, options: argparse.Namespace) -> dict[str, Any]:
    """Measure out of fold, on the test if there is one, and what our own target alone has; compare where asked."""
    usual = making.majority(given.rows)
    found = making.measure(made, given.rows)
    if given.test and given.test_file:
        found["test"] = {"file": given.test_file.name, "digest": given.test.digest}
        found["test"] |= assess.analyzer(made.analyzer, given.test, usual)
    if made.analyzer.manifest.target == own.TARGET:
        found |= own.measure(made.analyzer, given.rows, made.probabilities, given.test)
    if given.joined:
        found["feedback"] = given.joined.summary() | {"digests": given.joined.digests()}
    if given.test and (given.joined or options.promote == compare.IF_NOT_WORSE):
        held_back = given.joined.held_back if given.joined else ()
        found["comparison"] = compare.compare(made.analyzer, options.out, given.test, held_back, usual)
    return found


def publish(
    models: Path,
    made: Made,
    file: Path,
    rows: Dataset,
    found: Mapping[str, Any],
    picture: Path | None,
    promote: bool,
) -> artifact.Manifest:
    """Complete the manifest with data and metrics and publish the version with its report."""
    data: dict[str, Any] = {"file": file.name, "digest": rows.digest, "rows": len(rows.rows)}
    data["labels"] = dict(sorted(Counter(rows.gold).items()))
    if "feedback" in found:
        data["feedback"] = {name: value for name, value in found["feedback"].items() if name != "digests"}
    manifest = replace(made.analyzer.manifest, data=data, metrics=metrics(found))
    files = report.files({"data": data, **found}, made.analyzer, picture)
    try:
        return publishing.publish(models, made.pipeline, made.analyzer.scorer, manifest, files, promote)
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
    records.add_arguments(parser)
    parser.add_argument("--out", type=Path, default=MODELS, help="models folder to publish in (default: the service's)")
    parser.add_argument("--target", default=own.TARGET, help="what the stance is toward (default: %(default)s)")
    parser.add_argument(
        "--roles", default="", metavar="ROLE=LABEL,…", help="which label is support, criticism, neutral, if not obvious"
    )
    parser.add_argument(
        "--feedback", metavar="SOURCE", help="add approved corrections: a file exported, or the address of a service"
    )
    parser.add_argument(
        "--feedback-weight", type=_weight, default=1.0, metavar="W", help="rows that a correction counts (default: 1)"
    )
    parser.add_argument(
        "--promote",
        choices=compare.PROMOTE,
        help=f"make it the current version (default: {compare.IF_NOT_WORSE} with --feedback, else {compare.ALWAYS})",
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of folds and fit (default: %(default)s)")
    parser.add_argument("--search", action="store_true", help="choose parameters by cross-validation")
    parser.add_argument("--curve", action="store_true", help="draw the learning curve instead of publishing a model")
    given = parser.parse_args(arguments)
    given.promote = given.promote or (compare.IF_NOT_WORSE if given.feedback else compare.ALWAYS)
    return given


def _weight(given: str) -> float:
    value = float(given)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError("not a number above 0")
    return value


if __name__ == "__main__":
    sys.exit(main())
