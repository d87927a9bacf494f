"""Fitting: labelled rows and parameters to an analyzer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from joblib import parallel_config
from sklearn import config_context
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline

from model import pipeline, scorer
from model.analyzer import Analyzer
from model.artifact import Manifest
from training.dataset import Dataset
from training.parameters import NEUTRAL_EXPONENT, UNKNOWN_VOCABULARY
from training.vectors import Vectors

# So few rows are fitted before a process for them has started.
FEW = 200


def fit(
    dataset: Dataset,
    parameters: Mapping[str, Any],
    seed: int,
    target: str = "",
    sides: Mapping[str, str] | None = None,
    vectors: Vectors | None = None,
) -> tuple[Analyzer, Pipeline]:
    """Fit the pipeline on every row; return the analyzer, neither calibrated nor published yet, and the pipeline.

    `parameters` is what `training.parameters.read` returns, `sides` the label of each role (`training.roles.find`),
    `vectors` the rows' own where they were made before. The same rows, parameters and seed give the same analyzer.
    Cost: a second per thousand rows, half of it for their vectors.
    """
    labels = dataset.labels
    manifest = Manifest(
        target=target,
        labels=labels,
        roles=dict(sides or {}),
        unit=dataset.unit,
        roll_up={"rule": "balance", NEUTRAL_EXPONENT: parameters[NEUTRAL_EXPONENT]},
        temperature=1.0,
        thresholds={UNKNOWN_VOCABULARY: parameters[UNKNOWN_VOCABULARY]},
        parameters={name: parameters[name] for name in pipeline.PARAMETERS},
        seed=seed,
        data={},
        metrics={},
    )
    vectors = vectors or Vectors.of(dataset.texts, parameters)
    regression = regress(vectors.rows, dataset, parameters, seed)
    fitted = Pipeline([("features", vectors.blocks), ("regression", regression)])
    return Analyzer(scorer.compiled(fitted), manifest), fitted


def beside(dataset: Dataset) -> parallel_config:
    """Let what fits many things on these rows, scikit-learn's own too, do so in processes side by side if that pays."""
    return parallel_config(n_jobs=-1 if len(dataset.rows) > FEW else 1)


def regress(features: Any, dataset: Dataset, parameters: Mapping[str, Any], seed: int) -> OneVsRestClassifier:
    """Fit the regression on features already made of the rows, each counting as much as its weight says."""
    regression = pipeline.regression(parameters, seed)
    if dataset.weights is None:
        return regression.fit(features, dataset.gold)
    # One-vs-rest hands weights on to its regressions by scikit-learn's metadata routing alone.
    with config_context(enable_metadata_routing=True):
        regression.estimator.set_fit_request(sample_weight=True)
        return regression.fit(features, dataset.gold, sample_weight=np.array(dataset.weights))
