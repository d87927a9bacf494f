"""Cross-validation: fits that never see the rows they judge."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from training.dataset import Dataset, DatasetError
from training.fit import fit

Split = tuple[list[int], list[int]]


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


def judge(
    dataset: Dataset, splits: Sequence[Split], parameters: Mapping[str, Any], seed: int
) -> Iterator[tuple[list[int], NDArray[np.float64]]]:
    """Fit on each split's training rows; yield the judged rows' numbers and decision values, split by split."""
    judged: Iterator[tuple[list[int], NDArray[np.float64]]] = Parallel(n_jobs=-1, return_as="generator")(
        delayed(_judge)(dataset, one, parameters, seed) for one in splits
    )
    return judged


def pool(judged: Sequence[tuple[list[int], NDArray[np.float64]]]) -> NDArray[np.float64]:
    """Join the folds: the decision values of every row, in the order of the rows."""
    order = np.argsort([row for rows, _ in judged for row in rows])
    decisions: NDArray[np.float64] = np.concatenate([found for _, found in judged])[order]
    return decisions


def _judge(
    dataset: Dataset, one: Split, parameters: Mapping[str, Any], seed: int
) -> tuple[list[int], NDArray[np.float64]]:
    training, judged = one
    analyzer, _ = fit(dataset.subset(training), parameters, seed)
    return judged, analyzer.decisions(dataset.subset(judged).texts)
