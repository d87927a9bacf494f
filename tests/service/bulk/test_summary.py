"""The summary of a run: sums that can be added in any order, intervals that cover the truth, what is drawn."""

import csv
import io
import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import Analyzer, answers
from model.actors import Actors
from service.bulk import plot, summary
from service.bulk.tally import EVERYBODY, NO_DATE, UNIT, UNREADABLE_DATE, Cell, Tally, month

LABELS = ("criticism", "neutral", "support")
ROLES = {label: label for label in LABELS}
ASKED = {"min_confidence": 0.0, "explain": False, "offset_unit": "codepoint"}
PNG = b"\x89PNG\r\n"


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def shares(labels: Sequence[str]) -> dict[str, float]:
    return {label: round(count / len(labels), 6) for label, count in Counter(labels).items()}


def answered(labels: Sequence[str], **actors: Sequence[str]) -> dict[str, Any]:
    """An answer of `/analyze`, as far as it is counted: the labels of the sentences, and of those of each actor."""
    holders = [
        {"id": id, "name": id.title(), "label": own[0], "shares": shares(own), "sentences": [*range(len(own))]}
        for id, own in actors.items()
    ]
    return {"shares": shares(labels), "sentences": [*range(len(labels))], "actors": holders}


def cell(*articles: Sequence[str]) -> Cell:
    tally = Tally(ROLES)
    for labels in articles:
        tally.article(answered(labels), None)
    return tally.cells[NO_DATE, EVERYBODY]


def counted(count: int) -> Tally:
    """So many one-sentence articles of 2019, by fifteen actors that hold stances less and less often."""
    tally, generator = Tally(ROLES), random.Random(7)
    for number in range(count):
        holders = {f"a{k:02}": [generator.choice(LABELS)] for k in range(15) if number % (k + 1) == 0}
        tally.article(answered(["neutral", "support"], **holders), f"2019-{number % 12 + 1:02}-01")
    return tally


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2019-02-01", "2019-02"),
        (" 20190201\n", "2019-02"),
        ("2019-02", "2019-02"),
        ("2019-W05-5", "2019-02"),
        ("2019-02-28T23:30:00-05:00", "2019-02"),
        ("2019-02-28 23:30:00.123456789Z", "2019-02"),
        ("0987-02-01", "0987-02"),
        (None, NO_DATE),
        (" ", NO_DATE),
        ("2019", UNREADABLE_DATE),
        ("2019-13", UNREADABLE_DATE),
        ("2019-02-30", UNREADABLE_DATE),
        ("1 February 2019", UNREADABLE_DATE),
        ("01/02/2019", UNREADABLE_DATE),
    ],
)
def test_the_month_is_that_of_the_date_as_it_is_written(date: str | None, expected: str) -> None:
    assert month(date) == expected


def test_what_the_model_answers_is_counted_by_month_and_actor(toy_models: Path) -> None:
    analyzer = Analyzer.load(toy_models)
    texts = [
        "Berlin called the step a grave mistake. Warsaw welcomed the step as overdue. The talks lasted for two hours.",
        "Berlin welcomed the decision and praised it. Berlin called the decision a mistake and deplored it.",
        "Berlin deplored the grave step.",
    ]
    tally = Tally(analyzer.manifest.roles)
    for text, date in zip(texts, ("2019-02-01", "2019-02-28", "2019-03-01"), strict=True):
        tally.article(answers.article(analyzer, text, ASKED), date)
    rows = {(row["actor"], row["month"]): row for row in read(summary.table(tally, LABELS, ROLES))}
    assert {key: (row["name"], row["articles"], row["sentences"], row["balance"]) for key, row in rows.items()} == {
        ("all", "2019-02"): ("whole archive", "2", "5", "0.0000"),
        ("all", "2019-03"): ("whole archive", "1", "1", "-1.0000"),
        ("germany", "2019-02"): ("Germany", "2", "3", "-0.3333"),
        ("germany", "2019-03"): ("Germany", "1", "1", "-1.0000"),
        ("poland", "2019-02"): ("Poland", "1", "1", "1.0000"),
    }
    found = rows["all", "2019-02"]
    assert [found[f"share_{label}"] for label in LABELS] == ["0.4000", "0.2000", "0.4000"]


