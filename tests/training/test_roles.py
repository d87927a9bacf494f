"""Which label is which side."""

import pytest

from training import roles
from training.records import DatasetError

KNOWN = [
    (["criticism", "neutral", "support"], {"support": "support", "criticism": "criticism", "neutral": "neutral"}),
    (["AGAINST", "FAVOR", "NONE"], {"support": "FAVOR", "criticism": "AGAINST", "neutral": "NONE"}),
    (["con", "pro"], {"support": "pro", "criticism": "con"}),
    (["Against", "Favour", "other"], {"support": "Favour", "criticism": "Against"}),
    (["agree", "disagree", "discuss"], {}),
    (["neutral", "support"], {}),
    (["against", "favor", "favour"], {}),
]


@pytest.mark.parametrize(("labels", "expected"), KNOWN)
def test_the_fields_names_are_known_without_asking(labels: list[str], expected: dict[str, str]) -> None:
    assert roles.find(labels, {}) == expected


def test_given_roles_go_before_names() -> None:
    given = {"support": "con", "criticism": "pro"}
    assert roles.find(["con", "pro"], given) == given


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"for": "pro"}, "for is no role"),
        ({"support": "yes"}, "no row has the label yes"),
        ({"support": "pro", "criticism": "pro"}, "one label has two roles"),
    ],
)
def test_roles_that_cannot_be_are_refused(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        roles.find(["con", "pro"], given)
