"""The schemas of corrections: what is sent, what is asked for, what is answered."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from service.feedback.values import CURSOR, MOST_OTHERS, Approved, Correction
from service.fields import Text
from service.schemas import SpanAnswer

STATUSES = ["pending", "approved", "rejected"]
# A label or a target, of whatever model: no model that training makes has longer ones.
_NAME_CHARS = 200
_HOLDER_CHARS, _NOTE_CHARS, _ANNOTATOR_CHARS = 200, 2000, 100


class Matching(fields.String):
    """A string that a pattern describes from beginning to end."""

    def __init__(self, pattern: str, **options: Any):
        self._pattern = re.compile(pattern)
        described = {"pattern": f"^{pattern}$", **options.pop("metadata", {})}
        super().__init__(metadata=described, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        if not self._pattern.fullmatch(text):
            raise ValidationError("Is not of the form that it has to have.")
        return text


class Place(fields.Integer):
    """A place in a text: a JSON number without a fraction, 0 or more."""

    def __init__(self) -> None:
        super().__init__(required=True, validate=validate.Range(0))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise ValidationError("Not a whole number.")
        return int(value)


class Number(fields.Integer):
    """A number in a query: decimal digits, and nothing else that Python would take for one."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> int:
        if not re.fullmatch("[0-9]{1,18}", value):
            raise ValidationError("Not a whole number.")
        return int(value)


class Moment(fields.AwareDateTime):
    """A time in UTC, to the microsecond: 2026-11-22T10:00:00.123456Z."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **options: Any) -> str | None:
        return None if value is None else value.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _optional(longest: int, description: str, least: int = 0, load_default: str | None = None) -> Text:
    return Text(
        longest, least, False, load_default=load_default, allow_none=False, metadata={"description": description}
    )


class SpanRequest(Schema):
    """A stretch of the text, `end` exclusive, in the request's `offset_unit`."""

    start = Place()
    end = Place()


class AnswerName(Schema):
    """An answer that is corrected: what it said, and which model's it is."""

    label = Text(_NAME_CHARS, least=1)
    version = Matching("[0-9a-f]{12}", required=True)


class _Correction(Schema):
    """What may be said of a correction, whatever the limits are."""

    text: fields.String = fields.String(required=True)
    span: fields.Nested = fields.Nested(SpanRequest)
    offset_unit = fields.String(
        load_default="codepoint",
        validate=validate.OneOf(["codepoint", "utf16"]),
        metadata={"description": "What `span` counts: Unicode code points, or UTF-16 code units."},
    )
    label = fields.String(
        required=True, metadata={"description": "The right one of the loaded model's, which `GET /model` lists."}
    )
    holder = _optional(_HOLDER_CHARS, "Who holds the stance: an actor's id, or a name.", least=1)
    answer = fields.Nested(AnswerName, metadata={"description": "The answer that is corrected."})
    note = _optional(_NOTE_CHARS, "What else is to be said.")
    annotator = _optional(_ANNOTATOR_CHARS, "Who says so.", load_default="")
    idempotency_key = Matching(
        "[A-Za-z0-9._-]{1,64}",
        load_default=None,
        allow_none=False,
        metadata={"description": "Of the sender's making: what is sent again with the same one is stored once."},
    )


def _code_points(text: str, span: dict[str, int], unit: str) -> tuple[int, int]:
    """Return where a span lies in code points; raises `ValidationError` where it does not lie in the text."""
    start, end = span["start"], span["end"]
    try:
        if unit == "utf16":
            units = text.encode("utf-16-le")
            length = len(units) // 2
            places = len(units[: 2 * start].decode("utf-16-le")), len(units[: 2 * end].decode("utf-16-le"))
        else:
            length, places = len(text), (start, end)
    except UnicodeDecodeError:
        raise ValidationError({"span": ["Cuts a character in two."]}) from None
    if not start < end <= length:
        raise ValidationError({"span": ["Is no stretch of the text: start before end, and end within it."]})
    return places


def _submitted(sent: dict[str, Any], stretch: Text) -> dict[str, Any]:
    """Keep of a text only the stretch that the label is of; raises what that would raise as a text by itself."""
    span, unit = sent.pop("span", None), sent.pop("offset_unit")
    answer = sent.pop("answer", {"label": None, "version": None})
    start, end = _code_points(sent["text"], span, unit) if span else (None, None)
    try:
        text = stretch.deserialize(sent["text"][start:end])
    except ValidationError as fault:
        raise ValidationError({"span" if span else "text": fault.messages}) from None
    asked = {"answer_label": answer["label"], "answer_version": answer["version"]}
    return {**sent, **asked, "text": text, "note": sent["note"] or None, "start": start, "end": end}


def correction_request(longest: int, longest_whole: int) -> Schema:
    """Make the schema of a correction of a stretch of at most `longest` code points of a text of at most so many."""
    example = {"description": "The text as it was sent to be judged.", "example": "Berlin regretted the withdrawal."}
    about = f"Which stretch of the text the label is of, at most {longest} code points; without it, all of the text."

    class CorrectionRequest(_Correction):
        """A correction of an answer."""

        text = Text(longest_whole, metadata=example)
        span = fields.Nested(SpanRequest, metadata={"description": about})

        @post_load
        def cut(self, sent: dict[str, Any], **_: Any) -> dict[str, Any]:
            """Load what `Submission` takes, but for what the sender does not say."""
            return _submitted(sent, Text(longest))

    return CorrectionRequest()


