"""How strongly the words of a sentence bind its stance to a phrase: the table of rules in `model.attribution`."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from model.descriptions import DESCRIBED, VIEW
from model.items import Item, Phrase, is_known, words
from model.lists import joined
from model.phrases import APPOSITION, after_apposition, depends, is_behind_apposition, phrases, preceding
from model.strangers import MARKS, TELLING, somebody, strangers
from model.verbs import (
    DASHES,
    TO_VERB,
    by_saying,
    goes_on,
    goes_on_to_say,
    is_cited,
    is_inserted,
    is_passed_on,
    is_passive,
    says,
    verb,
)

# How strongly each rule binds.
LABEL, ACCORDING, TURNED, INSERTED, THIRD = 90, 88, 86, 84, 82
SPEAKER, PASSIVE, NOUN, LEAVING, SUBJECT = 80, 75, 60, 45, 40
# Who did it stands before where it was done: "was welcomed in Warsaw by the president".
DONE_BY = PASSIVE + 1
# A subject within a subordinate clause gives way to that of the main clause.
SUBORDINATE = 30
# Who leaves in a subordinate clause: "the pact, which the United States left over a missile, …".
LEFT = 20
# What sets one clause against another; at the beginning of a sentence the first one is a subordinate clause.
CONTRASTS = frozenset(["while", "whereas", "though", "although"])
# By which pronouns "according to him" and "according to the diplomat" are read.
_MEANT = frozenset(["he", "she", "they", "the"])
# Behind a noun of stance these show that it is a verb: "support the action taken by the United States".
_ARTICLES = frozenset(["a", "an", "the"])
# Over how many words what is told by ", saying that" reaches.
TOLD = 40
# Who is or gives these says nothing: "China is a further reason to leave".
_GROUNDS = frozenset(["excuse", "reason", "reasons"])
# What stands before the subject of a question and of a condition.
_INVERTED = frozenset(["can", "could", "did", "do", "does", "had", "should", "were", "will", "would"])
# Who ought to say something has not said it.
_OUGHT = frozenset(["must", "ought", "should"])
_SEATS = frozenset(["house", "senate", "committee", "panel", "chamber", "assembly", "opposition"])
_BESIDE = ([",", "along", "with"], [",", "together", "with"])
# How a stance is taken to something: "has been met with understanding".
_MET = frozenset(["met", "greeted", "received"])
# What is said of somebody's decision is not what he says.
_OF = {("speaking", "for"): SPEAKER, ("behalf", "of"): SPEAKER, ("decision", "of"): LEAVING}
# What a noun of stance is followed by.
_TOWARD = frozenset(["for", "to", "of", "against", "over", "at", "about", "that"])

Found = tuple[int, Phrase]


def scored(items: Sequence[Item]) -> Iterator[Found]:
    """Yield every phrase of a sentence that some rule makes a holder, with the rule's strength.

    Whoever does no more than act or leave holds only as the first one named, where nobody speaks.
    """
    found = joined(items, list(phrases(items)))
    scores = [_score(items, phrase) for phrase in found]
    taken = {verb(items, _past(items, phrase))[2] for score, phrase in zip(scores, found, strict=True) if score}
    acts = next((phrase for score, phrase in zip(scores, found, strict=True) if SUBORDINATE < score <= LEAVING), None)
    unknown = [
        (INSERTED if put_in else SPEAKER, acts if acts and _tells(items, acts, phrase) else phrase)
        for phrase, put_in in strangers(items, taken)
    ]
    unknown += [(SPEAKER, phrase) for phrase in somebody(items)]
    yield from unknown
    speaks = bool(unknown) or any(score > LEAVING for score in scores)
    for score, phrase in zip(scores, found, strict=True):
        if score > LEAVING or score == SUBORDINATE or ((phrase is acts or score == LEFT) and not speaks):
            yield score, phrase


def _tells(items: Sequence[Item], acts: Phrase, told: Phrase) -> bool:
    """Tell whether who acts at a sentence's beginning tells why: "Washington means to leave, arguing that …"."""
    behind = [item.text for item in items[told.last : told.last + 2]]
    return preceding(items, acts.first) < 0 and len(behind) == 2 and behind[0] == "," and behind[1] in TELLING


