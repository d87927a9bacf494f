"""Traffic beside training: how often each label, how sure, how much in unknown words; two numbers side by side.

The model's answers are compared with its own answers in cross-validation, on sentences of whole documents where the
training data has them: answers with answers, not with labels given by hand.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from model.artifact import Manifest

PREDICTIONS = "stance_prediction_confidence"
UNCERTAIN = "stance_uncertain"
UNKNOWN = "unknown_vocabulary"
REASONS = (UNKNOWN, "low_confidence")


@dataclass(frozen=True)
class Side:
    """One of the two: shares from 0 to 1, the mean of the confidences; `None` for what is not known."""

    labels: Mapping[str, float]
    confidence: float | None
    unknown: float | None


def gauges(manifest: Manifest, counted: Iterable[Metric]) -> Iterator[Metric]:
    """Yield the gauges for a model, given all that was counted, of which the answers of other versions are left out."""
    label = GaugeMetricFamily("stance_drift_label_share", "Share of each label", labels=("version", "source", "label"))
    sure = GaugeMetricFamily("stance_drift_mean_confidence", "Mean confidence", labels=("version", "source"))
    unknown = GaugeMetricFamily(
        "stance_drift_unknown_vocabulary_share", "Share of unknown vocabulary", labels=("version", "source")
    )
    for source, side in (("training", training(manifest)), ("traffic", traffic(manifest.version, counted))):
        for name, share in side.labels.items():
            label.add_metric((manifest.version, source, name), share)
        for family, value in ((sure, side.confidence), (unknown, side.unknown)):
            if value is not None:
                family.add_metric((manifest.version, source), value)
    yield from (label, sure, unknown)


def training(manifest: Manifest) -> Side:
    """Read what cross-validation measured; a model published before it measured this has no more than the labels."""
    measured: Mapping[str, Any] = manifest.metrics.get("running") or manifest.metrics["cross_validation"]
    answers = [sum(column) for column in zip(*measured["confusion"], strict=True)]
    shares = {label: count / measured["rows"] for label, count in zip(manifest.labels, answers, strict=True)}
    return Side(shares, measured.get("mean_confidence"), measured.get(UNKNOWN))


def traffic(version: str, counted: Iterable[Metric]) -> Side:
    """Sum up what a version has answered since the service started; nothing before its first answer."""
    answers: dict[str, float] = {}
    confidence = unknown = 0.0
    for sample in (sample for metric in counted for sample in metric.samples):
        if sample.labels.get("version") != version:
            continue
        if sample.name == f"{PREDICTIONS}_count":
            answers[sample.labels["label"]] = sample.value
        elif sample.name == f"{PREDICTIONS}_sum":
            confidence += sample.value
        elif sample.name == f"{UNCERTAIN}_total" and sample.labels["reason"] == UNKNOWN:
            unknown = sample.value
    count = sum(answers.values())
    if not count:
        return Side({}, None, None)
    return Side({label: number / count for label, number in answers.items()}, confidence / count, unknown / count)