class Receipt(Schema):
    """What is told of a correction once it is stored."""

    id = fields.Integer(required=True)
    created = Moment(required=True)


class DecisionRequest(Schema):
    """A decision on a correction: its status, another label for it, or both."""

    status = fields.String(validate=validate.OneOf(STATUSES))
    label = fields.String(metadata={"description": "One of the loaded model's, of whose target the correction is."})

    @validates_schema
    def says_something(self, sent: dict[str, Any], **_: Any) -> None:
        """Refuse what decides nothing."""
        if not sent:
            raise ValidationError("Has neither status nor label.")


class TargetQuery(Schema):
    """Which corrections are exported."""

    target = _optional(_NAME_CHARS, "What the stance is toward; of every target where it is not said.")


class CorrectionsQuery(TargetQuery):
    """Which corrections are listed."""

    status = fields.String(load_default=None, allow_none=False, validate=validate.OneOf(STATUSES))
    label = _optional(_NAME_CHARS, "The right one.")
    annotator = _optional(_ANNOTATOR_CHARS, "Who sent it.")
    disagreeing = fields.Boolean(
        truthy={"true"},
        falsy={"false"},
        load_default=False,
        metadata={"description": "Only sentences with corrections, none of them rejected, of different labels."},
    )
    limit = Number(load_default=50, validate=validate.Range(1, 200))
    after = Matching(CURSOR, load_default="0", metadata={"description": "`next` of the page before."})


class DecisionAnswer(Schema):
    """What was decided on a correction, first of all by its submission."""

    at = Moment(required=True)
    by = fields.String(required=True, metadata={"description": "An API key's name, or the annotator who sent it."})
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    label = fields.String(required=True)


class OtherAnswer(Schema):
    """Another correction of the same sentence."""

    id = fields.Integer(required=True)
    label = fields.String(required=True)
    annotator = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))


class AnsweredName(Schema):
    """An answer that was corrected."""

    label = fields.String(required=True)
    version = fields.String(required=True)


def _span(found: Correction) -> dict[str, int | None] | None:
    return None if found.start is None else {"start": found.start, "end": found.end}


def _answer(found: Correction) -> dict[str, str | None] | None:
    return None if found.answer_label is None else {"label": found.answer_label, "version": found.answer_version}


class _From(fields.Nested):
    """A nested object or null, made of the whole value."""

    def __init__(self, nested: type[Schema], made: Any, description: str):
        super().__init__(nested, required=True, allow_none=True, metadata={"description": description})
        self._made = made

    def get_value(self, obj: Any, *_: Any, **__: Any) -> Any:
        """Return what is nested."""
        return self._made(obj)


class CorrectionAnswer(Schema):
    """A correction as it stands."""

    id = fields.Integer(required=True)
    created = Moment(required=True)
    target = fields.String(required=True)
    text = fields.String(required=True, metadata={"description": "The stretch that the label is of."})
    span = _From(SpanAnswer, _span, "Where it lay in the text that was sent, in code points.")
    label = fields.String(required=True, metadata={"description": "The right one, as it was decided last."})
    holder = fields.String(required=True, allow_none=True)
    answer = _From(AnsweredName, _answer, "The answer that was corrected, where it was sent.")
    note = fields.String(required=True, allow_none=True)
    annotator = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    history = fields.List(fields.Nested(DecisionAnswer), required=True)
    others = fields.List(
        fields.Nested(OtherAnswer),
        required=True,
        metadata={"description": f"Of the same sentence, whatever their label: the first {MOST_OTHERS}."},
    )


class CorrectionsAnswer(Schema):
    """A page of corrections."""

    corrections = fields.List(fields.Nested(CorrectionAnswer), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "`after` of the next page; null on the last."}
    )


def digest(found: Approved) -> str:
    """Name what a row teaches: the SHA-256 of target, text and label as a JSON list in UTF-8."""
    taught = json.dumps([found.target, found.text, found.label], ensure_ascii=False)
    return hashlib.sha256(taught.encode("utf-8", "backslashreplace")).hexdigest()


class ExportRow(Schema):
    """An approved correction, as training reads it."""

    id = fields.Integer(required=True)
    text = fields.String(required=True)
    label = fields.String(required=True)
    target = fields.String(required=True)
    holder = fields.String(required=True, allow_none=True)
    annotator = fields.String(required=True)
    answered = fields.String(required=True, allow_none=True, attribute="answer_label")
    version = fields.String(required=True, allow_none=True, attribute="answer_version")
    decided = Moment(required=True)
    digest = fields.Function(digest, required=True, metadata={"type": "string", "pattern": "^[0-9a-f]{64}$"})


class PairAnswer(Schema):
    """How two annotators agree."""

    annotators = fields.List(fields.String(), required=True, validate=validate.Length(equal=2))
    sentences = fields.Integer(required=True, metadata={"description": "How many both have labelled."})
    kappa = fields.Float(required=True, allow_none=True, metadata={"description": "Cohen's; null where undefined."})


class AgreementAnswer(Schema):
    """How the annotators agree, by the labels as submitted."""

    sentences = fields.Integer(required=True, metadata={"description": "Labelled by two annotators or more."})
    alpha = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Krippendorff's, of nominal labels, over all annotators; null where undefined."},
    )
    pairs = fields.List(fields.Nested(PairAnswer), required=True)
