"""Every setting, read once from the environment: variable STANCE_<NAME>, default, and what it changes."""

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service import rates
from service.feedback import address
from service.keys import Keys

PREFIX = "STANCE_"
# What the command line sends to a service; one started from the same shell is not to stop at it.
OF_THE_CLIENT = "STANCE_API_KEY"


class SettingsError(Exception):
    """A setting that cannot be used; the message is a sentence for the operator."""


def _setting(default: Any, consequence: str, least: int | None = None, secret: bool = False) -> Any:
    return dataclasses.field(default=default, repr=not secret, metadata={"consequence": consequence, "least": least})


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. The README's table is held equal to this one by a test."""

    models: Path = _setting(Path("model/artifacts"), "Folder of published models; its `current` names the one served.")
    bind: str = _setting("0.0.0.0:8000", "Address and port to listen on.")
    workers: int = _setting(2, "Processes; each answers on a core of its own and shares the model's memory.", 1)
    threads: int = _setting(8, "Threads a worker: how many slow clients it can wait for at once.", 2)
    client_timeout_seconds: int = _setting(
        10,
        "How long a client may stay silent within a request, or not read; how long a short request may take to come.",
        1,
    )
    max_in_flight: int = _setting(
        0, "Most requests a worker works on at once, fewer than its threads; 0: two fewer, at least one.", 0
    )
    graceful_seconds: int = _setting(20, "How long requests in flight may take to end after SIGTERM.", 1)
    max_body_bytes: int = _setting(
        8 * 2**20, "Largest request body, but for NDJSON, which has no limit; a larger one is answered 413.", 1
    )
    max_text_chars: int = _setting(100_000, "Longest text for /classify, in Unicode code points.", 1)
    max_article_chars: int = _setting(1_000_000, "Longest article for /analyze, in Unicode code points.", 1)
    max_batch_texts: int = _setting(256, "Most texts in a JSON batch for /classify/batch.", 1)
    max_line_bytes: int = _setting(2**20, "Longest line of an NDJSON batch; a longer one gets an error line.", 1)
    api_keys: str = _setting(
        "", "Who may ask: `name:key` or `name:key:review`, separated by commas; none: everybody.", secret=True
    )
    rate_limit: str = _setting("", "Most requests a key may make, as `600/minute`; none: no limit.")
    rate_store: str = _setting(
        "", "Where all workers count them: `redis://host:port`; none: in the memory of the one worker.", secret=True
    )

    feedback_database_url: str = _setting(
        "",
        "Where corrections are kept: `sqlite:////folder/file.db` or `postgresql://user:password@host/name`.",
        secret=True,
    )
    feedback_retention_days: int = _setting(
        365, "Days that a correction is kept; `python -m service.feedback.purge` erases older ones.", 1
    )

    def __post_init__(self) -> None:
        """Raise `SettingsError` for what is impossible together, or by itself; a secret is never repeated."""
        if self.threads <= self.max_in_flight:
            raise SettingsError(f"{PREFIX}MAX_IN_FLIGHT has to be below {PREFIX}THREADS, which is {self.threads}.")
        try:
            if self.api_keys:
                variable = "API_KEYS:"
                Keys(self.api_keys)
            if self.rate_limit:
                variable = "RATE_LIMIT"
                rates.parse(self.rate_limit)
            if self.rate_store:
                variable = "RATE_STORE"
                rates.check_store(self.rate_store)
            if self.feedback_database_url:
                variable = "FEEDBACK_DATABASE_URL"
                address.read(self.feedback_database_url)
        except ValueError as fault:
            raise SettingsError(f"{PREFIX}{variable} {fault}.") from None
        if self.feedback_retention_days > 36500:
            raise SettingsError(f"{PREFIX}FEEDBACK_RETENTION_DAYS is above 36500, a hundred years.")
        if self.rate_limit and not self.api_keys:
            raise SettingsError(f"{PREFIX}RATE_LIMIT counts by key, so {PREFIX}API_KEYS is wanted with it.")
        if self.rate_limit and self.workers > 1 and not self.rate_store:
            raise SettingsError(
                f"{PREFIX}RATE_LIMIT with {self.workers} workers wants {PREFIX}RATE_STORE, where all of them count."
            )

    @property
    def in_flight(self) -> int:
        """How many requests a worker works on at once: one thread at least is left to answer others."""
        return self.max_in_flight or max(1, self.threads - 2)

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
        raise SettingsError(f"{variable} is empty; leave it out for {field.default or 'none'}.")
    return type(field.default)(value) if isinstance(field.default, str) else Path(value)
