"""Speakers whom no table knows: "a neighbour said", "the aide said", "Ellen Marsh of the Center for … said"."""

from collections.abc import Iterator, Sequence

from model.descriptions import DESCRIBED, WHOSE, begins
from model.items import Holders, Item, Phrase, is_known, words
from model.phrases import after_apposition
from model.verbs import TO_SUBJECT, TO_VERB, is_inserted, is_passive

# What may stand between a quotation or an aside and the verb of who says it.
MARKS = frozenset(",\"”'’»?!")
# What stands for people by itself: "another, who", "those whom I met".
_ALONE = frozenset(["another", "others", "those", "some", "many"])
_THOUGHTS = frozenset(["argument", "logic", "reasoning", "story", "theory", "thinking"])
# Behind these nobody begins to speak: "let me say that …".
_NOT_BEFORE = frozenset(["and", "me", "us"])
# How many words an aside may have.
ASIDE = 40
# Behind how many words of its own a noun for people may stand: "a retired fire officer".
_TO_NOUN = 5
# Who may judge so does not do so yet, and "there" tells whose people are meant.
_MODAL = frozenset(["can", "cannot", "could", "may", "might", "should", "would", "there"])
# Telling in a participle, after a comma: of whom the sentence speaks first speaks.
TELLING = frozenset(["saying", "writing", "arguing", "adding", "warning"])


def strangers(items: Sequence[Item], taken: set[int]) -> Iterator[tuple[Phrase, bool]]:
    """Yield the subjects of plain words of speech whose verbs are not `taken`, and whether their saying is put in.

    Who speaks for a body that is not named ("a ministry official") is meant as "the ministry" is.
    """
    known = words()
    for at, item in enumerate(items):
        if item.quoted or at in taken or at == 0:
            continue
        if not taken and items[at - 1].text == "," and item.text in TELLING:
            yield _stranger(items, at, range(min(at - 1, TO_SUBJECT))), False
        if item.text not in known["speech"] and not (item.text in known["say"] and _officials_there(items, at)):
            continue
        one = items[at - 1].text
        if one in _NOT_BEFORE or _commands(items, at) or not (items[at - 1].actors or one.isalnum() or one in MARKS):
            continue
        if not any(one in known[name] for name in ("auxiliaries", "subordinators", "before", "pronouns")):
            first = at
            while first and first > at - TO_SUBJECT and _is_in_phrase(items[first - 1]):
                first -= 1
            if not first or items[first - 1].text not in known["of_a_clause"]:
                yield _stranger(items, at, range(first, at)), is_inserted(items, first - 1, at)


def somebody(items: Sequence[Item]) -> Iterator[Phrase]:
    """Yield who judges and has no name: "a retired fire officer considers …", "some students, who …, believe …"."""
    for at, item in enumerate(items):
        if item.quoted or not begins(items, at):
            continue
        last = _unnamed(items, at)
        if (last is not None and _judges(items, last + 1)) or _goes(items, at):
            yield Phrase(at, at if last is None else last, ())


def _commands(items: Sequence[Item], at: int) -> bool:
    """Tell whether a verb goes on behind a comma that no aside ends: "to stay in, hold their feet to the fire"."""
    if items[at].text not in ("add", "hold", "tell", "warn") or items[at - 1].text != ",":
        return False
    return not any(item.text == "," for item in items[max(at - 1 - ASIDE, 0) : at - 1])


def _goes(items: Sequence[Item], at: int) -> bool:
    """Tell whether what some people think is told without them: "the argument goes that …"."""
    told = [item.text for item in items[at : at + 3]]
    return len(told) == 3 and told[0] == "the" and told[1] in _THOUGHTS and told[2] in ("goes", "runs", "went")


def _unnamed(items: Sequence[Item], at: int) -> int | None:
    """Return the last item of a phrase for people without a name: "several of the engineers", "those"."""
    known, text = words(), items[at].text
    own = text in ("my", "our")
    if not own and text not in known["indefinite"] and text not in _ALONE:
        return None
    people, last = ("crowd", "humans") if own else ("crowd", "humans", "people"), None
    for step in range(at + 1, min(at + 1 + _TO_NOUN, len(items))):
        item = items[step]
        if item.actors or item.quoted or item.text == "us" or item.text in DESCRIBED or item.text in known["bodies"]:
            return None  # "a government adviser" speaks for the government
        if any(item.text in known[name] for name in people):
            last = step
        elif last is not None or not item.text.isalpha() or item.text in known["subordinators"]:
            break
    following = items[at + 1].text if at + 1 < len(items) else ""
    alone = text in _ALONE and (following in (",", "who", "whom") or following in known["judging"])
    return at if last is None and alone else last


