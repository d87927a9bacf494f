"""The behaviour suite: the table itself, how a case passes, and floors at what the model of the corpus reaches."""

from collections import Counter
from pathlib import Path

import pytest

from model import Analyzer, Stance
from training import behaviour, own
from training.behaviour import EXPECTED, KINDS, Case

CASES = behaviour.read()


def test_the_table_is_whole() -> None:
    assert len(CASES) >= 250
    assert len({(case.text, case.variant) for case in CASES}) == len(CASES)
    for case in CASES:
        assert case.kind in KINDS
        assert case.expected in EXPECTED
        assert case.text.strip() == case.text != ""
        assert bool(case.variant) == (case.kind != "mft")
        assert case.variant != case.text
    assert set(Counter(case.kind for case in CASES)) == set(KINDS)
    kinds = {(case.capability, case.kind) for case in CASES}
    assert len(kinds) == len({capability for capability, _ in kinds}), "a capability is of one kind"


class Told:
    """Stands for an analyzer that says what it is told, to test how a case passes."""

    def __init__(self, answers: dict[str, tuple[str, float]]):
        self.answers = answers
        self.manifest = type("Manifest", (), {"roles": {role: role for role in EXPECTED}})

    def judge(self, units: list[str]) -> list[Stance]:
        return [
            Stance(label, share, {role: share if role == label else (1 - share) / 2 for role in EXPECTED}, None, 1)
            for label, share in map(self.answers.__getitem__, units)
        ]


RULES = [
    ("mft", ("support", 0.5), None, "support", True),
    ("mft", ("neutral", 0.5), None, "support", False),
    ("inv", ("neutral", 0.5), ("neutral", 0.9), "support", True),
    ("inv", ("support", 0.5), ("neutral", 0.5), "support", False),
    ("dir", ("neutral", 0.6), ("neutral", 0.3), "support", True),
    ("dir", ("neutral", 0.6), ("neutral", 0.5), "support", False),
    ("dir", ("neutral", 0.6), ("support", 0.4), "neutral", False),
]


@pytest.mark.parametrize(("kind", "text", "variant", "expected", "passes"), RULES)
def test_how_a_case_passes(
    kind: str, text: tuple[str, float], variant: tuple[str, float] | None, expected: str, passes: bool
) -> None:
    case = Case("x", kind, "text", "variant" if variant else "", expected, fails=False)
    told = Told({"text": text, "variant": variant or text})
    assert behaviour.run(told, [case]) == [passes]  # type: ignore[arg-type]


def test_no_capability_fails_more_often_than_is_marked(corpus_models: Path) -> None:
    passed = behaviour.run(Analyzer.load(corpus_models), CASES)
    marked = Counter(case.capability for case in CASES if case.fails)
    failed = Counter(case.capability for case, good in zip(CASES, passed, strict=True) if not good)
    assert {name: count for name, count in failed.items() if count > marked[name]} == {}


def test_other_languages_and_noise_are_marked_and_english_is_not(corpus_models: Path) -> None:
    found = own.unknown(Analyzer.load(corpus_models))
    assert found["other languages"]["caught"] >= 0.85
    assert found["noise"]["caught"] >= 0.6
    assert found["english"]["caught"] <= 0.06
