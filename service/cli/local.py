"""The judge that is a model loaded here."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from model import Analyzer, ArtifactError, answers
from service.cli.asking import Answered, Card, Fault, Handful, Text, UnavailableError

LayOut = Callable[[Analyzer, str, Mapping[str, Any]], dict[str, Any]]


class Local:
    """A judge (see `Judge`) over the models folder or version at `folder`; raises `UnavailableError` without one."""

    def __init__(self, folder: Path, asked: Mapping[str, Any]):
        try:
            self._analyzer = Analyzer.load(folder)
        except ArtifactError as fault:
            raise UnavailableError(str(fault)) from None
        self._asked = asked

    def card(self) -> Card:
        """Return what is to be known of the model."""
        return Card(self._analyzer.manifest.labels, self._analyzer.manifest.roles)

    def classify(self, handfuls: Iterable[Handful]) -> Iterator[Answered | Fault]:
        """Yield the stance of each text, and each fault."""
        return self._answered(answers.stance, handfuls)

    def analyze(self, handfuls: Iterable[Handful]) -> Iterator[Answered | Fault]:
        """Yield the analysis of each text, and each fault."""
        return self._answered(answers.article, handfuls)

    def _answered(self, lay_out: LayOut, handfuls: Iterable[Handful]) -> Iterator[Answered | Fault]:
        for handful in handfuls:
            for one in handful:
                yield one if isinstance(one, Fault) else self._one(lay_out, one)

    def _one(self, lay_out: LayOut, text: Text) -> Answered | Fault:
        try:
            answer = lay_out(self._analyzer, text.content, self._asked)
        except ValueError as fault:
            return Fault(text.where, str(fault))
        manifest = self._analyzer.manifest
        return Answered(text, {**answer, "model": {"target": manifest.target, "version": manifest.version}})
