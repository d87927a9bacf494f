"""The one prediction path: what the service answers and what evaluation measures."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model import artifact, features, scorer, segmentation
from model.artifact import Manifest
from model.scorer import Scorer
from model.values import Evidence, Span, Stance

Floats = NDArray[np.float64]


class Analyzer:
    """A compiled model with the manifest that says what it is. Immutable, so that threads may share it."""

    def __init__(self, scorer: Scorer, manifest: Manifest):
        self.manifest = manifest
        self.scorer = scorer
        self._labels = manifest.labels
        self._vocabulary = next(block.terms for block in scorer.blocks if block.name == "words")

    @classmethod
    def load(cls, folder: Path | str) -> "Analyzer":
        """Load the current version of a models folder, or one version's own folder; raises `ArtifactError`."""
        return cls(*artifact.load(Path(folder)))

    def calibrated(self, temperature: float) -> "Analyzer":
        """Return the same analyzer at another temperature."""
        return Analyzer(self.scorer, replace(self.manifest, temperature=temperature))

    def classify(self, text: str, min_confidence: float = 0.0, explain: bool = False) -> Stance:
        """Judge one text: cut into sentences where the model's unit is the sentence, and rolled up by `roll_up`.

        Below `min_confidence` (0 to 1) the answer is marked "low_confidence"; "unknown_vocabulary" goes before it.
        `explain` adds evidence for each sentence. Raises `ValueError` for a text without a letter. Cost: about 0.1 ms
        a sentence of 25 words, and 2 ms more where it is explained.
        """
        spans = segmentation.sentences(text)
        if not spans:
            raise ValueError("a text needs at least one letter")
        if self.manifest.unit == "text":
            spans = [Span(0, len(text))]
        probabilities = self.probabilities([text[span.start : span.end] for span in spans])
        stance = self._stance(text, self.roll_up(probabilities), len(spans), min_confidence)
        if not explain:
            return stance
        labels = probabilities.argmax(axis=1).tolist()
        evidence = [self._explain(text, span, label) for span, label in zip(spans, labels, strict=True)]
        return replace(stance, evidence=tuple(evidence))

    def judge(self, units: Sequence[str]) -> list[Stance]:
        """Judge many units, each unsplit, as labelled rows are: for evaluation."""
        return [self._stance(unit, row, 1, 0.0) for unit, row in zip(units, self.probabilities(units), strict=True)]

    def probabilities(self, units: Sequence[str]) -> Floats:
        """Return the probability of each label (columns, in the order of `manifest.labels`) for each unit (rows)."""
        return softmax(self.decisions(units) / self.manifest.temperature)

    def decisions(self, units: Sequence[str]) -> Floats:
        """Return the decision values, before the temperature, in the same shape as `probabilities`."""
        return self.scorer.decisions(units)

    def roll_up(self, probabilities: Floats) -> Floats:
        """Join the probabilities of a text's sentences (rows) into the text's: their mean, with less neutral in it.

        A text takes a side though most of its sentences report facts, the more so the longer it is: the neutral share
        is divided by the number of sentences to the power of `manifest.roll_up["neutral_exponent"]`, which leaves a
        lone sentence its own probabilities. Labels without a neutral one are averaged.
        """
        mean: Floats = probabilities.mean(axis=0)
        neutral = self.manifest.roles.get("neutral")
        if neutral is not None and len(probabilities) > 1:
            mean[self._labels.index(neutral)] /= len(probabilities) ** self.manifest.roll_up["neutral_exponent"]
            mean /= mean.sum()
        return mean

    def known_share(self, text: str) -> float:
        """Return the share of a text's words that the fitted vocabulary knows, 0 for a text without a word."""
        words = features.words(text)
        return sum(word in self._vocabulary for word in words) / max(len(words), 1)

    def _explain(self, text: str, span: Span, label: int) -> Evidence:
        decision, intercept, rest, terms = scorer.explain(self.scorer, text[span.start : span.end], label)
        moved = [
            replace(term, at=tuple(Span(span.start + one.start, span.start + one.end) for one in term.at))
            for term in terms
        ]
        return Evidence(span, self._labels[label], decision, intercept, rest, tuple(moved))

    def _stance(self, text: str, row: Floats, sentences: int, min_confidence: float) -> Stance:
        probabilities = dict(zip(self._labels, row.tolist(), strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        uncertain = None
        if self.known_share(text) < self.manifest.thresholds["unknown_vocabulary"]:
            uncertain = "unknown_vocabulary"
        elif probabilities[label] < min_confidence:
            uncertain = "low_confidence"
        return Stance(label, probabilities[label], probabilities, uncertain, sentences)


def softmax(values: Floats) -> Floats:
    """Turn the values of each row into shares that add up to 1."""
    exponents = np.exp(values - values.max(axis=1, keepdims=True))
    result: Floats = exponents / exponents.sum(axis=1, keepdims=True)
    return result
