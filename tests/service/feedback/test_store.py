"""The store on both databases: what is kept, found, decided and erased, and what it does while the database is away."""

import random
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from service.feedback import address
from service.feedback import database as databases
from service.feedback import store as stores
from service.feedback.store import Store
from service.feedback.tables import Table
from service.feedback.values import (
    CURSOR,
    MOST_OTHERS,
    Approved,
    ConflictError,
    NotThereError,
    Other,
    OutOfReachError,
    Submission,
    Submitted,
    Wanted,
)
from tests.conftest import ROOT, UNMEASURED, Postgres

SENT = Submission(
    target="the step",
    text="Berlin called the step a grave mistake.",
    start=3,
    end=42,
    label="criticism",
    holder="germany",
    answer_label="neutral",
    answer_version="7c93bea03f3e",
    note="plain \N{PILE OF POO}",
    annotator="anna",
    submitter="desk",
    idempotency_key="k1",
)
OTHER = replace(SENT, text="The talks lasted for two hours.", label="neutral", idempotency_key=None)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with closing(Store(database)) as opened:
        yield opened


def ids(store: Store, after: str = "0", **wanted: object) -> list[int]:
    """Ask for all, page by page."""
    found: list[int] = []
    while True:
        page, following = store.find(Wanted(**{"limit": 2, "after": after, **wanted}))  # type: ignore[arg-type]
        assert len(page) <= 2
        found += [one.id for one in page]
        if following is None:
            return found
        after = following


def test_what_is_stored_comes_back(store: Store) -> None:
    before = datetime.now(UTC)
    receipt, stored_now = store.add(SENT)
    assert stored_now
    assert before <= receipt.created <= datetime.now(UTC)
    found = store.get(receipt.id)
    assert (found.created, found.created.tzinfo) == (receipt.created, UTC)
    for name in ("target", "text", "start", "end", "label", "holder", "answer_label", "answer_version", "note"):
        assert getattr(found, name) == getattr(SENT, name)
    assert (found.annotator, found.status, found.others) == ("anna", "pending", ())
    (submitted,) = found.history
    assert (submitted.at, submitted.by, submitted.status, submitted.label) == (
        receipt.created,
        "anna",
        "pending",
        "criticism",
    )
    assert store.find(Wanted()) == ([found], None)


def test_of_an_unnamed_annotator_the_key_answers(store: Store) -> None:
    for annotator, submitter, by in ("", "desk", "desk"), ("", "", ""), ("ben", "desk", "ben"):
        receipt, _ = store.add(replace(OTHER, annotator=annotator, submitter=submitter))
        assert store.get(receipt.id).history[0].by == by


def test_the_same_key_stores_once_and_other_content_conflicts(store: Store) -> None:
    receipt, _ = store.add(SENT)
    assert store.add(SENT) == (receipt, False)
    for name, value in {"label": "neutral", "text": "B.", "start": 0, "note": None, "annotator": "ben"}.items():
        with pytest.raises(ConflictError):
            store.add(replace(SENT, **{name: value}))
    assert store.add(replace(SENT, submitter="wire"))[1], "each API key has its own"
    store.decide(receipt.id, "rev", "approved", "neutral")
    assert store.add(SENT) == (receipt, False), "relabelled since, and still what was sent"
    assert store.add(replace(SENT, target="another model's")) == (receipt, False)
    assert len(ids(store)) == 2
    keyless = replace(SENT, idempotency_key=None)
    assert store.add(keyless)[0].id != store.add(keyless)[0].id


def test_one_key_sent_by_many_at_once_is_stored_once(database: str) -> None:
    got, gate = [], threading.Barrier(8)

    def send() -> None:
        gate.wait()
        got.append(store.add(SENT))

    with closing(Store(database)) as store:
        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({receipt for receipt, _ in got}) == 1
        assert sorted(stored_now for _, stored_now in got) == [False] * 7 + [True]
        assert len(ids(store)) == 1


