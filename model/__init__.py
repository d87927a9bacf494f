"""What a stance is and how a text gets one: `Analyzer.load(folder).classify(text).label`."""

from model.analyzer import Analyzer
from model.errors import (
    ArtifactCorruptError,
    ArtifactError,
    ArtifactIncompatibleError,
    ArtifactMissingError,
    ModelError,
)
from model.values import Actor, Article, Evidence, Mention, Sentence, Span, Stance, Term

__all__ = [
    "Actor",
    "Analyzer",
    "Article",
    "ArtifactCorruptError",
    "ArtifactError",
    "ArtifactIncompatibleError",
    "ArtifactMissingError",
    "Evidence",
    "Mention",
    "ModelError",
    "Sentence",
    "Span",
    "Stance",
    "Term",
]
