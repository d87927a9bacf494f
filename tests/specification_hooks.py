"""What JSON Schema cannot say of a correction, made so in what schemathesis takes for good requests."""

from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode


@schemathesis.hook
def before_call(_: Any, case: Any, __: Any) -> None:
    """Let labels be the model's, spans lie in their texts, and decisions decide something."""
    body = case.body
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or not isinstance(body, dict):
        return
    if case.operation.path in ("/feedback", "/feedback/{id}") and "label" in body:
        body["label"] = "neutral"
    if case.operation.path == "/feedback/{id}" and not body:
        body["status"] = "approved"
    if case.operation.path == "/feedback":
        body.pop("span", None)
        letter = next(place for place, character in enumerate(body["text"]) if character.isalpha())
        body["span"] = {"start": letter, "end": letter + 1}
        body["offset_unit"] = "codepoint"
