"""Countries in a text: their words name them, unless they are part of another name, a mere place or a given name."""

from model.actor_offices import take_bearer
from model.actor_reading import Reading
from model.actor_text import ARTICLES, Hit

_DASHES = frozenset("(-–—")


def take_country(reading: Reading, hit: Hit, owner: str) -> None:
    """Read a country's word, or the person that it names with a title: "the Polish minister"."""
    if _names_no_country(reading, hit):
        if reading.home is None and _is_dateline(reading, hit):
            reading.home = owner
        return
    if not take_bearer(reading, hit, owner):
        reading.note(hit.start, hit.end, owner)


def _names_no_country(reading: Reading, hit: Hit) -> bool:
    return (
        reading.is_half(hit)
        or _is_in_name(reading, hit)
        or _is_namesake(reading, hit)
        or _is_only_place(reading, hit)
        or _is_dateline(reading, hit)
        or _is_given_name(reading, hit)
        or _is_pronoun(reading, hit)
    )


def _is_in_name(reading: Reading, hit: Hit) -> bool:
    """Washington Treaty, University of Washington; Anglo, but for Anglo-American."""
    word, after = reading.words[hit.start], reading.word(hit.end)
    heads = reading.directory.heads
    if after in heads.after and not word.isupper():
        return True
    if word in reading.lexicon.prefixes and after != "-":
        return True
    before = hit.start - 1 - (reading.word(hit.start - 1) in ARTICLES)
    return reading.word(before) == "of" and reading.word(before - 1) in heads.before


def _is_namesake(reading: Reading, hit: Hit) -> bool:
    """Moscow, Idaho."""
    if reading.word(hit.end) != ",":
        return False
    state, states = reading.word(hit.end + 1), reading.lexicon.states
    return state in states or f"{state} {reading.word(hit.end + 2)}" in states


def _is_only_place(reading: Reading, hit: Hit) -> bool:
    """In Vienna, the Vienna talks, a Moscow-based analyst."""
    lexicon, after = reading.lexicon, reading.word(hit.end)
    if after == "-" and reading.word(hit.end + 1) in {"based", "born"}:
        return True
    if hit.end > hit.start + 1 or reading.words[hit.start].capitalize() not in lexicon.talk_places:
        return False
    return reading.word(hit.start - 1).lower() in lexicon.placing or after.lower() in lexicon.talks


def _is_dateline(reading: Reading, hit: Hit) -> bool:
    """WASHINGTON (Reuters) -, Moscow, October 3, Riga, 2 August."""
    start = hit.start - (reading.word(hit.start - 1) in ARTICLES)
    if start and "\n" not in reading.gaps[start - 1]:
        return False
    after, then, lexicon = reading.word(hit.end), reading.word(hit.end + 1), reading.lexicon
    capitals = len(reading.words[hit.start]) > 3 and reading.words[hit.start].isupper()
    month = reading.word(hit.end + 2) if then.isdigit() else then
    dated = after == "," and (month in lexicon.months or month in lexicon.short_months)
    return dated or (capitals and after in _DASHES)


def _is_given_name(reading: Reading, hit: Hit) -> bool:
    """Paris Hilton, Chad the janitor, Kings Bay, Georgia."""
    name, lexicon = reading.words[hit.start], reading.lexicon
    if hit.end > hit.start + 1 or name not in lexicon.given_names:
        return False
    if reading.stranger_at(hit.end) or (name == "Georgia" and _is_in_state(reading, hit.start)):
        return True
    shown = lexicon.given.get(name)
    if shown is None or reading.word(hit.start - 1).lower() in lexicon.joining:
        return False
    return reading.vocabulary.isdisjoint(shown)


def _is_in_state(reading: Reading, start: int) -> bool:
    """Tell whether a place and a comma go before: "at Kings Bay, Georgia"."""
    at, lexicon = start - 2, reading.lexicon
    if reading.word(start - 1) != "," or reading.end == start - 1:
        return False
    dates = lexicon.months | lexicon.days
    while reading.word(at)[:1].isupper() and reading.word(at) not in dates and at > start - 5:
        at -= 1
    return at < start - 2 and reading.word(at).lower() in lexicon.placing


def _is_pronoun(reading: Reading, hit: Hit) -> bool:
    """JOIN US: among capitals, US after a word that is no actor."""
    if reading.words[hit.start] != "US" or reading.end == hit.start:
        return False
    before = reading.word(hit.start - 1)
    return len(before) > 1 and before.isupper() and before.isalpha() and before not in ARTICLES
