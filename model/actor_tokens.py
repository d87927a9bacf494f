"""From a text to plain words, each with its place: what names are looked up by."""

import re
import unicodedata
from itertools import accumulate

Words = tuple[str, ...]

_SPECIAL = str.maketrans("øØłŁđĐıħĦ’‘ʼ´`‐‑", "oOlLdDihH'''''--")
_foreign = re.compile(r"[^\x00-\x7f]+")
_token = re.compile(r"\w+|[^\w\s]")
# The same in brackets, so that splitting by it keeps the words between the gaps.
_splitting = re.compile(rf"({_token.pattern})")


def fold(text: str) -> str:
    """Take accents and typography off a text, one character for one: "Çavuşoğlu’s" becomes "Cavusoglu's"."""
    return text if text.isascii() else _foreign.sub(lambda run: "".join(map(_plain, run[0])), text)


def _plain(character: str) -> str:
    return unicodedata.normalize("NFD", character.translate(_SPECIAL))[0]


def tokens(text: str) -> Words:
    """Return the words and marks of a text, folded."""
    return tuple(_token.findall(fold(text)))


def spread(folded: str) -> tuple[list[str], list[str], list[int]]:
    """Return a folded text's words and marks, the blanks after each, and where each starts; last, the text's end."""
    # One flat list of texts: pairs would be a tuple for each word, and the collector would walk them all.
    pieces = _splitting.split(folded)
    return pieces[1::2], pieces[2::2], list(accumulate(map(len, pieces)))[::2]
