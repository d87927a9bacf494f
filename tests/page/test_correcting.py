"""Correcting a sentence on the page: from a click to the row in the database."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.conftest import ROOT, Served
from tests.page.conftest import Visit, keeping, open_to_all, picture

Serve = Callable[..., Served]
KEY = "desk0123456789ABCDEF"
TEXT = "👍 Poland backed the American withdrawal from the treaty because Russia had broken it.\n\n" + (
    "👍 German Foreign Minister Heiko Maas called the exit a mistake. The ministers met in Brussels on Tuesday."
)
SENTENCES = [
    "👍 Poland backed the American withdrawal from the treaty because Russia had broken it.",
    "👍 German Foreign Minister Heiko Maas called the exit a mistake.",
    "The ministers met in Brussels on Tuesday.",
]


@pytest.fixture(scope="module")
def kept(corpus_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service over the corpus's model that keeps corrections, with one key that may review them."""
    with keeping(corpus_models, tmp_path_factory.mktemp("kept"), f"desk:{KEY}:review") as served:
        yield served


def stored(served: Served, key: str = KEY) -> list[dict[str, Any]]:
    """All corrections that the service has, by id."""
    request = urllib.request.Request(f"{served.url}/feedback?limit=200", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)["corrections"]
        return found


def read(page: Page, text: str = TEXT, key: str = KEY) -> None:
    """Give the key, and have a text read."""
    page.fill("#key", key)
    page.keyboard.press("Enter")
    expect(page.locator("#to-review")).to_be_visible()
    page.fill("#text", text)
    page.click("text=Read the article")
    page.locator(".sentence").first.wait_for()


def choose(page: Page, number: int) -> None:
    """Choose a sentence; by a key, since the middle of one that is broken into lines may be another's."""
    page.locator(".sentence").nth(number).press("Enter")


def correct(page: Page, number: int) -> Locator:
    """Choose a sentence and open its form."""
    choose(page, number)
    page.click(".correct summary")
    return page.locator(".correct form")


def test_a_correction_is_stored_as_it_was_said(kept: Served, visit: Visit) -> None:
    before = len(stored(kept))
    page = visit(f"{kept.url}/", troubled=True)
    read(page)
    form = correct(page, 1)
    assert form.locator(".choice", has_text="as the model says").locator("input").input_value() == "criticism"
    expect(form).to_contain_text("Stored are this sentence and what you say of it, for 365 days; the rest of")
    assert form.locator("[name=holder] option").all_inner_texts()[:2] == ["nobody in particular", "Heiko Maas"]
    expect(form.locator("[name=holder]")).to_have_value("maas")
    page.click(".correct .primary")  # the label has to be chosen
    assert len(stored(kept)) == before
    page.check(".correct [value=support]")
    page.fill(".correct [name=note]", "“A mistake” <b>of</b> Moscow’s, rule 6.")
    page.fill(".correct [name=annotator]", "anna")
    page.click(".correct .primary")
    expect(page.locator(".stored")).to_be_visible()
    *_, row = stored(kept)
    version = page.locator("#version").inner_text().split()[-1]
    start = TEXT.index(SENTENCES[1])
    assert len(stored(kept)) == before + 1
    assert row == {
        **row,
        "target": "US withdrawal from the INF Treaty",
        "text": SENTENCES[1],
        "span": {"start": start, "end": start + len(SENTENCES[1])},
        "label": "support",
        "holder": "maas",
        "answer": {"label": "criticism", "version": version},
        "note": "“A mistake” <b>of</b> Moscow’s, rule 6.",
        "annotator": "anna",
        "status": "pending",
    }
    told = f"Stored as number {row['id']} by anna: support, held by Heiko Maas. It waits for review"
    expect(page.locator(".stored")).to_contain_text(told)
    expect(page.locator("#live")).to_contain_text(told)
    note = page.locator(".sentence").nth(1).locator(".note")
    expect(note).to_have_attribute("aria-label", "Corrected to support")
    # It stays with its sentence, on paper too; no other sentence has one.
    page.keyboard.press("Escape")
    choose(page, 2)
    expect(page.locator(".stored")).to_have_count(0)
    expect(page.locator(".correct [name=annotator]")).to_have_value("anna")
    choose(page, 1)
    expect(page.locator(".stored")).to_contain_text(told)
    page.emulate_media(media="print")
    expect(page.locator(".note")).to_have_count(1)
    expect(note).to_be_visible()
    expect(page.locator(".stored p")).to_be_visible()
    expect(page.locator(".stored button")).to_be_hidden()
    page.emulate_media(media="screen")
    # Of the texts nothing is left where others could find it.
    assert page.url == f"{kept.url}/"
    assert page.evaluate("[localStorage.length, document.cookie, Object.entries(sessionStorage).sort()]") == [
        0,
        "",
        [["stance-annotator", "anna"], ["stance-key", KEY]],
    ]
    page.click("text=Correct it once more")
    expect(page.locator(".correct [name=label]").first).to_be_focused()


