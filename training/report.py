"""What a training run measured, as a table to read."""

from collections.abc import Mapping
from typing import Any


def text(found: Mapping[str, Any]) -> str:
    """Render the search, the cross-validation and the held-out scores as text, beside the majority baseline."""
    parts = []
    if "search" in found:
        tried = [
            f"  C {t['parameters']['C']:g}, {t['parameters']['class_weight']}: {t['macro_f1']:.3f}"
            for t in found["search"]
        ]
        parts.append("\n".join(["search, macro-F1 in cross-validation:", *tried]))
    if "cross_validation" in found:
        validation = found["cross_validation"]
        title = f"cross-validation, {validation['folds']} folds grouped by {validation['grouped_by']}"
        parts.append(table(title, validation["model"], validation["majority"]))
    if "test" in found:
        parts.append(table(f"held out, {found['test']['file']}", found["test"]["model"], found["test"]["majority"]))
    if "curve" in found:
        points = [f"{p['cross_validation']['macro_f1']:.3f} at {p['sentences']:,}" for p in found["curve"]["points"]]
        parts.append(
            f"learning curve, macro-F1 in cross-validation (data {found['curve']['data'][:12]}): {', '.join(points)}"
        )
    return "\n\n".join(parts)


def table(title: str, model: Mapping[str, Any], majority: Mapping[str, Any]) -> str:
    """Render one table: a line a label, then macro-F1 and accuracy, the baseline's beside the model's."""
    lines = [
        f"{title}, {model['rows']} rows",
        f"{'':12}{'precision':>10}{'recall':>10}{'F1':>10}{'rows':>8}{'majority F1':>14}",
    ]
    for label, score in model["labels"].items():
        baseline = majority["labels"][label]["f1"]
        lines.append(
            f"{label:12}{score['precision']:10.3f}{score['recall']:10.3f}{score['f1']:10.3f}{score['rows']:8}{baseline:14.3f}"
        )
    for name, key in (("macro-F1", "macro_f1"), ("accuracy", "accuracy")):
        lines.append(f"{name:32}{model[key]:10.3f}{'':8}{majority[key]:14.3f}")
    return "\n".join(lines)
