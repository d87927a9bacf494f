"""Every setting, read once from the environment: variable STANCE_<NAME>, default, and what it changes."""

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PREFIX = "STANCE_"
# What the command line sends to a service; one started from the same shell is not to stop at it.
OF_THE_CLIENT = "STANCE_API_KEY"


class SettingsError(Exception):
    """A setting that cannot be used; the message is a sentence for the operator."""


def _setting(default: Any, consequence: str, least: int | None = None) -> Any:
    return dataclasses.field(default=default, metadata={"consequence": consequence, "least": least})


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. The README's table is held equal to this one by a test."""

    models: Path = _setting(Path("model/artifacts"), "Folder of published models; its `current` names the one served.")
    bind: str = _setting("0.0.0.0:8000", "Address and port to listen on.")
    workers: int = _setting(2, "Processes; each answers on a core of its own and shares the model's memory.", 1)
    threads: int = _setting(8, "Threads a worker: how many slow clients it can wait for at once.", 2)
    client_timeout_seconds: int = _setting(10, "How long a client may stay silent within a request, or not read.", 1)
    graceful_seconds: int = _setting(20, "How long requests in flight may take to end after SIGTERM.", 1)
    max_body_bytes: int = _setting(
        8 * 2**20, "Largest request body, but for NDJSON, which has no limit; a larger one is answered 413.", 1
    )
    max_text_chars: int = _setting(100_000, "Longest text for /classify, in Unicode code points.", 1)
    max_article_chars: int = _setting(1_000_000, "Longest article for /analyze, in Unicode code points.", 1)
    max_batch_texts: int = _setting(256, "Most texts in a JSON batch for /classify/batch.", 1)
    max_line_bytes: int = _setting(2**20, "Longest line of an NDJSON batch; a longer one gets an error line.", 1)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings; raises `SettingsError` for an unknown STANCE_ variable or an impossible value."""
        fields = {PREFIX + field.name.upper(): field for field in dataclasses.fields(cls)}
        values: dict[str, Any] = {}
        for variable in sorted(name for name in environment if name.startswith(PREFIX) and name != OF_THE_CLIENT):
            if variable not in fields:
                raise SettingsError(
                    f"{variable} is no setting of this service; the settings are {', '.join(fields)}. "
                    "(Kubernetes sets such variables for a Service named stance: enableServiceLinks: false stops it.)"
                )
            field = fields[variable]
            values[field.name] = _parse(variable, environment[variable], field)
        return cls(**values)

    @classmethod
    def read_or_exit(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings, or end the process with status 1 and the sentence on stderr."""
        try:
            return cls.read(environment)
        except SettingsError as fault:
            sys.exit(str(fault))


def _parse(variable: str, value: str, field: "dataclasses.Field[Any]") -> Any:
    if isinstance(field.default, int):
        least = field.metadata["least"]
        if not (value.isascii() and value.isdigit() and int(value[:20]) >= least):
            raise SettingsError(f"{variable} is not a whole number of {least} or more.")
        return int(value)
    if not value.strip():
        raise SettingsError(f"{variable} is empty; leave it out for the default, {field.default}.")
    return type(field.default)(value) if isinstance(field.default, str) else Path(value)
