"""Agreement against scikit-learn's kappa, and alpha against Krippendorff's own example."""

import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from service.feedback.agreement import MOST_ANNOTATORS, agreement, alpha, kappa

LABELS = st.lists(st.tuples(*[st.sampled_from(["support", "neutral", "criticism", "other"])] * 2), min_size=1)


@given(LABELS)
def test_kappa_is_scikit_learns(labels: list[tuple[str, str]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where kappa is not defined
        expected = cohen_kappa_score(*zip(*labels, strict=True))
    found = kappa(labels)
    assert (found is None) == math.isnan(expected)
    assert found is None or found == pytest.approx(expected, abs=1e-12)


def test_kappa_by_hand() -> None:
    # Both say yes 20 times, both no 15 times, only one of them 5 and 10 times: Cohen's own way of counting gives 0.4.
    both = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(both) == pytest.approx(0.4)
    assert kappa([("y", "n"), ("n", "y")]) == -1
    assert kappa([("y", "y")]) is None


def test_alpha_is_that_of_krippendorffs_example() -> None:
    # "Computing Krippendorff's Alpha-Reliability" (2011), section C: 12 units, 4 observers, gaps; nominal: 0.743.
    rows = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = [{str(who): row[unit] for who, row in enumerate(rows) if row[unit] != "."} for unit in range(12)]
    assert alpha([labels for labels in units if len(labels) > 1]) == pytest.approx(0.743, abs=5e-4)


def test_of_one_annotator_the_last_counts_and_alone_none_does() -> None:
    sent = [("1", "a", "x"), ("1", "b", "y"), ("1", "a", "y"), ("2", "a", "x"), ("3", "a", "x"), ("3", "b", "x")]
    found = agreement(sent)
    assert found["sentences"] == 2
    assert found["pairs"] == [{"annotators": ["a", "b"], "sentences": 2, "kappa": 1.0}]
    assert found["alpha"] == 1.0


@pytest.mark.parametrize("sent", [[], [("1", "a", "x")], [("1", "a", "x"), ("1", "b", "x")]])
def test_where_there_is_nothing_to_agree_on_there_is_no_figure(sent: list[tuple[str, str, str]]) -> None:
    found = agreement(sent)
    assert found["alpha"] is None
    assert all(pair["kappa"] is None for pair in found["pairs"])


def test_a_crowd_makes_no_crowd_of_pairs() -> None:
    busy = [(str(unit), f"b{who:02}", "xy"[(unit + who) % 2]) for unit in range(2) for who in range(MOST_ANNOTATORS)]
    crowd = [("0", f"c{who}", "x") for who in range(5000)]
    found = agreement(crowd + busy)
    assert len(found["pairs"]) == MOST_ANNOTATORS * (MOST_ANNOTATORS - 1) // 2
    assert all(name.startswith("b") for pair in found["pairs"] for name in pair["annotators"])
    assert found["sentences"] == 2
    assert -1 <= found["alpha"] <= 1


@given(st.lists(st.tuples(*[st.sampled_from("1234")] * 3), max_size=40))
def test_the_figures_are_in_their_range(sent: list[tuple[str, str, str]]) -> None:
    found = agreement(sent)
    assert found["alpha"] is None or -1.0000001 <= found["alpha"] <= 1
    for pair in found["pairs"]:
        assert 1 <= pair["sentences"] <= found["sentences"]
        assert pair["kappa"] is None or -1 <= pair["kappa"] <= 1
