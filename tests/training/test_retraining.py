"""Retraining with corrections: what goes in, what is kept back, and who may take over."""

import hashlib
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from model import Analyzer, artifact, publishing, versions
from tests.conftest import Served
from training import compare, corrections, folding, inputs, parameters, report, roles, train
from training.corrections import Correction
from training.dataset import Dataset, Row
from training.fit import fit
from training.records import DatasetError

TARGET = "the step"
START = datetime(2026, 11, 22, tzinfo=UTC)
# Sentences of four words have no 5-grams, so that none is a near-duplicate of another.
CITIES = ("Oslo", "Rome", "Riga", "Bonn", "Cairo", "Delhi", "Quito", "Seoul", "Tunis", "Minsk", "Paris", "Sofia")
VERBS = {
    "praised": "support",
    "welcomed": "support",
    "deplored": "criticism",
    "condemned": "criticism",
    "discussed": "neutral",
    "mentioned": "neutral",
}


def labelled(rows: Iterable[tuple[str, str]]) -> Dataset:
    return Dataset(tuple(Row("", "", 0, text, label) for text, label in rows), frozenset())


def said_of(nouns: str, **other: str) -> list[tuple[str, str]]:
    """What each city says of it, by verb; `other` gives verbs other labels."""
    return [(f"{city} {verb} the {nouns}.", {**VERBS, **other}[verb]) for city in CITIES for verb in VERBS]


CORPUS = said_of("step")
TEST = said_of("measure")
FLIPPED = said_of("step", praised="criticism", welcomed="criticism", deplored="support", condemned="support")


def gladly(held_back: bool, number: int) -> list[str]:
    """Sentences that the corpus takes for neutral, by their verb, and that are support, by a word it does not know."""
    texts = (f"Town{name} mentioned it gladly." for name in count())
    chosen = (text for text in texts if folding.is_held_back(text) == held_back)
    return [next(chosen) for _ in range(number)]


def correction(number: int, text: str, label: str = "support", target: str = TARGET) -> Correction:
    decided = START + timedelta(seconds=number)
    return Correction(number, number, text, label, target, decided, corrections.digest(target, text, label))


def corrected(texts: Iterable[str], label: str = "support") -> list[Correction]:
    return [correction(number, text, label) for number, text in enumerate(texts, start=1)]


def exported(file: Path, given: Sequence[Correction]) -> Path:
    """Write an export as the service does."""
    rows = [
        {name: getattr(one, name) for name in ("id", "text", "label", "target", "digest")}
        | {"decided": one.decided.isoformat(), "holder": None, "annotator": "", "answered": None, "version": None}
        for one in given
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in (*rows, {"end": True, "rows": len(rows)})]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def written(file: Path, rows: Iterable[tuple[str, str]]) -> Path:
    file.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows), encoding="utf-8")
    return file


def fitted(rows: Iterable[tuple[str, str]], target: str = TARGET) -> Analyzer:
    data = labelled(rows)
    return fit(data, parameters.read(), 1, target, roles.find(data.labels, {}))[0]


def published(models: Path, analyzer: Analyzer) -> str:
    return publishing.publish(models, None, analyzer.scorer, analyzer.manifest, {}).version


@pytest.fixture(scope="module")
def usual() -> Analyzer:
    return fitted(CORPUS)


def joined(given: Sequence[Correction], rows: Iterable[tuple[str, str]] = CORPUS, weight: float = 1) -> folding.Joined:
    return folding.join(labelled(rows), labelled(TEST), given, TARGET, weight)


def left_out(found: folding.Joined) -> dict[str, int]:
    return {name: number for name, number in found.dropped.items() if number}


LONG = "Poland said on Friday that it would support the American step at the talks in Geneva."
NEARLY = "Germany said on Friday that it would support the American step at last week's summit."
DENIED = "Poland said on Friday that it would never think of supporting any American step at all."


def test_corrections_become_rows_and_a_fixed_part_is_kept_back() -> None:
    kept, fits = gladly(True, 3), gladly(False, 5)
    found = joined(corrected([*kept, *fits]))
    assert [one.text for one in found.fitted] == fits
    assert [one.text for one in found.held_back] == kept
    assert [(row.text, row.label) for row in found.rows.rows] == [*CORPUS, *((text, "support") for text in fits)]
    assert left_out(found) == {}
    # In a later run, among others and written otherwise, the same ones are kept back.
    again = joined(corrected([*gladly(True, 3)[1:], kept[0].upper().rstrip("."), *gladly(False, 50)]))
    assert {one.text.casefold().rstrip(".") for one in again.held_back} == {text.casefold()[:-1] for text in kept}


