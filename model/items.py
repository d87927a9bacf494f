"""The words of a sentence as attribution reads them, and the table of words that its rules go by."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

Holders = tuple[str, ...]

WORDS = Path(__file__).with_name("attribution.toml")


class Item(NamedTuple):
    """A word (lower case) or a mark, or a name with its `actors`; `end` is where it ends in the text."""

    text: str
    end: int
    quoted: bool
    actors: Holders = ()
    possessive: bool = False
    person: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """The items from `first` to `last` (inclusive) that name who may hold: `actors`, a `pronoun`, or else a crowd."""

    first: int
    last: int
    actors: Holders
    pronoun: str = ""
    possessive: bool = False


# Of which words the table has the base forms.
_VERBS = ("say", "judging")


@cache
def words() -> Mapping[str, frozenset[str]]:
    """Read the table of words; regular verbs get their forms."""
    table = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    found = {name: frozenset(words.split()) for name, words in table.items()}
    return {**found, **{name: found[name] | {form for verb in found[name] for form in _forms(verb)} for name in _VERBS}}


@cache
def _all() -> frozenset[str]:
    return frozenset().union(*words().values())


def is_known(word: str) -> bool:
    """Tell whether a word stands in the table at all, under whatever heading."""
    return word in _all()


def _forms(verb: str) -> tuple[str, str]:
    """Return a regular verb's third person and past."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies", f"{verb[:-1]}ied"
    return (
        f"{verb}{'es' if verb.endswith(('s', 'sh', 'ch', 'x')) else 's'}",
        f"{verb}{'d' if verb.endswith('e') else 'ed'}",
    )
