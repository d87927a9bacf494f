"""Choosing parameters by cross-validation."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from training import folds, scores
from training.dataset import Dataset
from training.fit import beside, regress
from training.vectors import Vectors

FOLDS = 5
# Few rows make folds that differ by luck, so these are drawn anew until so many rows have been judged.
JUDGED = 6000
MOST_DRAWS = 10
# The regression's parameters are tried in every combination on features that were made once for all of them.
REGRESSION: Mapping[str, Sequence[Any]] = {"class_weight": ("balanced", "none"), "C": (1.0, 3.0, 10.0, 30.0)}
# The features' parameters are tried one after the other, each around the best that was found so far.
FEATURES: tuple[tuple[str, Sequence[Any]], ...] = (("word_weight", (2.0, 1.0, 0.5)), ("pair_weight", (1.0, 0.0)))

Trial = dict[str, Any]


def rounds() -> int:
    """Return how often `search` makes features anew."""
    return 1 + sum(len(values) - 1 for _, values in FEATURES)


def search(dataset: Dataset, parameters: Mapping[str, Any], seed: int) -> Iterator[list[Trial]]:
    """Try every value of `FEATURES`, one parameter after the other, each with every combination of `REGRESSION`.

    Yields the trials of a round as it ends: their `parameters`, and the `macro_f1` of all judged rows, as the mean over
    the draws of folds. Cost: on our corpus a minute or two a round on two cores; seconds for a thousand rows.
    """
    draws = min(MOST_DRAWS, max(1, JUDGED // len(dataset.rows)))
    splits = [folds.split(dataset, FOLDS, seed + draw) for draw in range(draws)]
    best: Trial = {"parameters": {name: values[0] for name, values in FEATURES}, "macro_f1": -1.0}
    first = True
    for name, values in FEATURES:
        for value in values if first else values[1:]:
            features = {key: best["parameters"][key] for key, _ in FEATURES} | {name: value}
            trials = _round(dataset, splits, {**parameters, **features}, features, seed)
            best = max(best, *trials, key=lambda trial: trial["macro_f1"])
            yield trials
        first = False


def _round(
    dataset: Dataset,
    draws: Sequence[Sequence[folds.Split]],
    parameters: Mapping[str, Any],
    features: Mapping[str, Any],
    seed: int,
) -> list[Trial]:
    grid = [dict(zip(REGRESSION, values, strict=True)) for values in product(*REGRESSION.values())]
    gold = np.array(dataset.gold)
    with beside(dataset):
        vectors = Vectors.of(dataset.texts, parameters)
        judged = [_predict(dataset, vectors, one, parameters, grid, seed) for splits in draws for one in splits]
    trials = []
    for number, chosen in enumerate(grid):
        found = []
        for draw, splits in enumerate(draws):
            predicted = np.empty_like(gold)
            for fold, (_, rows) in enumerate(splits):
                predicted[rows] = judged[draw * len(splits) + fold][number]
            found.append(scores.scores(dataset.labels, gold.tolist(), predicted.tolist())["macro_f1"])
        trials.append({"parameters": {**features, **chosen}, "macro_f1": float(np.mean(found))})
    return trials


def _predict(
    dataset: Dataset,
    vectors: Vectors,
    one: folds.Split,
    parameters: Mapping[str, Any],
    grid: Sequence[Mapping[str, Any]],
    seed: int,
) -> list[NDArray[np.str_]]:
    """Return the labels that each regression of the grid gives to the judged rows of one split."""
    training, judged = one
    terms, rows = vectors.as_fitted_on(training), dataset.subset(training)
    known, unseen = terms[training], terms[judged]
    found: list[NDArray[np.str_]] = Parallel()(
        delayed(_fit_and_predict)(known, rows, unseen, {**parameters, **chosen}, seed) for chosen in grid
    )
    return found


def _fit_and_predict(
    known: csr_matrix, rows: Dataset, unseen: csr_matrix, parameters: Mapping[str, Any], seed: int
) -> NDArray[np.str_]:
    predicted: NDArray[np.str_] = regress(known, rows, parameters, seed).predict(unseen)
    return predicted
