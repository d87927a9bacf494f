"""The review page: what is decided on it, by buttons and by keys, is what the service has."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.conftest import Served
from tests.page.conftest import Visit, keeping, open_to_all, picture

Serve = Callable[..., Served]
KEY, READER = "desk0123456789ABCDEF", "reader0123456789ABCDEF"
STEP = "Berlin called the step a grave mistake."


def call(served: Served, method: str, path: str, body: Any = None, key: str = KEY) -> Any:
    """Ask the service, as the page does."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{served.url}/{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        content = answer.read()
        return json.loads(content) if content else None


def submit(served: Served, label: str, annotator: str = "anna", text: str = STEP, **said: Any) -> int:
    """Have a correction stored, and return its id."""
    body = {"text": text, "label": label, "annotator": annotator, **said}
    number: int = call(served, "POST", "feedback", body, READER)["id"]
    return number


def stored(served: Served) -> dict[int, dict[str, Any]]:
    """The first 200 corrections that the service has, by id."""
    return {one["id"]: one for one in call(served, "GET", "feedback?limit=200")["corrections"]}


def statuses(served: Served) -> list[str]:
    return [one["status"] for one in stored(served).values()]


@pytest.fixture(scope="module")
def module_served(toy_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with keeping(toy_models, tmp_path_factory.mktemp("review"), f"desk:{KEY}:review,reader:{READER}") as served:
        yield served


@pytest.fixture
def kept(module_served: Served) -> Served:
    """A service that keeps corrections, and has none yet."""
    while found := stored(module_served):
        for number in found:
            call(module_served, "DELETE", f"feedback/{number}")
    return module_served


def review(visit: Visit, served: Served, key: str = KEY) -> Page:
    """Open the review, and give the key."""
    page = visit(f"{served.url}/review", troubled=True)
    page.fill("#key", key)
    page.keyboard.press("Enter")
    return page


def settled(page: Page) -> None:
    """Wait until all that was decided is sent."""
    expect(page.locator("#unsent")).to_have_text("")


def test_by_keyboard_alone(kept: Served, visit: Visit) -> None:
    labels = ["criticism", "neutral", "support", "criticism", "neutral"]
    texts = [f"{name} called the step a grave mistake." for name in ("Berlin", "Paris", "Vienna", "Rome", "Oslo")]
    ids = [submit(kept, *pair) for pair in zip(labels, ["anna"] * 5, texts, strict=True)]
    page = review(visit, kept)
    press = page.keyboard.press
    sentence = page.locator("#card blockquote")
    expect(sentence).to_have_text(texts[0])
    expect(page.locator("#place")).to_have_text("1 of 5")
    press("a")
    expect(sentence).to_have_text(texts[1])
    expect(page.locator("#live")).to_have_text(f"pending: neutral. {texts[1]}".replace(". ", ".  ", 1))
    press("r")
    press("3")  # the labels from criticism to support: it is support already
    press("1")
    expect(page.locator("[data-relabel=criticism]")).to_have_attribute("aria-pressed", "true")
    expect(sentence).to_have_text(texts[2])
    press("a")
    press("j")
    expect(sentence).to_have_text(texts[4])
    press("k")
    press("p")
    expect(sentence).to_have_text(texts[2])
    expect(page.locator("#card .pill").first).to_have_text("approved")
    press("n")
    press("n")
    press("e")
    expect(page.locator("#erase-dialog")).to_be_visible()
    press("Enter")  # the first button keeps it
    expect(page.locator("#erase-dialog")).to_be_hidden()
    press("e")
    press("Tab")
    expect(page.locator("#erase")).to_be_focused()
    press("Enter")
    expect(page.locator("#card h2")).to_have_text("That was the last one.")
    press("p")
    press("r")
    press("u")
    expect(sentence).to_have_text(texts[3])
    settled(page)
    found = stored(kept)
    assert list(found) == ids[:4]
    assert [(one["status"], one["label"]) for one in found.values()] == [
        ("approved", "criticism"),
        ("rejected", "neutral"),
        ("approved", "criticism"),
        ("pending", "criticism"),
    ]
    history = {
        number: [(step["by"], step["status"], step["label"]) for step in one["history"]]
        for number, one in found.items()
    }
    assert history[ids[2]] == [
        ("anna", "pending", "support"),
        ("desk", "pending", "criticism"),
        ("desk", "approved", "criticism"),
    ]
    assert history[ids[3]] == [
        ("anna", "pending", "criticism"),
        ("desk", "rejected", "criticism"),
        ("desk", "pending", "criticism"),
    ]
    page.click("#card summary")
    expect(page.locator(".history li")).to_have_count(3)
    expect(page.locator(".history li").nth(1)).to_contain_text("desk: rejected, criticism")


def test_decisions_are_taken_back_one_by_one(kept: Served, visit: Visit) -> None:
    number = submit(kept, "support")
    page = review(visit, kept)
    page.locator("[data-relabel=criticism]").wait_for()
    for key in "1au":
        page.keyboard.press(key)
    settled(page)
    assert (stored(kept)[number]["status"], stored(kept)[number]["label"]) == ("pending", "criticism")
    page.keyboard.press("u")
    settled(page)
    assert (stored(kept)[number]["status"], stored(kept)[number]["label"]) == ("pending", "support")
    page.keyboard.press("u")  # nothing is left to take back
    settled(page)
    assert len(stored(kept)[number]["history"]) == 5


def test_by_buttons_and_keys_can_be_off(kept: Served, visit: Visit) -> None:
    for text in ("Paris called the step a grave mistake.", STEP):
        submit(kept, "neutral", text=text)
    page = review(visit, kept)
    press = page.keyboard.press
    page.locator("#card blockquote").wait_for()
    press("?")
    expect(page.locator("#keys-dialog")).to_be_visible()
    open_to_all(page)
    page.uncheck("#use-keys")
    press("Escape")
    press("a")
    press("e")
    expect(page.locator("#erase-dialog")).to_be_hidden()
    page.click("[data-action=keys]")
    page.check("#use-keys")
    page.click("#keys-dialog [data-close]")
    # No key that is typed into a field decides anything, nor one that is held with another, or held down.
    page.fill("[name=annotator]", "")
    page.locator("[name=annotator]").press("a")
    page.locator("[name=annotator]").fill("")
    page.locator("#card").click()
    press("Control+a")
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', repeat: true }))")
    expect(page.locator("#place")).to_have_text("1 of 2")
    assert statuses(kept) == ["pending", "pending"]
    page.click("[data-relabel=criticism]")
    expect(page.locator("[data-relabel=criticism]")).to_be_focused()
    for button in ("approve", "reject"):
        page.click(f"[data-action={button}]")
    # Where nothing can be decided on, the buttons say so, and keep the focus.
    expect(page.locator("[data-action=reject]")).to_be_focused()
    expect(page.locator("[data-action=reject]")).to_have_attribute("aria-disabled", "true")
    press("Enter")
    settled(page)
    assert statuses(kept) == ["approved", "rejected"]
    page.click("[data-action=undo]")
    page.click("[data-action=erase]")
    page.click("#erase")
    settled(page)
    assert statuses(kept) == ["approved"]
    page.select_option("[name=status]", "approved")
    expect(page.locator("#place")).to_have_text("1 of 1")
    page.click("[data-action=undo]")  # what was decided on another day
    settled(page)
    assert statuses(kept) == ["pending"]


def test_those_that_disagree_are_shown_together(kept: Served, visit: Visit) -> None:
    answer = {"label": "neutral", "version": "7c93bea03f3e"}
    said = {"holder": "germany", "note": "A grave one,\n<b>rule 1</b>.", "answer": answer}
    first = submit(kept, "criticism", "anna", **said)
    submit(kept, "neutral", "anna", "The ministers travelled on Tuesday.")
    second = submit(kept, "neutral", "ben", STEP.upper())
    submit(kept, "support", "", "Warsaw welcomed the step as overdue.")
    page = review(visit, kept)
    card = page.locator("#card")
    expect(card.locator("h2")).to_have_text("Neutral→ Criticism")
    for told in ("germany", "A grave one,\n<b>rule 1</b>.", "by anna", "7c93bea03f3e"):
        expect(card).to_contain_text(told)
    rows = [" ".join(row.split()) for row in card.locator(".disagreeing tbody tr").all_inner_texts()]
    assert rows == [f"anna (this one) Criticism pending {first}", f"ben Neutral pending {second}"]
    expect(page.locator("#live")).to_contain_text("They disagree.")

    def fits(view: str) -> None:
        for size, (width, height) in {"desk": (1280, 900), "narrow": (320, 640)}.items():
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (size, view)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                if (size, scheme) != ("narrow", "dark"):
                    open_to_all(page)
                picture(page, f"{size}-{scheme}-{view}", full_page=size == "narrow")
        page.set_viewport_size({"width": 1280, "height": 900})

    fits("review")
    page.keyboard.press("e")
    fits("erasing")
    page.keyboard.press("Escape")
    page.check("[name=disagreeing]")
    expect(page.locator("#place")).to_have_text("1 of 2")
    page.locator("[name=disagreeing]").blur()
    page.keyboard.press("n")
    expect(card.locator("blockquote")).to_have_text(STEP.upper())
    page.keyboard.press("r")
    page.keyboard.press("p")
    page.keyboard.press("p")
    # What is rejected disagrees with nobody.
    expect(card.locator(".others")).to_contain_text("rejected")
    expect(card.locator(".disagreeing")).to_have_count(0)
    page.uncheck("[name=disagreeing]")
    page.select_option("[name=label]", "support")
    expect(card.locator("blockquote")).to_have_text("Warsaw welcomed the step as overdue.")
    expect(card).to_contain_text("by no name")
    page.fill("[name=annotator]", "ben")
    page.locator("[name=annotator]").blur()
    expect(card.locator("h2")).to_have_text("There are no such corrections.")
    open_to_all(page)
    picture(page, "review-none")
    assert page.url == f"{kept.url}/review"
    assert page.evaluate("[localStorage.length, document.cookie, Object.keys(sessionStorage)]") == [
        0,
        "",
        ["stance-key"],
    ]


def test_the_next_are_fetched_before_they_are_needed(kept: Served, visit: Visit) -> None:
    for number in range(55):
        submit(kept, "neutral", text=f"The ministers met {number} times.")
    page = visit(f"{kept.url}/review", troubled=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/feedback?" in request.url else None)
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#place")).to_have_text("1 of 50 or more")
    for _ in range(39):
        page.keyboard.press("n")
    expect(page.locator("#place")).to_have_text("40 of 50 or more")
    assert sum("after=" in url for url in asked) == 0
    page.keyboard.press("n")
    expect(page.locator("#place")).to_have_text("41 of 55")
    assert sum("after=" in url for url in asked) == 1
    for _ in range(14):
        page.keyboard.press("a")
    expect(page.locator("#card blockquote")).to_have_text("The ministers met 54 times.")
    settled(page)
    assert statuses(kept) == ["pending"] * 40 + ["approved"] * 14 + ["pending"]


def test_decisions_are_sent_in_order_without_waiting(kept: Served, visit: Visit) -> None:
    ids = [submit(kept, "neutral", text=f"The ministers met {number} times.") for number in range(3)]
    page = review(visit, kept)
    held: list[Route] = []
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "PATCH" else None)

    def hold(route: Route) -> None:
        held.append(route)

    page.locator("#card blockquote").wait_for()
    page.route(f"**/feedback/{ids[0]}", hold, times=1)
    for key in "ara":
        page.keyboard.press(key)
    expect(page.locator("#card h2")).to_have_text("That was the last one.")
    expect(page.locator("#unsent")).to_have_text("3 decisions on the way")
    assert len(sent) == 1
    held[0].continue_()
    settled(page)
    assert [request.url.rpartition("/")[2] for request in sent] == [str(number) for number in ids]
    assert statuses(kept) == ["approved", "rejected", "approved"]


def test_a_decision_that_failed_comes_back_with_a_sentence(kept: Served, visit: Visit) -> None:
    texts = [f"The ministers met {number} times." for number in range(4)]
    ids = [submit(kept, "neutral", text=text) for text in texts]
    page = review(visit, kept)
    sentence = page.locator("#card blockquote")
    sentence.wait_for()
    problem = {"type": "/problems/internal-error", "detail": "It is our fault.", "status": 500, "request_id": "r1"}
    page.route(f"**/feedback/{ids[0]}", lambda route: route.fulfill(status=500, json=problem), times=1)
    page.keyboard.press("a")
    fault = "The decision was not stored. It is our fault. Request r1."
    expect(page.locator("#fault")).to_have_text(f"Number {ids[0]}: {fault}")
    expect(page.locator("#live")).to_contain_text(fault)
    # What is looked at stays; what failed comes next.
    expect(sentence).to_have_text(texts[1])
    open_to_all(page)
    page.keyboard.press("a")
    expect(sentence).to_have_text(texts[0])
    expect(page.locator("#card .fault")).to_have_text(fault)
    expect(page.locator("#card .pill").first).to_have_text("pending")
    picture(page, "state-decision-failed")
    page.keyboard.press("a")
    # What somebody else has erased meanwhile is gone, and nothing comes back.
    call(kept, "DELETE", f"feedback/{ids[2]}")
    page.keyboard.press("r")
    expect(sentence).to_have_text(texts[3])
    settled(page)
    expect(page.locator("#place")).to_have_text("3 of 3")
    assert {number: one["status"] for number, one in stored(kept).items()} == {
        ids[0]: "approved",
        ids[1]: "approved",
        ids[3]: "pending",
    }


def test_what_is_decided_while_the_service_is_away_is_sent_when_it_is_back(
    toy_models: Path, tmp_path: Path, serve: Serve, visit: Visit
) -> None:
    keeps: dict[str, Any] = {
        "workers": 1,
        "api_keys": f"desk:{KEY}:review,reader:{READER}",
        "feedback_database_url": f"sqlite:///{tmp_path}/corrections.db",
    }
    served = serve(toy_models, **keeps).wait()
    for number in range(3):
        submit(served, "neutral", text=f"The ministers met {number} times.")
    page = review(visit, served)
    page.locator("[data-relabel=criticism]").wait_for()
    served.stop()
    for key in "ra1":
        page.keyboard.press(key)
    expect(page.locator("#notice-title")).to_have_text("The service does not answer.")
    expect(page.locator("#unsent")).to_have_text("3 decisions on the way")
    serve(toy_models, **keeps, bind=f"127.0.0.1:{served.port}")
    expect(page.locator("#unsent")).to_have_text("", timeout=30_000)
    expect(page.locator("#notice")).to_be_hidden()
    assert [(one["status"], one["label"]) for one in stored(served).values()] == [
        ("rejected", "neutral"),
        ("approved", "neutral"),
        ("pending", "criticism"),
    ]


def test_agreement_is_shown(kept: Served, visit: Visit) -> None:
    page = review(visit, kept)
    expect(page.locator("#agreement")).to_contain_text("No sentence has been labelled by two annotators yet.")
    for number, labels in enumerate((("neutral", "neutral"), ("support", "support"), ("criticism", "neutral"))):
        for label, annotator in zip(labels, ("anna", "ben"), strict=True):
            submit(kept, label, annotator, f"The ministers met {number} times.")
    found = call(kept, "GET", "feedback/agreement")
    page.click("text=Look for new ones")
    told = f"3 sentences labelled by two annotators or more: Krippendorff’s α {found['alpha']:.2f}."
    expect(page.locator("#agreement")).to_contain_text(told)
    row = page.locator("#agreement tbody tr").inner_text().split("\t")
    assert row == ["anna and ben", "3", f"{found['pairs'][0]['kappa']:.2f}"]


def test_the_export_is_saved_if_it_came_whole(kept: Served, visit: Visit, tmp_path: Path) -> None:
    for number in (submit(kept, "neutral"), submit(kept, "support", "ben")):
        call(kept, "PATCH", f"feedback/{number}", {"status": "approved"})
    page = review(visit, kept)
    with page.expect_download() as download:
        page.click("#export")
    expect(page.locator("#live")).to_have_text("2 corrections exported.")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "corrections.ndjson"
    *rows, end = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["label"] for row in rows] == ["neutral", "support"]
    assert end == {"end": True, "rows": 2}

    def cut(route: Route) -> None:
        route.fulfill(body=route.fetch().text()[:-20])

    page.route("**/feedback/export", cut)
    page.click("#export")
    expect(page.locator("#fault")).to_have_text("The approved corrections were not saved. It broke off. Try again.")
    expect(page.locator("#live")).to_contain_text("not saved")


