"""The summary of a run: every actor's month in numbers, `summary.csv`, and as a plot, `balance.png`."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from service.bulk import writing
from service.bulk.tally import EVERYBODY, UNIT, Cell, Tally

CSV, PLOT = "summary.csv", "balance.png"
_Z = 1.959964
# Articles added to each side, so that few that agree do not look certain: z²/2 of them (Agresti and Coull 1998).
_ADDED = 2


def write(out: Path, tally: Tally, labels: Sequence[str], roles: Mapping[str, str]) -> None:
    """Write the summary into a folder, each file beside and renamed; raises `OSError`.

    The plot wants a model with roles and an article with a date. Cost: 10 µs a row, and the plot some seconds.
    """
    files = {CSV: table(tally, labels, roles).encode()}
    if {"support", "criticism"} <= roles.keys():
        from service.bulk import plot  # noqa: PLC0415  (matplotlib: half a second)

        if drawn := plot.balances(tally, roles):
            files[PLOT] = plot.png(drawn)
    for name, content in files.items():
        writing.put(out / name, content)


def table(tally: Tally, labels: Sequence[str], roles: Mapping[str, str]) -> str:
    """Lay a tally out as CSV, a row for each actor and month, the whole archive first: the same bytes for the same."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    shares = [f"share_{label}" for label in labels]
    writer.writerow(
        ["actor", "name", "month", "articles", "sentences", *shares, "balance", "balance_low", "balance_high"]
    )
    for (month, actor), cell in sorted(tally.cells.items(), key=lambda one: (one[0][1] != EVERYBODY, one[0][::-1])):
        name = tally.names.get(actor, "whole archive")
        writer.writerow([actor, name, month, cell.articles, cell.sentences, *_figures(cell, labels, roles)])
    return text.getvalue()


def _figures(cell: Cell, labels: Sequence[str], roles: Mapping[str, str]) -> Iterator[str]:
    for label in labels:
        yield f"{cell.labels.get(label, 0) / UNIT / cell.sentences:.4f}"
    found = balance(cell, roles)
    for value in found or ():
        # Without the sign of a zero that was rounded.
        yield f"{round(value, 4) + 0.0:.4f}"
    if not found:
        yield from ("", "", "")


def balance(cell: Cell, roles: Mapping[str, str]) -> tuple[float, float, float] | None:
    """Return the share of support less that of criticism with its 95% interval; `None` for a model without roles.

    The balance is a ratio of two sums over articles, since the sentences of one stand together; its variance is the
    linearised one (Cochran 1977, Sampling Techniques, 6.4 and 9A.1). Where all agree that would be 0; so the interval
    is made with articles added, `_ADDED` wholly on each side (Agresti and Coull 1998), of the size of the article in
    which a sentence stands on average, Σn²/Σn. Of one article nothing is known of how articles differ. In simulations
    from 2 articles on, it covers the truth at least 93 times in 100 (tests/service/bulk/test_summary.py). What it
    allows for is the choice of articles, not the model's errors.
    """
    if not {"support", "criticism"} <= roles.keys():
        return None
    support, criticism = (cell.labels.get(roles[side], 0) / UNIT for side in ("support", "criticism"))
    value = (support - criticism) / cell.sentences
    if cell.articles == 1:
        return value, -1.0, 1.0
    nn, nd, dd = cell.squares[0], cell.squares[1] / UNIT, cell.squares[2] / UNIT**2
    size = nn / cell.sentences
    articles, sentences = cell.articles + 2 * _ADDED, cell.sentences + 2 * _ADDED * size
    added = 2 * _ADDED * size**2
    middle = (support - criticism) / sentences
    squares = max(0.0, (dd + added) - 2 * middle * nd + middle**2 * (nn + added))
    half = _Z * math.sqrt(squares * articles / (articles - 1)) / sentences
    return value, max(-1.0, middle - half), min(1.0, middle + half)
