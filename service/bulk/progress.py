"""How far a run is: a bar on stderr where that is a terminal, else nothing."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from service.bulk import running


class Silence:
    """Nobody looks."""

    def skipped(self, weight: int) -> None:
        """Say nothing."""

    def done(self, weight: int, judged: int) -> None:
        """Say nothing."""


class Bar:
    """A bar over the inputs' bytes, with the sentences judged and how many that is a second."""

    def __init__(self, shown: Progress, total: int):
        self._shown = shown
        self._left = total
        self._judged = 0
        self._started = time.monotonic()
        self._task = shown.add_task("", total=total, judged="")

    def skipped(self, weight: int) -> None:
        """Take what had been done before out of the total, so that rate and time left are those of this run."""
        self._left -= weight
        self._shown.update(self._task, total=self._left)

    def done(self, weight: int, judged: int) -> None:
        """Go on by so much."""
        self._judged += judged
        rate = self._judged / (time.monotonic() - self._started)
        self._shown.update(self._task, advance=weight, judged=f"{self._judged:,} sentences, {rate:,.0f}/s")


@contextmanager
def shown(total: int) -> Iterator[running.Progress]:
    """Show the progress over so many bytes; it goes at the end."""
    if not sys.stderr.isatty():
        yield Silence()
        return
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[judged]}"), TimeElapsedColumn())
    remaining = TimeRemainingColumn()
    with Progress(*columns, remaining, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        yield Bar(bar, total)