def test_of_texts_each_is_a_sentence_of_the_archive(toy_models: Path) -> None:
    analyzer, tally = Analyzer.load(toy_models), Tally(ROLES)
    for text in ("Berlin called the step a grave mistake.", "Warsaw welcomed the step as overdue. It was overdue."):
        tally.text(answers.stance(analyzer, text, ASKED), "2019-02-01")
    (row,) = read(summary.table(tally, LABELS, ROLES))
    assert (row["actor"], row["articles"], row["sentences"], row["balance"]) == ("all", "2", "2", "0.0000")


def test_no_row_goes_missing_for_want_of_a_date() -> None:
    tally = Tally(ROLES)
    for date in ("2019-02-01", None, "", "soon", "2019-02-31", "2019-03-01"):
        tally.article(answered(["support"], germany=["support"]), date)
    rows = [row for row in read(summary.table(tally, LABELS, ROLES)) if row["actor"] == "germany"]
    assert [(row["month"], row["articles"]) for row in rows] == [
        ("2019-02", "1"),
        ("2019-03", "1"),
        (NO_DATE, "2"),
        (UNREADABLE_DATE, "2"),
    ]


def test_people_of_one_text_alone_count_through_whom_they_stand_for(toy_models: Path) -> None:
    text = (
        '"A grave mistake," said Jan Nowak, a spokesman for the Polish foreign ministry. '
        "Jo Field, 61, welcomed the step."
    )
    answer = answers.article(Analyzer.load(toy_models), text, ASKED)
    held = {actor["id"] for actor in answer["actors"] if actor["label"]}
    assert held == {"person:jan-nowak", "polish-foreign-ministry", "poland", "person:jo-field"}
    tally = Tally(ROLES)
    tally.article(answer, "2019-02-01")
    assert {row["actor"] for row in read(summary.table(tally, LABELS, ROLES))} == {
        "all",
        "polish-foreign-ministry",
        "poland",
    }


def test_no_actor_is_everybody() -> None:
    assert EVERYBODY not in Actors.load().entries


ARTICLES = st.lists(
    st.tuples(
        st.sampled_from(["2019-01-01", "2019-02-01", None]),
        st.lists(st.sampled_from(LABELS), min_size=1, max_size=7),
        st.sampled_from(["germany", "poland"]),
    ),
    min_size=1,
    max_size=30,
)


@given(articles=ARTICLES, order=st.randoms(use_true_random=False), parts=st.integers(1, 5))
def test_parts_add_up_to_the_same_bytes_in_any_order(
    articles: list[tuple[str | None, list[str], str]], order: random.Random, parts: int
) -> None:
    """As they do for other shares of an archive, and after an ended run: through the files that lie between."""
    whole, pieces = Tally(ROLES), [Tally(ROLES) for _ in range(parts)]
    for date, labels, actor in articles:
        answer = answered(labels, **{actor: labels[:3]})
        whole.article(answer, date)
        order.choice(pieces).article(answer, date)
    order.shuffle(pieces)
    added = Tally(ROLES)
    for piece in pieces:
        for row in json.loads(json.dumps(list(piece.rows()))):
            added.read(row)
    assert summary.table(added, LABELS, ROLES) == summary.table(whole, LABELS, ROLES)


def test_a_balance_by_hand() -> None:
    """Three articles of n = 2, 1, 3 and d = −2, +1, 0; four of Σn²/Σn = 14/6 are added."""
    found = summary.balance(cell(["criticism"] * 2, ["support"], ["support", "criticism", "neutral"]), ROLES)
    assert found is not None
    size, sentences = 14 / 6, 6 + 4 * 14 / 6
    middle = -1 / sentences
    residuals = [
        *(d - middle * n for n, d in ((2, -2), (1, 1), (3, 0))),
        *(size * (side - middle) for side in (1, 1, -1, -1)),
    ]
    half = 1.959964 * math.sqrt(7 / 6 * sum(one**2 for one in residuals)) / sentences
    assert found == pytest.approx((-1 / 6, middle - half, middle + half), abs=1e-5)


def test_one_article_says_nothing_of_how_articles_differ() -> None:
    assert summary.balance(cell(["support"] * 40), ROLES) == (1.0, -1.0, 1.0)


