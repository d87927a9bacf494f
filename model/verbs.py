"""The verbs of a sentence: what a phrase does, and whether it says what the sentence tells."""

from collections.abc import Sequence
from itertools import pairwise

from model.items import Item, Phrase, words

# How many words a subject that names nobody may have.
TO_SUBJECT = 14
# How many words may stand between a name and its verb.
TO_VERB = 8
# How far behind a subject its second verb may stand.
APART = 24
# Within how many words behind a verb its object tells what it says.
TO_OBJECT = 5
DASHES = frozenset("–—:") | {"-", "--"}
_BEING = frozenset(["is", "are", "was", "were", "been", "being", "be"])


def verb(items: Sequence[Item], at: int) -> tuple[str, bool, int]:
    """Return a phrase's verb, "" for none, whether it is judged by it ("was criticised"), and where the verb stands."""
    known = words()
    first, being = "", False
    opened = at < len(items) and items[at].quoted  # 'Cuba "firmly rejects" the withdrawal'
    for step in range(at, min(at + TO_VERB, len(items))):
        text = items[step].text
        opened = opened and items[step].quoted
        if (
            (items[step].quoted and not opened)
            or items[step].actors
            or text in DASHES
            or text in (";", "(", "and", "or")
        ):
            break
        if text in known["pronouns"] and step and items[step - 1].text.endswith((",", "ing", "what")):
            break  # "Russia, he said, had …", "hands Moscow a victory, letting it blame …", "hands Putin what he wants"
        before = items[step - 1].text if step > at else ""
        if being and (text in known["minded"] or _is_quoted(items, step)):
            return "said", False, step  # "was scathing about the plan"
        noun = (
            before in known["before"]
            or (before in known["articles"] and before not in ("both", "all"))
            or before == "one"
        )
        if text in known["saying"] and (step == at or being or before == "those"):
            return text, False, step
        after = items[step + 1].text if step + 1 < len(items) else ""
        if text in known["judged"] and after in ("for", "of", "over", "by", "as"):
            return text, True, step  # a headline's "Russia blamed for the death of the pact"
        reported = being and after == "to"  # "was reported to regret"
        if not reported and (says(items, step) or text in known["leave"]) and not noun:
            return text, being and text.endswith(("ed", "told", "thought")), step
        if text in known["things"] and not first:
            return "", False, at
        being = text in _BEING or (being and text.endswith("ly"))
        if (
            step == at
            and (text in known["auxiliaries"] or text.endswith(("s", "ed")) or text in known["past"])
            and text not in known["before"]
        ):
            first = text
    return first, False, at


def says(items: Sequence[Item], at: int) -> bool:
    """Tell whether a word is a verb of saying where it stands: "took the view", and not "took no step"."""
    known, text = words(), items[at].text
    if text not in known["say"]:
        return False
    behind = [item.text for item in items[at + 1 : at + 1 + TO_OBJECT]]
    if text in known["light"]:
        if behind[:1] == ["on"] and text in ("goes", "went"):
            return not behind[1:] or behind[1] in known["saying"] or behind[1] == "to" or not behind[1].isalnum()
        return any(one in known["weight"] or (one in known["stance"] and one != "decision") for one in behind)
    if text in known["saying_that"]:
        return behind[:1] == ["that"] or not behind or not behind[0].isalnum()
    if text in known["noun_too"]:
        following = behind[0] if behind else ""
        return following.isalnum() and not any(following in known[name] for name in ("auxiliaries", "before"))
    return True


def _is_quoted(items: Sequence[Item], step: int) -> bool:
    """Tell whether somebody is quoted as saying something: "was quoted by TASS as saying"."""
    quoted = items[step].text in ("quoted", "cited")
    return quoted and any(is_cited(items, at) for at in range(step + 1, step + TO_VERB))


def is_passive(items: Sequence[Item], at: int) -> bool:
    """Tell whether a participle is done to its subject: "was, they say, condemned"."""
    return any(item.text in _BEING for item in items[max(at - 4, 0) : at])


def is_cited(items: Sequence[Item], after: int) -> bool:
    """Tell whether "as saying" follows: "TASS quoted the ministry as saying"."""
    return after + 1 < len(items) and items[after].text == "as" and items[after + 1].text in words()["saying"]


def goes_on(items: Sequence[Item], phrase: Phrase) -> bool:
    """Tell whether a phrase is the subject of what follows: "Ukraine, which …, said Washington had no choice"."""
    known, after = words(), phrase.last + 1
    if after == len(items) or phrase.possessive:
        return phrase.possessive
    between = items[after].text in ("alone", "also", "itself") or items[after].text.endswith("ly")
    if between and after + 1 < len(items):
        after += 1
    text = items[after].text
    return text.endswith("ed") or any(text in known[name] for name in ("auxiliaries", "say", "leave", "past"))


def by_saying(items: Sequence[Item], at: int) -> bool:
    """Tell whether a subject acts by or for speaking: "opened the briefing by defending it", "rose to defend it"."""
    known, follow = words(), items[at : at + TO_SUBJECT]
    acts = bool(follow) and follow[0].text not in _BEING  # "it is easier to defend"
    return any(
        (one.text in ("by", "in") and two.text in known["saying"])
        or (acts and one.text == "to" and two.text in known["to_say"])
        for one, two in pairwise(follow)
        if not one.quoted
    )


def goes_on_to_say(items: Sequence[Item], at: int) -> bool:
    """Tell whether a subject's second verb tells what it says: "Merkel flew home and called it a mistake"."""
    known = words()
    for step in range(at + 1, min(at + APART, len(items) - 1)):
        one, two = items[step], items[step + 1]
        if one.quoted or one.text in (";", ":", "but", "while"):
            return False
        finite = two.text.endswith(("s", "ed")) or two.text in known["past"] or two.text in known["speech"]
        if one.text == "and" and finite and says(items, step + 1):
            return items[min(step + 2, len(items) - 1)].text != "by"
    return False


def is_passed_on(items: Sequence[Item], first: int, verb: int) -> bool:
    """Tell whether a stance is passed on: "it said Poland had told it that …", "had called it a blow"."""
    had = any(item.text == "had" for item in items[first:verb])
    return had and items[verb].text in words()["passed_on"]


def is_inserted(items: Sequence[Item], before: int, verb: int) -> bool:
    """Tell whether somebody's saying is put in between commas or at the end: "The exit, he said, does harm"."""
    if before <= 0 or items[before].text != "," or items[verb].text not in words()["speech"]:
        return False
    after = [item.text for item in items[verb + 1 : verb + 1 + TO_SUBJECT]]
    after = after[: after.index(",")] if "," in after else after
    return not after or (len(after) < TO_SUBJECT and after[0] in words()["said_to"] and "that" not in after)