def test_a_quarter_is_kept_back() -> None:
    share = sum(folding.is_held_back(f"Town{number} mentioned it gladly.") for number in range(4000)) / 4000
    assert share == pytest.approx(0.25, abs=0.03)


def test_of_those_that_say_the_same_the_last_decided_counts() -> None:
    first, second = "Bergen mentioned it  Gladly", "bergen mentioned it gladly."
    given = [correction(1, first, "neutral"), correction(9, second), correction(5, first, "criticism")]
    found = joined(given)
    assert [(one.id, one.label) for one in (*found.fitted, *found.held_back)] == [(9, "support")]
    assert left_out(found) == {"folded": 2}
    near = joined([correction(2, LONG), correction(1, NEARLY)])
    assert [one.text for one in (*near.fitted, *near.held_back)] == [LONG]
    assert left_out(near) == {"folded": 1}


def test_a_contrast_is_no_repetition() -> None:
    rows = [*CORPUS, (LONG.replace("Geneva", "Paris"), "criticism")]
    found = joined([correction(1, LONG), correction(2, NEARLY, "neutral")], rows)
    assert len(found.fitted) + len(found.held_back) == 2
    assert found.given_way == 0


def test_a_row_that_says_the_same_with_another_label_gives_way() -> None:
    text = "Bergen mentioned it gladly."
    rows = [*CORPUS, (text.upper(), "neutral"), (text, "criticism")]
    found = joined([correction(1, text)], rows)
    assert found.given_way == 2
    assert (text, "support") in [(row.text, row.label) for row in found.rows.rows] or found.held_back
    assert {row.text for row in found.rows.rows} <= {text, *(text for text, _ in CORPUS)}
    assert left_out(found) == {}


@pytest.mark.parametrize("text", [LONG, NEARLY])
def test_what_a_row_says_already_adds_nothing(text: str) -> None:
    found = joined([correction(1, text)], [*CORPUS, (LONG, "support")])
    assert left_out(found) == {"known": 1}
    assert found.rows == labelled([*CORPUS, (LONG, "support")])


def test_a_row_that_gave_way_makes_nothing_known() -> None:
    given = [correction(1, LONG, "neutral"), correction(2, NEARLY)]
    found = joined(given, [*CORPUS, (LONG, "support")])
    assert found.given_way == 1
    assert len(found.fitted) + len(found.held_back) == 2


def test_no_test_sentence_goes_in_whatever_its_label() -> None:
    test = labelled([*TEST, (LONG, "neutral")])
    given = [correction(1, TEST[0][0].upper()), correction(2, NEARLY), correction(3, LONG, "neutral")]
    found = folding.join(labelled(CORPUS), test, given, TARGET, 1)
    assert left_out(found) == {"of_the_test": 3}
    assert found.rows == labelled(CORPUS)


def test_corrections_of_another_target_are_left_out() -> None:
    found = joined([correction(1, "Bergen mentioned it gladly.", "FAVOR", "dogs")])
    assert left_out(found) == {"other_target": 1}
    assert found.rows == labelled(CORPUS)


def test_a_label_that_loses_its_last_row_ends_the_run() -> None:
    with pytest.raises(DatasetError, match="--feedback: label neutral: no row of it is left"):
        joined([correction(1, "the sun")], [("the sun", "neutral"), ("praise", "support"), ("blame", "criticism")])


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ([Row("a", "d", 1, "x one", "support"), Row("b", "d", 2, "y two", "neutral")], "batch"),
        ([Row("a", "d", 1, "x one", "support"), Row("a", "e", 1, "y two", "neutral")], "document"),
        ([Row("a", "d", 1, "x one", "support"), Row("a", "d", 2, "y two", "neutral")], "row"),
    ],
)
def test_each_correction_is_a_group_of_its_own_and_runs_in_no_document(rows: list[Row], column: str) -> None:
    before = Dataset(tuple(rows), frozenset())
    fits = gladly(False, 3)
    found = folding.join(before, labelled(TEST), corrected(fits), TARGET, 1).rows
    grouped_by, groups = found.groups()
    assert (before.groups()[0], grouped_by) == (column, column)
    assert groups[:2] == before.groups()[1]
    assert len(set(groups)) == 5
    assert found.running() == [0, 1]
    assert found.documents() == before.documents()