def test_few_that_agree_are_not_certain_and_many_nearly_are() -> None:
    counts = (1, 2, 10, 100, 1000)
    lows = [found[1] for count in counts if (found := summary.balance(cell(*[["support"]] * count), ROLES))]
    assert lows == sorted(lows)
    # Not above the exact limit for a share of which nothing else was seen, 0.025^(1/n) of the articles.
    exact = [2 * 0.025 ** (1 / count) - 1 for count in counts[2:]]
    assert all(low <= limit for low, limit in zip(lows[2:], exact, strict=True))
    assert lows[-1] > 0.98


@given(
    articles=st.lists(st.lists(st.sampled_from(LABELS), min_size=1, max_size=30), min_size=1, max_size=20),
    times=st.sampled_from([1, 50]),
)
def test_an_interval_has_its_balance_in_it(articles: list[list[str]], times: int) -> None:
    found = summary.balance(cell(*articles * times), ROLES)
    assert found is not None
    value, low, high = found
    assert -1 <= low <= value <= high <= 1


# Shares of support and criticism; how alike the sentences of an article are (the weight of its own leaning: 0 is not at
# all); sentences an article; whether critical articles are longer.
WORLDS = [
    ((0.1, 0.3), 0.0, "one", False),
    ((0.1, 0.3), 0.5, "few", True),
    ((0.1, 0.3), 0.8, "some very long", False),
    ((0.02, 0.03), 0.8, "few", True),
    ((0.01, 0.95), 0.8, "some very long", True),
    ((0.45, 0.45), 0.5, "few", False),
]


def drawn(
    generator: np.random.Generator, world: tuple[tuple[float, float], float, str, bool], shape: tuple[int, int]
) -> tuple[Any, Any]:
    """Articles of a world: n and d of each."""
    (support, criticism), alike, lengths, longer = world
    mean = np.array([support, criticism, 1 - support - criticism])
    leaning = generator.dirichlet(mean * (1 / alike - 1), size=shape) if alike else np.broadcast_to(mean, (*shape, 3))
    sizes = {
        "one": lambda: np.ones(shape, dtype=int),
        "few": lambda: generator.geometric(0.35, shape),
        "some very long": lambda: 1 + np.floor(generator.lognormal(0.5, 1.1, shape)).astype(int),
    }[lengths]()
    sizes = np.where(longer & (leaning[..., 1] > 0.5), 2 * sizes, sizes)
    labels = generator.multinomial(sizes, leaning)
    return sizes, labels[..., 0] - labels[..., 1]


@pytest.mark.parametrize("world", WORLDS)
def test_an_interval_covers_the_truth_as_often_as_it_says(world: tuple[tuple[float, float], float, str, bool]) -> None:
    """Nearly 95 times in 100; one that takes sentences for independent covers less where those of an article agree."""
    generator = np.random.default_rng(0)
    sizes, sides = drawn(generator, world, (1, 400_000))
    truth = sides.sum() / sizes.sum()
    for articles in (2, 3, 5, 10, 30, 100):
        sizes, sides = drawn(generator, world, (1000, articles))
        rows = zip(
            sizes.sum(1), sides.sum(1), (sizes**2).sum(1), (sizes * sides).sum(1), (sides**2).sum(1), strict=True
        )
        covered = 0
        for n, d, nn, nd, dd in (map(int, row) for row in rows):
            labels = {"support": max(d, 0) * UNIT, "criticism": max(-d, 0) * UNIT}
            found = summary.balance(Cell(articles, n, labels, (nn, nd * UNIT, dd * UNIT**2)), ROLES)
            assert found is not None
            covered += found[1] <= truth <= found[2]
        assert covered >= 930 - 10, f"{articles} articles"  # 930 of 1000, less the simulation's own noise


def test_an_interval_of_many_articles_is_not_wider_than_it_must_be() -> None:
    sizes, sides = drawn(np.random.default_rng(0), WORLDS[1], (1, 3000))
    articles = [
        ["support"] * max(d, 0) + ["criticism"] * max(-d, 0) + ["neutral"] * (n - abs(d))
        for n, d in zip(sizes[0].tolist(), sides[0].tolist(), strict=True)
    ]
    found = summary.balance(cell(*articles), ROLES)
    assert found is not None
    # Bootstrap over articles, of the same.
    taken = np.random.default_rng(1).integers(0, 3000, (1000, 3000))
    low, high = np.quantile(sides[0][taken].sum(1) / sizes[0][taken].sum(1), (0.025, 0.975))
    assert found[2] - found[1] == pytest.approx(high - low, rel=0.1)


