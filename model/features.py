"""From a text to terms: what a fitted pipeline refers to by import path, so it must stay importable under these names.

Whatever changes the terms of a text, the table of word classes included, asks for a new `artifact.FORMAT`.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

# A word with its inner apostrophe, so that "won't" and "Germany's" stay whole.
TOKEN = r"\w+(?:'\w+)*"  # noqa: S105 (no password)
# How many words after a word it is paired with, how many after a negation are turned round, and of which classes.
WINDOW = 4
NEGATED = 3
NO_PAIR = "-"
# Of longer words, of which a text may be one, no class is remembered.
LONGEST_REMEMBERED = 40
TURNED = frozenset({"FOR", "AGAINST", "WANT", "KEEP", "EXIT", "END", "RUIN", "BLAME", "REASON"})
CLASSES = Path(__file__).with_name("word_classes.toml")
_QUOTES = str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")
_LINK = " weblink "
token = re.compile(TOKEN)
_link = re.compile(r"https?://\S+|\bwww\.\S+")
_hashtag = re.compile(r"#(\w+)")
_part = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W_A-Za-z]+")

# Characters of a text on its way to normal form, each with the place (start, end) in the text that it stands for.
Placed = list[tuple[str, tuple[int, int]]]


def normalise(text: str) -> str:
    """Lower the case, straighten typographic quotes, spell hashtags out and name links alike.

    Outlets differ in case and quotes and mean nothing by it. "#SaveTheTreaty" becomes "#savethetreaty save the treaty",
    since the parts are words that the rest of the texts use, and the whole is a slogan.
    """
    if "www." in text or "://" in text:
        text = _link.sub(_LINK, text)
    if "#" in text:
        text = _hashtag.sub(lambda match: " ".join([match[0], *_parts(match)]), text)
    lower = text.lower()
    return lower if lower.isascii() else lower.translate(_QUOTES)


def aligned(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the normalised text and, for each of its characters, the place in `text` that it stands for.

    Places are (start, end) in code points. Cost: a microsecond a character, so it is for explaining, not for scoring.
    """
    found: Placed = [(character, (place, place + 1)) for place, character in enumerate(text)]
    if "www." in text or "://" in text:
        found = _substituted(found, _link, lambda match: [(_LINK, 0, len(match[0]))])
    if "#" in text:
        found = _substituted(found, _hashtag, _spelled)
    # One character may become several in lower case, and only the whole text tells a final sigma.
    places = [place for character, place in found for _ in character.lower()]
    return "".join(character for character, _ in found).lower().translate(_QUOTES), places


def split(normal: str) -> list[str]:
    """Return the words of a normalised text as the word block of the pipeline sees them."""
    return token.findall(normal)


def words(text: str) -> list[str]:
    """Return the words of a text as the word block of the pipeline sees them."""
    return split(normalise(text))


def telling(word: str) -> bool:
    """Tell whether a normalised word tells its language: "in", "de" and "la" are words of many."""
    return len(word) > 2 or not word.isascii()


def word_ngrams(words: Sequence[str], low: int, high: int) -> list[str]:
    """Return the n-grams of words, joined by a blank, for n from `low` to `high`: scikit-learn's `_word_ngrams`."""
    found = list(words) if low == 1 else []
    for n in range(max(low, 2), high + 1):
        found += map(" ".join, zip(*(words[start:] for start in range(n)), strict=False))
    return found


def character_ngrams(chunk: str, low: int, high: int) -> list[str]:
    """Return the n-grams of a text without blanks and of the blanks around it: scikit-learn's `_char_wb_ngrams`."""
    padded = f" {chunk} "
    found = []
    for n in range(low, high + 1):
        found += [padded[start : start + n] for start in range(max(1, len(padded) - n + 1))]
        if n >= len(padded):
            break  # a chunk shorter than n counts once, and not again for every greater n
    return found


