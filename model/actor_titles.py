"""Titles and offices: what role the words "foreign minister" or "ambassador to the US" give to a person."""

import re
from collections.abc import Iterator
from functools import cache

from model.actor_lexicon import Lexicon
from model.actor_tokens import Words, tokens

MINISTRIES = frozenset({"foreign ministry", "defence ministry", "ministry"})
LONGEST_TITLE = 4  # words
# What a union is called once the text has named it: the word, whose it is, and how the text names it.
UNIONS = {
    "alliance": ("nato", re.compile(r"\bN(?:ATO|ato)\b|North Atlantic")),
    "bloc": ("eu", re.compile(r"\bEU\b|European Union")),
}
BOTH = "both"  # the role of "both countries" and "the two governments"


class Titles:
    """The lexicon's titles, in lower case."""

    def __init__(self, lexicon: Lexicon):
        self.roles = dict(_spelled(lexicon))
        self.starts = {words[0] for words in self.roles} | lexicon.offices
        self._lexicon = lexicon

    def forms(self) -> dict[Words, str]:
        """Return the titles, in lower case, with one capital and with all, and what else means an actor by context."""
        found: dict[Words, str] = {}
        for words, role in self.roles.items():
            found |= {words: role, _capitals(words): role, (words[0].capitalize(), *words[1:]): role}
        found |= {("PM",): "prime minister", ("MFA",): "foreign ministry"}
        found |= {(some, of): BOTH for some in ("both", "two") for of in self._lexicon.paired}
        return found | {(word,): name for name in UNIONS for word in (name, name.capitalize())}

    def office(self, words: Words) -> str:
        """Tell the role of an alias that ends in a title, or in one and its place: "ambassador to the US"; else ""."""
        lower = tuple(word.lower() for word in words if word != ".")
        if len(lower) == 1 or self.starts.isdisjoint(lower):
            return ""
        return next((role for role in self._roles_in(lower) if role and role not in MINISTRIES), "")

    def _roles_in(self, lower: Words) -> Iterator[str]:
        for start in range(len(lower)):
            for end in range(min(len(lower), start + LONGEST_TITLE), start, -1):
                if end == len(lower) or lower[end] in {"of", "to", "for", "in"}:
                    yield self.roles.get(lower[start:end]) or self._office(lower[start:end])

    def _office(self, words: Words) -> str:
        return words[0] if len(words) == 1 and words[0] in self._lexicon.offices else ""


def _spelled(lexicon: Lexicon) -> Iterator[tuple[Words, str]]:
    for role, phrases in lexicon.titles.items():
        for phrase in phrases:
            yield tokens(phrase), role
            yield tokens(phrase.replace("defence", "defense")), role


def _capitals(words: Words) -> Words:
    return tuple(word if word in {"of", "for"} else word.capitalize() for word in words)


@cache
def roles_of(role: str) -> frozenset[str]:
    """Return the roles in a role: a foreign minister is a minister too, a deputy or a prime minister is not."""
    if not role or role.split(maxsplit=1)[0] in {"prime", "vice", "deputy", "under"}:
        return frozenset({role} - {""})
    return frozenset({role, "secretary" if role == "secretary of state" else role.rsplit(maxsplit=1)[-1]})


def ministry_kind(one: str) -> str:
    """Tell the kind of a ministry by its id: "german-foreign-ministry" is a "foreign ministry"; else ""."""
    return next((kind for kind in ("foreign ministry", "defence ministry") if one.endswith(kind.replace(" ", "-"))), "")
