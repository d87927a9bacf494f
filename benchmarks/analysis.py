"""python benchmarks/analysis.py: what /analyze costs in process, and that it grows with the length and no faster.

Articles are cut from the news of our own corpus, joined. CPU of this process, medians. Cost: half a minute.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from model import Analyzer, segmentation  # noqa: E402
from model.actors import Actors  # noqa: E402
from training import corpus  # noqa: E402
from training.report import table  # noqa: E402

GENRES = {"wire report", "newspaper story"}
ARTICLES = 60
WORDS = 1000


def main() -> None:
    """Print the tables as Markdown."""
    analyzer, actors = Analyzer.load(ROOT / "model" / "artifacts"), Actors.load()
    words = " ".join(row["text"] for row in corpus.read("train.csv") if row["genre"] in GENRES).split()
    articles = [" ".join(words[start : start + WORDS]) for start in range(0, ARTICLES * WORDS, WORDS)]
    for article in articles:
        analyzer.analyze(article)
    steps: dict[str, Callable[[str], Any]] = {
        "all of it": analyzer.analyze,
        "of which: sentences": segmentation.sentences,
        "who is named": actors.read,
        "stances (classify)": analyzer.classify,
    }
    rows = [[name, f"{1e3 * median(cpu(step, article) for article in articles):.2f}"] for name, step in steps.items()]
    print(table([f"an article of {WORDS:,} words", "ms"], rows) + "\n")
    text = " ".join(words)
    rows = []
    for length in (1_000, 10_000, 100_000, 1_000_000):
        took = median(cpu(analyzer.analyze, (text * 2)[:length]) for _ in range(3))
        rows.append([f"{length:,}", f"{1e3 * took:,.1f}", f"{1e6 * took / length:.2f}"])
    print(table(["characters", "ms", "µs a character"], rows))


def cpu(step: Callable[[str], Any], text: str) -> float:
    """Return the CPU seconds that a step takes for a text."""
    start = time.process_time()
    step(text)
    return time.process_time() - start


if __name__ == "__main__":
    main()
