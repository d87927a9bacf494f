"""Who is spoken of without a name: "critics", "she", "both countries", "the party", "its spokesman"."""

from collections.abc import Sequence

from model.items import Item, Phrase, words

# "According to him": the pronoun that it stands for.
_TO_WHOM = {"him": "he", "her": "she", "them": "they"}
# "In his view": the pronoun that it stands for.
WHOSE = {"his": "he", "her": "she", "its": "it", "their": "they"}
_BODIES = frozenset(["ministry", "government", "parliament", "organisation", "military", "party", "ngo", "think-tank"])
# By what a text speaks of a body that it has named, and of what kind the body is.
DESCRIBED = {
    "party": frozenset(["party"]),
    "institute": frozenset(["think-tank"]),
    "think-tank": frozenset(["think-tank"]),
    "group": frozenset(["ngo", "organisation"]),
    "organisation": frozenset(["ngo", "organisation"]),
    "organization": frozenset(["ngo", "organisation"]),
    "association": frozenset(["ngo", "organisation"]),
    "campaign": frozenset(["ngo"]),
    "charity": frozenset(["ngo"]),
    "newspaper": frozenset(["media"]),
    "daily": frozenset(["media"]),
    "government": frozenset(["government"]),
    "department": frozenset(["ministry"]),
    "administration": frozenset(),  # of the president named last
    "its": _BODIES,  # "its spokesman"
    "there": _BODIES | {"country"},  # "an official there"
}
VIEW = frozenset(["words", "telling", "account", "view", "opinion", "eyes", "judgement", "judgment"])
_COUNTS = frozenset(["both", "all", "two", "three"])
# Before how many words a pronoun may stand behind a sentence's first preposition: "In the same breath he …".
_FIRST = 8


def without_name(items: Sequence[Item], at: int) -> Phrase | None:
    """Read a phrase for who may hold that names nobody, where one stands: pronouns and crowds, people and bodies."""
    text = items[at].text
    if text == "its":
        return _theirs(items, at)
    if text in _COUNTS:
        return _together(items, at)
    described = text != "there" and text.removesuffix("'s") in DESCRIBED
    return (described and _described(items, at)) or _word(items, at)


def _word(items: Sequence[Item], at: int) -> Phrase | None:
    """Read "critics", "she", "in her view", "the diplomat"."""
    text, known = items[at].text, words()
    before = items[at - 1].text if at else ""
    if text in known["crowd"]:
        own = before in ("its", "their") and text in known["people"]
        return Phrase(at, at, (), "it" if own else "")
    if text in known["pronouns"] and begins(items, at):
        return Phrase(at, at, (), text)
    if text in _TO_WHOM and at > 1 and (items[at - 2].text, before) == ("according", "to"):
        return Phrase(at, at, (), _TO_WHOM[text])
    if text in VIEW and before in WHOSE and at > 1 and items[at - 2].text == "in":
        return Phrase(at - 2, at, (), WHOSE[before])
    return Phrase(at, at, (), "the") if text in known["returning"] and before in ("the", "same") else None


def _theirs(items: Sequence[Item], at: int) -> Phrase | None:
    """Read "its spokesman" and "its chairman, [Eliot Engel],"."""
    people = _people(items, at + 1)
    if people == at or not begins(items, at):
        return None
    known, step = words(), people + 1
    between = known["titles"] | known["people"] | {","}
    while step < len(items) and items[step].text in between:
        step += 1  # "Its author, Commodore Jo Field, said"
    person = step if step < len(items) and items[step].person else None
    return Phrase(at, people, (), "its") if person is None else Phrase(at, person, items[person].actors)


def _together(items: Sequence[Item], at: int) -> Phrase | None:
    """Read "both", "all three", "the two organisations", "both countries"."""
    known, text = words(), items[at].text
    following = [item.text for item in items[at + 1 : at + 3]]
    if text == "both" and not known["say"].isdisjoint(following[:1]):
        return Phrase(at, at, (), "they")
    if known["several"].isdisjoint(following[:1]) or not begins(items, at - (items[at - 1].text == "the")):
        return None
    return Phrase(at, at + 1, (), "they" if known["states"].isdisjoint(following) else "countries")


def _people(items: Sequence[Item], at: int) -> int:
    """Return the last place of a noun for people and its titles, the one before if there is none."""
    known, last = words(), at - 1
    while at < len(items) and (items[at].text in known["people"] or items[at].text in known["titles"]):
        last = at if items[at].text in known["people"] else last
        at += 1
    return last


def _described(items: Sequence[Item], at: int) -> Phrase | None:
    """Read a body that is spoken of by its kind: "the party", "the doctors' organisation", "the institute's head"."""
    noun, possessive = items[at].text.removesuffix("'s"), items[at].text.endswith("'s")
    last = _people(items, at + 1)  # "a government spokesman"
    if last == at and not any(item.text == "the" for item in items[max(at - 3, 0) : at]):
        return None
    return Phrase(at, last, (), noun, possessive and last == at)


def begins(items: Sequence[Item], at: int) -> bool:
    """Tell whether a clause may begin here: at the start, after a mark or a conjunction, after "In the same breath"."""
    known = words()
    if at < _FIRST and items[0].text in known["before"]:
        plain = (one.text.isalpha() and not one.actors and not one.quoted for one in items[:at])
        if all(plain) and known["say"].isdisjoint(one.text for one in items[:at]):
            return True
    return (
        at == 0 or not items[at - 1].text.isalpha() or items[at - 1].text in ("and", "but", "yet", "so", "then", "that")
    )
