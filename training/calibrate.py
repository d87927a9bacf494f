"""Fitting a model's temperature on rows that its folds did not see."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import softmax

RANGE = (0.05, 20.0)


def temperature(decisions: NDArray[np.float64], gold: Sequence[str], labels: Sequence[str]) -> float:
    """Fit the temperature by maximum likelihood: the number by which all decision values are divided.

    Temperature scaling (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017) changes no label, only how
    sure it is. `decisions` has a row for each gold label and a column for each of `labels`. Cost: milliseconds.
    """
    number = {label: i for i, label in enumerate(labels)}
    rows, columns = np.arange(len(gold)), np.array([number[label] for label in gold])

    def loss(logarithm: float) -> float:
        found = softmax(decisions / np.exp(logarithm), axis=1)[rows, columns]
        return float(-np.log(np.maximum(found, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=np.log(RANGE), method="bounded").x))
