"""Cross-validation: fits that never see the rows they judge."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from model import features, scorer
from training.dataset import Dataset
from training.fit import regress
from training.records import DatasetError
from training.vectors import Vectors

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


def judge(
    dataset: Dataset, vectors: Vectors, splits: Sequence[Split], parameters: Mapping[str, Any], seed: int
) -> Iterator[Judged]:
    """Fit on each split's training rows; yield what they make of the judged ones, split by split.

    `vectors` are the rows' own.
    """
    words = [features.words(text) for text in dataset.texts]
    for training, judged in splits:
        decisions = decide(dataset, vectors, training, parameters, seed)[judged]
        vocabulary = set(chain.from_iterable(words[number] for number in training))
        yield judged, decisions, np.array([_known_share(words[number], vocabulary) for number in judged])


def decide(
    dataset: Dataset, vectors: Vectors, training: Sequence[int], parameters: Mapping[str, Any], seed: int
) -> NDArray[np.float64]:
    """Fit on some rows; return the decision values of every row of `vectors`, which may have more than `dataset`."""
    terms = vectors.as_fitted_on(training)
    regression = regress(terms[training], dataset.subset(training), parameters, seed)
    coefficients, intercepts = scorer.linear(regression)
    decisions: NDArray[np.float64] = terms @ coefficients + intercepts
    return decisions


def pool(judged: Sequence[Judged]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Join the folds: the decision values of every row and its share of known words, in the order of the rows."""
    order = np.argsort([row for rows, _, _ in judged for row in rows])
    decisions = np.concatenate([found for _, found, _ in judged])[order]
    return decisions, np.concatenate([known for _, _, known in judged])[order]


def _known_share(words: Sequence[str], vocabulary: Collection[str]) -> float:
    """Return what an analyzer's `known_share` would."""
    telling = [word for word in words if features.telling(word)]
    if not telling:
        return float(bool(words))
    return sum(word in vocabulary for word in telling) / len(telling)
