"""Names in a text of whom no table knows: where they stand, and which of them a transcript's label is."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from model import transcripts
from model.actor_lexicon import lexicon
from model.actor_table import Entry
from model.actor_tokens import fold
from model.items import is_known, words
from model.values import Mention

WORDS = Path(__file__).with_name("newcomers.toml")
# Of how many words a name is at most.
LONGEST = 5
# In how many characters before a name a verb, a noun or the like leads to it.
LEADING = 24
# From how many lines with a label a text is a transcript, in which a name needs nothing beside it to be one.
LABELS = 3

# On folded text, in which whom the table knows is blotted out by NULs. A run is looked for by its first letter, and no
# word of it is tried twice.
_TITLE = r"(?:dm|mb|rig|apt|llr|mdr|ol|r|en|ov|on|t|aj|rs|s|rof|eps?|ev|ens?|gt)\."  # Adm., Amb., …, Sgt.
_NAME = r"(?:'[A-Z])?+[a-z]++(?:[A-Z][a-z]++)*+(?:-[A-Za-z][a-z]++)*+(?![\w\0])"
_WORD = rf"(?:\.(?:[A-Z]\.)*+|{_TITLE}|{_NAME})"
_PARTICLE = r"(?:van (?:der|den|de)|van|von(?: der)?|der|den|de(?: la)?|da|dos|della?|di|du|la|le|ten|ter|bin|zu|af)"
_run = re.compile(rf"[A-Z](?:(?<![\w\0'.-].)|(?<=\b[ae]l-.)){_WORD}(?: (?:{_PARTICLE} )?+(?:[ae]l-)?+[A-Z]{_WORD})*+")
_thing = re.compile(r" (?:[A-Z]{2,}|[IVX]\b|\d)")
_until_aside = re.compile(r"[^,(\[]*")


class Words(NamedTuple):
    """What newcomers.toml says under the same names, and of attribution's words what goes with it."""

    titles: frozenset[str]
    nouns: frozenset[str]
    verbs: frozenset[str]
    things: frozenset[str]
    places: frozenset[str]


@cache
def newcomer_words() -> Words:
    """Return the words, read once."""
    table = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    found = Words(*(frozenset(table[name].split()) for name in Words._fields))
    known = words()
    people = known["humans"] | known["strangers"] | known["private"] | known["returning"] | known["speaking_for"]
    bodies = frozenset(["institute", "members"])
    return found._replace(nouns=(found.nouns | people) - bodies, things=found.things | known["crowd"])


@cache
def _before_names() -> frozenset[str]:
    """Return what may stand before a name with a capital and is none of it."""
    return lexicon().openers | newcomer_words().verbs | words()["titles"]


@cache
def _dates() -> frozenset[str]:
    return lexicon().days | lexicon().months


class Name(NamedTuple):
    """A name where it stands in a text: `full` is all of it, folded, `parts` its words, `titled` whether by a title."""

    start: int
    end: int
    full: str
    parts: tuple[str, ...]
    titled: bool

    @property
    def is_single(self) -> bool:
        """Whether it is one word alone, a particle apart."""
        return len(self.parts) == 1

    @property
    def family(self) -> str:
        """What its bearer is called by alone: all behind the given names, with its particle."""
        return self.full if self.is_single else self.full.partition(f"{self.parts[-2]} ")[2]

    @property
    def is_thing(self) -> bool:
        """Whether it is like the names of what has several words and is nobody: "Wall Street", "San Nicolas"."""
        known, last = newcomer_words(), self.parts[-1].lower()
        return last in known.things or last in words()["people"] or self.parts[0].lower() in known.places


