"""The plot of balances over time, drawn without a display, in the manner of the reports' plots."""

import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from service.bulk.summary import balance
from service.bulk.tally import EVERYBODY, NO_DATE, UNREADABLE_DATE, Cell, Tally

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACTORS = 12
_COLUMNS = 3
_INK, _PALE, _OTHER = "#1f4e79", "#8fb4d9", "#d55e00"
# A month before the first or after the last that has this share of the busiest one's articles is a slip of the pen.
_LEAST = 0.01
_TICKS = 5
_STEPS = (1, 2, 3, 6, *(12 * years for years in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)))

Series = NDArray[np.float64]


def png(drawn: "Figure") -> bytes:
    """Return a figure as a PNG."""
    file = io.BytesIO()
    drawn.savefig(file, format="png", dpi=110)
    return file.getvalue()


def balances(tally: Tally, roles: Mapping[str, str]) -> "Figure | None":
    """Draw the balance of the most frequent actors by month, each with its 95% interval.

    Each actor has a panel of its own, with the whole archive's balance for comparison; where no actor holds anything
    the archive has it. The axes go from the first to the last month that has more than stray articles; how many
    articles are not drawn stands above. Returns `None` where no article has a date.
    """
    months, undated = _months(tally)
    if EVERYBODY not in months:
        return None
    archive = months.pop(EVERYBODY)
    least = _LEAST * max(cell.articles for cell in archive.values())
    within = [month for month, cell in archive.items() if cell.articles >= least]
    first, last = min(within), max(within)
    stray = sum(cell.articles for month, cell in archive.items() if not first <= month <= last)
    panels = _most_frequent(tally, months, first, last) or [("Whole archive", archive)]
    drawn, grid = _figure(len(panels), first, last)
    whole = _series(archive, first, last, roles)
    for axes, (name, cells) in zip(grid, panels, strict=False):
        count = sum(cell.articles for month, cell in cells.items() if first <= month <= last)
        _panel(axes, f"{name} ({count:,})", _series(cells, first, last, roles), None if cells is archive else whole)
    left_out = {"no date": undated[NO_DATE], "an unreadable date": undated[UNREADABLE_DATE]}
    left_out["a date in a stray month before or after"] = stray
    said = ", ".join(f"{count:,} with {why}" for why, count in left_out.items() if count)
    drawn.suptitle("Balance by month (and articles)" + (f"\nnot drawn: {said}" if said else ""), fontsize=11)
    drawn.supylabel("criticism −1 … +1 support", fontsize=11)
    drawn.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return drawn


def _months(tally: Tally) -> tuple[dict[str, dict[int, Cell]], Counter[str]]:
    """Return the cells of each actor by the month's number, and how many articles have no month and why."""
    months: dict[str, dict[int, Cell]] = defaultdict(dict)
    undated: Counter[str] = Counter()
    for (month, actor), cell in tally.cells.items():
        if month not in {NO_DATE, UNREADABLE_DATE}:
            year, of_year = month.split("-")
            months[actor][12 * int(year) + int(of_year) - 1] = cell
        elif actor == EVERYBODY:
            undated[month] = cell.articles
    return months, undated


def _most_frequent(
    tally: Tally, months: Mapping[str, Mapping[int, Cell]], first: int, last: int
) -> list[tuple[str, Mapping[int, Cell]]]:
    """Return the names and months of the actors that hold a stance in the most articles."""
    articles = {
        actor: sum(cell.articles for month, cell in cells.items() if first <= month <= last)
        for actor, cells in months.items()
    }
    chosen = sorted(articles, key=lambda actor: (-articles[actor], actor))[:ACTORS]
    return [(tally.names[actor], months[actor]) for actor in chosen if articles[actor]]


def _figure(panels: int, first: int, last: int) -> "tuple[Figure, Sequence[Axes]]":
    """Return a figure with so many panels on the same axes: at most `_TICKS` months, or Januaries, by name."""
    # Here, since importing it reads files and takes half a second.
    from matplotlib.figure import Figure  # noqa: PLC0415

    rows, columns = -(-panels // _COLUMNS), min(panels, _COLUMNS)
    drawn = Figure(figsize=(3.8 * max(columns, 2), 2.1 * rows + 1.2), layout="constrained")
    grid = np.ravel(drawn.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)).tolist()
    step = next(step for step in _STEPS if (last - first) / step < _TICKS)
    ticks = [month for month in range(first, last + 1) if month % step == 0] or [first]
    names = [f"{month // 12}" if step % 12 == 0 else f"{month // 12}-{month % 12 + 1:02}" for month in ticks]
    grid[0].set(xlim=(first - 0.5, last + 0.5), ylim=(-1.05, 1.05), yticks=[-1, -0.5, 0, 0.5, 1])
    grid[0].set_xticks(ticks, names)
    for axes in grid[panels:]:
        axes.axis("off")
    for axes in grid[:panels][-columns:]:
        axes.tick_params(labelbottom=True, labelsize=9)
    return drawn, grid


def _series(cells: Mapping[int, Cell], first: int, last: int, roles: Mapping[str, str]) -> Series:
    """Return for each month its number, balance and interval; NaN where there is nothing."""
    rows = [
        (month, *((month in cells and balance(cells[month], roles)) or (np.nan,) * 3))
        for month in range(first, last + 1)
    ]
    return np.array(rows).T


def _panel(axes: "Axes", name: str, series: Series, whole: Series | None) -> None:
    """Draw intervals as bars that make a band, balances as a line that is broken where months are missing."""
    months, value, low, high = series
    axes.fill_between(
        np.repeat(months, 2) + np.tile([-0.5, 0.5], len(months)),
        np.repeat(low, 2),
        np.repeat(high, 2),
        color=_PALE,
        alpha=0.6,
        linewidth=0,
        label="95% interval",
    )
    axes.plot(months, value, "o-", color=_INK, markersize=2, linewidth=1, label="balance")
    if whole is not None:
        there = ~np.isnan(whole[1])
        axes.plot(whole[0, there], whole[1, there], "--", color=_OTHER, linewidth=1, label="whole archive")
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set_title(name, fontsize=10)
    axes.grid(visible=True, alpha=0.3)
