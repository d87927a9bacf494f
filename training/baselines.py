"""Baselines to stand beside a model: the majority class, and sentiment taken for stance."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model.analyzer import Analyzer
from training import scores
from training.dataset import Dataset

# The thresholds that VADER's authors give for a positive and a negative text (Hutto and Gilbert, ICWSM 2014).
POSITIVE = 0.05


def vader(roles: Mapping[str, str]) -> Callable[[Sequence[str]], list[str]]:
    """Return a judge that takes VADER's sentiment for stance: positive for support, negative for criticism.

    Needs all three roles. Cost: some 0.1 s to load its lexicon.
    """
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415  (training's dependency)

    sentiment = SentimentIntensityAnalyzer()

    def label(text: str) -> str:
        compound = sentiment.polarity_scores(text)["compound"]
        side = "support" if compound >= POSITIVE else "criticism" if compound <= -POSITIVE else "neutral"
        return roles[side]

    return lambda texts: [label(text) for text in texts]


def compare(model: Analyzer, dataset: Dataset, majority: str) -> dict[str, dict[str, Any]]:
    """Measure the model, the majority class and VADER side by side: scores, and microseconds a text on one core."""
    roles = model.manifest.roles
    judges: dict[str, Callable[[Sequence[str]], list[str]]] = {
        "model": lambda texts: [stance.label for stance in model.judge(texts)],
        "majority": lambda texts: [majority] * len(texts),
    }
    if len(roles) == 3:
        judges["VADER"] = vader(roles)
    found = {}
    for name, judge in judges.items():
        start = time.perf_counter()
        predicted = judge(dataset.texts)
        took = time.perf_counter() - start
        found[name] = {
            **scores.scores(model.manifest.labels, dataset.gold, predicted, roles),
            "microseconds": 1e6 * took / len(dataset.rows),
        }
    return found
