"""The measures: how predicted labels and their probabilities compare with labels given by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15
DRAWS = 1000
CONFIDENCES = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)

Floats = NDArray[np.float64]


def scores(
    labels: Sequence[str], gold: Sequence[str], predicted: Sequence[str], roles: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Compare predicted labels with gold ones: accuracy, macro-F1, per label precision, recall, F1 and rows.

    Where `roles` names both sides, `f_avg` is the mean F1 of support and criticism (Mohammad et al., SemEval-2016 Task
    6). All are shares from 0 to 1 (a ratio without cases counts 0) but `rows` and the confusion matrix, which count;
    it has a row for each gold label and a column for each predicted one, in the order of `labels`.
    """
    confusion = _confusion(labels, gold, predicted)
    measures = _measures(confusion[np.newaxis], labels, roles or {})
    precision, recall, f1 = (part[0] for part in _ratios(confusion[np.newaxis]))
    return {
        "rows": len(gold),
        **{name: float(value[0]) for name, value in measures.items()},
        "labels": {
            label: {"precision": float(p), "recall": float(r), "f1": float(f), "rows": int(n)}
            for label, p, r, f, n in zip(labels, precision, recall, f1, confusion.sum(axis=1), strict=True)
        },
        "confusion": confusion.tolist(),
    }


def intervals(
    labels: Sequence[str],
    gold: Sequence[str],
    predicted: Sequence[str],
    groups: Sequence[str],
    roles: Mapping[str, str] | None = None,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Bootstrap 95% intervals of macro-F1, accuracy, F_avg: `DRAWS` times as many groups drawn with replacement.

    Groups are documents, since sentences of one document stand or fall together (Efron and Tibshirani 1993, percentile
    interval). Cost: milliseconds, since each group is counted into one confusion matrix.
    """
    return {name: _middle(values) for name, values in _drawn(labels, gold, predicted, groups, roles, seed).items()}


def differences(
    labels: Sequence[str],
    gold: Sequence[str],
    old: Sequence[str],
    new: Sequence[str],
    groups: Sequence[str],
    roles: Mapping[str, str] | None = None,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Bootstrap 95% intervals of what `new` scores more than `old` on the same rows, by name as in `intervals`.

    Paired: each draw of groups scores both, so that what is hard for both widens nothing.
    """
    before, after = (_drawn(labels, gold, predicted, groups, roles, seed) for predicted in (old, new))
    return {name: _middle(after[name] - before[name]) for name in after}


def calibration(confidences: Floats, right: NDArray[np.bool_], seed: int = 0) -> dict[str, Any]:
    """Measure how well confidences (from 0 to 1) match the share of answers that are `right`.

    `error` is the expected calibration error over `BINS` bins of equal mass (Nguyen and O'Connor 2015): the mean gap
    between confidence and accuracy, weighted by the bin's rows. Since even perfect confidences show a gap on finitely
    many rows, `perfect` gives the mean error of 200 simulations in which each answer is right with just its confidence.
    """
    order = np.argsort(confidences, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    generator = np.random.default_rng(seed)
    simulated = [_gap(bins, confidences, generator.random(len(confidences)) < confidences) for _ in range(200)]
    return {
        "error": _gap(bins, confidences, right),
        "perfect": float(np.mean(simulated)),
        "bins": [
            {"confidence": float(confidences[part].mean()), "accuracy": float(right[part].mean()), "rows": len(part)}
            for part in bins
        ],
    }


def coverage(
    labels: Sequence[str], gold: Sequence[str], predicted: Sequence[str], confidences: Floats
) -> list[dict[str, float]]:
    """For each `min_confidence`, the share of answers at or above it, their accuracy, macro-F1 over labels in use."""
    rows = []
    for least in CONFIDENCES:
        kept = np.flatnonzero(confidences >= least).tolist()
        row: dict[str, float] = {"min_confidence": least, "coverage": len(kept) / len(gold)}
        if len(kept):
            one, other = [gold[i] for i in kept], [predicted[i] for i in kept]
            found = scores([label for label in labels if label in {*one, *other}], one, other)
            row |= {"accuracy": found["accuracy"], "macro_f1": found["macro_f1"]}
        rows.append(row)
    return rows


def _drawn(
    labels: Sequence[str],
    gold: Sequence[str],
    predicted: Sequence[str],
    groups: Sequence[str],
    roles: Mapping[str, str] | None,
    seed: int,
) -> dict[str, Floats]:
    """Return the measures of `DRAWS` draws of groups; the same groups and the same seed give the same draws."""
    number = {label: i for i, label in enumerate(labels)}
    names = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    counted = np.zeros((len(names), len(labels), len(labels)))
    for group, one, other in zip(groups, gold, predicted, strict=True):
        counted[names[group], number[one], number[other]] += 1
    drawn = np.random.default_rng(seed).multinomial(len(names), [1 / len(names)] * len(names), size=DRAWS)
    return _measures(np.tensordot(drawn, counted, axes=1), labels, roles or {})


def _middle(values: Floats) -> tuple[float, float]:
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def _confusion(labels: Sequence[str], gold: Sequence[str], predicted: Sequence[str]) -> NDArray[np.int64]:
    number = {label: i for i, label in enumerate(labels)}
    cells = [number[one] * len(labels) + number[other] for one, other in zip(gold, predicted, strict=True)]
    return np.bincount(cells, minlength=len(labels) ** 2).reshape(len(labels), len(labels))


def _gap(bins: Sequence[NDArray[np.int64]], confidences: Floats, right: NDArray[np.bool_]) -> float:
    gaps = [len(part) * abs(confidences[part].mean() - right[part].mean()) for part in bins]
    return float(sum(gaps) / len(confidences))


def _ratios(confusion: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
    """Return precision, recall and F1 of each label (columns) for each of many confusion matrices (rows)."""
    hit = np.diagonal(confusion, axis1=1, axis2=2)
    gold, answered = confusion.sum(axis=2), confusion.sum(axis=1)
    pairs = ((hit, answered), (hit, gold), (2 * hit, gold + answered))
    precision, recall, f1 = (np.divide(a, b, out=np.zeros(hit.shape), where=b > 0, casting="unsafe") for a, b in pairs)
    return precision, recall, f1


def _measures(confusion: NDArray[Any], labels: Sequence[str], roles: Mapping[str, str]) -> dict[str, Floats]:
    _, _, f1 = _ratios(confusion)
    hits = np.trace(confusion, axis1=1, axis2=2)
    found = {"macro_f1": f1.mean(axis=1), "accuracy": hits / confusion.sum(axis=(1, 2))}
    if {"support", "criticism"} <= roles.keys():
        sides = [labels.index(roles[role]) for role in ("support", "criticism")]
        found["f_avg"] = f1[:, sides].mean(axis=1)
    return found
