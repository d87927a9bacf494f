"""From labelled rows to a calibrated model, and what cross-validation says of it."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.pipeline import Pipeline

from model.analyzer import Analyzer
from training import assess, calibrate, folds
from training.dataset import Dataset
from training.fit import beside, fit
from training.parameters import UNKNOWN_VOCABULARY
from training.vectors import Vectors

# A plain run measures on few folds, so that a first `make serve` answers within minutes.
FOLDS = 3

Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Made:
    """A calibrated model fitted on every row, its pipeline, and what the folds say of each row out of fold.

    `probabilities` has a row for each labelled row; `known` is the share of its words that the fold's vocabulary knows.
    """

    analyzer: Analyzer
    pipeline: Pipeline
    probabilities: NDArray[np.float64]
    known: NDArray[np.float64]
    folds: int


def make(
    rows: Dataset, parameters: Mapping[str, Any], seed: int, target: str, sides: Mapping[str, str], progress: Progress
) -> Made:
    """Fit on every row, cross-validate, calibrate on running documents where there are any; errors as `folds.split`."""
    splits = folds.split(rows, FOLDS, seed)
    print(f"fitting on {len(splits)} folds of {len(rows.rows):,} rows, then on all of them …", file=sys.stderr)
    with beside(rows):
        vectors = Vectors.of(rows.texts, parameters)
        judged = folds.judge(rows, vectors, splits, parameters, seed)
        decisions, known = folds.pool(list(progress(judged, "cross-validation", len(splits))))
        analyzer, fitted = fit(rows, parameters, seed, target, sides, vectors)
    running = rows.running() or range(len(rows.rows))
    temperature = calibrate.temperature(decisions[running], rows.subset(running).gold, rows.labels)
    return Made(analyzer.calibrated(temperature), fitted, softmax(decisions / temperature, axis=1), known, len(splits))


def measure(made: Made, rows: Dataset) -> dict[str, Any]:
    """Measure out of fold: all rows, and running documents alone where the file has other rows too.

    The temperature was fitted on these very decision values: one number on all of them.
    """
    labels, sides = made.analyzer.manifest.labels, made.analyzer.manifest.roles
    unknown = made.known < made.analyzer.manifest.thresholds[UNKNOWN_VOCABULARY]
    every = assess.assess(rows, labels, sides, made.probabilities, unknown.tolist(), majority(rows))
    found: dict[str, Any] = {"cross_validation": {"folds": made.folds, "grouped_by": rows.groups()[0], **every}}
    running = rows.running()
    if 0 < len(running) < len(rows.rows):
        found["running"] = assess.assess(
            rows.subset(running), labels, sides, made.probabilities[running], unknown[running].tolist(), majority(rows)
        )
    return found


def majority(rows: Dataset) -> str:
    """Return the label that most rows have."""
    return Counter(rows.gold).most_common(1)[0][0]
