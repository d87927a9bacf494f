"""The one prediction path."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import Analyzer


def golden(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))["case"]
    return cases


CLAUSES, FRAGMENTS = golden("clauses.toml"), golden("fragments.toml")


@pytest.fixture(scope="module")
def analyzer(toy_models: Path) -> Analyzer:
    return Analyzer.load(toy_models)


@pytest.fixture(scope="module")
def fitted(corpus_models: Path) -> Analyzer:
    return Analyzer.load(corpus_models)


def test_one_sentence_keeps_its_own_probabilities(analyzer: Analyzer) -> None:
    text = "Berlin called the step a grave mistake."
    stance = analyzer.classify(text)
    assert stance.label == "criticism"
    assert stance.sentences == 1
    assert list(stance.probabilities.values()) == analyzer.probabilities([text])[0].tolist()
    assert stance.confidence == max(stance.probabilities.values())


CRITICISM, NEUTRAL, SUPPORT = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
# Sentences' probabilities and the text's by hand, the neutral share being divided by the root of their number.
ROLLED_UP = [
    ([CRITICISM, NEUTRAL, NEUTRAL, NEUTRAL], (0.25, 0.75 / 2, 0.0)),
    ([NEUTRAL] * 4, (0.0, 1.0, 0.0)),
    ([SUPPORT, CRITICISM, CRITICISM, SUPPORT], (0.25, 0.5 / 2, 0.25)),
    ([SUPPORT, CRITICISM, SUPPORT, SUPPORT], (0.0625, 0.375 / 2, 0.5625)),
    ([(0.5, 0.5, 0.0)] * 2 + [(0.0, 0.5, 0.5), (0.0, 1.0, 0.0)], (0.25 - 1 / 12, (0.625 + 1 / 6) / 2, 0.125 - 1 / 12)),
    ([(0.1, 0.3, 0.6)], (0.1, 0.3, 0.6)),
]


@pytest.mark.parametrize(("rows", "expected"), ROLLED_UP)
def test_sides_take_from_one_another_and_neutral_counts_less_in_longer_texts(
    analyzer: Analyzer, rows: list[tuple[float, ...]], expected: tuple[float, ...]
) -> None:
    rolled = Analyzer(analyzer.scorer, replace(analyzer.manifest, roll_up={"neutral_exponent": 0.5})).roll_up(rows)
    assert rolled == pytest.approx([share / sum(expected) for share in expected], abs=1e-12)


def test_without_two_sides_neutral_alone_counts_less(analyzer: Analyzer) -> None:
    roles = {"neutral": "neutral", "support": "support"}
    other = Analyzer(analyzer.scorer, replace(analyzer.manifest, roles=roles, roll_up={"neutral_exponent": 0.5}))
    assert other.roll_up([SUPPORT, CRITICISM, NEUTRAL, NEUTRAL]) == pytest.approx([1 / 3, 1 / 3, 1 / 3])


def test_several_sentences_are_judged_one_by_one(analyzer: Analyzer) -> None:
    parts = ["Berlin called the step a grave mistake.", "Warsaw welcomed the step.", "The talks lasted."]
    stance = analyzer.classify(" ".join(parts))
    assert stance.sentences == 3
    expected = analyzer.roll_up(analyzer.probabilities(parts).tolist())
    assert list(stance.probabilities.values()) == pytest.approx(expected, abs=1e-12)


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


def test_an_article_is_the_same_text_to_classify_and_analyze(analyzer: Analyzer) -> None:
    text = "Warsaw welcomed the step. Berlin called the step a grave mistake. The talks lasted."
    article = analyzer.analyze(text, explain=True)
    assert article.stance == analyzer.classify(text, explain=True)
    assert article.shares == {"criticism": 1 / 3, "neutral": 1 / 3, "support": 1 / 3}
    assert article.balance == 0
    for sentence in article.sentences:
        alone = analyzer.classify(text[sentence.span.start : sentence.span.end])
        assert (sentence.label, sentence.probabilities) == (alone.label, alone.probabilities)


def test_who_speaks_for_whom(analyzer: Analyzer) -> None:
    text = (
        "Kremlin spokesman Dmitry Peskov called the step a grave mistake. Russia deplored the step. Sergei Lavrov met."
    )
    actors = {actor.id: actor for actor in analyzer.analyze(text).actors}
    assert next(iter(actors)) == "russia"
    assert actors["russia"].sentences == (0, 1)
    assert actors["russia"].via == ("peskov",)
    assert actors["kremlin"].via == ("peskov",)
    assert actors["kremlin"].stands_for == "russia"
    assert actors["peskov"].sentences == (0,)
    assert actors["peskov"].via == ()
    assert [text[at.start : at.end] for at in actors["peskov"].mentions] == ["Dmitry Peskov"]
    assert actors["lavrov"].label is None
    assert actors["lavrov"].sentences == ()


def test_somebody_whom_no_table_knows_holds_and_speaks_for_whom_the_text_says(analyzer: Analyzer) -> None:
    text = "Jan Nowak, a spokesman for the Polish foreign ministry, welcomed the step. Nowak called the step overdue."
    actors = {actor.id: actor for actor in analyzer.analyze(text).actors}
    assert (actors["person:jan-nowak"].name, actors["person:jan-nowak"].kind) == ("Jan Nowak", "person")
    assert actors["person:jan-nowak"].stands_for == "polish-foreign-ministry"
    assert actors["person:jan-nowak"].sentences == (0, 1)
    assert actors["poland"].via == ("person:jan-nowak",)
    assert [text[at.start : at.end] for at in actors["person:jan-nowak"].mentions] == ["Jan Nowak", "Nowak"]


def test_opposed_stances_of_one_actor_show(analyzer: Analyzer) -> None:
    text = "Berlin welcomed the step and praised the overdue step. Berlin called the step a grave mistake."
    (germany,) = analyzer.analyze(text).actors
    assert germany.shares == {"criticism": 0.5, "neutral": 0, "support": 0.5}
    assert germany.balance == 0


def test_each_speaker_has_his_own_clause(analyzer: Analyzer) -> None:
    text = "Warsaw welcomed the step as overdue, while Berlin called the step a grave mistake."
    article = analyzer.analyze(text)
    assert len(article.sentences) == 1
    assert article.sentences[0].actors == ("poland", "germany")
    assert {actor.id: actor.label for actor in article.actors} == {"poland": "support", "germany": "criticism"}


@pytest.mark.parametrize("case", FRAGMENTS, ids=[case["actor"] for case in FRAGMENTS])
def test_fragments_of_quotations(fitted: Analyzer, case: dict[str, Any]) -> None:
    labels = {actor.id: actor.label for actor in fitted.analyze(case["text"]).actors}
    assert ((labels[case["actor"]] or "neutral") == case["label"]) != case.get("fails", False)


@pytest.mark.parametrize("case", CLAUSES, ids=[case["text"][:60] for case in CLAUSES])
def test_clauses_of_several_speakers(fitted: Analyzer, case: dict[str, Any]) -> None:
    labels = {actor.id: actor.label or "neutral" for actor in fitted.analyze(case["text"]).actors}
    assert (case["stances"].items() <= labels.items()) != case.get("fails", False)


def test_a_fragment_is_judged_with_what_it_goes_on_from(analyzer: Analyzer) -> None:
    text = '"The step? A grave mistake. Vienna talks," Angela Merkel said. "Overdue," said Theresa May.'
    article = analyzer.analyze(text)
    actors = {actor.id: actor for actor in article.actors}
    assert actors["merkel"].sentences == (0, 1, 2)
    assert actors["merkel"].shares == {"criticism": 1, "neutral": 0, "support": 0}
    assert actors["may"].sentences == (3,)
    assert actors["may"].label == "support"
    assert article.sentences[2].label == analyzer.classify('Vienna talks," Angela Merkel said.').label


def test_a_fragment_may_open_a_quotation(analyzer: Analyzer) -> None:
    text = (
        '"A mistake. The ministers of two states have praised the grave step for many long years," Angela Merkel said.'
    )
    actors = {actor.id: actor for actor in analyzer.analyze(text).actors}
    assert actors["merkel"].sentences == (0, 1)
    assert max(actors["merkel"].shares.values()) == 1


def test_without_roles_there_is_no_balance(analyzer: Analyzer) -> None:
    other = Analyzer(analyzer.scorer, replace(analyzer.manifest, roles={}))
    article = other.analyze("Berlin called the step a grave mistake.")
    assert article.balance is None
    assert article.actors[0].balance is None
    assert article.actors[0].label == "criticism"


@given(st.text().filter(lambda text: any(map(str.isalpha, text))))
def test_any_article_is_analyzed(analyzer: Analyzer, text: str) -> None:
    article = analyzer.analyze(text)
    assert sum(article.shares.values()) == pytest.approx(1)
    for actor in article.actors:
        assert all(number < len(article.sentences) for number in actor.sentences)
        assert all(0 <= at.start < at.end <= len(text) for at in actor.mentions)