def test_a_model_without_roles_has_shares_and_neither_balance_nor_plot(tmp_path: Path) -> None:
    tally = Tally({})
    tally.article(answered(["pro", "con", "pro"]), "2019-02-01")
    summary.write(tmp_path, tally, ["con", "pro"], {})
    assert [one.name for one in tmp_path.iterdir()] == [summary.CSV]
    assert (tmp_path / summary.CSV).read_text() == (
        "actor,name,month,articles,sentences,share_con,share_pro,balance,balance_low,balance_high\n"
        "all,whole archive,2019-02,1,3,0.3333,0.6667,,,\n"
    )


def test_the_summary_is_written_over_what_was_there(tmp_path: Path) -> None:
    (tmp_path / summary.CSV).write_text("older")
    tally = counted(60)
    summary.write(tmp_path, tally, LABELS, ROLES)
    assert (tmp_path / summary.CSV).read_text() == summary.table(tally, LABELS, ROLES)
    assert (tmp_path / summary.PLOT).read_bytes().startswith(PNG)
    assert {one.name for one in tmp_path.iterdir()} == {summary.CSV, summary.PLOT}


def test_the_most_frequent_actors_are_drawn_each_in_its_panel() -> None:
    tally = counted(240)
    figure = plot.balances(tally, ROLES)
    assert figure is not None
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [f"A{k:02} ({-(-240 // (k + 1))})" for k in range(plot.ACTORS)]
    for axes, actor in zip(figure.axes, sorted(tally.names), strict=False):
        own, archive = axes.get_lines()[:2]
        found = [summary.balance(cell, ROLES) for (_, one), cell in sorted(tally.cells.items()) if one == actor]
        values = np.asarray(own.get_ydata(), dtype=float)
        assert values[~np.isnan(values)].tolist() == [one[0] for one in found if one]
        assert archive.get_ydata() == pytest.approx([0.5] * 12)
        assert axes.get_ylim() == (-1.05, 1.05)


def test_few_actors_leave_no_empty_panel_and_every_column_has_its_months() -> None:
    tally = Tally(ROLES)
    for date in ("2010-06-01", "2019-02-01"):
        tally.article(answered(["support"], a=["support"], b=["neutral"], c=["support"], d=["criticism"]), date)
    figure = plot.balances(tally, ROLES)
    assert figure is not None
    assert [axes.axison for axes in figure.axes] == [True] * 4 + [False] * 2
    labelled = [[one.get_text() for one in axes.get_xticklabels() if one.get_visible()] for axes in figure.axes[:4]]
    years = ["2012", "2014", "2016", "2018"]
    assert [found for found in labelled if any(found)] == [years] * 3


def test_stray_and_missing_dates_do_not_spoil_the_plot_and_are_told() -> None:
    tally = counted(2400)
    for date in ("1970-01-01", "2091-01-01", None, "soon", "soon"):
        tally.article(answered(["support"], stray=["support"]), date)
    figure = plot.balances(tally, ROLES)
    assert figure is not None
    first = 12 * 2019
    assert figure.axes[0].get_xlim() == (first - 0.5, first + 11.5)
    shown = [one.get_text() for one in figure.axes[-1].get_xticklabels()]
    assert shown == ["2019-01", "2019-04", "2019-07", "2019-10"]
    assert "Stray" not in "".join(axes.get_title() for axes in figure.axes)
    said = figure.get_suptitle().splitlines()[1]
    assert said == (
        "not drawn: 1 with no date, 2 with an unreadable date, 2 with a date in a stray month before or after"
    )


def test_an_archive_without_actors_is_drawn_as_a_whole_and_one_without_dates_not(tmp_path: Path) -> None:
    tally = Tally(ROLES)
    tally.article(answered(["support", "neutral"]), None)
    summary.write(tmp_path, tally, LABELS, ROLES)
    assert [one.name for one in tmp_path.iterdir()] == [summary.CSV]
    tally.article(answered(["support", "neutral"]), "2019-02-11")
    figure = plot.balances(tally, ROLES)
    assert figure is not None
    assert [axes.get_title() for axes in figure.axes] == ["Whole archive (1)"]
    assert figure.axes[0].get_legend_handles_labels()[1] == ["95% interval", "balance"]
    assert [one.get_text() for one in figure.axes[0].get_xticklabels()] == ["2019-02"]
