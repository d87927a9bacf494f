"""stance: the command line, over `model` only, or over HTTP where it is given a URL."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

from service.bulk import bulk
from service.cli import analyze, classify, models, moves
from service.cli.asking import UnavailableError, UnwritableError

# Each adds its subcommands by `register(commands)`, which sets `run`, from the options to the exit status.
_COMMANDS = (classify, analyze, bulk, models, moves)
_UNAVAILABLE, _UNWRITABLE = 3, 4
_INTERRUPTED = 130  # 128 and the signal's number, as a shell has it
STATUSES = """exit status:
  0  all is answered
  1  something could not be read or judged: it is named on stderr, all else is answered
  2  wrong usage
  3  no model that verifies, no service, or no scheduler
  4  the folder to write to cannot be written
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status, those of `STATUSES`. Wrong usage raises `SystemExit(2)`."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # JSON is UTF-8 in any locale, and a file may have a name that is not.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return int(options.run(options))
    except (UnavailableError, UnwritableError) as fault:
        print(f"stance: {fault}", file=sys.stderr)
        return _UNWRITABLE if isinstance(fault, UnwritableError) else _UNAVAILABLE
    except BrokenPipeError:
        # The reader has had enough. What is left in the buffer goes nowhere, else Python complains of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """A parser, and so each command's, whose help ends with the statuses."""

    def __init__(self, **options: Any):
        super().__init__(epilog=STATUSES, formatter_class=argparse.RawDescriptionHelpFormatter, **options)


def _parser() -> argparse.ArgumentParser:
    described = "Tell whether texts support, criticise or are neutral toward the model's target."
    parser = _Parser(prog="stance", description=described)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.register(commands)
    return parser
