"""The one prediction path: what the service answers and what evaluation measures."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model import artifact, attribution, evidence, segmentation
from model.actors import Actors, Entry
from model.artifact import Manifest
from model.quotations import quotations
from model.scorer import Scorer
from model.values import Actor, Article, Evidence, Mention, Sentence, Span, Stance

Floats = NDArray[np.float64]
# The probability of each label, in the order of the manifest's.
Row = list[float]
# A stance that is held: the numbers of its sentences, its probabilities, who holds it.
Held = tuple[tuple[int, ...], Row, tuple[str, ...]]


class Analyzer:
    """A compiled model with the manifest that says what it is. Immutable, so that threads may share it."""

    def __init__(self, scorer: Scorer, manifest: Manifest):
        self.manifest = manifest
        self.scorer = scorer
        self._labels = manifest.labels
        self._places = {role: manifest.labels.index(label) for role, label in manifest.roles.items()}
        self._opposed = [self._places[role] for role in ("support", "criticism") if role in self._places]

    @classmethod
    def load(cls, folder: Path | str) -> "Analyzer":
        """Load the current version of a models folder, or one version's own folder; raises `ArtifactError`."""
        return cls(*artifact.load(Path(folder)))

    def calibrated(self, temperature: float) -> "Analyzer":
        """Return the same analyzer at another temperature."""
        return Analyzer(self.scorer, replace(self.manifest, temperature=temperature))

    def classify(self, text: str, min_confidence: float = 0.0, explain: bool = False) -> Stance:
        """Judge one text: cut into sentences where the model's unit is the sentence, and rolled up by `roll_up`.

        Below `min_confidence` (0 to 1) the answer is marked "low_confidence"; "unknown_vocabulary" goes before it.
        `explain` adds evidence for each sentence. Raises `ValueError` for a text without a letter. Cost: about 0.1 ms
        a sentence of 25 words, and 2 ms more where it is explained.
        """
        spans = self._units(text)
        probabilities, known = self._judge([text[span.start : span.end] for span in spans])
        return self._rolled_up(text, spans, probabilities, known, min_confidence, explain)

    def analyze(self, text: str, min_confidence: float = 0.0, explain: bool = False) -> Article:
        """Judge an article: what `classify` tells, every sentence's stance with who holds it, and every actor's.

        An actor's stance is rolled up from its sentences as a text's is; of a sentence in which several speak it has
        its own clause, and a fragment of a quotation is judged joined to what it goes on from. Raises `ValueError` for
        a text without a letter. Cost: some 10 ms for 1,000 words, linear.
        """
        spans = self._units(text)
        probabilities, known = self._judge([text[span.start : span.end] for span in spans])
        table, mentions = _table().read(text)
        held = self._held(table, text, spans, probabilities, mentions)
        holding: dict[int, dict[str, None]] = defaultdict(dict)
        for numbers, _, several in held:
            for number in numbers:
                holding[number] |= dict.fromkeys(several)
        sentences = []
        for number, (span, row, counts) in enumerate(zip(spans, probabilities, known, strict=True)):
            one = self._stance(row, _share([counts]), 1, min_confidence)
            holders = holding.get(number, ())
            sentences.append(
                Sentence(span, one.label, one.confidence, one.probabilities, one.uncertain, tuple(holders))
            )
        shares = self._shares([sentence.label for sentence in sentences])
        return Article(
            stance=self._rolled_up(text, spans, probabilities, known, min_confidence, explain),
            balance=self._balance(shares),
            shares=shares,
            sentences=tuple(sentences),
            actors=tuple(self._actors(table, mentions, held)),
        )

    def judge(self, units: Sequence[str]) -> list[Stance]:
        """Judge many units, each unsplit, as labelled rows are: for evaluation."""
        probabilities, known = self._judge(units)
        return [self._stance(row, _share([counts]), 1, 0.0) for row, counts in zip(probabilities, known, strict=True)]

    def probabilities(self, units: Sequence[str]) -> Floats:
        """Return the probability of each label (columns, in the order of `manifest.labels`) for each unit (rows)."""
        return np.array(self._judge(units)[0]).reshape(len(units), len(self._labels))

    def decisions(self, units: Sequence[str]) -> Floats:
        """Return the decision values, before the temperature, in the same shape as `probabilities`."""
        return self.scorer.decisions(units)

    def roll_up(self, probabilities: Sequence[Sequence[float]]) -> Row:
        """Join the probabilities of a text's sentences (rows) into the text's: their mean, weighed by what a text is.

        A text that reports both sides alike takes none: of its mean each side keeps as much as it has of the two
        together, s * s / (s + c), and the rest is neutral. A text takes a side though most of its sentences report
        facts, the more so the longer it is: its neutral share is divided by the number of sentences to the power of
        `manifest.roll_up["neutral_exponent"]`. A lone sentence keeps its own probabilities. Labels without a neutral
        one are averaged.
        """
        if len(probabilities) == 1:
            return list(probabilities[0])
        row = [sum(column) / len(probabilities) for column in zip(*probabilities, strict=True)]
        neutral = self._places.get("neutral")
        if neutral is None:
            return row
        sides = [row[place] for place in self._opposed]
        if len(sides) == 2 and all(sides):
            taken = math.prod(sides) / sum(sides)
            for place in self._opposed:
                row[place] -= taken
            row[neutral] += 2 * taken
        row[neutral] /= len(probabilities) ** self.manifest.roll_up["neutral_exponent"]
        total = sum(row)
        return [share / total for share in row]

    def known_share(self, text: str) -> float:
        """Return the share of a text's words that the fitted vocabulary knows, 0 for a text without a word.

        Words of one or two letters, which many languages have alike, count only where there are no others.
        """
        return _share(self.scorer.judge([text])[1])

    def _units(self, text: str) -> list[Span]:
        spans = segmentation.sentences(text)
        if not spans:
            raise ValueError("a text needs at least one letter")
        return spans if self.manifest.unit == "sentence" else [Span(0, len(text))]

    def _judge(self, units: Sequence[str]) -> tuple[list[Row], list[tuple[int, int]]]:
        decisions, known = self.scorer.judge(units)
        return [_softmax(row, self.manifest.temperature) for row in decisions], known

    def _rolled_up(
        self,
        text: str,
        spans: Sequence[Span],
        probabilities: Sequence[Row],
        known: Sequence[tuple[int, int]],
        min_confidence: float,
        explain: bool,
    ) -> Stance:
        row = self.roll_up(probabilities)
        stance = self._stance(row, _share(known), len(spans), min_confidence)
        if not explain:
            return stance
        evidence = [self._explain(text, span, _likeliest(row)) for span, row in zip(spans, probabilities, strict=True)]
        return replace(stance, evidence=tuple(evidence))

    def _side(self, label: str) -> str | None:
        """Return the side that a label is, `None` for the neutral one; of labels without roles each is a side."""
        if not self.manifest.roles:
            return label
        return next((role for role, one in self.manifest.roles.items() if one == label and role != "neutral"), None)

    def _balance(self, shares: Mapping[str, float]) -> float | None:
        roles = self.manifest.roles
        if "support" not in roles or "criticism" not in roles:
            return None
        return shares[roles["support"]] - shares[roles["criticism"]]

    def _held(
        self, table: Actors, text: str, spans: Sequence[Span], probabilities: Sequence[Row], mentions: Sequence[Mention]
    ) -> list[Held]:
        """Return every stance that somebody holds; what is no sentence of its own is judged anew."""
        agent = attribution.agent(self.manifest.target, _table())
        reader, sentence = attribution.Reader(text, spans, mentions, table, quotations(text), agent).by_clause()
        parts = [(Span(reader.spans[part[0]].start, reader.spans[part[-1]].end), part) for part in reader.utterances()]
        own = dict(zip(spans, probabilities, strict=True))
        new = [span for span, _ in parts if span not in own]
        own |= zip(new, self._judge([reader.worded(span) for span in new])[0] if new else (), strict=True)
        sides = [self._side(self._labels[_likeliest(own[span])]) for span, part in parts for _ in part]
        holders = reader.attribute(sides)
        found = []
        for span, part in parts:
            if held := tuple(dict.fromkeys(one for at in part for one in holders[at])):
                found.append((tuple(dict.fromkeys(sentence[at] for at in part)), own[span], held))
        return found

    def _actors(self, table: Actors, mentions: Sequence[Mention], held: Sequence[Held]) -> Iterator[Actor]:
        """Yield every actor, those with the most sentences first, those without a stance in the order of the text."""
        named: dict[str, list[Span]] = defaultdict(list)
        for mention in mentions:
            named[mention.actor].append(mention.span)
        stances: dict[str, list[Held]] = defaultdict(list)
        via: dict[str, dict[str, None]] = defaultdict(dict)
        for one in held:
            above = {actor: holder for holder in one[2] for actor in table.chain(holder) if actor not in one[2]}
            for actor in (*one[2], *above):
                stances[actor].append(one)
            for actor, holder in above.items():
                via[actor][holder] = None
        for actor in sorted({**stances, **named}, key=lambda actor: -len(stances.get(actor, ()))):
            yield self._actor(table.entries[actor], stances.get(actor, ()), via.get(actor, ()), named.get(actor, ()))

    def _actor(self, entry: Entry, held: Sequence[Held], via: Iterable[str], named: Sequence[Span]) -> Actor:
        rows = [row for _, row, _ in held]
        row = self.roll_up(rows) if held else None
        shares = self._shares([self._labels[_likeliest(one)] for one in rows]) if held else {}
        return Actor(
            id=entry.id,
            name=entry.name,
            kind=entry.kind,
            stands_for=entry.stands_for,
            label=None if row is None else self._labels[_likeliest(row)],
            confidence=None if row is None else max(row),
            balance=self._balance(shares) if held else None,
            shares=shares,
            sentences=tuple(dict.fromkeys(number for numbers, _, _ in held for number in numbers)),
            via=tuple(via),
            mentions=tuple(named),
        )

    def _shares(self, labels: Sequence[str]) -> dict[str, float]:
        counted = Counter(labels)
        return {label: counted[label] / len(labels) for label in self._labels}

    def _explain(self, text: str, span: Span, label: int) -> Evidence:
        decision, intercept, rest, terms = evidence.explain(self.scorer, text[span.start : span.end], label)
        moved = [
            replace(term, at=tuple(Span(span.start + one.start, span.start + one.end) for one in term.at))
            for term in terms
        ]
        return Evidence(span, self._labels[label], decision, intercept, rest, tuple(moved))

    def _stance(self, row: Sequence[float], known: float, sentences: int, min_confidence: float) -> Stance:
        probabilities = dict(zip(self._labels, row, strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        uncertain = None
        if known < self.manifest.thresholds["unknown_vocabulary"]:
            uncertain = "unknown_vocabulary"
        elif probabilities[label] < min_confidence:
            uncertain = "low_confidence"
        return Stance(label, probabilities[label], probabilities, uncertain, sentences)


@cache
def _table() -> Actors:
    """Return the table of actors, read once for all analyzers: a quarter of a second."""
    return Actors.load()


def _share(counts: Sequence[tuple[int, int]]) -> float:
    """Return the share of known words, given known words and words of each unit."""
    return sum([known for known, _ in counts]) / max(sum([words for _, words in counts]), 1)


def _likeliest(row: Sequence[float]) -> int:
    return row.index(max(row))


def _softmax(values: Sequence[float], temperature: float) -> Row:
    """Turn decision values into probabilities. Not by numpy: for so few numbers it takes five times as long."""
    top = max(values)
    exponents = [math.exp((value - top) / temperature) for value in values]
    total = sum(exponents)
    return [exponent / total for exponent in exponents]
