"""Reading a sentence for who may hold a stance in it: names with their offices and bodies, and who has no name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from model import bearers
from model.descriptions import without_name
from model.items import Item, Phrase, words
from model.verbs import says

# How many items an apposition may have.
APPOSITION = 30
# In how many items behind a comma another one and a verb stand, where an apposition has two parts.
BETWEEN = 7
# How many may stand behind one another.
APPOSITIONS = 4
_RELATIVE = frozenset(["who", "whom", "whose", "which"])
# What seat in Congress somebody holds: "R-Ark.", "D-N.J.".
_seat = re.compile(r"[rdi]-[a-z]+(?:\.[a-z]+)*")
# Of what kind a country is that is not named.
_MEMBERS = frozenset(["ally", "country", "member", "nation", "state"])
# Behind these their names may stand: "two Democrats, Adam Smith and Eliot Engel, …".
_PARTY = frozenset(["democrats", "republicans"])
# "In a piece for an American newspaper Mikhail Gorbachev …": who writes in one does not speak for it.
_PAPERS = frozenset(["newspaper", "daily", "paper"])


def phrases(items: Sequence[Item]) -> Iterator[Phrase]:
    """Yield who may hold: names with their offices and bodies, crowds, pronouns; what a name only qualifies is none."""
    known = words()
    at = 0
    while at < len(items):
        item = items[at]
        if item.quoted:
            at += 1
            continue
        if item.actors:
            found: Phrase | None = _named(items, at)
        else:
            people = item.text in known["people"] or item.text in known["documents"] or _some_in(items, at)
            found = (people and _body(items, at)) or without_name(items, at)
        if found is None:
            at += 1
            continue
        yield found
        qualifies = item.actors and (found.possessive or depends(items, found))
        at = after_apposition(items, found.last + 1) if found.actors and not qualifies else found.last + 1


def _named(items: Sequence[Item], at: int, names: int = 4) -> Phrase:
    """Read a phrase that begins with a name: "Russia's deputy foreign minister Sergei Ryabkov", "German officials".

    At most `names` more names are read on.
    """
    known = words()
    actors, last, possessive = items[at].actors, at, items[at].possessive
    if (person := _put_behind(items, at)) is not None:
        return replace(person, first=at)
    place = at + 1
    while place < len(items) and (items[place].text in known["titles"] or items[place].text.isdigit()):
        place += 1
    if place > at + 1 and items[place - 1].text in known["people"]:
        place -= 1  # "the Pentagon's policy chief", where a chief may also be of staff
    while place < len(items) and (items[place].text in known["people"] or items[place].text in known["documents"]):
        last, possessive = place, False
        place += 1
    if last > at or not possessive:
        name = last + 1
        follows = name < len(items) and names > 0 and items[name].actors and items[last].text not in _PAPERS
        if follows and not items[name].quoted and not items[name].possessive:
            seat = at > 0 and items[at - 1].text in ("in", "at", "from")  # "in Moscow President Putin"
            return replace(_named(items, name, names - 1), first=at + 1 if seat else at)
        if last > at and (bearer := bearers.bearer(items, last) or bearers.behind(items, last)):
            return replace(bearer, first=at)
        if last > at and (named := bearers.names(items, _qualified(items, last) + 1)):
            return replace(named, first=at)
        office = items[at].text.split()[-1].lower()
        if last == at and (office in known["people"] or office in _PARTY):
            # "two Republican senators, Bob Corker and Rand Paul, questioned", and not "…, Poland and Latvia …"
            named = bearers.names(items, last + 1)
            if named and all(item.person for item in items[last + 1 : named.last + 1] if item.actors):
                return replace(named, first=at)
        last = _qualified(items, last)
    possessive = items[last].possessive if last == at else False
    found = Phrase(at, last, actors, possessive=possessive)
    return replace(_seated_for(items, found), first=at) if items[at].text.lower().startswith("member") else found


def _put_behind(items: Sequence[Item], at: int) -> Phrase | None:
    """Return the person whose name stands alone behind an office at `at`: "the NATO chief, [Stoltenberg], said"."""
    if items[at].possessive or not any(word[0].islower() for word in items[at].text.split()):
        return None
    return bearers.behind(items, at) or bearers.behind(items, _qualified(items, at))


def _qualified(items: Sequence[Item], last: int) -> int:
    """Return the last item of what qualifies a phrase: "Arbatov [of the Moscow institute IMEMO]"."""
    known = words()
    place = last + 1
    if place >= len(items) or items[place].text not in ("of", "at", "on", "in", "from"):
        return last
    if items[last].person and items[place].text == "on":
        return last  # "Gorbachev on US exit"
    reach = 8 if items[place].text == "on" else 5  # "on the foreign affairs committee of the Bundestag"
    for step in range(place + 1, min(place + reach, len(items))):
        if items[step].actors:
            return _named(items, step).last
        if items[last].person and items[step].text == "," and items[place].text == "of":
            return step - 1  # "Elizabeth Warren of Massachusetts, who …"
        text = items[step].text
        if not text.isalpha() or text in ("and", "or") or text in known["say"] or text in known["leave"]:
            break  # "the ministry on Tuesday called the US decision a mistake"
    return last


def _body(items: Sequence[Item], at: int) -> Phrase | None:
    """Read a phrase that begins with a noun for people: "a spokesman for the alliance", "an analysis by the SWP"."""
    known = words()
    place = at + 1
    while place < len(items) and items[place].text in known["people"]:
        place += 1
    if [item.text for item in items[place : place + 2]] == ["of", "staff"]:
        place += 2
    if items[at].text in known["documents"] and place < len(items) and items[place].text.endswith("ed"):
        told = [item.text for item in items[place : place + 5]]
        place += told.index("by") if "by" in told else 0  # "a motion tabled at Holyrood by the Greens"
    if place >= len(items) or items[place].text not in ("for", "of", "at", "in", "from", "by", "to", "with", "on"):
        return None
    for step in range(place + 1, min(place + 6, len(items))):
        item = items[step]
        if item.actors:
            one = items[step - 1].text in ("a", "an", "another", "one")
            if one and step + 1 < len(items) and items[step + 1].text in _MEMBERS:
                return Phrase(at, step + 1, ())  # "a diplomat from a NATO country"
            found = (None if item.person else bearers.bearer(items, step)) or _named(items, step)
            found = (None if item.person else bearers.behind(items, found.last)) or found
            found = _seated_for(items, found)
            return None if found.possessive else replace(found, first=at)
        if item.quoted or not (
            item.text in known["articles"] or item.text in known["titles"] or item.text in known["people"]
        ):
            return None
    return None


def _some_in(items: Sequence[Item], at: int) -> bool:
    """Tell whether some people of a body stand here: "many in the Pentagon", and not "many in Moscow"."""
    if items[at].text not in ("many", "some", "most"):
        return False
    told = [item.text for item in items[at + 1 : at + 3]]
    return len(told) == 2 and told[0] in ("in", "at") and told[1] == "the"


def _seated_for(items: Sequence[Item], house: Phrase) -> Phrase:
    """Return for whom somebody sits in a house, if that is told, else the house: "a member of the Bundestag for X"."""
    at = house.last + 1
    if at < len(items) and items[at].text == "for":
        at += 1 + (at + 1 < len(items) and items[at + 1].text == "the")
        if at < len(items) and items[at].actors and not items[at].quoted:
            return Phrase(at, at, items[at].actors, possessive=items[at].possessive)
    return house


def after_apposition(items: Sequence[Item], at: int) -> int:
    """Return where the sentence goes on after what stands between commas, brackets or dashes behind a name.

    As in "Menendez (D-N.J.), the ranking member, who …, called": `APPOSITIONS` at most.
    """
    if 0 < at < len(items) and items[at].text in _RELATIVE and items[at - 1].text == ",":
        at -= 1
    for _ in range(APPOSITIONS):
        at, another = _apposition(items, at)
        if not another:
            break
    return at


def is_behind_apposition(items: Sequence[Item], verb: int) -> bool:
    """Tell whether a verb is that of a name before an apposition: "Maas, then justice minister, warned Congress"."""
    before = range(max(verb - APPOSITION, 0), verb - 2)
    return any(items[at].actors and after_apposition(items, at + 1) == verb for at in before)


def _apposition(items: Sequence[Item], at: int) -> tuple[int, bool]:
    """Return where an apposition ends, if one begins at a place, and whether another one begins there."""
    if at >= len(items) or items[at].text not in (",", "(", "–", "—", "--"):
        return at, False
    closing = {"(": (")",), ",": (",", "-", "–", "—")}.get(items[at].text, (items[at].text,))
    for step in range(at + 1, min(at + APPOSITION, len(items))):
        item = items[step]
        if item.text in (":", ";") or item.quoted:
            break
        if item.text in closing:
            if items[at].text == "," and not _is_apposition(items, at + 1, step):
                break
            following = items[step + 1].text if step + 1 < len(items) else ""
            if following == "," and items[at].text == "(":
                return step + 1, True
            first = items[at + 1].text
            another = _seat.fullmatch(first) or (first.isdigit() and step == at + 2) or _goes_on_behind(items, step)
            another = another and items[at].text == "," and not _does(following)
            return (step, True) if another or following in _RELATIVE else (step + 1, False)
    return at, False


def _goes_on_behind(items: Sequence[Item], at: int) -> bool:
    """Tell whether a few words stand between a comma and the next, and a verb behind: ", east of Moscow, said"."""
    behind = items[at + 1 : at + BETWEEN]
    place = next((step for step, item in enumerate(behind) if not item.text.isalnum()), len(behind))
    return place + 1 < len(behind) and behind[place].text == "," and _does(behind[place + 1].text)


def _is_apposition(items: Sequence[Item], first: int, end: int) -> bool:
    """Tell whether the items between two commas only tell more of the name before: "Maas, the minister, said"."""
    known = words()
    start = items[first]
    if start.text in ("according", "along", "together", "and", "or", "but", "joined") or start.quoted:
        return False
    if start.text not in known["subordinators"] and says(items, end - 1):
        return False  # "Trump, Fihn said, has …"
    name = first + (start.text in known["articles"])
    listed = any(item.text in ("and", "or") for item in items[name + 1 : end])
    if listed and items[name].actors and not items[name].possessive and _named(items, name).last == name:
        return False  # "the SPD, the Greens and …"
    if _seat.fullmatch(start.text) or (start.text.isdigit() and end == first + 1):
        return True
    goes_on = end + 1
    if goes_on + 1 < len(items) and items[goes_on].text.endswith("ly"):
        goes_on += 1
    after = items[goes_on].text if goes_on < len(items) else ""
    if _does(after) or after in known["subordinators"]:
        return True
    told = ("articles", "subordinators", "titles", "people", "before")
    return any(start.text in known[name] for name in told) or start.text.endswith("ing") or bool(start.actors)


def _does(word: str) -> bool:
    """Tell whether a word may be the verb of whoever stands before it."""
    known = words()
    return any(word in known[name] for name in ("say", "leave", "auxiliaries"))


def preceding(items: Sequence[Item], first: int) -> int:
    """Return the place of the last item before a phrase that is no article, title or noun for people of its own."""
    known = words()
    at, begun = first - 1, False
    while at >= 0 and not items[at].quoted and not items[at].actors:
        text = items[at].text
        if begun and text not in known["articles"]:
            break  # "after the call of the two presidents the Élysée …"
        begun = text in known["articles"]
        if text == "under" and items[at + 1].text == "secretary":
            at -= 1
            continue
        office = items[at - 1].text
        if text == "," and 0 < at == first - 1 and office in known["people"]:
            at -= 1
            continue
        if not (text in known["articles"] or text in known["titles"] or text in known["people"]):
            break
        if text in known["say"]:
            break
        at -= 1
    return at


def depends(items: Sequence[Item], phrase: Phrase) -> bool:
    """Tell whether a phrase hangs on a preposition, as in "in Moscow" or "unlike Bulgaria"."""
    before = preceding(items, phrase.first)
    return before >= 0 and items[before].text in words()["before"] and items[before].text not in ("like", "than", "as")
