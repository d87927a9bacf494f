"""A text as words, and the forms of names that start at them."""

from collections.abc import Iterator
from functools import cached_property
from itertools import compress
from typing import NamedTuple

from model.actor_directory import Directory
from model.actor_forms import Form
from model.actor_titles import UNIONS
from model.actor_tokens import fold, spread

ARTICLES = frozenset({"the", "The", "THE"})


class Hit(NamedTuple):
    """A form found over the words `start` to `end`; `owner` is who it names in full there, article considered."""

    start: int
    end: int
    form: Form
    owner: str | None


class ActorText:
    """A text's words and marks, the blanks after each and where each starts, and the directory to look them up in."""

    def __init__(self, directory: Directory, text: str):
        self.directory = directory
        self.entries = directory.entries
        self.lexicon = directory.lexicon
        self.folded = fold(text)
        self.words, self.gaps, self.starts = spread(self.folded)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word of the text."""
        return frozenset(self.words)

    @cached_property
    def unions(self) -> set[str]:
        """Which of "the alliance" and "the bloc" the text names anywhere."""
        return {name for name, (one, names) in UNIONS.items() if one in self.entries and names.search(self.folded)}

    def word(self, at: int) -> str:
        """Return a word, or an empty one outside the text."""
        return self.words[at] if 0 <= at < len(self.words) else ""

    def beginnings(self) -> Iterator[int]:
        """Yield the words that a form may start at: a form themselves, or the first of one with the next its second."""
        steps = self.directory.steps
        for at in compress(range(len(self.words)), map(steps.__contains__, self.words)):
            node = steps[self.words[at]]
            if node.form or self.word(at + 1) in node.steps:
                yield at

    def longest(self, start: int, limit: int | None = None) -> Hit | None:
        """Return the longest form that starts at a word; with a `limit`, of the parts of an office that end there."""
        steps, best = self.directory.steps, None
        for at in range(start, len(self.words) if limit is None else limit):
            node = steps.get(self.words[at])
            if node is None:
                break
            form = node.form
            if form and not (limit is not None and (form.title or form.office)):
                owner = self._owner(form, start)
                if owner or form.surname or form.title or not form.after_the:
                    best = Hit(start, at + 1, form, owner)
            if self.gaps[at].count("\n") > 1:
                break
            steps = node.steps
        return best

    def _owner(self, form: Form, start: int) -> str | None:
        if form.after_the:
            article = self.word(start - 1)
            if article in ARTICLES and (article != "the" or not form.capital):
                return form.after_the
        return form.owner

    def is_person(self, one: str | None) -> bool:
        """Tell whether an actor is a person."""
        return one is not None and self.entries[one].kind == "person"

    def indefinite(self, hit: Hit) -> bool:
        """Tell whether nobody in particular is meant: "a Russian diplomat"."""
        return self.word(hit.start - 1).lower() in self.lexicon.indefinite

    def is_half(self, hit: Hit) -> bool:
        """Tell whether a form is half of a double name behind another: "Jo Graham-Teller", and no "Anti-American"."""
        if self.word(hit.end) == "-" and self._is_strange(hit.end + 1):
            return self._is_strange(hit.start - 1)
        return self.word(hit.start - 1) == "-" and self._is_strange(hit.start - 2) and self._is_strange(hit.start - 3)

    def _is_strange(self, at: int) -> bool:
        word = self.word(at)
        known = word in self.directory.steps or word.lower() in self.lexicon.openers
        return not known and word[:1].isupper() and word[1:].islower() and self.gaps[at] in ("", " ")

    def stranger_at(self, at: int) -> bool:
        """Tell whether a capitalised word that no form starts with directly follows another: a family name, mostly."""
        word = self.word(at)
        if self.gaps[at - 1] != " ":
            return False
        if len(word) == 1 and word.isupper() and self.word(at + 1) in {"'", "."}:
            return True
        known = word in self.directory.steps or word in self.lexicon.months or word in self.lexicon.days
        return not known and word[:1].isupper() and word.isalpha() and not word.isupper()
