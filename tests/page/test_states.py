"""What the page says when there is nothing to show: each state says what to do, and the page goes on by itself."""

import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.conftest import Served
from tests.page.conftest import Visit, open_to_all, picture, read_sample

Serve = Callable[..., Served]
KEY = "desk0123456789ABCDEF"


def says(page: Page, state: str, title: str, to_do: str) -> None:
    """Assert that a state is shown, told to those who listen, and open to all; keep its picture."""
    expect(page.locator("#notice")).to_have_attribute("data-state", state)
    expect(page.locator("#notice-title")).to_have_text(title)
    expect(page.locator("#notice-text")).to_contain_text(to_do)
    expect(page.locator("#live")).to_contain_text(title)
    open_to_all(page)
    picture(page, f"state-{state}")


def test_empty(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    open_to_all(page)
    page.fill("#text", " 12 – ?! ")
    page.click("text=Read the article")
    says(page, "empty", "There is nothing to read yet.", "Paste an article")
    read_sample(page)
    expect(page.locator("#notice")).to_be_hidden()


def test_unknown_vocabulary_and_no_stance(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    page.fill("#text", "Varsova ilmoitti tukevansa päätöstä täysin. Helsinki pahoitteli sitä syvästi eilen illalla.")
    page.click("text=Read the article")
    says(page, "unknown-vocabulary", "Hardly any word of this is known to the model.", "translate")
    assert page.locator(".sentence.uncertain").count() == 2
    page.click("#edit")
    page.fill(
        "#text", "The ministers met in Brussels on Tuesday. Lunch was served at one. The talks went on until five."
    )
    page.click("text=Read the article")
    says(page, "no-stance", "No sentence takes a side.", "try another one")


def test_too_long_by_the_published_limit(toy_models: Path, serve: Serve, visit: Visit) -> None:
    served = serve(toy_models, max_article_chars=1000, max_body_bytes=3000, workers=1).wait()
    page = visit(f"{served.url}/", troubled=True)
    page.locator("#target:has-text('the step')").wait_for()
    # Characters are counted as the service does: a pair of surrogates is one.
    page.fill("#text", "😀" * 990 + " Berlin.")
    expect(page.locator("#count")).to_have_text("998 of 1,000 characters")
    page.fill("#text", "Berlin called the step a mistake. " * 30)
    expect(page.locator("#count")).to_have_class("count over")
    page.click("text=Read the article")
    says(
        page,
        "too-long",
        "The text is too long.",
        "It has 1,020 characters, and this service reads up to 1,000 at once. Cut it",
    )
    # Shorter than the limit of characters, and larger in bytes than a body may be.
    page.fill("#text", "a" + '"' * 30 + "😀" * 960)
    page.click("text=Read the article")
    expect(page.locator("#notice-text")).to_contain_text("It is larger than this service takes at once.")


def test_no_model_until_one_is_published(toy_models: Path, tmp_path: Path, serve: Serve, visit: Visit) -> None:
    models = tmp_path / "models"
    models.mkdir()
    served = serve(models, workers=1).wait("/livez")
    page = visit(f"{served.url}/", troubled=True)
    says(page, "no-model", "No model is loaded.", "python training/train.py")
    page.fill("#text", "Berlin called the step a grave mistake.")
    page.click("text=Read the article")
    version = (toy_models / "current").read_text().strip()
    shutil.copytree(toy_models / version, models / version)
    shutil.copy(toy_models / "current", models / "current")
    expect(page.locator(".sentence")).to_have_count(1)
    expect(page.locator("#notice")).to_be_hidden()


def test_a_key_is_asked_for_once_and_kept_for_the_tab_alone(toy_models: Path, serve: Serve, visit: Visit) -> None:
    served = serve(toy_models, api_keys=f"desk:{KEY}", workers=1).wait()
    page = visit(f"{served.url}/", troubled=True)
    dialog = page.locator("#key-dialog")
    expect(dialog).to_be_visible()
    open_to_all(page)
    picture(page, "state-key-dialog")
    page.keyboard.press("Escape")
    says(page, "key", "A key is wanted.", "Without one")
    page.click("text=Give the key")
    page.fill("#key", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#key-text")).to_contain_text("This key was not accepted.")
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#target")).to_have_text("the step")
    page.fill("#text", "Berlin called the step a grave mistake.")
    page.click("text=Read the article")
    page.locator(".sentence").wait_for()
    assert '-H "Authorization: Bearer $STANCE_API_KEY"' in (page.locator("#curl").text_content() or "")
    assert KEY not in page.content()
    page.click("#to-model")
    page.locator(".plots img").first.wait_for()
    page.reload()
    expect(page.locator("#target")).to_have_text("the step")
    expect(dialog).to_be_hidden()
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    other = page.context.new_page()
    other.goto(f"{served.url}/")
    expect(other.locator("#key-dialog")).to_be_visible()


def test_the_service_goes_and_comes_back(toy_models: Path, serve: Serve, visit: Visit) -> None:
    served = serve(toy_models, workers=1).wait()
    page = visit(f"{served.url}/", troubled=True)
    page.locator("#target:has-text('the step')").wait_for()
    served.stop()
    page.fill("#text", "Berlin called the step a grave mistake.")
    page.click("text=Read the article")
    says(page, "gone", "The service does not answer.", "Nothing on this page is lost.")
    serve(toy_models, workers=1, bind=f"127.0.0.1:{served.port}")
    expect(page.locator(".sentence")).to_have_count(1, timeout=30_000)
    expect(page.locator("#notice")).to_be_hidden()


def test_too_many_requests_are_waited_out(toy_models: Path, serve: Serve, visit: Visit) -> None:
    served = serve(toy_models, workers=1, api_keys=f"desk:{KEY}", rate_limit="3/minute").wait()
    page = visit(f"{served.url}/", troubled=True)
    page.fill("#key", KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#target")).to_have_text("the step")
    page.fill("#text", "Berlin called the step a grave mistake.")
    page.click("text=Read the article")
    page.locator(".sentence").wait_for()
    page.click("#edit")
    page.click("text=Read the article")
    says(page, "too-many", "Too many requests were made with this key.", "goes on by itself in")