def test_a_weight_counts_as_so_many_rows() -> None:
    rows = [("sun", "dry"), ("sun", "wet"), ("rain", "wet"), ("wind", "dry")]
    settings = parameters.read()
    repeated = fit(labelled([rows[0], rows[0], rows[0], *rows[1:]]), settings, 1)[0]
    data = labelled(rows)
    equal, weighed = fit(data, settings, 1)[0], fit(replace(data, weights=(3.0, 1.0, 1.0, 1.0)), settings, 1)[0]
    sun = [analyzer.classify("sun").probabilities["dry"] for analyzer in (equal, weighed, repeated)]
    assert sun[0] == pytest.approx(0.5, abs=0.1)
    assert sun[1] > 0.65
    # Repeated rows are rarer words as well, so that they are not quite the same.
    assert sun[1] == pytest.approx(sun[2], abs=0.1)


def test_corrections_have_their_weight_in_folds_too() -> None:
    found = joined(corrected(gladly(False, 2)), weight=4)
    assert found.rows.weights == (*[1.0] * len(CORPUS), 4.0, 4.0)
    assert found.rows.subset([0, len(CORPUS)]).weights == (1.0, 4.0)
    assert joined(corrected(gladly(False, 2))).rows.weights is None


def compared(models: Path, new: Analyzer, held_back: Sequence[Correction]) -> dict[str, Any]:
    return compare.compare(new, models, labelled(TEST), held_back, "neutral")


def test_worse_on_what_was_held_back_is_refused(tmp_path: Path, usual: Analyzer) -> None:
    kept = corrected(gladly(True, 6))
    published(tmp_path, fitted([*CORPUS, *((text, "support") for text in gladly(False, 20))]))
    found = compared(tmp_path, usual, kept)
    assert found["held_back"]["current"]["accuracy"] == 1
    assert found["held_back"]["new"]["accuracy"] == 0
    assert found["held_back"]["difference"]["accuracy"] == {"value": -1, "interval": (-1, -1)}
    assert found["test"]["difference"]["macro_f1"]["value"] == 0
    assert found["refusals"] == ["Accuracy on the corrections held back falls from 1.000 to 0.000."]
    assert not compare.promotes("if-not-worse", {"comparison": found})
    assert compare.promotes("always", {"comparison": found})
    # Without them nothing speaks against it, and the report says that they are missing.
    found = compared(tmp_path, usual, [])
    assert found["refusals"] == []
    assert "No correction was held back, so none can refuse" in report.beside(found)


def test_clearly_worse_on_the_test_is_refused(tmp_path: Path, usual: Analyzer) -> None:
    published(tmp_path, usual)
    found = compared(tmp_path, fitted(FLIPPED), corrected(gladly(True, 6), "neutral"))
    assert found["held_back"]["current"] == found["held_back"]["new"] == {"macro_f1": 1, "accuracy": 1}
    assert found["test"]["current"] == {"macro_f1": 1, "accuracy": 1}
    assert found["test"]["new"]["accuracy"] == pytest.approx(1 / 3)
    assert found["test"]["majority"]["accuracy"] == pytest.approx(1 / 3)
    (refusal,) = found["refusals"]
    assert re.fullmatch(r"The difference of macro-F1 on the test ends at -0\.\d{3}, not above -0\.020\.", refusal)


def test_a_little_worse_on_the_test_is_within_the_margin(tmp_path: Path, usual: Analyzer) -> None:
    published(tmp_path, usual)
    found = compared(tmp_path, usual, [])
    assert found["test"]["difference"]["macro_f1"]["interval"] == (0, 0)
    for end, refused in ((-0.019, False), (-0.02, True)):
        found["test"]["difference"]["macro_f1"]["interval"] = (-0.5, end)
        assert bool(compare.refusals(found)) is refused


def test_another_target_and_other_labels_are_never_compared(tmp_path: Path, usual: Analyzer) -> None:
    version = published(tmp_path, fitted(CORPUS, "another step"))
    found = compared(tmp_path, usual, corrected(gladly(True, 2)))
    assert "current" not in found["test"]
    assert found["refusals"] == [f"The current model {version} is not compared: it is of another target."]
    version = published(tmp_path, fitted([row for row in CORPUS if row[1] != "neutral"]))
    assert compared(tmp_path, usual, [])["refusals"] == [
        f"The current model {version} is not compared: it is of other labels."
    ]
    (tmp_path / version / "scorer.npz").write_bytes(b"")
    (refusal,) = compared(tmp_path, usual, [])["refusals"]
    assert refusal.startswith(f"The current model {version} cannot be compared: scorer.npz of artifact {version}")