class Names:
    """The names in a text besides the `mentions` of whom the table's `entries` know, `found` in order."""

    def __init__(self, text: str, mentions: Sequence[Mention], entries: Mapping[str, Entry]):
        self.text, self.mentions, self.entries = text, mentions, entries
        self.starts = [mention.span.start for mention in mentions]
        self.folded = fold(text)
        self.masked = _masked(self.folded, mentions)
        self.labels = {name.start: name for name in self._labelling()}
        runs = (self._name(run.start(), run.end()) for run in _run.finditer(self.masked))
        found = {name.start: name for name in runs if name} | self.labels
        self.found = [found[start] for start in sorted(found)]

    def before(self, start: int) -> str:
        """Return the word before a place, in lower case; an empty one where a mark or somebody known stands there."""
        words_before = self.masked[max(start - LEADING, 0) : start].split()
        if not words_before or self.masked[start - 1] != " ":
            return ""
        word = words_before[-1].removesuffix(".").lstrip("\"'(")
        return word.lower() if word.replace("-", "").isalpha() else ""

    def known_before(self, start: int) -> tuple[Mention, list[str]] | None:
        """Return who of the table is mentioned right before a place, and by which words, in lower case."""
        at = bisect_left(self.starts, start) - 1
        if at < 0 or self.mentions[at].span.end != start - 1:
            return None
        return self.mentions[at], self.folded[self.starts[at] : start - 1].lower().split()

    def _name(self, start: int, end: int) -> Name | None:
        """Read a run of capitalised words as a name: what stands behind its last title or noun for a body."""
        known, beside = newcomer_words(), _before_names()
        start -= 3 * self.masked.startswith(("al-", "el-"), max(start - 3, 0), start)
        run = self.folded[start:end].split(" ")
        first, titled = 0, False
        for at, word in enumerate(run):
            text, rest = word.lower().rstrip("."), len(run) - at - 1
            if text.rpartition("-")[2] in known.titles or (text in known.nouns and rest > 1):
                first, titled = at + 1, True
            elif at == first and text in beside:
                first = at + 1
            elif text in known.things and rest:
                first, titled = at + 1, False
        full = " ".join(run[first:])
        # A particle is none of the parts: "van der", "de".
        parts = tuple(word for word in run[first:] if not word.islower())
        if not parts or len(parts) > LONGEST or parts[-1] in _dates() or (not parts[1:] and full.endswith(".")):
            return None
        start = end - len(full)
        if any(part.lower() in words()["say"] for part in parts) or _thing.match(self.masked, end):
            return None
        return None if self._goes_on(start) else Name(start, end, full, parts, titled)

    def _goes_on(self, start: int) -> bool:
        """Tell whether a name goes on from one that the table knows: "Choe Son [Hui]"."""
        known = self.known_before(start)
        if known is None or self.entries[known[0].actor].kind != "person":
            return False
        span = known[0].span
        own = fold(self.entries[known[0].actor].name)
        return self.folded[span.end - 1].islower() and self.folded[span.start : span.end].split()[-1] in own.split()

    def _labelling(self) -> Iterator[Name]:
        """Yield the names of a transcript's labels that are nobody's of the table."""
        found, start = [], 0
        for line in self.text.splitlines(keepends=True):
            if label := transcripts.label(self.text, start):
                found.append(label)
            start += len(line)
        for label in found:
            match = _until_aside.match(self.folded, label.start, label.end)
            told = match[0].rstrip() if match else ""
            end = label.start + len(told)
            if not told or "\0" in self.masked[label.start : end]:
                continue
            beside = end < label.end
            if told.isupper():
                name = self._in_capitals(label.start, told)
                again = beside or (name and self._again(name))
            else:
                name = self._in_letters(label.start, told)
                again = beside or len(found) >= LABELS
            if name and again:
                yield name

    def _in_letters(self, start: int, told: str) -> Name | None:
        """Read a label that is a name and no heading: "Ailsa Farquharson", "Dr. Kim"."""
        *_, last = (None, *_run.finditer(self.masked, start, start + len(told)))
        name = self._name(last.start(), last.end()) if last and last.end() == start + len(told) else None
        if name is None or name.is_thing or (name.is_single and not name.titled):
            return None
        return None if any(is_known(part.lower()) for part in name.parts) else name

    def _in_capitals(self, start: int, told: str) -> Name | None:
        """Read a label in capitals: "MITCH LANDVIK", "DR. KIM"."""
        parts, titles = told.split(), newcomer_words().titles
        titled = 0
        while titled < len(parts) and parts[titled].lower().rstrip(".") in titles:
            titled += 1
        own = parts[titled:]
        low = [part.lower() for part in own]
        if not own or any(is_known(part) or part in newcomer_words().things or not part[0].isalpha() for part in low):
            return None
        start = self.folded.rindex(" ".join(own), start, start + len(told))
        full = " ".join(own).title()
        return Name(start, start + len(full), full, tuple(full.split()), titled > 0)

    def _again(self, name: Name) -> bool:
        """Tell whether the text has a label's last word anywhere else."""
        last = name.parts[-1]
        return self.masked.count(last.upper()) + self.masked.count(last) > 1


def _masked(folded: str, mentions: Sequence[Mention]) -> str:
    """Return a text with its mentions blotted out, but for the brackets of "(Lab)"."""
    pieces, at = [], 0
    for mention in mentions:
        start, end = max(mention.span.start, at), mention.span.end
        if folded[start] == "(" and folded[end - 1] == ")":
            start, end = start + 1, end - 1
        if start < end:
            pieces += [folded[at:start], "\0" * (end - start)]
            at = end
    return "".join([*pieces, folded[at:]])
