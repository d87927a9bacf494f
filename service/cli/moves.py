"""stance promote and stance rollback: which version of a models folder is the current one."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.cli import judges
from service.cli.asking import UnavailableError, UnwritableError

_LETTERS = 12


def register(commands: Any) -> None:
    """Add the subcommands."""
    described = "Verify a version of a models folder and make it the current one; running services take it up."
    promote = commands.add_parser("promote", help="make a version the current one", description=described)
    promote.add_argument("version", type=version, metavar="VERSION", help="as `stance models` names it, in full")
    promote.set_defaults(run=_promote)
    described = "Promote the version that was current before; a rollback of a rollback comes back."
    rollback = commands.add_parser("rollback", help="go back to the version before", description=described)
    rollback.set_defaults(run=_rollback)
    for parser in (promote, rollback):
        judges.add_models(parser, "models folder")


def version(given: str) -> str:
    """Return a version's name; raises `ArgumentTypeError`. argparse shows this function's name."""
    if len(given) != _LETTERS or set(given) - set("0123456789abcdef"):
        raise argparse.ArgumentTypeError(f"not a version: {_LETTERS} hex digits in lower case")
    return given


def _promote(options: argparse.Namespace) -> int:
    from model import versions  # noqa: PLC0415  (numpy and the model: a quarter of a second)

    return _move(judges.models(options), lambda models: versions.promote(models, options.version))


def _rollback(options: argparse.Namespace) -> int:
    from model import versions  # noqa: PLC0415  (as above)

    return _move(judges.models(options), versions.rollback)


def _move(models: Path, step: Callable[[Path], object]) -> int:
    from model import ArtifactError, versions  # noqa: PLC0415  (as above)

    before = versions.current(models)
    try:
        step(models)
    except ArtifactError as fault:
        raise UnavailableError(str(fault)) from None
    except OSError as fault:
        raise UnwritableError(f"{models} cannot be written: {fault.strerror}") from None
    print(f"version {versions.current(models)} is current, after {before or 'none'}")
    return 0
