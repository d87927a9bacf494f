"""What the service counts for Prometheus: right under several workers, and over the death of one."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from model.artifact import Manifest
from service import drift
from service.errors import NoModelError
from service.models import Models

# Where prometheus_client finds the files of all processes.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
CONFIDENCES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)


class _Process:
    """Under what name this process counts."""

    name = "master"


def share(folder: str) -> None:
    """Count in files in `folder`, so that each process reads what all of them have counted.

    To be called before any `Metrics` is made, and `become` in each process after the fork.
    """
    os.environ[FOLDER] = folder
    values.ValueClass = values.MultiProcessValue(lambda: _Process.name)


def become(worker: int) -> None:
    """Count as this worker: one that takes a dead one's number counts on in its files, so that none pile up."""
    _Process.name = f"worker{worker}"


def forget(worker: int) -> None:
    """Take what a dead worker had in flight off the books; all else that it counted stays."""
    mark_process_dead(f"worker{worker}", os.environ[FOLDER])


class Metrics:
    """The metrics of one application.

    An update costs 1 to 3 µs, so a request has few, and what `labels` returns is kept. A label has few values: routes
    as declared, kinds of problems, labels of models; never what a caller sent.
    """

    def __init__(self) -> None:
        made = CollectorRegistry()
        self._counted: Collector = MultiProcessCollector(None) if FOLDER in os.environ else made
        self.in_flight = Gauge(
            "stance_requests_in_flight", "Requests begun and not ended", registry=made, multiprocess_mode="livesum"
        )
        self._requests = Histogram(
            "stance_request_seconds",
            "Requests by how long they took",
            ("route", "method", "status"),
            registry=made,
            buckets=SECONDS,
        )
        self._received = Counter("stance_request_bytes", "Bytes read of bodies", ("route",), registry=made)
        self._sent = Counter("stance_response_bytes", "Bytes of bodies sent", ("route",), registry=made)
        self._errors = Counter("stance_errors", "Problems answered", ("type",), registry=made)
        self._confidence = Histogram(
            drift.PREDICTIONS,
            "Stances told by how sure: of each text, of each sentence of an article",
            ("version", "label"),
            registry=made,
            buckets=CONFIDENCES,
        )
        self._uncertain = Counter(drift.UNCERTAIN, "Stances told as uncertain", ("version", "reason"), registry=made)
        self._models = Counter("stance_models", "Models loaded and refused", ("outcome",), registry=made)
        for outcome in ("loaded", "refused"):
            self._models.labels(outcome)
        self._ends: dict[tuple[str, str, int], tuple[Histogram, Counter, Counter]] = {}
        self._stances: dict[str, tuple[dict[str, Histogram], dict[str, Counter]]] = {}

    def ended(self, route: str, method: str, status: int, seconds: float, received: int, sent: int) -> None:
        """Count a request that has been answered."""
        self.in_flight.dec()
        ends = self._ends.get((route, method, status))
        if ends is None:
            ends = (
                self._requests.labels(route, method, status),
                self._received.labels(route),
                self._sent.labels(route),
            )
            self._ends[route, method, status] = ends
        ends[0].observe(seconds)
        if received:
            ends[1].inc(received)
        if sent:
            ends[2].inc(sent)

    def problem(self, kind: str) -> None:
        """Count a problem answered, by its type."""
        self._errors.labels(kind.removeprefix("/problems/")).inc()

    def told(self, manifest: Manifest, stance: Mapping[str, Any]) -> None:
        """Count a stance told by a model, as it is laid out in an answer."""
        version = manifest.version
        stances = self._stances.get(version)
        if stances is None:
            stances = self._stances[version] = (
                {label: self._confidence.labels(version, label) for label in manifest.labels},
                {reason: self._uncertain.labels(version, reason) for reason in drift.REASONS},
            )
        stances[0][stance["label"]].observe(stance["confidence"])
        if stance["uncertain"] is not None:
            stances[1][stance["uncertain"]].inc()

    def seen(self, outcome: str, _: str) -> None:
        """Count a model "loaded" or "refused" by this process."""
        self._models.labels(outcome).inc()

    def text(self, manifest: Manifest | None) -> bytes:
        """Write all metrics in Prometheus' text format, those of the loaded model among them. Cost: milliseconds."""
        counted = list(self._counted.collect())
        if manifest is not None:
            model = GaugeMetricFamily("stance_model_info", "The model that answers", labels=("version", "target"))
            model.add_metric((manifest.version, manifest.target), 1)
            counted += [model, *drift.gauges(manifest, counted)]
        return generate_latest(_Families(counted))


class _Families(Collector):
    """Metrics that are gathered already."""

    def __init__(self, families: Sequence[Metric]):
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._families


def blueprint(metrics: Metrics, models: Models) -> Blueprint:
    """Make the route `/metrics`."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def scrape() -> Response:
        try:
            manifest = models.current().manifest
        except NoModelError:
            manifest = None
        return Response(metrics.text(manifest), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes
