"""Whose statement a text is: what its head tells, read by the rules of `model.statements`."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from model import statements
from model.actors import Actors
from model.items import Holders
from model.values import Mention, Span

# How many lines at a text's head may tell whose statement it is.
HEADINGS = 3
# And how many at the head of a release, with its date and whom to ask.
LETTERHEAD = 8
# In how many characters behind a letter's closing its signers stand.
SIGNATURES = 800
# In how many characters at its head a report's dateline is looked for.
DATELINE = 800

# Nothing here is tried twice: no line is empty, and what is possessive gives nothing back.
_dateline = re.compile(
    r"\A\s*+(?:[^\n]{1,200}+\n++){0,4}[^\n]{0,60}(?:\([\w .]++\)\s*+[-–—]|[A-Z]{3,}+[^\n.]{0,40}[-–—])"
)
_reported = re.compile(r"\b(?:said|says|told)\b")
# What stands behind a place on a line of its own.
_date = re.compile(r"[ ,(–-]{1,3}(?:\d{1,2}\.? )?(?:[A-Z][a-z]{2,8} |\d{1,2}[./])(?:\d{1,2}, )?\d{4}\)?")


@dataclass(eq=False)
class Head:
    """A text and whose statement it is by its head, found out once, when it is asked for.

    `spans` are the sentences, `mentions` what `actors` found in the text, `quotations` its quotations, `agent` who
    leaves.
    """

    text: str
    spans: Sequence[Span]
    mentions: Sequence[Mention]
    actors: Actors
    quotations: Sequence[Span]
    agent: str | None

    def __post_init__(self) -> None:
        self._starts = [mention.span.start for mention in self.mentions]
        self._opened = [quotation.start for quotation in self.quotations]

    def named(self, span: Span) -> Sequence[Mention]:
        """Return the mentions that begin within a span."""
        first = bisect_right(self._starts, span.start - 1)
        return self.mentions[first : bisect_right(self._starts, span.end - 1)]

    def quoted(self, place: int) -> bool:
        """Tell whether a place stands within quotation marks."""
        at = bisect_right(self._opened, place) - 1
        return at >= 0 and place < self.quotations[at].end

    @cached_property
    def headings(self) -> list[Span]:
        """The lines at the text's head that are no sentences, `HEADINGS` at most."""
        return list(takewhile(lambda span: self.text[span.end - 1] not in ".!?…", self.spans[:HEADINGS]))

    @cached_property
    def statement(self) -> Holders:
        """Whose statement the text is by its headings; none for a report under such a heading, and any other text."""
        if signers := self._signers():
            return signers
        found: Holders = ()
        end = 0
        for heading in self._announcing:
            told = self.text[heading.start : heading.end]
            issuer = statements.issuer(told, self.named(heading), self.actors, heading.start)
            if not issuer and (kind := statements.ministry(told)):
                issuer = self._ministry(kind)
            elif not issuer:
                issuer = self._unnamed(told)
            # "Statement by Canada …", and below: "Global Affairs Canada today issued the following statement:"
            if issuer and (not found or found[0] in self.actors.chain(issuer[0])):
                found, end = issuer, heading.end
        if found:
            return () if self.has_dateline(end) else found
        if found := self._byline():
            return found
        begun = [one for one in self.spans[:HEADINGS] if not self.quoted(one.start)]
        floors = (statements.floor(self.text[one.start : one.end], self.named(one), one.start) for one in begun)
        return next(filter(None, floors), ()) or self._own_words(begun)

    @cached_property
    def _announcing(self) -> list[Span]:
        """The headings, and the lines of a release's head that say who released what follows."""
        head = self.spans[len(self.headings) : LETTERHEAD]
        return self.headings + [span for span in head if self.text[span.end - 1] == ":"]

    def _signers(self) -> Holders:
        """Return who signs, if the text is a letter: "Sincerely, Robert Menendez"."""
        start = statements.signed(self.text)
        named = self.named(Span(start, start + SIGNATURES)) if start else ()
        return tuple(dict.fromkeys(one.actor for one in named if self.actors.entries[one.actor].kind == "person"))

    def _byline(self) -> Holders:
        """Return whose line stands among headings of which one says only that a statement follows."""
        lines = [self.text[span.start : span.end] for span in self.headings]
        if not any(map(statements.is_kind, lines)):
            return ()
        own = (
            statements.byline(line, self.named(span), self.actors, span.start)
            for line, span in zip(lines, self.headings, strict=True)
        )
        return next(filter(None, own), ())

    def _own_words(self, begun: Sequence[Span]) -> Holders:
        """Return the body that a text begins to speak of as it speaks of itself, where nobody else is reported.

        "The Ministry of Foreign Affairs condemns …"
        """
        declared = next(filter(None, map(self._declared, begun)), ())
        if not declared or self.has_dateline(0):
            return ()
        reported = any(not self.quoted(match.start()) for match in _reported.finditer(self.text))
        return () if reported else declared

    def _declared(self, sentence: Span) -> Holders:
        """Return the body that a sentence names first, or its country's ministry, if it declares what that holds."""
        said, named = self.text[sentence.start : sentence.end], self.named(sentence)
        if named and self.actors.entries[named[0].actor].kind in statements.BODIES:
            first = named[0].span
            if statements.declares(said, first.start - sentence.start, first.end - sentence.start):
                return (named[0].actor,)
        kind = statements.declaring(said)
        return self._ministry(kind) if kind else ()

    def _ministry(self, kind: str) -> Holders:
        """Return the ministry, of a kind, of the head's place, else of the country named most that does not leave."""
        country = self._place() or next((one for one in self._countries() if one != self.agent), "")
        office = self.actors.office(country, kind)
        return (office,) if office else ()

    def _place(self) -> str:
        """Return the country in which a line of the head says that the text was made: "Bucharest, 2 February 2019"."""
        for span in self.headings:
            first = next(iter(self.named(span)), None)
            if first and first.span.start == span.start and _date.fullmatch(self.text, first.span.end, span.end):
                return (first.actor, *self.actors.chain(first.actor))[-1]
        return ""

    def _countries(self) -> list[str]:
        """Return the countries that the text names, the one named most first."""
        chains = ((mention.actor, *self.actors.chain(mention.actor)) for mention in self.mentions)
        named = Counter(one for chain in chains for one in chain if self.actors.entries[one].kind == "country")
        return [one for one, _ in named.most_common()]

    def _unnamed(self, heading: str) -> Holders:
        """Return whose statement it is under a heading that tells no more than an office.

        A president's is that of the country named most, a spokesperson's that of the body that declares something.
        """
        if statements.is_presidents(heading) and (countries := self._countries()):
            name = self.actors.entries[countries[0]].name
            found = [one.actor for of in ("", "the ") for one in self.actors.find(f"President of {of}{name}")]
            return tuple([one for one in found if one != countries[0]][:1])
        if statements.is_united_nations(heading):
            return tuple(one.actor for one in self.actors.find("UN Secretary-General")[:1])
        if statements.is_spoken_for(heading):
            return next(filter(None, map(self._declared, self.spans)), ())
        return ()

    def has_dateline(self, start: int) -> bool:
        """Tell whether the text begins as a report does, from a place on: "VILNIUS (BNS) - "."""
        return _dateline.search(self.text[start : start + DATELINE]) is not None