@pytest.mark.parametrize(
    ("before", "promoted", "sentence"),
    [
        ("a", True, "b is the current version; a was before: `stance rollback` goes back to it"),
        (None, True, "b is the current version; there was none before"),
        ("b", True, "b is the current version, as before"),
        ("b", False, "b is the current version, as before"),
        ("a", False, "not promoted, a is still the current version: `stance promote b` changes that"),
        (None, False, "not promoted, no version is the current one: `stance promote b` changes that"),
    ],
)
def test_the_last_line_says_what_is_served_and_how_to_change_that(
    before: str | None, promoted: bool, sentence: str
) -> None:
    assert compare.closing(Path("models"), Path("models"), before, "b", promoted) == sentence
    elsewhere = compare.closing(Path("my models"), Path("models"), before, "b", promoted)
    assert elsewhere == re.sub("`(.+)`", r"`\1 --models 'my models'`", sentence)


def test_where_nothing_is_served_nothing_refuses(tmp_path: Path, usual: Analyzer) -> None:
    found = compared(tmp_path / "none", usual, [])
    assert (found["current"], found["refusals"]) == (None, [])
    assert "There is no current model." in report.beside(found)


def test_a_version_is_published_without_being_promoted(tmp_path: Path, usual: Analyzer) -> None:
    manifest = publishing.publish(tmp_path, None, usual.scorer, usual.manifest, {}, promote=False)
    assert versions.current(tmp_path) is None
    assert versions.names(tmp_path) == [manifest.version]
    versions.promote(tmp_path, manifest.version)
    assert Analyzer.load(tmp_path).manifest.version == manifest.version


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., int]:
    """Run training/train.py on toy rows, with the test beside them, into a models folder."""

    def start(rows: Iterable[tuple[str, str]], *more: object) -> int:
        data, test = written(tmp_path / "rows.csv", rows), written(tmp_path / "test.csv", TEST)
        given = ["--data", data, "--test", test, "--out", tmp_path / "models", "--target", TARGET, *more]
        return train.main([str(one) for one in given])

    return start


