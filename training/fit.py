"""Fitting: labelled rows and parameters to an analyzer."""

from collections.abc import Mapping
from typing import Any

from sklearn.pipeline import Pipeline

from model import pipeline, scorer
from model.analyzer import Analyzer
from model.artifact import Manifest
from training.dataset import Dataset
from training.parameters import NEUTRAL_EXPONENT, UNKNOWN_VOCABULARY


def fit(
    dataset: Dataset, parameters: Mapping[str, Any], seed: int, target: str = "", sides: Mapping[str, str] | None = None
) -> tuple[Analyzer, Pipeline]:
    """Fit the pipeline on every row; return the analyzer, neither calibrated nor published yet, and the pipeline.

    `parameters` is what `training.parameters.read` returns, `sides` the label of each role (`training.roles.find`).
    The same rows, parameters and seed give the same analyzer. Cost: a second per thousand rows.
    """
    labels = dataset.labels
    manifest = Manifest(
        target=target,
        labels=labels,
        roles=dict(sides or {}),
        unit=dataset.unit,
        roll_up={"rule": "mean", NEUTRAL_EXPONENT: parameters[NEUTRAL_EXPONENT]},
        temperature=1.0,
        thresholds={UNKNOWN_VOCABULARY: parameters[UNKNOWN_VOCABULARY]},
        parameters={name: parameters[name] for name in pipeline.PARAMETERS},
        seed=seed,
        data={},
        metrics={},
    )
    fitted = pipeline.build(parameters, seed).fit(dataset.texts, dataset.gold)
    return Analyzer(scorer.compiled(fitted), manifest), fitted
