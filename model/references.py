"""Whom a pronoun, a description or a quotation means, by what a text said before."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from model.descriptions import DESCRIBED
from model.items import Holders, Phrase, words
from model.lists import joined
from model.passage import Passage
from model.phrases import depends, phrases
from model.rules import LABEL, NOUN, PASSIVE, SPEAKER
from model.statements import AUTHOR
from model.values import Span

ADMINISTRATION = "-administration"
# Over how many sentences a pronoun or a quotation may reach back.
LOOKED_BACK = 6
# What one of a party's people is called.
_MEMBERS = frozenset(["Democrat", "Republican", "Tory", "Labour", "Green", "Social Democrat"])


class References(Passage):
    """A text whose sentences have holders: by their own words, or by what they go on from."""

    def holders(self, number: int, side: str | None) -> Holders:
        """Return who holds a sentence's stance, by its own words or by what it goes on from."""
        if number in self.labels and self.interjected(number):
            return self.labels[number]
        own = self.best(number, side)
        held = self._whom(number, own[1]) if own else self._carried(number)
        if own and own[0] == LABEL and self._is_person(held):
            held = self.labels.get(number) or held  # "THE PRESIDENT: …"
        held = self._spokesman(number, held)
        return tuple(one for one in held if not self.blames_itself(one, side))

    def _is_person(self, held: Holders) -> bool:
        return len(held) == 1 and held != (AUTHOR,) and self.actors.entries[held[0]].kind == "person"

    def _spokesman(self, number: int, held: Holders) -> Holders:
        """Return the body that speaks, where it says what its country holds: "Finland takes note with regret …"."""
        speaker = self._line(number) if self.transcribed else self.statement
        if not held or len(speaker) != 1 or self.actors.entries[speaker[0]].kind == "person":
            return held
        return speaker if set(held) <= set(self.actors.chain(speaker[0])) else held

    def _whom(self, number: int, phrase: Phrase) -> Holders:
        """Return whom a phrase of a sentence means."""
        if phrase.pronoun in ("i", "we"):
            return self._line(number) if self.transcribed else self.issuer
        if phrase.pronoun in DESCRIBED:
            return self._described(number, phrase)
        if not phrase.pronoun:
            return (self._is_member(number, phrase) and self._meant(number, "he")) or phrase.actors
        # "An EU spokeswoman pleaded for the treaty, without which, she said, …"
        speaking = (one for score, one in self.scored(number) if score >= SPEAKER and one.last < phrase.first)
        named = next((one.actors for one in speaking if one.actors), ())
        if phrase.pronoun == "the" and {self.actors.entries[actor].kind for actor in named} == {"country"}:
            named = ()  # "Estonia supports the step, the minister said"
        if not named and phrase.pronoun == "they":
            named = self._officials(number, phrase.first)
        held = named or self._person_before(number, phrase, colon=True)
        if not held and phrase.pronoun == "it" and self.transcribed:
            return self._line(number)  # the matter, mostly: "Maas: I regret the decision. It makes Europe less safe."
        return held or self._meant(number, phrase.pronoun) or self._person_before(number, phrase, colon=False)

    def _person_before(self, number: int, phrase: Phrase, colon: bool) -> Holders:
        """Return the one person named before "he" or "she" in a sentence, or before a colon that stands before that.

        "Putin's reaction was mild, but he called …"; "Maas was blunt: the exit, he said, …"
        """
        if phrase.pronoun not in ("he", "she"):
            return ()
        items = self.items(number)[: phrase.first]
        if colon:
            if number in self.labels:
                return ()  # before it stands who says this of somebody else
            items = items[: next((at for at, item in enumerate(items) if item.text == ":" and not item.quoted), 0)]
        named = {item.actors for item in items if item.person and not item.quoted}
        return named.pop() if len(named) == 1 else ()

    def _officials(self, number: int, end: int) -> Holders:
        """Return whose people a sentence begins with: "Estonian officials agreed: Moscow, they said, had …"."""
        items = self.items(number)
        first = next((one for one in phrases(items) if one.actors and one.last < end), None)
        plural = first and first.first <= 1 and items[first.last].text.endswith("s") and not items[first.last].actors
        return first.actors if first and plural else ()

    def _line(self, number: int) -> Holders:
        """Return the label's holder of the transcript's line that a sentence stands in, or who answers an interview."""
        if self.questions:
            return () if number in self.questions else self.interviewee
        at = bisect_right(self.labelled_lines, number) - 1
        return self.labels[self.labelled_lines[at]] if at >= 0 else self.answering

    def _carried(self, number: int) -> Holders:
        quotation = self.goes_on(number)
        if quotation is not None and (said := self._speaker_of(quotation)):
            return said
        return self._line(number) if self.transcribed else ()

    def _speaker_of(self, quotation: Span) -> Holders:
        first = max(bisect_right(self._begins, quotation.start) - 1, 0)
        last = bisect_right(self._begins, quotation.end - 1) - 1
        for number in (last, first):
            own = self.best(number, None)
            if own and own[0] >= PASSIVE:
                return self._said(number)
        return self._last_speaker(first)

    def _last_speaker(self, number: int) -> Holders:
        """Return who spoke last before a sentence, or in the quotations that stand directly before it."""
        for before in range(number - 1, max(number - LOOKED_BACK, -1), -1):
            own = self.best(before, None)
            if own and own[0] >= PASSIVE:
                return self._said(before)
            if self.goes_on(before) is None:
                break
        return ()

    def _said(self, number: int) -> Holders:
        """Return who holds by a sentence's own words; pronouns are resolved in the order of the text, each once."""
        start = number
        while start and start not in self._resolved and not ((own := self.best(start, None)) and own[1].actors):
            start -= 1
        for at in range(start, number + 1):
            if at not in self._resolved:
                own = self.best(at, None)
                self._resolved[at] = self._whom(at, own[1]) if own else ()
        return self._resolved[number]

    def _meant(self, number: int, pronoun: str) -> Holders:
        """Return whom a pronoun or "the minister" means: the nearest before that fits, several for "they".

        "The official" is who spoke before; who only acted is meant where nobody spoke.
        """
        acting: Holders = ()
        for before in range(number - 1, max(number - LOOKED_BACK, -1), -1):
            own = self.best(before, None)
            held = self._said(before)
            if own and own[0] >= SPEAKER and not held and pronoun != "it":
                return ()  # somebody whom we do not know spoke between
            if self._fits(held, pronoun):
                if pronoun != "the" or (own and own[0] >= NOUN):
                    return held
                acting = acting or held
            if pronoun in ("he", "she") and (person := self._first_person_named(before)):
                return person
            if pronoun in ("he", "she") and self._names_a_stranger(before):
                return ()
            if pronoun in ("they", "countries") and (all_named := self._subjects(before, pronoun)):
                return all_named
        return acting

    def _described(self, number: int, phrase: Phrase) -> Holders:
        """Return whom "the party" or "the institute" means: the last one named of that kind.

        "The government" is else that of the last country named, but for the treaty's two, which are named in any text.
        """
        named = own = [item.actors for item in self.items(number)[: phrase.first] if not item.quoted]
        if phrase.pronoun == "there" and any(named):
            return next(filter(None, named))  # "Bucharest disagrees: officials there say …"
        if phrase.pronoun in ("its", "there"):
            # "The government regrets it, its spokesman says"
            speaking = (one for score, one in self.scored(number) if score < LABEL and one.last < phrase.first)
            if spoken := next((one.actors for one in speaking if one.actors), ()) or self._meant(number, "it"):
                return spoken
        for before in range(number - 1, max(number - LOOKED_BACK, -1), -1):
            named = [item.actors for item in self.items(before)] + named
        last = [actor for actors in reversed(named) for actor in actors]
        if phrase.pronoun == "administration":
            return self._administration(number)
        fitting = [one for one in last if self.actors.entries[one].kind in DESCRIBED[phrase.pronoun]]
        if phrase.pronoun == "government" and (not fitting or self._has_government(own)):
            governments = (self.actors.office(self._country(one), "government") for one in last)
            fitting = [one for one in governments if one]
        return tuple(fitting[:1])

    def _has_government(self, named: Sequence[Holders]) -> bool:
        """Tell whether a country is named whose government may be meant: "In Warsaw, a government source said"."""
        return any(self.actors.office(self._country(one), "government") for actors in named for one in actors)

    def _administration(self, number: int) -> Holders:
        """Return whose administration is spoken of: the one named last, else that of the president named most.

        A president named since then is meant: "The Reagan administration … Trump … The administration says".
        """
        last: list[str] = []
        for before in range(number, max(number - LOOKED_BACK, -1), -1):
            named = [actor for item in self.items(before) if not item.possessive for actor in item.actors]
            last += reversed(named)
        if not any(actor.endswith(ADMINISTRATION) for actor in last):
            last = [actor for actor, _ in Counter(mention.actor for mention in self.mentions).most_common()]
        theirs = (actor.removesuffix(ADMINISTRATION) + ADMINISTRATION for actor in last)
        return tuple([one for one in theirs if one in self.actors.entries][:1])

    def _country(self, actor: str) -> str:
        """Return the country that an actor is or stands for, "" for none and for the treaty's own two."""
        chain = (actor, *self.actors.chain(actor))
        country = next((one for one in chain if self.actors.entries[one].kind == "country"), "")
        return "" if country in ("us", "russia") else country

    def _is_member(self, number: int, phrase: Phrase) -> bool:
        """Tell whether a phrase is one member of a party, and no office: "the New York Democrat"."""
        items = self.items(number)
        party = {self.actors.entries[actor].kind for actor in phrase.actors} == {"party"}
        one = items[phrase.last].actors == phrase.actors and not items[phrase.last].text.endswith("s")
        told = [item.text for item in items[max(phrase.last - 3, 0) : phrase.last]]
        return party and one and "the" in told and items[phrase.last].text in _MEMBERS

    def _fits(self, held: Holders, pronoun: str) -> bool:
        if not held or held == (AUTHOR,):
            return False
        kinds = {self.actors.entries[actor].kind for actor in held}
        if pronoun == "countries":
            return len(held) > 1 and kinds == {"country"}
        if pronoun == "they":
            return len(held) > 1 or kinds <= {"think-tank", "ngo", "party"}
        if pronoun == "the":
            return True
        if pronoun in ("he", "she"):
            return len(held) == 1 and not kinds <= {"country", "group"}
        return "person" not in kinds

    def _first_person_named(self, number: int) -> Holders:
        for item in self.items(number):
            if item.person and not item.quoted and not item.possessive:
                return item.actors
        return ()

    def _names_a_stranger(self, number: int) -> bool:
        """Tell whether a sentence brings in somebody without a name: "a retired colonel was less sure"."""
        items, known = self.items(number), words()
        return any(
            one.text in ("a", "an", "one", "another") and not {two.text, three.text}.isdisjoint(known["strangers"])
            for one, two, three in zip(items, items[1:], items[2:], strict=False)
            if not one.quoted
        )

    def _subjects(self, number: int, pronoun: str) -> Holders:
        """Return those named together in a sentence, as a pronoun can mean them: in a list, else the two named."""
        items = self.items(number)
        found = list(phrases(items))
        phrased = (self.speaking(items, phrase) for phrase in joined(items, found))
        listed = [phrase.actors for phrase in phrased if len(phrase.actors) > 1]
        # "It began with Mrs May and ended with Mr Salvini. Both leaders …" means neither.
        beside = {actor for phrase in found if depends(items, phrase) for actor in phrase.actors}
        named = tuple(dict.fromkeys(actor for item in items if not item.quoted for actor in item.actors))
        named = () if len(named) == 2 and beside.issuperset(named) else named
        together = listed[-1] if listed else named if len(named) == 2 else ()
        return together if self._fits(together, pronoun) else ()
