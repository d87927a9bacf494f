"""Who holds the stance of a sentence: a few rules over the names in a text, and no parser.

Of the names in a sentence outside quotation marks the one with the strongest rule holds, with those joined to it; of
equals the first. A person stands before the office beside the name, an office before its country.

| rule                 | example                                                         | holder               |
| -------------------- | --------------------------------------------------------------- | -------------------- |
| label                | *Kremlin: exit makes world less safe*; *Exit a mistake – Minsk* | kremlin; belarus     |
|                      | *Maas, in Berlin: "A mistake."*                                 | maas                 |
| according to         | *The exit, according to Beijing, does harm.*                    | china                |
| speaker, turned      | *"A mistake," said Maas.*; *TASS quoted the Kremlin as saying*  | maas; kremlin        |
| speaker, put in      | *The exit, Maas said, does harm.*; *…, Maas told reporters*     | maas                 |
| passed on            | *Ankara said Poland had told it that …*                         | poland               |
| speaker              | *Maas said …*; *a spokesman for NATO called it …*               | maas; nato           |
| passive              | *was condemned by Iran*; *was criticised in Berlin*             | iran; germany        |
| noun of stance       | *China's opposition to …*; *fears in Warsaw*; *For Tokyo, …*    | china; poland; japan |
|                      | *Polish backing for …*; *In Rome it was called …*               | poland; italy        |
|                      | *The decision alarmed Germany.*                                 | germany              |
| subject              | *Poland and Latvia side with …*                                 | poland, latvia       |
| leaving              | *Washington quit because …*; *Trump's decision* (of support)    | us; trump            |
| crowd                | *Critics say …*                                                 | nobody               |

What has no name of its own takes the holder of what it goes on from: a quotation its speaker's (in the sentences that
it runs over, else before it), a pronoun and "the official" or "a ministry official" the last speaker's, "the party",
"the government", "its spokesman" or "an official there" whoever was last named of that kind, a line of a transcript
its label's (`model.transcripts`). What is left is the author's in an opinion piece, in a statement that of whom its
heading names, and nobody's elsewhere. Who leaves, where the target is somebody's leaving (`agent`), and who stands for
it, but for its parliament, holds no criticism: of a hundred sentences of the training documents where a rule found them
to, two had it so.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from model import clauses
from model.actors import Actors
from model.items import Holders
from model.quotations import quotations
from model.references import References
from model.rules import LEAVING, LEFT, PASSIVE, SUBJECT, scored
from model.statements import AUTHOR
from model.values import Mention, Span

__all__ = ["AUTHOR", "Reader", "agent", "attribute"]

# Up to how many words a sentence is a fragment.
FRAGMENT = 8
# A text is an opinion piece where somebody who is named speaks in less than so many of its sentences, and nobody holds
# so many of those that take a side; from 0.35 to 0.4 and from 0.25 to 0.35 the training documents tell no difference.
REPORTED, UNHELD = 0.35, 0.3

_leaving = re.compile(r"(?:['’]s?)? (?:\w+ )?(?:withdrawal|exit|departure|pull-?out|walk-?out)\b", re.IGNORECASE)


def attribute(
    text: str,
    spans: Sequence[Span],
    mentions: Sequence[Mention],
    actors: Actors,
    sides: Sequence[str | None],
    agent: str | None,
) -> list[Holders]:
    """Return the actors that hold each sentence's stance; none where `sides` is `None`.

    `spans` are the sentences, `mentions` what `actors` found in the text, `sides` each sentence's role: "support",
    "criticism", or `None` for a neutral one, `agent` who leaves, if anybody does. Cost: some 0.15 ms a sentence with a
    stance; linear in the text.
    """
    return Reader(text, spans, mentions, actors, quotations(text), agent).attribute(sides)


@lru_cache(maxsize=8)  # a service asks for every article
def agent(target: str, actors: Actors) -> str | None:
    """Return who leaves where a target is somebody's leaving: "us" of "US withdrawal from the INF Treaty"."""
    first = next(iter(actors.find(target)), None)
    if first is None or target[: first.span.start].lower() not in ("", "the "):
        return None
    return first.actor if _leaving.match(target, first.span.end) else None


