"""stance classify: the stance of each text."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from service.cli import judges, showing, texts
from service.cli.asking import Answered, Card


def register(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "classify", help="the stance of each text", description="Tell the stance of each text."
    )
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="a text; a lone - takes one text a line from stdin")
    judges.add_options(parser)
    showing.add_options(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    judge = judges.choose(options)
    if options.texts == [texts.STDIN]:
        return showing.show(options, judge, judge.classify(texts.lines(sys.stdin.buffer)), None, _FORMS)
    found = judge.classify(texts.arguments(options.texts))
    return showing.show(options, judge, found, len(options.texts), _FORMS)


def _columns(labels: Sequence[str]) -> list[str]:
    return ["index", "label", "confidence", *(f"probability_{label}" for label in labels), "uncertain"]


def _rows(one: Answered, labels: Sequence[str]) -> Iterator[list[Any]]:
    answer = one.answer
    probabilities = [answer["probabilities"][label] for label in labels]
    yield [one.text.index, answer["label"], answer["confidence"], *probabilities, answer["uncertain"]]


def _table(answered: Iterable[Answered], card: Card, coloured: bool) -> Iterator[str]:
    from service.cli import table  # noqa: PLC0415  (rich: 60 ms)

    return table.stances(answered, card, coloured)


_FORMS = showing.Forms(lambda one: one.answer, _columns, _rows, _table)
