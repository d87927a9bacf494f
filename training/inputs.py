"""Everything that a training run reads before it begins: labelled rows, held-out rows, corrections."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training import compare, corrections, dataset, folding, own, records, roles
from training.dataset import Dataset
from training.folding import Joined
from training.records import DatasetError

FOLDER = Path(__file__).with_name("data")
DATA, TEST = FOLDER / "train.csv", FOLDER / "test.csv"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The rows to fit on, with corrections where there are any; the test and its file; the label of each role."""

    rows: Dataset
    test: Dataset | None
    test_file: Path | None
    roles: Mapping[str, str]
    joined: Joined | None


def read(options: argparse.Namespace) -> Inputs:
    """Read and check what the options of training/train.py name; raises `DatasetError`."""
    form = records.options(options)
    rows = dataset.read(options.data, form)
    dataset.require_classes(options.data, rows)
    file = options.test or _usual_test(options)
    test = dataset.read(file, form) if file else None
    if test and (odd := sorted(set(test.labels) - set(rows.labels))):
        raise DatasetError(f"{file}: label {odd[0]}: no row of {options.data} has it; expected one that has")
    sides = roles.find(rows.labels, records.pairs("--roles", [one for one in options.roles.split(",") if one]))
    if not options.feedback or not test:
        return Inputs(rows, test, file, sides, None)
    given = corrections.read(options.feedback, options.target, rows.labels, os.environ.get("STANCE_API_KEY", ""))
    joined = folding.join(rows, test, given, options.target, options.feedback_weight)
    return Inputs(joined.rows, test, file, sides, joined)


def _usual_test(options: argparse.Namespace) -> Path | None:
    """Return the test part where a run on our corpus has models to compare; raises `DatasetError` for other rows."""
    if not options.feedback and options.promote != compare.IF_NOT_WORSE:
        return None
    if options.target == own.TARGET and options.data.resolve() == DATA.resolve():
        return TEST
    option = "--feedback" if options.feedback else f"--promote {compare.IF_NOT_WORSE}"
    raise DatasetError(f"{option}: no rows to compare models on; expected --test FILE")
