"""python benchmarks/suggesting.py: how many labels training/suggest.py saves against sentences drawn at random.

Labelling is played on train.csv alone. Of each seed a quarter of the batches is held out to judge on; of the others'
documents 500 sentences are labelled at first, and five times 200 more, which a rule or chance picks out of 5,000.
"""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from training import dataset, own, parameters, scores, suggest
from training.dataset import Dataset
from training.fit import fit
from training.report import table

SEEDS = 5
FIRST, MORE, ROUNDS, POOL = 500, 200, 5, 5000

Floats = NDArray[np.float64]


def entropy(probabilities: Floats) -> Floats:
    """Return the entropy of each row."""
    found: Floats = -(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1)
    return found


# The measure of uncertainty, and whether sentences like those chosen before count less.
RULES: dict[str, tuple[Callable[[Floats], Floats], bool] | None] = {
    "random": None,
    "margin and diversity: the rule": (suggest.uncertainty, True),
    "margin alone": (suggest.uncertainty, False),
    "entropy and diversity": (entropy, True),
}


def main() -> None:
    """Play, and print the tables."""
    start = time.perf_counter()
    rows = dataset.read(own.DATA / "train.csv")
    jobs = [(name, seed) for seed in range(SEEDS) for name in RULES]
    playing = Parallel(n_jobs=-1, return_as="generator")(delayed(play)(rows, name, seed) for name, seed in jobs)
    played = list(tqdm(playing, total=len(jobs)))
    curves = {
        name: np.array([curve for (one, _), curve in zip(jobs, played, strict=True) if one == name]) for name in RULES
    }
    labels = [FIRST + MORE * number for number in range(ROUNDS + 1)]
    means = {name: curve.mean(axis=0) for name, curve in curves.items()}
    print(
        table(
            ["labels", *RULES], [[f"{n:,}", *(f"{means[name][i]:.3f}" for name in RULES)] for i, n in enumerate(labels)]
        )
    )
    print()
    lines = []
    for name, curve in curves.items():
        if name != "random":
            gain = (curve - curves["random"])[:, 1:].mean(axis=1)
            saved = labels[-1] - reached(labels, means[name], means["random"][-1])
            lines.append([name, f"{gain.mean():+.3f}", f"{gain.min():+.3f} to {gain.max():+.3f}", f"{saved:,.0f}"])
    print(
        table(
            ["against random", "macro-F1, mean of rounds", "of single seeds", f"labels saved of {labels[-1]:,}"], lines
        )
    )
    print(f"\n{time.perf_counter() - start:.0f} s")


def play(rows: Dataset, name: str, seed: int) -> list[float]:
    """Return macro-F1 on the held-out documents after the first labels and after each round."""
    judged, pool = parts(rows, seed)
    known, left = pool[:FIRST], pool[FIRST:]
    settings = parameters.read()
    found = []
    for number in range(ROUNDS + 1):
        analyzer, fitted = fit(rows.subset(known), settings, seed)
        test = rows.subset(judged)
        predicted = [stance.label for stance in analyzer.judge(test.texts)]
        found.append(float(scores.scores(rows.labels, test.gold, predicted)["macro_f1"]))
        if number < ROUNDS:
            chosen = pick(RULES[name], analyzer, fitted["features"], rows.subset(left).texts)
            known = [*known, *(left[place] for place in chosen)]
            left = [row for place, row in enumerate(left) if place not in set(chosen)]
    return found


def parts(rows: Dataset, seed: int) -> tuple[list[int], list[int]]:
    """Return the rows to judge on, and in random order those to choose from: no batch has both."""
    generator = np.random.default_rng(seed)
    running = rows.running()
    batches = sorted({rows.rows[number].batch for number in running})
    held_out = set(generator.permutation(batches)[: len(batches) // 4].tolist())
    judged = [number for number in running if rows.rows[number].batch in held_out]
    others = [number for number in running if rows.rows[number].batch not in held_out]
    return judged, generator.permutation(others)[: FIRST + POOL].tolist()


def pick(
    rule: tuple[Callable[[Floats], Floats], bool] | None, analyzer: Any, features: Any, texts: Sequence[str]
) -> list[int]:
    """Return the places of the sentences to label next; they stand in random order."""
    if rule is None:
        return list(range(MORE))
    measure, diverse = rule
    uncertain = measure(analyzer.probabilities(texts))
    if not diverse:
        return np.argsort(-uncertain, kind="stable")[:MORE].tolist()
    pool = np.argsort(-uncertain, kind="stable")[: suggest.POOL * MORE].tolist()
    vectors = features.transform([texts[place] for place in pool])
    return [pool[place] for place in suggest.choose(uncertain[pool], vectors, MORE)]


def reached(labels: Sequence[int], curve: Floats, height: float) -> float:
    """Return after how many labels a curve reaches a height for the first time; the last number where it never does."""
    for (low, high), (before, after) in zip(pairwise(labels), pairwise(curve), strict=True):
        if after >= height:
            return low + (high - low) * max(0.0, (height - before) / (after - before))
    return labels[-1]


if __name__ == "__main__":
    main()
