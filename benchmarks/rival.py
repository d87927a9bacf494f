"""The same model behind FastAPI: with the scikit-learn pipeline, and with the compiled scorer."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from model import Analyzer, artifact

MODELS = Path(os.environ["STANCE_MODELS"])


class Request(BaseModel):
    """A text."""

    text: str


class Batch(BaseModel):
    """Texts."""

    texts: list[str]


def pipeline() -> FastAPI:
    """Serve the fitted pipeline as most tutorials do: `predict_proba` of one text."""
    fitted = artifact.load_pipeline(MODELS)
    return _app(fitted.classes_.tolist(), lambda texts: fitted.predict_proba(texts).tolist())


def scorer() -> FastAPI:
    """Serve the compiled scorer, without segmentation or limits."""
    analyzer = Analyzer.load(MODELS)
    return _app(analyzer.manifest.labels, lambda texts: analyzer.probabilities(texts).tolist())


def _app(labels: Sequence[str], judge: Callable[[list[str]], list[list[float]]]) -> FastAPI:
    app = FastAPI()

    def answer(row: list[float]) -> dict[str, Any]:
        probabilities = dict(zip(labels, row, strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        return {"label": label, "confidence": probabilities[label], "probabilities": probabilities}

    @app.post("/classify")
    async def classify(request: Request) -> dict[str, Any]:
        return answer(judge([request.text])[0])

    @app.post("/classify/batch")
    async def batch(request: Batch) -> dict[str, Any]:
        return {"results": [answer(row) for row in judge(request.texts)]}

    return app
