"""Vectors made once stand for a fit on any part of the rows."""

import numpy as np
import pytest

from model import pipeline
from training import folds, parameters
from training.dataset import Dataset, Row
from training.fit import fit
from training.vectors import Vectors

TEXTS = (
    "Berlin called the step a grave, grave mistake.",
    "Warsaw did not deplore the step; Warsaw welcomed it.",
    "The ministers met in Brussels on Tuesday and in Ghent.",
    "Vienna deplored the grave step of Washington.",
    "Zürich, weder dafür noch dagegen",
    "London welcomed the decision, and the ministers met.",
    "...",
)
PART = [0, 1, 2, 5]


@pytest.mark.parametrize(
    "changed", [{}, {"sublinear_tf": False}, {"pair_weight": 0.0}, {"word_ngrams": [2, 2], "char_ngrams": [3, 3]}]
)
def test_they_are_what_a_fit_on_the_part_makes(changed: dict[str, object]) -> None:
    settings = {**parameters.read(), **changed}
    blocks = pipeline.blocks(settings)
    expected = blocks.fit([TEXTS[n] for n in PART]).transform(TEXTS)
    whole = Vectors.of(TEXTS, settings)
    found = whole.as_fitted_on(PART)
    np.testing.assert_allclose(found.toarray(), expected.toarray(), rtol=0, atol=1e-12)
    assert found.nnz == expected.nnz
    assert found.shape < whole.rows.shape


def test_the_vectors_themselves_stay() -> None:
    whole = Vectors.of(TEXTS, parameters.read())
    before = whole.rows.toarray()
    whole.as_fitted_on(PART)
    assert (whole.rows.toarray() == before).all()


@pytest.mark.parametrize(
    "labels", [("con", "none", "pro", "con", "none", "pro", "none"), ("con", "pro") * 3 + ("pro",)]
)
@pytest.mark.parametrize("weights", [None, (1.0, 1.0, 3.0, 1.0, 1.0, 2.0, 1.0)])
def test_a_fold_judges_as_a_model_of_its_training_rows(
    labels: tuple[str, ...], weights: tuple[float, ...] | None
) -> None:
    rows = tuple(Row("", "", 0, text, label) for text, label in zip(TEXTS, labels, strict=True))
    data = Dataset(rows, frozenset({"text", "label"}), weights)
    settings = parameters.read()
    training, judged = PART, [3, 4, 6]
    ((numbers, decisions, known),) = folds.judge(
        data, Vectors.of(data.texts, settings), [(training, judged)], settings, 1
    )
    analyzer, _ = fit(data.subset(training), settings, 1)
    texts = data.subset(judged).texts
    assert numbers == judged
    np.testing.assert_allclose(decisions, analyzer.decisions(texts), atol=1e-4)
    assert known.tolist() == [analyzer.known_share(text) for text in texts]
    assert len(set(known.tolist())) == 2