def _judges(items: Sequence[Item], at: int) -> bool:
    """Tell whether a subject that ends before a place judges, behind whatever is put in between."""
    known, end, apart = words(), at + TO_SUBJECT, 0
    clause = at + _TO_NOUN if at < len(items) and items[at].text in ("who", "that") else at
    while at < min(end, len(items)):
        item = items[at]
        if item.text == ",":
            past = after_apposition(items, at)
            if past == at or apart:
                return False
            at, end, apart = past, past + TO_VERB, 1
            continue
        noun = items[at - 1].text in known["articles"] or items[at - 1].text in known["before"]
        named = item.actors and not item.possessive and items[at - 1].text not in known["before"]
        if named or item.quoted or not item.text[0].isalnum() or item.text in _MODAL or item.text in known["speech"]:
            return False
        if item.text in known["judging"] and not noun and at >= clause:  # "those who approve of it answer …"
            return not (item.text.endswith("ed") and is_passive(items, at))
        at += 1
    return False


def _stranger(items: Sequence[Item], verb: int, subject: range) -> Phrase:
    """Read the subject of a verb, among whose words the noun phrase is: who is meant by it, if anybody known may be."""
    known = words()
    told = [items[at].text for at in subject]
    for at in subject[:-1]:
        if items[at].actors and not items[at].possessive and items[at + 1].text == "who":
            return Phrase(at, at, items[at].actors)
    seat = items[1].actors if items[0].text in ("in", "at") and len(items) > 2 and not items[1].possessive else ()
    if (house := _house(items, subject)) is not None:
        return Phrase(verb - 1, verb - 1, house)
    if told[:3] == ["some", "of", "us"]:
        return Phrase(verb - 1, verb - 1, (), "we")
    determiner = next((text for text in told[:2] if text in known["articles"] or text in known["indefinite"]), "")
    own = known["former"].isdisjoint(told) and known["private"].isdisjoint(told)
    speaks_for = not known["speaking_for"].isdisjoint(told)
    office = not {"minister", "ministers", "ministry"}.isdisjoint(told)
    if seat and own and (speaks_for or office or determiner not in known["indefinite"]):
        return Phrase(subject[0] if office else verb - 1, verb - 1, seat)
    if told[:1] == ["its"] or "there" in told:
        return Phrase(verb - 1, verb - 1, (), "its" if told[0] == "its" else "there")
    body = own and not known["bodies"].isdisjoint(told)
    definite = determiner in ("the", *WHOSE) and told[-1:] != ["opposition"]
    definite = definite or told[-2:] == ["of", "them"] or speaks_for
    return Phrase(verb - 1, verb - 1, (), "the" if definite or body else "")


def _officials_there(items: Sequence[Item], verb: int) -> bool:
    """Tell whether a verb is that of officials where a sentence begins with a place: "In Bern, officials describe"."""
    if items[0].text != "in" or not items[1].actors or items[1].possessive or verb > TO_VERB:
        return False
    known = words()
    told = [item.text for item in items[2:verb] if item.text != "," and not item.text.endswith("ly")]
    return bool(told) and all(any(text in known[name] for name in ("people", "titles", "articles")) for text in told)


def _house(items: Sequence[Item], subject: range) -> Holders | None:
    """Return the house of somebody whom no table knows: "Ellen Marsh of [the Center for …] said"."""
    if len(subject) < 3 or items[subject[-1]].possessive or len(items[subject[-1]].text.split()) < 2:
        return None
    article = items[subject[-2]].text == "the"
    place = subject[-2 - article]
    name = range(subject[0], place)
    unknown = 0 < len(name) <= 3 and not any(items[at].actors or is_known(items[at].text) for at in name)
    return items[subject[-1]].actors or None if unknown and items[place].text in ("of", "at", "from", "with") else None


def _is_in_phrase(item: Item) -> bool:
    """Tell whether a word may stand between a subject's first word and its verb."""
    known = words()
    inside = item.text in ("who", "which") or not (
        item.text in known["subordinators"] or item.text in known["of_a_clause"]
    )
    return not item.quoted and item.text[0].isalnum() and inside
