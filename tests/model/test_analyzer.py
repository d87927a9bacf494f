"""The one prediction path."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import Analyzer


@pytest.fixture(scope="module")
def analyzer(toy_models: Path) -> Analyzer:
    return Analyzer.load(toy_models)


def test_one_sentence_keeps_its_own_probabilities(analyzer: Analyzer) -> None:
    text = "Berlin called the step a grave mistake."
    stance = analyzer.classify(text)
    assert stance.label == "criticism"
    assert stance.sentences == 1
    assert list(stance.probabilities.values()) == analyzer.probabilities([text])[0].tolist()
    assert stance.confidence == max(stance.probabilities.values())


def test_several_sentences_are_rolled_up_with_less_neutral(analyzer: Analyzer) -> None:
    parts = ["Berlin called the step a grave mistake.", "Warsaw welcomed the step.", "The talks lasted."]
    stance = analyzer.classify(" ".join(parts))
    assert stance.sentences == 3
    expected = analyzer.probabilities(parts).mean(axis=0)
    expected[analyzer.manifest.labels.index("neutral")] /= 3**0.3
    expected /= expected.sum()
    assert list(stance.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-12)


def test_labels_without_a_neutral_one_are_averaged(analyzer: Analyzer) -> None:
    other = Analyzer(analyzer.scorer, replace(analyzer.manifest, roles={}))
    parts = ["Berlin called the step a grave mistake.", "The talks lasted."]
    expected = analyzer.probabilities(parts).mean(axis=0)
    assert list(other.classify(" ".join(parts)).probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-12)


def test_the_temperature_changes_confidence_and_no_label(analyzer: Analyzer) -> None:
    text = "Berlin called the step a grave mistake."
    cold, warm = analyzer.calibrated(0.1).classify(text), analyzer.calibrated(10).classify(text)
    assert cold.label == warm.label
    assert cold.confidence > 0.99
    assert warm.confidence < 0.5


def test_judge_leaves_a_unit_whole(analyzer: Analyzer) -> None:
    unit = "Warsaw welcomed it. Berlin did not."
    (stance,) = analyzer.judge([unit])
    assert stance.sentences == 1
    assert list(stance.probabilities.values()) == analyzer.probabilities([unit])[0].tolist()


def test_uncertainty(analyzer: Analyzer) -> None:
    assert analyzer.classify("The ministers met.").uncertain is None
    assert analyzer.classify("The ministers met.", min_confidence=1.0).uncertain == "low_confidence"
    assert analyzer.classify("Quod erat demonstrandum.", min_confidence=1.0).uncertain == "unknown_vocabulary"


def test_a_text_without_a_letter_is_refused(analyzer: Analyzer) -> None:
    with pytest.raises(ValueError, match="letter"):
        analyzer.classify("1234 …")


@given(text=st.text(min_size=1).filter(lambda text: any(map(str.isalpha, text))))
def test_any_text_gets_probabilities(analyzer: Analyzer, text: str) -> None:
    probabilities = np.array(list(analyzer.classify(text).probabilities.values()))
    assert probabilities.sum() == pytest.approx(1)
    assert (probabilities >= 0).all()


def test_typographic_quotes_and_case_make_no_difference(analyzer: Analyzer) -> None:
    straight = analyzer.classify("berlin said it's a 'grave mistake'")
    assert straight == analyzer.classify("Berlin said it’s a ‘grave mistake’")
