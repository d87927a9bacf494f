"""python training/train.py: labelled sentences in, a published model out."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from model import artifact
from model.analyzer import Analyzer
from training import curve, dataset, evaluate, parameters, report
from training.fit import fit

ROOT = Path(__file__).parent.parent
DATA = ROOT / "training" / "data" / "train.csv"
MODELS = ROOT / "model" / "artifacts"
CURVE = ROOT / "training" / "curve.json"
TARGET = "US withdrawal from the INF Treaty"
SEED = 13
# A plain run measures on few folds, so that a first `make serve` answers within minutes; a search on more.
PLAIN_FOLDS = 3
SEARCH_FOLDS = 5
SEARCH_C = (1.0, 3.0, 10.0, 30.0)
SEARCH_CLASS_WEIGHT = ("balanced", "none")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and publish; returns the exit status: 0, or 2 for a file that cannot be used, in one line on stderr."""
    options = _options(arguments)
    try:
        train(options)
    except (dataset.DatasetError, parameters.ParametersError) as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


def train(options: argparse.Namespace) -> None:
    """Read, cross-validate, fit on every row, measure on held-out rows if there are any, publish."""
    rows = dataset.read(options.data)
    dataset.require_classes(options.data, rows)
    held_out = dataset.read(options.test) if options.test else None
    settings = parameters.read()
    if options.curve:
        curve.save(curve.measure(rows, held_out, settings, options.seed, _progress), CURVE)
        print(f"learning curve written to {CURVE} and {CURVE.with_suffix('.png').name}")
        return
    found: dict[str, Any] = {}
    if options.search:
        found["search"] = search(rows, settings, options.seed)
        settings |= found["search"][0]["parameters"]
    found["cross_validation"] = cross_validate(rows, settings, options.seed, PLAIN_FOLDS)
    print(f"fitting on all {len(rows.rows)} rows …", file=sys.stderr)
    analyzer = fit(rows, settings, options.seed, options.target)
    if held_out:
        majority, _ = Counter(row.label for row in rows.rows).most_common(1)[0]
        found["test"] = {
            "file": options.test.name,
            "digest": held_out.digest,
            **evaluate.judge(analyzer, held_out, majority),
        }
    if (measured := curve.read(CURVE)) and measured["data"] == rows.digest:
        found["curve"] = measured
    print(report.text(found))
    manifest = publish(options.out, analyzer, options.data, rows, found)
    print(f"\npublished version {manifest.version} in {options.out}")


def cross_validate(rows: dataset.Dataset, settings: dict[str, Any], seed: int, count: int) -> dict[str, Any]:
    """Measure out of fold on the training rows, in at most `count` folds; scores are over the rows of all folds."""
    splits = evaluate.folds(rows, count, seed)
    judged = evaluate.out_of_fold(rows, splits, settings, seed)
    gold, predicted, majority = evaluate.pool(
        _progress(judged, f"cross-validation in {len(splits)} folds", len(splits))
    )
    return {
        "folds": len(splits),
        "grouped_by": rows.groups()[0],
        "model": evaluate.scores(rows.labels, gold, predicted),
        "majority": evaluate.scores(rows.labels, gold, majority),
    }


def search(rows: dataset.Dataset, settings: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """Try every C with every class weight in cross-validation; returns what was tried, the best macro-F1 first."""
    splits = evaluate.folds(rows, SEARCH_FOLDS, seed)
    grid = [{"C": c, "class_weight": weight} for weight in SEARCH_CLASS_WEIGHT for c in SEARCH_C]
    tried = []
    for chosen in _progress(grid, "search", len(grid)):
        gold, predicted, _ = evaluate.pool(evaluate.out_of_fold(rows, splits, settings | chosen, seed))
        tried.append({"parameters": chosen, "macro_f1": evaluate.scores(rows.labels, gold, predicted)["macro_f1"]})
    return sorted(tried, key=lambda trial: -trial["macro_f1"])


def publish(
    models: Path, analyzer: Analyzer, file: Path, rows: dataset.Dataset, found: dict[str, Any]
) -> artifact.Manifest:
    """Complete the manifest with data and metrics and save the version."""
    data = {"file": file.name, "digest": rows.digest, "rows": len(rows.rows)}
    data["labels"] = dict(sorted(Counter(row.label for row in rows.rows).items()))
    metrics: dict[str, Any] = {name: found[name]["model"] for name in ("cross_validation", "test") if name in found}
    manifest = replace(analyzer.manifest, data=data, metrics=metrics)
    return artifact.save(models, analyzer.pipeline, manifest, {"data": data, **found})


def _progress(steps: Iterable[Any], name: str, count: int) -> Iterable[Any]:
    return tqdm(
        steps, desc=name, total=count, bar_format="{desc}: {n_fmt}/{total_fmt}, {elapsed} gone, {remaining} left"
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python training/train.py", description="Fit, measure and publish a model.")
    parser.add_argument("--data", type=Path, default=DATA, help="labelled rows, CSV (default: the corpus)")
    parser.add_argument("--test", type=Path, help="held-out rows to measure on, CSV; never trained on")
    parser.add_argument("--out", type=Path, default=MODELS, help="models folder to publish in (default: the service's)")
    parser.add_argument("--target", default=TARGET, help="what the stance is toward (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="of folds and fit (default: %(default)s)")
    parser.add_argument("--search", action="store_true", help="choose C and class weight by cross-validation")
    parser.add_argument("--curve", action="store_true", help="draw the learning curve instead of publishing a model")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
