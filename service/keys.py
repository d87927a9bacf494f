"""Who may ask: API keys with names."""

import hashlib
import re
import secrets
from dataclasses import dataclass

from service.errors import UnknownKeyError

LEAST_CHARACTERS = 16
# What a bearer token may consist of (RFC 6750, 2.1); no colon and no comma among it.
_ENTRY = re.compile(r"([A-Za-z0-9._-]{1,64}):([A-Za-z0-9._~+/=-]*)(:review)?")


@dataclass(frozen=True, slots=True)
class Key:
    """Who asks; `review` is the right to decide on corrections."""

    name: str
    review: bool


# Where no keys are configured.
NOBODY = Key("", review=False)


class Keys:
    """The keys in force, none of them as it was written: each is known by a digest.

    The digest is keyed with bytes that no caller knows, so that the time of a lookup says nothing of any key.
    """

    def __init__(self, entries: str):
        """Read `name:key` or `name:key:review`, separated by commas; raises `ValueError`, which repeats none."""
        self._salt = secrets.token_bytes(32)
        self._known: dict[bytes, Key] = {}
        for number, entry in enumerate(entries.split(","), 1):
            found = _ENTRY.fullmatch(entry.strip())
            if not found:
                raise ValueError(f"entry {number} is not name:key or name:key:review")
            name, key, review = found.groups()
            if len(key) < LEAST_CHARACTERS:
                raise ValueError(f"the key of entry {number} has fewer than {LEAST_CHARACTERS} characters")
            if name in {known.name for known in self._known.values()}:
                raise ValueError(f"entry {number} has the name of an earlier one")
            if self._digest(key) in self._known:
                raise ValueError(f"entry {number} has the key of an earlier one")
            self._known[self._digest(key)] = Key(name, review is not None)

    def holder(self, authorization: str) -> Key:
        """Return whose key an `Authorization` header has; raises `UnknownKeyError` for none or a wrong one."""
        scheme, _, key = authorization.partition(" ")
        found = self._known.get(self._digest(key.strip())) if scheme.lower() == "bearer" else None
        if found is None:
            raise UnknownKeyError
        return found

    def _digest(self, key: str) -> bytes:
        return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=32).digest()