def _score(items: Sequence[Item], phrase: Phrase) -> int:
    """Return the strength of the strongest rule that makes a phrase a holder, 0 for none."""
    following = items[phrase.last + 1].text if phrase.last + 1 < len(items) else ""
    if following in words()["things"] and not phrase.possessive:
        return 0
    before = preceding(items, phrase.first)
    if phrase.pronoun in _MEANT and _according(items, phrase.first):
        return ACCORDING
    if (not phrase.pronoun or phrase.pronoun in DESCRIBED) and (score := _placed(items, phrase, before, following)):
        return score
    if phrase.pronoun and phrase.last > phrase.first and items[phrase.last].text in VIEW:
        return SPEAKER
    at = _past(items, phrase)
    hangs = depends(items, phrase) and not _acts_behind(items, before, following, at)
    return 0 if phrase.possessive or hangs or _is_asked(items, before) else _subject(items, phrase, before, at)


def _acts_behind(items: Sequence[Item], before: int, following: str, at: int) -> bool:
    """Tell whether a phrase has a verb of its own behind "with" or "after".

    As in "with Cuba calling it a crime" and "a day after Washington formally left, citing …".
    """
    known = words()
    if items[before].text == "with":
        return following in known["saying"]
    does, judged, _ = verb(items, at)
    return items[before].text in ("after", "before") and does in known["leave"] and not judged


def _is_asked(items: Sequence[Item], before: int) -> bool:
    """Tell whether a verb stands before its subject: "Why should Washington …", "Had Moscow kept its word, …"."""
    if before < 0 or items[before].text not in _INVERTED:
        return False
    return before == 0 or not items[before - 1].text.isalpha() or items[before - 1].text in ("and", "but", "how", "why")


def _past(items: Sequence[Item], phrase: Phrase) -> int:
    """Return where the sentence goes on after a phrase, what is put in behind it and its seat: "X (Y) in Bern said"."""
    at = after_apposition(items, phrase.last + 1)
    if [item.text for item in items[at : at + 3]] in _BESIDE:
        commas = (step + 1 for step in range(at + 3, min(at + APPOSITION, len(items))) if items[step].text == ",")
        at = next(commas, at)  # "Democrats, along with much of the community, have blasted"
    if not phrase.actors and not phrase.pronoun and at < len(items) and items[at].text in ("of", "to"):
        told = [item.text for item in items[at : at + TO_VERB]]
        matter = next((step + 1 for step, text in enumerate(told) if text in words()["things"]), 0)
        at = after_apposition(items, at + matter)  # "opponents of the decision, including officials, answer"
    where = [item.text for item in items[at : at + 3]]
    if where[:2] in (["in", "the"], ["on", "the"]) and where[2:] and where[2] in _SEATS:
        at += 3  # "Democrats in the House have tried"
    if at < len(items) and items[at].text in ("on", "of"):  # "a deputy on the foreign and defence committee"
        told = [item.text for item in items[at : at + TO_VERB]]
        at += next((step + 1 for step, text in enumerate(told) if text in ("committee", "panel", "commission")), 0)
    if at < len(items) and items[at].text.endswith("ing") and items[at - 1].text in words()["people"]:
        verbs = (step for step in range(at, min(at + TO_VERB, len(items))) if items[step].text in words()["speech"])
        at = next(verbs, at)  # "an official traveling with the president said"
    seated = at + 1 < len(items) and items[at].text in ("in", "at") and items[at + 1].actors
    return at + 2 if seated and not items[at + 1].possessive else at


