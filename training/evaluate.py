"""Measuring: how an analyzer's labels compare with the hand's, and cross-validation."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support
from sklearn.model_selection import StratifiedGroupKFold

from model.analyzer import Analyzer
from training.dataset import Dataset, DatasetError
from training.fit import fit


def scores(labels: Sequence[str], gold: Sequence[str], predicted: Sequence[str]) -> dict[str, Any]:
    """Compare predicted labels with gold ones: accuracy, macro-F1, per label precision, recall, F1 and support.

    All are shares from 0 to 1 (a ratio without cases counts 0) but `rows` and the rows of the confusion matrix, which
    count; the matrix has a row for each gold label and a column for each predicted one, in the order of `labels`.
    """
    precision, recall, f1, rows = precision_recall_fscore_support(gold, predicted, labels=list(labels), zero_division=0)
    return {
        "rows": len(gold),
        "accuracy": float(accuracy_score(gold, predicted)),
        "macro_f1": float(np.mean(f1)),
        "labels": {
            label: {"precision": float(p), "recall": float(r), "f1": float(f), "rows": int(n)}
            for label, p, r, f, n in zip(labels, precision, recall, f1, rows, strict=True)
        },
        "confusion": confusion_matrix(gold, predicted, labels=list(labels)).tolist(),
    }


def judge(analyzer: Analyzer, dataset: Dataset, majority: str) -> dict[str, Any]:
    """Score an analyzer on labelled rows, each judged as one unit, beside always answering `majority`."""
    gold = [row.label for row in dataset.rows]
    predicted = [stance.label for stance in analyzer.judge([row.text for row in dataset.rows])]
    labels = analyzer.manifest.labels
    return {"model": scores(labels, gold, predicted), "majority": scores(labels, gold, [majority] * len(gold))}


def folds(dataset: Dataset, count: int, seed: int) -> list[tuple[list[int], list[int]]]:
    """Split the rows into at most `count` folds (training rows, judged rows) that no group straddles.

    Labels are spread as evenly as the groups allow. Raises `DatasetError` when the groups are too few for every label
    to stand on both sides.
    """
    _, groups = dataset.groups()
    labels = [row.label for row in dataset.rows]
    fewest = min(len({g for g, lab in zip(groups, labels, strict=True) if lab == label}) for label in dataset.labels)
    if fewest < 2:
        raise DatasetError("cross-validation: a label stands in one group only; expected every label in two or more")
    splitter = StratifiedGroupKFold(n_splits=min(count, fewest), shuffle=True, random_state=seed)
    return [(a.tolist(), b.tolist()) for a, b in splitter.split(labels, labels, groups)]


def out_of_fold(
    dataset: Dataset, splits: Sequence[tuple[list[int], list[int]]], parameters: Mapping[str, Any], seed: int
) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Fit on each split's training rows and yield the judged rows' gold labels, predicted labels and the majority's."""
    for training, judged in splits:
        analyzer = fit(dataset.subset(training), parameters, seed)
        rows = [dataset.rows[number] for number in judged]
        predicted = [stance.label for stance in analyzer.judge([row.text for row in rows])]
        majority, _ = Counter(dataset.rows[number].label for number in training).most_common(1)[0]
        yield [row.label for row in rows], predicted, [majority] * len(rows)


def pool(judged: Iterable[tuple[list[str], list[str], list[str]]]) -> tuple[list[str], list[str], list[str]]:
    """Join the folds of `out_of_fold` into one list of each kind."""
    gold, predicted, majority = zip(*judged, strict=True)
    return list(chain(*gold)), list(chain(*predicted)), list(chain(*majority))
