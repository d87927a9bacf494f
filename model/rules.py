"""How strongly the words of a sentence bind its stance to a phrase: the table of rules in `model.attribution`."""

from collections.abc import Iterator, Sequence

from model.phrases import VIEW, WHOSE, Item, Phrase, after_apposition, depends, joined, phrases, preceding, words

# How strongly each rule binds.
LABEL, ACCORDING, TURNED, SPEAKER, PASSIVE, NOUN, LEAVING, SUBJECT = 90, 88, 86, 80, 75, 60, 45, 40
# A subject within a subordinate clause gives way to that of the main clause.
SUBORDINATE = 30
# How many words may stand between a name and its verb.
TO_VERB = 8

_DASHES = frozenset("–—:") | {"-", "--"}
# What may stand between a quotation or an aside and the verb of who says it.
_MARKS = frozenset(",\"”'’»?!")

Found = tuple[int, Phrase]


def scored(items: Sequence[Item]) -> Iterator[Found]:
    """Yield every phrase of a sentence that some rule makes a holder, with the rule's strength.

    Whoever does no more than act or leave holds only as the first one named, where nobody speaks.
    """
    found = joined(items, list(phrases(items)))
    scores = [_score(items, phrase) for phrase in found]
    strangers = list(_strangers(items, found))
    yield from ((SPEAKER, phrase) for phrase in strangers)
    speaks = bool(strangers) or any(score > LEAVING for score in scores)
    acts = next((phrase for score, phrase in zip(scores, found, strict=True) if SUBORDINATE < score <= LEAVING), None)
    for score, phrase in zip(scores, found, strict=True):
        if score > LEAVING or score == SUBORDINATE or (phrase is acts and not speaks):
            yield score, phrase


def _strangers(items: Sequence[Item], found: Sequence[Phrase]) -> Iterator[Phrase]:
    """Yield the subjects of plain words of speech that are none of the phrases found: "a neighbour said"."""
    known = words()
    seat = items[1].actors if len(items) > 2 and items[0].text in ("in", "at") and not items[1].possessive else ()
    taken = {_verb(items, after_apposition(items, phrase.last + 1))[2] for phrase in found}
    for at, item in enumerate(items):
        if item.text not in known["speech"] or item.quoted or at in taken or at == 0:
            continue
        one = items[at - 1]
        if one.actors or one.text == "and" or not (one.text.isalpha() or one.text in _MARKS):
            continue
        if not any(one.text in known[name] for name in ("auxiliaries", "subordinators", "before")):
            definite = any(item.text in ("the", *WHOSE) for item in items[max(at - 5, 0) : at])
            yield Phrase(at - 1, at - 1, seat, "the" if definite and not seat else "")


def _score(items: Sequence[Item], phrase: Phrase) -> int:
    """Return the strength of the strongest rule that makes a phrase a holder, 0 for none."""
    following = items[phrase.last + 1].text if phrase.last + 1 < len(items) else ""
    if following in words()["things"] and not phrase.possessive:
        return 0
    before = preceding(items, phrase.first)
    if not phrase.pronoun and (score := _placed(items, phrase, before, following)):
        return score
    if phrase.pronoun and phrase.last > phrase.first and items[phrase.last].text in VIEW:
        return SPEAKER
    if phrase.possessive or depends(items, phrase):
        return 0
    return _subject(items, phrase, before, after_apposition(items, phrase.last + 1))


def _placed(items: Sequence[Item], phrase: Phrase, before: int, following: str) -> int:
    """Score a phrase that the words and marks beside it make a holder, whatever its verb."""
    previous = items[before].text if before >= 0 else ""
    if following == ":" and before < 0:
        return LABEL
    if previous in _DASHES and before > 1 and (not following or following in ("on", "in", "at")):
        return LABEL
    if _according(items, phrase.first):
        return ACCORDING
    if before > 0 and _turned(items[before - 1].text, previous):
        return TURNED
    if previous in ("by", "in", "from", "at"):
        return _passive(items, before, previous) or _noun(items, phrase, before, previous)
    return _noun(items, phrase, before, previous)


