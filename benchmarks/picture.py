"""Take the README's picture of the page, from a service that is started for it over the current model.

Run as `python benchmarks/picture.py`; needs Chromium and a published model. Prints besides the page's weight, and how
long an article of 1,000 words takes from pasting to its colours.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "page.png"
SAMPLES = ROOT / "service" / "static" / "samples"
WORDS, TIMES = 1000, 20


@contextmanager
def served() -> Iterator[str]:
    """Serve the current model on a free port, and keep corrections, so that the page offers them; none is sent."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "gunicorn", "--config", "service/gunicorn.conf.py"]
    # Opened when the first correction comes: the file is never made.
    settings = {"STANCE_BIND": bind, "STANCE_FEEDBACK_DATABASE_URL": f"sqlite:///{tempfile.gettempdir()}/none.db"}
    process = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.DEVNULL
    )
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(f"http://{bind}/readyz", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://{bind}/"
    finally:
        process.terminate()
        process.wait()


def take(browser: Browser, url: str) -> None:
    """Take the picture: a sample that is read, a sentence chosen."""
    page = browser.new_page(viewport={"width": 1280, "height": 1420}, color_scheme="light")
    page.goto(url)
    page.click("[data-sample=wire]")
    page.locator(".sentence.criticism").first.click()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=PICTURE)


def weigh(browser: Browser, url: str) -> int:
    """Return the bytes of the page and its files, the samples among them, before compression."""
    page = browser.new_page()
    found: list[int] = []
    page.on(
        "response",
        lambda answer: found.append(len(answer.body())) if answer.url == url or "/static/" in answer.url else None,
    )
    page.goto(url, wait_until="networkidle")
    return sum(found) + sum(file.stat().st_size for file in SAMPLES.iterdir())


def paste(page: Page, text: str) -> float:
    """Return the milliseconds from pasting a text to the frame that shows it in its colours."""
    return float(
        page.evaluate(
            """async (text) => {
              document.getElementById("another").click();
              const before = performance.now();
              const clipboard = new DataTransfer();
              clipboard.setData("text/plain", text);
              const field = document.getElementById("text");
              field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true }));
              const result = document.getElementById("result");
              while (result.hidden) await new Promise(requestAnimationFrame);
              await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
              return performance.now() - before;
            }""",
            text,
        )
    )


def main() -> int:
    """Take the picture and print the figures."""
    words = " ".join(file.read_text(encoding="utf-8") for file in sorted(SAMPLES.iterdir())).split()
    text = " ".join((words * 2)[:WORDS])
    with served() as url, sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=options)
        take(browser, url)
        print(f"the page and all its files: {weigh(browser, url) / 1000:.0f} kB")
        page = browser.new_page()
        page.goto(url)
        times = sorted(paste(page, text) for _ in range(TIMES))
        print(
            f"pasting {WORDS:,} words to their colours: median {statistics.median(times):.0f} ms, worst {times[-1]:.0f}"
        )
        browser.close()
    print(f"wrote {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
