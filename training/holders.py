"""Measuring who holds what: attribution on the corpus's holders, and actors' stances on whole documents."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from model import attribution, transcripts
from model.actors import Actors
from model.analyzer import Analyzer
from model.newcomers import PREFIX
from model.values import Span
from training import corpus, scores

NOBODY = "nobody"
COMMONEST = 10
_ended = re.compile(r"[.!?…:][\"'”’)\]]*$")

Documents = Mapping[str, Sequence[Mapping[str, str]]]


def documents(name: str) -> dict[str, list[Mapping[str, str]]]:
    """Read one of the corpus' files: the rows of each document that runs, in order."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for row in corpus.read(name):
        if row["part"] == "document":
            found.setdefault(row["document"], []).append(row)
    return found


def laid_out(rows: Sequence[Mapping[str, str]]) -> tuple[str, list[Span]]:
    """Join a document's sentences and return the text and their spans.

    Those without a full stop stand on lines of their own; those with a transcript's label begin one, as in print.
    """
    text, spans = "", []
    for row in rows:
        if text:
            goes_on = _ended.search(text) and transcripts.label(row["text"], 0) is None
            text += " " if goes_on else "\n\n"
        spans.append(Span(len(text), len(text) + len(row["text"])))
        text += row["text"]
    return text, spans


def attributed(found: Documents, table: Actors, roles: Mapping[str, str], agent: str | None) -> dict[str, Any]:
    """Measure attribution alone, given the labels by hand: precision and recall over pairs of sentence and holder.

    `exact` counts the very actor; `top` whom it stands for in the end, so that a minister found as his country is
    right. `first_named` is the baseline that takes the first actor named in the sentence. `failures` are the commonest
    pairs of kinds: whose stance it is, and whose it was taken for. `agent` is who leaves, by `attribution.agent`. The
    labels name nobody whom the table does not know, so whom a text introduces counts as whom he stands for, or nobody.
    """
    pairs = {name: Counter[str]() for name in ("exact", "top", "first_named")}
    failures: Counter[str] = Counter()
    for rows in found.values():
        text, spans = laid_out(rows)
        cast, mentions = table.read(text)
        sides = [next((role for role, label in roles.items() if label == row["label"]), None) for row in rows]
        sides = [None if side == "neutral" else side for side in sides]
        for row, span, side, held in zip(
            rows, spans, sides, attribution.attribute(text, spans, mentions, cast, sides, agent), strict=True
        ):
            if side is None:
                continue
            gold, got = {one for one in row["holder"].split(";") if one}, cast.listed(held)
            within = (one.actor for one in mentions if span.start <= one.span.start < span.end)
            named = [one for one in within if one in table.entries]
            pairs["exact"] += _compared(gold, got)
            pairs["top"] += _compared({_top(one, table) for one in gold}, {_top(one, table) for one in got})
            pairs["first_named"] += _compared(gold, set(named[:1]))
            if gold != got:
                failures[f"{_kind(gold, table)} taken for {_kind(got, table)}"] += 1
    return {
        **{name: _rates(counts) for name, counts in pairs.items()},
        "failures": [{"failure": name, "sentences": count} for name, count in failures.most_common(COMMONEST)],
    }


def stances(found: Documents, analyzer: Analyzer) -> dict[str, Any]:
    """Measure the actors' stances on documents whose actors are labelled by hand (`test_actors.csv`).

    `found` is the share of the labelled actors that the analyzer gives a stance, `precision` the share of those it
    gives one that are labelled, `accuracy` and `scores` (macro-F1) the stance of those found, beside the majority's. An
    actor who holds both sides alike is labelled neutral, which the analyzer seldom says of one.
    """
    gold = {(row["document"], row["actor"]): row["label"] for row in corpus.read("test_actors.csv")}
    got = {
        (name, actor.id): actor.label
        for name, rows in found.items()
        for actor in analyzer.analyze(laid_out(rows)[0]).actors
        if actor.label not in (None, analyzer.manifest.roles.get("neutral")) and not actor.id.startswith(PREFIX)
    }
    roles = analyzer.manifest.roles
    held = {one: roles[label] for one, label in gold.items() if one[0] in found and one[1] != attribution.AUTHOR}
    both = [one for one in held if one in got]
    labels = sorted(set(held.values()) | set(got.values()))
    expected = [held[one] for one in both]
    majority, _ = Counter(held.values()).most_common(1)[0]
    others = sum(one[1] != attribution.AUTHOR for one in got)
    told = scores.scores(labels, expected, [got[one] for one in both]) if both else {}
    baseline = scores.scores(labels, expected, [majority] * len(both)) if both else {}
    return {
        "actors": len(held),
        "found": len(both) / max(len(held), 1),
        "precision": len(both) / max(others, 1),
        "accuracy": told.get("accuracy", 0.0),
        "majority_accuracy": baseline.get("accuracy", 0.0),
        "scores": told.get("macro_f1", 0.0),
        "majority": baseline.get("macro_f1", 0.0),
    }


def _compared(gold: set[str], got: set[str]) -> Counter[str]:
    return Counter(right=len(gold & got), wrong=len(got - gold), missed=len(gold - got))


def _rates(counts: Mapping[str, int]) -> dict[str, float]:
    right = counts["right"]
    return {"precision": right / max(right + counts["wrong"], 1), "recall": right / max(right + counts["missed"], 1)}


def _top(actor: str, table: Actors) -> str:
    return (actor, *table.chain(actor))[-1]


def _kind(actors: set[str], table: Actors) -> str:
    return " and ".join(sorted({table.entries[actor].kind for actor in actors})) or NOBODY
