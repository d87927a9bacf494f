"""Who holds the stance of a sentence: a few rules over the names in a text, and no parser.

Of the names in a sentence outside quotation marks the one with the strongest rule holds, with those joined to it; of
equals the first. A person stands before the office beside the name, an office before its country.

| rule                 | example                                                         | holder               |
| -------------------- | --------------------------------------------------------------- | -------------------- |
| label                | *Kremlin: exit makes world less safe*; *Exit a mistake – Minsk* | kremlin; belarus     |
| according to         | *The exit, according to Beijing, does harm.*                    | china                |
| speaker, turned      | *"A mistake," said Maas.*; *TASS quoted the Kremlin as saying*  | maas; kremlin        |
| speaker, put in      | *The exit, Maas said, does harm.*                               | maas                 |
| speaker              | *Maas said …*; *a spokesman for NATO called it …*               | maas; nato           |
| passive              | *was condemned by Iran*; *was criticised in Berlin*             | iran; germany        |
| noun of stance       | *China's opposition to …*; *fears in Warsaw*; *For Tokyo, …*    | china; poland; japan |
|                      | *Polish backing for …*; *In Rome it was called …*               | poland; italy        |
| subject              | *Poland and Latvia side with …*                                 | poland, latvia       |
| leaving              | *Washington quit because …* (never of criticism)                | us                   |
| crowd                | *Critics say …*                                                 | nobody               |

What has no name of its own takes the holder of what it goes on from: a quotation its speaker's (in the sentences that
it runs over, else before it), a pronoun and "the official" or "a ministry official" the last speaker's, a line of a
transcript its label's. What is left is the author's in an opinion piece and nobody's elsewhere.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from model.actors import Actors
from model.phrases import Holders, Item, Phrase, joined, phrases, preceding, words
from model.quotations import quotations
from model.rules import LEAVING, PASSIVE, SPEAKER, Found, scored
from model.values import Mention, Span

AUTHOR = "author"
# From how many "I" and "we" a sentence, outside quotation marks, a text speaks for itself.
SPOKEN = 0.1
# Over how many sentences a pronoun or a quotation may reach back.
LOOKED_BACK = 6

# Up to how many words a sentence is a fragment.
FRAGMENT = 8

_item = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*|[\"“”„«»,;:()–—!?']|-+")
_TURNS = ("but", "while", "whereas", "and", "yet", "though")
_turn = re.compile(r";|, (?:" + "|".join(_TURNS) + r")\b")
_label = re.compile(r"\s*(?:\[[^\]\n]*\]\s*)?([^\n:!?\"“”]{1,60}):\s")
_first_person = re.compile(r"\b(?:I|[Ww]e|[Oo]ur|[Mm]y|us)\b")
# Nothing here is tried twice: no line is empty, and what is possessive gives nothing back.
_dateline = re.compile(
    r"\A\s*+(?:[^\n]{1,200}+\n++){0,4}[^\n]{0,60}(?:\([\w .]++\)\s*+[-–—]|[A-Z]{3,}+[^\n.]{0,40}[-–—])"
)


def attribute(
    text: str, spans: Sequence[Span], mentions: Sequence[Mention], actors: Actors, sides: Sequence[str | None]
) -> list[Holders]:
    """Return the actors that hold each sentence's stance; none where `sides` is `None`.

    `spans` are the sentences, `mentions` what `actors` found in the text, `sides` each sentence's role: "support",
    "criticism", or `None` for a neutral one. Cost: some 50 µs a sentence with a stance; linear in the text.
    """
    return Reader(text, spans, mentions, actors, quotations(text)).attribute(sides)


class Reader:
    """One text being read; what a sentence says of its speaker is found out once, when it is asked for.

    `spans` are the sentences, `mentions` what `actors` found in the text, `quoted` its `quotations`.
    """

    def __init__(
        self, text: str, spans: Sequence[Span], mentions: Sequence[Mention], actors: Actors, quoted: Sequence[Span]
    ):
        self.text, self.spans, self.mentions, self.actors = text, spans, mentions, actors
        self._starts = [mention.span.start for mention in mentions]
        self._begins = [span.start for span in spans]
        self._quotations = quoted
        self._opened = [quotation.start for quotation in quoted]
        self._items: dict[Span, list[Item]] = {}
        self._found: dict[Span, list[Found]] = {}
        self._own: dict[tuple[int, str | None], Found | None] = {}
        self._resolved: dict[int, Holders] = {}

    def attribute(self, sides: Sequence[str | None]) -> list[Holders]:
        """Return the actors that hold each sentence's stance, as the function `attribute` does."""
        found = [self.holders(number, side) if side else () for number, side in enumerate(sides)]
        stances = [number for number, side in enumerate(sides) if side]
        unheld = [number for number in stances if not found[number] and not self.crowded(number)]
        if self.is_opinion(len(unheld), len(stances)):
            for number in unheld:
                found[number] = self.issuer
        return found

    def by_clause(self) -> tuple["Reader", list[int]]:
        """Return a reader of the same text, its clauses in place of its sentences, and each clause's sentence.

        A sentence in which several speak, each in a clause of its own, is cut: "Warsaw welcomed it, but Berlin called
        it a mistake." has two stances, which no one label tells. All others stay whole.
        """
        cut = [
            (clause, number)
            for number, span in enumerate(self.spans)
            for clause in (self.clauses(number) if _turn.search(self.text, span.start, span.end) else [span])
        ]
        reader = Reader(self.text, [clause for clause, _ in cut], self.mentions, self.actors, self._quotations)
        reader._items = self._items
        return reader, [number for _, number in cut]

    def utterances(self) -> list[range]:
        """Return what is judged together: a fragment of a quotation with what it goes on from, all else alone.

        A fragment is a sentence of few words that begins within quotation marks ("That would be a mistake," he said).
        It goes on from the sentence before, or in the same quotation to the one after, unless somebody else speaks
        there.
        """
        found: list[range] = []
        for number in range(len(self.spans)):
            begun = number and len(found[-1]) == 1 and self._is_fragment(number - 1)
            goes_on = self._is_fragment(number) or (begun and self._goes_on(number) == self._goes_on(number - 1))
            if number and goes_on and self._is_one_voice(number):
                found[-1] = range(found[-1].start, number + 1)
            else:
                found.append(range(number, number + 1))
        return found

    def _is_fragment(self, number: int) -> bool:
        span = self.spans[number]
        if self._goes_on(number) is None:
            return False
        return len(self.text[span.start : span.end].split(maxsplit=FRAGMENT)) <= FRAGMENT

    def _is_one_voice(self, number: int) -> bool:
        """Tell whether somebody known says a sentence, and nobody else the one before."""
        held = self.holders(number, None)
        return bool(held) and (self.holders(number - 1, None) == held or self._best(number - 1, None) is None)

    @cached_property
    def _labels(self) -> dict[int, Holders]:
        """The holders of a transcript's labels, by the numbers of the sentences that begin with one."""
        return {number: label for number in range(len(self.spans)) if (label := self._labelled(number)) is not None}

    @cached_property
    def _labelled_lines(self) -> list[int]:
        return list(self._labels)

    @cached_property
    def _speaks_itself(self) -> bool:
        """Whether the text says "I" or "we" outside quotation marks, as news does not but for a slip."""
        spoken = sum(not self._quoted(match.start()) for match in _first_person.finditer(self.text))
        return spoken > SPOKEN * len(self.spans)

    def holders(self, number: int, side: str | None) -> Holders:
        """Return who holds a sentence's stance, by its own words or by what it goes on from."""
        own = self._best(number, side)
        if own:
            return self._whom(number, own[1])
        return self._carried(number)

    def clauses(self, number: int) -> list[Span]:
        """Return the clauses of a sentence that each have a speaker of their own, or the sentence."""
        span, items = self.spans[number], self._read(number)
        speak = [phrase for score, phrase in scored(items) if score >= SPEAKER and phrase.actors]
        cuts = [
            at
            for at in range(1, len(items) - 1)
            if not items[at].quoted
            and (items[at].text == ";" or (items[at].text == "," and items[at + 1].text in _TURNS))
        ]
        bounds = [-1, *cuts, len(items)]
        spoken = [any(low < phrase.first < high for phrase in speak) for low, high in pairwise(bounds)]
        starts = [span.start]
        for number_of_cut, cut in enumerate(cuts):
            if spoken[number_of_cut + 1] and any(spoken[: number_of_cut + 1]):
                starts.append(items[cut].end)
        return [
            Span(start + (len(piece) - len(piece.lstrip())), end)
            for start, end in pairwise([*starts, span.end])
            if (piece := self.text[start:end])
        ]

    def _whom(self, number: int, phrase: Phrase) -> Holders:
        """Return whom a phrase of a sentence means."""
        if phrase.pronoun in ("i", "we"):
            return self._line(number) if len(self._labels) > 1 else self.issuer
        if not phrase.pronoun:
            return phrase.actors
        # "An EU spokeswoman pleaded for the treaty, without which, she said, …"
        speaking = (one for score, one in self._scored(number) if score >= SPEAKER and one.last < phrase.first)
        named = next((one.actors for one in speaking if one.actors), ())
        return named or self._meant(number, phrase.pronoun)

    def _line(self, number: int) -> Holders:
        """Return the label's holder of the transcript's line that a sentence stands in."""
        at = bisect_right(self._labelled_lines, number) - 1
        return self._labels[self._labelled_lines[at]] if at >= 0 else ()

    @cached_property
    def issuer(self) -> Holders:
        """Who speaks as "we" or "I" in the text: the body named in its heading, or its author."""
        if not self.spans:
            return ()
        first = self.spans[0]
        bodies = {"ministry", "government", "parliament", "organisation", "ngo", "party", "think-tank", "military"}
        heading = self.text[first.start : first.end]
        named = [mention.actor for mention in self._mentions(first)]
        own = [actor for actor in named if self.actors.entries[actor].kind in bodies]
        if own and (heading[-1] not in ".!?…" or heading.startswith(("We,", "The members of"))):
            return tuple(own) if heading.startswith("We,") else tuple(own[:1])
        return (AUTHOR,)

    def crowded(self, number: int) -> bool:
        """Tell whether a sentence's stance is held by a crowd, or by a pronoun that means nobody known."""
        return any(
            (own := self._best(number, side)) and own[1].pronoun not in ("i", "we") for side in ("support", "criticism")
        )

    def is_opinion(self, unheld: int, stances: int) -> bool:
        """Tell whether the text speaks for itself: most of its stances are nobody's, or it says "I" or "we" itself."""
        if len(self._labels) > 1:
            return False
        if self._speaks_itself:
            return True
        return unheld >= 3 and unheld > 0.7 * stances and not _dateline.search(self.text[:800])

    def _carried(self, number: int) -> Holders:
        quotation = self._goes_on(number)
        if quotation is not None:
            return self._speaker_of(quotation)
        return self._line(number) if len(self._labels) > 1 else ()

    def _goes_on(self, number: int) -> Span | None:
        """Return the quotation that a sentence stands in from its first word to its last, or goes on with."""
        span = self.spans[number]
        at = bisect_right(self._opened, span.start + 1) - 1
        if at < 0 or self._quotations[at].end <= span.start + 1:
            return None
        return self._quotations[at]

    def _speaker_of(self, quotation: Span) -> Holders:
        first = max(bisect_right(self._begins, quotation.start) - 1, 0)
        last = bisect_right(self._begins, quotation.end - 1) - 1
        for number in (last, first):
            own = self._best(number, None)
            if own and own[0] >= PASSIVE:
                return self._said(number)
        return self._last_speaker(first)

    def _last_speaker(self, number: int) -> Holders:
        """Return who spoke last before a sentence, or in the quotations that stand directly before it."""
        for before in range(number - 1, max(number - LOOKED_BACK, -1), -1):
            own = self._best(before, None)
            if own and own[0] >= PASSIVE:
                return self._said(before)
            if self._goes_on(before) is None:
                break
        return ()

    def _said(self, number: int) -> Holders:
        """Return who holds by a sentence's own words; pronouns are resolved in the order of the text, each once."""
        start = number
        while start and start not in self._resolved and not ((own := self._best(start, None)) and own[1].actors):
            start -= 1
        for at in range(start, number + 1):
            if at not in self._resolved:
                own = self._best(at, None)
                self._resolved[at] = self._whom(at, own[1]) if own else ()
        return self._resolved[number]

    def _meant(self, number: int, pronoun: str) -> Holders:
        """Return whom a pronoun or "the minister" means: the nearest before that fits, several for "they"."""
        for before in range(number - 1, max(number - LOOKED_BACK, -1), -1):
            own = self._best(before, None)
            held = self._said(before)
            if own and own[0] >= SPEAKER and not held and pronoun != "it":
                return ()  # somebody whom we do not know spoke between
            if self._fits(held, pronoun):
                return held
            if pronoun in ("he", "she") and (person := self._first_person_named(before)):
                return person
            if pronoun in ("he", "she") and self._names_a_stranger(before):
                return ()
            if pronoun == "they" and (all_named := self._subjects(before)):
                return all_named
        return ()

    def _fits(self, held: Holders, pronoun: str) -> bool:
        if not held or held == (AUTHOR,):
            return False
        kinds = {self.actors.entries[actor].kind for actor in held}
        if pronoun == "they":
            return len(held) > 1
        if pronoun == "the":
            return True
        if pronoun in ("he", "she"):
            return len(held) == 1 and not kinds <= {"country", "group"}
        return "person" not in kinds

    def _first_person_named(self, number: int) -> Holders:
        for item in self._read(number):
            if item.person and not item.quoted and not item.possessive:
                return item.actors
        return ()

    def _names_a_stranger(self, number: int) -> bool:
        """Tell whether a sentence brings in somebody without a name: "a retired colonel was less sure"."""
        items, known = self._read(number), words()
        return any(
            one.text in ("a", "an", "one", "another") and not {two.text, three.text}.isdisjoint(known["strangers"])
            for one, two, three in zip(items, items[1:], items[2:], strict=False)
            if not one.quoted
        )

    def _subjects(self, number: int) -> Holders:
        """Return those named together in a sentence: in a list, else the two that it names."""
        items = self._read(number)
        listed = [phrase.actors for phrase in joined(items, list(phrases(items))) if len(phrase.actors) > 1]
        if listed:
            return listed[-1]
        named = dict.fromkeys(actor for item in items if not item.quoted for actor in item.actors)
        return tuple(named) if len(named) == 2 else ()

    def _labelled(self, number: int) -> Holders | None:
        """Return the holder of a transcript's line, if the sentence begins with a label: "SECRETARY POMPEO: …"."""
        span = self.spans[number]
        match = _label.match(self.text[span.start : span.start + 70])
        if not match or self._quoted(span.start):
            return None
        name = match[1]
        parts = name.split()
        if not name.isupper() and (len(parts) > 4 or not all(part[0].isupper() or part[0] == "(" for part in parts)):
            return None
        inside = [mention.actor for mention in self._mentions(Span(span.start, span.start + match.end()))]
        return tuple(inside[-1:])

    def _mentions(self, span: Span) -> Sequence[Mention]:
        first = bisect_right(self._starts, span.start - 1)
        return self.mentions[first : bisect_right(self._starts, span.end - 1)]

    def _quoted(self, place: int) -> bool:
        at = bisect_right(self._opened, place) - 1
        return at >= 0 and place < self._quotations[at].end

    def _best(self, number: int, side: str | None) -> Found | None:
        """Return the phrase that a sentence's own words give the strongest rule, among those that may hold its side."""
        if (number, side) not in self._own:
            found = [one for one in self._scored(number) if self._may(one[0], side)]
            # Who reports what somebody else says is the medium, and holds nothing.
            others = [one for one in found if not self._is_medium(one[1])]
            self._own[number, side] = max(others or found, key=lambda one: (one[0], -one[1].first), default=None)
        return self._own[number, side]

    def _scored(self, number: int) -> list[Found]:
        """Return every phrase of a sentence that some rule makes a holder, found once for whatever side is asked."""
        span = self.spans[number]
        if span not in self._found:
            items = self._read(number)
            self._found[span] = [(score, self._speaking(items, phrase)) for score, phrase in scored(items)]
        return self._found[span]

    def _is_medium(self, phrase: Phrase) -> bool:
        return {self.actors.entries[actor].kind for actor in phrase.actors} == {"media"}

    def _may(self, score: int, side: str | None) -> bool:
        if side is None:
            return True
        if score <= LEAVING and (self._speaks_itself or len(self._labels) > 1):
            return False  # who acts in an opinion piece or in somebody's speech is what it is about
        return score != LEAVING or side == "support"

    def _speaking(self, items: Sequence[Item], phrase: Phrase) -> Phrase:
        """Return a phrase without its actors where somebody speaks for himself: "a former NATO official"."""
        known = words()
        kinds = {self.actors.entries[actor].kind for actor in phrase.actors}
        if not kinds or "person" in kinds:
            return phrase
        told = [
            item.text
            for item in items[max(preceding(items, phrase.first), -1) + 1 : phrase.last + 1]
            if not item.actors
        ]
        people = [text for text in told if text in known["people"]]
        former = not known["former"].isdisjoint(told)
        vague = phrase.actors == ("europe",)  # "European diplomats": a continent says nothing
        private = people and people[0] in known["private"] and kinds <= {"country", "group"}
        return replace(phrase, actors=()) if former or vague or private else phrase

    def _read(self, number: int) -> list[Item]:
        """Cut a sentence into its words, marks and names."""
        span = self.spans[number]
        if span in self._items:
            return self._items[span]
        items: list[Item] = []
        at = span.start
        for mention in self._mentions(span):
            if items and items[-1].actors and items[-1].end == mention.span.end:
                items[-1] = items[-1]._replace(actors=(*items[-1].actors, mention.actor))
                continue
            items += self._words(at, mention.span.start)
            at = mention.span.end
            possessive = self.text[at : at + 1] in ("'", "’") and self.text[at : at + 2] != "',"
            if possessive:
                at += 2 if self.text[at + 1 : at + 2] == "s" else 1
            name = self.text[mention.span.start : mention.span.end]
            person = self.actors.entries[mention.actor].kind == "person"
            quoted = self._quoted(mention.span.start)
            items.append(Item(name, mention.span.end, quoted, (mention.actor,), possessive, person))
        items += self._words(at, span.end)
        self._items[span] = items
        return items

    def _words(self, start: int, end: int) -> Iterator[Item]:
        quoted = self._quoted
        for match in _item.finditer(self.text, start, end):
            yield Item(match[0].lower(), match.end(), quoted(match.start()))
