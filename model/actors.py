"""Who is named in a text: a table of actors, the countries of a gazetteer, and a few rules of reading.

The table is read by actor_table.py and its names are gathered by actor_forms.py; the rules are those of titles
(actor_offices.py), countries (actor_places.py) and surnames (actor_surnames.py), and go by what a text named before
(actor_reading.py) and by the words of actors.toml. Whom a text introduces besides is told by newcomers.py.
"""

from collections.abc import Iterable
from pathlib import Path

from model import newcomers
from model.actor_directory import Directory
from model.actor_forms import NameForms
from model.actor_lexicon import lexicon
from model.actor_offices import take_bearer, take_role
from model.actor_places import take_country
from model.actor_reading import Reading
from model.actor_surnames import bearer
from model.actor_table import Entry, read_entries, read_rows
from model.actor_text import Hit
from model.actor_titles import Titles
from model.gazetteer import countries
from model.values import Mention

__all__ = ["FILE", "OTHER_NAMES", "Actors", "Entry"]

FILE = Path(__file__).with_name("actors.csv")
OTHER_NAMES = Path(__file__).with_name("other_names.txt")


class Actors:
    """The table of actors, ready to find them in texts. Immutable, so that threads may share it."""

    def __init__(self, known: Directory):
        self.entries = known.entries
        self.roles = known.roles
        self._known = known

    @classmethod
    def load(cls, file: Path = FILE) -> "Actors":
        """Read and check the table; raises `ValueError` that names row and column. Cost: about 0.2 s."""
        words, rows = lexicon(), list(read_rows(file))
        entries, titles = read_entries(rows, file.name), Titles(words)
        forms = NameForms(titles)
        for line, row in rows:
            forms.add_row(row, f"{file.name}, row {line}, column aliases")
        new, names = countries(entries, words)
        forms.add_names(names)
        forms.add_prefixes({prefix: one for prefix, one in words.prefixes.items() if one in entries})
        heads = forms.add_others(OTHER_NAMES.read_text(encoding="utf-8").splitlines())
        return cls(Directory.of(entries | new, forms.joined(), heads, words, titles))

    def listed(self, held: Iterable[str]) -> set[str]:
        """Return holders with whoever a text introduced replaced by whom he stands for, left out if by nobody."""
        theirs = (self.entries[one].stands_for if one.startswith(newcomers.PREFIX) else one for one in held)
        return {one for one in theirs if one}

    def chain(self, actor: str) -> tuple[str, ...]:
        """Return the ids that an actor stands for, nearest first; raises `KeyError` for an unknown id."""
        return self._known.chains[actor]

    def office(self, country: str, kind: str) -> str | None:
        """Return a country's "foreign ministry", "defence ministry" or "government", if the table has it."""
        return self._known.offices.get((country, kind))

    def read(self, text: str) -> tuple["Actors", list[Mention]]:
        """Find who is named in a text, as `find` does, and whom it introduces; return the actors with these as well.

        The ids of those begin with "person:", and they are actors of this text alone. Cost: linear, about twice that
        of `find`.
        """
        people, mentions = newcomers.find(text, self.find(text), self._known)
        return Actors(self._known.joined_by(people)) if people else self, mentions

    def find(self, text: str) -> list[Mention]:
        """Find who of the table is named in a text, in order of appearance.

        Spans hold the name alone: no article, no possessive, no title. They never overlap, except that "both
        countries" is mentioned once for each country. Texts must have their accents composed (NFC).
        Cost: linear, about 0.9 ms for an article of 1,000 words, 0.2 s for 1 MB.
        """
        reading = Reading(self._known, text)
        for at in reading.beginnings():
            if at >= reading.done and (hit := reading.longest(at)):
                reading.done = hit.end
                _take(reading, hit)
        return reading.found


def _take(reading: Reading, hit: Hit) -> None:
    """Decide what a form names where it stands, and note it."""
    if hit.form.title or hit.form.office:
        take_role(reading, hit, hit.form.title or hit.form.office)
    elif hit.owner and _is_place(reading, hit, hit.owner):
        take_country(reading, hit, hit.owner)
    elif hit.form.surname and (who := bearer(reading, hit)):
        reading.note(hit.start, hit.end, who)
    elif hit.owner and take_bearer(reading, hit, hit.owner):
        reading.named[hit.owner] = hit.start
    elif hit.owner and reading.word(hit.start - 1) not in reading.lexicon.trades:
        reading.note(hit.start, hit.end, hit.owner)
        reading.named[hit.owner] = hit.start


def _is_place(reading: Reading, hit: Hit, owner: str) -> bool:
    at_talks = reading.words[hit.start].capitalize() in reading.lexicon.talk_places
    return at_talks or reading.entries[owner].kind == "country"
