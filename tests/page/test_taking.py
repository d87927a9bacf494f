"""Taking an answer along: the clipboard, files, the command."""

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Served
from tests.page.conftest import Visit, open_to_all, read_sample
from tests.page.test_reading import SAMPLES, asked, sentences

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def rows(text: str, served: Served) -> list[list[str]]:
    answer = asked(served, text)
    names = {one["id"]: one["name"] for one in answer["actors"]}
    words = sentences(text, answer)
    return [
        [
            str(n + 1),
            words[n],
            one["label"],
            f"{one['confidence']:g}",
            one["uncertain"] or "",
            "; ".join(map(names.get, one["actors"])),
        ]
        for n, one in enumerate(answer["sentences"])
    ]


def saved(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click(button)
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_csv_and_json_are_the_answer(corpus_served: Served, visit: Visit, tmp_path: Path) -> None:
    text = (SAMPLES / "wire.txt").read_text(encoding="utf-8")
    page = visit(f"{corpus_served.url}/")
    read_sample(page)
    table = saved(page, "#csv", tmp_path)
    assert table.name == "stance.csv"
    with table.open(encoding="utf-8-sig", newline="") as file:
        heads, *found = csv.reader(file)
    assert heads == ["number", "sentence", "label", "confidence", "uncertain", "held by"]
    assert [[*row[:3], f"{float(row[3]):g}", *row[4:]] for row in found] == rows(text, corpus_served)
    answer = saved(page, "#json", tmp_path)
    assert answer.name == "stance.json"
    assert json.loads(answer.read_text(encoding="utf-8")) == asked(corpus_served, text)


@pytest.mark.parametrize("secure", [True, False])
def test_the_table_is_copied_for_spreadsheets_and_as_text(corpus_served: Served, visit: Visit, secure: bool) -> None:
    page = visit(f"{corpus_served.url}/", **CLIPBOARD)
    read_sample(page)
    if secure:
        page.click("#copy")
        expect(page.locator("#live")).to_have_text("The table is copied.")
    else:  # over plain HTTP browsers hide the interface of the clipboard
        page.evaluate(
            "() => { globalThis.kept = navigator.clipboard;"
            " Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }); }"
        )
        page.click("#copy")
        expect(page.locator("#live")).to_have_text("The table is copied.")
        page.evaluate("() => { Object.defineProperty(navigator, 'clipboard', { value: globalThis.kept }) }")
    forms = page.evaluate(
        "async () => { const [item] = await navigator.clipboard.read();"
        " const of = async (type) => (await item.getType(type)).text();"
        " return [await of('text/plain'), await of('text/html')]; }"
    )
    found = list(csv.reader(io.StringIO(forms[0]), delimiter="\t", quoting=csv.QUOTE_NONE))
    text = (SAMPLES / "wire.txt").read_text(encoding="utf-8")
    assert [row[1] for row in found[1:]] == [" ".join(row[1].split()) for row in rows(text, corpus_served)]
    assert forms[1].count("<tr>") == len(found)
    assert "<table>" in forms[1]


def test_no_cell_is_a_formula(corpus_served: Served, visit: Visit, tmp_path: Path) -> None:
    page = visit(f"{corpus_served.url}/")
    page.fill("#text", '=HYPERLINK("https://elsewhere.test";"the treaty was left")')
    page.click("text=Read the article")
    page.locator(".sentence").first.wait_for()
    with saved(page, "#csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        assert all(not cell.startswith(("=", "+", "-", "@")) for row in csv.reader(file) for cell in row)


def test_the_command_gives_the_same_answer(corpus_served: Served, visit: Visit) -> None:
    text = "👍 Poland's minister backed the exit.\nEND\n$HOME `id` 'quoted' \"too\": Berlin called it a mistake."
    page = visit(f"{corpus_served.url}/", **CLIPBOARD)
    page.fill("#text", text)
    page.click("text=Read the article")
    page.locator(".sentence").first.wait_for()
    page.click("summary")
    open_to_all(page)
    page.click("#copy-curl")
    expect(page.locator("#live")).to_have_text("The command is copied.")
    command = page.evaluate("navigator.clipboard.readText()")
    assert command == page.locator("#curl").text_content()
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True, timeout=30)
    assert json.loads(done.stdout) == asked(corpus_served, text)
