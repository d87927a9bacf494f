"""Fitting: labelled rows and parameters to an analyzer."""

from collections.abc import Mapping
from typing import Any

from model import pipeline
from model.analyzer import Analyzer
from model.artifact import Manifest
from training.dataset import Dataset
from training.parameters import UNKNOWN_VOCABULARY

# The roll-up that model.analyzer implements; named so that a model with another one gets another version.
ROLL_UP = "mean"
ROLES = ("support", "criticism", "neutral")


def fit(dataset: Dataset, parameters: Mapping[str, Any], seed: int, target: str = "") -> Analyzer:
    """Fit the pipeline on every row and return it as an analyzer that is not published yet.

    `parameters` is what `training.parameters.read` returns. The same rows, parameters and seed give the same analyzer.
    Cost: a few seconds per thousand rows.
    """
    fitted = pipeline.build(parameters, seed).fit(
        [row.text for row in dataset.rows], [row.label for row in dataset.rows]
    )
    manifest = Manifest(
        target=target,
        labels=dataset.labels,
        roles={role: role for role in ROLES if role in dataset.labels},
        unit=dataset.unit,
        roll_up=ROLL_UP,
        thresholds={UNKNOWN_VOCABULARY: parameters[UNKNOWN_VOCABULARY]},
        parameters={name: parameters[name] for name in pipeline.PARAMETERS},
        seed=seed,
        data={},
        metrics={},
    )
    return Analyzer(fitted, manifest)
