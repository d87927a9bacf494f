"""The same model behind FastAPI: with the scikit-learn pipeline, and with the compiled scorer."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from model import Analyzer, artifact

MODELS = Path(os.environ["STANCE_MODELS"])


class Request(BaseModel):
    """A text."""

    text: str


def pipeline() -> FastAPI:
    """Serve the fitted pipeline as most tutorials do: `predict_proba` of one text."""
    fitted = artifact.load_pipeline(MODELS)
    labels = fitted.classes_.tolist()
    return _app(lambda text: dict(zip(labels, fitted.predict_proba([text])[0].tolist(), strict=True)))


def scorer() -> FastAPI:
    """Serve the compiled scorer, without segmentation or limits."""
    analyzer = Analyzer.load(MODELS)
    labels = analyzer.manifest.labels
    return _app(lambda text: dict(zip(labels, analyzer.probabilities([text])[0].tolist(), strict=True)))


def _app(judge: Callable[[str], dict[str, float]]) -> FastAPI:
    app = FastAPI()

    @app.post("/classify")
    async def classify(request: Request) -> dict[str, Any]:
        probabilities = judge(request.text)
        label = max(probabilities, key=probabilities.__getitem__)
        return {"label": label, "confidence": probabilities[label], "probabilities": probabilities}

    return app
