"""Everything that is measured of a model on labelled rows, in one map: what a report says of how good it is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.analyzer import Analyzer
from training import scores
from training.dataset import Dataset
from training.records import DatasetError


def assess(
    dataset: Dataset,
    labels: Sequence[str],
    roles: Mapping[str, str],
    probabilities: NDArray[np.float64],
    unknown: Sequence[bool],
    majority: str,
) -> dict[str, Any]:
    """Measure probabilities (rows as in `dataset`, columns as in `labels`) beside always answering `majority`.

    Returns `model` and `majority` (see `scores.scores`), `intervals` over documents, or rows where there are none,
    `calibration`, `coverage`, the mean confidence, and the share of rows that are `unknown` vocabulary.
    """
    gold = dataset.gold
    best = probabilities.argmax(axis=1)
    predicted = [labels[number] for number in best]
    confidences = probabilities.max(axis=1)
    right = np.array([one == other for one, other in zip(gold, predicted, strict=True)])
    return {
        "model": scores.scores(labels, gold, predicted, roles),
        "majority": scores.scores(labels, gold, [majority] * len(gold), roles),
        "intervals": scores.intervals(labels, gold, predicted, dataset.together(), roles),
        "calibration": scores.calibration(confidences, right),
        "coverage": scores.coverage(labels, gold, predicted, confidences),
        "mean_confidence": float(confidences.mean()),
        "unknown_vocabulary": float(np.mean(unknown)),
    }


def analyzer(model: Analyzer, dataset: Dataset, majority: str) -> dict[str, Any]:
    """Measure an analyzer on labelled rows, each judged as one unit by the way that the service judges a sentence.

    Raises `DatasetError` for a label that the model does not know.
    """
    labels = model.manifest.labels
    for label in dataset.labels:
        if label not in labels:
            raise DatasetError(f"label {label}: not one of the model's; expected {', '.join(labels)}")
    stances = model.judge(dataset.texts)
    probabilities = np.array([[stance.probabilities[label] for label in labels] for stance in stances])
    unknown = [stance.uncertain is not None for stance in stances]
    return assess(dataset, labels, model.manifest.roles, probabilities, unknown, majority)


def rolled_up(
    model: Analyzer, probabilities: Mapping[str, NDArray[np.float64]], gold: Mapping[str, str]
) -> dict[str, Any]:
    """Measure the model's roll-up on documents given by their sentences' probabilities."""
    labels = model.manifest.labels
    expected = [gold[name] for name in probabilities]
    predicted = [labels[int(np.argmax(model.roll_up(rows.tolist())))] for rows in probabilities.values()]
    majority, _ = Counter(expected).most_common(1)[0]
    return {
        "model": scores.scores(labels, expected, predicted, model.manifest.roles),
        "majority": scores.scores(labels, expected, [majority] * len(expected), model.manifest.roles),
    }
