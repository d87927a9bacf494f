"""The corpus holds together: schema, ids, holders, repetitions, shares, and a test part that nobody touched."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.actors import Actors
from training import corpus
from training.corpus import Masker, Record, Seen, near_duplicates, skeleton
from training.roles import ROLES

COLUMNS = [
    *("part", "batch", "document", "position", "text", "label", "first", "second", "rule"),
    *("holder", "hard", "genre", "region", "period"),
]


@pytest.fixture(scope="module")
def train() -> list[Record]:
    return corpus.read("train.csv")


@pytest.fixture(scope="module")
def test() -> list[Record]:
    return corpus.read("test.csv")


@pytest.fixture(scope="module")
def contrast() -> list[Record]:
    return corpus.read("contrast.csv")


@pytest.fixture(scope="module")
def everything(train: list[Record], test: list[Record], contrast: list[Record]) -> list[Record]:
    return [*train, *test, *contrast]


@pytest.fixture(scope="module")
def masker() -> Masker:
    return Masker(actor["name"] for actor in corpus.actors())


def where(row: Record) -> str:
    return f"{row['document']} {row['position']}"


def test_schema(everything: list[Record], contrast: list[Record]) -> None:
    assert list(contrast[0]) == [*COLUMNS, "group"]
    for row in everything:
        assert [column for column in row if column != "group"] == COLUMNS
        assert row["part"] in ("document", "single", "contrast")
        assert row["label"] in ROLES, where(row)
        assert row["first"] in ROLES, where(row)
        assert row["second"] in ROLES, where(row)
        assert row["hard"] in ("", "yes")
        assert row["text"] == " ".join(row["text"].split()), where(row)
        assert any(map(str.isalnum, row["text"])), where(row)
        assert row["batch"]


def test_a_label_is_what_both_passes_say_or_what_a_rule_decided(everything: list[Record]) -> None:
    for row in everything:
        if row["first"] == row["second"]:
            assert row["label"] == row["first"] or row["rule"], where(row)
        else:
            assert row["rule"], where(row)
        if row["rule"]:
            assert 1 <= int(row["rule"]) <= 17, where(row)


def test_ids_and_positions(everything: list[Record]) -> None:
    seen = Counter((row["document"], row["position"]) for row in everything)
    assert max(seen.values()) == 1
    by_document = Counter(row["document"] for row in everything if row["part"] == "document")
    last: dict[str, int] = {}
    for row in everything:
        assert int(row["position"]) == last.get(row["document"], 0) + 1, where(row)
        last[row["document"]] = int(row["position"])
    assert all(10 <= count <= 30 for count in by_document.values())


def test_documents_have_one_batch_genre_region_and_period(train: list[Record], test: list[Record]) -> None:
    listed = {row["document"]: row for row in corpus.read("documents.csv")}
    found = {}
    for row in [*train, *test]:
        if row["part"] == "document":
            found[row["document"]] = row
            for column in ("batch", "genre", "region", "period"):
                assert row[column] == listed[row["document"]][column], where(row)
    assert found.keys() == listed.keys()
    assert {row["label"] for row in listed.values()} <= set(ROLES)


def test_every_holder_is_a_known_actor(everything: list[Record]) -> None:
    known = set(Actors.load().entries)
    for row in everything:
        holders = row["holder"].split(";") if row["holder"] else []
        assert set(holders) <= known, where(row)
        assert not (holders and row["label"] == "neutral"), where(row)


def test_actors_stand_for_known_actors_without_a_circle() -> None:
    actors = {actor["id"]: actor for actor in corpus.actors()}
    assert len(actors) == len(corpus.actors())
    for identity in actors:
        passed = [identity]
        while step := actors[passed[-1]]["stands_for"]:
            assert step in actors, passed
            assert step not in passed, passed
            passed.append(step)


def test_actors_of_test_documents(test: list[Record]) -> None:
    known = {actor["id"] for actor in corpus.actors()}
    rows = corpus.read("test_actors.csv")
    assert len({(row["document"], row["actor"]) for row in rows}) == len(rows)
    documents = {row["document"] for row in test}
    for row in rows:
        assert row["document"] in documents
        assert row["actor"] in known
        assert row["label"] in ROLES


def test_no_sentence_twice(everything: list[Record]) -> None:
    seen = Counter(row["text"].lower() for row in everything)
    assert [text for text, count in seen.items() if count > 1] == []


@pytest.mark.no_cover
def test_near_duplicates(train: list[Record], test: list[Record], contrast: list[Record], masker: Masker) -> None:
    rows = [*train, *test, *contrast]
    pairs = [
        (rows[a], rows[b])
        for a, b in near_duplicates([row["text"] for row in rows], masker)
        if rows[a]["document"] != rows[b]["document"]
    ]
    tested = {row["document"] for row in test}
    assert [(where(a), where(b)) for a, b in pairs if (a["document"] in tested) != (b["document"] in tested)] == []
    assert len({where(row) for pair in pairs for row in pair}) <= 0.01 * len(rows)


@pytest.mark.no_cover
def test_the_corrections_of_the_demonstration(train: list[Record], test: list[Record], masker: Masker) -> None:
    rows = corpus.read("corrections.csv")
    for kind, contrasts in (("withdrawal", {("posted", "takes a side"): 50}), ("withheld", {})):
        assert Counter((row["part"], row["sort"]) for row in rows if row["kind"] == kind) == {
            ("posted", "like it"): 200,
            ("unseen", "like it"): 100,
            ("unseen", "takes a side"): 40,
            **contrasts,
        }
    for row in rows:
        assert row["label"] == row["second"]
        assert (row["label"] == "neutral") == (row["sort"] == "like it")
    # A heading of a few words may stand within anything.
    texts = [row["text"] for row in [*rows, *train, *test] if len(corpus.words(row["text"])) > 7]
    assert near_duplicates(texts, masker, first=len(rows)) == []


def test_no_skeleton_more_than_three_times(train: list[Record], test: list[Record], masker: Masker) -> None:
    texts = [row["text"] for row in [*train, *test]]
    seen = Counter(skeleton(text, masker) for text in texts if len(masker.words(text)) >= 8)
    # Eight words that are all names and content words (a list of sources, a byline) have no skeleton in common.
    assert [found for found, count in seen.items() if count > 3 and set(found.split()) != {"_"}] == []


def test_shares(train: list[Record]) -> None:
    labels = Counter(row["label"] for row in train)
    assert 0.45 <= labels["neutral"] / len(train) <= 0.58
    assert labels["support"] / len(train) >= 0.17


def test_size(train: list[Record], test: list[Record], contrast: list[Record]) -> None:
    documents = [row for row in train if row["part"] == "document"]
    singles = [row for row in train if row["part"] == "single"]
    assert len(train) + len(contrast) >= 12_500
    assert len({row["document"] for row in documents}) >= 400
    assert len(documents) >= 7_000
    assert len(singles) >= 5_000
    assert len({row["group"] for row in contrast}) >= 200
    assert len({row["document"] for row in test}) >= 60
    assert len(test) >= 1_100
    assert len(corpus.read("expressions.csv")) >= 500


def test_every_contrast_group_contrasts(contrast: list[Record]) -> None:
    labels: dict[str, set[str]] = {}
    for row in contrast:
        labels.setdefault(row["group"], set()).add(row["label"])
    assert [group for group, found in labels.items() if len(found) < 2] == []


def test_half_of_the_shorter_ones_5_grams_make_a_near_duplicate() -> None:
    masker = Masker(["Poland", "Germany"])
    said = "Poland said on Friday that it would send its minister to the talks."
    assert near_duplicates([said, said.replace("Poland", "Germany"), "Nobody said a word to the talks."], masker) == [
        (0, 1)
    ]
    assert near_duplicates(["Too short.", "Too short."], masker) == []


def test_a_skeleton_keeps_function_words_only() -> None:
    assert (
        skeleton("Germany left the INF Treaty because it was old.", Masker(["Germany"])) == "_ _ the _ because it was _"
    )


def test_the_datasheet_has_the_figures_that_the_command_prints() -> None:
    sheet = (corpus.DATA.parent / "DATASHEET.md").read_text(encoding="utf-8")
    _, _, rest = sheet.partition("<!-- figures -->\n")
    printed, _, _ = rest.partition("<!-- /figures -->")
    assert printed.strip() == corpus.figures().strip()


def test_the_second_labels_are_those_of_the_blind_sheets(everything: list[Record]) -> None:
    sheets = sorted((corpus.DATA / "second").glob("*.csv"))
    read = [row for sheet in sheets for row in corpus.read(f"second/{sheet.name}")]
    blind = {(row["document"], row["position"]): row["label"] for row in read}
    assert len(blind) == len(read)
    assert {(row["document"], row["position"]): row["second"] for row in everything} == blind


# The test part is frozen. A text never changes; a corrected label takes a line in the changelog with the rule's number,
# and its digest here.
FROZEN = {
    "test.csv": (["document", "position", "text"], "78e96ae393ad3a9e6b24e88fea703242834ac77907ff02f313bc6f40ba83e226"),
    "test.csv labels": (
        ["document", "position", "label", "holder"],
        "b52cc0a3fd64e72b5d801f9470b757cc94d3604dbac8c8f6e8cf781723661cbe",
    ),
    "documents.csv": (["document", "label"], "91695a85dd9adf202e1a9c5df9ad0a6b393ec3833efb056ea25f29580c799a65"),
    "test_actors.csv": (
        ["document", "actor", "label"],
        "2190ac0c746529913418aa6d2566b42d82f0905ff43e12d4083adfb0f85f68dd",
    ),
}


@pytest.mark.parametrize("name", FROZEN)
def test_the_test_part_is_frozen(test: list[Record], name: str) -> None:
    columns, expected = FROZEN[name]
    frozen = {row["document"] for row in test}
    rows = [row for row in corpus.read(name.split(maxsplit=1)[0]) if row["document"] in frozen]
    assert corpus.digest(rows, columns) == expected


WORDS = st.lists(st.sampled_from(["a", "b", "c", "Poland"]), max_size=12).map(" ".join)


@given(texts=st.lists(WORDS, min_size=2, max_size=6))
def test_what_was_seen_is_what_has_a_near_duplicate_among_it(texts: list[str]) -> None:
    masker = Masker(["Poland"])
    *before, last = texts
    seen = Seen(masker)
    for text in before:
        seen.add(text)
    near = any(len(before) in pair for pair in near_duplicates(texts, masker))
    # Texts under five words have no near-duplicates; here they are the same if their words are.
    same = len(masker.words(last)) < 5 and masker.words(last) in [masker.words(text) for text in before]
    assert (last in seen) == (near or same)
