"""Reading an article on the page: what it shows is what the service answers."""

import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.conftest import ROOT, Served
from tests.page.conftest import Visit, open_to_all, picture, read_sample

SAMPLES = ROOT / "service" / "static" / "samples"
SIDES = {"support": "+", "criticism": "−", "neutral": ""}
TEXT = "👍 Poland backed the American withdrawal from the treaty because Russia had broken it.\n\n" + (
    'German Foreign Minister Heiko Maas called the exit a mistake. "We will all regret this decision," he said.'
)


def asked(served: Served, text: str) -> Any:
    body = {"text": text, "explain": True, "min_confidence": 0.6, "offset_unit": "utf16"}
    request = urllib.request.Request(
        f"{served.url}/analyze", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def sentences(text: str, answer: Any) -> list[str]:
    units = text.encode("utf-16-le")
    return [units[2 * one["start"] : 2 * one["end"]].decode("utf-16-le") for one in answer["sentences"]]


def paste(page: Page, text: str) -> None:
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.focus("#text")
    page.keyboard.press("Control+V")


def dropped(page: Page, content: bytes) -> None:
    transfer = page.evaluate_handle(
        "bytes => { const all = new DataTransfer(); all.items.add(new File([new Uint8Array(bytes)], 'a.txt'));"
        " return all; }",
        list(content),
    )
    page.dispatch_event("#text", "drop", {"dataTransfer": transfer})


def test_a_sample_is_marked_as_the_service_judges_it(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    for name in ("wire", "opinion", "panel"):
        read_sample(page, name)
        shows(page, (SAMPLES / f"{name}.txt").read_text(encoding="utf-8"), corpus_served)
        page.click("#another")


def shows(page: Page, text: str, served: Served) -> None:
    """Assert that the page shows the service's answer: sentences, the whole, actors."""
    answer = asked(served, text)
    spans = page.locator(".sentence")
    assert spans.locator(".words").all_inner_texts() == sentences(text, answer)
    assert spans.evaluate_all("all => all.map(span => [span.className, span.firstChild.dataset.sign])") == [
        [f"sentence {one['label']} uncertain", f"{SIDES[one['label']]}?"]
        if one["uncertain"]
        else [f"sentence {one['label']}", SIDES[one["label"]]]
        for one in answer["sentences"]
    ]
    overview = page.locator("#overview").inner_text()
    for label, share in answer["shares"].items():
        assert f"{label.title()} {round(share * 100)}%" in overview
    assert f"{abs(answer['balance']):.2f}" in overview
    expect(page.locator("#version")).to_have_text(f"Model {answer['model']['version']}")
    shown = {row.locator(".name").inner_text(): row for row in page.locator(".people tbody tr").all()}
    names = {one["id"]: one["name"] for one in answer["actors"]}
    holding = [one for one in answer["actors"] if one["label"]]
    assert sorted(shown) == sorted(one["name"] for one in holding)
    for one in holding:
        row = shown[one["name"]]
        assert one["label"] in row.locator(".stance").inner_text()
        assert row.locator("td").last.inner_text() == str(len(one["sentences"]))
        told = (row.locator(".balance").get_attribute("aria-label") or "").replace("−", "-")
        assert float(re.findall(r"[+-]?\d\.\d+", told)[0]) == pytest.approx(one["balance"], abs=0.005)
        assert [f"via {', '.join(names[by] for by in one['via'])}"] * bool(one["via"]) == row.locator(
            ".via"
        ).all_inner_texts()


def test_what_is_pasted_is_read_at_once_with_its_offsets(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/", permissions=["clipboard-read", "clipboard-write"])
    paste(page, TEXT)
    expect(page.locator("#result-title")).to_be_focused()
    assert page.locator(".sentence .words").all_inner_texts() == sentences(TEXT, asked(corpus_served, TEXT))
    assert page.locator(".sentences p").count() == 2
    expect(page.locator("#live")).to_contain_text("Read 3 sentences: criticism 67%, neutral 0%, support 33%.")
    page.click("#edit")
    expect(page.locator("#text")).to_have_value(TEXT)
    # A text that is there already is edited, not replaced.
    page.evaluate("navigator.clipboard.writeText(' Oslo met.')")
    page.locator("#text").press("Control+End")
    page.keyboard.press("Control+V")
    expect(page.locator("#result")).to_be_hidden()
    page.click("text=Read the article")
    expect(page.locator(".sentence")).to_have_count(4)


def test_a_file_is_dropped_or_opened_and_one_that_is_no_text_is_refused(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    dropped(page, "Warschau, Łódź: Poland backed the exit from the treaty.".encode())
    expect(page.locator(".sentence").first).to_contain_text("Łódź")
    page.click("#another")
    expect(page.locator("#text")).to_have_value("")
    page.set_input_files("#file", {"name": "b.txt", "mimeType": "text/plain", "buffer": TEXT.encode()})
    expect(page.locator(".sentence")).to_have_count(3)
    page.click("#another")
    dropped(page, b"\xff\xfe\x00no text")
    expect(page.locator("#notice-title")).to_have_text("This file cannot be read.")
    open_to_all(page)


def test_a_chosen_sentence_tells_why_and_who(corpus_served: Served, visit: Visit) -> None:
    text = (SAMPLES / "wire.txt").read_text(encoding="utf-8")
    answer = asked(corpus_served, text)
    number = next(index for index, one in enumerate(answer["sentences"]) if "maas" in one["actors"])
    one, why = answer["sentences"][number], answer["evidence"][number]
    page = visit(f"{corpus_served.url}/")
    read_sample(page)
    span = page.locator(".sentence").nth(number)
    span.click()
    expect(span).to_have_attribute("aria-pressed", "true")
    detail = page.locator("#detail")
    expect(detail.locator("h2")).to_contain_text(f"{one['label'].title()}, {round(one['confidence'] * 100)}%")
    shown = detail.locator("table").first.locator("tr").all_inner_texts()
    assert sorted(" ".join(line.split()) for line in shown) == sorted(
        f"{label.title()} {round(value * 100)}%" for label, value in one["probabilities"].items()
    )
    terms = detail.locator("table").last.locator("tr").all_inner_texts()
    assert [line.split()[-1].replace("−", "-") for line in terms] == [f"{term['weight']:+.2f}" for term in why["terms"]]
    assert detail.locator(".holders button").all_inner_texts() == ["Heiko Maas"]
    expect(page.locator("#live")).to_contain_text("Held by Heiko Maas.")
    # The words marked in the text share the terms' weights among them; each shows its own, rounded to a tenth.
    marks = span.locator("mark").evaluate_all("all => all.map(mark => mark.dataset.weight)")
    total = sum(float(weight.replace("−", "-")) for weight in marks)
    assert total == pytest.approx(sum(term["weight"] for term in why["terms"]), abs=0.06 * (len(marks) + 1))
    assert span.locator(".words").inner_text() == sentences(text, answer)[number]
    assert "regretted" in span.locator("mark.for").all_inner_texts()
    # Strong is what has more than half of the greatest weight, but for what their tenths do not tell.
    sizes = [abs(float(weight.replace("−", "-"))) for weight in marks]
    strong = span.locator("mark").evaluate_all("all => all.map(mark => mark.classList.contains('strong'))")
    told = [(size, one) for size, one in zip(sizes, strong, strict=True) if abs(size - max(sizes) / 2) > 0.08]
    assert [one for _, one in told] == [size > max(sizes) / 2 for size, _ in told]
    detail.locator(".holders button").click()
    expect(page.locator("#who")).to_have_value("maas")
    page.click("#all")
    span.click()
    expect(detail).to_be_hidden()
    assert span.locator("mark").count() == 0


def test_the_weight_against_a_decision_is_marked_so(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/", permissions=["clipboard-read", "clipboard-write"])
    text = "The decision to leave was welcomed and backed by Warsaw, though Berlin regretted it as a dangerous mistake."
    paste(page, text)
    page.locator(".sentence").click()
    against = page.locator("mark.against")
    terms = asked(corpus_served, text)["evidence"][0]["terms"]
    assert any(term["weight"] < 0 for term in terms)
    assert all((mark.get_attribute("data-weight") or "").startswith("−") for mark in against.all())
    assert against.count() > 0


def test_by_keyboard_alone(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    press = page.keyboard.press
    press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    press("Enter")
    expect(page.locator("#content")).to_be_focused()
    for place in ("#text", "#form .primary", "#open", "[data-sample=wire]"):
        press("Tab")
        expect(page.locator(place)).to_be_focused()
    press("Enter")
    expect(page.locator("#result-title")).to_be_focused()
    first = page.locator(".sentence").first
    while not first.evaluate("span => span === document.activeElement"):
        press("Tab")
    press("ArrowDown")
    press("ArrowRight")
    press("ArrowLeft")
    second = page.locator(".sentence").nth(1)
    expect(second).to_be_focused()
    expect(page.locator("#detail")).to_be_hidden()
    press("Enter")
    expect(page.locator("#detail .nth")).to_have_text("Sentence 2")
    press("ArrowRight")
    expect(page.locator("#detail .nth")).to_have_text("Sentence 3")
    press("Tab")
    expect(page.locator("#detail .close")).to_be_focused()
    press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    expect(page.locator(".sentence").nth(2)).to_be_focused()
    press("End")
    expect(page.locator(".sentence").last).to_be_focused()
    press("Home")
    press(" ")
    expect(page.locator("#detail .nth")).to_have_text("Sentence 1")
    # One stop for the whole article: what follows is the detail's, then the table's.
    assert page.locator('.sentence[tabindex="0"]').count() == 1


def test_by_touch_on_a_small_screen(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/", viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page.tap("[data-sample=opinion]")
    page.locator(".sentence.criticism").first.tap()
    expect(page.locator("#detail")).to_be_in_viewport()
    page.tap("#detail .close")
    expect(page.locator("#detail")).to_be_hidden()


def test_an_actor_or_a_label_dims_the_rest(corpus_served: Served, visit: Visit) -> None:
    answer = asked(corpus_served, (SAMPLES / "wire.txt").read_text(encoding="utf-8"))
    nato = next(one for one in answer["actors"] if one["id"] == "nato")
    page = visit(f"{corpus_served.url}/")
    read_sample(page)

    def bright() -> list[int]:
        numbers = page.locator(".sentence:not(.dim)").evaluate_all(
            "all => all.map(span => Number(span.dataset.number))"
        )
        return list(numbers)

    page.click("[data-actor=nato]")
    assert bright() == nato["sentences"]
    expect(page.locator("[data-actor=nato]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#shown")).to_have_text(f"{len(nato['sentences'])} of {len(answer['sentences'])} sentences")
    open_to_all(page)
    picture(page, "actor")
    # An arrow key passes over what is dimmed.
    page.locator(".sentence:not(.dim)").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".sentence").nth(nato["sentences"][1])).to_be_focused()
    page.click("[data-actor=nato]")
    assert len(bright()) == len(answer["sentences"])
    for label in SIDES:
        page.click(f"[data-label={label}]")
        assert bright() == [index for index, one in enumerate(answer["sentences"]) if one["label"] == label]
    page.select_option("#who", "nato")
    expect(page.locator("#shown")).to_have_text(f"0 of {len(answer['sentences'])} sentences")
    page.click("#all")
    assert len(bright()) == len(answer["sentences"])


def test_uncertain_sentences_look_so_and_can_be_shown_alone(corpus_served: Served, visit: Visit) -> None:
    answer = asked(corpus_served, (SAMPLES / "opinion.txt").read_text(encoding="utf-8"))
    unsure = [index for index, one in enumerate(answer["sentences"]) if one["uncertain"]]
    assert unsure
    page = visit(f"{corpus_served.url}/")
    read_sample(page, "opinion")
    page.click("[data-label=uncertain]")
    assert page.locator(".sentence:not(.dim)").count() == len(unsure)
    span = page.locator(".sentence").nth(unsure[0])
    line = span.locator(".words").evaluate("words => getComputedStyle(words).textDecorationStyle")
    assert line == "dotted"
    span.click()
    expect(page.locator(".doubt")).to_contain_text("Uncertain")
    open_to_all(page)


def test_a_long_text_shows_that_work_goes_on(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/analyze", hold)
    page.fill("#text", TEXT * 100)
    page.click("text=Read the article")
    expect(page.locator("#progress")).to_be_visible()
    expect(page.locator("#content")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#live")).to_have_text("Reading 3,101 words.")
    open_to_all(page)
    held[0].continue_()
    page.locator(".sentence").first.wait_for()
    expect(page.locator("#progress")).to_be_hidden()
    assert page.locator("#content").get_attribute("aria-busy") is None


def test_an_article_brings_no_markup(corpus_served: Served, visit: Visit) -> None:
    page = visit(f"{corpus_served.url}/")
    page.fill("#text", 'Poland backed the <img src="https://elsewhere.test/x" onerror="alert(1)"> exit & "left" </p>.')
    page.click("text=Read the article")
    expect(page.locator(".sentences")).to_contain_text('<img src="https://elsewhere.test/x" onerror="alert(1)">')
    page.locator(".sentence").first.click()
    assert page.locator("#result img").count() == 0


@contextmanager
def behind(prefix: str, served: Served) -> Iterator[str]:
    """A proxy that strips a prefix and knows nothing else of the service."""

    class Proxy(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
            if not self.path.startswith(prefix):
                self.send_error(404)
                return
            kept = {name: self.headers[name] for name in ("Content-Type", "Authorization") if name in self.headers}
            target = f"{served.url}/{self.path[len(prefix) :]}"
            with urllib.request.urlopen(urllib.request.Request(target, body, kept), timeout=10) as found:
                content = found.read()
                self.send_response(found.status)
                for name, value in found.headers.items():
                    if name not in ("Connection", "Transfer-Encoding", "Server", "Date"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815  (the library's names)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{prefix}"
        finally:
            server.shutdown()
            thread.join()


def test_everything_works_behind_a_prefix(corpus_served: Served, visit: Visit) -> None:
    with behind("/tools/stance/", corpus_served) as url:
        page = visit(url)
        read_sample(page)
        assert page.locator("#curl").text_content().startswith(f"curl -s '{url}analyze'")  # type: ignore[union-attr]
        page.click("#to-model")
        page.locator(".plots img").first.wait_for()
        page.context.close()
