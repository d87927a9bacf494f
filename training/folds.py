"""Cross-validation: fits that never see the rows they judge."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from training.dataset import Dataset
from training.fit import fit
from training.records import DatasetError

Split = tuple[list[int], list[int]]
# Numbers of rows, their decision values, and of each the share of its words that the fold's vocabulary knows.
Judged = tuple[list[int], NDArray[np.float64], NDArray[np.float64]]


def split(dataset: Dataset, count: int, seed: int) -> list[Split]:
    """Split the rows into at most `count` folds (training rows, judged rows) that no group straddles.

    Labels are spread as evenly as the groups allow. Raises `DatasetError` when the groups are too few for every label
    to stand on both sides.
    """
    _, groups = dataset.groups()
    labels = dataset.gold
    fewest = min(len({g for g, lab in zip(groups, labels, strict=True) if lab == label}) for label in dataset.labels)
    if fewest < 2:
        raise DatasetError("cross-validation: a label stands in one group only; expected every label in two or more")
    splitter = StratifiedGroupKFold(n_splits=min(count, fewest), shuffle=True, random_state=seed)
    found = [(a.tolist(), b.tolist()) for a, b in splitter.split(labels, labels, groups)]
    if any(set(dataset.subset(training).gold) != set(labels) for training, _ in found):
        raise DatasetError("cross-validation: a label stands in too few groups; expected each in several")
    return found


def judge(dataset: Dataset, splits: Sequence[Split], parameters: Mapping[str, Any], seed: int) -> Iterator[Judged]:
    """Fit on each split's training rows; yield what they make of the judged ones, split by split."""
    judged: Iterator[Judged] = Parallel(n_jobs=-1, return_as="generator")(
        delayed(_judge)(dataset, one, parameters, seed) for one in splits
    )
    return judged


def pool(judged: Sequence[Judged]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Join the folds: the decision values of every row and its share of known words, in the order of the rows."""
    order = np.argsort([row for rows, _, _ in judged for row in rows])
    decisions = np.concatenate([found for _, found, _ in judged])[order]
    return decisions, np.concatenate([known for _, _, known in judged])[order]


def _judge(dataset: Dataset, one: Split, parameters: Mapping[str, Any], seed: int) -> Judged:
    training, judged = one
    analyzer, _ = fit(dataset.subset(training), parameters, seed)
    texts = dataset.subset(judged).texts
    return judged, analyzer.decisions(texts), np.array([analyzer.known_share(text) for text in texts])
