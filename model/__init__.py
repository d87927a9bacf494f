"""What a stance is and how a text gets one: `Analyzer.load(folder).classify(text).label`."""

from model.analyzer import Analyzer
from model.errors import (
    ArtifactCorruptError,
    ArtifactError,
    ArtifactIncompatibleError,
    ArtifactMissingError,
    ModelError,
)
from model.values import Evidence, Span, Stance, Term

__all__ = [
    "Analyzer",
    "ArtifactCorruptError",
    "ArtifactError",
    "ArtifactIncompatibleError",
    "ArtifactMissingError",
    "Evidence",
    "ModelError",
    "Span",
    "Stance",
    "Term",
]
