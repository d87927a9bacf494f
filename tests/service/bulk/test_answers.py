"""What stands in the tables is what the service answers to the same rows."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from service.bulk.scoring import LONGEST
from service.settings import Settings
from tests.conftest import Served
from tests.service.bulk.conftest import ARTICLES, BERLIN, WARSAW, Bulk, ndjson, rejects, table


def asked(served: Served, path: str, body: dict[str, Any]) -> dict[str, Any]:
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(served.url + path, json.dumps(body).encode(), head)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.load(answer))


def stance(row: dict[str, Any]) -> dict[str, Any]:
    named = {name: row[name] for name in ("label", "confidence", "uncertain")}
    return {**named, "probabilities": by_label(row, "probability_")}


def by_label(row: dict[str, Any], prefix: str) -> dict[str, float]:
    found = {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
    return {label: value for label, value in found.items() if value is not None}


def sides(row: dict[str, Any]) -> dict[str, Any]:
    return {"balance": row["balance"], "shares": by_label(row, "share_")}


def sentence(row: dict[str, Any]) -> dict[str, Any]:
    return {"start": row["start"], "end": row["end"], **stance(row), "actors": row["actors"]}


def actor(row: dict[str, Any]) -> dict[str, Any]:
    same = {name: row[name] for name in ("name", "kind", "stands_for", "label", "confidence", "via", "mentions")}
    assert row["sentences"] == len(row["sentence_numbers"])
    return {"id": row["actor"], **same, **sides(row), "sentences": row["sentence_numbers"]}


@pytest.mark.parametrize("form", ["parquet", "ndjson"])
def test_articles_are_what_analyze_answers(
    bulk: Bulk, toy_served: Served, tmp_path: Path, out: Path, form: str
) -> None:
    rows = [{"id": f"a{n}", "date": "2019-02-01", "text": text} for n, text in enumerate(ARTICLES)]
    archive = ndjson(tmp_path / "archive.ndjson", rows)
    assert bulk(archive, format=form, part_bytes="300") == (0, f"11 sentences of 5 articles are in {out}\n", "")
    tables = {name: table(out, name, form) for name in ("articles", "sentences", "actors")}
    assert any(row["via"] for row in tables["actors"])
    for line, row in enumerate(rows, 1):
        promised = asked(toy_served, "/analyze", {"text": row["text"]})
        for one in promised["actors"]:
            one["mentions"] = len(one["mentions"])
        own = {name: [one for one in found if one["line"] == line] for name, found in tables.items()}
        (whole,) = own["articles"]
        assert whole["sentences"] == len(promised["sentences"])
        assert [one["sentence"] for one in own["sentences"]] == list(range(whole["sentences"]))
        assert promised == {
            **stance(whole),
            **sides(whole),
            "sentences": [sentence(one) for one in own["sentences"]],
            "actors": [actor(one) for one in own["actors"]],
            "model": promised["model"],
        }
        keys = [{name: one[name] for name in ("id", "date", "source")} for found in own.values() for one in found]
        assert all(key == {"id": row["id"], "date": row["date"], "source": str(archive)} for key in keys)


ODD = ["", " 12 ", "a\0b", "half \ud83d", "b" * 100_001, None, 5, ["a"]]


@pytest.mark.parametrize("form", ["parquet", "ndjson"])
def test_texts_are_what_the_batch_answers_and_rejects_what_it_refuses(
    bulk: Bulk, toy_served: Served, tmp_path: Path, out: Path, form: str
) -> None:
    texts = [BERLIN, *ODD, WARSAW, *ARTICLES, "c" * 100_000]
    archive = tmp_path / "archive.jsonl"
    archive.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    promised = asked(toy_served, "/classify/batch", {"texts": texts})
    status, _, named = bulk(archive, unit="sentence", format=form)
    assert (status, named) == (1, f"stance: 8 of 16 rows were rejected: {out}/rejects\n")
    found = [
        {"index": row["line"] - 1, **stance(row), "sentences": row["sentences"]} for row in table(out, "texts", form)
    ]
    assert found == promised["results"]
    assert [line - 1 for _, line, _ in rejects(out)] == [error["index"] for error in promised["errors"]]
    assert not (out / "articles").exists()


def test_the_limits_are_the_services_own() -> None:
    assert {"article": Settings().max_article_chars, "sentence": Settings().max_text_chars} == LONGEST
