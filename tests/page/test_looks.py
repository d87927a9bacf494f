"""Sizes, light and dark, motion, paper: open to all in each, and pictures of each to be looked at."""

from playwright.sync_api import expect

from tests.conftest import Served
from tests.page.conftest import PICTURES, Visit, open_to_all, picture, read_sample

SIZES = {"desk": (1280, 900), "narrow": (320, 640), "4k": (3840, 2160)}


def test_it_fits_every_size_and_is_open_to_all_in_light_and_dark(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    expect(page.locator("#version")).to_contain_text("Model")

    def fits(view: str, *checked: tuple[str, str]) -> None:
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (size, view)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                # Colours do not change with the size, nor the structure with the colours.
                if (size, scheme) in checked:
                    open_to_all(page)
                picture(page, f"{size}-{scheme}-{view}")
        page.set_viewport_size({"width": 1280, "height": 900})

    fits("empty", ("desk", "dark"))
    read_sample(page)
    fits("article", ("desk", "dark"))
    page.locator(".sentence.criticism").nth(1).click()
    fits("sentence", ("desk", "light"), ("desk", "dark"), ("narrow", "light"))
    page.keyboard.press("Escape")
    page.click("#to-model")
    page.locator(".plots img").first.wait_for()
    fits("model", ("desk", "dark"), ("narrow", "light"))


def test_nothing_moves_for_those_who_want_none(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/", reduced_motion="reduce")
    page.route("**/analyze", lambda route: None)
    page.click("[data-sample=wire]")
    expect(page.locator("#progress")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


def test_paper_gets_a_report(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/", color_scheme="dark")
    read_sample(page)
    page.locator(".sentence.criticism").nth(1).click()
    page.emulate_media(media="print", color_scheme="dark")
    for gone in ("nav", "#filters", "#take", "#edit", ".how"):
        expect(page.locator(gone).first).to_be_hidden()
    for kept in ("#overview", "#sentences", "#actors", "#version"):
        expect(page.locator(kept)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.pdf(path=PICTURES / "paper.pdf", print_background=False)
    picture(page, "paper", full_page=True)
