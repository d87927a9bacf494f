"""The model's own page: figures and plots of the loaded version."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.conftest import Served
from tests.page.conftest import Visit, open_to_all, picture, read_sample


def fetched(served: Served, path: str) -> Any:
    with urllib.request.urlopen(f"{served.url}/{path}", timeout=10) as answer:
        return json.load(answer)


def test_it_shows_the_loaded_version(corpus_served: Served, visit: Visit, tmp_path: Path) -> None:
    card, report = fetched(corpus_served, "model"), fetched(corpus_served, "model/report/report.json")
    page = visit(f"{corpus_served.url}/#model")
    page.locator(".plots img").first.wait_for()
    text = page.locator("#card").inner_text()
    assert f"Version {card['version']}" in text
    assert f"{card['data']['rows']:,} sentences" in text
    assert card["target"] in text
    found = card["metrics"]["cross_validation"]
    assert f"{found['macro_f1']:.2f} (" in text
    for figures in found["labels"].values():
        row = [f"{figures[name]:.2f}" for name in ("precision", "recall", "f1")]
        assert "\t".join([*row, f"{figures['rows']:,}"]) in text
    worst = report["behaviour"]["capabilities"]["non-withdrawal"]
    assert f"Wrong in {worst['failures']} of {worst['cases']} cases." in text
    assert f"{report['holders']['training documents']['top']['precision']:.0%} are right" in text
    pictures = page.locator(".plots img")
    # The learning curve is among them where it was measured on this corpus.
    assert pictures.count() == (5 if "curve" in report else 4)
    assert all(
        one.evaluate("async image => { await image.decode(); return image.naturalWidth > 100 }")
        for one in pictures.all()
    )
    picture(page, "model", full_page=True)
    with page.expect_download() as download:
        page.click("text=Download report.md")
    file = tmp_path / "report.md"
    download.value.save_as(file)
    assert file.read_text(encoding="utf-8").startswith("# Report")


def test_the_article_stays_while_the_model_is_looked_at(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    read_sample(page)
    page.locator(".sentence").nth(3).click()
    page.click("#to-model")
    expect(page).to_have_title("Stance: the model")
    expect(page.locator("#model-title")).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()
    expect(page.locator("#to-model")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page).to_have_title("Stance: an article")
    expect(page.locator("#detail .nth")).to_have_text("Sentence 4")


def test_a_model_of_few_rows_has_a_page_too(toy_served: Served, visit: Visit) -> None:
    page = visit(f"{toy_served.url}/#model")
    expect(page.locator("#card")).to_contain_text("toward “the step”")
    expect(page.locator("#card")).to_contain_text("10 sentences, labelled by hand, in the file toy.csv")
    page.locator(".plots img").first.wait_for()
    open_to_all(page)
