"""Reading the corrections that people have approved: an export of the service, from a file or from the service itself.

An export is JSON lines, a correction each, and the last line {"end": true, "rows": N}: an export that was cut off is
known by it, and refused.
"""

import hashlib
import http.client
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from training.records import DatasetError

_SECONDS = 60
_FEW_BYTES = 2**16
_ADDRESSES = ("http://", "https://")
_CUT_OFF = 'cut off; expected {"end": true, "rows": …} as the last line: export again'
_REFUSALS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "it wants a key; expected one with the right review in STANCE_API_KEY",
    HTTPStatus.FORBIDDEN: "the key may not review; expected one with the right review in STANCE_API_KEY",
    HTTPStatus.SERVICE_UNAVAILABLE: "it cannot read its corrections now; try again later",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """A sentence and the label that a person approved for it; `decided` says when, `row` where it stood."""

    row: int
    id: int
    text: str
    label: str
    target: str
    decided: datetime
    digest: str


def read(source: str, target: str, labels: Sequence[str], key: str = "") -> list[Correction]:
    """Read an export to its end: a file, or the address of a service, which is asked for those of `target` with `key`.

    A file may have corrections of other targets too; those of `target` have one of `labels`. Raises `DatasetError`, in
    a line that quotes no text, for what cannot be reached or read, for the first fault, and for one that was cut off.
    """
    if source.startswith(_ADDRESSES):
        found = list(_parsed(source, _asked(source, target, key)))
    else:
        try:
            with Path(source).open("rb") as lines:
                found = list(_parsed(source, lines))
        except OSError as fault:
            raise DatasetError(f"{source}: {fault.strerror}; expected a file or an address http://…") from None
    for one in found:
        if one.target == target and one.label not in labels:
            known = ", ".join(labels)
            raise DatasetError(f"{source}: row {one.row}: label: none of the corpus; expected one of {known}")
    return found


def digest(target: str, text: str, label: str) -> str:
    """Digest a correction as the export does: SHA-256 in hex of the JSON list of the three."""
    return hashlib.sha256(json.dumps([target, text, label], ensure_ascii=False).encode()).hexdigest()


def _parsed(source: str, lines: Iterable[bytes]) -> Iterator[Correction]:
    end: int | None = None
    row = 0
    for row, line in enumerate(lines, start=1):
        where = f"{source}: row {row}"
        if end is not None:
            raise DatasetError(f"{where}: a row after the last; expected one export")
        fields = _object(where, line)
        if "end" not in fields:
            yield _correction(where, row, fields)
        elif fields.get("rows") != row - 1:
            raise DatasetError(f"{where}: rows: not the {row - 1} that stand there; expected the export as it was made")
        else:
            end = row
    if end is None:
        raise DatasetError(f"{source}: row {row + 1}: {_CUT_OFF}")


def _object(where: str, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    fault = "not JSON; expected an object on each line" if line.endswith(b"\n") else _CUT_OFF
    raise DatasetError(f"{where}: {fault}")


def _correction(where: str, row: int, fields: Mapping[str, Any]) -> Correction:
    values: dict[str, Any] = {}
    for name, (checked, expected) in _FIELDS.items():
        try:
            values[name] = checked(fields.get(name))
        except ValueError:
            raise DatasetError(f"{where}: {name}: missing or not such; expected {expected}") from None
    one = Correction(row, **values)
    if one.digest != digest(one.target, one.text, one.label):
        raise DatasetError(f"{where}: digest: of another target, text or label; expected the row as it was exported")
    return one


def _number(value: Any) -> int:
    if type(value) is not int:
        raise ValueError
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    value.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    return value


def _text(value: Any) -> str:
    text = _string(value)
    if "\0" in text or not any(map(str.isalnum, text)):
        raise ValueError
    return text


def _time(value: Any) -> datetime:
    time = datetime.fromisoformat(_string(value))
    if time.tzinfo is None:
        raise ValueError
    return time


# What each field has to be: what reads it or raises `ValueError`, and that in words.
_FIELDS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "id": (_number, "a number"),
    "text": (_text, "a text with a letter"),
    "label": (_string, "a label"),
    "target": (_string, "what the stance is toward"),
    "decided": (_time, "a time with its zone, as 2026-11-22T10:00:00Z"),
    "digest": (_string, "SHA-256 of target, text and label"),
}


def _asked(source: str, target: str, key: str) -> Iterator[bytes]:
    """Yield the lines of a service's export; raises `DatasetError` where it does not come."""
    parts = _address(source)
    if not (key.isascii() and key.isprintable()):
        raise DatasetError("STANCE_API_KEY: a character that no key has; expected the key of a reviewer")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = f"{quote(parts.path.rstrip('/'), safe='/%')}/feedback/export?target={quote(target, safe='')}"
    try:
        with closing(kind(parts.hostname or "", parts.port, timeout=_SECONDS)) as connection:
            connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
            with connection.getresponse() as answer:
                if answer.status != HTTPStatus.OK:
                    raise DatasetError(f"{source} answers {answer.status}: {_refusal(answer)}")
                yield from answer
    except (OSError, http.client.HTTPException, UnicodeError) as fault:
        why = getattr(fault, "strerror", None) or fault
        raise DatasetError(f"{source} does not answer, or breaks off: {why}") from None


def _address(source: str) -> SplitResult:
    try:
        parts = urlsplit(source)
        right = parts.hostname and parts.port != 0 and not (parts.query or parts.fragment or "@" in parts.netloc)
    except ValueError:
        right = False
    if not right:
        # It is not repeated: there may be a password in it.
        raise DatasetError("--feedback: no such address; expected a file or one like http://localhost:8000")
    return parts


def _refusal(answer: http.client.HTTPResponse) -> str:
    if answer.status == HTTPStatus.NOT_FOUND:
        off = b"/problems/feedback-off" in answer.read(_FEW_BYTES)
        return "it keeps no corrections" if off else "it is no such service; expected the address that its page is at"
    return _REFUSALS.get(answer.status, "it is no such service, or fails; its log says why")
