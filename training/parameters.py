"""Reading the parameters of a training run."""

import tomllib
from pathlib import Path
from typing import Any

from model import pipeline

FILE = Path(__file__).with_name("parameters.toml")
UNKNOWN_VOCABULARY = "unknown_vocabulary"
NEUTRAL_EXPONENT = "neutral_exponent"


class ParametersError(Exception):
    """A parameters file that cannot be used; the message names file and key."""


def read(file: Path = FILE) -> dict[str, Any]:
    """Read a parameters file; raises `ParametersError` for a missing, unknown or mistyped key."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ParametersError(f"{file}: {fault}") from None
    expected = {**pipeline.PARAMETERS, UNKNOWN_VOCABULARY: float, NEUTRAL_EXPONENT: float}
    for key in sorted(expected.keys() ^ found.keys()):
        raise ParametersError(f"{file}: {'unknown key' if key in found else 'no'} {key}")
    for key, kind in expected.items():
        if not isinstance(found[key], kind):
            raise ParametersError(f"{file}: {key} is {type(found[key]).__name__}, expected {kind.__name__}")
    return found
