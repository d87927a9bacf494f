"""How strongly the words of a sentence bind its stance to a phrase: the table of rules in `model.attribution`."""

from collections.abc import Iterator, Sequence

from model.phrases import VIEW, WHOSE, Item, Phrase, after_apposition, depends, joined, phrases, preceding, words

# How strongly each rule binds.
LABEL, ACCORDING, TURNED, INSERTED, SPEAKER, PASSIVE, NOUN, LEAVING, SUBJECT = 90, 88, 86, 84, 80, 75, 60, 45, 40
# A subject within a subordinate clause gives way to that of the main clause.
SUBORDINATE = 30
# How many words a subject that names nobody may have.
TO_SUBJECT = 14
# Over how many words what is told by ", saying that" reaches.
TOLD = 40
# How many words may stand between a name and its verb.
TO_VERB = 8

_DASHES = frozenset("–—:") | {"-", "--"}
# Telling in a participle, after a comma: of whom the sentence speaks first speaks.
_TELLING = frozenset(["saying", "writing", "arguing", "adding", "warning"])
# What a noun of stance is followed by.
_TOWARD = frozenset(["for", "to", "of", "against", "over", "at", "about", "that"])
# What may stand between a quotation or an aside and the verb of who says it.
_MARKS = frozenset(",\"”'’»?!")

Found = tuple[int, Phrase]


def scored(items: Sequence[Item]) -> Iterator[Found]:
    """Yield every phrase of a sentence that some rule makes a holder, with the rule's strength.

    Whoever does no more than act or leave holds only as the first one named, where nobody speaks.
    """
    found = joined(items, list(phrases(items)))
    scores = [_score(items, phrase) for phrase in found]
    taken = {_verb(items, _past(items, phrase))[2] for score, phrase in zip(scores, found, strict=True) if score}
    strangers = list(_strangers(items, taken))
    yield from ((SPEAKER, phrase) for phrase in strangers)
    speaks = bool(strangers) or any(score > LEAVING for score in scores)
    acts = next((phrase for score, phrase in zip(scores, found, strict=True) if SUBORDINATE < score <= LEAVING), None)
    for score, phrase in zip(scores, found, strict=True):
        if score > LEAVING or score == SUBORDINATE or (phrase is acts and not speaks):
            yield score, phrase


def _strangers(items: Sequence[Item], taken: set[int]) -> Iterator[Phrase]:
    """Yield the subjects of plain words of speech whose verbs are not `taken`: "a neighbour said", "the aide said".

    Who speaks for a body that is not named ("a ministry official") is meant as "the ministry" is.
    """
    known = words()
    for at, item in enumerate(items):
        if item.quoted or at in taken or at == 0:
            continue
        if not taken and items[at - 1].text == "," and item.text in _TELLING:
            yield _stranger(items, at, range(min(at - 1, TO_SUBJECT)))
        if item.text not in known["speech"]:
            continue
        one = items[at - 1].text
        if one == "and" or not (items[at - 1].actors or one.isalpha() or one in _MARKS):
            continue
        if not any(one in known[name] for name in ("auxiliaries", "subordinators", "before", "pronouns")):
            first = at
            while first and first > at - TO_SUBJECT and _is_in_phrase(items[first - 1]):
                first -= 1
            yield _stranger(items, at, range(first, at))


def _stranger(items: Sequence[Item], verb: int, subject: range) -> Phrase:
    """Read the subject of a verb, among whose words the noun phrase is: who is meant by it, if anybody known may be."""
    known = words()
    told = [items[at].text for at in subject]
    for at in subject[:-1]:
        if items[at].actors and not items[at].possessive and items[at + 1].text == "who":
            return Phrase(at, at, items[at].actors)
    seat = items[1].actors if items[0].text in ("in", "at") and len(items) > 2 and not items[1].possessive else ()
    determiner = next((text for text in told if text in known["articles"] or text in known["indefinite"]), "")
    own = known["former"].isdisjoint(told) and known["private"].isdisjoint(told)
    if seat and own and determiner not in known["indefinite"]:
        return Phrase(verb - 1, verb - 1, seat)
    body = own and not known["bodies"].isdisjoint(told)
    definite = determiner in ("the", *WHOSE)
    return Phrase(verb - 1, verb - 1, (), "the" if definite or body else "")


def _is_in_phrase(item: Item) -> bool:
    """Tell whether a word may stand between a subject's first word and its verb."""
    inside = item.text in ("who", "which") or item.text not in words()["subordinators"]
    return not item.quoted and item.text[0].isalnum() and inside


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
    return _subject(items, phrase, before, _past(items, phrase))


def _past(items: Sequence[Item], phrase: Phrase) -> int:
    """Return where the sentence goes on after a phrase, what is put in behind it and its seat: "X (Y) in Bern said"."""
    at = after_apposition(items, phrase.last + 1)
    seated = at + 1 < len(items) and items[at].text in ("in", "at") and items[at + 1].actors
    return at + 2 if seated and not items[at + 1].possessive else at


def _placed(items: Sequence[Item], phrase: Phrase, before: int, following: str) -> int:
    """Score a phrase that the words and marks beside it make a holder, whatever its verb."""
    previous = items[before].text if before >= 0 else ""
    if following == ":" and before < 0:
        return LABEL
    if previous in _DASHES and before > 1 and (not following or following in ("on", "in", "at")):
        return LABEL
    if _according(items, phrase.first):
        return ACCORDING
    if (before > 0 and _turned(items[before - 1].text, previous)) or _is_cited(items, phrase.last + 1):
        return TURNED
    if previous in ("by", "in", "from", "at"):
        return _passive(items, before, previous) or _noun(items, phrase, before, previous)
    return _noun(items, phrase, before, previous)