def test_who_may_not_review_is_told(kept: Served, visit: Visit) -> None:
    page = review(visit, kept, READER)
    notice = page.locator("#notice")
    expect(notice).to_have_attribute("data-state", "forbidden")
    expect(page.locator("#notice-title")).to_have_text("This wants the right to review.")
    expect(page.locator("#review")).to_be_hidden()
    open_to_all(page)
    picture(page, "state-forbidden")
    page.click("text=Give another key")
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text("There are no such corrections.")
    expect(notice).to_be_hidden()


def test_without_keys_nobody_reviews_and_without_a_database_nothing_is_kept(
    toy_models: Path, tmp_path: Path, serve: Serve, visit: Visit
) -> None:
    served = serve(toy_models, workers=1, feedback_database_url=f"sqlite:///{tmp_path}/corrections.db").wait()
    page = visit(f"{served.url}/review", troubled=True)
    expect(page.locator("#notice")).to_have_attribute("data-state", "forbidden")
    expect(page.locator("#notice-text")).to_contain_text("STANCE_API_KEYS")
    expect(page.locator("#notice-action")).to_be_hidden()
    served.stop()
    served = serve(toy_models, workers=1).wait()
    page = visit(f"{served.url}/review", troubled=True)
    expect(page.locator("#notice")).to_have_attribute("data-state", "off")
    expect(page.locator("#notice-title")).to_have_text("Corrections are not kept here.")
    expect(page.locator("#notice-text")).to_contain_text("STANCE_FEEDBACK_DATABASE_URL")
    open_to_all(page)
    picture(page, "state-off")
