"""For whom somebody speaks or works whom no table knows: "Jan Nowak of the Polish foreign ministry"."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from model.actor_directory import Directory
from model.items import words
from model.newcomer_names import Name, Names, newcomer_words
from model.values import Mention

# In how many characters beside a name it is told who bears it.
BESIDE = 120
# How many of those who are named behind or before a name may be whom its bearer stands for.
HOUSES = 3

ASIDE = r"(?: \([^()\n]{1,40}\))?+"
_seat = re.compile(r",? \(?([RD])-[A-Z]")
_SEATED = {"R": "republicans", "D": "democrats"}
# What begins to tell of somebody behind his name, and in which relative clauses he speaks or works for somebody.
_told = re.compile(rf"{ASIDE}(?:,| \(| [–—-]| of | at | from | with )")
_HEADS = "leads|heads|chairs|represents|directs|runs"
_heading = re.compile(rf"who (?:{_HEADS}|works for|speaks for) ")
RELATIVE = re.compile(r"\b(?:who|whom|whose|which|that|where)\b")
_joins = re.compile(rf"(?:\b(?:of|for|at|from|with|to|{_HEADS})(?: the| a| an)?|\() ?\Z")
_apart = re.compile(r"[.;:\n\"]")
# Of several he stands for his party before his parliament, and for his country where nothing else is told.
_ORDER = (("party",), ("ministry", "government", "organisation", "think-tank", "ngo"), ("parliament",))
_MINISTERS = {
    "foreign minister": "foreign ministry",
    "defence minister": "defence ministry",
    "defense minister": "defence ministry",
}


class Houses(Names):
    """The names in a text besides those of whom a directory knows, and whom these stand for."""

    def __init__(self, text: str, mentions: Sequence[Mention], known: Directory):
        super().__init__(text, mentions, known.entries)
        self._offices: Mapping[tuple[str | None, str], str] = known.offices

    def house(self, name: Name) -> str | None:
        """Return for whom the bearer of a name speaks or works, as it is told beside it."""
        if seat := _seat.match(self.masked, name.end):
            return _SEATED[seat[1]]
        found = [*self._behind(name), *self._before(name)]
        for kinds in _ORDER:
            if theirs := [one for one in found if self.entries[one].kind in kinds]:
                return theirs[0]
        return found[0] if found else None

    def _behind(self, name: Name) -> Iterator[str]:
        at = bisect_left(self.starts, name.end)
        for mention in self.mentions[at : at + HOUSES]:
            start = mention.span.start
            if start > name.end + BESIDE:
                return
            gap = self.masked[name.end : start + (self.folded[start] == "(")]
            if not _told.match(gap) or _apart.search(gap) or RELATIVE.search(_heading.sub("", gap)):
                return
            if gap == " (" and name.start in self.labels and self.entries[mention.actor].kind == "country":
                yield mention.actor  # "Mr. Hickey (United Kingdom): …"
            elif gap.rfind("(") > gap.rfind(")") or _joins.search(gap):
                yield from self._fitting(mention.actor, gap.lower())

    def _before(self, name: Name) -> Iterator[str]:
        at, end, told = bisect_left(self.starts, name.start), name.start, ""
        known, own = words(), newcomer_words()
        people = (own.nouns, own.titles, known["people"], known["titles"], ("of", "the"))
        for mention in reversed(self.mentions[max(at - HOUSES, 0) : at]):
            span = mention.span
            gap = self.masked[span.end : end].lower().removeprefix("'s") if end - span.end <= BESIDE else "…"
            beside = all(any(word in several for several in people) for word in gap.split())
            if not beside or self.before(span.start) in known["former"]:
                return
            told = f"{self.folded[span.start : span.end].lower()} {gap} {told}"
            end = span.start
            yield from self._fitting(mention.actor, told)

    def _fitting(self, actor: str, told: str) -> Iterator[str]:
        """Yield whom an actor's name beside somebody's makes him stand for, by what is told there, in lower case."""
        entry, known, beside = self.entries[actor], words(), told.split()
        former = any(word in known["former"] or word in known["auxiliaries"] for word in beside)
        does = any(word in known["speech"] or (word in known["say"] and word.endswith("ed")) for word in beside)
        if former or does or entry.kind in ("media", "author"):
            return
        if entry.kind == "person":  # by an office of which the text tells no more: whose it is
            if entry.stands_for and beside[-1:] and beside[-1] in newcomer_words().nouns:
                yield entry.stands_for
        elif entry.kind not in ("country", "group"):
            yield actor
        elif not told.endswith((" a ", " an ")) and any(map(_is_office, beside)):
            office = next((kind for minister, kind in _MINISTERS.items() if minister in told), "")
            yield self._offices.get((actor, office), actor)


def _is_office(word: str) -> bool:
    """Tell whether a noun is for people who speak for their country: an ambassador, and no analyst."""
    known = words()
    return word in known["people"] and word not in known["private"] and word not in known["humans"]
