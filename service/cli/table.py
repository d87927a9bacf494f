"""Answers for a person at a terminal, and the bar of long input. The one place here that imports rich."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from rich import box
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from service.cli.asking import Answered, Card
from service.cli.texts import printable

_COLOURS = {"support": "green", "criticism": "red", "neutral": "bright_black"}
_HALF = 5
Values = Mapping[str, Any]


def stances(answered: Iterable[Answered], card: Card, coloured: bool) -> Iterator[str]:
    """Yield a line for each text: label, confidence, why it is uncertain, the text as far as it fits; then evidence."""
    page = _Page(card, coloured)
    width = max(map(len, card.labels))
    for one in answered:
        label = page.label(one.answer)
        label.pad_right(width - len(one.answer["label"]))
        line = Text.assemble(label, "  ", printable(one.text.content), no_wrap=True, overflow="ellipsis")
        yield page.render(line, *(Text(f"    {_terms(one)}") for one in one.answer.get("evidence", ())))


def articles(answered: Iterable[Answered], card: Card, coloured: bool) -> Iterator[str]:
    """Yield a page for each article: the whole, the actors that hold a stance, the sentences."""
    page = _Page(card, coloured)
    for one in answered:
        yield page.render(*page.article(one))


def versions(found: Iterable[Values], coloured: bool) -> str:
    """Return a line for each version of a models folder, the current one marked."""
    page = _Page(Card((), {}), coloured)
    table = _table("version", "", "published", "rows", "macro-F1", "test", "target")
    table.columns[2].no_wrap = True
    for one in found:
        current = Text("current", "green") if one["current"] else ""
        figures = (f"{one[name]:.3f}" if one[name] is not None else "" for name in ("macro_f1", "test_macro_f1"))
        published = one["published"].replace("T", " ").removesuffix("Z")
        rows = "" if one["rows"] is None else f"{one['rows']:,}"
        table.add_row(one["version"], current, published, rows, *figures, printable(one["target"]))
    return page.render(table)


@contextmanager
def bar(total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr that says how many of how many are done; it goes at the end."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    # stdout stays as it is: rich would send it to its own console, which is stderr.
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as shown:
        task = shown.add_task("", total=total)
        yield lambda done: shown.update(task, completed=done)


class _Page:
    """What depends on the model and the terminal."""

    def __init__(self, card: Card, coloured: bool):
        colours: Literal["auto"] | None = "auto" if coloured else None
        self._console = Console(file=sys.stdout, color_system=colours, markup=False, emoji=False, highlight=False)
        self._colours = {label: _COLOURS.get(role, "") for role, label in card.roles.items()}

    def render(self, *parts: RenderableType) -> str:
        """Return the parts below one another as the terminal takes them."""
        with self._console.capture() as captured:
            self._console.print(Group(*parts))
        return captured.get()

    def label(self, judged: Values) -> Text:
        """Return a label in its side's colour with its confidence, and why it is uncertain."""
        shown = Text.assemble((judged["label"], self._colours.get(judged["label"], "")), f" {judged['confidence']:.2f}")
        if judged.get("uncertain"):
            shown.append(f" {judged['uncertain']}", "yellow")
        return shown

    def article(self, one: Answered) -> Iterator[RenderableType]:
        """Yield the parts of an article's page."""
        answer = one.answer
        yield Text.assemble((printable(one.text.where), "bold"), "  ", self.label(answer))
        yield Text("  ").join([self._share(*share) for share in answer["shares"].items()] + [_balance(answer)])
        names = {actor["id"]: actor["name"] for actor in answer["actors"]}
        holders = [actor for actor in answer["actors"] if actor["label"] is not None]
        yield self._actors(holders, names) if holders else ""
        yield self._sentences(one, names)

    def _share(self, label: str, share: float) -> Text:
        return Text(f"{label} {share:.0%}", self._colours.get(label, ""))

    def _actors(self, holders: Sequence[Values], names: Mapping[str, str]) -> Table:
        table = _table("actor", "kind", "stance", "criticism – support", "sentences", "via")
        for actor in holders:
            via = ", ".join(names[one] for one in actor["via"])
            numbered = str(len(actor["sentences"]))
            table.add_row(actor["name"], actor["kind"], self.label(actor), _balance(actor), numbered, via)
        return table

    def _sentences(self, one: Answered, names: Mapping[str, str]) -> Table:
        answer = one.answer
        table = _table("stance", "held by", "sentence")
        evidence = map(_terms, answer.get("evidence", ()))
        for sentence in answer["sentences"]:
            reads = Text(printable(one.text.content[sentence["start"] : sentence["end"]]))
            if why := next(evidence, None):
                reads = Text.assemble(reads, "\n", (why, "italic"))
            table.add_row(self.label(sentence), ", ".join(names[one] for one in sentence["actors"]), reads)
        return table


def _table(*columns: str) -> Table:
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    table.columns[0].no_wrap = True
    return table


def _balance(judged: Values) -> Text:
    """Draw a balance as a bar that goes from the middle left to criticism or right to support, with its number."""
    balance = judged["balance"]
    if balance is None:
        return Text("")
    cells = "█" * round(abs(balance) * _HALF)
    left, right = (cells, "") if balance < 0 else ("", cells)
    return Text.assemble((left.rjust(_HALF, "·"), "red"), "│", (right.ljust(_HALF, "·"), "green"), f" {balance:+.2f}")


def _terms(evidence: Values) -> str:
    """Return the terms that moved a sentence's label, with their weights."""
    return " · ".join(f"{printable(term['term'])} {term['weight']:+.2f}" for term in evidence["terms"])
