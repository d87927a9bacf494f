"""python training/suggest.py FILE: which unlabelled sentences to label next, ranked by what their labels would teach.

The rule. The uncertainty of a sentence is 1 less the margin between its two likeliest labels (Scheffer, Decomain and
Wrobel, "Active Hidden Markov Models for Information Extraction", IDA 2001), of calibrated probabilities. The most
uncertain sentences, `POOL` times as many as are asked for, go on (Zhdanov, "Diverse mini-batch Active Learning",
arXiv:1901.05954), and of these one is chosen after the other, that of the greatest

    uncertainty * (1 - greatest cosine similarity to a sentence that was chosen before)

over the model's own TF-IDF features: the greedy ranking of Cardoso et al., "Ranked batch-mode active learning"
(Information Sciences 379, 2017), with a product for their weighted sum, so that no weight is to be set. It is
deterministic. What it saves stands in benchmarks/README.md.

Sentences that say what a labelled sentence or one before them says are left out (`corpus.Seen`). Those in hardly any
word that the model knows come last, since of them it cannot tell how uncertain it is.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import normalize
from tqdm import tqdm

from model import artifact
from model.analyzer import Analyzer
from model.artifact import Manifest
from model.errors import ArtifactError
from training import corpus, dataset, labelling, own, records
from training.label_studio import Prediction
from training.labelling import Cell, Unit
from training.records import DatasetError, Format, Records

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "model" / "artifacts"
OUT = Path("next.csv")
POOL = 10
# More than that is better asked for after a new model has learnt from the first; the time grows with the square.
COUNT, MOST = 200, 2000
# How many sentences are judged at a time.
BATCH = 1000

Floats = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> int:
    """Suggest; returns the exit status: 0, 2 for a file or a model that cannot be used, 1 for one not to be written."""
    options = _options(arguments)
    try:
        suggest(options)
    except (DatasetError, ArtifactError) as fault:
        print(fault, file=sys.stderr)
        return 2
    except OSError as fault:
        print(f"{options.out}: cannot be written: {fault.strerror}", file=sys.stderr)
        return 1
    return 0


def suggest(options: argparse.Namespace) -> None:
    """Read, judge, rank and write; says on stderr what was left out. Cost: some 25 s for 100,000 sentences."""
    if not 1 <= options.count <= MOST:
        raise DatasetError(f"--count: expected 1 to {MOST:,}; train on those before you ask for more")
    labelling.require_new(options.out)
    analyzer = Analyzer.load(options.models)
    features = artifact.load_pipeline(options.models)["features"]
    form = records.options(options)
    columns, found = unlabelled(options.file, form)
    texts = [records.text_of(f"{options.file}: {place}", cells, form) for place, cells in found]
    seen = labelled(options.labelled, form, analyzer.manifest.target)
    probabilities, unknown = judge(analyzer, texts)
    ranked, repeated = rank(features, texts, uncertainty(probabilities), unknown, seen, options.count)
    others = labelling.other_columns(columns, [found[number] for number in ranked], form)
    units = [
        _unit(texts[number], place, probabilities[number], bool(unknown[number]), cells, analyzer.manifest)
        for place, (number, cells) in enumerate(zip(ranked, others, strict=True), start=1)
    ]
    labelling.write(options.out, units, analyzer.manifest.labels)
    print(
        f"{len(units):,} of {len(texts):,} sentences written to {options.out}; "
        f"passed over: {repeated:,} that repeat a labelled sentence or one before",
        file=sys.stderr,
    )


def unlabelled(file: Path, form: Format) -> tuple[list[str], Records]:
    """Read the columns and the rows without a label: a text a line from a .txt file, else what training can read.

    Raises `DatasetError`, for a file without such rows too.
    """
    if file.suffix.lower() == ".txt":
        columns, found = [form.text], records.lines(file, form)
    else:
        columns, found, _ = records.read(file, form)
    left = [(place, cells) for place, cells in found if not cells.get(form.label, "").strip()]
    if not left:
        raise DatasetError(f"{file}: no row without a label; expected sentences to be labelled")
    return columns, left


def labelled(files: Sequence[Path], form: Format, target: str) -> corpus.Seen:
    """Return the texts that are labelled already: of these files, or of our corpus where the model is of its target."""
    seen = corpus.Seen(corpus.Masker(actor["name"] for actor in corpus.actors()))
    texts = [text for file in files for text in dataset.read(file, form).texts]
    if not files and target == own.TARGET:
        texts = [row["text"] for name in ("train.csv", "test.csv") for row in corpus.read(name)]
    for text in texts:
        seen.add(text)
    return seen


def judge(analyzer: Analyzer, texts: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """Judge each text as one unit, showing how long is left.

    Returns the probabilities of the labels, and which texts are of unknown vocabulary.
    """
    rows, unknown = [], []
    for start in tqdm(range(0, len(texts), BATCH), desc="judging", disable=None):
        stances = analyzer.judge(texts[start : start + BATCH])
        rows.append(np.array([list(stance.probabilities.values()) for stance in stances]))
        unknown += [stance.uncertain is not None for stance in stances]
    return np.concatenate(rows), np.array(unknown)


def uncertainty(probabilities: Floats) -> Floats:
    """Return 1 less the margin between the two greatest probabilities of each row."""
    ordered = np.sort(probabilities, axis=1)
    result: Floats = 1 - (ordered[:, -1] - ordered[:, -2])
    return result


def rank(
    features: FeatureUnion,
    texts: Sequence[str],
    uncertainties: Floats,
    unknown: NDArray[np.bool_],
    seen: corpus.Seen,
    count: int,
) -> tuple[list[int], int]:
    """Rank the texts to be labelled: at most `count` numbers, and how many were passed over as repetitions.

    The texts that go on are added to `seen`. Texts in `unknown` vocabulary come last.
    """
    pool: list[int] = []
    repeated = 0
    for number in np.lexsort((-uncertainties, unknown)).tolist():
        if len(pool) == POOL * count:
            break
        if texts[number] in seen:
            repeated += 1
        else:
            seen.add(texts[number])
            pool.append(number)
    known = [number for number in pool if not unknown[number]]
    vectors = features.transform([texts[number] for number in known]) if known else csr_matrix((0, 1))
    chosen = [known[place] for place in choose(uncertainties[known], vectors, count)]
    return [*chosen, *(number for number in pool if unknown[number])][:count], repeated


def choose(uncertainties: Floats, vectors: csr_matrix, count: int) -> list[int]:
    """Choose at most `count` rows by the rule, the first for the most that it would teach.

    Cost: for 200 of 2,000 sentences a second, and 25 MB.
    """
    unit = normalize(vectors)
    novelty = np.ones(len(uncertainties))
    left = np.ones(len(uncertainties), dtype=np.bool_)
    chosen: list[int] = []
    for _ in range(min(count, len(uncertainties))):
        best = int(np.where(left, uncertainties * novelty, -1.0).argmax())
        chosen.append(best)
        left[best] = False
        similarity = (unit @ unit[best].T).toarray()[:, 0]
        novelty = np.minimum(novelty, 1 - np.minimum(similarity, 1.0))
    return chosen


def _unit(text: str, place: int, row: Floats, unknown: bool, cells: Mapping[str, Cell], manifest: Manifest) -> Unit:
    best = Prediction(manifest.labels[int(row.argmax())], round(float(row.max()), 6), manifest.version)
    said: dict[str, Cell] = {
        "rank": place,
        "model_label": best.label,
        "confidence": best.confidence,
        "uncertainty": round(float(uncertainty(row[np.newaxis])[0]), 6),
        "uncertain": "unknown_vocabulary" if unknown else "",
    }
    # A file that was suggested before has columns of these names, which are told anew.
    return Unit(text, "", said | {name: cell for name, cell in cells.items() if name not in said}, best)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python training/suggest.py", description="Rank unlabelled sentences by what labelling them would teach."
    )
    parser.add_argument("file", type=Path, help="sentences: .txt (one a line), CSV, TSV, JSONL, Label Studio's JSON")
    parser.add_argument("--models", type=Path, default=MODELS, help="models folder or version (default: the service's)")
    parser.add_argument("--count", type=int, default=COUNT, help="how many to suggest (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="new file: .csv, .jsonl, .json (default: %(default)s)")
    parser.add_argument(
        "--labelled", type=Path, action="append", default=[], help="labelled rows (default: the corpus, for its target)"
    )
    records.add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
