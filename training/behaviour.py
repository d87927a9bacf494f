"""The behaviour suite: what any reader expects of a model of our target, case by case.

In the manner of Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList" (ACL 2020). The
cases were written before the model was looked at and none is ever weeded out: one that fails is marked and counts.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.analyzer import Analyzer

FILE = Path(__file__).with_name("data") / "behaviour.csv"
# How much likelier the expected label must become for a change of direction to count.
RISE = 0.1
EXPECTED = ("support", "criticism", "neutral")
KINDS = {"mft": "minimum functionality", "inv": "invariance", "dir": "direction"}


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `expected` is a role: support, criticism or neutral; `fails` marks a case that is known to fail.

    Of kind "mft", `text` must get `expected`; of "inv", `variant` must get the label that `text` gets; of "dir",
    `expected` must be likelier for `variant` than for `text` by `RISE` at least.
    """

    capability: str
    kind: str
    text: str
    variant: str
    expected: str
    fails: bool


def read(file: Path = FILE) -> list[Case]:
    """Read the table of cases."""
    with file.open(encoding="utf-8", newline="") as opened:
        return [
            Case(row["capability"], row["kind"], row["text"], row["variant"], row["expected"], row["fails"] == "yes")
            for row in csv.DictReader(opened, strict=True)
        ]


def run(analyzer: Analyzer, cases: Sequence[Case]) -> list[bool]:
    """Judge every case and return which ones pass; cost: some 1 ms a case."""
    texts = analyzer.judge([case.text for case in cases])
    variants = analyzer.judge([case.variant or case.text for case in cases])
    roles = analyzer.manifest.roles
    passed = []
    for case, text, variant in zip(cases, texts, variants, strict=True):
        expected = roles[case.expected]
        if case.kind == "mft":
            passed.append(text.label == expected)
        elif case.kind == "inv":
            passed.append(text.label == variant.label)
        else:
            passed.append(variant.probabilities[expected] - text.probabilities[expected] >= RISE)
    return passed


def summary(cases: Sequence[Case], passed: Sequence[bool]) -> dict[str, Any]:
    """Count cases and failures, in all and for each capability."""
    rows: dict[str, dict[str, Any]] = {}
    for case, good in zip(cases, passed, strict=True):
        row = rows.setdefault(case.capability, {"kind": KINDS[case.kind], "cases": 0, "failures": 0})
        row["cases"] += 1
        row["failures"] += not good
    return {"cases": len(cases), "failures": len(cases) - sum(passed), "capabilities": rows}
