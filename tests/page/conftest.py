"""A real browser over the real service: every page that is visited asks this service alone and has a clean console."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT, Served

CHROMIUM = shutil.which("chromium")
PICTURES = ROOT / "build" / "screenshots"
# Every rule for WCAG 2.2 AA, the target size among them, which axe leaves out if not asked, and axe's own advice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Visit = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage here: what Python these tests run, those of the service cover, and a page waits for it."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.no_cover)


def open_to_all(page: Page) -> None:
    """Assert that axe finds nothing in the page as it stands."""
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()


def picture(page: Page, name: str, **options: Any) -> None:
    """Keep a picture of the page, to be looked at."""
    page.screenshot(path=PICTURES / f"{name}.png", **options)


def read_sample(page: Page, name: str = "wire") -> None:
    """Have a sample read."""
    page.click(f"[data-sample={name}]")
    page.locator(".sentence").first.wait_for()


@contextmanager
def keeping(models: Path, folder: Path, keys: str) -> Iterator[Served]:
    """A service that keeps corrections in a folder, with these API keys."""
    environment = {
        "STANCE_MODELS": str(models),
        "STANCE_API_KEYS": keys,
        "STANCE_FEEDBACK_DATABASE_URL": f"sqlite:///{folder}/corrections.db",
        "STANCE_WORKERS": "1",
    }
    served = Served(environment, folder / "log")
    try:
        yield served.wait()
    finally:
        served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module; its profile goes with it."""
    if CHROMIUM is None and not os.environ.get("REQUIRE_ALL"):
        pytest.skip("chromium is missing")
    with sync_playwright() as playwright:
        # As root, which CI is, Chromium starts without its sandbox or not at all.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        with playwright.chromium.launch(executable_path=CHROMIUM or "chromium", args=options) as launched:
            yield launched


@pytest.fixture(scope="session")
def corpus_served(corpus_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service over the model of the whole corpus."""
    served = Served({"STANCE_MODELS": str(corpus_models)}, tmp_path_factory.mktemp("corpus-served") / "log")
    try:
        yield served.wait()
    finally:
        served.stop()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a page; `troubled` allows the console to tell of answers that are no success, and of nothing else."""
    opened = []

    def go(url: str, troubled: bool = False, **options: Any) -> Page:
        context = browser.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(15_000)
        said: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda fault: said.append(str(fault)))
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("request", lambda request: asked.append(request.url))
        opened.append((context, url.partition("#")[0].rpartition("/")[0] + "/", troubled, said, asked))
        page.goto(url)
        return page

    yield go
    for context, url, troubled, said, asked in opened:
        context.close()
        assert [line for line in said if not (troubled and line.startswith("Failed to load resource"))] == []
        assert [one for one in asked if not one.startswith((url, "blob:http://127.0.0.1:"))] == []
