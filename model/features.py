"""Tokenising: what a fitted pipeline refers to by import path, so it must stay importable under these names."""

import re

# A word with its inner apostrophe, so that "won't" and "Germany's" stay whole.
TOKEN = r"\w+(?:'\w+)*"  # noqa: S105 (no password)
_QUOTES = str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")
_token = re.compile(TOKEN)


def normalise(text: str) -> str:
    """Lower the case and straighten typographic quotes: outlets differ in both and mean nothing by it."""
    return text.lower().translate(_QUOTES)


def words(text: str) -> list[str]:
    """Return the words of a text as the word block of the pipeline sees them."""
    return _token.findall(normalise(text))
