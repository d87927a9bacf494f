"""The schemas: what documents a request or an answer is what loads or dumps it."""

from typing import Any

from marshmallow import Schema, fields, validate

from service.fields import ByLabel, Flag, Mark, Share, Text, Texts


def _asked() -> dict[str, fields.Field[Any]]:
    """Make the fields that say what an answer is to have."""
    return {
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
            metadata={"description": "What offsets in the answer count: Unicode code points, or UTF-16 code units."},
        ),
    }


def _one(longest: int, **described: Any) -> dict[str, fields.Field[Any]]:
    """Make the fields of a request for one text."""
    described = {"description": "The text, one sentence or several, as it stands.", **described}
    return {"text": Text(longest, metadata=described), **_asked()}


def classify_request(longest: int) -> Schema:
    """Make the schema of a `/classify` request for texts of at most `longest` code points."""
    return Schema.from_dict(_one(longest, example="Berlin called the withdrawal a mistake."), name="ClassifyRequest")()


def analyze_request(longest: int) -> Schema:
    """Make the schema of an `/analyze` request for articles of at most `longest` code points."""
    return Schema.from_dict(
        _one(longest, example="Berlin called the withdrawal a mistake. Warsaw did not."), name="AnalyzeRequest"
    )()


def batch_request(longest: int, most: int) -> Schema:
    """Make the schema of a `/classify/batch` request for at most `most` texts of at most `longest` code points."""
    described = {"description": "The texts, as in `/classify`. A bad one is named under `errors` and spoils no other."}
    return Schema.from_dict({"texts": Texts(longest, most, metadata=described), **_asked()}, name="BatchRequest")()


def line_request(longest: int) -> Schema:
    """Make the schema of a line of an NDJSON stream: a `/classify` request that may have an id."""
    described = {"description": "Comes back with the answer.", "type": ["string", "number"]}
    return Schema.from_dict({**_one(longest), "id": Mark(metadata=described)}, name="LineRequest")()


class Answer(Schema):
    """An answer laid out as JSON has it (`model.answers`): what is declared gets out, as it stands.

    To lay the members of its members out once more would cost a tenth of what judging a text or an article costs.
    """

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """Return the members that are declared and there."""
        return {name: obj[name] for name in self.dump_fields if name in obj}


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


class StanceAnswer(Answer):
    """The stance of one text."""

    label = fields.String(required=True, metadata={"description": "The likeliest label."})
    confidence = fields.Float(required=True, metadata={"description": "Its probability."})
    probabilities = ByLabel(metadata={"description": "Of every label; they add up to 1."})
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


class ClassifyAnswer(StanceAnswer):
    """The stance of one text, and which model tells it."""

    model = fields.Nested(ModelName, required=True)


class Indexed(Schema):
    """What is said of one text of a batch."""

    index = fields.Integer(required=True, metadata={"description": "The text's place in `texts`, from 0."})


class ItemAnswer(StanceAnswer, Indexed):
    """The stance of one text of a batch."""


class ItemFault(Indexed):
    """What is wrong with one text of a batch."""

    detail = fields.String(required=True)


class Line(Schema):
    """Which line of a stream is answered."""

    index = fields.Integer(required=True, metadata={"description": "The line's number from 0, blank ones counted."})
    id = Mark(metadata={"description": "The `id` that the line had, if it had one.", "type": ["string", "number"]})


class LineAnswer(ClassifyAnswer, Line):
    """The stance of one line's text, and which model tells it."""


class StreamEnd(Schema):
    """The last line of a stream of rows: without it some are missing."""

    end = fields.Boolean(required=True, validate=validate.Equal(True), metadata={"enum": [True]})
    rows = fields.Integer(required=True)


class Fault(Schema):
    """One fault of a request."""

    pointer = fields.String(required=True, metadata={"description": "Where, as a JSON pointer (RFC 6901)."})
    detail = fields.String(required=True)


class LineError(Schema):
    """What is wrong with a line, or with the stream from there on."""

    detail = fields.String(required=True)
    errors = fields.List(fields.Nested(Fault), metadata={"description": "Where the line breaks the schema."})


