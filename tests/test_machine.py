"""The whole interface, asked in any order by a state machine: whatever came before, every answer keeps the contract."""

import json
from pathlib import Path
from typing import Any

import marshmallow
import pytest
from flask.testing import FlaskClient
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from werkzeug.test import TestResponse

from service import schemas
from service.app import create_app
from service.settings import Settings

LONGEST, ARTICLE, TEXTS, LINE, BODY = 200, 500, 4, 600, 4000
WORDS = ["Berlin", "called", "the step", "a grave mistake", "Warsaw", "welcomed", "it", ".", "“No,” said", "\n\n", "👍"]
plain = st.lists(st.sampled_from(WORDS), min_size=1, max_size=20).map(" ".join) | st.text(max_size=30)
texts = plain | st.integers(LONGEST - 1, ARTICLE + 1).map(lambda size: "a" * size)
asked = st.fixed_dictionaries(
    {},
    optional={
        "explain": st.booleans() | st.just(1),
        "min_confidence": st.floats(0, 1) | st.sampled_from([0, 1, -1, 1.5, "0.5", None]),
        "offset_unit": st.sampled_from(["codepoint", "utf16", "bytes"]),
        "unknown": st.none(),
    },
)
ids = st.sampled_from(["desk-7", "", "a b", "a" * 64, "a" * 65, "<script>"])
bodies = st.sampled_from(
    [b"", b"{", b"[]", b"null", b'"a"', b'{"text": "a", "text": "a"}', b"\xff", b"[" * 30, b" " * 5000]
)


def judged(text: str, longest: int) -> bool:
    whole = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return len(text) <= longest and any(map(str.isalpha, text)) and "\0" not in text and whole == text


def allowed(options: dict[str, Any]) -> bool:
    share = options.get("min_confidence", 0)
    return (
        "unknown" not in options
        and isinstance(options.get("explain", False), bool)
        and options.get("offset_unit") != "bytes"
        and isinstance(share, int | float)
        and 0 <= share <= 1
    )


