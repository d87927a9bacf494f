"""Spans over the untouched text."""

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.segmentation import sentences

GOLDEN = tomllib.loads(Path(__file__).with_name("segmentation.toml").read_text("utf-8"))["case"]

CASES = [
    ("One. Two.", ["One.", "Two."]),
    ("  Padded text.  ", ["Padded text."]),
    ("Mr. Smith spoke in the U.S. Senate.", ["Mr. Smith spoke in the U.S. Senate."]),
    ("First paragraph\n\nSecond paragraph", ["First paragraph", "Second paragraph"]),
    ("😀 Joy came. Then it went.", ["😀 Joy came.", "Then it went."]),
    ("* * *\n\nOnly this.", ["Only this."]),
    ("...", []),
    ("", []),
    # rules that the golden table has no case of
    ("“Why now?” Mr. Orr asked. “Why not?” He smiled.", ["“Why now?” Mr. Orr asked.", "“Why not?”", "He smiled."]),
    ("MOSCOW, Feb. 2. /Agency/. Talks began.", ["MOSCOW, Feb. 2. /Agency/. Talks began."]),
    ("The PRESIDING OFFICER. The clerk will read.", ["The PRESIDING OFFICER. The clerk will read."]),
    ("Trump to Pull U.S. From Pact", ["Trump to Pull U.S. From Pact"]),
    ("He met V. I. Sorin. I. V. Orr left.", ["He met V. I. Sorin.", "I. V. Orr left."]),
    ("The [...] Russian side left.[3] It was late.", ["The [...] Russian side left.[3]", "It was late."]),
    ("See page.\u200bNext", ["See page.", "Next"]),
    ("no text yet\nno coffee\nno idea why", ["no text yet", "no coffee", "no idea why"]),
    ("Minutes of the\nForeign Office", ["Minutes of the\nForeign Office"]),
    ("The end\u2028The start\rThe rest", ["The end", "The start", "The rest"]),
]

# What cutting stumbles over, to be strung together at random.
PIECES = (
    *("Moscow", "the", "It", "a", "I", "word", "1987", "2021Listen", "№", "I.", "U.S.", "p.m.", "Mr.", "Feb.", "No."),
    *(".", "!", "?", "…", "...", ". . .", "。", "؟", ",", ":", " — ", "- ", "• ", "1. ", "(a) ", "Q. ", "@a", "/b.C"),
    *('"', "'", "“", "”", "‘", "’", "„", "«", "»", "\u00a0»", "(", ")", "[", "]", "[1]", "*", "_"),
    *(" ", "  ", "\t", "\u00a0", "\u200b", "\n", "\n\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0c", "\ufeff"),
    *("🎉", "🇺🇸", "👨‍👩‍👧‍👦", "é", "e\u0301", "𝐓", "мы", "我们", "هل"),
)

PATHOLOGICAL = (
    *("a. ", "A. ", ". ", '"', '"a." ', "\n", "\r", " \n", "\n- ", "word ", "(", ".[1]", "a!) B ", "我。", "x.\u200b"),
    *("Ab.Cd", "U.S. ", "MOSCOW. ", " 2021Abc", '?" Ab Ab ', "ab\n", "x\n\n", ". 😀 ", ". . "),
)


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


def holds(text: str) -> None:
    """Check what is promised of every text, in code points."""
    spans = sentences(text)
    edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
    assert edges == sorted(edges)
    stretches = [text[start:end] for start, end in pairwise(edges)]
    assert "".join(stretches) == text
    gaps, held = stretches[::2], stretches[1::2]
    assert not any(character.isalpha() for gap in gaps for character in gap)
    assert all(any(map(str.isalpha, piece)) and piece == piece.strip() for piece in held)


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_cases(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case['kind']}-{n}") for n, case in enumerate(GOLDEN, 1)])
def test_golden_table(case: dict[str, Any]) -> None:
    # a case marked as failing has to go on failing, or its mark be taken off
    assert (cut(case["text"]) == case["sentences"]) is not case.get("fails", False)


@pytest.mark.no_cover
@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_spans_are_ordered_disjoint_and_hold_every_letter(text: str) -> None:
    holds(text)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_spans_and_gaps_join_in_utf_16(text: str) -> None:
    units = text.encode("utf-16-le")
    at = 0
    joined = ""
    for span in sentences(text):
        start, end = (len(text[:edge].encode("utf-16-le")) for edge in (span.start, span.end))
        assert units[start:end].decode("utf-16-le") == text[span.start : span.end]
        joined += units[at:end].decode("utf-16-le")
        at = end
    assert joined + units[at:].decode("utf-16-le") == text


@pytest.mark.no_cover
@pytest.mark.parametrize("unit", PATHOLOGICAL)
def test_no_text_takes_long(unit: str) -> None:
    # 200 kB: were any rule quadratic, this would take minutes
    holds(unit * (200_000 // len(unit)))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "text",
    [
        "“‘" * 50_000 + "a. B" + "’”" * 50_000,
        "1" * 100_000 + "A" + ". a" * 33_000,
        "x" * 100_000 + ". a" * 33_000,
        "A" + " " * 100_000 + ". b" + " " * 100_000,
        "a." + '"' * 200_000 + " A. b",
    ],
)
def test_no_long_stretch_is_read_over_and_over(text: str) -> None:
    holds(text)
