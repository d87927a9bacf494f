"""stance bulk: an archive of texts, scored by many processes."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from service.cli import judges

_LIBRARIES = ("dask", "distributed", "matplotlib", "pyarrow", "rich")
_WRONG_USAGE = 2
_PART_BYTES = 2**22


def register(commands: Any) -> None:
    """Add the subcommand."""
    described = (
        "Score an archive: NDJSON (.ndjson, .jsonl), CSV (.csv, .tsv), either also as .gz, .zst, .bz2, .xz, and "
        "Parquet. A run that was ended goes on where it stopped when the same command is given again."
    )
    parser = commands.add_parser("bulk", help="an archive of texts, by many processes", description=described)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="a file, a folder or a glob in quotes")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write to")
    judges.add_models(parser, "models folder or version")
    parser.add_argument("--unit", choices=["article", "sentence"], default="article", help="as /analyze, or /classify")
    parser.add_argument("--format", choices=["parquet", "ndjson"], default="parquet", help="default: %(default)s")
    parser.add_argument("--text-column", default="text", metavar="NAME", help="default: %(default)s")
    for name in ("id", "date"):
        parser.add_argument(f"--{name}-column", metavar="NAME", help=f"default: {name}, which may be missing")
    parser.add_argument(
        "--part-bytes", type=_size, default=_PART_BYTES, metavar="N", help="size of a task's part (default: 4 MiB)"
    )
    parser.add_argument(
        "--share", type=_share, default=(0, 1), metavar="K/N", help="take every Nth file only, beginning with file K"
    )
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--workers", type=_size, metavar="N", help="processes on this machine (default: one a core)")
    who.add_argument("--scheduler", type=_address, metavar="ADDRESS", help="a Dask scheduler's, as tcp://host:8786")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    missing = [name for name in _LIBRARIES if not find_spec(name)]
    if missing:
        print(f"stance: bulk wants {', '.join(missing)}: pip install 'stance[bulk]'", file=sys.stderr)
        return _WRONG_USAGE
    from service.bulk import session  # noqa: PLC0415  (Dask and pyarrow: a second)

    return session.score(options)


def _size(given: str) -> int:
    if not (given.isascii() and given.isdigit() and int(given[:12]) > 0):
        raise argparse.ArgumentTypeError("not a whole number of 1 or more")
    return int(given[:12])


def _share(given: str) -> tuple[int, int]:
    number, _, count = given.partition("/")
    if not (count.isascii() and count.isdigit() and number.isascii() and number.isdigit() and int(number) < int(count)):
        raise argparse.ArgumentTypeError("not K/N with K from 0 to N-1")
    return int(number), int(count)


def _address(given: str) -> str:
    scheme, _, rest = given.partition("://")
    if scheme not in {"tcp", "tls"} or ":" not in rest:
        raise argparse.ArgumentTypeError("not an address like tcp://host:8786")
    return given
