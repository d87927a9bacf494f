"""A part to the rows of its answers: what a worker does."""

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from model import Analyzer, ArtifactError, answers
from service.bulk import manifest, reading, writing
from service.bulk.cutting import Part
from service.bulk.inputs import Columns
from service.bulk.reading import Reject, Row
from service.bulk.tally import Tally
from service.cli.asking import UnavailableError, UnwritableError

# What the service takes where nobody has set it otherwise, in code points.
LONGEST = {"article": 1_000_000, "sentence": 100_000}
_ASKED = {"min_confidence": 0.0, "explain": False, "offset_unit": "codepoint"}
_SHARED = "inputs, --models and --out have to be in folders that all workers see"

Found = Mapping[str, Any]
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """What all parts of a run have in common: which model answers, in which `code`, about what, and where to.

    `run` is the digest of what the run is (see `manifest`), by which a worker knows the output folder.
    """

    out: str
    version: str
    content_digest: str
    code: str
    run: str
    columns: Columns
    unit: str
    form: str


def finish(job: Job, part: Part) -> int:
    """Score a part and write all that it leaves; returns how many sentences were judged.

    Raises `UnavailableError` where the part or the model cannot be read here, or is another one; `UnwritableError`.
    """
    analyzer = ready(job)
    sheet = Sheet(analyzer, job.unit, part.source.name)
    try:
        # All before the first is judged: read in turns with judging, a row costs a quarter more.
        rows = list(reading.rows(part, job.columns, LONGEST[job.unit]))
    except OSError as fault:
        raise UnavailableError(f"{part.source.name} cannot be read: {fault.strerror} ({_SHARED})") from None
    for row in rows:
        sheet.add(row)
    try:
        writing.write(Path(job.out), part.name, job.form, sheet.schemas, sheet.tables, sheet.rejects, sheet.record())
    except OSError as fault:
        raise UnwritableError(f"{job.out} cannot be written: {fault.strerror}") from None
    return sheet.judged


@lru_cache(maxsize=1)
def ready(job: Job) -> Analyzer:
    """Return the model, loaded once a process, after making sure that this is the run's model, code and folder.

    Raises `UnavailableError`.
    """
    try:
        analyzer = Analyzer.load(job.version)
    except ArtifactError as fault:
        raise UnavailableError(f"a worker has no model: {fault} ({_SHARED})") from None
    if analyzer.manifest.content_digest != job.content_digest:
        raise UnavailableError(f"a worker has another model in {job.version} than the run ({_SHARED})")
    if manifest.code() != job.code:
        raise UnavailableError("a worker has another release of stance than the run")
    if manifest.read(Path(job.out)).get("run") != job.run:
        raise UnavailableError(f"a worker does not see this run in {job.out} ({_SHARED})")
    gc.freeze()  # the model stays: collections need not go through it each time
    return analyzer


class Sheet:
    """What comes of the rows of one source: the rows of each table, the rejects, the sums for the summary."""

    def __init__(self, analyzer: Analyzer, unit: str, source: str):
        self._analyzer = analyzer
        self._labels = analyzer.manifest.labels
        self._source = source
        self._tally = Tally(analyzer.manifest.roles)
        self._judge = self._article if unit == "article" else self._text
        self.schemas = writing.tables(unit, self._labels)
        self.tables: dict[str, list[writing.Values]] = {name: [] for name in self.schemas}
        self.rejects: list[tuple[str, Reject]] = []
        self.rows = 0
        self.judged = 0

    def add(self, row: Row | Reject) -> None:
        """Judge a row."""
        self.rows += 1
        if isinstance(row, Row):
            try:
                self._judge(row, (row.id, row.date, self._source, row.line))
            except Exception as fault:
                # A fault of ours, in one row of millions: it stops nothing, and the name leads to it.
                row = Reject(row.line, f"cannot be judged ({type(fault).__name__})")
        if isinstance(row, Reject):
            self.rejects.append((self._source, row))

    def record(self) -> writing.Record:
        """Return what came of the rows, counted."""
        counts = {name: len(rows) for name, rows in self.tables.items()}
        return writing.Record(self.rows, len(self.rejects), self.judged, counts, list(self._tally.rows()))

    def _text(self, row: Row, key: writing.Values) -> None:
        found = answers.stance(self._analyzer, row.text, _ASKED)
        self.tables["texts"].append((*key, *_stance(found, self._labels), found["sentences"]))
        self.judged += found["sentences"]
        self._tally.text(found, row.date)

    def _article(self, row: Row, key: writing.Values) -> None:
        found, labels = answers.article(self._analyzer, row.text, _ASKED), self._labels
        sentences = found["sentences"]
        whole = *_stance(found, labels), *_sides(found, labels), len(sentences)
        self.tables["articles"].append((*key, *whole))
        self.tables["sentences"] += [
            (*key, number, one["start"], one["end"], *_stance(one, labels), one["actors"])
            for number, one in enumerate(sentences)
        ]
        self.tables["actors"] += [(*key, *_actor(one, labels)) for one in found["actors"]]
        self.judged += len(sentences)
        self._tally.article(found, row.date)


def _stance(found: Found, labels: Labels) -> writing.Values:
    probabilities = found["probabilities"]
    return found["label"], found["confidence"], *[probabilities[label] for label in labels], found["uncertain"]


def _sides(found: Found, labels: Labels) -> writing.Values:
    """Return balance and shares, which an actor that is only named has not."""
    shares = found["shares"]
    return found["balance"], *[shares.get(label) for label in labels]


def _actor(found: Found, labels: Labels) -> writing.Values:
    who = found["id"], found["name"], found["kind"], found["stands_for"], found["label"], found["confidence"]
    numbers = found["sentences"]
    return *who, *_sides(found, labels), len(numbers), numbers, found["via"], len(found["mentions"])
