"""What is measured for our own target alone: behaviour, whole documents, texts in words that the model cannot know."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import attribution
from model.actors import Actors
from model.analyzer import Analyzer
from training import assess, behaviour, holders
from training.dataset import Dataset

TARGET = "US withdrawal from the INF Treaty"
DATA = Path(__file__).with_name("data")


def measure(
    analyzer: Analyzer, rows: Dataset, probabilities: NDArray[np.float64], held_out: Dataset | None
) -> dict[str, Any]:
    """Measure what the tables beside the corpus allow; `probabilities` are the rows' own, out of fold.

    Returns `documents` (cross-validation and held-out rows), `unknown_vocabulary`, `holders` and `behaviour`, each only
    where the model and the rows have what it takes: three roles, documents that have a label.
    """
    found: dict[str, Any] = {"unknown_vocabulary": unknown(analyzer)}
    labelled = _documents()
    if len(analyzer.manifest.roles) < len(behaviour.EXPECTED):
        return found
    gold = {name: analyzer.manifest.roles[role] for name, role in labelled.items()}
    known = {name: probabilities[numbers] for name, numbers in rows.documents().items() if name in gold}
    parts = {"out of fold": known}
    if held_out:
        judged = analyzer.probabilities(held_out.texts)
        parts["held out"] = {name: judged[numbers] for name, numbers in held_out.documents().items() if name in gold}
    found["documents"] = {name: assess.rolled_up(analyzer, part, gold) for name, part in parts.items() if part}
    found["holders"] = _holders(analyzer, held_out)
    cases = behaviour.read()
    found["behaviour"] = behaviour.summary(cases, behaviour.run(analyzer, cases))
    return found


def _holders(analyzer: Analyzer, held_out: Dataset | None) -> dict[str, Any]:
    """Measure attribution on the documents of the training part, and on those held out, whose actors are labelled too.

    Attribution is rules: nothing of it was fitted to the training part, though the rules were written beside it.
    """
    table, roles = Actors.load(), analyzer.manifest.roles
    agent = attribution.agent(analyzer.manifest.target, table)
    training = holders.attributed(holders.documents("train.csv"), table, roles, agent)
    found: dict[str, Any] = {"training documents": training}
    if held_out:
        names = held_out.documents()
        test = {name: rows for name, rows in holders.documents("test.csv").items() if name in names}
        if test:
            found["held-out documents"] = holders.attributed(test, table, roles, agent) | {
                "stances": holders.stances(test, analyzer)
            }
    return found


def unknown(analyzer: Analyzer) -> dict[str, dict[str, Any]]:
    """Tell how many texts of each sort are marked `unknown_vocabulary`: other languages, noise, real English.

    Of the table's two halves only `test` counts: the threshold was chosen on the other.
    """
    counts: dict[str, list[bool]] = {}
    with (DATA / "unknown.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            if row["part"] == "test":
                sort = row["kind"] if row["kind"] in ("noise", "english") else "other languages"
                share = analyzer.known_share(row["text"])
                counts.setdefault(sort, []).append(share < analyzer.manifest.thresholds["unknown_vocabulary"])
    return {sort: {"texts": len(hits), "caught": sum(hits) / len(hits)} for sort, hits in counts.items()}


def _documents() -> Mapping[str, str]:
    with (DATA / "documents.csv").open(encoding="utf-8", newline="") as file:
        return {row["document"]: row["label"] for row in csv.DictReader(file, strict=True)}