def test_filters_and_pages(store: Store) -> None:
    sent = [
        replace(OTHER, text=f"Sentence {number}.", label=label, annotator=annotator, target=target)
        for number, (label, annotator, target) in enumerate(
            [
                ("neutral", "anna", "a"),
                ("support", "anna", "a"),
                ("neutral", "ben", "b"),
                ("support", "", "a"),
                ("neutral", "anna", "b"),
            ]
        )
    ]
    one, two, three, four, five = (store.add(submission)[0].id for submission in sent)
    store.decide(two, "rev", "approved", None)
    assert ids(store) == [one, two, three, four, five]
    assert ids(store, limit=1) == [one, two, three, four, five]
    assert ids(store, status="pending") == [one, three, four, five]
    assert ids(store, status="approved") == [two]
    assert ids(store, status="rejected") == []
    assert ids(store, label="neutral") == [one, three, five]
    assert ids(store, annotator="anna", target="a") == [one, two]
    assert ids(store, annotator="") == [four]
    assert ids(store, after=str(three)) == [four, five]
    assert store.find(Wanted(after="9" * 18)) == ([], None)


def test_disagreement_shows_sentence_by_sentence(store: Store) -> None:
    def add(text: str, label: str, annotator: str, target: str = "a") -> int:
        return store.add(replace(OTHER, text=text, label=label, annotator=annotator, target=target))[0].id

    first = add("A step.", "neutral", "anna")
    agreed = add("Another step.", "neutral", "anna"), add("Another step.", "neutral", "ben")
    second = add("A  STEP.", "support", "ben")
    elsewhere = add("A step.", "criticism", "ben", target="b")
    third = add("Ａ step.", "neutral", "cleo")  # a full-width letter
    assert sorted(ids(store, disagreeing=True)) == [first, second, third]
    page, after = store.find(Wanted(disagreeing=True, limit=1))
    assert after
    assert (page[0].id, len(after)) == (first, 64 + 1 + len(str(first)))
    assert [other.id for other in page[0].others] == [second, third]
    assert page[0].others[0] == Other(second, "support", "ben", "pending")
    assert [other.id for other in store.get(agreed[0]).others] == [agreed[1]]
    assert store.get(elsewhere).others == ()
    more = add("Step more.", "neutral", "anna"), add("step more.", "support", "anna")
    shown = ids(store, disagreeing=True)
    assert sorted(shown) == [first, second, third, *more]
    assert abs(shown.index(more[0]) - shown.index(more[1])) == 1, "next to each other"
    assert ids(store, disagreeing=True, after="0") == ids(store, disagreeing=True, after=str(second)) == shown
    store.decide(second, "rev", "rejected", None)
    assert ids(store, disagreeing=True) == [*more]
    assert [other.status for other in store.get(first).others] == ["rejected", "pending"]


def test_a_sentence_sent_very_often_shows_so_many_others_and_no_more(store: Store) -> None:
    sent = [store.add(OTHER)[0].id for _ in range(MOST_OTHERS + 5)]
    for id in sent[0], sent[-1]:
        others = [other.id for other in store.get(id).others]
        assert others == [one for one in sent if one != id][:MOST_OTHERS]


def test_cursors_are_what_they_are_said_to_be(store: Store) -> None:
    for label in "neutral", "support":
        for _ in range(2):
            store.add(replace(OTHER, label=label))
    for disagreeing in False, True:
        _, after = store.find(Wanted(limit=1, disagreeing=disagreeing))
        assert after
        assert re.fullmatch(CURSOR, after)


def test_decisions_are_kept_with_who_and_when(store: Store) -> None:
    id = store.add(SENT)[0].id
    before = datetime.now(UTC)
    first = store.decide(id, "rev", "approved", None)
    assert (first.status, first.label) == ("approved", "criticism")
    store.decide(id, "chief", None, "support")
    last = store.decide(id, "rev", "pending", "neutral")
    assert store.get(id) == last
    assert [(one.by, one.status, one.label) for one in last.history] == [
        ("anna", "pending", "criticism"),
        ("rev", "approved", "criticism"),
        ("chief", "approved", "support"),
        ("rev", "pending", "neutral"),
    ]
    times = [one.at for one in last.history]
    assert times == sorted(times)
    assert times[0] < before < times[1]