def pairs(text: str) -> list[str]:
    """Return the pairs of terms that stand near each other in a text, at least one of them a class of words.

    Words are replaced by their class (`word_class`); function words are left out, and so is a class that follows
    itself. A negation goes too and turns the next `NEGATED` terms round. "Berlin did not back the American exit" gives
    "ALLY>NOT-FOR", "ALLY>US", "ALLY>NOT-EXIT" and so on: what a linear model cannot put together from single words,
    and what carries over to words that it never saw. A text without a pair has the term `NO_PAIR`.
    """
    return pairs_of([word_class(word) for word in words(text)])


def pairs_of(classes: Sequence[str]) -> list[str]:
    """Return what `pairs` returns, from the classes of the text's words."""
    return [pair for pair, _, _ in placed_pairs(classes)] or [NO_PAIR]


def placed_pairs(classes: Sequence[str]) -> list[tuple[str, int, int]]:
    """Return each pair with the numbers of the two words that it is made of, given the class of every word."""
    found: list[tuple[str, int, bool]] = []
    last, left = "", 0
    for place, name in enumerate(classes):
        if name and name != last:
            last = name
            if name == "NEGATION":
                left = NEGATED
                continue
            found.append((f"NOT-{name}" if left and name in TURNED else name, place, name.isupper()))
            left -= left > 0
    return [
        (f"{first}>{second}", start, end)
        for after, (first, start, upper) in enumerate(found, 1)
        for second, end, also in found[after : after + WINDOW]
        if upper or also
    ]


def word_class(word: str) -> str:
    """Return the class of a lower-case word, in capitals; the word itself where it has none; "" for a function word.

    A possessive has the class of what it is made from, unless it stands in the table itself. Cost: as long as the word.
    """
    return _remembered(word) if len(word) <= LONGEST_REMEMBERED else _class_of(word)


def _class_of(word: str) -> str:
    whole, starts, function_words, longest = _classes()
    bare = len(word)
    while word.endswith("'s", 0, bare):
        bare -= 2
    part = word[:bare]
    # From the longest on that can stand in the table, since a word may have thousands of them.
    first = min(len(word), bare + max(0, longest - bare) // 2 * 2)
    for end in range(first, bare - 1, -2):
        if word[:end] in function_words:
            return ""
        if word[:end] in whole:
            return whole[word[:end]]
    if part.endswith("n't"):
        return "NEGATION"
    ends = range(min(bare, longest), 1, -1)
    return next((starts[part[:end]] for end in ends if part[:end] in starts), part)


_remembered = lru_cache(maxsize=1 << 16)(_class_of)


@cache
def _classes() -> tuple[Mapping[str, str], Mapping[str, str], frozenset[str], int]:
    """Read the table: whole words, starts of words (those that end in *), function words; the longest one's length."""
    table = tomllib.loads(CLASSES.read_text(encoding="utf-8"))
    function_words = frozenset(table.pop("function_words"))
    listed = [(word, name) for name, members in table.items() for word in members]
    starts = {word[:-1]: name for word, name in listed if word.endswith("*")}
    whole = {word: name for word, name in listed if not word.endswith("*")}
    return whole, starts, function_words, max(map(len, (*whole, *starts, *function_words)))


def _parts(match: re.Match[str]) -> list[str]:
    parts = _part.findall(match[1])
    return parts if len(parts) > 1 else []


def _spelled(match: re.Match[str]) -> list[tuple[str, int, int]]:
    """Return the hashtag and its parts, each with its place within the hashtag."""
    found = [(character, place, place + 1) for place, character in enumerate(match[0])]
    if not _parts(match):
        return found
    for part in _part.finditer(match[0]):
        found.append((" ", part.start(), part.start()))
        found += [(character, part.start() + n, part.start() + n + 1) for n, character in enumerate(part[0])]
    return found


def _substituted(
    found: Placed, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], list[tuple[str, int, int]]]
) -> Placed:
    """Replace every match by what `replacement` gives: texts with the place in the match that each stands for."""
    plain = "".join(character for character, _ in found)
    result: Placed = []
    done = 0
    for match in pattern.finditer(plain):
        result += found[done : match.start()]
        places = [place for _, place in found[match.start() : match.end()]]
        for text, start, end in replacement(match):
            whole = (places[start][0], places[end - 1][1]) if end > start else (places[start][0], places[start][0])
            result += [(character, whole) for character in text]
        done = match.end()
    return result + found[done:]
