"""The schemas: what documents a request or an answer is what loads or dumps it."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

_SURROGATE = re.compile("[\ud800-\udfff]")


class Text(fields.String):
    """A text to judge: at least one letter, at most `longest` code points, no NUL, no half of a surrogate pair."""

    def __init__(self, longest: int, **options: Any):
        self.longest = longest
        pattern = r"^[^\u0000]*\p{L}[^\u0000]*$"
        described = {"minLength": 1, "maxLength": longest, "pattern": pattern, **options.pop("metadata")}
        super().__init__(required=True, metadata=described, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        if len(text) > self.longest:
            raise ValidationError(f"Longer than {self.longest} code points.")
        if "\0" in text:
            raise ValidationError("Has a NUL character.")
        if _SURROGATE.search(text):
            raise ValidationError("Has a lone surrogate, which is no character.")
        if not any(map(str.isalpha, text)):
            raise ValidationError("Has no letter.")
        return text


class Share(fields.Float):
    """A JSON number from 0 to 1; a string or a boolean is none."""

    def __init__(self, **options: Any):
        super().__init__(validate=validate.Range(0, 1), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> float:
        if isinstance(value, str | bool):
            raise ValidationError("Not a number.")
        result: float = super()._deserialize(value, attr, data, **options)
        return result


class Flag(fields.Boolean):
    """JSON's true or false; a number or a string is neither."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


class Probability(fields.Float):
    """A probability as published: six decimals."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> float | None:
        return None if value is None else round(value, 6)


def classify_request(longest: int) -> Schema:
    """Make the schema of a `/classify` request for texts of at most `longest` code points."""
    described = {
        "description": "The text, one sentence or several, as it stands.",
        "example": "Berlin called it a mistake.",
    }
    return Schema.from_dict(
        {
            "text": Text(longest, metadata=described),
            "min_confidence": Share(
                load_default=0.0, metadata={"description": "Below it, `uncertain` is `low_confidence`."}
            ),
            "explain": Flag(
                load_default=False,
                metadata={"description": "Whether to name the terms that moved each sentence's decision most."},
            ),
            "offset_unit": fields.String(
                load_default="codepoint",
                validate=validate.OneOf(["codepoint", "utf16"]),
                metadata={
                    "description": "What offsets in the answer count: Unicode code points, or UTF-16 code units."
                },
            ),
        },
        name="ClassifyRequest",
    )()


class ModelName(Schema):
    """Which model answered."""

    target = fields.String(required=True, metadata={"description": "What the stance is toward."})
    version = fields.String(required=True, metadata={"description": "The content digest's first 12 hex digits."})


class SpanAnswer(Schema):
    """A stretch of the text, `end` exclusive, in the request's `offset_unit`."""

    start = fields.Integer(required=True)
    end = fields.Integer(required=True)


class TermAnswer(Schema):
    """A term of the evidence."""

    term = fields.String(required=True, metadata={"description": "How it reads, in lower case."})
    weight = fields.Float(required=True, metadata={"description": "What it adds to the decision value."})
    at = fields.List(
        fields.List(fields.Integer(), validate=validate.Length(equal=2)),
        required=True,
        metadata={"description": "Where it stands: start and end (exclusive) of each occurrence."},
    )


class EvidenceAnswer(Schema):
    """Why one sentence got its label: intercept, terms and rest add up to the decision value."""

    sentence = fields.Nested(SpanAnswer, required=True)
    label = fields.String(required=True)
    decision = fields.Float(required=True, metadata={"description": "The label's value before the temperature."})
    intercept = fields.Float(required=True)
    rest = fields.Float(required=True, metadata={"description": "What the terms left out weigh together."})
    terms = fields.List(fields.Nested(TermAnswer), required=True)


class ClassifyAnswer(Schema):
    """The stance of one text."""

    label = fields.String(required=True, metadata={"description": "The likeliest label."})
    confidence = Probability(required=True, metadata={"description": "Its probability."})
    probabilities = fields.Dict(
        keys=fields.String(),
        values=Probability(),
        required=True,
        metadata={"description": "Of every label; they add up to 1."},
    )
    uncertain = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(["unknown_vocabulary", "low_confidence"]),
        metadata={"description": "Why the label is not to be relied on, or null."},
    )
    sentences = fields.Integer(required=True, metadata={"description": "How many sentences were judged."})
    evidence = fields.List(
        fields.Nested(EvidenceAnswer), metadata={"description": "One entry a sentence, where `explain` asked for it."}
    )
    model = fields.Nested(ModelName, required=True)


class ModelCard(ModelName):
    """The model card of the loaded version."""

    labels = fields.List(fields.String(), required=True)
    roles = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Which label is which side; empty where the labels name none."},
    )
    unit = fields.String(required=True, validate=validate.OneOf(["sentence", "text"]))
    roll_up = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "How sentences become the label of a text."}
    )
    temperature = fields.Float(required=True, metadata={"description": "What decision values are divided by."})
    thresholds = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    parameters = fields.Dict(keys=fields.String(), required=True)
    seed = fields.Integer(required=True)
    data = fields.Dict(keys=fields.String(), required=True, metadata={"description": "The labelled rows, by digest."})
    metrics = fields.Dict(keys=fields.String(), required=True)
    libraries = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    python = fields.String(required=True)
    format = fields.Integer(required=True)
    file_digests = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    content_digest = fields.String(required=True)


class Limit(Schema):
    """One limit."""

    value = fields.Integer(required=True)
    unit = fields.String(required=True)


class Limits(Schema):
    """Every limit in force."""

    body = fields.Nested(Limit, required=True)
    text = fields.Nested(Limit, required=True)
    nesting = fields.Nested(Limit, required=True)
    errors = fields.Nested(Limit, required=True)
    request_id = fields.Nested(Limit, required=True)


class Health(Schema):
    """A probe's answer."""

    status = fields.String(required=True, validate=validate.OneOf(["alive", "ready"]))


class Fault(Schema):
    """One fault of a request."""

    pointer = fields.String(required=True, metadata={"description": "Where, as a JSON pointer (RFC 6901)."})
    detail = fields.String(required=True)


class Problem(Schema):
    """A problem document (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(Fault))