def test_decisions_at_the_same_time_are_all_kept(store: Store) -> None:
    id = store.add(SENT)[0].id
    threads = [threading.Thread(target=store.decide, args=(id, f"r{number}", "approved", None)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.by for one in store.get(id).history[1:]) == [f"r{number}" for number in range(6)]


def test_what_is_not_there_is_said(store: Store) -> None:
    id = store.add(SENT)[0].id
    store.erase(id)
    asks: list[Callable[[], object]] = [
        lambda: store.get(id),
        lambda: store.erase(id),
        lambda: store.decide(id, "rev", "approved", None),
        lambda: store.get(10**18 - 1),
    ]
    for ask in asks:
        with pytest.raises(NotThereError):
            ask()
    assert store.add(SENT)[0].id > id, "an id is never given again"


def test_approved_ones_are_exported_by_id(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_PAGE", 3)
    sent = [store.add(replace(OTHER, text=f"Sentence {number}.", target="ab"[number % 2]))[0].id for number in range(9)]
    for id in reversed(sent[1:]):
        store.decide(id, "rev", "approved", "support")
    store.decide(sent[4], "rev", "rejected", None)
    exported = list(store.approved(None))
    assert [one.id for one in exported] == [id for id in sent[1:] if id != sent[4]]
    assert [one.id for one in store.approved("b")] == sent[1::2]
    assert list(store.approved("c")) == []
    last = store.get(sent[1])
    assert exported[0] == Approved(
        sent[1], "Sentence 1.", "support", "b", "germany", "anna", "neutral", "7c93bea03f3e", last.history[-1].at
    )


def test_labels_as_submitted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_PAGE", 2)
    store.decide(store.add(SENT)[0].id, "rev", "approved", "support")
    store.add(replace(SENT, annotator="", idempotency_key=None, text=SENT.text.upper()))
    store.add(replace(SENT, annotator="", submitter="", idempotency_key=None))
    store.add(OTHER)
    one, two, three = store.submitted()
    assert one == Submitted(one.unit, "anna", "criticism")
    assert two == Submitted(one.unit, "desk", "criticism")
    assert three == Submitted(three.unit, "anna", "neutral")
    assert three.unit != one.unit


def test_purging_takes_what_is_older(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_PURGED_AT_ONCE", 2)
    old = [store.add(replace(OTHER, text=f"Old {number}."))[0] for number in range(5)]
    store.decide(old[0].id, "rev", "approved", None)
    young = store.add(SENT)[0]
    before = young.created.astimezone(timezone(timedelta(hours=5)))
    assert store.purge(before - timedelta(days=1)) == 0
    assert store.purge(before) == 5
    assert ids(store) == [young.id]
    with store._session() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM decisions").scalar_one() == 0


def test_the_migrations_make_the_tables_and_a_second_time_nothing(database: str) -> None:
    engine = databases.open_engine(address.read(database))
    for _ in range(2):
        databases.migrate(engine)
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
            assert inspect(connection).get_table_names() != []
            assert len(connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()) == 1
    engine.dispose()


def test_many_processes_may_come_first(database: str) -> None:
    code = "import sys; from service.feedback.store import *; print(list(Store(sys.argv[1]).approved(None)))"
    command = [sys.executable, "-c", code, database]
    started = [subprocess.Popen(command, cwd=ROOT, env=UNMEASURED, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=120)[0] for process in started] == ["[]\n"] * 3
    assert [process.returncode for process in started] == [0] * 3


def test_tables_of_a_newer_version_are_left_alone(database: str) -> None:
    with closing(Store(database)) as store:
        store.add(SENT)
        with store._session(writes=True) as session:
            session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with closing(Store(database)) as store, pytest.raises(OutOfReachError, match="9999"):
        store.add(SENT)


def test_sqlite_is_set_up_to_lose_nothing_and_to_keep_nothing(tmp_path: Path) -> None:
    file = tmp_path / "corrections.db"
    with closing(Store(f"sqlite:///{file}")) as store:
        store.add(SENT)
        with store._session() as session:
            ask = session.connection().exec_driver_sql
            wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
            assert {name: ask(f"PRAGMA {name}").scalar_one() for name in wanted} == wanted
        assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.glob("corrections.db*")} == {0o600}


def test_postgresql_answers_when_it_is_on_the_disk(postgres: Postgres) -> None:
    with closing(Store(postgres.new())) as store, store._session() as session:
        ask = session.connection().exec_driver_sql
        wanted = {"synchronous_commit": "on", "lock_timeout": "5s", "statement_timeout": "30s"}
        assert {name: ask(f"SHOW {name}").scalar_one() for name in wanted} == wanted


def test_what_is_erased_is_in_no_file_of_sqlite(tmp_path: Path) -> None:
    def traces() -> int:
        return sum(file.read_bytes().count(b"trace-") for file in tmp_path.iterdir())

    generator = random.Random(5)
    with closing(Store(f"sqlite:///{tmp_path}/corrections.db")) as store:
        kept = store.add(OTHER)[0].id
        sent = []
        for number in range(60):
            text = " ".join(f"trace-{number}-{word}" for word in range(generator.choice([3, 30, 900])))
            sent.append(
                store.add(Submission("t", text, None, None, "a", note=text[:500], annotator=f"trace-{number}"))[0]
            )
            if number % 3 == 0:
                store.decide(sent[-1].id, f"trace-{number}", "approved", "b")
        assert traces() > 60
        generator.shuffle(sent)
        for receipt in sent[:30]:
            store.erase(receipt.id)
        assert traces() > 60, "of the others"
        for receipt in sent[30:]:
            store.erase(receipt.id)
        assert traces() == 0
        store.add(replace(OTHER, text="trace-"))
        store.purge(datetime.now(UTC))
        assert traces() == 0
        with pytest.raises(NotThereError):
            store.get(kept)


def test_a_database_in_use_says_that_its_log_is_not_cleared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "WAIT_SECONDS", 0.1)
    file = tmp_path / "corrections.db"
    with closing(Store(f"sqlite:///{file}")) as store:
        id = store.add(SENT)[0].id
        with closing(sqlite3.connect(file, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM corrections").fetchall()
            store.erase(id)
        assert "may still be in the database's log" in caplog.text


def test_sqlite_locked_too_long_is_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "WAIT_SECONDS", 0.1)
    file = tmp_path / "corrections.db"
    with closing(Store(f"sqlite:///{file}")) as store, closing(sqlite3.connect(file, isolation_level=None)) as other:
        receipt, _ = store.add(SENT)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutOfReachError, match="locked"):
            store.add(OTHER)
        assert store.get(receipt.id), "it can still be read"
        other.execute("ROLLBACK")
        assert store.add(OTHER)[1]


def test_a_folder_that_is_taken_away_is_waited_for(tmp_path: Path) -> None:
    folder, away = tmp_path / "kept", tmp_path / "away"
    with closing(Store(f"sqlite:///{folder}/corrections.db")) as store:
        with pytest.raises(OutOfReachError, match="No such file"):
            store.add(SENT)
        folder.mkdir()
        receipt = wait(lambda: store.add(SENT))[0]
        folder.rename(away)
        with pytest.raises(OutOfReachError, match="No such file"):
            store.add(OTHER)
        away.rename(folder)
        assert wait(lambda: store.get(receipt.id)).text == SENT.text
        shutil.rmtree(folder)
        folder.mkdir()
        assert wait(lambda: ids(store)) == [], "a new one, with tables"
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / "corrections.db").write_bytes(b"no database" * 1000)
        with pytest.raises(OutOfReachError, match="not a database"):
            store.add(OTHER)