def test_by_keyboard_alone(kept: Served, visit: Visit) -> None:
    page = visit(f"{kept.url}/", troubled=True)
    read(page)
    press = page.keyboard.press
    page.locator(".sentence").nth(1).focus()
    press("Enter")
    while not page.evaluate("document.activeElement.matches('.correct summary')"):
        press("Tab")
    press("Enter")
    press("Tab")
    expect(page.locator(".correct [name=label]").first).to_be_focused()
    press("ArrowDown")
    expect(page.locator(".correct [value=neutral]")).to_be_checked()
    press("ArrowDown")
    expect(page.locator(".correct [value=support]")).to_be_checked()
    for place in (".rules summary", "[name=holder]"):
        press("Tab")
        expect(page.locator(f".correct {place}")).to_be_focused()
    page.keyboard.type("somebody else")
    press("Tab")
    expect(page.locator(".correct [name=who]")).to_be_focused()
    page.keyboard.type("his deputy")
    press("Tab")
    press("Tab")
    page.keyboard.type("ben")
    press("Enter")
    expect(page.locator(".stored p")).to_be_focused()
    *_, row = stored(kept)
    assert [row["label"], row["holder"], row["note"], row["annotator"]] == ["support", "his deputy", None, "ben"]
    press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    expect(page.locator(".sentence").nth(1)).to_be_focused()


def test_what_is_neutral_is_held_by_nobody(kept: Served, visit: Visit) -> None:
    page = visit(f"{kept.url}/", troubled=True)
    read(page)
    form = correct(page, 1)
    form.locator("[name=holder]").select_option(label="somebody else")
    form.locator("[name=who]").fill("somebody")
    form.locator("[value=neutral]").check()
    expect(form.locator("[name=holder]")).to_be_hidden()
    form.locator(".primary").click()
    page.locator(".stored").wait_for()
    *_, row = stored(kept)
    assert [row["label"], row["holder"], row["annotator"]] == ["neutral", None, ""]


def test_it_looks_well_and_is_open_to_all(kept: Served, visit: Visit) -> None:
    page = visit(f"{kept.url}/", troubled=True)
    read(page)

    def fits(view: str) -> None:
        for size, (width, height) in {"desk": (1280, 900), "narrow": (320, 640)}.items():
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (size, view)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                if (size, scheme) != ("narrow", "dark"):
                    open_to_all(page)
                picture(page, f"{size}-{scheme}-{view}")
        page.set_viewport_size({"width": 1280, "height": 900})

    form = correct(page, 1)
    form.locator(".rules summary").click()
    fits("correcting")
    form.locator("[value=criticism]").check()
    form.locator(".primary").click()
    page.locator(".stored").wait_for()
    fits("corrected")
    page.emulate_media(media="print")
    picture(page, "paper-corrected", full_page=True)


def test_the_guide_is_at_hand_and_its_examples_are_the_guides(kept: Served, visit: Visit) -> None:
    page = visit(f"{kept.url}/", troubled=True)
    read(page)
    form = correct(page, 0)
    labels = [told.strip() for told in form.locator(".choice").all_inner_texts()]
    rules = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", (ROOT / "training/GUIDELINES.md").read_text(), re.MULTILINE))
    for label, told in zip(("criticism", "neutral", "support"), labels, strict=True):
        assert told.startswith(label.title())
        # Own words, but the guide's: more than half of them are in its own sentence.
        own = set(re.findall(r"\w+", told.split("\n")[-1]))
        assert len(own & set(re.findall(r"\w+", rules[label]))) > len(own) / 2
    guide = dict(
        re.findall(r"^\| ([^|`]+) \| (\w+)[^|]*\|$", (ROOT / "training/GUIDELINES.md").read_text(), re.MULTILINE)
    )
    form.locator(".rules summary").click()
    doubts = form.locator(".rules li")
    assert doubts.count() >= 8
    for doubt in doubts.all():
        example = doubt.locator("q").text_content() or ""
        assert f"→ {guide[example]}" == doubt.locator("b").inner_text()


