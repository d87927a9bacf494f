"""People whom no table knows, by how a text introduces them.

| introduced by              | example                                                                |
| -------------------------- | ---------------------------------------------------------------------- |
| a title, a noun for people | *Mayor Carol Dufresne*, *retired colonel Chuck Brannigan*              |
| what is told behind        | *Dale Pruitt, 61*, *Lena Aldous, a historian*, *Jo Field, who …*       |
| speech                     | *…," said Lena Aldous*, *Nadia Brandt warned*, *according to Jo Field* |
| a transcript's label       | *MITCH LANDVIK, FORMER AIDE: …*, *Ailsa Farquharson (Strathard) (SNP)* |

A name alone, without a title, is nobody's that is introduced nowhere: it may be that of a ship, a street or a bank.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from model.actor_directory import Directory
from model.actor_table import Entry
from model.newcomer_houses import ASIDE, BESIDE, RELATIVE, Houses
from model.newcomer_names import LEADING, Name, newcomer_words
from model.values import Mention, Span

# Before the ids of people whom a text introduces: no id of the table has a colon.
PREFIX = "person:"
# How many words of what is told of somebody are looked at.
TOLD = 8

_age = re.compile(r"(?:,? aged|,) [1-9]\d(?=[,;.)]| of | from )|,? \([1-9]\d\)")
_who = re.compile(rf"{ASIDE}, who\b")
_tells = re.compile(rf"{ASIDE}(?:,| \(| [–—-]) ?([^,.;:\n\"()]{{3,{BESIDE}}})")
_is = re.compile(rf" (?:is|was) ((?:an? |the )[^,.;:\n\"()]{{3,{BESIDE}}})")
_word = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
_member = re.compile(r", an? (?:[a-z-]+ ){0,2}(?=\0)| \((?=\0)")
_scholar = re.compile(
    rf",? (?:of|at|from) (?=[^,.;:\n\"]{{0,{BESIDE}}}?"
    r"(?:Academy|Cent(?:er|re)|College|Council|Foundation|Institute|School|University)\b)"
)
_does = re.compile(r"'s?\b| [a-z]")
_says = re.compile(rf"{ASIDE} (?:(?:[a-z]+ly|also|then|later|has|had) )?([a-z]+)\b")
_put_in = re.compile(r", ([a-z]+)\b")
_inverted = re.compile(r"[\"'»,] ([a-z]+) \Z")
_meant = re.compile(r"\b(?:according to|in the (?:words|view|opinion|eyes) of) \Z", re.IGNORECASE)
_noun_before = re.compile(r"(?<![a-z-])([a-z-]++), \Z")
_at_house = re.compile(rf",? (?:of|at|from|with) ([^.;:\n\"]{{2,{BESIDE}}})")
_half_before = re.compile(r"(?<![\w-])\w{1,20}-\Z")
_half_behind = re.compile(r"-\w{1,20}(?![\w-])")
_slug = re.compile(r"[a-z0-9]+")
_ARTICLES = frozenset(["the", "a", "an", "this", "that", "every", "its", "their", "our"])
# What stands before a place, and what else before what does not speak.
_PLACING = frozenset(["in", "at", "near", "from", "outside", "around"])
_HANGING = frozenset(["to", "of", "on", "for"])


class Newcomer(NamedTuple):
    """Somebody whom a text introduces, by the `name` that does; `others` are what else he is called, in lower case."""

    name: Name
    entry: Entry
    others: frozenset[str]


def find(text: str, mentions: Sequence[Mention], known: Directory) -> tuple[dict[str, Entry], list[Mention]]:
    """Return the people whom a text introduces by id, and all its mentions with theirs, in order.

    `mentions` are those of the actors that are `known`. The people's spans hold the name alone. Cost: linear, about
    0.8 ms for an article of 1,000 words.
    """
    reader = _Reader(text, mentions, known)
    people = reader.people()
    return {one.entry.id: one.entry for one in people}, reader.named(people) if people else list(mentions)


class _Reader(Houses):
    def __init__(self, text: str, mentions: Sequence[Mention], known: Directory):
        super().__init__(text, mentions, known)
        self._alone = {name.full.lower() for name in self.found if name.is_single}
        self._alone.update(self.folded[one.span.start : one.span.end].lower() for one in mentions)
        self._titled = {name.full.lower() for name in self.found if name.titled}

    def people(self) -> list[Newcomer]:
        """Return whom the text introduces, in order: by a name in full, or with a title or an age."""
        places: dict[str, list[Name]] = defaultdict(list)
        introduced, called = dict[str, Name](), set[str]()
        for name in self.found:
            places[name.full].append(name)
            if self._is_introduced(name):
                introduced.setdefault(name.full, name)
                called.add(name.full.lower())
            elif name.is_single and (self._acts(name) or self._is_told_of(name)):
                called.add(name.full.lower())
        for full, (name, *_) in places.items():
            # "Gene Halloran picked me up. Halloran, who is seventy-four, said …"
            if not name.is_single and not name.is_thing and not called.isdisjoint(self._others(name)):
                introduced.setdefault(full, name)
        in_full = [name for name in introduced.values() if not name.is_single]
        others = {other for name in in_full for other in (name.parts[0].lower(), *self._others(name))}
        alone = [name for name in introduced.values() if name.is_single and (name.titled or self._has_age(name))]
        own = (name for name in sorted([*in_full, *alone]) if name.full.lower() not in others)
        return [self._newcomer(name, places[name.full]) for name in own]

    def named(self, people: Sequence[Newcomer]) -> list[Mention]:
        """Return all mentions, those of the people among them, in order."""
        by_full = {one.name.full: one for one in people}
        by_other: dict[str, list[Newcomer]] = defaultdict(list)
        for one in people:
            for other in one.others:
                by_other[other].append(one)
        taken = self._taken_back(by_other)
        kept = [mention for mention in self.mentions if mention not in taken]
        found = set(taken.values())
        last: dict[str, Newcomer] = {}
        for name in self.found:
            who, other = by_full.get(name.full), name.full.lower()
            if who is None and other in by_other:
                who = last.get(other, by_other[other][0])
            if who:
                last |= dict.fromkeys(who.others, who)
                found.add(Mention(Span(name.start, name.end), who.entry.id))
        return sorted([*kept, *found], key=lambda mention: mention.span)

    def _taken_back(self, by_other: Mapping[str, Sequence[Newcomer]]) -> dict[Mention, Mention]:
        """Return as a newcomer's what was taken for somebody of the table whom the text had not named before him."""
        seen: set[str] = set()
        found = {}
        for mention in self.mentions:
            span = self._whole(mention.span)
            theirs = by_other.get(self.folded[span.start : span.end].lower(), ())
            before = [one for one in theirs if one.name.start < span.start]
            if before and (mention.actor not in seen or span != mention.span):
                found[mention] = Mention(span, before[-1].entry.id)
            else:
                seen.add(mention.actor)
        return found

    def _whole(self, span: Span) -> Span:
        """Return where the double name stands that a mention is half of: "Graham-[Teller]"."""
        head, tail = self.folded[max(span.start - LEADING, 0) : span.start], self.folded[span.end : span.end + LEADING]
        first, last = _half_before.search(head), _half_behind.match(tail)
        return Span(span.start - len(first[0] if first else ""), span.end + len(last[0] if last else ""))

    def _is_introduced(self, name: Name) -> bool:
        """Tell whether a name is introduced where it stands as that of a person."""
        if name.start in self.labels or self._has_age(name):
            return True
        if name.titled:
            return not name.is_thing or not name.is_single
        before = self.before(name.start)
        if name.is_single or before in _ARTICLES or before in _PLACING:
            return False
        if name.is_thing:
            return _who.match(self.masked, name.end) is not None
        return self._is_called(name, before) or self._is_told_of(name) or self._speaks(name)

    def _has_age(self, name: Name) -> bool:
        return _age.match(self.masked, name.end) is not None

    def _is_called(self, name: Name, before: str) -> bool:
        """Tell whether a noun for people or an office stands before a name: "the island's MP, Jo Field", "Democrat"."""
        noun = _noun_before.search(self.masked, max(name.start - LEADING, 0), name.start)
        nouns, office = newcomer_words().nouns, self.known_before(name.start)
        told = {before, noun[1] if noun else "", office[1][-1] if office else ""}
        return not nouns.isdisjoint(told) or (office is not None and office[1][-1] in newcomer_words().titles)

    def _is_told_of(self, name: Name) -> bool:
        """Tell whether it is told behind a name who bears it: "Lena Aldous, a historian of …", "Leho Randmaa (SDE)"."""
        if _who.match(self.masked, name.end) or _scholar.match(self.folded, name.end):
            return True
        member = _member.match(self.masked, name.end)
        if member and self._is_member(self.mentions[bisect_right(self.starts, member.end()) - 1]):
            return True
        match = _tells.match(self.masked, name.end) or _is.match(self.masked, name.end)
        told = [word[0].lower() for word in _word.finditer(RELATIVE.split(match[1])[0])][:TOLD] if match else []
        known = newcomer_words()
        begins = bool(told) and told[0] not in ("and", "or", "but")
        return begins and not known.nouns.isdisjoint(told) and known.verbs.isdisjoint(told)

    def _is_member(self, mention: Mention) -> bool:
        """Tell whether a mention behind a name is a party's, or that of an office: "a retired Dutch general"."""
        told = self.folded[mention.span.start : mention.span.end].lower().split()[-1]
        return self.entries[mention.actor].kind == "party" or told in newcomer_words().nouns

    def _acts(self, name: Name) -> bool:
        """Tell whether a name alone seems to be somebody's: "Petrushina picked up her bags", "Qiao's desk"."""
        before = self.before(name.start)
        apart = name.is_thing or before in _ARTICLES or before in _PLACING or before in _HANGING
        return not apart and _does.match(self.masked, name.end) is not None

    def _speaks(self, name: Name) -> bool:
        """Tell whether a name is that of who speaks: by a verb beside it, or behind the house that is told."""
        verbs, text = newcomer_words().verbs, self.masked
        head = text[max(name.start - LEADING, 0) : name.start]
        if _meant.search(head):
            return True
        before = self.before(name.start)
        if name.is_thing or before in _ARTICLES or before in _HANGING:
            return False
        verb = _says.match(text, name.end) or (_put_in.match(text, name.end) if head.endswith(", ") else None)
        turned = _inverted.search(head)
        if (verb and verb[1] in verbs) or (turned and turned[1] in verbs):
            return True
        house = _at_house.match(text, name.end)
        return house is not None and not verbs.isdisjoint(house[1].split())

    def _others(self, name: Name) -> set[str]:
        """Return what else the bearer of a name in full is called, in lower case: by his family name, mostly."""
        others = {name.family.lower(), *(part.lower() for part in name.parts[1:] if not part.endswith("."))}
        given = name.parts[0].lower()
        # "Sir Alistair", "Ilze", and whoever has the family name first
        return others | {given} if given in self._titled or others.isdisjoint(self._alone) else others

    def _newcomer(self, name: Name, places: Sequence[Name]) -> Newcomer:
        told = self.text[name.start : name.end]
        house = next(filter(None, map(self.house, places)), None)
        known = PREFIX + "-".join(_slug.findall(name.full.lower()))
        entry = Entry(known, told.title() if told.isupper() else told, "person", house)
        return Newcomer(name, entry, frozenset(self._others(name)))
