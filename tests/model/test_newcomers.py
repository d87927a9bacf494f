"""People whom a text introduces: a golden table by hand, and what must hold on any text."""

import time
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.actor_tokens import fold
from model.actors import Actors
from model.attribution import attribute
from model.newcomers import PREFIX
from tests.model.test_attribution import laid_out

CASES = tomllib.loads(Path(__file__).with_name("newcomers.toml").read_text(encoding="utf-8"))["case"]


@pytest.fixture(scope="module")
def actors() -> Actors:
    return Actors.load()


def _known(name: str) -> str:
    return PREFIX + "-".join("".join(one if one.isalnum() else " " for one in fold(name).lower()).split())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_golden_table(actors: Actors, case: dict[str, Any]) -> None:
    """Who is named where, who holds what, and for whom each stands."""
    text, spans = laid_out(case["text"])
    cast, mentions = actors.read(text)
    new = [one for one in mentions if one.actor.startswith(PREFIX)]
    named = [text[one.span.start : one.span.end] for one in new]
    sides = [None if label == "neutral" else label for label in case["labels"]]
    held = [set(one) for one in attribute(text, spans, mentions, cast, sides, "us")]
    people = {one.actor: cast.entries[one.actor] for one in new}
    houses = {f"{one.name}: {one.stands_for}" for one in people.values() if one.stands_for}
    expected = [
        {_known(one.removeprefix("new:")) if one.startswith("new:") else one for one in several.split(";") if one}
        for several in case["holders"]
    ]
    right = (named, held, houses) == (case["named"], expected, set(case.get("stands_for", [])))
    # A marked case fails: one that passes has lost its mark.
    assert right is not case.get("fails", False), (named, held, houses)


def test_most_cases_pass() -> None:
    assert len(CASES) >= 130
    assert sum(not case["named"] for case in CASES) >= 30
    assert sum(case.get("fails", False) for case in CASES) <= 14


def test_a_text_that_introduces_nobody_keeps_the_table(actors: Actors) -> None:
    text = "Maas said the exit was wrong. Wall Street shrugged."
    cast, mentions = actors.read(text)
    assert cast is actors
    assert mentions == actors.find(text)


def test_whom_a_text_introduces_is_of_that_text_alone(actors: Actors) -> None:
    cast, _ = actors.read("Jan Nowak of the Polish foreign ministry said no.")
    assert cast.chain("person:jan-nowak") == ("polish-foreign-ministry", "poland")
    assert cast.listed(["person:jan-nowak", "maas"]) == {"polish-foreign-ministry", "maas"}
    assert "person:jan-nowak" not in actors.entries


def test_both_countries_stay_two(actors: Actors) -> None:
    text = "Poland and Romania agreed, and both countries asked Jo Field, 61, who had said so."
    _, mentions = actors.read(text)
    named = [(text[one.span.start : one.span.end], one.actor) for one in mentions[2:]]
    assert named == [("both countries", "poland"), ("both countries", "romania"), ("Jo Field", "person:jo-field")]


NAMES = ["Jo Field", "Field", "Maas", "JO FIELD", "Mr. Field", "J. van der Field", "Poland", "the Lab"]
BESIDE = [" said", ", 61, ", " (61)", ", a historian of ", ", who ", "according to ", "Mayor ", ": ", "\n", ". ", '"']
PIECES = st.sampled_from([*NAMES, *BESIDE, ", ", " ", "-", "(", ")", " of ", "\x00"])


@pytest.mark.no_cover
@given(st.text() | st.lists(PIECES).map("".join))
def test_mentions_lie_in_the_text_in_order(actors: Actors, text: str) -> None:
    cast, mentions = actors.read(text)
    assert all(0 <= one.span.start < one.span.end <= len(text) and one.actor in cast.entries for one in mentions)
    for one, other in pairwise(mentions):
        assert one.span.end <= other.span.start or one.span == other.span
    assert all(above in cast.entries for one in cast.entries if one.startswith(PREFIX) for above in cast.chain(one))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "piece",
    ["Jo Field said ", "Jo ", "J.", "Jo-", "van der ", "Jo Field, ", "Jo Field (", "JO FIELD: no\n", "Mr. ", "O'H",
     "Jo Field of the ", "Maas of ", "Jo van der Field, 61, a historian at Brookings, said. "],
)  # fmt: skip
def test_pathological_texts_run_through(actors: Actors, piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    actors.read(text)
    assert time.process_time() - start < 10  # it takes a second or less; quadratic time would take minutes