def test_a_server_that_is_down_is_waited_for(postgres: Postgres) -> None:
    with closing(Store(postgres.new())) as store:
        receipt, _ = store.add(SENT)
        postgres.crash()
        try:
            with pytest.raises(OutOfReachError):
                store.get(receipt.id)
            with pytest.raises(OutOfReachError, match="refused"):
                store.get(receipt.id)
        finally:
            postgres.start()
        assert wait(lambda: store.get(receipt.id)).text == SENT.text
        postgres.crash()
        postgres.start()
        assert store.get(receipt.id), "a restart in between costs no request"


def test_a_read_only_database_is_out_of_reach_without_its_password(postgres: Postgres) -> None:
    with closing(Store(postgres.new())) as store:
        store.add(SENT)
        with store._session(writes=True) as session:
            name = session.connection().exec_driver_sql("SELECT current_database()").scalar_one()
            session.connection().exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with closing(Store(postgres.url(name).replace("stance@", "stance:s3cret@"))) as store:
        with pytest.raises(OutOfReachError, match="read-only") as fault:
            store.add(OTHER)
        told = "".join(traceback.format_exception(fault.value))
        assert "read-only" in told
        assert "s3cret" not in told
        assert OTHER.text not in told
        assert len(ids(store)) == 1


def wait(ask: Callable[[], object]):  # type: ignore[no-untyped-def]
    """Ask again until the database is found again."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return ask()
        except OutOfReachError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