def _placed(items: Sequence[Item], phrase: Phrase, before: int, following: str) -> int:
    """Score a phrase that the words and marks beside it make a holder, whatever its verb."""
    previous = items[before].text if before >= 0 else ""
    signs = previous in DASHES and before > 1 and (not following or following in ("on", "in", "at"))
    begins = before < 0 or (before == 0 and (previous in DASHES or items[0].possessive))
    if signs or (begins and (following == ":" or _introduces(items, phrase.last + 1))):
        return LABEL
    if _according(items, phrase.first):
        return ACCORDING
    turned = before > 0 and _turned(items[before - 1].text, previous) and not goes_on(items, phrase)
    turned = turned and not is_behind_apposition(items, before)
    if turned or (is_cited(items, phrase.last + 1) and previous != "by"):
        return TURNED
    if previous in ("by", "in", "from", "at", "across", "inside", "within"):
        return _passive(items, before, previous) or _noun(items, phrase, before, previous)
    return _noun(items, phrase, before, previous)


def _introduces(items: Sequence[Item], at: int) -> bool:
    """Tell whether a quotation stands behind a phrase and what he is: "Maas (SPD): …", "Hunt, in London: …"."""
    if at >= len(items) or items[at].text not in (",", "("):
        return False
    known = words()
    for item, after in pairwise(items[at : at + APPOSITION]):
        if item.text == ":":
            return after.quoted
        if item.quoted or any(item.text in known[name] for name in ("say", "leave", "auxiliaries")):
            return False
    return False


def _turned(mark: str, verb: str) -> bool:
    """Tell whether a verb stands before its subject: after a quotation, or after a comma if it is plain speech."""
    known = words()
    return (verb in known["say"] and mark in MARKS and mark != ",") or (verb in known["turned"] and mark == ",")


def _according(items: Sequence[Item], first: int) -> bool:
    """Tell whether "according to" stands before a phrase with no other name or clause between."""
    if items[first - 1].text in ("in", "at", "on"):
        return False  # "according to a readout published in Moscow"
    for at in range(first - 1, max(first - 8, 0), -1):
        if items[at].actors or items[at].text in (",", ";", ":"):
            return False
        if items[at].text == "to" and items[at - 1].text == "according":
            told = [item.text for item in items[max(at - 5, 0) : at - 1]]
            return not {"whose", "which"}.intersection(told)  # "a missile whose range, according to NATO, is …"
    return False


def _passive(items: Sequence[Item], at: int, preposition: str) -> int:
    """Score "condemned by X" and "met with dismay in X": a verb or noun of stance before the preposition."""
    known = words()
    came = preposition == "from" and items[at - 1].text in ("came", "comes", "come")
    for step in range(at - 1, max(at - 10, -1), -1):
        text = items[step].text
        if items[step].quoted or text in (";", ":"):
            break
        if preposition == "by" and text in known["say"] and (text.endswith("ed") or is_passive(items, step)):
            return DONE_BY
        stance = text in known["stance"] and text not in known["things"] and items[step + 1].text not in _ARTICLES
        if preposition == "by" and stance and step > at - 5:
            return DONE_BY
        if preposition != "by" and (came or step > at - 5 or items[at - 1].text.endswith("est")):
            if text in known["stance"] or text in ("fire", "blow", "applause", "fears"):
                return PASSIVE if preposition != "at" else NOUN
            if text in known["say"] and (text.endswith("ed") or text in known["heard"]) and is_passive(items, step):
                return PASSIVE
    return 0


def _noun(items: Sequence[Item], phrase: Phrase, before: int, previous: str) -> int:
    """Score "the argument of X", "For X the treaty …", "In X it was called …", "Polish backing for …"."""
    known = words()
    if phrase.possessive:
        return _possessed(items, phrase.last + 1, previous)
    noun = items[before - 1].text if before > 0 else ""
    if noun == "dismay" and previous == "of" and items[0].text == "to":
        return INSERTED  # "To the dismay of Belgium …"
    if (noun, previous) in _OF:
        return _OF[noun, previous]
    of_stance = previous == "of" and noun in known["stance"]
    alarmed = previous in known["alarmed"] and not is_passive(items, before)
    after_mark = previous == "for" and noun in (",", "and", "but")
    if of_stance or after_mark or alarmed or (previous in ("for", "from", "to") and before == 0):
        return NOUN
    opens = before == 0 or (before == 1 and items[0].text in ("and", "but", "yet"))
    if previous in ("in", "at", "inside", "within") and opens:
        return NOUN if _judged_there(items, phrase.last + 1) else 0
    after = [item.text for item in items[phrase.last + 1 : phrase.last + 3]]
    return NOUN if len(after) == 2 and after[0] in known["stance"] and after[1] in _TOWARD else 0


