"""Lists of who may hold: "Poland, Romania and the Baltic states"."""

from collections.abc import Sequence
from dataclasses import replace

from model.items import Item, Phrase, words
from model.phrases import after_apposition, preceding

_LISTED = frozenset(
    [",", "and", "or", "nor", "both", "the", "his", "her", "&", "as", "well", "along", "with", "together", "by"]
)
# Up to how many words tell more of one of a list: "Bob Menendez of New Jersey and Jack Reed".
_QUALIFYING = 7


def joined(items: Sequence[Item], found: Sequence[Phrase]) -> list[Phrase]:
    """Join the phrases of a list that ends with "and" or its like: "Poland, Romania and the Baltic states"."""
    result: list[Phrase] = []
    run: list[Phrase] = []
    last = 0
    for phrase in found:
        link = _link(items, run[-1], phrase) if run else ""
        if link == "," and items[max(preceding(items, run[-1].first), 0)].text == "among":
            link = ""
        if not link:
            result += _list(run, last)
            run, last = [], 0
        run.append(phrase)
        if link == "and":
            last = len(run)
    return result + _list(run, last)


def _link(items: Sequence[Item], one: Phrase, other: Phrase) -> str:
    """Return how a phrase is joined to the next one of a list: "and" for all of its like, "," or "" for not at all."""
    if not (one.actors and other.actors) or one.possessive:
        return ""
    known = words()
    first = other.first
    while items[first - 1].text in known["titles"] or items[first - 1].text in known["people"]:
        first -= 1  # "Ernest Moniz and former Senator Sam Nunn"
    between = [item.text for item in items[one.last + 1 : first]]
    if between[:1] == ["of"] and len(between) < _QUALIFYING:  # "Bob Menendez of New Jersey and Jack Reed"
        between = between[next((at for at, text in enumerate(between) if text in _LISTED - {"of"}), 0) :]
    if not set(between) <= _LISTED:
        between = [item.text for item in items[after_apposition(items, one.last + 1) : first]]
        if not between or not set(between) <= _LISTED:
            return ""
    if set(between) & {"and", "or", "nor", "&", "as", "along", "together"}:
        return "and"
    return "," if "," in between and "by" not in between else ""


def _list(run: Sequence[Phrase], last: int) -> list[Phrase]:
    """Join the first `last` phrases of a run into one, and keep the others."""
    if last < 2:
        return list(run)
    actors = tuple(dict.fromkeys(actor for phrase in run[:last] for actor in phrase.actors))
    return [replace(run[last - 1], first=run[0].first, actors=actors), *run[last:]]
