"""All that reading a text goes by, made of the table once and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from model.actor_forms import Form, Heads, Node, tree
from model.actor_lexicon import Lexicon
from model.actor_table import Entry, climb
from model.actor_titles import MINISTRIES, Titles, ministry_kind
from model.actor_tokens import Words

# Ministries that are called otherwise, by how their names end.
_OWN_NAMES = {
    "Department of Foreign Affairs": "foreign ministry",
    "Foreign Office": "foreign ministry",
    "State Department": "foreign ministry",
    "Ministry of Defence": "defence ministry",
    "Pentagon": "defence ministry",
}


@dataclass(frozen=True, slots=True)
class Directory:
    """The actors by id and by name: their `chains` upwards and the `tops` of these, the persons' `roles`.

    `offices` are ministries and governments by the actor that they stand for and their kind, `steps` the forms of names
    by their first word.
    """

    entries: Mapping[str, Entry]
    chains: Mapping[str, tuple[str, ...]]
    tops: Mapping[str, str]
    roles: Mapping[str, str]
    offices: Mapping[tuple[str | None, str], str]
    steps: Mapping[str, Node]
    heads: Heads
    lexicon: Lexicon
    titles: Titles

    @classmethod
    def of(
        cls, entries: Mapping[str, Entry], forms: Mapping[Words, Form], heads: Heads, lexicon: Lexicon, titles: Titles
    ) -> "Directory":
        """Return the directory of these entries and forms."""
        chains = {one: tuple(climb(one, entries)) for one in entries}
        tops = {one: chain[-1] if chain else one for one, chain in chains.items()}
        roles, steps = _roles(entries, lexicon.bearers), tree(forms).steps
        return cls(entries, chains, tops, roles, _offices(entries), steps, heads, lexicon, titles)

    def joined_by(self, people: Mapping[str, Entry]) -> "Directory":
        """Return the directory with people who are found by no form of a name, but where a text introduces them."""
        chains = dict(self.chains)
        for one, entry in people.items():
            chains[one] = (entry.stands_for, *self.chains[entry.stands_for]) if entry.stands_for else ()
        return replace(self, entries={**self.entries, **people}, chains=chains)


def _offices(entries: Mapping[str, Entry]) -> dict[tuple[str | None, str], str]:
    """Return the ministries and the governments, each by the actor that it stands for and its kind."""
    found: dict[tuple[str | None, str], str] = {}
    for one in entries.values():
        if one.kind == "ministry":
            named = (kind for ending, kind in _OWN_NAMES.items() if one.name.endswith(ending))
            found.setdefault((one.stands_for, next(named, ministry_kind(one.id))), one.id)
        elif one.id.endswith("-government"):
            found[one.stands_for, "government"] = one.id
    return found


def _roles(entries: Mapping[str, Entry], bearers: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return each person's role: as the lexicon says, else a minister's by the ministry."""
    roles = {one: role for role, ones in bearers.items() for one in ones}
    for entry in entries.values():
        kind = ministry_kind(entry.stands_for or "")
        if entry.kind == "person" and entry.id not in roles and kind in MINISTRIES:
            roles[entry.id] = kind.replace("ministry", "minister")
    return roles