class Reader(References):
    """One text being read for its stances: which are judged together or apart, and who holds each."""

    def attribute(self, sides: Sequence[str | None]) -> list[Holders]:
        """Return the actors that hold each sentence's stance, as the function `attribute` does."""
        found = [self.holders(number, side) if side else () for number, side in enumerate(sides)]
        stances = [number for number, side in enumerate(sides) if side]
        unheld = [number for number in stances if self._is_unheld(number, sides[number], found[number])]
        if self.is_opinion(len(unheld), len(stances)):
            for number in unheld:
                found[number] = tuple(one for one in self.issuer if not self.blames_itself(one, sides[number]))
        return found

    def by_clause(self) -> tuple["Reader", list[int]]:
        """Return a reader of the same text, its clauses in place of its sentences, and each clause's sentence.

        A sentence in which several speak, each in a clause of its own, is cut: "Warsaw welcomed it, but Berlin called
        it a mistake." has two stances, which no one label tells. All others stay whole.
        """
        cut = [(clause, number) for number in range(len(self.spans)) for clause in self._clauses(number)]
        reader = Reader(
            self.text, [clause for clause, _ in cut], self.mentions, self.actors, self.quotations, self.agent
        )
        reader._items, reader._worded = self._items, self._worded
        return reader, [number for _, number in cut]

    def worded(self, span: Span) -> str:
        """Return a span's text; in a clause cut from its sentence "it" reads as what it means there."""
        return self._worded.get(span) or self.text[span.start : span.end]

    def _clauses(self, number: int) -> list[Span]:
        span = self.spans[number]
        if not clauses.possible(self.text[span.start : span.end]):
            return [span]
        items = self.items(number)
        found = list(scored(items))
        starts = [span.start, *(items[cut].end for cut in clauses.cuts(items, found))]
        cut = [
            Span(start + (len(piece) - len(piece.lstrip())), end)
            for start, end in pairwise([*starts, span.end])
            if (piece := self.text[start:end])
        ]
        if len(cut) > 1 and (meaning := clauses.meant(self.text, cut[0], items, found)):
            self._worded.update(clauses.worded(self.text, cut[1:], items, meaning))
        return cut

    def utterances(self) -> list[range]:
        """Return what is judged together: a fragment of a quotation with what it goes on from, all else alone.

        A fragment is a sentence of few words that begins within quotation marks ("That would be a mistake," he said).
        It goes on from the sentence before, or in the same quotation to the one after, unless somebody else speaks
        there.
        """
        found: list[range] = []
        for number in range(len(self.spans)):
            begun = number and len(found[-1]) == 1 and self._is_fragment(number - 1)
            goes_on = self._is_fragment(number) or (begun and self.goes_on(number) == self.goes_on(number - 1))
            if number and goes_on and self._is_one_voice(number):
                found[-1] = range(found[-1].start, number + 1)
            else:
                found.append(range(number, number + 1))
        return found

    def _is_unheld(self, number: int, side: str | None, held: Holders) -> bool:
        """Tell whether nobody holds a sentence's stance: no crowd or pronoun either, and nobody by what he does."""
        own = self.best(number, side)
        if own is None:
            return not held and (bool(self.statement) or self.goes_on(number) is None)
        return own[0] in (LEAVING, LEFT, SUBJECT) or (not held and own[1].pronoun in ("i", "it", "we"))

    def is_opinion(self, unheld: int, stances: int) -> bool:
        """Tell whether the text speaks for itself: it says "I" or "we" itself, or takes sides as no report does.

        In a report somebody who is named speaks in half of the sentences, and nearly all that take a side are held.
        """
        if self.marked_opinion:
            return True
        if self.transcribed:
            return False
        if self.speaks_itself:
            return True
        if unheld < 3 or unheld <= UNHELD * stances or self.has_dateline(0):
            return False
        speaking = (self.best(number, None) for number in range(len(self.spans)))
        reported = sum(own is not None and own[0] >= PASSIVE and bool(own[1].actors) for own in speaking)
        return reported < REPORTED * len(self.spans)

    def _is_fragment(self, number: int) -> bool:
        span = self.spans[number]
        if self.goes_on(number) is None:
            return False
        return len(self.text[span.start : span.end].split(maxsplit=FRAGMENT)) <= FRAGMENT

    def _is_one_voice(self, number: int) -> bool:
        """Tell whether somebody known says a sentence, and nobody else the one before."""
        held = self.holders(number, None)
        return bool(held) and (self.holders(number - 1, None) == held or self.best(number - 1, None) is None)