def test_a_better_model_takes_over_and_says_what_went_in(
    tmp_path: Path, usual: Analyzer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    before = published(models, usual)
    given = corrected([*gladly(False, 24), *gladly(True, 8), CORPUS[0][0]])
    source = exported(tmp_path / "export.ndjson", given)
    assert run(CORPUS, "--feedback", source, "--feedback-weight", "2") == 0
    out = capsys.readouterr().out
    version = versions.current(models)
    assert version != before
    assert out.splitlines()[-1] == (
        f"{version} is the current version; {before} was before: `stance rollback --models {models}` goes back to it"
    )
    assert f"| corrections held back, 8 sentences | current {before} |   new | majority |" in out
    assert re.search(r"\| accuracy +\| +0\.000 \| 1\.000 \| +1\.000 \| +\+1\.000 \| \+1\.000 … \+1\.000 \|", out)
    manifest = artifact.read_manifest(models / str(version))
    digests = sorted(one.digest for one in given[:24])
    together = hashlib.sha256(json.dumps(digests).encode()).hexdigest()
    assert manifest.data["rows"] == len(CORPUS) + 24
    assert manifest.data["feedback"] == {
        "weight": 2.0,
        "fitted": 24,
        "held_back": 8,
        "known": 1,
        "folded": 0,
        "of_the_test": 0,
        "other_target": 0,
        "given_way": 0,
        "digest": together,
    }
    found = json.loads((models / str(version) / "report.json").read_text())
    assert sorted(found["feedback"]["digests"]["fitted"]) == digests
    assert found["feedback"]["digests"]["held_back"] == [one.digest for one in given[24:32]]
    assert found["comparison"]["held_back"]["new"]["accuracy"] == 1
    assert "## Beside the current model" in (models / str(version) / "report.md").read_text()


KEYS = {"desk": "desk-0123456789abcdef", "anna": "anna-0123456789abcdef"}


def asked(served: Served, method: str, path: str, name: str, body: dict[str, str]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {KEYS[name]}", "Content-Type": "application/json"}
    request = urllib.request.Request(served.url + path, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def until_answered(served: Served, text: str, version: str | None) -> None:
    """Ask until an answer is of the version; the text is one that the version before got wrong."""
    deadline = time.monotonic() + 30
    while (answer := asked(served, "POST", "/classify", "desk", {"text": text}))["model"]["version"] != version:
        assert answer["label"] == "neutral"
        assert time.monotonic() < deadline, served.log.read_text()
        time.sleep(0.05)
    assert answer["label"] == "support"


def test_what_is_approved_in_a_running_service_comes_back_as_the_model_that_it_answers_with(
    tmp_path: Path,
    usual: Analyzer,
    run: Callable[..., int],
    serve: Callable[..., Served],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    models = tmp_path / "models"
    before = published(models, usual)
    keys = f"desk:{KEYS['desk']},anna:{KEYS['anna']}:review"
    served = serve(models, feedback_database_url=f"sqlite:///{tmp_path}/corrections.db", api_keys=keys).wait()
    pending, *approved = [*gladly(False, 13), *gladly(True, 4)]
    for text in (pending, *approved):
        taken = asked(served, "POST", "/feedback", "desk", {"text": text, "label": "support"})
        if text != pending:
            asked(served, "PATCH", f"/feedback/{taken['id']}", "anna", {"status": "approved"})
    monkeypatch.setenv("STANCE_API_KEY", KEYS["desk"])
    assert run(CORPUS, "--feedback", served.url) == 2
    assert "answers 403: the key may not review" in capsys.readouterr().err
    monkeypatch.setenv("STANCE_API_KEY", KEYS["anna"])
    assert run(CORPUS, "--feedback", served.url) == 0
    after = versions.current(models)
    assert after != before
    found = json.loads((models / str(after) / "report.json").read_text())["feedback"]
    expected = [corrections.digest(TARGET, text, "support") for text in approved]
    assert [*found["digests"]["fitted"], *found["digests"]["held_back"]] == expected
    until_answered(served, gladly(False, 20)[-1], after)


@pytest.mark.parametrize("option", [None, "always", "never"])
def test_a_worse_model_takes_over_only_where_it_is_told_to(
    tmp_path: Path, usual: Analyzer, run: Callable[..., int], option: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    before = published(models, usual)
    source = exported(tmp_path / "export.ndjson", [])
    assert run(FLIPPED, "--feedback", source, *(["--promote", option] if option else [])) == 0
    *_, told, last = capsys.readouterr().out.splitlines()
    (version,) = set(versions.names(models)) - {before}
    assert told.startswith(f"published version {version} in ")
    if option == "always":
        assert versions.current(models) == version
        assert versions.rollback(models) == before
        return
    assert versions.current(models) == before
    again = f"`stance promote {version} --models {models}` changes that"
    assert last == f"not promoted, {before} is still the current version: {again}"
    versions.promote(models, version)


def test_without_corrections_a_model_may_have_to_be_no_worse_too(
    tmp_path: Path, usual: Analyzer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    before = published(models, usual)
    assert run(FLIPPED, "--promote", "if-not-worse") == 0
    assert versions.current(models) == before
    assert "ends at -0." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--feedback", "nowhere.ndjson"], "nowhere.ndjson: No such file"),
        (["--feedback", "http://"], "--feedback: no such address"),
    ],
)
def test_what_cannot_be_read_ends_the_run_before_it_begins(
    tmp_path: Path, run: Callable[..., int], more: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(CORPUS, *more) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("option", "sentence"),
    [(["--feedback", "x"], "--feedback"), (["--promote", "if-not-worse"], "--promote if-not-worse")],
)
def test_rows_of_ones_own_want_a_test_of_ones_own(
    tmp_path: Path, option: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = written(tmp_path / "rows.csv", CORPUS)
    assert train.main(["--data", str(data), "--out", str(tmp_path / "models"), *option]) == 2
    assert capsys.readouterr().err == f"{sentence}: no rows to compare models on; expected --test FILE\n"


def test_our_corpus_has_a_test_of_its_own() -> None:
    given = [inputs.read(train._options(option)) for option in ([], ["--promote", "if-not-worse"])]
    assert [one.test_file for one in given] == [None, inputs.TEST]
    assert given[0].rows == given[1].rows


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", "much"])
def test_a_weight_is_a_number_above_0(weight: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train.main(["--feedback-weight", weight])
    assert "--feedback-weight" in capsys.readouterr().err
