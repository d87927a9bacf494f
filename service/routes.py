"""The routes: each loads, calls, dumps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response, g
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError

from model import answers
from service import errors, gate, rates, report, requests, schemas, stream
from service.metrics import Metrics
from service.models import Models
from service.settings import Settings

Route = Callable[..., Any]


@dataclass(frozen=True)
class Created:
    """An answer to what makes something: the route returns it, and whether it is new (201) or was there (200)."""

    schema: type[Schema]


@dataclass(frozen=True)
class Streamed:
    """An answer of many rows as NDJSON, whose last line says how many they were: the route returns an iterator."""

    schema: type[Schema]


# Where it is just a schema, 200; where there is nothing to answer, None: 204.
Answer = type[Schema] | Created | Streamed | None
REQUEST_ID_CHARS = 64
_JSON = "application/json"


class Routes(Blueprint):  # type: ignore[misc]
    """Routes that are documented as flask-smorest has it, and that load and dump by the shortest way.

    flask-smorest wraps a route once for every answer that it documents and parses through webargs: a quarter of what a
    request costs. Here its decorators only write the documentation.
    """

    def __init__(self, *named: Any, refusals: list[int], **described: Any):
        super().__init__(*named, **described)
        self._refusals = refusals

    def serves(
        self,
        rule: str,
        answer: Answer,
        *problems: int,
        method: str = "",
        takes: Schema | None = None,
        lines: stream.Lines | None = None,
        probe: bool = False,
        guard: Callable[[], object] | None = None,
    ) -> Callable[[Route], Route]:
        """Serve a function: POST where it `takes` something, else GET, or the `method` named; returns it as it is.

        It is given what `takes` loads, of a GET the query and else the body, and what `rule` has of the path by name.
        What it returns is dumped by `answer`. Where there are `lines`, they answer a body of NDJSON. A `probe` is open
        to all and never too busy. A `guard` raises where the request is not to be read at all.
        """
        problems = problems if probe else (*self._refusals, *problems)
        method = method or ("GET" if takes is None else "POST")
        respond = _responder(answer)
        kinds = (_JSON,) if lines is None else (_JSON, stream.MEDIA_TYPE)

        def register(route: Route) -> Route:
            @wraps(route)
            def served(**path: Any) -> Response:
                if guard is not None:
                    guard()
                if takes is None:
                    return respond(route(**path))
                if method == "GET":
                    return respond(route(requests.query(takes), **path))
                if requests.media_type(*kinds) == stream.MEDIA_TYPE and lines is not None:
                    return lines.answer()
                return respond(route(requests.load(takes), **path))

            if probe:
                served = self.doc(security=[])(served)
            for decorate in self._documentation(answer, problems, method, takes, lines):
                served._apidoc = decorate(served)._apidoc  # type: ignore[attr-defined]
            self.route(rule, methods=[method])(served)
            return route

        return register

    def _documentation(
        self, answer: Answer, problems: tuple[int, ...], method: str, takes: Schema | None, lines: stream.Lines | None
    ) -> Iterator[Callable[[Route], Any]]:
        if lines is not None:
            either = {"oneOf": [schemas.LineAnswer, schemas.LineFault]}
            yield self.alt_response(200, schema=either, content_type=stream.MEDIA_TYPE)
            yield self.doc(requestBody={"content": {stream.MEDIA_TYPE: {"schema": lines.takes}}})
        match answer:
            case None:
                yield self.response(204)
            case Streamed(row):
                lines_of = {"oneOf": [row, schemas.StreamEnd]}
                yield self.alt_response(200, schema=lines_of, content_type=stream.MEDIA_TYPE)
            case Created(found):
                yield self.response(201, found)
                yield self.alt_response(200, schema=found, description="The same was sent before")
            case _:
                yield self.response(200, answer)
        if takes is not None:
            yield self.arguments(takes, location="query" if method == "GET" else "json")
        for status in problems:
            yield self.alt_response(status, schema=schemas.Problem, content_type=errors.MEDIA_TYPE)


def _responder(answer: Answer) -> Callable[[Any], Response]:
    """Make the function that makes the response of what a route returned."""
    match answer:
        case None:
            return lambda _: _nothing()
        case Streamed(row):
            return lambda rows: stream.rows(rows, row().dump)
        case Created(found):
            dump = found().dump
            return lambda told: Response(stream.line(dump(told[0])), 201 if told[1] else 200, content_type=_JSON)
        case _:
            dump = answer().dump
            return lambda found: Response(stream.line(dump(found)), content_type=_JSON)


def _nothing() -> Response:
    answer = Response(status=204)
    del answer.headers["Content-Type"]
    return answer


def blueprint(settings: Settings, models: Models, metrics: Metrics) -> Routes:
    """Make the routes over a model holder; the stances that they tell are counted."""
    refusals = [401] * bool(settings.api_keys) + [429] * bool(settings.rate_limit) + [503]
    routes = Routes("stance", __name__, refusals=refusals, description="Stance toward the model's target")

    takes = schemas.classify_request(settings.max_text_chars)

    def judge() -> stream.Judge:
        analyzer = models.current()
        name = _name(answered_by(analyzer.manifest))

        def told(request: dict[str, Any]) -> dict[str, Any]:
            found = answers.stance(analyzer, request["text"], request)
            metrics.told(analyzer.manifest, found)
            return {**found, "model": name}

        return told

    @routes.serves("/classify", schemas.ClassifyAnswer, 400, 408, 413, 415, takes=takes)
    def classify(request: dict[str, Any]) -> dict[str, Any]:
        """Tell the stance of one text.

        A text of several sentences is judged sentence by sentence; its probabilities are the mean of its sentences',
        with less weight for the neutral share the longer the text is. `explain` adds the evidence for each sentence.
        """
        return judge()(request)

    many = schemas.batch_request(settings.max_text_chars, settings.max_batch_texts)
    lines = stream.Lines(schemas.line_request(settings.max_text_chars), settings.max_line_bytes, judge)

    @routes.serves("/classify/batch", schemas.BatchAnswer, 400, 408, 413, 415, takes=many, lines=lines)
    def batch(request: dict[str, Any]) -> dict[str, Any]:
        """Tell the stances of many texts, each as `/classify` would.

        As NDJSON, each line is a request as for `/classify`, with an `id` if you like, and each line of the answer its
        answer, in the same order, sent while the request is still coming: the client must read while it sends. There is
        no limit to the number of lines. A blank line counts and has no answer.
        """
        analyzer = models.current()
        results, faults = [], []
        for index, text in enumerate(request["texts"]):
            if isinstance(text, ValidationError):
                faults.append({"index": index, "detail": " ".join(text.messages)})
            else:
                found = answers.stance(analyzer, text, request)
                metrics.told(analyzer.manifest, found)
                results.append({"index": index, **found})
        return {"results": results, "errors": faults, "model": _name(answered_by(analyzer.manifest))}

    whole = schemas.analyze_request(settings.max_article_chars)

    @routes.serves("/analyze", schemas.AnalyzeAnswer, 400, 408, 413, 415, takes=whole)
    def analyze(request: dict[str, Any]) -> dict[str, Any]:
        """Tell the stances of an article: every sentence with who holds it, every actor, and the whole.

        An actor is who holds or is reported to hold a stance; who is only named has the label null. A capital, a
        spokesperson or a minister stands for its country or organisation, whose `via` says so.
        """
        analyzer = models.current()
        found = answers.article(analyzer, request["text"], request)
        for sentence in found["sentences"]:
            metrics.told(analyzer.manifest, sentence)
        return {**found, "model": _name(answered_by(analyzer.manifest))}

    @routes.serves("/model", schemas.ModelCard)
    def model() -> Any:
        """Show the model card of the loaded version."""
        return answered_by(models.current().manifest)

    report.serve(routes, models, *refusals, 404)

    most, stretch = rates.parse(settings.rate_limit) if settings.rate_limit else (0, "")
    rate = {"rate": {"value": most, "unit": f"requests a {stretch}"}} if most else {}
    kept = settings.feedback_retention_days if settings.feedback_database_url else 0

    @routes.serves("/limits", schemas.Limits)
    def limits() -> dict[str, Any]:
        """Show every limit in force."""
        return {
            "body": {"value": settings.max_body_bytes, "unit": "bytes"},
            "text": {"value": settings.max_text_chars, "unit": "code points"},
            "article": {"value": settings.max_article_chars, "unit": "code points"},
            "batch": {"value": settings.max_batch_texts, "unit": "texts"},
            "line": {"value": settings.max_line_bytes, "unit": "bytes"},
            "in_flight": {"value": settings.in_flight, "unit": "requests a worker process"},
            "streams": {"value": gate.streams(settings.in_flight), "unit": "streams a worker process"},
            "silence": {"value": settings.client_timeout_seconds, "unit": "seconds"},
            "body_rate": {"value": gate.LEAST_BYTES_A_SECOND, "unit": "bytes a second at least"},
            **rate,
            "nesting": {"value": requests.MAX_NESTING, "unit": "levels"},
            "errors": {"value": errors.MAX_FAULTS, "unit": "listed faults"},
            "corrections": {"value": kept, "unit": "days kept"},
            "request_id": {"value": REQUEST_ID_CHARS, "unit": "characters"},
        }

    @routes.serves("/livez", schemas.Health, probe=True)
    def livez() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "alive"}

    @routes.serves("/readyz", schemas.Health, 503, probe=True)
    def readyz() -> dict[str, str]:
        """Say that a model is loaded and has scored the probe sentence."""
        answered_by(models.current().manifest)
        return {"status": "ready"}

    return routes


def answered_by(manifest: Any) -> Any:
    """Name the model in the answer's headers, and return its manifest."""
    g.model_version = manifest.version
    return manifest


def _name(manifest: Any) -> dict[str, str]:
    """Lay the name of the model that answered out as `schemas.ModelName` has it."""
    return {"target": manifest.target, "version": manifest.version}
