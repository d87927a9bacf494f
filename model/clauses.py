"""Sentences in which several speak: where one's clause ends and the other's begins, and what "it" means there."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from model.items import Item, Phrase, words
from model.phrases import preceding
from model.rules import CONTRASTS, PASSIVE, SPEAKER, SUBORDINATE, Found
from model.values import Span

_TURNS = CONTRASTS | {"but", "and", "yet"}
# How many words what "it" means has at most, and what they end before.
_TO_END = 6
_ENDS = frozenset(["and", "or", "but", "that", "which", "who", "because", "since"])

_turns = "|".join(sorted(_TURNS))
_marked = re.compile(rf";|, (?:{_turns})\b|\A(?:{'|'.join(sorted(CONTRASTS))})\b", re.IGNORECASE)
_bare = re.compile(rf"\b(?:{_turns})\b")
_it = re.compile(r"\bit\b")


def possible(sentence: str) -> bool:
    """Tell, before any of its words is looked at, whether a sentence may be cut into clauses."""
    return bool(_marked.search(sentence) or (_it.search(sentence) and _bare.search(sentence)))


def cuts(items: Sequence[Item], found: Sequence[Found]) -> list[int]:
    """Return the items after which another's clause begins, given the phrases that some rule makes holders.

    A clause is cut off where one has spoken before and another one speaks in it: "Warsaw welcomed it, but Berlin called
    it a mistake." Without a mark before "but" the other has to be named at once, and to judge "it".
    """
    named = [(score, phrase) for score, phrase in found if phrase.actors]
    told = [phrase.first for score, phrase in named if score >= PASSIVE or _concedes(items, score, phrase)]
    speak = sorted(phrase.first for score, phrase in named if score >= SPEAKER)
    begun = {
        preceding(items, phrase.first)
        for score, phrase in named
        if score == SPEAKER and [item.text for item in items[phrase.last + 1 : phrase.last + 2]] != [","]
    }
    judged = max((number for number in range(1, len(items)) if _is_judged(items, number)), default=0)
    at = [
        number
        for number in range(min(told, default=len(items)) + 1, len(items) - 1)
        if not items[number].quoted and _parts(items, number, begun, judged)
    ]
    ends = pairwise([*at, len(items)])
    return [low for low, high in ends if bisect_right(speak, low) < bisect_right(speak, high)]


def _concedes(items: Sequence[Item], score: int, phrase: Phrase) -> bool:
    """Tell whether somebody speaks in the clause that a sentence begins by conceding: "Although Rome opposed it, …"."""
    return score == SUBORDINATE and items[0].text in CONTRASTS and preceding(items, phrase.first) == 0


def _parts(items: Sequence[Item], at: int, begun: set[int], judged: int) -> bool:
    """Tell whether a clause may end at a mark, or at "and" where somebody at once judges what was spoken of."""
    text, after = items[at].text, items[at + 1].text
    if text == ";" or (text == "," and (after in _TURNS or at in begun)):
        return True
    return text in _TURNS and at in begun and items[at - 1].text != "," and at < judged


def meant(text: str, clause: Span, items: Sequence[Item], found: Sequence[Found]) -> str:
    """Return what a sentence's first clause speaks of, "" for nothing: its first noun with an article, or somebody's.

    "The American decision", "Washington's exit"; not who speaks.
    """
    naming = {at for _, phrase in found for at in range(preceding(items, phrase.first) + 1, phrase.last + 1)}
    for first, item in enumerate(items):
        if item.end > clause.end:
            break
        if first in naming or item.quoted or not (item.text in words()["articles"] or item.possessive):
            continue
        last = first
        while last + 1 < min(len(items), first + _TO_END) and _goes_on(items[last + 1]):
            last += 1
        if last > first and not items[last].actors:
            start = items[first - 1].end if first else clause.start
            return text[start : items[last].end].strip()
    return ""


def worded(text: str, cut: Sequence[Span], items: Sequence[Item], meaning: str) -> Iterator[tuple[Span, str]]:
    """Yield each clause that judges an "it", and how it reads with what that means in its place."""
    judged = [item.end for at, item in enumerate(items) if at and _is_judged(items, at)]
    for clause in cut:
        at = bisect_right(judged, clause.start)
        if at < len(judged) and judged[at] <= clause.end:
            yield clause, f"{text[clause.start : judged[at] - 2]}{meaning}{text[judged[at] : clause.end]}"


def _goes_on(item: Item) -> bool:
    known = words()
    ended = item.text in _ENDS or any(item.text in known[name] for name in ("before", "auxiliaries", "articles", "say"))
    return item.text[0].isalpha() and not ended


def _is_judged(items: Sequence[Item], at: int) -> bool:
    """Tell whether an item is an "it" that is judged: "called it wrong", "said it was right", not "said it backed"."""
    if items[at].text != "it" or items[at].quoted:
        return False
    known, verb = words(), items[at - 1].text
    if verb in known["speech"] and verb not in ("calls", "called"):
        after = [item.text for item in items[at + 1 : at + 3]]
        return len(after) == 2 and after[0] in known["auxiliaries"] and not after[1].endswith("ing")
    return (verb in known["say"] and verb != "let") or verb in ("by", "with")  # "let it be known"
