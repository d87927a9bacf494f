"""Titles and offices in a text: they name who bears them, by the name beside them or by who was named before."""

from model.actor_reading import Reading, Titled
from model.actor_text import ARTICLES, Hit
from model.actor_titles import BOTH, MINISTRIES, UNIONS, roles_of
from model.actor_tokens import fold

LONGEST_APPOSITION = 6  # words from the comma to the title
LONGEST_SPEECH = 5  # words from a ministry to where it speaks
_ENDING = frozenset(".!?")
_TELLING = frozenset(["said", "says", "told", "reporters", "journalists", "a", "briefing"])
# Whose ministries are called departments.
_AMERICAN = "us"


def take_role(reading: Reading, hit: Hit, role: str) -> None:
    """Read a title or an office: of the name beside it, or of somebody named before."""
    former = _is_former(reading, hit.start)
    if role in UNIONS:
        _take_union(reading, hit, role)
    elif role == BOTH:
        _take_both(reading, hit)
    elif (name := name_after(reading, hit, role)) or former:
        reading.titled = Titled(name, role, former)
        if hit.form.office and hit.owner:
            _take_parts(reading, hit, hit.owner)
    else:
        _take_holder(reading, hit, role)


def _is_former(reading: Reading, start: int) -> bool:
    before, former = reading.word(start - 1).lower(), reading.lexicon.former
    return before in former or (before == "-" and reading.word(start - 2).lower() in former)


def name_after(reading: Reading, hit: Hit, role: str) -> int:
    """Return the word at which the name of a title's bearer starts after it, or 0: "the president, Miloš Zeman"."""
    at = hit.end + (reading.word(hit.end) == "." and reading.word(hit.end - 1) in reading.lexicon.abbreviated)
    comma = reading.word(at) == ","
    name = reading.longest(at + comma)
    if name is None or not (name.form.surname or reading.is_person(name.owner)):
        return 0
    if comma:
        own = reading.directory.roles.get(name.owner or "", role)
        return name.start if reading.is_person(name.owner) and role in roles_of(own) else 0
    return at


def take_bearer(reading: Reading, hit: Hit, owner: str) -> bool:
    """Read a name with a title after it as the person who was named before: "the Polish minister", "NATO's chief"."""
    title = reading.longest(hit.end + 2 * (reading.words[hit.end : hit.end + 2] == ["'", "s"]))
    who = reading.bearers.get((title.form.title, owner)) if title else None
    if not who or not title or reading.indefinite(hit) or name_after(reading, title, title.form.title):
        return False
    reading.done = title.end
    reading.note(hit.start, title.end, who)
    return True


def _take_parts(reading: Reading, hit: Hit, owner: str) -> None:
    """Note what an office has in it when its holder's name is beside it: "Russian ambassador to the US"."""
    at, count = hit.start, len(reading.found)
    while at < hit.end:
        part = reading.longest(at, hit.end)
        if part and part.owner:
            reading.note(part.start, part.end, part.owner)
        at = part.end if part else at + 1
    titles = reading.directory.titles.starts
    cut = next((at for at in range(hit.start, hit.end) if reading.words[at].lower() in titles), hit.start)
    if count == len(reading.found) and cut > hit.start and reading.entries[owner].kind == "party":
        reading.note(hit.start, cut, owner)


def _take_holder(reading: Reading, hit: Hit, role: str) -> None:
    """Read a title or an office that no name follows: "the foreign minister", "the Russian president"."""
    top = reading.directory.tops[hit.owner] if hit.form.office and hit.owner else None
    _learn(reading, hit.start, role, top)
    if top and hit.owner:
        who: str | None = hit.owner if reading.indefinite(hit) else _holder(reading, role, hit.owner, top)
    elif role in MINISTRIES:
        who = _ministry(reading, hit, role) or hit.owner
    elif _is_definite(reading, hit):
        who = reading.bearers.get((role, _place_before(reading, hit))) or hit.owner
    else:
        who = hit.owner
    if who:
        reading.note(hit.start, hit.end, who)


def _is_definite(reading: Reading, hit: Hit) -> bool:
    """Tell whether an article goes before and nothing that tells more of it after: not "the Minister of Health"."""
    return reading.word(hit.start - 1) in ARTICLES and reading.word(hit.end) not in reading.lexicon.leading_on


