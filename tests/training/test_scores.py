"""The measures, against figures worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from training import scores

ROLES = {"support": "a", "criticism": "b", "neutral": "c"}


def test_scores_by_hand() -> None:
    found = scores.scores(["a", "b"], ["a", "a", "b", "b"], ["a", "b", "b", "b"])
    assert found["accuracy"] == 0.75
    assert found["labels"]["a"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "rows": 2}
    assert found["labels"]["b"] == {
        "precision": pytest.approx(2 / 3),
        "recall": 1.0,
        "f1": pytest.approx(0.8),
        "rows": 2,
    }
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert found["confusion"] == [[1, 1], [0, 2]]
    assert "f_avg" not in found


def test_f_avg_is_of_the_two_sides() -> None:
    found = scores.scores(["a", "b", "c"], ["a", "b", "c", "c"], ["a", "c", "c", "c"], ROLES)
    assert found["f_avg"] == pytest.approx((1 + 0) / 2)


@given(pairs=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=40))
def test_macro_f1_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = [list(part) for part in zip(*pairs, strict=True)]
    expected = f1_score(gold, predicted, labels=["a", "b", "c"], average="macro", zero_division=0)
    assert scores.scores(["a", "b", "c"], gold, predicted)["macro_f1"] == pytest.approx(expected)


def test_intervals_are_drawn_over_groups() -> None:
    gold, predicted = ["a"] * 50 + ["b"] * 50, ["a"] * 50 + ["a"] * 25 + ["b"] * 25
    single = scores.intervals(["a", "b"], gold, predicted, [str(n) for n in range(100)])
    low, high = single["accuracy"]
    # The binomial's own 95% interval around 0.75 of 100 rows.
    assert (low, high) == pytest.approx((0.665, 0.835), abs=0.03)
    together = scores.intervals(["a", "b"], gold, predicted, [str(n // 25) for n in range(100)])
    assert together["accuracy"][1] - together["accuracy"][0] > 2 * (high - low)
    assert scores.intervals(["a", "b"], gold, predicted, ["one"] * 100)["accuracy"] == (0.75, 0.75)


def test_differences_are_of_the_same_draws() -> None:
    gold = ["a"] * 50 + ["b"] * 50
    old = ["a"] * 50 + ["a"] * 25 + ["b"] * 25
    new = ["a"] * 50 + ["a"] * 20 + ["b"] * 30
    rows = [str(n) for n in range(100)]
    assert scores.differences(["a", "b"], gold, old, old, rows) == {"macro_f1": (0, 0), "accuracy": (0, 0)}
    low, high = scores.differences(["a", "b"], gold, old, new, rows)["accuracy"]
    # Five rows of a hundred are better and none is worse: the binomial's own 95% interval around 0.05, which two
    # intervals drawn apart would not show.
    assert (low, high) == pytest.approx((0.01, 0.10), abs=0.011)
    back = scores.differences(["a", "b"], gold, new, old, rows)["accuracy"]
    assert back == pytest.approx((-high, -low))
    together = scores.differences(["a", "b"], gold, old, new, [str(n // 50) for n in range(100)])["accuracy"]
    assert together == pytest.approx((0.0, 0.1)), "one document twice, or the other"
    ends = scores.differences(["a", "b"], gold, old, new, rows, ROLES)
    assert set(ends) == {"macro_f1", "accuracy", "f_avg"}


def test_calibration_error_of_a_perfect_and_of_a_boastful_judge() -> None:
    generator = np.random.default_rng(5)
    confidences = generator.uniform(0.4, 1, 6000)
    perfect = scores.calibration(confidences, generator.random(6000) < confidences)
    assert perfect["error"] == pytest.approx(perfect["perfect"], abs=0.006)
    assert sum(one["rows"] for one in perfect["bins"]) == 6000
    boastful = scores.calibration(confidences, generator.random(6000) < confidences - 0.2)
    assert boastful["error"] == pytest.approx(0.2, abs=0.02)


def test_coverage_by_hand() -> None:
    rows = scores.coverage(["a", "b"], ["a", "b", "a", "b"], ["a", "b", "b", "b"], np.array([0.95, 0.85, 0.45, 0.55]))
    by_threshold = {row["min_confidence"]: row for row in rows}
    assert by_threshold[0.0]["accuracy"] == 0.75
    assert by_threshold[0.5] == {"min_confidence": 0.5, "coverage": 0.75, "accuracy": 1.0, "macro_f1": 1.0}
    assert by_threshold[0.99] == {"min_confidence": 0.99, "coverage": 0.0}
