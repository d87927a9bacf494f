"""What was measured, as Markdown to read and plots to look at."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from model.analyzer import Analyzer
from training import plots


def files(found: Mapping[str, Any], analyzer: Analyzer, curve: Path | None = None) -> dict[str, bytes]:
    """Return a training run's report by file name: report.json, report.md and the plots that go with it."""
    part = "test" if "test" in found else "cross_validation"
    title = f"held out, {found['test']['file']}" if part == "test" else "cross-validation"
    drawn = {**drawings(found[part], title), "terms.png": plots.terms(strongest(analyzer))}
    if curve:
        drawn["curve.png"] = curve.read_bytes()
    return {"report.json": _json(found), "report.md": _markdown(text(found), drawn), **drawn}


def drawings(part: Mapping[str, Any], title: str) -> dict[str, bytes]:
    """Draw one assessment: confusion, reliability, accuracy against coverage."""
    return {
        "confusion.png": plots.confusion(part, title),
        "reliability.png": plots.reliability(part, title),
        "coverage.png": plots.coverage(part, title),
    }


def save(folder: Path, title: str, part: Mapping[str, Any], body: str) -> None:
    """Write one evaluation into a folder of its own: evaluation.json, evaluation.md and the plots."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = drawings(part, title)
    content = {"evaluation.json": _json(part), "evaluation.md": _markdown(body, drawn), **drawn}
    for name, value in content.items():
        (folder / name).write_bytes(value)


def text(found: Mapping[str, Any]) -> str:
    """Render a training run as Markdown: search, cross-validation, held-out rows, documents, behaviour, curve.

    After these come the corrections that went in, and the model beside the current one.
    """
    parts = []
    if "search" in found:
        rows = [[_settings(trial["parameters"]), f"{trial['macro_f1']:.3f}"] for trial in found["search"]]
        parts.append("## Search\n\n" + table(["tried", "macro-F1 in cross-validation"], rows))
    validation = found["cross_validation"]
    grouped = f"Cross-validation, {validation['folds']} folds grouped by {validation['grouped_by']}"
    parts.append(f"## {grouped}\n\n" + assessment(validation))
    if "running" in found:
        parts.append("## The same, running documents alone\n\n" + assessment(found["running"]))
    if "test" in found:
        parts.append(f"## Held out, {found['test']['file']}\n\n" + assessment(found["test"]))
    for name, rolled in found.get("documents", {}).items():
        parts.append(f"## Whole documents, {name}: the roll-up\n\n" + _scores(rolled))
    for name, held in found.get("holders", {}).items():
        parts.append(f"## Who holds it, {name}\n\n" + _holders(held))
    if "unknown_vocabulary" in found:
        rows = [[kind, f"{row['texts']}", f"{row['caught']:.0%}"] for kind, row in found["unknown_vocabulary"].items()]
        parts.append("## Texts marked `unknown_vocabulary`\n\n" + table(["texts", "number", "marked"], rows))
    if "behaviour" in found:
        parts.append("## Behaviour\n\n" + _behaviour(found["behaviour"]))
    if "curve" in found:
        points = ", ".join(
            f"{p['cross_validation']['macro_f1']:.3f} at {p['sentences']:,}" for p in found["curve"]["points"]
        )
        parts.append(f"## Learning curve\n\nMacro-F1 in cross-validation: {points} sentences.")
    if "feedback" in found:
        parts.append("## Corrections\n\n" + _corrections(found["feedback"]))
    if "comparison" in found:
        parts.append("## Beside the current model\n\n" + beside(found["comparison"]))
    return "\n\n".join(parts)


def assessment(part: Mapping[str, Any]) -> str:
    """Render one assessment as Markdown: scores beside the majority's, calibration, accuracy against coverage."""
    found = part["calibration"]
    rows = [
        [f"{row['min_confidence']:g}", f"{row['coverage']:.0%}"]
        + [f"{row[key]:.3f}" if key in row else "–" for key in ("accuracy", "macro_f1")]
        for row in part["coverage"]
    ]
    return "\n\n".join(
        [
            _scores(part),
            f"Expected calibration error {found['error']:.3f}; perfect calibration would show {found['perfect']:.3f}.",
            table(["`min_confidence`", "coverage", "accuracy", "macro-F1"], rows),
        ]
    )


