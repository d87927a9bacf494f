"""How far annotators agree: Cohen's kappa of each two, Krippendorff's alpha of all."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

# Anybody may send a correction under any name: ten thousand names on one sentence would be fifty million pairs.
MOST_ANNOTATORS = 50

# Of a sentence, by annotator.
Labels = Mapping[str, str]


def agreement(submitted: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """Tell how far annotators agree on what they labelled, given as (sentence, annotator, label) in order of time.

    Of what one annotator says of one sentence the last counts. Pairs are those of the `MOST_ANNOTATORS` who labelled
    most of the sentences that others labelled too. Cost: all of it is held, a few hundred bytes a sentence; the pairs
    take time with the sentences times the square of the annotators of each.
    """
    units: dict[str, dict[str, str]] = {}
    for unit, annotator, label in submitted:
        units.setdefault(unit, {})[annotator] = label
    shared = [labels for labels in units.values() if len(labels) > 1]
    return {"sentences": len(shared), "alpha": alpha(shared), "pairs": _pairs(shared)}


def kappa(labels: Iterable[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of two annotators' labels, sentence by sentence; None where chance alone is agreement."""
    both = Counter(labels)
    total = both.total()
    first, second = Counter[str](), Counter[str]()
    for (one, other), times in both.items():
        first[one] += times
        second[other] += times
    agreed = sum(times for (one, other), times in both.items() if one == other)
    # Both in squares of sentences, so that nothing is rounded before the division.
    chance = sum(times * second[label] for label, times in first.items())
    return None if chance == total**2 else (agreed * total - chance) / (total**2 - chance)


def alpha(shared: Sequence[Labels]) -> float | None:
    """Return Krippendorff's alpha for nominal labels; None where there are fewer than two labels."""
    # Here, since only who asks needs it.
    import krippendorff  # noqa: PLC0415

    counts = [Counter(labels.values()) for labels in shared]
    names = sorted(set().union(*counts))
    if len(names) < 2:
        return None
    table = [[count[name] for name in names] for count in counts]
    return float(krippendorff.alpha(value_counts=table, level_of_measurement="nominal"))


def _pairs(shared: Sequence[Labels]) -> list[dict[str, Any]]:
    busiest = dict(Counter(name for labels in shared for name in labels).most_common(MOST_ANNOTATORS))
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for labels in shared:
        for one, other in combinations(sorted(labels.keys() & busiest), 2):
            found.setdefault((one, other), []).append((labels[one], labels[other]))
    return [
        {"annotators": list(pair), "sentences": len(labels), "kappa": kappa(labels)}
        for pair, labels in sorted(found.items())
    ]
