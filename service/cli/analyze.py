"""stance analyze: the stances of articles, their sentences and their actors."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from service.cli import judges, showing, texts
from service.cli.asking import Answered, Card

_OF_ACTOR = ("id", "name", "kind", "label", "confidence", "balance")


def register(commands: Any) -> None:
    """Add the subcommand."""
    described = "Tell the stances of articles: of each sentence with who holds it, of each actor, and of the whole."
    parser = commands.add_parser("analyze", help="the stances of articles and their actors", description=described)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a plain text file in UTF-8; - for stdin")
    judges.add_options(parser)
    showing.add_options(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    judge = judges.choose(options)
    found = judge.analyze(texts.files(options.files, sys.stdin.buffer))
    return showing.show(options, judge, found, len(options.files), _FORMS)


def _value(one: Answered) -> dict[str, Any]:
    return {"file": one.text.where, **one.answer}


def _columns(_: Sequence[str]) -> list[str]:
    return ["file", *_OF_ACTOR, "sentences"]


def _rows(one: Answered, _: Sequence[str]) -> Iterator[list[Any]]:
    for actor in one.answer["actors"]:
        if actor["label"] is not None:
            yield [one.text.where, *(actor[name] for name in _OF_ACTOR), len(actor["sentences"])]


def _table(answered: Iterable[Answered], card: Card, coloured: bool) -> Iterator[str]:
    from service.cli import table  # noqa: PLC0415  (rich: 60 ms)

    return table.articles(answered, card, coloured)


_FORMS = showing.Forms(_value, _columns, _rows, _table)
