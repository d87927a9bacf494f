"""python training/evaluate.py --data FILE: how good a published model is on any labelled file."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from model.analyzer import Analyzer
from model.errors import ArtifactError
from training import assess, baselines, dataset, records, report

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "model" / "artifacts"
OUT = Path("evaluation")


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate, print and save; returns the exit status: 0, or 2 for a file or model that cannot be used."""
    options = _options(arguments)
    try:
        evaluate(options)
    except (records.DatasetError, ArtifactError) as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


def evaluate(options: argparse.Namespace) -> None:
    """Judge each labelled row as one unit by the analyzer that the service uses, and lay the figures down."""
    analyzer = Analyzer.load(options.model)
    rows = dataset.read(options.data, records.options(options))
    usual = majority(analyzer.manifest.data)
    found = assess.analyzer(analyzer, rows, usual)
    title = f"{options.data.name}, model {analyzer.manifest.version}"
    body = f"{title}\n\n{report.assessment(found)}"
    if options.baselines:
        found["baselines"] = baselines.compare(analyzer, rows, usual)
        body += f"\n\n{report.comparison(found['baselines'])}"
    folder = options.out / f"{options.data.stem}-{analyzer.manifest.version}"
    report.save(folder, title, {"data": {"file": options.data.name, "digest": rows.digest}, **found}, body)
    print(f"{body}\n\nsaved in {folder}")


def majority(data: Mapping[str, Mapping[str, int]]) -> str:
    """Return the label that most of the model's training rows had."""
    counts = data["labels"]
    return max(counts, key=counts.__getitem__)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python training/evaluate.py", description="Measure a published model on labelled rows."
    )
    parser.add_argument("--data", type=Path, required=True, help="labelled rows: CSV, TSV or JSONL")
    parser.add_argument("--model", type=Path, default=MODELS, help="models folder or version (default: the service's)")
    records.add_arguments(parser)
    parser.add_argument("--out", type=Path, default=OUT, help="folder to save in (default: %(default)s)")
    parser.add_argument("--baselines", action="store_true", help="set the majority class and VADER beside the model")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
