"""From a text to terms: what a fitted pipeline refers to by import path, so it must stay importable under these names.

Whatever changes the terms of a text, the table of word classes included, asks for a new `artifact.FORMAT`.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

# A word with its inner apostrophe, so that "won't" and "Germany's" stay whole.
TOKEN = r"\w+(?:'\w+)*"  # noqa: S105 (no password)
# How many words after a word it is paired with, how many after a negation are turned round, and of which classes.
WINDOW = 4
NEGATED = 3
NO_PAIR = "-"
TURNED = frozenset({"FOR", "AGAINST", "WANT", "KEEP", "EXIT", "END", "RUIN", "BLAME", "REASON"})
CLASSES = Path(__file__).with_name("word_classes.toml")
_QUOTES = str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")
_token = re.compile(TOKEN)
_link = re.compile(r"https?://\S+|\bwww\.\S+")
_hashtag = re.compile(r"#(\w+)")
_part = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W_A-Za-z]+")


def normalise(text: str) -> str:
    """Lower the case, straighten typographic quotes, spell hashtags out and name links alike.

    Outlets differ in case and quotes and mean nothing by it. "#SaveTheTreaty" becomes "#savethetreaty save the treaty",
    since the parts are words that the rest of the texts use, and the whole is a slogan.
    """
    if "#" in text:
        text = _hashtag.sub(_spelled, text)
    if "www." in text or "://" in text:
        text = _link.sub(" weblink ", text)
    return text.lower().translate(_QUOTES)


def words(text: str) -> list[str]:
    """Return the words of a text as the word block of the pipeline sees them."""
    return _token.findall(normalise(text))


def pairs(text: str) -> list[str]:
    """Return the pairs of terms that stand near each other in a text, at least one of them a class of words.

    Words are replaced by their class (`word_class`); function words are left out, and so is a class that follows
    itself. A negation goes too and turns the next `NEGATED` terms round. "Berlin did not back the American exit" gives
    "ALLY>did", "ALLY>NOT-FOR", "ALLY>US", "ALLY>NOT-EXIT" and so on: what a linear model cannot put together from
    single words, and what carries over to words that it never saw. A text without a pair has the term `NO_PAIR`.
    """
    found: list[str] = []
    for word in words(text):
        name = word_class(word)
        if name and (not found or name != found[-1]):
            found.append(name)
    terms = _turned(found)
    return [
        f"{first}>{second}"
        for place, first in enumerate(terms)
        for second in terms[place + 1 : place + 1 + WINDOW]
        if first.isupper() or second.isupper()
    ] or [NO_PAIR]


@lru_cache(maxsize=1 << 16)
def word_class(word: str) -> str:
    """Return the class of a lower-case word, in capitals; the word itself where it has none; "" for a function word."""
    whole, starts, function_words = _classes()
    if word in function_words:
        return ""
    if word in whole:
        return whole[word]
    if word.endswith("n't"):
        return "NEGATION"
    if word.endswith("'s"):
        return word_class(word[:-2])
    return next((starts[word[:end]] for end in range(len(word), 1, -1) if word[:end] in starts), word)


def _turned(names: list[str]) -> list[str]:
    terms, left = [], 0
    for name in names:
        if name == "NEGATION":
            left = NEGATED
            continue
        terms.append(f"NOT-{name}" if left and name in TURNED else name)
        left = max(left - 1, 0)
    return terms


@cache
def _classes() -> tuple[Mapping[str, str], Mapping[str, str], frozenset[str]]:
    """Read the table: whole words, starts of words (those that end in *), function words."""
    table = tomllib.loads(CLASSES.read_text(encoding="utf-8"))
    function_words = frozenset(table.pop("function_words"))
    listed = [(word, name) for name, members in table.items() for word in members]
    starts = {word[:-1]: name for word, name in listed if word.endswith("*")}
    return {word: name for word, name in listed if not word.endswith("*")}, starts, function_words


def _spelled(match: re.Match[str]) -> str:
    parts = _part.findall(match[1])
    return match[0] if len(parts) < 2 else f"{match[0]} {' '.join(parts)}"
