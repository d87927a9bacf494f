"""python benchmarks/scoring.py: the compiled scorer against the pipeline it was compiled from, in one process.

Both judge the same sentences of about 25 words, no sentence twice, in turns, so that a noisy moment hits both; figures
are medians of microseconds a text over the turns. "Cold" is a scorer without remembered words, "warm" one that has
judged the rest of the corpus. Growth: time and memory against length, batch, threads and vocabulary. Cost: two minutes.
"""

import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from model import artifact, pipeline, scorer  # noqa: E402
from training import corpus, parameters  # noqa: E402
from training.report import table  # noqa: E402

MODELS = ROOT / "model" / "artifacts"
TURNS = 7
WORDS = range(20, 31)


def main() -> None:
    """Print the tables as Markdown."""
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
    print("\n" + by_length(compiled, " ".join(sentences)))
    print("\n" + by_batch(compiled, tests))
    print("\n" + by_threads(compiled, tests))
    print("\n" + by_vocabulary(compiled, tests))


def by_length(compiled: scorer.Scorer, text: str) -> str:
    """Measure one text from 100 to 1,000,000 characters: time and memory a character must not grow."""
    rows = []
    for length in (100, 1_000, 10_000, 100_000, 1_000_000):
        took = median(seconds(compiled.decisions, [[text[:length]]]) for _ in range(TURNS))
        used = peak(compiled, text[:length])
        rows.append([f"{length:,}", f"{1e3 * took:,.2f}", f"{1e9 * took / length:,.0f}", f"{used / 2**20:,.2f}"])
    return table(["characters", "ms", "ns a character", "MB at its peak"], rows)


def by_batch(compiled: scorer.Scorer, tests: Sequence[str]) -> str:
    """Measure batches of 1 to 1,000 texts."""
    rows = []
    for size in (1, 8, 64, 1000):
        parts = [tests[start : start + size] for start in range(0, 1000, size)]
        took = median(seconds(compiled.decisions, parts) for _ in range(TURNS))
        rows.append([f"{size:,}", f"{1e6 * took / 1000:,.0f}"])
    return table(["texts a batch", "µs a text"], rows)


def by_threads(compiled: scorer.Scorer, tests: Sequence[str]) -> str:
    """Measure one scorer shared by 1 to 8 threads: Python runs one at a time, so the rate should hold, not rise."""
    rows = []
    for count in (1, 2, 4, 8):
        with ThreadPoolExecutor(count) as pool:
            start = time.perf_counter()
            for found in [
                pool.submit(seconds, compiled.decisions, [[text] for text in tests[:1000]]) for _ in range(8)
            ]:
                found.result()
            rows.append([f"{count}", f"{8 * 1000 / (time.perf_counter() - start):,.0f}"])
    return table(["threads", "texts/s"], rows)


def by_vocabulary(compiled: scorer.Scorer, tests: Sequence[str]) -> str:
    """Measure scorers fitted on more and more of the corpus: time a text, memory, time to load."""
    rows = []
    read = corpus.read("train.csv")
    for count in (1_000, 4_000, len(read)):
        if count == len(read):
            one = compiled
        else:
            step = len(read) // count
            chosen = read[::step][:count]
            fitted = pipeline.build(parameters.read(), 0).fit([r["text"] for r in chosen], [r["label"] for r in chosen])
            one = scorer.compiled(fitted)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "scorer.npz"
            scorer.save(one, file)
            loaded = median(seconds(lambda paths: scorer.load(paths[0]), [[file]]) for _ in range(3))
            tracemalloc.start()
            kept = scorer.load(file)
            memory, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        seconds(kept.decisions, [tests])
        took = median(seconds(kept.decisions, [[text] for text in tests[:1000]]) for _ in range(3))
        terms = kept.blocks[-1].end
        rows.append(
            [f"{count:,}", f"{terms:,}", f"{1e6 * took / 1000:,.0f}", f"{memory / 2**20:,.0f}", f"{loaded:.2f}"]
        )
    return table(["sentences fitted", "terms", "µs a text, warm", "MB", "s to load"], rows)


def peak(compiled: scorer.Scorer, text: str) -> int:
    """Return the bytes that deciding a text takes at most."""
    tracemalloc.start()
    compiled.decisions([text])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


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
