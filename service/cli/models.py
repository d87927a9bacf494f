"""stance models: which versions a models folder has, and how good they are."""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.cli import judges, showing
from service.cli.asking import Fault, UnavailableError

_COLUMNS = ("version", "current", "published", "target", "rows", "macro_f1", "test_macro_f1")


def register(commands: Any) -> None:
    """Add the subcommand."""
    described = "List the versions of a models folder, the one published last first, with macro-F1 in cross-validation."
    parser = commands.add_parser("models", help="the versions of a models folder", description=described)
    judges.add_models(parser, "models folder")
    showing.add_options(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    found = list(_versions(judges.models(options)))
    values = [one for one in found if isinstance(one, dict)]
    showing.write(_laid_out(options, values))
    for one in found:
        if isinstance(one, Fault):
            showing.name(one)
    return 0 if len(values) == len(found) else 1


def _versions(models: Path) -> Iterator[dict[str, Any] | Fault]:
    """Yield what there is to know of each version, or why it cannot be read; raises `UnavailableError`."""
    from model import ArtifactError, artifact, versions  # noqa: PLC0415  (numpy and the model: a quarter of a second)

    try:
        names = versions.names(models)
    except ArtifactError as fault:
        raise UnavailableError(str(fault)) from None
    if not names:
        raise UnavailableError(f"there is no version in {models}")
    current = versions.current(models)
    for name in names:
        try:
            manifest = artifact.read_manifest(models / name)
        except ArtifactError as fault:
            yield Fault(name, str(fault))
        else:
            scores = (manifest.metrics.get(part, {}).get("macro_f1") for part in ("cross_validation", "test"))
            published = datetime.fromtimestamp(int(versions.published(models / name)), UTC)
            facts = manifest.target, manifest.data.get("rows"), *scores
            values = name, name == current, published.isoformat().replace("+00:00", "Z"), *facts
            yield dict(zip(_COLUMNS, values, strict=True))


def _laid_out(options: argparse.Namespace, values: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    match options.format:
        case "table":
            from service.cli import table  # noqa: PLC0415  (rich: 60 ms)

            return [table.versions(values, showing.coloured(options))]
        case "csv":
            return showing.as_csv(_COLUMNS, ([_cell(value) for value in one.values()] for one in values))
        case "json":
            return showing.as_list(values)
        case _:
            return (showing.encode(one) + "\n" for one in values)


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
