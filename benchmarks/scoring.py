"""python benchmarks/scoring.py: the compiled scorer against the pipeline it was compiled from, in one process.

Both judge the same sentences of about 25 words, no sentence twice, in turns, so that a noisy moment hits both; figures
are medians of microseconds a text over the turns. "Cold" is a scorer without remembered words, "warm" one that has
judged the rest of the corpus. Growth: time against the length of the text. Cost: a minute.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from model import artifact, scorer  # noqa: E402
from training import corpus  # noqa: E402
from training.report import table  # noqa: E402

MODELS = ROOT / "model" / "artifacts"
TURNS = 7
WORDS = range(20, 31)


def main() -> None:
    """Print both tables as Markdown."""
    pipeline = artifact.load_pipeline(MODELS)
    compiled, _ = artifact.load(MODELS)
    sentences = [row["text"] for row in corpus.read("train.csv") if len(row["text"].split()) in WORDS]
    tests = sentences[: TURNS * 1000]
    known = set(tests)
    compiled.decisions([row["text"] for row in corpus.read("train.csv") if row["text"] not in known])
    rows = []
    for name, size, count, cold in (
        ("one text, cold", 1, 100, True),
        ("one text, warm", 1, 100, False),
        ("batches of 32", 32, 8, False),
        ("batches of 1,000", 1000, 1, False),
    ):
        took: dict[str, list[float]] = {"scikit-learn": [], "compiled": []}
        for turn in range(TURNS):
            texts = tests[turn * 1000 : turn * 1000 + size * count]
            batches = [texts[start : start + size] for start in range(0, len(texts), size)]
            judges: dict[str, Callable[[Sequence[str]], Any]] = {
                "scikit-learn": pipeline.decision_function,
                "compiled": (fresh(compiled) if cold else compiled).decisions,
            }
            for judge, decide in judges.items():
                took[judge].append(1e6 * seconds(decide, batches) / len(texts))
        theirs, ours = median(took["scikit-learn"]), median(took["compiled"])
        rows.append([name, f"{theirs:,.0f}", f"{ours:,.0f}", f"{theirs / ours:.1f}×"])
    print(table(["µs a text", "scikit-learn", "compiled", "faster"], rows))
    print()
    print(growth(compiled, " ".join(sentences)))


def growth(compiled: scorer.Scorer, text: str) -> str:
    """Measure one text from 100 to 1,000,000 characters: nanoseconds a character must not grow."""
    rows = []
    for length in (100, 1_000, 10_000, 100_000, 1_000_000):
        took = median(seconds(compiled.decisions, [[text[:length]]]) for _ in range(TURNS))
        rows.append([f"{length:,}", f"{1e3 * took:,.2f}", f"{1e9 * took / length:,.0f}"])
    return table(["characters", "ms", "ns a character"], rows)


def fresh(compiled: scorer.Scorer) -> scorer.Scorer:
    """Return the same scorer with nothing remembered."""
    return scorer.Scorer(compiled.blocks, compiled.table, compiled.intercepts, compiled.sublinear_tf)


def seconds(decide: Callable[[Sequence[str]], Any], batches: Sequence[Sequence[str]]) -> float:
    """Return how long it takes to decide the batches one after the other."""
    start = time.perf_counter()
    for batch in batches:
        decide(batch)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
