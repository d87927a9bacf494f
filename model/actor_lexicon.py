"""The hand-written words that the rules of naming go by: actors.toml, read when it is first needed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("actors.toml")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What actors.toml says, under the same names: it tells there what each list is for."""

    offices: frozenset[str]
    sole_titles: frozenset[str]
    shared_titles: frozenset[str]
    honorifics: frozenset[str]
    abbreviated: frozenset[str]
    former: frozenset[str]
    indefinite: frozenset[str]
    leading_on: frozenset[str]
    between: frozenset[str]
    speaking: frozenset[str]
    filling: frozenset[str]
    binding: frozenset[str]
    paired: frozenset[str]
    pointing: frozenset[str]

    trades: frozenset[str]
    openers: frozenset[str]
    before_may: frozenset[str]
    after_may: frozenset[str]

    placing: frozenset[str]
    placed: frozenset[str]
    talk_places: frozenset[str]
    talks: frozenset[str]
    given_names: frozenset[str]
    joining: frozenset[str]
    states: frozenset[str]
    months: frozenset[str]
    short_months: frozenset[str]
    days: frozenset[str]

    left_out: frozenset[str]
    other_capitals: frozenset[str]
    renamed: Mapping[str, str]
    more_names: Mapping[str, tuple[str, ...]]
    prefixes: Mapping[str, str]
    given: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, tuple[str, ...]]
    bearers: Mapping[str, tuple[str, ...]]


@cache
def lexicon() -> Lexicon:
    """Return the words, read once."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    frozen: dict[str, Any] = {name: _frozen(value) for name, value in read.items()}
    return Lexicon(**frozen)


def _frozen(value: list[str] | dict[str, str | list[str]]) -> object:
    if isinstance(value, list):
        return frozenset(value)
    return {name: tuple(member) if isinstance(member, list) else member for name, member in value.items()}
