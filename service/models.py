"""The model that this process answers with."""

import logging
import math
from pathlib import Path

from model import Analyzer, ArtifactCorruptError, ArtifactError
from service.errors import NoModelError

log = logging.getLogger(__name__)

PROBE = "The government welcomed the decision, and the opposition called it a mistake."


class Models:
    """Holds the loaded model, or none where none loads: the service starts all the same and says so."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._analyzer: Analyzer | None = None

    def load(self) -> None:
        """Load the current version and score the probe sentence; what is refused is logged in a sentence."""
        try:
            analyzer = Analyzer.load(self.folder)
            probe(analyzer)
        except ArtifactError as fault:
            log.error("no model is served: %s", fault)
            return
        self._analyzer = analyzer
        log.info("model %s is served", analyzer.manifest.version)

    def current(self) -> Analyzer:
        """Return the loaded model; raises `NoModelError` where there is none."""
        if self._analyzer is None:
            raise NoModelError
        return self._analyzer


def probe(analyzer: Analyzer) -> None:
    """Score a sentence: a model that gives no probabilities for it is not ready. Raises `ArtifactCorruptError`.

    Analyzing it also reads the table of actors, before the workers are forked and share it.
    """
    probabilities = analyzer.analyze(PROBE).stance.probabilities.values()
    if not math.isclose(sum(probabilities), 1.0, abs_tol=1e-6):
        raise ArtifactCorruptError(f"model {analyzer.manifest.version} gives no probabilities for the probe sentence")
