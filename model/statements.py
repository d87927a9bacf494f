"""Whose statement a text is, by its heading: "Statement by Foreign Minister Maas", "Zakharova's weekly briefing"."""

import re
from collections.abc import Sequence

from model.actors import Actors
from model.items import Holders, words
from model.values import Mention

AUTHOR = "author"
# Who may speak as "we" where nothing but a name in the heading says so.
BODIES = frozenset(["ministry", "government", "parliament", "organisation", "ngo", "party", "think-tank", "military"])
_KIND = (
    r"(?:statements?|remarks|comments?|communiqué|conclusions|declaration|resolution|address|speech|intervention"
    r"|briefing|gaggle|(?:press )?(?:conference|release|briefing|statement))"
)
# What comes after this is what it is about; and where it was made.
_MATTER = "about|after|ahead|concerning|following|on|regarding"
_ABOUT = rf"(?:{_MATTER}|at|in)\b"
# What comes after it says whose it is.
_BY = re.compile(
    rf"(?:\A|[:–—-] ?|\()(?:[\w'’]+ ){{0,3}}{_KIND}\b(?:(?!\b{_ABOUT})[^\n.!?]){{0,40}}?"
    r"\b(?:by|of|from|attributable to)\b",
    re.IGNORECASE,
)
_BEHALF = re.compile(r"\bon behalf of\b", re.IGNORECASE)
# In the first sentences of a speech: "I have the honour to speak on behalf of the European Union".
_FLOOR = re.compile(r"\b(?:I|We) [^.\n]{0,80}\bon behalf of(?: the)? ")
# Who does this before the statement that follows.
_FOLLOWS = re.compile(
    r"\b(?:issued|released|made|gave|delivered) (?:(?:the|this|a) )?(?:following )?(?:(?:joint|press|prepared) )?"
    r"(?:statement|remarks|comments?|declaration)\b[^\n.!?]{0,200}:\Z",
    re.IGNORECASE,
)
# Who signs a letter.
_LETTER = re.compile(r"^[ \t]*+Dear [^\n]{2,120}[:,][ \t]*$", re.MULTILINE)
_CLOSING = re.compile(
    r"^[ \t]*+(?:Sincerely|Respectfully|Yours (?:sincerely|faithfully|truly))(?: yours)?,?[ \t]*$", re.MULTILINE
)
_ISSUED = re.compile(r"(?:issued|released|published) by\b", re.IGNORECASE)
# What says of a text that it is its author's opinion: a line of its own at the head, or before a colon.
_OPINION = re.compile(
    r"(?:guest |lead |staff )?(?:column|comment|commentary|editorial|leader|leading article|letters?(?: to the editor)?"
    r"|op-?ed|opinion|our view|perspective|viewpoint)(?: board| contributors?| page)?(?: ?:|\Z)",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"\bThe writer (?:is|was|served|teaches|works)\b")