def _is_cited(items: Sequence[Item], after: int) -> bool:
    """Tell whether "as saying" follows: "TASS quoted the ministry as saying"."""
    return after + 1 < len(items) and items[after].text == "as" and items[after + 1].text in words()["saying"]


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
    came = preposition == "from" and items[at - 1].text in ("came", "comes", "come")
    for step in range(at - 1, max(at - 10, -1), -1):
        text = items[step].text
        if items[step].quoted or text in (";", ":"):
            break
        if preposition == "by" and text in known["say"] and (text.endswith("ed") or _is_passive(items, step)):
            return PASSIVE
        if preposition == "by" and text in known["stance"] and text not in known["things"] and step > at - 5:
            return PASSIVE
        if preposition != "by" and (came or step > at - 5):
            if text in known["stance"] or text in ("fire", "blow", "applause", "fears"):
                return PASSIVE if preposition != "at" else NOUN
            if text in known["say"] and text.endswith("ed") and _is_passive(items, step):
                return PASSIVE
    return 0


def _is_passive(items: Sequence[Item], at: int) -> bool:
    return any(item.text in ("is", "are", "was", "were", "been", "being", "be") for item in items[max(at - 4, 0) : at])


def _noun(items: Sequence[Item], phrase: Phrase, before: int, previous: str) -> int:
    """Score "the argument of X", "For X the treaty …", "In X it was called …", "Polish backing for …"."""
    known = words()
    if phrase.possessive:
        return _possessed(items, phrase.last + 1, previous)
    if previous == "of" and before > 0 and items[before - 1].text in known["stance"]:
        return NOUN
    if previous == "for" and before > 0 and items[before - 1].text in (",", "and", "but"):
        return NOUN
    if previous in ("for", "from", "to") and before == 0:
        return NOUN
    if previous in ("in", "at") and before == 0:
        return NOUN if _judged_there(items, phrase.last + 1) else 0
    after = [item.text for item in items[phrase.last + 1 : phrase.last + 3]]
    return NOUN if len(after) == 2 and after[0] in known["stance"] and after[1] in _TOWARD else 0


def _possessed(items: Sequence[Item], after: int, previous: str) -> int:
    """Score "X's criticism", "in X's view", "To X's dismay"."""
    known = words()
    for item in items[after : after + 3]:
        if item.text in known["stance"]:
            return SPEAKER if previous in ("in", "to") else NOUN
        if not item.text.isalpha() or item.text in known["before"]:
            break
    return 0


def _judged_there(items: Sequence[Item], first: int) -> bool:
    """Tell whether a sentence says how something is judged where it has named: "In Helsinki it was called a loss"."""
    verbs = (at for at in range(first, len(items)) if items[at].text in words()["say"] and not items[at].quoted)
    return any(items[at].text.endswith(("ed", "seen", "felt")) and _is_passive(items, at) for at in verbs)


def _subject(items: Sequence[Item], phrase: Phrase, before: int, at: int) -> int:
    """Score the subject of a verb: of saying or judging, of leaving, or of another."""
    known = words()
    previous = items[before].text if before >= 0 else ""
    subordinate = previous in known["subordinators"] and not (previous in ("while", "although", "though") and before)
    verb, judged, place = _verb(items, at)
    if verb in known["say"] or verb in known["saying"]:
        if judged:
            return 0
        if _is_inserted(items, before, place):
            return INSERTED
        return SUBORDINATE if subordinate or _is_told(items, phrase.first) else SPEAKER
    begins = previous in ("", ",", "and", "but", "yet", "so", "then") or previous in _DASHES or before < 0
    begins = begins or (
        items[0].text in known["before"] and not any(item.text == "," for item in items[: phrase.first])
    )
    if verb in known["leave"]:
        return LEAVING if begins else 0
    return SUBJECT if verb and begins and (not phrase.pronoun or before < 0) else 0


def _is_inserted(items: Sequence[Item], before: int, verb: int) -> bool:
    """Tell whether somebody's saying is put in between commas or at the end: "The exit, he said, does harm"."""
    ends = verb + 1 == len(items) or items[verb + 1].text == ","
    return before > 0 and items[before].text == "," and ends and items[verb].text in words()["speech"]


def _is_told(items: Sequence[Item], first: int) -> bool:
    """Tell whether a phrase stands in what somebody says: "was cautious, saying that Beijing would respond"."""
    for at in range(first - 1, max(first - TOLD, 0), -1):
        if items[at].text in (";", "but", "while", "whereas"):
            return False
        if items[at].text in _TELLING and items[at - 1].text == ",":
            return True
    return False


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
        if text in known["saying"] and (step == at or being or before == "those"):
            return text, False, step
        reported = being and step + 1 < len(items) and items[step + 1].text == "to"  # "was reported to regret"
        if not reported and (text in known["say"] or text in known["leave"]) and not noun:
            return text, being and text.endswith("ed"), step
        if text in known["things"] and not first:
            return "", False, at
        being = text in ("is", "are", "was", "were", "been", "being", "be") or (being and text.endswith("ly"))
        if (
            step == at
            and (text in known["auxiliaries"] or text.endswith(("s", "ed")) or text == "put")
            and text not in known["before"]
        ):
            first = text
    return first, False, at
