"""Whose an office is: the name that ends it or stands behind it."""

from collections.abc import Sequence

from model.items import Item, Phrase, is_known, words

# Within how many items behind a comma a name stands with what tells of it.
APART = 7
# Within how many items those stand whom an office means.
NAMES = 16


def _is_told(item: Item) -> bool:
    """Tell whether a word may tell of a name that stands behind it: a title, a party, what no table knows."""
    known = words()
    titled = item.text in known["titles"] or item.text in known["people"]
    return titled or (not item.person if item.actors else item.text.isalpha() and not is_known(item.text))


def _alone(items: Sequence[Item], last: int) -> int | None:
    """Return the place of a person's name that stands alone behind a comma and an office that ends at `last`.

    Behind it comes another comma or nothing.
    """
    name = last + 2
    while name < min(last + APART, len(items)) and _is_told(items[name]):
        name += 1  # "her counterpart, Oklahoma Republican [Jim Inhofe], said"
    alone = (
        name < len(items) and items[last + 1].text == "," and (name + 1 == len(items) or items[name + 1].text == ",")
    )
    return name if alone and items[name].person and not items[name].quoted and not items[name].possessive else None


def behind(items: Sequence[Item], last: int) -> Phrase | None:
    """Return the person whose name stands alone behind an office, and the comma behind it."""
    person = _alone(items, last)
    return None if person is None else Phrase(person, min(person + 1, len(items) - 1), items[person].actors)


def bearer(items: Sequence[Item], last: int) -> Phrase | None:
    """Return the person whose name ends an office: "Secretary of State [Mike Pompeo]"."""
    known = words()
    for step in range(last + 1, min(last + 8, len(items))):
        item = items[step]
        if item.person and not item.quoted and not item.possessive and step > last + 1:
            return Phrase(step, step, item.actors)
        verb = item.text in known["say"] or item.text in known["auxiliaries"] or item.text in known["leave"]
        apart = item.text in known["before"] and item.text not in ("for", "to", "in", "at", "on", "of")
        if item.person or not item.text[0].isalpha() or verb or apart:
            return None
    return None


def names(items: Sequence[Item], at: int) -> Phrase | None:
    """Read the names that tell whom an office means: "two chairmen[, Jim Inhofe and Jim Risch,] applauded"."""
    known = words()
    actors: list[str] = []
    end = min(at + NAMES, len(items))
    seat = 0  # behind it "(R.I.)" ends
    for step in range(at, end):
        item = items[step]
        if step < seat or (not actors and (item.text in known["titles"] or item.text in known["people"])):
            continue
        if item.actors and not item.possessive and not item.quoted:
            actors += item.actors
        elif actors and item.text == ",":
            if step + 1 < len(items) and items[step + 1].actors:
                return None  # "Among EU governments, Austria, Ireland and Sweden voiced regret"
            return Phrase(at, step, tuple(actors))
        elif item.text == "(" and actors:
            seat = next((past + 1 for past in range(step, end) if items[past].text == ")"), 0)
            if not seat:
                return None
        elif item.text == "," and step == at:
            continue
        elif item.text not in ("and", "of") and not (actors and items[step - 1].text in ("of", "new")):
            return None
    ended = actors and at + NAMES >= len(items)
    return Phrase(at, len(items) - 1, tuple(actors)) if ended else None