def test_another_target_has_its_labels_alone(toy_models: Path, tmp_path: Path, serve: Serve, visit: Visit) -> None:
    url = f"sqlite:///{tmp_path}/corrections.db"
    served = serve(toy_models, workers=1, feedback_database_url=url, feedback_retention_days=1).wait()
    page = visit(f"{served.url}/")
    page.fill("#text", "Berlin called the step a grave mistake.")
    page.click("text=Read the article")
    form = correct(page, 0)
    assert [" ".join(told.split()) for told in form.locator(".choice").all_inner_texts()] == [
        "Criticism as the model says",
        "Neutral",
        "Support",
    ]
    assert form.locator(".rules").count() == 0
    expect(form).to_contain_text("for 1 day;")


def test_what_got_lost_on_its_way_back_is_stored_once(kept: Served, visit: Visit) -> None:
    before = len(stored(kept))
    page = visit(f"{kept.url}/", troubled=True)
    read(page)

    def lose(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort()

    page.route("**/feedback", lose, times=1)
    correct(page, 0)
    page.check(".correct [value=neutral]")
    page.click(".correct .primary")
    fault = "The correction was not stored. The service does not answer. Check the connection, and try again."
    expect(page.locator(".correct .fault")).to_have_text(fault)
    expect(page.locator("#live")).to_have_text(fault)
    open_to_all(page)
    picture(page, "state-not-stored")
    # What failed is still there when its sentence is chosen again.
    choose(page, 1)
    expect(page.locator(".correct .fault")).to_be_hidden()
    expect(page.locator(".sentence").first.locator(".note")).to_have_attribute(
        "aria-label", "The correction was not stored"
    )
    choose(page, 0)
    expect(page.locator(".correct [value=neutral]")).to_be_checked()
    page.click(".correct .primary")
    page.locator(".stored").wait_for()
    assert len(stored(kept)) == before + 1
    expect(page.locator(".note")).to_have_attribute("aria-label", "Corrected to neutral")


def test_an_answer_that_comes_late_marks_its_own_article_alone(kept: Served, visit: Visit) -> None:
    page = visit(f"{kept.url}/", troubled=True)
    read(page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/feedback", hold)
    for number, label in enumerate(("neutral", "support")):
        correct(page, number)
        page.check(f".correct [value={label}]")
        page.click(".correct .primary")
        expect(page.locator(".correct .primary")).to_have_text("Storing…")
    page.click(".correct .primary")  # which is on its way already
    assert len(held) == 2
    choose(page, 2)
    held[0].continue_()
    expect(page.locator("#live")).to_contain_text("Sentence 1: Stored as number")
    expect(page.locator(".note")).to_have_count(1)
    page.click("#edit")
    page.click("text=Read the article")
    with page.expect_response("**/feedback"):
        held[1].continue_()
    choose(page, 0)
    expect(page.locator(".note")).to_have_count(0)


def test_a_database_that_is_away_is_told_of(toy_models: Path, tmp_path: Path, serve: Serve, visit: Visit) -> None:
    folder = tmp_path / "away"
    url = f"sqlite:///{folder}/corrections.db"
    served = serve(toy_models, workers=1, api_keys=f"desk:{KEY}:review", feedback_database_url=url).wait()
    page = visit(f"{served.url}/", troubled=True)
    read(page, "Berlin called the step a grave mistake.")
    correct(page, 0)
    page.check(".correct [value=neutral]")
    page.click(".correct .primary")
    expect(page.locator(".correct .fault")).to_contain_text("The database of corrections does not answer. Try again")
    folder.mkdir()
    with page.expect_response(lambda answer: answer.status == 201):
        while page.locator(".stored").count() == 0:  # the service waits a moment before it looks for it again
            page.wait_for_timeout(200)
            page.evaluate("document.querySelector('.correct .primary')?.click()")
    assert [row["label"] for row in stored(served)] == ["neutral"]


def test_where_none_are_kept_the_page_says_so(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    page.click("[data-sample=wire]")
    choose(page, 0)
    expect(page.locator("#detail")).to_contain_text("Corrections are not kept here.")
    assert page.locator(".correct").count() == 0
    expect(page.locator("#to-review")).to_be_hidden()
    picture(page, "not-kept")