def _place_before(reading: Reading, hit: Hit) -> str | None:
    """Return the country that an office is in: "in Poland the president"."""
    there = reading.end == hit.start - 1 and reading.word(reading.began - 1).lower() in reading.lexicon.placed
    return reading.countries[-1] if there and reading.countries else None


def _learn(reading: Reading, start: int, role: str, top: str | None) -> None:
    """Learn a title from an apposition: "Heiko Maas, the German foreign minister"."""
    end, one = reading.person
    if reading.word(end) != "," or not 0 < start - end <= LONGEST_APPOSITION:
        return
    between = all(word.lower() in reading.lexicon.between for word in reading.words[end + 1 : start])
    own = reading.directory.roles.get(one, role)
    if between and role in roles_of(own) and top in {None, reading.directory.tops[one]}:
        reading.learned[one] = own
        reading.bears(one, own)


def _holder(reading: Reading, role: str, owner: str, top: str) -> str:
    """Find who holds an office: a country has one president, but a spokesman for each of its ministries.

    "The Russian leader" is whoever leads there.
    """
    place = owner if role in reading.lexicon.shared_titles else top
    roles = ("leader", *reading.lexicon.sole_titles) if role == "leader" else (role,)
    return next((who for one in roles if (who := reading.bearers.get((one, place)))), owner)


def _ministry(reading: Reading, hit: Hit, role: str) -> str | None:
    """Find a ministry that no country is said of: that of the place beside it, the one named last, the minister's.

    "In Moscow a Foreign Ministry spokesman", "the foreign ministry in Tokyo"; "the ministry"; else the dateline's.
    """
    place = _place_beside(reading, hit)
    if place == _AMERICAN and hit.owner is None:
        place = None
    offices = reading.directory.offices
    ministry = offices.get((place, role)) or _ministry_before(reading, hit, role)
    ministry = ministry or offices.get((reading.home, role))
    # "Foreign Office" has an owner of its own, unless another is named so: the German one.
    phrase = " ".join(reading.words[hit.start : hit.end])
    own = ministry and hit.owner and not fold(reading.entries[ministry].name).endswith(phrase)
    return None if own else ministry


def _place_beside(reading: Reading, hit: Hit) -> str | None:
    """Return who is named after "in" behind a ministry, else the last country if it is named right before.

    "In" may stand behind a few words of speech: "a foreign ministry spokeswoman told reporters in Kyiv".
    """
    at = hit.end
    while at < hit.end + LONGEST_SPEECH and (
        reading.word(at) in reading.lexicon.speaking or reading.word(at) in _TELLING
    ):
        at += 1
    beside = reading.longest(at + 1) if reading.word(at) == "in" else None
    if beside and beside.owner:
        return beside.owner
    near = reading.end >= hit.start - 2 and reading.word(hit.start - 2) not in _ENDING
    return reading.countries[-1] if near and reading.countries else None


def _ministry_before(reading: Reading, hit: Hit, role: str) -> str | None:
    """Return the ministry named last, or that of the minister named last."""
    if not _is_definite(reading, hit):
        return None
    minister = reading.bearers.get((role.replace("ministry", "minister"), None))
    theirs = reading.entries[minister].stands_for if minister else None
    own = theirs if theirs and reading.entries[theirs].kind == "ministry" else None
    return reading.bearers.get((role, None)) or own


def _take_union(reading: Reading, hit: Hit, role: str) -> None:
    """Read "the alliance" and "the bloc", where the text says anywhere which: "the transatlantic alliance"."""
    start, lexicon = hit.start, reading.lexicon
    while reading.word(start - 1).lower() in lexicon.filling:
        start -= 1
    definite = reading.word(start - 1) in ARTICLES and reading.word(hit.end) not in lexicon.binding
    if hit.owner or (definite and role in reading.unions):
        reading.note(hit.start, hit.end, hit.owner or UNIONS[role][0])


def _take_both(reading: Reading, hit: Hit) -> None:
    """Read "both countries" and "the two governments": the last two countries named.

    Where they were not named together, and one of them was with another, it is those: "Poland and Romania endorsed the
    US decision."
    """
    both = reading.word(hit.start).lower() == "both" or reading.word(hit.start - 1) in reading.lexicon.pointing
    named = reading.countries if set(reading.countries).isdisjoint(reading.pair) else reading.pair
    if both and len(named) == 2:
        for country in named:
            reading.mention(hit.start, hit.end, country)
