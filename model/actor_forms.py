"""The forms of names: which run of words may name whom, gathered while the table loads and looked up word by word."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from model.actor_titles import Titles
from model.actor_tokens import Words, tokens
from model.gazetteer import plurals


class Form(NamedTuple):
    """What a run of words may name.

    `owner` is the actor whose full name or alias it is, `after_the` the one whose it is with the article (`capital`:
    only with "The"); `surname` lists the persons who bear it, `free` the one who may be meant before he was named in
    full. `title` is the role that it gives to a name beside it, `office` the role that an alias such as "Russian
    foreign minister" says. A form without any of them names nobody.
    """

    owner: str | None = None
    after_the: str | None = None
    capital: bool = False
    surname: tuple[str, ...] = ()
    free: str | None = None
    title: str = ""
    office: str = ""


class Node:
    """A step in the tree of forms: where the next word leads, and what ends here."""

    __slots__ = ("form", "steps")

    def __init__(self) -> None:
        self.steps: dict[str, Node] = {}
        self.form: Form | None = None


class Heads(NamedTuple):
    """Words that make another name of a place's: before it ("University of"), after it ("Treaty")."""

    before: frozenset[str]
    after: frozenset[str]


class NameForms:
    """Collects who owns which words while the table loads, and joins them into one form for each run of words."""

    def __init__(self, titles: Titles) -> None:
        self._office = titles.office
        self._titles = titles.forms()
        self._owners: dict[Words, str] = {}
        self._after_the: dict[Words, str] = {}
        self._small: set[Words] = set()  # "the" in lower case is an article that they may have
        self._surnames: dict[Words, list[str]] = {}
        self._free: dict[Words, list[str]] = {}
        self._others: set[Words] = set()

    def add_row(self, row: Mapping[str, str], where: str) -> None:
        """Add the name and aliases of a row; raises `ValueError` where one has another owner."""
        aliases = [alias.strip() for alias in row["aliases"].split(";")]
        names = [row["name"], *(alias for alias in aliases if alias and alias[0] not in "~=")]
        for name in names:
            self._own(name, row["id"], where)
        if row["kind"] == "person":
            given = [alias[1:] for alias in aliases if alias.startswith("=")]
            surnames = given or [name.split()[-1] for name in names if " " in name]
            self._bear({tokens(surname) for surname in surnames}, row["id"], "~" not in aliases)
        elif row["kind"] == "country":
            self.add_names({tokens(name): row["id"] for name in plurals(names)})

    def _own(self, name: str, one: str, where: str) -> None:
        words = tokens(name)
        article = len(words) > 1 and words[0] in ("the", "The")
        owners = self._after_the if article else self._owners
        if article:
            if words[0] == "the":
                self._small.add(words[1:])
            words = words[1:]
        if owners.setdefault(words, one) != one:
            raise ValueError(f"{where}: {name!r} belongs to {owners[words]!r} too")

    def _bear(self, surnames: Iterable[Words], one: str, free: bool) -> None:
        for words in surnames:
            self._surnames.setdefault(words, []).append(one)
            if free:
                self._free.setdefault(words, []).append(one)

    def add_names(self, names: Mapping[Words, str]) -> None:
        """Add names with their owners where nobody has them yet."""
        for words, one in names.items():
            self._owners.setdefault(words, one)

    def add_prefixes(self, prefixes: Mapping[str, str]) -> None:
        """Add words with their owners, whoever had them."""
        self._owners |= {(prefix,): one for prefix, one in prefixes.items()}

    def add_others(self, lines: Iterable[str]) -> Heads:
        """Add names that hold an actor's word and name none; a line with a star is for any country's name."""
        names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        self._others |= {tokens(name) for name in names if "*" not in name}
        starred = [name.split() for name in names if "*" in name]
        before = frozenset(name[0] for name in starred if name[-1] == "*")
        return Heads(before, frozenset(name[1] for name in starred if name[0] == "*"))

    def joined(self) -> dict[Words, Form]:
        """Join all into forms; then the same with their first letter upper-case, and in capitals.

        What differs in case alone is one in capitals: an owner's, before a surname, before a title.
        """
        known = [*self._owners, *self._after_the, *self._surnames, *self._titles]
        forms = {words: self._form(words) for words in dict.fromkeys(known)}
        forms |= {words: Form() for words in self._others if words not in forms}
        for words, form in list(forms.items()):
            first = words[0]
            forms.setdefault((first[0].upper() + first[1:], *words[1:]), form)
            if len("".join(words)) >= 4:
                forms.setdefault(tuple(word.upper() for word in words), form)
        return forms

    def _form(self, words: Words) -> Form:
        free = self._free.get(words, [])
        return Form(
            self._owners.get(words),
            self._after_the.get(words),
            words not in self._small,
            tuple(self._surnames.get(words, ())),
            free[0] if len(free) == 1 else None,
            self._titles.get(words, ""),
            "" if words in self._titles or words in self._surnames else self._office(words),
        )


def tree(forms: Mapping[Words, Form]) -> Node:
    """Return the forms as a tree of their words."""
    root = Node()
    for words, form in forms.items():
        node = root
        for word in words:
            if word not in node.steps:
                node.steps[word] = Node()
            node = node.steps[word]
        node.form = form
    return root
