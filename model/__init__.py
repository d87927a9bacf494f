"""What a stance is and how a text gets one: `Analyzer.load(folder).classify(text).label`."""

from model.analyzer import Analyzer
from model.errors import (
    ArtifactCorruptError,
    ArtifactError,
    ArtifactIncompatibleError,
    ArtifactMissingError,
    ModelError,
)
from model.values import Span, Stance

__all__ = [
    "Analyzer",
    "ArtifactCorruptError",
    "ArtifactError",
    "ArtifactIncompatibleError",
    "ArtifactMissingError",
    "ModelError",
    "Span",
    "Stance",
]
