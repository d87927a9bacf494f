"""Spans over the untouched text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.segmentation import sentences

CASES = [
    ("One. Two.", ["One.", "Two."]),
    ("  Padded text.  ", ["Padded text."]),
    ("Mr. Smith spoke in the U.S. Senate.", ["Mr. Smith spoke in the U.S. Senate."]),
    ("First paragraph\n\nSecond paragraph", ["First paragraph", "Second paragraph"]),
    ("😀 Joy came. Then it went.", ["😀 Joy came.", "Then it went."]),
    ("* * *\n\nOnly this.", ["Only this."]),
    ("...", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_cases(text: str, expected: list[str]) -> None:
    assert [text[span.start : span.end] for span in sentences(text)] == expected


@given(st.text())
def test_spans_are_ordered_disjoint_and_hold_every_letter(text: str) -> None:
    spans = sentences(text)
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        end = span.end
    held = "".join(text[span.start : span.end] for span in spans)
    assert [c for c in held if c.isalpha()] == [c for c in text if c.isalpha()]