def comparison(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Render a model beside its baselines as a Markdown table."""
    columns = {"macro_f1": "macro-F1", "accuracy": "accuracy", "f_avg": "F_avg"}
    rows = [
        [name, *(f"{row[key]:.3f}" if key in row else "–" for key in columns), f"{row['microseconds']:,.1f}"]
        for name, row in found.items()
    ]
    return table(["judge", *columns.values(), "µs a text"], rows)


def beside(found: Mapping[str, Any]) -> str:
    """Render a new model beside the current one (see `compare.compare`), and what speaks against promoting it."""
    parts = [found["why"]] if found["why"] else []
    titles = {"test": "test, {:,} rows", "held_back": "corrections held back, {:,} sentences"}
    for name, title in titles.items():
        if name in found:
            parts.append(_judges(title.format(found[name]["rows"]), found[name], found["current"]))
    if "held_back" not in found:
        parts.append("No correction was held back, so none can refuse the new model.")
    parts.append(" ".join(found["refusals"]) or "`if-not-worse` does not refuse the new model.")
    return "\n\n".join(parts)


def strongest(analyzer: Analyzer, count: int = plots.TERMS) -> dict[str, list[tuple[str, float]]]:
    """Return each label's words and two-word terms that speak most for it, with their weight: coefficient times idf."""
    block = next(block for block in analyzer.scorer.blocks if block.name == "words")
    names = block.terms()
    rows = analyzer.scorer.table[block.start : block.end]
    weights = rows[:, 1:].T * rows[:, 0]
    return {
        label: [(names[i], float(row[i])) for i in np.argsort(-row)[:count]]
        for label, row in zip(analyzer.manifest.labels, weights, strict=True)
    }


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Render a Markdown table, padded so that it reads as plain text too; the first column is left-aligned."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        for line in (lines[0], rule, *lines[1:])
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def _scores(part: Mapping[str, Any]) -> str:
    model, majority, intervals = part["model"], part["majority"], part.get("intervals", {})
    rows = []
    for label, score in model["labels"].items():
        shares = [f"{score[key]:.3f}" for key in ("precision", "recall", "f1")]
        rows.append([label, *shares, "", f"{score['rows']:,}", f"{majority['labels'][label]['f1']:.3f}"])
    for key, name in (("macro_f1", "macro-F1"), ("accuracy", "accuracy"), ("f_avg", "F_avg")):
        if key in model:
            interval = "{:.3f}–{:.3f}".format(*intervals[key]) if key in intervals else ""
            rows.append([name, "", "", f"{model[key]:.3f}", interval, f"{model['rows']:,}", f"{majority[key]:.3f}"])
    return table(["", "precision", "recall", "F1", "95%", "rows", "majority"], rows)


def _holders(found: Mapping[str, Any]) -> str:
    names = {
        "exact": "the very actor",
        "top": "whom it stands for in the end",
        "first_named": "baseline: the first one named",
    }
    rows = [[name, *(f"{found[key][rate]:.3f}" for rate in ("precision", "recall"))] for key, name in names.items()]
    parts = [table(["holder of a sentence's stance, given its label", "precision", "recall"], rows)]
    failures = [[row["failure"], str(row["sentences"])] for row in found["failures"]]
    parts.append(table(["commonest failures", "sentences"], failures))
    if "stances" in found:
        one = found["stances"]
        parts.append(
            f"Of {one['actors']} actors with a stance {one['found']:.0%} are found; of those given one "
            f"{one['precision']:.0%} have one. The stance of those found is right for {one['accuracy']:.0%} (the "
            f"majority's for {one['majority_accuracy']:.0%}), macro-F1 {one['scores']:.3f} ({one['majority']:.3f})."
        )
    return "\n\n".join(parts)


def _behaviour(found: Mapping[str, Any]) -> str:
    rows = [
        [name, row["kind"], str(row["cases"]), str(row["failures"]), f"{row['failures'] / row['cases']:.0%}"]
        for name, row in found["capabilities"].items()
    ]
    share = found["failures"] / found["cases"]
    rows.append(["all", "", str(found["cases"]), str(found["failures"]), f"{share:.0%}"])
    return table(["capability", "kind", "cases", "failures", "rate"], rows)


def _corrections(found: Mapping[str, Any]) -> str:
    names = {
        "fitted": f"fitted, each counting {found['weight']:g}",
        "held_back": "held back, never fitted on",
        "folded": "left out: a later one says the same",
        "known": "left out: a row of the corpus says the same",
        "of_the_test": "left out: a row of the test says the same",
        "other_target": "left out: of another target",
        "given_way": "rows of the corpus that gave way, since they say the same with another label",
    }
    return table(["corrections", "number"], [[said, f"{found[name]:,}"] for name, said in names.items()])


def _judges(title: str, part: Mapping[str, Any], current: str | None) -> str:
    """Render the measures (rows) of each judge (columns), and the difference of the models with its interval."""
    names = {"current": f"current {current}", "new": "new", "majority": "majority"}
    judges = [judge for judge in names if judge in part]
    rows = []
    for key, name in (("macro_f1", "macro-F1"), ("accuracy", "accuracy")):
        row = [name, *(f"{part[judge][key]:.3f}" for judge in judges)]
        if "difference" in part:
            low, high = part["difference"][key]["interval"]
            row += [f"{part['difference'][key]['value']:+.3f}", f"{low:+.3f} … {high:+.3f}"]
        rows.append(row)
    added = ["new less current", "95%"] if "difference" in part else []
    return table([title, *(names[judge] for judge in judges), *added], rows)


def _settings(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items()) or "as in parameters.toml"


def _markdown(body: str, drawn: Mapping[str, bytes]) -> bytes:
    pictures = "\n".join(f"![{name.removesuffix('.png')}]({name})" for name in drawn)
    return f"# Report\n\n{body}\n\n{pictures}\n".encode()


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