# Left out are the words that are verbs in a headline: "Warsaw comments on the notice".
_THEIRS = re.compile(
    r"(?:['’]s?|,| [–—-])?(?: (?:regular|weekly|daily|opening|prepared))*+ "
    r"(?:statement|remarks|press (?:conference|briefing|release))\b",
    re.IGNORECASE,
)
# What a body writes of itself; "calls the exit a mistake" and "says" are what others write of it.
_DECLARES = re.compile(
    r"(?: \w+ly)? (?:appeals|calls (?:on|upon|for)|condemns|confirms|considers|deplores|expects|expresses"
    r"|has taken note|notes|places on record|reaffirms|regrets|reiterates|rejects|shares|supports|takes note"
    r"|underlines|urges|views|welcomes|wishes)\b"
)
# A ministry that its own country need not name.
_OWN = re.compile(r"The (?:Foreign Ministry|MFA|Ministry of Foreign Affairs|Defence Ministry|Ministry of Defence)(?= )")
# A line of a letterhead.
_OFFICE = re.compile(r"(?:\A|, )Office of the (?:Press Secretary|Spokes(?:man|person|woman))\b")
# Whose spokesperson and whose president it is, the text tells.
_SPOKEN_FOR = re.compile(r"Statement by the Spokes(?:man|person|woman)\b", re.IGNORECASE)
_SECRETARY_GENERAL = re.compile(r"\bSpokes(?:man|person|woman) (?:for|of) the Secretary-General\b", re.IGNORECASE)
_PRESIDENT = re.compile(r"(?:Statement|Message|Remarks) (?:by|from) the President(?! of)\b", re.IGNORECASE)
_MINISTRY = re.compile(r"\b(?:foreign minist(?:ry|ers)|foreign affairs|MFA)\b", re.IGNORECASE)
_JOINT = re.compile(r"\bjoint\b", re.IGNORECASE)
_about = re.compile(rf"\b{_ABOUT}", re.IGNORECASE)
_matter = re.compile(rf"\b(?:{_MATTER})\b", re.IGNORECASE)
_KINDS = {
    "foreign ministry": re.compile(
        r"\b(?:foreign minist(?:ry|er)|minist(?:ry|er) of foreign affairs|MFA)\b", re.IGNORECASE
    ),
    "defence ministry": re.compile(
        r"\b(?:defen[cs]e minist(?:ry|er)|minist(?:ry|er) of (?:national )?defen[cs]e)\b", re.IGNORECASE
    ),
}
_kind = re.compile(rf"\b{_KIND}\b", re.IGNORECASE)
_INTERVIEW = re.compile(r"\b(?:interview|transcript)\b", re.IGNORECASE)
_COMMENT = re.compile(r"['’]s? (?:official )?(?:attitude|comment|position|reaction|response|stance|take|view)s?\b")
# What a transcript calls the one who answers by his part.
_ANSWERING = frozenset(
    [
        "adviser",
        "deputy",
        "director-general",
        "official",
        "representative",
        "secretary",
        "senator",
        "spokesman",
        "spokesperson",
        "spokeswoman",
    ]
)


def issuer(heading: str, named: Sequence[Mention], actors: Actors, start: int) -> Holders:
    """Return whose statement a heading announces, none for a heading that announces none.

    `named` are the mentions in the heading, `start` its place in the text.
    """
    if match := _FOLLOWS.search(heading):
        before = [one.actor for one in named if one.span.start - start < match.start()]
        # "Ottawa – Global Affairs Canada today issued …"
        return tuple(sorted(before, key=lambda one: actors.entries[one].kind == "country")[:1])
    if _OFFICE.search(heading):
        return tuple(one.actor for one in named[:1])
    match = _BEHALF.search(heading) or _BY.search(heading) or _ISSUED.match(heading)
    if match is None:
        theirs = (one for one in reversed(named) if _THEIRS.match(heading, one.span.end - start))
        return tuple([one.actor for one in theirs][:1])
    about = _about.search(heading, match.end())
    place, end = match.end(), about.start() if about else len(heading)
    found = [one.actor for one in named if place <= one.span.start - start < end]
    if not words()["former"].isdisjoint(heading[place:end].lower().split()):
        found = [one for one in found if actors.entries[one].kind == "person"]  # "by former ministers from Europe"
    found = found if _JOINT.search(heading, 0, end) else found[:1]
    if _MINISTRY.search(heading, 0, end):  # "the Ministry of Foreign Affairs, Moscow"
        found = [actors.office(one, "foreign ministry") or one for one in found]
    return tuple(found)


def byline(heading: str, named: Sequence[Mention], actors: Actors, start: int) -> Holders:
    """Return the person whose own line a heading is: "Michael R. Pompeo, Secretary of State"."""
    first = next(iter(named), None)
    if first is None or first.span.start != start or actors.entries[first.actor].kind != "person":
        return ()
    return (first.actor,) if heading[first.span.end - start :][:1] in ("", ",") else ()