def _turned(mark: str, verb: str) -> bool:
    """Tell whether a verb stands before its subject: after a quotation, or after a comma if it is plain speech."""
    known = words()
    return (verb in known["say"] and mark in _MARKS and mark != ",") or (verb in known["turned"] and mark == ",")


def _according(items: Sequence[Item], first: int) -> bool:
    """Tell whether "according to" stands before a phrase with no other name or clause between."""
    for at in range(first - 1, max(first - 8, 0), -1):
        if items[at].actors or items[at].text in (",", ";", ":"):
            return False
        if items[at].text == "to" and items[at - 1].text == "according":
            return True
    return False


def _passive(items: Sequence[Item], at: int, preposition: str) -> int:
    """Score "condemned by X" and "met with dismay in X": a verb or noun of stance before the preposition."""
    known = words()
    for step in range(at - 1, max(at - 10, -1), -1):
        text = items[step].text
        if items[step].quoted or text in (";", ":"):
            break
        if preposition == "by" and text in known["say"] and (text.endswith("ed") or _is_passive(items, step)):
            return PASSIVE
        if preposition != "by" and step > at - 5:
            if text in known["stance"] or text in ("fire", "blow", "applause", "fears"):
                return PASSIVE if preposition != "at" else NOUN
            if text in known["say"] and text.endswith("ed") and _is_passive(items, step):
                return PASSIVE
    return 0


def _is_passive(items: Sequence[Item], at: int) -> bool:
    return any(item.text in ("is", "are", "was", "were", "been", "being", "be") for item in items[max(at - 4, 0) : at])


def _noun(items: Sequence[Item], phrase: Phrase, before: int, previous: str) -> int:
    """Score "X's criticism", "in X's view", "the argument of X", "For X the treaty …", "To X's dismay"."""
    known = words()
    if phrase.possessive:
        for step in range(phrase.last + 1, min(phrase.last + 4, len(items))):
            if items[step].text in known["stance"]:
                return SPEAKER if previous in ("in", "to") else NOUN
            if not items[step].text.isalpha() or items[step].text in known["before"]:
                break
        return 0
    if previous == "of" and before > 0 and items[before - 1].text in known["stance"]:
        return NOUN
    if previous == "for" and (before == 0 or items[before - 1].text in (",", "and", "but")):
        return NOUN
    if previous == "from" and before == 0:
        return NOUN
    return 0


def _subject(items: Sequence[Item], phrase: Phrase, before: int, at: int) -> int:
    """Score the subject of a verb: of saying or judging, of leaving, or of another."""
    known = words()
    previous = items[before].text if before >= 0 else ""
    subordinate = previous in known["subordinators"] and not (previous in ("while", "although", "though") and before)
    verb, judged, _ = _verb(items, at)
    if verb in known["say"]:
        return 0 if judged else SUBORDINATE if subordinate else SPEAKER
    begins = previous in ("", ",", "and", "but", "yet", "so", "then") or before < 0
    begins = begins or (
        items[0].text in known["before"] and not any(item.text == "," for item in items[: phrase.first])
    )
    if verb in known["leave"]:
        return LEAVING if begins else 0
    return SUBJECT if verb and begins and (not phrase.pronoun or before < 0) else 0


def _verb(items: Sequence[Item], at: int) -> tuple[str, bool, int]:
    """Return a phrase's verb, "" for none, whether it is judged by it ("was criticised"), and where the verb stands."""
    known = words()
    first, being = "", False
    for step in range(at, min(at + TO_VERB, len(items))):
        text = items[step].text
        if items[step].quoted or items[step].actors or text in _DASHES or text in (";", "(", "and", "or"):
            break
        before = items[step - 1].text if step > at else ""
        noun = before in known["before"] or (before in known["articles"] and before not in ("both", "all"))
        if (text in known["say"] or text in known["leave"]) and not noun:
            return text, being and text.endswith("ed"), step
        if text in known["things"] and not first:
            return "", False, at
        being = text in ("is", "are", "was", "were", "been", "being") or (being and text.endswith("ly"))
        if (
            step == at
            and (text in known["auxiliaries"] or text.endswith(("s", "ed")) or text == "put")
            and text not in known["before"]
        ):
            first = text
    return first, False, at
