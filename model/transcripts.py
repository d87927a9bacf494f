"""Who speaks in a line of a transcript, by the label that it begins with.

| of                  | label                                                                |
| ------------------- | -------------------------------------------------------------------- |
| briefings           | *MR PALLADINO: …*; *Question [TASS]: …*; *Q    …*; *SPIEGEL: …*       |
| Westminster, Berlin | *Nia Griffith (Llanelli) (Lab): …*; *Heiko Maas, Federal Minister: …* |
|                     | *Earl Howe (Con)*, and the speech on the next line                   |
|                     | *(Agnieszka Brugger [BÜNDNIS 90/DIE GRÜNEN]: …)*                     |
| lists of reactions  | *RUSSIAN PRESIDENT VLADIMIR PUTIN*, and a quotation on the next line |
| the United Nations  | *Mr. Wu Haitao (China) (spoke in Chinese): …*                        |
| Congress            | *Mr. MENENDEZ. …*; *Mr. SMITH of Washington. …*; *Senator Reed. …*    |
| Moscow              | *SLUTSKY L. E., chairman of the committee. …*                        |
| Strasbourg          | *Michael Gahler, on behalf of the PPE Group. – …*                    |
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from model.values import Span

# No label is longer; so much of a line is looked at.
LONGEST = 200
# From how many turns that begin with a dash a text is an interview.
TURNS = 4
# How far a line may be indented.
INDENT = 16
# Of how many words a name is that is not all in capitals, and what may stand in lower case within a name or a title.
_NAME_WORDS = 6
# How many more a minister's office may have before his name: "The Minister for Europe and the Americas (Alan Duncan)".
_TITLE_WORDS = 8
_LOWER = frozenset(["/", "and", "at", "behalf", "da", "de", "der", "for", "of", "on", "the", "to", "van", "von"])

_colon = re.compile(r"\s*(?:\[[^\]\n]*\]\s*)?([^\n:!?\"“”]{1,120}):\s")
_line = re.compile(r"([^\n:!?\"“”]{2,110}\([^()\n]{2,24}\))\n")
_heading = re.compile(r"([^\n:!?\"“”]{3,110})\n\s{0,3}[\"“]")
_interjection = re.compile(r"\((?:[^()\n]{2,60} [–-] )?([A-ZÀ-Þ][^()\n:!?\"“”]{2,90}\[[^\[\]\n]{2,30}\]):\s")
_letter = re.compile(r"([QA])(?:\. |[ \t]{2,})")
_strasbourg = re.compile(r"([^\n:!?\"“”]{2,170}?)(?:, in writing)?\.\s[–—-]\s")
_congress = re.compile(
    r"(?:(?:Mr|Ms|Mrs|Miss|Dr)\. ((?:Ma?c)?[A-Z][A-Z'’-]+(?: [A-Z][A-Z'’-]+)*)(?: of [A-Z][a-z]+(?: [A-Z][a-z]+)?)?"
    r"|(The (?:[A-Z][a-z]+ )?[A-Z]{5,}(?: [A-Z]{3,}| pro tempore)*))\.\s"
)
_hearing = re.compile(
    r"((?:Mr\.|Ms\.|Mrs\.|Dr\.|Senator|Chairman|Chairwoman|Representative|Secretary|Under Secretary|Ambassador|General"
    r"|Admiral) [A-Z][\w'’-]+|The Chair(?:man|woman)?)\.\s"
)
_duma = re.compile(r"([A-Z][A-Z'’-]{2,}) [A-Z]\. ?[A-Z]\.(?:,[^\n.]{3,100}\.)?\s")
_dash = re.compile(r"[–—-]\s")
_spoke = " (spoke in "
# What a page puts before a colon that is nobody's speech.
_apart = re.compile(
    r"(?:also|analysis|background|captions?|contacts?|context|corrections?|date|editor['’]s note|explainer|fact ?box"
    r"|figures?|files?|further reading|images?|in brief|key points|listen|more|notes?|photos?|pictures?|press contacts?"
    r"|read|related|reports?|roundup|see|sources?|subject|summary|table of contents|tags?|timeline|to read|topics?"
    r"|updates?|videos?|watch)\b",
    re.IGNORECASE,
)
_aside = re.compile(r"(?:\([^()\n]*\)|\[[^\[\]\n]*\])")


class Label(NamedTuple):
    """A label: its name as it reads, and where in the text that stands (`end` exclusive)."""

    name: str
    start: int
    end: int


def label(text: str, start: int) -> Label | None:
    """Return the label that a line or a sentence of a text begins with at `start`, `None` where there is none."""
    line = text[start : start + LONGEST]
    begins = _begins_line(text, start)
    if (match := _colon.match(line)) and _is_name(match[1], begins) and not _apart.match(match[1]):
        name = match[1].partition(_spoke)[0]  # what he spoke is nobody's name
        return Label(name, start, start + match.start(1) + len(name))
    if not begins:
        return None
    apart = _interjection.match(line) or _letter.match(line) or _duma.match(line)
    if match := apart or _congress.match(line) or _hearing.match(line):
        group = match.lastindex or 0
        return Label(match[group], start + match.start(group), start + match.end(group))
    if match := _heading.match(line):
        name, comma, _ = match[1].partition(",")
        if name.isupper() or (comma and _is_name(name, begins)):
            return Label(match[1], start, start + match.end(1))
    if (match := _strasbourg.match(line) or _line.match(line)) and _is_name(match[1], begins):
        return Label(match[1], start, start + match.end(1))
    return None


def questions(text: str, spans: Sequence[Span]) -> list[int]:
    """Return the numbers of the sentences that are questions on lines of their own and have no label."""
    found = []
    for number, span in enumerate(spans):
        if text.endswith("?", span.start, span.end) and label(text, span.start) is None:
            before, after = text[max(span.start - 2, 0) : span.start], text[span.end : span.end + 2]
            if before.strip(" ")[-1:] in ("", "\n") and after.strip(" ")[:1] in ("", "\n"):
                found.append(number)
    return found


def asked_by_dashes(text: str, spans: Sequence[Span]) -> list[int]:
    """Return the numbers of the sentences of every other turn, the first on, where each begins with a dash on a line.

    So papers of many countries print an interview. None where there are fewer than `TURNS`, or the first asks nothing.
    """
    begins = [at for at, span in enumerate(spans) if _dash.match(text, span.start) and _begins_line(text, span.start)]
    first = range(begins[0], begins[1]) if len(begins) >= TURNS else range(0)
    if not any(text.endswith("?", spans[at].start, spans[at].end) for at in first):
        return []
    turns = pairwise([*begins, len(spans)])
    return [at for number, (start, end) in enumerate(turns) if number % 2 == 0 for at in range(start, end)]


def _begins_line(text: str, start: int) -> bool:
    before = text[max(start - INDENT, 0) : start].rstrip(" \t")
    return not before or before.endswith("\n")


def _is_name(told: str, begins: bool) -> bool:
    """Tell whether words are a name, with a title or the like behind a comma where they begin a line."""
    if told.isupper():
        return True
    name, *titles = _aside.sub("", told.partition(_spoke)[0]).split(",")
    if titles and not begins:
        return False
    words = name.split()
    longest = _NAME_WORDS + _TITLE_WORDS * (words[:1] == ["The"] and told.endswith(")"))
    capital = all(word[0].isupper() or word in _LOWER for part in (name, *titles) for word in part.split())
    return capital and 0 < len(words) <= longest and words[0][0].isupper()
