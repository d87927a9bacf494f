"""The compiled scorer: scikit-learn's own decision values on any text, and evidence that adds up."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline

from model import Analyzer, artifact, evidence, features, pipeline, scorer
from training import corpus, parameters

TEXTS = ["Berlin called the step a grave mistake.", "Warsaw welcomed the #OverdueStep.", "The talks lasted, lasted on."]
SETTINGS = {
    "as trained": {},
    "raw counts": {"sublinear_tf": False},
    "without pairs": {"pair_weight": 0.0},
    "pairs of words alone": {"word_ngrams": [2, 2]},
    "single words and long n-grams": {"word_ngrams": [1, 1], "char_ngrams": [3, 8]},
    "one length": {"char_ngrams": [1, 1], "word_ngrams": [1, 3]},
}
Compiled = tuple[Pipeline, scorer.Scorer]


@pytest.fixture(scope="module", params=SETTINGS)
def both(request: pytest.FixtureRequest) -> Compiled:
    """A pipeline fitted on three texts and three labels, and what it is compiled to."""
    settings = {**parameters.read(), **SETTINGS[request.param]}
    fitted = pipeline.build(settings, 1).fit(TEXTS, ["con", "pro", "none"])
    return fitted, scorer.compiled(fitted)


def assert_same(both: Compiled, texts: list[str]) -> None:
    fitted, compiled = both
    assert np.abs(compiled.decisions(texts) - fitted.decision_function(texts)).max() < 1e-9


HARD = [
    "",
    " \t\n",
    "…!?",
    "the the the step step",
    "x" * 100_000,
    "step " * 20_000,
    "A\u0000B step",
    "İSTEP ΑΣ ﬁ",
    "#SaveTheStep https://a.b/C#Def www.x.org",
    "the\u2003step\u00a0lasted\x1cgrave",
    "👍🏽 step 中文 mistake",
    "a" * 50 + " mistake",
]


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_hard_texts_get_scikit_learns_values(both: Compiled, text: str) -> None:
    assert_same(both, [text])


words = st.sampled_from(
    ["step", "the", "grave", "Mistake", "not", "berlin", "welcomed", "’", '"', "#GraveStep", " ", "."]
)


@given(text=st.one_of(st.text(), st.lists(words).map(" ".join), st.lists(words).map("".join)))
def test_any_text_gets_scikit_learns_values(both: Compiled, text: str) -> None:
    assert_same(both, [text])


def test_two_labels_get_half_of_the_value_each() -> None:
    fitted = pipeline.build(parameters.read(), 1).fit(TEXTS, ["con", "pro", "con"])
    values = fitted.decision_function(TEXTS)
    assert np.abs(scorer.compiled(fitted).decisions(TEXTS) - np.column_stack([-values / 2, values / 2])).max() < 1e-9


@pytest.mark.no_cover
def test_the_whole_corpus_alone_in_a_batch_and_by_scikit_learn(corpus_models: Path) -> None:
    compiled, _ = artifact.load(corpus_models)
    texts = [row["text"] for name in ("train.csv", "test.csv", "contrast.csv") for row in corpus.read(name)]
    batch = compiled.decisions(texts)
    alone = np.vstack([compiled.decisions([text]) for text in texts])
    assert (batch == alone).all()
    assert np.abs(batch - artifact.load_pipeline(corpus_models).decision_function(texts)).max() < 1e-9


COUNTS = [
    ("Berlin called the step a grave mistake.", (6, 6)),
    ("Berlin called the weather a nuisance", (3, 5)),
    ("die Kanzlerin on a Berlin", (1, 3)),
    ("The the the", (3, 3)),
    ("on a on the", (1, 1)),
    ("a on es la", (4, 4)),
    ("中 文", (0, 2)),
    ("été à la", (0, 2)),
    ("12 …", (1, 1)),
    ("…", (0, 0)),
    ("", (0, 0)),
]


@pytest.mark.parametrize(("text", "counts"), COUNTS)
def test_words_that_tell_their_language_are_counted(text: str, counts: tuple[int, int]) -> None:
    compiled = scorer.compiled(pipeline.build(parameters.read(), 1).fit(TEXTS, ["con", "pro", "none"]))
    assert compiled.judge([text])[1] == [counts]
    assert compiled.judge([text])[1] == [counts], "remembered words count alike"


def test_what_is_saved_is_what_is_loaded(both: Compiled, tmp_path: Path) -> None:
    _, compiled = both
    scorer.save(compiled, tmp_path / "scorer.npz")
    again = scorer.load(tmp_path / "scorer.npz")
    assert [block.name for block in again.blocks] == [block.name for block in compiled.blocks]
    assert (again.decisions(HARD) == compiled.decisions(HARD)).all()


MANY = [" ".join(f"w{number + 1000 * text}" for number in range(1000)) for text in range(scorer.REMEMBERED // 1000 + 1)]
LONG = ["step" * 200_000, "中" * 600_000]


@pytest.mark.no_cover
@pytest.mark.parametrize("much", [MANY, LONG], ids=["many", "long"])
def test_the_memo_is_bounded_and_does_not_change_answers(much: list[str]) -> None:
    compiled = scorer.compiled(pipeline.build(parameters.read(), 1).fit(TEXTS, ["con", "pro", "none"]))
    before = compiled.decisions(TEXTS)
    compiled.decisions(much)
    compiled.decisions(["one more"])
    assert len(compiled._chunks) <= scorer.REMEMBERED
    assert sum(map(len, compiled._chunks)) <= scorer.REMEMBERED_CHARACTERS
    assert (compiled.decisions(TEXTS) == before).all()


@given(text=st.one_of(st.text(min_size=1), st.lists(words, min_size=1).map(" ".join)))
def test_evidence_adds_up_and_stands_in_the_text(both: Compiled, text: str) -> None:
    _, compiled = both
    for label in range(3):
        decision, intercept, rest, terms = evidence.explain(compiled, text, label)
        assert decision == pytest.approx(compiled.decisions([text])[0, label], abs=1e-12)
        assert intercept + rest + sum(term.weight for term in terms) == pytest.approx(decision, abs=1e-9)
        assert len(terms) <= evidence.NAMED
        assert all(0 <= at.start < at.end <= len(text) for term in terms for at in term.at)


def test_nothing_is_left_out_where_all_terms_are_named(both: Compiled) -> None:
    _, compiled = both
    text = "Berlin called the grave step a mistake."
    _, _, rest, terms = evidence.explain(compiled, text, 0, named=10_000)
    assert rest == pytest.approx(0, abs=1e-9)
    assert [abs(term.weight) for term in terms] == sorted((abs(term.weight) for term in terms), reverse=True)


@pytest.mark.no_cover
@pytest.mark.parametrize("unit", ["x", "A.", "#Ab", "a's", "x-", "“a”"])
def test_texts_without_a_blank_are_explained_in_little_memory(unit: str) -> None:
    compiled = scorer.compiled(pipeline.build(parameters.read(), 1).fit(TEXTS, ["con", "pro", "none"]))
    text = unit * (5_000 // len(unit))
    tracemalloc.start()
    try:
        decision, intercept, rest, terms = evidence.explain(compiled, text, 0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert intercept + rest + sum(term.weight for term in terms) == pytest.approx(decision, abs=1e-9)
    assert peak < 30 * 2**20


def test_terms_read_as_they_stand(corpus_models: Path) -> None:
    text = "So “Berlin” called the pull-out a grave mistake."
    stance = Analyzer.load(corpus_models).classify("Nobody came. " + text, explain=True)
    assert stance.evidence is not None
    found = stance.evidence[1]
    assert ("Nobody came. " + text)[found.sentence.start : found.sentence.end] == text
    for term in found.terms:
        for at in term.at:
            stands = features.normalise(("Nobody came. " + text)[at.start : at.end])
            first, _, last = term.term.partition(" … ")
            assert stands.startswith(first)
            assert stands.endswith(last or first)


ALIGNED: list[tuple[str, str, str]] = [
    ("So #SaveTheTreaty!", "treaty", "Treaty"),
    ("See https://t.co/x now", "weblink", "https://t.co/x"),
    ("İstanbul met", "met", "met"),
    ("It’s a mistake", "it's", "It’s"),
]


@pytest.mark.parametrize(("text", "normal", "stands"), ALIGNED)
def test_alignment_by_hand(text: str, normal: str, stands: str) -> None:
    found, places = features.aligned(text)
    start = found.rindex(normal)
    assert text[places[start][0] : places[start + len(normal) - 1][1]] == stands


@given(
    text=st.one_of(
        st.text(), st.lists(st.sampled_from(["x" * 500, "#ABc", "https://x", "www.", "İ", "Σ ", "a"])).map("".join)
    )
)
def test_alignment_gives_the_normalised_text(text: str) -> None:
    found, places = features.aligned(text)
    assert found == features.normalise(text)
    assert len(places) == len(found)
    assert all(0 <= start <= end <= len(text) for start, end in places)
    assert places == sorted(places) or "#" in text


@pytest.mark.no_cover
def test_threads_share_a_scorer(both: Compiled) -> None:
    from concurrent.futures import ThreadPoolExecutor

    _, compiled = both
    texts = [f"The step {number} was a grave mistake." for number in range(200)] * 5
    expected = compiled.decisions(texts)
    judge: Callable[[str], Any] = lambda text: compiled.decisions([text])[0]  # noqa: E731
    with ThreadPoolExecutor(8) as pool:
        assert (np.array(list(pool.map(judge, texts))) == expected).all()
