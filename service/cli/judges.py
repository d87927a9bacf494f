"""The options that all asking has, and the judge that they name."""

import argparse
import os
from pathlib import Path
from urllib.parse import urlsplit

from service.cli.asking import Judge

_MODELS = Path("model/artifacts")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who is asked, and for what."""
    who = parser.add_mutually_exclusive_group()
    add_models(who, "models folder or version")
    who.add_argument(
        "--url", type=address, help="ask the service at this address instead, with the key STANCE_API_KEY if it is set"
    )
    parser.add_argument(
        "--min-confidence", type=share, default=0.0, metavar="SHARE", help="mark answers below it low_confidence"
    )
    parser.add_argument("--explain", action="store_true", help="name the terms that moved each sentence's label most")
    parser.add_argument(
        "--offset-unit",
        choices=["codepoint", "utf16"],
        default="codepoint",
        help="what offsets count (default: %(default)s)",
    )


def choose(options: argparse.Namespace) -> Judge:
    """Return the service at `--url`, or else the model loaded; raises `UnavailableError`."""
    asked = {
        "min_confidence": options.min_confidence,
        "explain": options.explain,
        # Tables cut the sentences out of the text and show no offsets.
        "offset_unit": "codepoint" if options.format == "table" else options.offset_unit,
    }
    if options.url:
        from service.cli.remote import Remote  # noqa: PLC0415  (http.client: 20 ms)

        return Remote(options.url, os.environ.get("STANCE_API_KEY", ""), asked)
    from service.cli.local import Local  # noqa: PLC0415  (numpy and the model: a quarter of a second)

    return Local(models(options), asked)


def add_models(parser: argparse._ActionsContainer, what: str) -> None:
    """Add the option that says which folder is meant."""
    parser.add_argument("--models", type=Path, metavar="DIR", help=f"{what} (default: STANCE_MODELS or {_MODELS})")


def models(options: argparse.Namespace) -> Path:
    """Return the folder that `--models` names, or that of the service."""
    return options.models or Path(os.environ.get("STANCE_MODELS") or _MODELS)


def share(given: str) -> float:
    """Return a number from 0 to 1; raises `ValueError` or `ArgumentTypeError`. argparse shows this function's name."""
    value = float(given)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("not a number from 0 to 1")
    return value


def address(given: str) -> str:
    """Return the address of a service, without a slash at its end; raises as `share` does."""
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0 or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError("not an address like http://localhost:8000")
    return given.rstrip("/")
