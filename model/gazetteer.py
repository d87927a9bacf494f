"""The countries of the world and what they are called: the names of countryinfo that are no word of another meaning."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from countryinfo import all_countries

from model.actor_lexicon import Lexicon
from model.actor_table import Entry
from model.actor_tokens import Words, tokens

SMALLEST = 30_000  # inhabitants: below are islands that news names for their beaches
_official = re.compile(r"(?:\w+ )*(?:Republic|Kingdom|State|Sultanate|Principality|Confederation)(?: of (?:the )?\w+)?")


def countries(entries: Mapping[str, Entry], lexicon: Lexicon) -> tuple[dict[str, Entry], dict[Words, str]]:
    """Return the countries that a table has not, and whose each name is, by its words."""
    known = {entry.name: entry.id for entry in entries.values() if entry.kind == "country"} | dict(lexicon.renamed)
    new, owners = {}, dict[Words, set[str]]()
    for name, forms in _named(lexicon):
        one = known.get(name) or "-".join(filter(str.isalnum, tokens(name.removeprefix("The ")))).lower()
        if one not in entries:
            new[one] = Entry(one, name, "country", None)
        names = [*forms, *lexicon.more_names.get(one, ())]
        for form in [*names, *plurals(names)]:
            owners.setdefault(tokens(form), set()).add(one)
    # What two countries share (Dominican, Congolese) tells of neither.
    return new, {words: one for words, (one, *others) in owners.items() if not others}


def plurals(names: Iterable[str]) -> Iterator[str]:
    """Yield what a country's people are called by the names that have a regular plural: Germans, Iraqis."""
    return (name + "s" for name in names if name.endswith(("an", "er", "i")))


def _named(lexicon: Lexicon) -> Iterator[tuple[str, list[str]]]:
    """Yield each country's name and its forms."""
    for country in all_countries():
        info = country.info()
        known = info["name"] in lexicon.renamed or (info.get("population") or 0) >= SMALLEST
        if known and info["name"] not in lexicon.left_out:
            yield info["name"], [form for form in _forms(info, lexicon.other_capitals) if form]


def _forms(info: Mapping[str, Any], other_capitals: frozenset[str]) -> Iterator[str]:
    """Yield a country's name, official names, capital and demonyms; no codes or other languages: "IT", "Island"."""
    yield info["name"].removeprefix("The ")
    yield from filter(_official.fullmatch, info.get("altSpellings", []))
    capital = info.get("capital")
    if isinstance(capital, str) and capital not in other_capitals:
        yield capital
    yield from re.split("[,/]", info.get("demonym") or "")
