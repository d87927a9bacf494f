"""run.json in the output folder: what the run is, so that no other goes on in its place, and at the end its counts."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pyarrow import parquet

from model.artifact import Manifest
from service.bulk import writing
from service.bulk.inputs import InputError, Source
from service.bulk.tally import Tally
from service.cli.asking import UnavailableError

NAME = "run.json"
FORMAT = 1
# What decides, beside the model, what stands in a row.
_DECIDING = ("inputs.py", "streams.py", "cutting.py", "reading.py", "scoring.py", "tally.py", "writing.py")


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run has come to."""

    rows: int
    rejects: int
    judged: int
    tables: Mapping[str, int]


def identity(model: Manifest, sources: Sequence[Source], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides every byte of a run's output, with a digest of it as `run`."""
    what = {
        "format": FORMAT,
        "model": {"target": model.target, "version": model.version, "content_digest": model.content_digest},
        "code": code(),
        "options": dict(options),
        "inputs": [{"source": one.name, "bytes": one.bytes, "modified_ns": one.modified} for one in sources],
    }
    return {"run": hashlib.sha256(json.dumps(what).encode()).hexdigest()[:12], **what}


def read(out: Path) -> dict[str, Any]:
    """Return the manifest in an output folder; empty where there is none."""
    try:
        return dict(json.loads((out / NAME).read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, TypeError):
        raise InputError(f"{NAME} in {out} is no manifest of a run: choose another folder") from None


def begin(out: Path, what: Mapping[str, Any]) -> None:
    """Take an output folder for a run, or find it taken by the same one.

    Raises `InputError` for a folder that has something else in it, `OSError` where it cannot be written.
    """
    # Looked at before the manifest is read: another share of the run, begun meanwhile, writes that first of all.
    occupied = out.is_dir() and any(not one.name.startswith(".") for one in out.iterdir())
    found = read(out)
    if not found:
        if occupied:
            raise InputError(f"{out} is not empty, and not from a run: choose another folder")
        out.mkdir(parents=True, exist_ok=True)
        writing.replace(out / NAME, {**what, "finished": False})
    elif found.get("run") != what["run"]:
        differs = [key for key in ("format", "model", "code", "options", "inputs") if found.get(key) != what[key]]
        raise InputError(f"{out} has a run with other {' and '.join(differs)}: choose another folder")


def count(out: Path, form: str, planned: Mapping[str, int], tally: Tally) -> Counts:
    """Count what stands in the files of all parts, and hold it against the rows that were cut; sums up into the tally.

    Raises `UnavailableError` for a part of which something is missing, `OSError`.
    """
    rows = rejects = judged = 0
    tables: dict[str, int] = {}
    for name, expected in planned.items():
        try:
            record = writing.Record(**json.loads((out / writing.PARTS / f"{name}.json").read_bytes()))
            found = {table: _rows(out / table / f"{name}.{form}") for table in record.tables}
            rejected = _rows(out / writing.REJECTS / f"{name}.ndjson") if record.rejects else 0
        except FileNotFoundError:
            raise UnavailableError(f"a file of part {name} is gone: {_again(out, name)}") from None
        came_out = next(iter(found.values())) + rejected
        if found != record.tables or came_out != expected:
            raise UnavailableError(f"of {expected} rows of part {name} {came_out} came out: {_again(out, name)}")
        rows, rejects, judged = rows + expected, rejects + rejected, judged + record.judged
        tables = {table: tables.get(table, 0) + more for table, more in found.items()}
        for row in record.tally:
            tally.read(row)
    return Counts(rows, rejects, judged, tables)


def end(out: Path, counts: Counts, parts: int, judged: int, seconds: float) -> None:
    """Write the counts into the manifest, with the rate of the last run that had parts to do; raises `OSError`.

    `judged` are the sentences that this run judged, in so many seconds.
    """
    totals = {"rows": counts.rows, **counts.tables, "rejects": counts.rejects, "judged": counts.judged}
    rate = {"seconds": round(seconds, 1), "judged_then": judged, "judged_a_second": round(judged / seconds, 1)}
    writing.replace(out / NAME, {**read(out), "finished": True, "parts": parts, **totals, **(rate if judged else {})})


def code() -> str:
    """Return a digest of the code and the tables that answers depend on beside the model."""
    digest = hashlib.sha256()
    files = [one for one in resources.files("model").iterdir() if one.name.endswith((".py", ".csv", ".toml", ".txt"))]
    own = [resources.files("service.bulk") / name for name in _DECIDING]
    for one in (*sorted(files, key=lambda one: one.name), *own):
        digest.update(one.name.encode() + b"\0" + hashlib.sha256(one.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _rows(file: Path) -> int:
    if file.suffix == ".parquet":
        return int(parquet.read_metadata(file).num_rows)
    with file.open("rb") as opened:
        return sum(1 for _ in opened)


def _again(out: Path, name: str) -> str:
    return f"remove {out / writing.PARTS / name}.json and start the same command again"
