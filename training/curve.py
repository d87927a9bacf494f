"""The learning curve: would more sentences help?"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from training import folds, plots, scores
from training.dataset import Dataset
from training.fit import beside
from training.vectors import Vectors

SHARES = (0.12, 0.25, 0.5, 0.75, 1.0)
DRAWS = 3
FOLDS = 5

Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]


def measure(
    data: Dataset, test: Dataset | None, parameters: Mapping[str, Any], seed: int, progress: Progress
) -> dict[str, Any]:
    """Measure macro-F1 against the share of the batches trained on.

    Each fold of the grouped cross-validation is judged by models fitted on drawn batches of its training side
    (`DRAWS` draws a share and fold, one where all are taken); the same models judge `test`, for information. Returns
    the points, each with mean and standard deviation over draws and folds, and the data's digest. Cost: some 65 fits.
    """
    column, groups = data.groups()
    jobs = []
    for fold, (training, judged) in enumerate(folds.split(data, FOLDS, seed)):
        batches = sorted({groups[number] for number in training})
        for share in SHARES:
            for draw in range(DRAWS if share < 1 else 1):
                generator = np.random.default_rng([seed, fold, draw, int(100 * share)])
                drawn = set(generator.permutation(batches)[: max(1, round(share * len(batches)))].tolist())
                jobs.append((share, [number for number in training if groups[number] in drawn], judged))
    with beside(data):
        vectors = Vectors.of([*data.texts, *(test.texts if test else ())], parameters)
        fits = (_judge(data, test, vectors, training, judged, parameters, seed) for _, training, judged in jobs)
        results = list(progress(fits, "learning curve", len(jobs)))
    points = []
    for share in SHARES:
        mine = [result for result, job in zip(results, jobs, strict=True) if job[0] == share]
        point: dict[str, Any] = {"share": share, "sentences": round(float(np.mean([found["rows"] for found in mine])))}
        for name in ("cross_validation", "test") if test else ("cross_validation",):
            values = [found[name] for found in mine]
            point[name] = {"macro_f1": float(np.mean(values)), "deviation": float(np.std(values))}
        points.append(point)
    return {"data": data.digest, "grouped_by": column, "folds": FOLDS, "draws": DRAWS, "points": points}


def _judge(
    data: Dataset,
    test: Dataset | None,
    vectors: Vectors,
    training: list[int],
    judged: list[int],
    parameters: Mapping[str, Any],
    seed: int,
) -> dict[str, float]:
    likeliest = folds.decide(data, vectors, training, parameters, seed).argmax(axis=1)
    predicted = np.array(data.labels)[likeliest].tolist()
    found: dict[str, float] = {"rows": len(training)}
    of_the_test = range(len(data.rows), len(predicted))
    for name, rows, numbers in (("cross_validation", data.subset(judged), judged), ("test", test, of_the_test)):
        if rows:
            found[name] = scores.scores(data.labels, rows.gold, [predicted[number] for number in numbers])["macro_f1"]
    return found


def read(file: Path) -> dict[str, Any] | None:
    """Read a saved curve, or return `None` where there is none."""
    if not file.is_file():
        return None
    curve: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return curve


def save(curve: Mapping[str, Any], file: Path) -> None:
    """Write the curve as JSON, and as a plot beside it."""
    file.write_text(json.dumps(curve, indent=2) + "\n", encoding="utf-8")
    plot(curve, file.with_suffix(".png"))


def plot(curve: Mapping[str, Any], file: Path) -> None:
    """Draw macro-F1 against the number of sentences, with the deviation over draws and folds."""
    drawn, axes = plots.figure(7, 4.2)
    sentences = [point["sentences"] for point in curve["points"]]
    for name, label, style in (
        ("cross_validation", "cross-validation, grouped by batch", "o-"),
        ("test", "test part, for information", "s--"),
    ):
        if name in curve["points"][0]:
            means = np.array([point[name]["macro_f1"] for point in curve["points"]])
            spread = np.array([point[name]["deviation"] for point in curve["points"]])
            axes.plot(sentences, means, style, label=label)
            axes.fill_between(sentences, means - spread, means + spread, alpha=0.15)
    axes.set(xlabel="sentences trained on", ylabel="macro-F1", title="Learning curve")
    file.write_bytes(plots.finished(drawn, axes))
