"""Whose voice a text has: a report's, an opinion's, that of who issues a statement, those of a transcript."""

import re
from dataclasses import dataclass
from functools import cached_property

from model import statements, transcripts
from model.heads import DATELINE, Head
from model.items import Holders
from model.statements import AUTHOR
from model.values import Span

# From how many "I" and "we" a sentence, outside quotation marks, a text speaks for itself.
SPOKEN = 0.1
# From how many questions on lines of their own such a text is an interview.
QUESTIONS = 3
_presiding = re.compile(r", (chair(?:man|woman)?) of the (?:sub)?committee\b")
_first_person = re.compile(r"\b(?:I|[Ww]e|[Oo]ur|[Mm]y|us)\b")


@dataclass(eq=False)
class Voices(Head):
    """A text and who speaks in it unquoted, found out once, when it is asked for."""

    @cached_property
    def _read(self) -> dict[int, transcripts.Label]:
        """The labels as they read, by the numbers of the sentences that begin with one, quoted or not."""
        found = ((number, transcripts.label(self.text, span.start)) for number, span in enumerate(self.spans))
        return {number: label for number, label in found if label is not None}

    @cached_property
    def labels(self) -> dict[int, Holders]:
        """The holders of a transcript's labels, by the numbers of the sentences that begin with one."""
        return {number: label for number in range(len(self.spans)) if (label := self._labelled(number)) is not None}

    @cached_property
    def labelled_lines(self) -> list[int]:
        """The numbers of the sentences that begin with a transcript's label, which is that of the lines below, too."""
        return [number for number in self.labels if not self.interjected(number)]

    def interjected(self, number: int) -> bool:
        """Tell whether a sentence stands in brackets: "(Agnieszka Brugger [GRÜNE]: …)"."""
        return self.text[self.spans[number].start] == "("

    @cached_property
    def marked_opinion(self) -> bool:
        """Whether the text says that it is somebody's opinion: "EDITORIAL: …", "The writer is a former …"."""
        return statements.is_opinion([self.text[one.start : one.end] for one in self.headings], self.text)

    @cached_property
    def questions(self) -> frozenset[int]:
        """The numbers of the sentences by which an interview without labels asks; its answers say "I" or "we"."""
        if asked := transcripts.asked_by_dashes(self.text, self.spans):
            return frozenset(asked)
        found = transcripts.questions(self.text, self.spans)
        if len(found) < QUESTIONS or self._spoken < SPOKEN * len(self.spans):
            return frozenset()
        return frozenset(found if len(self._read) < QUESTIONS else ())

    @cached_property
    def transcribed(self) -> bool:
        """Whether several speak in the text, each in lines of his own."""
        headline = bool(self.headings) and self.headings[0] == self.spans[0] and 0 in self.labels
        return bool(self.questions) or len(self.labels) - headline > 1

    @cached_property
    def interviewee(self) -> Holders:
        """Who answers an interview without labels: the person whom its first question names, else the first named."""
        first = self.spans[min(self.questions)]
        for span in (first, Span(0, first.start)):
            for mention in self.named(span):
                if self.actors.entries[mention.actor].kind == "person":
                    return (mention.actor,)
        return ()

    @cached_property
    def issuer(self) -> Holders:
        """Who speaks as "we" or "I": whose statement the text is, the body named in its heading, or its author."""
        if self.questions:
            return self.interviewee
        if not self.spans or self.marked_opinion:
            return (AUTHOR,) if self.spans else ()
        first = self.spans[0]
        heading = self.text[first.start : first.end]
        return (
            self.statement
            or self._only_voice()
            or statements.speaker(heading, self.named(first), self.actors, first.start)
        )

    def _only_voice(self) -> Holders:
        """Return the person who speaks in the only line with a label, and so to the end: "President …: Good day"."""
        found = [label for number, label in self._read.items() if number or self.text[self.spans[0].end - 1] in ".!?"]
        if len(found) != 1:
            return ()
        named = (one.actor for one in self.named(Span(found[0].start, found[0].end)))
        return tuple([one for one in named if self.actors.entries[one].kind == "person"][:1])

    @cached_property
    def speaks_itself(self) -> bool:
        """Whether the text is a statement or an opinion, or says "I" or "we" outside quotations as news never does."""
        if self.statement or self.marked_opinion:
            return True
        return self._spoken > SPOKEN * len(self.spans)

    @cached_property
    def _spoken(self) -> int:
        """How often the text says "I" or "we" outside quotation marks."""
        return sum(not self.quoted(match.start()) for match in _first_person.finditer(self.text))

    def _labelled(self, number: int) -> Holders | None:
        """Return the holder of a transcript's line, if the sentence begins with a label: "SECRETARY POMPEO: …"."""
        label = self._read.get(number)
        if label is None or self.quoted(label.start):
            return None
        inside = [mention.actor for mention in self.named(Span(label.start, label.end))]
        if not inside and (bearer := self._at_head(label.name)):
            return (bearer,)
        if not inside and statements.answers(label.name):
            return self.answering
        kinds = [self.actors.entries[one].kind for one in inside]
        if "person" in kinds:
            return (self._in_office(inside[kinds.index("person")], label.name),)
        if "ministry" in kinds:  # before the party
            return (inside[kinds.index("ministry")],)
        return () if kinds[-1:] == ["media"] else tuple(inside[-1:])  # a paper asks

    def _in_office(self, person: str, label: str) -> str:
        """Return whom a label means: by an office alone him who has it by the heading, else who had been named.

        "Remarks by President Trump": "THE PRESIDENT: …", though the question before named Putin.
        """
        by_name = not _words_of(self.actors.entries[person].name).isdisjoint(_words_of(label))
        return (not by_name and self._at_head(self.actors.roles.get(person, ""))) or person

    def _at_head(self, label: str) -> str:
        """Return who is meant of those whom the heading names: "foreign minister", "PRESIDENT XI"; "" for nobody."""
        told = label.lower().removeprefix("the ")
        for one, office in self._bearers.items():
            if told.startswith(office) and _words_of(told[len(office) :]) <= _words_of(self.actors.entries[one].name):
                return one
        return ""

    @cached_property
    def _bearers(self) -> dict[str, str]:
        """Who has an office of those whom the heading names, and which; who presides is said below it."""
        named = (mention.actor for span in self.headings for mention in self.named(span))
        found = {one: self.actors.roles[one] for one in named if one in self.actors.roles}
        for one in self.named(Span(0, DATELINE)):
            if match := _presiding.match(self.text, one.span.end):
                found[one.actor] = match[1]
        return found

    @cached_property
    def answering(self) -> Holders:
        """Who answers in a transcript, and speaks before its first label: no parliament, in which many speak."""
        own = tuple(one for one in self.issuer if one != AUTHOR and self.actors.entries[one].kind != "parliament")
        return own or self._introduced() or self._asked()

    def _asked(self) -> Holders:
        """Return the foreign ministry of the country for whose comment a transcript's first question asks."""
        if 0 not in self._read:
            return ()
        first = next((span for span in self.spans if self.text[span.end - 1] == "?"), Span(0, 0))
        asked = (one.actor for one in self.named(first) if statements.asks_for(self.text, one.span.end, first.end))
        found = (self.actors.office(country, "foreign ministry") for country in asked)
        return tuple([ministry for ministry in found if ministry][:1])

    def _introduced(self) -> Holders:
        """Return whom a transcript's heading introduces: the person, else the body that it names."""
        for span in self.headings:
            said = self.text[span.start : span.end]
            if not statements.introduces(said):
                continue
            named = [mention.actor for mention in self.named(span)]
            for kinds in (frozenset(["person"]), statements.BODIES - {"parliament"}):
                if found := next((one for one in named if self.actors.entries[one].kind in kinds), None):
                    return (found,)
            if kind := statements.ministry_named(said):
                return self._ministry(kind)
        return ()


def _words_of(name: str) -> set[str]:
    return set(name.lower().split())