class LineFault(Line):
    """A line that is not judged."""

    error = fields.Nested(LineError, required=True)


class BatchAnswer(Answer):
    """The stances of many texts."""

    results = fields.List(fields.Nested(ItemAnswer), required=True)
    errors = fields.List(fields.Nested(ItemFault), required=True)
    model = fields.Nested(ModelName, required=True)


class SentenceAnswer(SpanAnswer):
    """A sentence of an article with its stance."""

    label = fields.String(required=True)
    confidence = fields.Float(required=True)
    probabilities = ByLabel()
    uncertain = fields.String(required=True, allow_none=True)
    actors = fields.List(fields.String(), required=True, metadata={"description": "The ids of those who hold it."})


class MentionAnswer(SpanAnswer):
    """Where an actor is named."""

    text = fields.String(required=True, metadata={"description": "By what name, as it stands."})


class ActorAnswer(Schema):
    """An actor of an article: who holds a stance, or is named and holds none."""

    id = fields.String(
        required=True,
        metadata={
            "description": "Its id in the table of actors, or `person:` and a name: of somebody whom the article "
            "introduces, and who in another one may be somebody else."
        },
    )
    name = fields.String(required=True)
    kind = fields.String(required=True)
    stands_for = fields.String(required=True, allow_none=True, metadata={"description": "The actor above, by its id."})
    label = fields.String(
        required=True, allow_none=True, metadata={"description": "Its stance, rolled up; null where it holds none."}
    )
    confidence = fields.Float(required=True, allow_none=True)
    balance = fields.Float(
        required=True, allow_none=True, metadata={"description": "Share of support less share of criticism, -1 to 1."}
    )
    shares = ByLabel(
        metadata={"description": "Its sentences by label, so that opposing stances show; empty without a stance."}
    )
    sentences = fields.List(
        fields.Integer(), required=True, metadata={"description": "The numbers of its sentences, from 0."}
    )
    via = fields.List(
        fields.String(), required=True, metadata={"description": "Who of those standing for it holds some of them."}
    )
    mentions = fields.List(fields.Nested(MentionAnswer), required=True)


class AnalyzeAnswer(Answer):
    """The stances of an article: its own, its sentences', its actors'."""

    label = fields.String(required=True, metadata={"description": "Rolled up from the sentences, as in `/classify`."})
    confidence = fields.Float(required=True)
    probabilities = ByLabel()
    uncertain = fields.String(required=True, allow_none=True)
    balance = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Share of support less share of criticism, -1 to 1; null for a model without roles."},
    )
    shares = ByLabel(metadata={"description": "The sentences by label; they add up to 1."})
    sentences = fields.List(fields.Nested(SentenceAnswer), required=True)
    actors = fields.List(fields.Nested(ActorAnswer), required=True)
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
    article = fields.Nested(Limit, required=True)
    batch = fields.Nested(Limit, required=True)
    line = fields.Nested(Limit, required=True)
    in_flight = fields.Nested(Limit, required=True, metadata={"description": "Worked on at once; more get 503."})
    streams = fields.Nested(Limit, required=True, metadata={"description": "How many of them may be NDJSON."})
    silence = fields.Nested(Limit, required=True, metadata={"description": "How long a client may send nothing."})
    body_rate = fields.Nested(Limit, required=True, metadata={"description": "What a slower body gets is 408."})
    rate = fields.Nested(Limit, metadata={"description": "What a key may ask, where there is a rate limit."})
    nesting = fields.Nested(Limit, required=True)
    errors = fields.Nested(Limit, required=True)
    request_id = fields.Nested(Limit, required=True)
    corrections = fields.Nested(Limit, required=True, metadata={"description": "For how long; 0: none is kept."})


class Health(Schema):
    """A probe's answer."""

    status = fields.String(required=True, validate=validate.OneOf(["alive", "ready"]))


class Problem(Schema):
    """A problem document (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(Fault))