class Interface(RuleBasedStateMachine):
    """Asks one application everything; remembers what each text was answered, which is not to change."""

    models: Path

    @initialize()
    def start(self) -> None:
        limits = {"max_text_chars": LONGEST, "max_article_chars": ARTICLE, "max_batch_texts": TEXTS}
        limits |= {"max_line_bytes": LINE, "max_body_bytes": BODY}
        self.client: FlaskClient = create_app(Settings(models=self.models, **limits)).test_client()
        self.version = self.client.get("/model").get_json()["version"]
        self.told: dict[str, Any] = {}

    def answer(self, method: str, path: str, *statuses: int, **sent: Any) -> TestResponse:
        """Ask, and check what every answer has to have."""
        answer = self.client.open(path, method=method, **sent)
        assert answer.status_code in statuses, (answer.status_code, answer.data)
        mine = sent.get("headers", {}).get("X-Request-Id", "")
        sane = 0 < len(mine) <= 64 and mine.replace("-", "").isalnum()
        assert (answer.headers["X-Request-Id"] == mine) == sane
        if answer.status_code >= 400:
            assert answer.content_type == "application/problem+json"
            problem = answer.get_json(force=True)
            schemas.Problem(unknown=marshmallow.RAISE).load(problem)
            assert (problem["status"], problem["request_id"]) == (answer.status_code, answer.headers["X-Request-Id"])
            assert "X-Model-Version" not in answer.headers
        return answer

    def judgement(self, path: str, status: int, body: Any, schema: type[marshmallow.Schema]) -> dict[str, Any] | None:
        answer = self.answer("POST", path, status, json=body)
        if status != 200:
            return None
        found: dict[str, Any] = answer.get_json()
        schema(unknown=marshmallow.RAISE).load(found)
        assert found["model"]["version"] == answer.headers["X-Model-Version"] == self.version
        return found

    @rule(text=texts, options=asked)
    def classify(self, text: str, options: dict[str, Any]) -> None:
        status = 200 if judged(text, LONGEST) and allowed(options) else 422
        found = self.judgement("/classify", status, {"text": text, **options}, schemas.ClassifyAnswer)
        if found:
            key = json.dumps([text, options], sort_keys=True)
            assert self.told.setdefault(key, found) == found
            assert ("evidence" in found) == options.get("explain", False)

    @rule(many=st.lists(texts | st.none() | st.integers(), max_size=TEXTS + 1), options=asked)
    def batch(self, many: list[Any], options: dict[str, Any]) -> None:
        body = {"texts": many, **options}
        status = 200 if 1 <= len(many) <= TEXTS and allowed(options) else 422
        if found := self.judgement("/classify/batch", status, body, schemas.BatchAnswer):
            good = [index for index, text in enumerate(many) if isinstance(text, str) and judged(text, LONGEST)]
            assert [one["index"] for one in found["results"]] == good
            assert [one["index"] for one in found["errors"]] == [n for n in range(len(many)) if n not in good]
            for one in found["results"]:
                alone = self.client.post("/classify", json={"text": many[one["index"]], **options}).get_json()
                assert alone == {**{k: v for k, v in one.items() if k != "index"}, "model": found["model"]}

    @rule(lines=st.lists(st.tuples(texts, asked), max_size=6))
    def stream(self, lines: list[tuple[str, dict[str, Any]]]) -> None:
        sent = [json.dumps({"id": n, "text": text, **options}).encode() for n, (text, options) in enumerate(lines)]
        answer = self.answer("POST", "/classify/batch", 200, data=b"\n".join(sent), content_type="application/x-ndjson")
        found = [json.loads(line) for line in answer.data.splitlines()]
        assert [one["index"] for one in found] == list(range(len(lines)))
        for one, line, (text, options) in zip(found, sent, lines, strict=True):
            good = len(line) <= LINE and judged(text, LONGEST) and allowed(options)
            assert ("error" in one) == (not good)
            if good:
                alone = self.client.post("/classify", json={"text": text, **options}).get_json()
                assert one == {"index": one["index"], "id": one["index"], **alone}

    @rule(text=texts, options=asked)
    def analyze(self, text: str, options: dict[str, Any]) -> None:
        status = 200 if judged(text, ARTICLE) and allowed(options) else 422
        found = self.judgement("/analyze", status, {"text": text, **options}, schemas.AnalyzeAnswer)
        if not found:
            return
        units = text.encode("utf-16-le") if options.get("offset_unit") == "utf16" else None
        ids = {actor["id"] for actor in found["actors"]}
        for sentence in found["sentences"]:
            assert set(sentence["actors"]) <= ids
        for actor in found["actors"]:
            assert all(0 <= number < len(found["sentences"]) for number in actor["sentences"])
            for mention in actor["mentions"]:
                start, end = mention["start"], mention["end"]
                named = text[start:end] if units is None else units[2 * start : 2 * end].decode("utf-16-le")
                assert named == mention["text"]
        assert sum(found["shares"].values()) == pytest.approx(1, abs=1e-5)
        if judged(text, LONGEST):
            whole = self.client.post("/classify", json={"text": text, **options}).get_json()
            same = {"label", "confidence", "probabilities", "uncertain", "evidence", "model"} & whole.keys()
            assert {name: found[name] for name in same} == {name: whole[name] for name in same}

    @rule(body=bodies, path=st.sampled_from(["/classify", "/classify/batch", "/analyze"]))
    def bad_body(self, body: bytes, path: str) -> None:
        status = 413 if len(body) > BODY else 422 if body in (b"[]", b"null", b'"a"') else 400
        self.answer("POST", path, status, data=body, content_type="application/json")

    @rule(kind=st.sampled_from(["text/plain", "application/json; charset=latin-1", "x"]), coded=st.booleans())
    def bad_type(self, kind: str, coded: bool) -> None:
        headers = {"Content-Encoding": "gzip"} if coded else {}
        kind = "application/json" if coded else kind
        self.answer("POST", "/classify", 415, data=b"{}", content_type=kind, headers=headers)

    @rule(path=st.sampled_from(["/limits", "/model", "/livez", "/readyz", "/openapi.json", "/metrics"]), mark=ids)
    def get(self, path: str, mark: str) -> None:
        headers = {"X-Request-Id": mark}
        got = self.answer("GET", path, 200, headers=headers)
        assert self.answer("HEAD", path, 200, headers=headers).data == b""
        assert self.answer("OPTIONS", path, 204, headers=headers).data == b""
        assert "GET" in self.answer("DELETE", path, 405, headers=headers).headers["Allow"]
        if path == "/limits":
            limits = {name: one["value"] for name, one in got.get_json().items()}
            said = [limits[name] for name in ("text", "article", "batch", "line", "body")]
            assert said == [LONGEST, ARTICLE, TEXTS, LINE, BODY]

    @rule(path=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), mark=ids)
    def nothing(self, path: str, mark: str) -> None:
        self.answer("GET", "/none/" + path.replace("?", "").replace("#", ""), 404, headers={"X-Request-Id": mark})


def test_the_interface_in_any_order(toy_models: Path) -> None:
    Interface.models = toy_models
    run_state_machine_as_test(Interface, settings=settings(max_examples=10, stateful_step_count=25, deadline=None))
