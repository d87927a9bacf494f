"""A text as attribution reads it, sentence by sentence: words, names, and whom each by itself makes speak."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from model.items import Holders, Item, Phrase, words
from model.phrases import preceding
from model.rules import ACCORDING, INSERTED, LABEL, LEAVING, LEFT, NOUN, PASSIVE, SPEAKER, THIRD, Found, scored
from model.values import Span
from model.voices import Voices

_bodies = re.compile(r"(?:governments|countries|nations|states|capitals|leaders|powers|Europeans)\Z")
_item = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*|[\"“”„«»,;:()–—!?']|-+")


class Passage(Voices):
    """A text being read; what a sentence says of its speaker is found out once, when it is asked for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._begins = [span.start for span in self.spans]
        self._items: dict[Span, list[Item]] = {}
        self._found: dict[Span, list[Found]] = {}
        self._own: dict[tuple[int, str | None], Found | None] = {}
        self._worded: dict[Span, str] = {}
        self._resolved: dict[int, Holders] = {}

    def items(self, number: int) -> list[Item]:
        """Cut a sentence into its words, marks and names."""
        span = self.spans[number]
        if span in self._items:
            return self._items[span]
        items: list[Item] = []
        at = span.start
        for mention in self.named(span):
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
            quoted = self.quoted(mention.span.start)
            items.append(Item(name, mention.span.end, quoted, (mention.actor,), possessive, person))
        items += self._words(at, span.end)
        self._items[span] = items
        return items

    def scored(self, number: int) -> list[Found]:
        """Return every phrase of a sentence that some rule makes a holder, found once for whatever side is asked."""
        span = self.spans[number]
        if span not in self._found:
            items = self.items(number)
            found = [(score, self.speaking(items, phrase)) for score, phrase in scored(items)]
            single = [phrase for _, phrase in found if len(phrase.actors) == 1]
            self._found[span] = [self._for_its_country(items, one, single) for one in found]
        return self._found[span]

    def best(self, number: int, side: str | None) -> Found | None:
        """Return the phrase that a sentence's own words give the strongest rule, among those that may hold its side."""
        if (number, side) not in self._own:
            found = [one for one in self.scored(number) if self._may(one, side)]
            # Who reports what somebody else says is the medium, and holds nothing.
            others = [one for one in found if not self._is_medium(one[1])]
            found = [one for one in found if not self._reports(number, one[1])]
            if any(score == LABEL for score, _ in others):
                others = self._nearest(others)
            others = list(_relayed(others))
            own = max(others or found, key=lambda one: (one[0], -one[1].first), default=None)
            self._own[number, side] = own and self._there(number, own, others)
        return self._own[number, side]

    def goes_on(self, number: int) -> Span | None:
        """Return the quotation that a sentence stands in from its first word to its last, or goes on with."""
        span = self.spans[number]
        at = bisect_right(self._opened, span.start + 1) - 1
        if at < 0 or self.quotations[at].end <= span.start + 1:
            return None
        return self.quotations[at]

    def speaking(self, items: Sequence[Item], phrase: Phrase) -> Phrase:
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
        former = kinds != {"party"} and not known["former"].isdisjoint(told)
        # "European diplomats": a continent says nothing, but its governments do
        named = [item.text for item in items[phrase.first : phrase.last + 1]]
        headline = named == ["Europe"] and phrase.first == 0 and items[1:] and items[1].text in known["say"]
        vague = phrase.actors == ("europe",) and not headline and not any(map(_bodies.search, named))
        private = people and people[0] in known["private"] and kinds <= {"country", "group"}
        if former or vague or private or (kinds == {"country"} and self._is_anybodys(items, phrase, told)):
            return replace(phrase, actors=())
        return replace(phrase, actors=self._ministries(phrase.actors, told)) if kinds == {"country"} else phrase

    def _for_its_country(self, items: Sequence[Item], one: Found, single: Sequence[Phrase]) -> Found:
        """Return the ministry for who speaks for a country that the sentence names before, in a phrase of one actor.

        "GERMANY, a Foreign Ministry spokesman: …"; "Poland sided with Washington, its foreign minister saying …".
        """
        score, phrase = one
        if score == LABEL and len(phrase.actors) == 1:
            colon = next((at for at, item in enumerate(items) if item.text == ":"), 0)
            inside = [item.actors for item in items[phrase.last + 1 : colon] if self._speaks_for(item.actors, phrase)]
            return (score, replace(phrase, actors=inside[0])) if inside else one
        following = items[phrase.last + 1].text if phrase.last + 1 < len(items) else ""
        if following not in words()["saying"]:
            return one
        before = next((other for other in single if other.last < phrase.first), None)
        if before is None:
            return one
        told = [item.text for item in items[phrase.first : phrase.last + 1]]
        holders = self._ministries(before.actors, told) if phrase.pronoun == "its" else phrase.actors
        return (INSERTED, replace(phrase, actors=holders, pronoun="")) if self._speaks_for(holders, before) else one

    def _speaks_for(self, holders: Holders, country: Phrase) -> bool:
        """Tell whether holders speak for the one actor of a phrase: the French foreign ministry for France."""
        return bool(holders) and all(country.actors[0] in self.actors.chain(holder) for holder in holders)

    def _is_anybodys(self, items: Sequence[Item], phrase: Phrase, told: Sequence[str]) -> bool:
        """Tell whether a country only tells where somebody is from who is of no office: "a Berlin bookseller"."""
        known = words()
        one = phrase.first and items[phrase.first - 1].text in ("a", "an", "another", "one")
        after = items[phrase.last + 1].text if phrase.last + 1 < len(items) else ""
        noun = after.isalpha() and not any(after in known[name] for name in ("auxiliaries", "before", "subordinators"))
        return bool(one) and noun and known["people"].isdisjoint(told)

    def _ministries(self, countries: Holders, told: Sequence[str]) -> Holders:
        """Return whose ministry a phrase names, if any: "the foreign ministers of Austria and Ireland"."""
        for one, two in pairwise(told):
            office = two in ("minister", "ministers", "ministry", "ministries", "secretary")
            if office and one in ("foreign", "defence", "defense"):
                kind = "foreign ministry" if one == "foreign" else "defence ministry"
                return tuple(self.actors.office(country, kind) or country for country in countries)
        return countries

    def _nearest(self, found: Sequence[Found]) -> list[Found]:
        """Return who may hold a line behind a label: who speaks for him whom it names, if anybody does.

        "BRITAIN: Moscow is to blame, the Foreign Office said."
        """
        heads = {actor for score, phrase in found if score == LABEL for actor in phrase.actors}
        own = [
            (score, phrase)
            for score, phrase in found
            if LABEL > score >= SPEAKER
            and phrase.actors
            and all(heads.intersection(self.actors.chain(actor)) for actor in phrase.actors)
        ]
        return own or list(found)

    def _is_medium(self, phrase: Phrase) -> bool:
        return {self.actors.entries[actor].kind for actor in phrase.actors} == {"media"}

    def _there(self, number: int, own: Found, others: Sequence[Found]) -> Found:
        """Return who speaks for a country behind it: "criticised in Bonn, where Maas …", "Bonn is cross: Maas …"."""
        if own[0] not in (NOUN, PASSIVE, SPEAKER) or len(own[1].actors) != 1:
            return own
        items, mark = self.items(number), ":" if own[0] == SPEAKER else "where"
        start = next((at for at in range(own[1].last, len(items)) if items[at].text == mark), len(items))
        behind = (one for one in others if one[1].first > start)
        return next((one for one in behind if self._speaks_for(one[1].actors, own[1])), own)

    def _reports(self, number: int, phrase: Phrase) -> bool:
        """Tell whether a medium passes on what it has heard: "…, The Guardian reported"."""
        behind = self.items(number)[phrase.last + 1 : phrase.last + 2]
        return self._is_medium(phrase) and any(item.text in ("reported", "reports") for item in behind)

    def blames_itself(self, holder: str, side: str | None) -> bool:
        """Tell whether a holder would criticise what its own country does: only its parliament does that."""
        if side != "criticism" or self.agent is None or holder not in self.actors.entries:
            return False
        chain = (holder, *self.actors.chain(holder))
        return self._is_agents(holder) and all(self.actors.entries[one].kind != "parliament" for one in chain)

    def _is_agents(self, holder: str) -> bool:
        """Tell whether a holder is who leaves, or stands for it."""
        return self.agent in (holder, *self.actors.chain(holder))

    def _may(self, found: Found, side: str | None) -> bool:
        score, phrase = found
        if score == LABEL and self.transcribed and self._is_medium(phrase):
            return False  # in an interview the paper asks
        if score == THIRD and not phrase.actors:
            return False  # "she said that the Europeans had backed it"
        if side is None:
            return True
        if phrase.actors and all(self.blames_itself(actor, side) for actor in phrase.actors):
            return False
        if score <= LEAVING and (self.speaks_itself or self.transcribed):
            return False  # who acts in an opinion piece or in somebody's speech is what it is about
        own = score != LEFT or any(map(self._is_agents, phrase.actors))
        return score not in (LEAVING, LEFT) or (side == "support" and own)

    def _words(self, start: int, end: int) -> Iterator[Item]:
        quoted = self.quoted
        for match in _item.finditer(self.text, start, end):
            yield Item(match[0].lower(), match.end(), quoted(match.start()))


def _relayed(found: Sequence[Found]) -> Sequence[Found]:
    """Return who may hold without sources that have no name, where they tell what somebody says who has one.

    "Merkel had asked him to wait, two officials said."
    """
    told = [one for score, one in found if score == SPEAKER and one.actors]
    relaying = (INSERTED, ACCORDING)
    return [
        (score, one)
        for score, one in found
        if score not in relaying or one.actors or one.pronoun or not any(other.last < one.first for other in told)
    ]
