"""The plots of a report, drawn without a display."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TERMS = 20
INK = "#1f4e79"


def confusion(found: Mapping[str, Any], title: str) -> bytes:
    """Draw gold against predicted labels as a PNG: counts, shaded by the share of the gold label."""
    labels = list(found["model"]["labels"])
    counts = np.array(found["model"]["confusion"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    drawn, axes = figure(1.2 * len(labels) + 2.6, 1.0 * len(labels) + 1.8)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (i, j), share in np.ndenumerate(shares):
        axes.text(
            j, i, f"{counts[i, j]:,}\n{share:.0%}", ha="center", va="center", color="white" if share > 0.5 else "black"
        )
    axes.set(xlabel="predicted", ylabel="by hand", title=title)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    return _png(drawn)


def reliability(found: Mapping[str, Any], title: str) -> bytes:
    """Draw accuracy against confidence in bins of equal mass as a PNG; a calibrated model lies on the diagonal."""
    bins = found["calibration"]["bins"]
    drawn, axes = figure(5.2, 5)
    axes.plot([0, 1], [0, 1], ":", color="grey", label="perfect")
    axes.plot([b["confidence"] for b in bins], [b["accuracy"] for b in bins], "o-", color=INK, label="model")
    error, perfect = found["calibration"]["error"], found["calibration"]["perfect"]
    title = f"{title}\nerror {error:.3f}, perfect would show {perfect:.3f}"
    axes.set(xlabel="confidence", ylabel="accuracy", title=title)
    least = min(min(b["confidence"], b["accuracy"]) for b in bins)
    axes.set(xlim=(max(0, least - 0.05), 1.01), ylim=(max(0, least - 0.05), 1.01))
    return finished(drawn, axes)


def coverage(found: Mapping[str, Any], title: str) -> bytes:
    """Draw accuracy and macro-F1 against the share of answers kept by `min_confidence` as a PNG."""
    rows = [row for row in found["coverage"] if "accuracy" in row]
    drawn, axes = figure(6.4, 4.2)
    for key, name, style in (("accuracy", "accuracy", "o-"), ("macro_f1", "macro-F1", "s--")):
        axes.plot([row["coverage"] for row in rows], [row[key] for row in rows], style, label=name)
    for row in rows:
        if row["coverage"] < 1:
            place = (row["coverage"], row["accuracy"])
            axes.annotate(f"{row['min_confidence']:g}", place, xytext=(0, 6), textcoords="offset points", ha="center")
    axes.set(xlabel="share of answers at or above min_confidence (the numbers)", title=title)
    axes.invert_xaxis()
    return finished(drawn, axes)


def terms(strongest: Mapping[str, Sequence[tuple[str, float]]]) -> bytes:
    """Draw the strongest terms of each label as a PNG: the weight that one occurrence would bring, before scaling."""
    drawn = _blank(3.4 * len(strongest), 5.6)
    for axes, (label, found) in zip(np.ravel(drawn.subplots(1, len(strongest))), strongest.items(), strict=True):
        names, weights = [name for name, _ in found][::-1], [weight for _, weight in found][::-1]
        axes.barh(range(len(found)), weights, color=INK)
        axes.set_yticks(range(len(found)), names, fontsize=8)
        axes.set_title(label)
    return _png(drawn)


def _blank(width: float, height: float) -> "Figure":
    # Here, since importing it reads files and takes half a second.
    from matplotlib.figure import Figure  # noqa: PLC0415

    return Figure(figsize=(width, height), layout="constrained")


def figure(width: float, height: float) -> "tuple[Figure, Axes]":
    """Return an empty figure (inches) with one pair of axes."""
    drawn = _blank(width, height)
    return drawn, drawn.subplots()


def finished(drawn: "Figure", axes: "Axes") -> bytes:
    """Return a figure with grid and legend as a PNG."""
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    return _png(drawn)


def _png(drawn: "Figure") -> bytes:
    file = io.BytesIO()
    drawn.savefig(file, format="png", dpi=110)
    return file.getvalue()
