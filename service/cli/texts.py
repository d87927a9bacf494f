"""Arguments, lines and files to texts."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from service.cli.asking import Fault, Handful, Text

STDIN = "-"
_PIECE_BYTES = 2**16


def arguments(given: Sequence[str]) -> Iterator[Handful]:
    """Yield the texts that stand on the command line, as one handful."""
    yield [_text(index, f"text {index + 1}", os.fsencode(one)) for index, one in enumerate(given)]


def lines(source: BinaryIO) -> Iterator[Handful]:
    """Yield one text a line, as soon as lines are there. A blank one counts and is no text. Cost: linear."""
    held: list[bytes] = []
    number = 0
    while piece := source.read1(_PIECE_BYTES):  # type: ignore[attr-defined]  # BinaryIO leaves it out
        ended, newline, rest = piece.rpartition(b"\n")
        if not newline:
            held.append(piece)
            continue
        whole = b"".join([*held, ended]).split(b"\n")
        yield _handful(number, whole)
        number += len(whole)
        held = [rest]
    yield _handful(number, [b"".join(held)])


def files(names: Sequence[str], stdin: BinaryIO) -> Iterator[Handful]:
    """Yield one text a file, `-` for stdin, each read when it is asked for."""
    for index, name in enumerate(names):
        try:
            content = stdin.read() if name == STDIN else Path(name).read_bytes()
        except OSError as fault:
            yield [Fault(name, fault.strerror or "cannot be read")]
        else:
            yield [_text(index, name, content)]


def printable(text: str) -> str:
    """Return a text on one line, without what would steer a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _handful(number: int, whole: Sequence[bytes]) -> Handful:
    numbered = enumerate(whole, number)
    return [_text(index, f"line {index + 1}", line.removesuffix(b"\r")) for index, line in numbered if line.strip()]


def _text(index: int, where: str, content: bytes) -> Text | Fault:
    """Decode a text; the service would refuse NUL too, which stands in binary files and in UTF-16."""
    if b"\0" in content:
        return Fault(where, "has a NUL character: no plain text in UTF-8")
    try:
        return Text(index, where, content.decode("utf-8"))
    except UnicodeDecodeError as fault:
        return Fault(where, f"is not UTF-8: byte {fault.start} is wrong")
