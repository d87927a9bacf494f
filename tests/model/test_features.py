"""From a text to terms: golden tables, written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import features

NORMAL = [
    ("Berlin’s “No”", 'berlin\'s "no"'),
    ("#SaveTheTreaty now", "#savethetreaty save the treaty now"),
    ("#INFTreaty", "#inftreaty inf treaty"),
    ("#inf #1987 C#", "#inf #1987 c#"),
    ("#Agenda2030", "#agenda2030 agenda 2030"),
    ("See https://t.co/AbC?x=1#Frag, please", "see  weblink  please"),
    ("(www.example.org)", "( weblink "),
    ("@user said: RT", "@user said: rt"),
]


@pytest.mark.parametrize(("text", "expected"), NORMAL)
def test_normalise(text: str, expected: str) -> None:
    assert features.normalise(text) == expected


CLASSES = [
    ("welcomed", "FOR"),
    ("criticised", "AGAINST"),
    ("responsibility", "BLAME"),
    ("respond", "ANSWER"),
    ("moscow's", "RUSSIA"),
    ("won't", "NEGATION"),
    ("the", ""),
    ("kitchen", "kitchen"),
    ("reactor", "reactor"),
    ("moscow's's", "RUSSIA"),
    ("won't's", "NEGATION"),
    ("it's", ""),
    ("it's's", ""),
    pytest.param("moscow" + "'s" * 100_000, "RUSSIA", id="no end of possessives"),
    pytest.param("criticised" + "x" * 1_000_000, "AGAINST", id="as long as an article"),
]


@pytest.mark.parametrize(("word", "expected"), CLASSES)
def test_word_classes(word: str, expected: str) -> None:
    assert features.word_class(word) == expected


PAIRS = [
    ("Berlin regrets it", ["ALLY>AGAINST"]),
    ("did not back the exit", ["NOT-FOR>NOT-EXIT"]),
    ("cats chase mice", ["-"]),
    ("welcomed, welcomed and praised", ["-"]),
    ("regret one two three four five", ["AGAINST>one", "AGAINST>two", "AGAINST>three", "AGAINST>four"]),
    ("not one two three welcomed", ["one>FOR", "two>FOR", "three>FOR"]),
]


@pytest.mark.parametrize(("text", "expected"), PAIRS)
def test_pairs(text: str, expected: list[str]) -> None:
    assert features.pairs(text) == expected


def test_no_word_stands_in_two_classes() -> None:
    import tomllib

    table = tomllib.loads(features.CLASSES.read_text(encoding="utf-8"))
    listed = [word for members in table.values() for word in members]
    assert len(listed) == len(set(listed))
    assert all(name.isupper() for name in table if name != "function_words")


@given(text=st.text())
def test_any_text_has_terms_in_bounds(text: str) -> None:
    found = features.words(text)
    assert len(features.pairs(text)) <= max(1, features.WINDOW * len(found))
    assert all(found)
