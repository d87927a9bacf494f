"""What one text has named so far: it decides what a surname, a title or "both countries" means further on."""

from bisect import bisect_right
from typing import NamedTuple

from model.actor_directory import Directory
from model.actor_text import ActorText
from model.actor_titles import ministry_kind, roles_of
from model.quotations import quotations
from model.values import Mention, Span


class Titled(NamedTuple):
    """The word that a title stands before, its role, and whether it is a former one."""

    at: int = -1
    role: str = ""
    former: bool = False


class Reading(ActorText):
    """One pass over one text, and its memory.

    `found` are the mentions, the last of them over the words `began` to `end`; the words before `done` are read.
    `named` are the actors named in full with the word at which they last were, `countries` the last two named,
    `pair` the last two joined by "and".
    `bearers` tell who last bore a role: of all, or of those for one actor. `learned` are the roles that the text tells.
    `home` is the country of the dateline: whose ministry is "the foreign ministry" where the text names none.
    `titled` is the last title before a name, `person` the word after the last person, and who it was.
    """

    def __init__(self, directory: Directory, text: str):
        super().__init__(directory, text)
        self.found: list[Mention] = []
        self.done = self.began = self.end = 0
        self.named: dict[str, int] = {}
        self.countries: list[str] = []
        self.pair: list[str] = []
        self.home: str | None = None
        self.bearers: dict[tuple[str, str | None], str] = {}
        self.learned: dict[str, str] = {}
        self.titled = Titled()
        self.person = (-1, "")
        self._quoted = [place for quotation in quotations(text) for place in (quotation.start, quotation.end)]

    def mention(self, start: int, end: int, one: str) -> None:
        """Add a mention over the words `start` to `end`."""
        self.found.append(Mention(Span(self.starts[start], self.starts[end] - len(self.gaps[end - 1])), one))
        self.began, self.end = start, end

    def note(self, start: int, end: int, one: str) -> None:
        """Add a mention, and remember whatever a later surname, title or "both countries" may need."""
        joined = self.countries and self.word(start - 1) == "and" and self.end == start - 1
        self.mention(start, end, one)
        kind = self.entries[one].kind
        if joined and kind == "country":
            self.pair = [self.countries[-1], one]
        if kind == "person":
            self._note_person(start, end, one)
        elif kind == "ministry" and "embassy" not in one and "mission" not in one:
            self.bears(one, ministry_kind(one) or "ministry")
        part = self.longest(start, end - 1) if kind not in {"country", "person"} else None
        country = one if kind == "country" else part and part.owner
        if country and self.entries[country].kind == "country":
            self.countries = [*(other for other in self.countries if other != country), country][-2:]

    def _note_person(self, start: int, end: int, one: str) -> None:
        title = self.titled
        if title.at == start and not title.former:
            own = self.directory.roles.get(one, "")
            self.learned[one] = own if title.role in roles_of(own) else title.role
        self.person = (end, one)
        role = self.role(one)
        quoted = bisect_right(self._quoted, self.starts[start]) % 2
        if quoted and any((name, None) in self.bearers for name in roles_of(role)):
            return  # whom a president speaks of as a president is not "the president" who says so
        self.bears(one, role)
        office = self.entries[one].stands_for
        if office and (kind := ministry_kind(office)):
            self.bears(office, kind)

    def role(self, one: str) -> str:
        """Tell a person's role: as this text told, else as the directory says."""
        return self.learned.get(one) or self.directory.roles.get(one, "")

    def bears(self, one: str, role: str) -> None:
        """Remember who bears a role: of all, and of those for each actor that he stands for."""
        for name in roles_of(role):
            for place in (None, *self.directory.chains[one]):
                self.bearers[name, place] = one