def is_kind(heading: str) -> bool:
    """Tell whether a heading only tells that a statement follows: "Press Statement", "Remarks"."""
    return _kind.fullmatch(heading) is not None


def signed(text: str) -> int:
    """Return where the names of those begin who sign a letter, 0 for a text that is none."""
    letter = _LETTER.search(text)
    closing = _CLOSING.search(text, letter.end()) if letter else None
    return closing.end() if closing else 0


def floor(said: str, named: Sequence[Mention], start: int) -> Holders:
    """Return on whose behalf somebody takes the floor in a sentence at `start`, none where nobody does."""
    match = _FLOOR.search(said)
    return tuple([one.actor for one in named if match and one.span.start - start == match.end()][:1])


def ministry(heading: str) -> str:
    """Return of what kind the ministry is whose statement a heading announces without its country, "" for none."""
    about = _about.search(heading)
    told = heading[: about.start()] if about else heading
    return ministry_named(told) if _kind.search(told) else ""


def is_spoken_for(heading: str) -> bool:
    """Tell whether a heading announces a statement by a spokesperson without saying whose."""
    return _SPOKEN_FOR.match(heading) is not None


def is_united_nations(heading: str) -> bool:
    """Tell whether a heading announces what the Secretary-General lets his spokesman say: he needs no other name."""
    return _SECRETARY_GENERAL.search(heading) is not None


def is_presidents(heading: str) -> bool:
    """Tell whether a heading announces a statement by the president without saying of what."""
    return _PRESIDENT.match(heading) is not None


def ministry_named(told: str) -> str:
    """Return of what kind the ministry is that is named, or its minister, "" for none."""
    return next((kind for kind, named in _KINDS.items() if named.search(told)), "")


def introduces(heading: str) -> bool:
    """Tell whether a transcript's heading says who answers, and he speaks for somebody: no former official."""
    return _INTERVIEW.search(heading) is not None and words()["former"].isdisjoint(heading.lower().split())


def declares(said: str, first: int, end: int) -> bool:
    """Tell whether a sentence declares what the body named from `first` to `end` holds: "The Ministry condemns …"."""
    return said[:first].lower() in ("", "the ") and said[-1] in ".!" and _DECLARES.match(said, end) is not None


def declaring(said: str) -> str:
    """Return of what kind the ministry is that a sentence begins to declare of, without its country, "" for none."""
    match = _OWN.match(said)
    return ministry_named(match[0]) if match and _DECLARES.match(said, match.end()) else ""


def is_opinion(headings: Sequence[str], text: str) -> bool:
    """Tell whether a text is marked as its author's opinion: in one of its headings, or by a line about the writer."""
    return any(map(_OPINION.match, headings)) or _SIGNED.search(text) is not None


def speaker(heading: str, named: Sequence[Mention], actors: Actors, start: int) -> Holders:
    """Return who speaks as "we" under a heading that announces no statement: the body that it names, or the author.

    Not one that its matter names: "… on the announcement of the US President".
    """
    matter = _matter.search(heading)
    end = start + (matter.start() if matter else len(heading))
    own = tuple(one.actor for one in named if one.span.start < end and actors.entries[one.actor].kind in BODIES)
    if own and (heading[-1] not in ".!?…" or heading.startswith(("We,", "The members of"))):
        return own if heading.startswith("We,") else own[:1]
    return (AUTHOR,)


def asks_for(text: str, start: int, end: int) -> bool:
    """Tell whether a question asks for the comment of whom it names before `start`: "What is China's comment?"."""
    return _COMMENT.match(text, start, end) is not None


def answers(label: str) -> bool:
    """Tell whether a transcript's label is the part of one who answers: "A", "MINISTRY REPRESENTATIVE"."""
    told = label.lower()
    return told in ("a", "answer") or not _ANSWERING.isdisjoint(told.split())