def _possessed(items: Sequence[Item], after: int, previous: str) -> int:
    """Score "X's criticism", "in X's view", "To X's dismay"."""
    known = words()
    for item in items[after : after + 3]:
        if item.text == "decision":
            return LEAVING
        if item.text in known["stance"]:
            return SPEAKER if previous in ("in", "to") else NOUN
        if not item.text.isalpha() or item.text in known["before"]:
            break
    return 0


def _judged_there(items: Sequence[Item], first: int) -> bool:
    """Tell whether a sentence says how something is judged where it has named: "In Helsinki it was called a loss"."""
    there = [item.text for item in items[first : first + 6]]
    if there[:1] == ["there"] and not words()["stance"].isdisjoint(there):
        return True  # "At the Foreign Ministry there was disappointment"
    for at in range(first, len(items) - 2):
        if items[at].text in _MET and items[at + 1].text == "with" and not items[at].quoted:
            return not words()["stance"].isdisjoint(item.text for item in items[at + 2 : at + 5])
    verbs = (at for at in range(first, len(items)) if items[at].text in words()["say"] and not items[at].quoted)
    return any(items[at].text.endswith(("ed", "seen", "felt")) and is_passive(items, at) for at in verbs)


def _subject(items: Sequence[Item], phrase: Phrase, before: int, at: int) -> int:
    """Score the subject of a verb: of saying or judging, of leaving, or of another."""
    known = words()
    previous = items[before].text if before >= 0 else ""
    subordinate = previous in known["subordinators"] and not (previous in CONTRASTS and before)
    does, judged, place = verb(items, at)
    # "he said Russia had made it so", "something the Kremlin has denied"
    subordinate = subordinate or (before > 0 and (previous in known["speech"] or previous == "something"))
    # "took the view", and not "took no step"
    tells = does in known["say"] and (does != items[place].text or says(items, place))
    if tells or does in known["saying"]:
        if judged or (not phrase.pronoun and any(item.text in _OUGHT for item in items[at:place])):
            return 0
        return _speaking(items, phrase, before, subordinate, range(at, place))
    begins = previous in ("", ",", "and", "but", "yet", "so", "then") or previous in DASHES or before < 0
    begins = begins or (before == 0 and previous.isalpha() and not is_known(previous))  # "Nevada Democrats put out …"
    begins = begins or (
        items[0].text in known["before"] and not any(item.text == "," for item in items[: phrase.first])
    )
    if begins and does and (by_saying(items, at) or goes_on_to_say(items, at)):
        return SPEAKER
    if any(item.text in _GROUNDS for item in items[at : at + TO_VERB]):
        return 0
    if does in known["leave"]:
        return LEAVING if begins else LEFT if phrase.actors else 0
    return SUBJECT if does and begins and (not phrase.pronoun or before < 0) else 0


def _speaking(items: Sequence[Item], phrase: Phrase, before: int, subordinate: bool, to_verb: range) -> int:
    """Score the subject of a verb of saying."""
    if subordinate and is_passed_on(items, to_verb.start, to_verb.stop):
        return THIRD
    if is_inserted(items, before, to_verb.stop):
        return INSERTED
    return SUBORDINATE if subordinate or _is_told(items, phrase.first) else SPEAKER


def _is_told(items: Sequence[Item], first: int) -> bool:
    """Tell whether a phrase stands in what somebody says: "was cautious, saying that Beijing would respond"."""
    for at in range(first - 1, max(first - TOLD, 0), -1):
        if items[at].text in (";", "but", "while", "whereas"):
            return False
        if items[at].text in TELLING and items[at - 1].text == ",":
            return True
    return False
