"""Surnames in a text: whose they are, and where they are another's or no names at all."""

from model.actor_reading import Reading
from model.actor_text import Hit
from model.actor_titles import roles_of


def bearer(reading: Reading, hit: Hit) -> str | None:
    """Tell whose a surname is: his whom the title fits, his who was named last, or his who needs no first name."""
    title = reading.titled.role if reading.titled.at == hit.start else ""
    called = bool(title) or _is_honoured(reading, hit.start)
    if reading.is_half(hit) or _is_word(reading, hit, called) or not (called or _is_alone(reading, hit)):
        return None
    persons = [one for one in hit.form.surname if not title or title in roles_of(reading.role(one) or title)]
    fitting = [one for one in persons if title and reading.role(one)]
    if some := fitting or [one for one in hit.form.surname if one in reading.named]:
        return max(some, key=lambda one: reading.named.get(one, -1))
    sole = called and title not in reading.lexicon.sole_titles and len(persons) == 1
    return persons[0] if sole else hit.form.free


def _is_honoured(reading: Reading, start: int) -> bool:
    """Tell whether "Mr" or the like goes before, or an abbreviated title with its stop."""
    stop = reading.word(start - 1) == "." and reading.word(start - 2) in reading.lexicon.abbreviated
    return stop or reading.word(start - 1) in reading.lexicon.honorifics


def _is_alone(reading: Reading, hit: Hit) -> bool:
    """Tell whether no other's first name goes before: not "Ivanka Trump", nor "George H. W. Bush"."""
    start, lexicon = hit.start, reading.lexicon
    name, before = reading.word(start - 1), reading.word(start - 2)
    if reading.end == start or (start and "\n\n" in reading.gaps[start - 1]):
        return True
    if name == "." and len(before) == 1 and before.isupper():
        return _fits_initial(reading, hit)
    if not name.isalpha() or not name[0].isupper() or name.isupper() or before.lower() in lexicon.placed:
        return True
    if name.lower() in lexicon.openers or name.endswith(("ly", "ing", "ed")):
        return True
    return name in lexicon.months or name in lexicon.days


def _fits_initial(reading: Reading, hit: Hit) -> bool:
    """Tell whether the initials before a surname are those of one who bears it: "S. V. Lavrov"."""
    first = hit.start - 4
    two = reading.word(first + 1) == "." and len(reading.word(first)) == 1
    initial = reading.word(first if two else first + 2)
    return any(reading.entries[one].name[0] == initial for one in hit.form.surname)


def _is_word(reading: Reading, hit: Hit, called: bool) -> bool:
    """Tell whether a surname that is a word is no surname here: in May, May the treaty last, Graham Allison."""
    if hit.form.free:
        return False
    if not called and reading.words[hit.start] == "May":
        return _is_month_or_verb(reading, hit)
    return reading.stranger_at(hit.end)


def _is_month_or_verb(reading: Reading, hit: Hit) -> bool:
    before, after = reading.word(hit.start - 1), reading.word(hit.end)
    if before.lower() in reading.lexicon.before_may or before.isdigit() or after.isdigit():
        return after != "'"
    return after in reading.lexicon.after_may or reading.stranger_at(hit.end)
