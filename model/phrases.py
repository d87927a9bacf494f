"""Reading a sentence for who may hold a stance in it: names with their offices, bodies, lists, crowds and pronouns."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

Holders = tuple[str, ...]

WORDS = Path(__file__).with_name("attribution.toml")
# How many items an apposition may have.
APPOSITION = 30
# "In his view": the pronoun that it stands for.
WHOSE = {"his": "he", "her": "she", "its": "it", "their": "they"}
_LISTED = frozenset(
    [",", "and", "or", "nor", "both", "the", "his", "her", "&", "as", "well", "along", "with", "together", "by"]
)
_SEVERAL = frozenset(
    [
        "of",
        "two",
        "three",
        "four",
        "men",
        "women",
        "leaders",
        "ministers",
        "governments",
        "cities",
        "countries",
        "parties",
        "sides",
    ]
)
VIEW = frozenset(["words", "telling", "account", "view", "opinion", "eyes", "judgement", "judgment"])


class Item(NamedTuple):
    """A word (lower case) or a mark, or a name with its `actors`; `end` is where it ends in the text."""

    text: str
    end: int
    quoted: bool
    actors: Holders = ()
    possessive: bool = False
    person: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """The items from `first` to `last` (inclusive) that name who may hold: `actors`, a `pronoun`, or else a crowd."""

    first: int
    last: int
    actors: Holders
    pronoun: str = ""
    possessive: bool = False


def phrases(items: Sequence[Item]) -> Iterator[Phrase]:
    """Yield who may hold: names with their offices and bodies, crowds, pronouns; what a name only qualifies is none."""
    known = words()
    at = 0
    while at < len(items):
        item = items[at]
        if item.quoted:
            at += 1
        elif item.actors:
            phrase = _named(items, at)
            yield phrase
            skips = not phrase.possessive and not depends(items, phrase)
            at = after_apposition(items, phrase.last + 1) if skips else phrase.last + 1
        elif (item.text in known["people"] or item.text in known["documents"]) and (body := _body(items, at)):
            yield body
            at = after_apposition(items, body.last + 1)
        elif item.text in known["crowd"]:
            yield Phrase(at, at, ())
            at += 1
        elif item.text in known["pronouns"] and _begins(items, at):
            yield Phrase(at, at, (), item.text)
            at += 1
        elif item.text in VIEW and at > 1 and items[at - 2].text == "in" and items[at - 1].text in WHOSE:
            yield Phrase(at - 2, at, (), WHOSE[items[at - 1].text])
            at += 1
        elif item.text in ("both", "all") and at + 1 < len(items) and items[at + 1].text in _SEVERAL:
            yield Phrase(at, at + 1, (), "they")
            at += 2
        else:
            at += 1


def _begins(items: Sequence[Item], at: int) -> bool:
    """Tell whether a clause may begin here: at the start, after a mark or a conjunction."""
    return (
        at == 0 or not items[at - 1].text.isalpha() or items[at - 1].text in ("and", "but", "yet", "so", "then", "that")
    )


def _named(items: Sequence[Item], at: int, names: int = 4) -> Phrase:
    """Read a phrase that begins with a name: "Russia's deputy foreign minister Sergei Ryabkov", "German officials".

    At most `names` more names are read on.
    """
    known = words()
    actors, last, possessive = items[at].actors, at, items[at].possessive
    place = at + 1
    while place < len(items) and items[place].text in known["titles"]:
        place += 1
    while place < len(items) and (items[place].text in known["people"] or items[place].text in known["documents"]):
        last, possessive = place, False
        place += 1
    if last > at or not possessive:
        name = last + 1
        follows = name < len(items) and names > 0 and items[name].actors
        if follows and not items[name].quoted and not items[name].possessive:
            seat = at > 0 and items[at - 1].text in ("in", "at", "from")  # "in Moscow President Putin"
            return replace(_named(items, name, names - 1), first=at + 1 if seat else at)
        if last > at and (bearer := _bearer(items, last)):
            return replace(bearer, first=at)
        if last > at and (named := _names(items, _qualified(items, last) + 1)):
            return replace(named, first=at)
        last = _qualified(items, last)
    possessive = items[last].possessive if last == at else False
    return Phrase(at, last, actors, possessive=possessive)


def _bearer(items: Sequence[Item], last: int) -> Phrase | None:
    """Return the person whose name ends an office: "Secretary of State [Mike Pompeo]"."""
    known = words()
    for step in range(last + 1, min(last + 8, len(items))):
        item = items[step]
        if item.person and not item.quoted and not item.possessive and step > last + 1:
            return Phrase(step, step, item.actors)
        verb = item.text in known["say"] or item.text in known["auxiliaries"] or item.text in known["leave"]
        if item.person or not item.text[0].isalpha() or verb or item.text == "by":
            return None
    return None


def _names(items: Sequence[Item], at: int) -> Phrase | None:
    """Read the names that tell whom an office means: "two chairmen[, Jim Inhofe and Jim Risch,] applauded"."""
    actors: list[str] = []
    for step in range(at, min(at + 8, len(items))):
        item = items[step]
        if item.actors and not item.possessive and not item.quoted:
            actors += item.actors
        elif actors and item.text == ",":
            return Phrase(at, step, tuple(actors))
        elif item.text == "," and step == at:
            continue
        elif item.text not in ("and", "of") and not (actors and items[step - 1].text in ("of", "new")):
            break
    return None


def _qualified(items: Sequence[Item], last: int) -> int:
    """Return the last item of what qualifies a phrase: "Arbatov [of the Moscow institute IMEMO]"."""
    place = last + 1
    if place >= len(items) or items[place].text not in ("of", "at", "on", "in", "from"):
        return last
    for step in range(place + 1, min(place + 5, len(items))):
        if items[step].actors:
            return _named(items, step).last
        if items[last].person and items[step].text == "," and items[place].text == "of":
            return step - 1  # "Elizabeth Warren of Massachusetts, who …"
        if not items[step].text.isalpha() or items[step].text in ("and", "or"):
            break
    return last


def _body(items: Sequence[Item], at: int) -> Phrase | None:
    """Read a phrase that begins with a noun for people: "a spokesman for the alliance", "an analysis by the SWP"."""
    known = words()
    place = at + 1
    while place < len(items) and items[place].text in known["people"]:
        place += 1
    if place >= len(items) or items[place].text not in ("for", "of", "at", "in", "from", "by", "to", "with", "on"):
        return None
    for step in range(place + 1, min(place + 6, len(items))):
        item = items[step]
        if item.actors:
            found = _bearer(items, step) or _named(items, step)
            return None if found.possessive else replace(found, first=at)
        if item.quoted or not (
            item.text in known["articles"] or item.text in known["titles"] or item.text in known["people"]
        ):
            return None
    return None


def after_apposition(items: Sequence[Item], at: int) -> int:
    """Return where the sentence goes on after what stands between commas, brackets or dashes behind a name."""
    if 0 < at < len(items) and items[at].text in ("who", "whose", "which") and items[at - 1].text == ",":
        at -= 1
    if at >= len(items) or items[at].text not in (",", "(", "–", "—", "--"):
        return at
    closing = {"(": (")",), ",": (",", "-", "–", "—")}.get(items[at].text, (items[at].text,))
    for step in range(at + 1, min(at + APPOSITION, len(items))):
        item = items[step]
        if item.text in (":", ";") or item.quoted:
            break
        if item.text in closing:
            if items[at].text == "," and not _is_apposition(items, at + 1, step):
                return at
            relative = step + 1 < len(items) and items[step + 1].text in ("who", "which", "whose")
            return after_apposition(items, step) if relative else step + 1
    return at


def _is_apposition(items: Sequence[Item], first: int, end: int) -> bool:
    """Tell whether the items between two commas only tell more of the name before: "Maas, the minister, said"."""
    known = words()
    start = items[first]
    if start.text in ("according", "along", "together", "and", "or", "but", "joined") or start.quoted:
        return False
    if start.text not in known["subordinators"] and items[end - 1].text in known["say"]:
        return False  # "Trump, Fihn said, has …"
    name = first + (start.text in known["articles"])
    listed = any(item.text in ("and", "or") for item in items[name + 1 : end])
    if listed and items[name].actors and not items[name].possessive and _named(items, name).last == name:
        return False  # "the SPD, the Greens and …"
    after = items[end + 1] if end + 1 < len(items) else None
    if after and any(after.text in known[name] for name in ("say", "leave", "auxiliaries", "subordinators")):
        return True
    told = ("articles", "subordinators", "titles", "people", "before")
    return any(start.text in known[name] for name in told) or start.text.endswith("ing") or bool(start.actors)


def joined(items: Sequence[Item], found: Sequence[Phrase]) -> list[Phrase]:
    """Join the phrases of a list that ends with "and" or its like: "Poland, Romania and the Baltic states"."""
    result: list[Phrase] = []
    run: list[Phrase] = []
    last = 0
    for phrase in found:
        link = _link(items, run[-1], phrase) if run else ""
        if not link:
            result += _list(run, last)
            run, last = [], 0
        run.append(phrase)
        if link == "and":
            last = len(run)
    return result + _list(run, last)


def _link(items: Sequence[Item], one: Phrase, other: Phrase) -> str:
    """Return how a phrase is joined to the next one of a list: "and" for all of its like, "," or "" for not at all."""
    if not (one.actors and other.actors) or one.possessive:
        return ""
    between = [item.text for item in items[one.last + 1 : other.first]]
    if between[:1] == ["of"] and len(between) < APPOSITION // 4:  # "Bob Menendez of New Jersey and Jack Reed"
        between = between[next((at for at, text in enumerate(between) if text in _LISTED - {"of"}), 0) :]
    if not set(between) <= _LISTED:
        between = [item.text for item in items[after_apposition(items, one.last + 1) : other.first]]
        if not between or not set(between) <= _LISTED:
            return ""
    if set(between) & {"and", "or", "nor", "&", "as", "along", "together"}:
        return "and"
    return "," if "," in between and "by" not in between else ""


def _list(run: Sequence[Phrase], last: int) -> list[Phrase]:
    """Join the first `last` phrases of a run into one, and keep the others."""
    if last < 2:
        return list(run)
    actors = tuple(dict.fromkeys(actor for phrase in run[:last] for actor in phrase.actors))
    return [replace(run[last - 1], first=run[0].first, actors=actors), *run[last:]]


def preceding(items: Sequence[Item], first: int) -> int:
    """Return the place of the last item before a phrase that is no article, title or noun for people of its own."""
    known = words()
    at = first - 1
    while at >= 0 and not items[at].quoted and not items[at].actors:
        text = items[at].text
        if text == "," and at == first - 1 and at and items[at - 1].text in known["people"]:
            at -= 1
            continue
        if not (text in known["articles"] or text in known["titles"] or text in known["people"]):
            break
        if text in known["say"]:
            break
        at -= 1
    return at


def depends(items: Sequence[Item], phrase: Phrase) -> bool:
    """Tell whether a phrase hangs on a preposition, as in "in Moscow" or "unlike Bulgaria"."""
    before = preceding(items, phrase.first)
    return before >= 0 and items[before].text in words()["before"] and items[before].text not in ("like", "than", "as")


@cache
def words() -> Mapping[str, frozenset[str]]:
    """Read the table of words; regular verbs of saying get their forms."""
    table = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    found = {name: frozenset(words.split()) for name, words in table.items()}
    return {**found, "say": found["say"] | {form for verb in found["say"] for form in _forms(verb)}}


def _forms(verb: str) -> tuple[str, str]:
    """Return a regular verb's third person and past."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies", f"{verb[:-1]}ied"
    return (
        f"{verb}{'es' if verb.endswith(('s', 'sh', 'ch', 'x')) else 's'}",
        f"{verb}{'d' if verb.endswith('e') else 'ed'}",
    )
