"""The store of corrections: everything that is asked of the database."""

import hashlib
import json
import logging
import threading
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from alembic.util import CommandError
from sqlalchemy import ColumnElement, CursorResult, Engine, Select, delete, exists, func, insert, select, text, tuple_
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, aliased

from service.feedback import address, database
from service.feedback.tables import CorrectionRow, DecisionRow
from service.feedback.values import (
    MOST_OTHERS,
    Approved,
    ConflictError,
    Correction,
    Decision,
    NotThereError,
    Other,
    OutOfReachError,
    Receipt,
    Status,
    Submission,
    Submitted,
    Wanted,
)

log = logging.getLogger(__name__)

# For so long a database that could not be opened is not tried again, so that not every request waits for it.
_PAUSE_SECONDS = 1.0
# Rows held at once where all are gone through: 10 MB if all were as long as a text may be.
_PAGE = 100
_PURGED_AT_ONCE = 1000
_SENT = tuple(field.name for field in fields(Submission))
# Made once: half of the CPU of storing one went into making it.
_INSERT = insert(CorrectionRow).returning(CorrectionRow.id)


class Store:
    """Corrections in the database at `url`, which is opened at first use and found again after it was away.

    Every method raises `OutOfReachError` while the database cannot be used. Threads may share a store; a process that
    has used one does not fork.
    """

    def __init__(self, url: str):
        self._address = address.read(url)
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._file = database.file(self._address)
        self._place: tuple[int, int] | None = None
        self._fault = ""
        self._asks_again = 0.0

    def add(self, submission: Submission) -> tuple[Receipt, bool]:
        """Store a correction durably; False says that the same one was there already, by its idempotency key.

        Raises `ConflictError` where the key was used for other content.
        """
        created = datetime.now(UTC)
        values = {name: getattr(submission, name) for name in _SENT}
        values |= {"submitted": submission.label, "status": "pending", "created": created}
        values["sentence"] = _sentence(submission)
        try:
            with self._session(writes=True) as session:
                id = session.connection().execute(_INSERT, values).scalar_one()
        except IntegrityError:
            return self._sent_before(submission), False
        return Receipt(id, created), True

    def _sent_before(self, submission: Submission) -> Receipt:
        key = {"submitter": submission.submitter, "idempotency_key": submission.idempotency_key}
        query = select(CorrectionRow).filter_by(**key)
        with self._session() as session:
            row = session.scalars(query).one_or_none()
            if row is None:
                raise OutOfReachError("the correction of this idempotency key is being erased")
            found = Submission(**{name: getattr(row, name) for name in _SENT})
            # Labels are changed in review, and the target is the service's: neither makes it other content.
            if replace(found, label=row.submitted, target=submission.target) != submission:
                raise ConflictError
            return Receipt(row.id, row.created)

    def get(self, id: int) -> Correction:
        """Return a correction; raises `NotThereError`."""
        with self._session() as session:
            return _corrections(session, [_row(session, id)])[0]

    def find(self, wanted: Wanted) -> tuple[list[Correction], str | None]:
        """Return a page of corrections by id, disagreeing ones sentence by sentence, and the cursor of the next."""
        sentence, _, id = wanted.after.rpartition("-")
        equal = {name: getattr(wanted, name) for name in ("status", "label", "annotator", "target")}
        given = {name: value for name, value in equal.items() if value is not None}
        query = select(CorrectionRow).filter_by(**given).limit(wanted.limit + 1)
        if wanted.disagreeing:
            place = (CorrectionRow.sentence, CorrectionRow.id)
            query = query.where(_disagrees(), tuple_(*place) > (sentence, int(id))).order_by(*place)
        else:
            query = query.where(CorrectionRow.id > int(id)).order_by(CorrectionRow.id)
        with self._session() as session:
            rows = session.scalars(query).all()
            page = rows[: wanted.limit]
            after = None
            if len(rows) > len(page):
                after = f"{page[-1].sentence}-{page[-1].id}" if wanted.disagreeing else str(page[-1].id)
            return _corrections(session, page), after

    def decide(self, id: int, by: str, status: Status | None, label: str | None) -> Correction:
        """Set status or label or both, and keep who did it; raises `NotThereError`."""
        with self._session(writes=True) as session:
            row = _row(session, id, for_update=True)
            row.status, row.label, row.decided = status or row.status, label or row.label, datetime.now(UTC)
            row.decisions.append(DecisionRow(at=row.decided, by=by, status=row.status, label=row.label))
            session.flush()
            return _corrections(session, [row])[0]

    def erase(self, id: int) -> None:
        """Erase a correction, text, history and all; raises `NotThereError`."""
        with self._session(writes=True) as session:
            if not _delete(session, CorrectionRow.id == id):
                raise NotThereError
        self._clean()

    def approved(self, target: str | None) -> Iterator[Approved]:
        """Yield the approved corrections by id, of one target or of all, in constant memory."""
        query = select(*(getattr(CorrectionRow, field.name) for field in fields(Approved))).filter_by(status="approved")
        if target is not None:
            query = query.filter_by(target=target)
        return (Approved(*row) for row in self._pages(query))

    def submitted(self) -> Iterator[Submitted]:
        """Yield the labels as submitted by id, of corrections with a named annotator or API key."""
        row = CorrectionRow
        query = select(row.id, row.sentence, row.annotator, row.submitter, row.submitted)
        for _, sentence, annotator, submitter, label in self._pages(query):
            if annotator or submitter:
                yield Submitted(sentence, annotator or submitter, label)

    def purge(self, before: datetime) -> int:
        """Erase what was stored before; returns how many."""
        count = last = 0
        query = select(CorrectionRow.id).where(CorrectionRow.created < before).order_by(CorrectionRow.id)
        while True:
            with self._session(writes=True) as session:
                ids = session.scalars(query.where(CorrectionRow.id > last).limit(_PURGED_AT_ONCE)).all()
                if not ids:
                    break
                count += _delete(session, CorrectionRow.id.in_(ids))
                last = ids[-1]
        self._clean(vacuum=True)
        return count

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    @contextmanager
    def _session(self, writes: bool = False) -> Iterator[Session]:
        """Open a transaction, which is committed at the end of the block."""
        with self._reached() as engine, Session(engine.execution_options(writes=writes)) as session, session.begin():
            yield session

    def _pages(self, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
        # A transaction for each page: one over all of it would keep SQLite's log and PostgreSQL's dead rows for as
        # long as a client takes to read.
        query, last = query.order_by(CorrectionRow.id).limit(_PAGE), 0
        while True:
            with self._session() as session:
                rows = session.execute(query.where(CorrectionRow.id > last)).all()
            yield from rows
            if len(rows) < _PAGE:
                return
            last = rows[-1].id

    def _clean(self, vacuum: bool = False) -> None:
        """Take what was deleted out of SQLite's log, or clear PostgreSQL's dead rows away."""
        with self._reached() as engine:
            if engine.dialect.name == "sqlite":
                with engine.connect() as connection:
                    busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
                if busy:
                    log.warning(
                        "what was erased may still be in the database's log until the next erasure: it is in use"
                    )
            elif vacuum:
                with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                    connection.execute(text("VACUUM corrections, decisions"))

    @contextmanager
    def _reached(self) -> Iterator[Engine]:
        """Hand out the engine; what fails with it is told as `OutOfReachError`, and the next use opens it anew."""
        engine = self._open()
        try:
            yield engine
        except IntegrityError:
            raise
        except DBAPIError as fault:
            with self._lock:
                if self._engine is engine:
                    self._engine = None
            engine.dispose()
            raise OutOfReachError(_cause(fault)) from fault

    def _open(self) -> Engine:
        with self._lock:
            place = _place(self._file)
            if self._engine is not None:
                if self._place == place:
                    return self._engine
                self._engine.dispose()
                self._engine = None
            if time.monotonic() < self._asks_again:
                raise OutOfReachError(self._fault)
            try:
                self._engine = engine = self._up_to_date()
            except (DBAPIError, CommandError, OSError) as fault:
                self._fault, self._asks_again = _cause(fault), time.monotonic() + _PAUSE_SECONDS
                raise OutOfReachError(self._fault) from fault
            self._place = _place(self._file)
            return engine

    def _up_to_date(self) -> Engine:
        engine = database.open_engine(self._address)
        try:
            database.migrate(engine)
        except BaseException:
            engine.dispose()
            raise
        return engine


def _place(file: Path | None) -> tuple[int, int] | None:
    """Tell which file a path leads to now: who goes on in one that was taken away loses what it writes."""
    try:
        found = file.stat() if file else None
    except OSError:
        found = None
    return (found.st_dev, found.st_ino) if found else None


def _cause(fault: Exception) -> str:
    """Say what failed. The drivers' first lines name neither a password nor a value."""
    original = getattr(fault, "orig", None) or fault
    return f"{type(original).__name__}: {str(original).partition(chr(10))[0]}"


def _sentence(submission: Submission) -> str:
    """Return the digest that all corrections of one sentence share, whatever its blanks and letters' case."""
    plain = " ".join(unicodedata.normalize("NFKC", submission.text).casefold().split())
    return hashlib.sha256(json.dumps([submission.target, plain]).encode()).hexdigest()


def _row(session: Session, id: int, for_update: bool = False) -> CorrectionRow:
    row = session.get(CorrectionRow, id, with_for_update=for_update)
    if row is None:
        raise NotThereError
    return row


def _delete(session: Session, which: ColumnElement[bool]) -> int:
    """Delete corrections, and by the database's own rule the decisions about them; returns how many."""
    done = session.execute(delete(CorrectionRow).where(which).execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", done).rowcount


def _disagrees() -> ColumnElement[bool]:
    """Return the condition that neither a correction is rejected nor another of its sentence with another label."""
    other = aliased(CorrectionRow)
    same = (other.sentence == CorrectionRow.sentence, other.label != CorrectionRow.label, other.status != "rejected")
    return (CorrectionRow.status != "rejected") & exists().where(*same)


def _corrections(session: Session, rows: Sequence[CorrectionRow]) -> list[Correction]:
    others = _of_the_same_sentences(session, rows)
    return [
        Correction(
            id=row.id,
            created=row.created,
            target=row.target,
            text=row.text,
            start=row.start,
            end=row.end,
            label=row.label,
            holder=row.holder,
            answer_label=row.answer_label,
            answer_version=row.answer_version,
            note=row.note,
            annotator=row.annotator,
            status=row.status,
            history=(
                Decision(row.created, row.annotator or row.submitter, "pending", row.submitted),
                *(Decision(one.at, one.by, one.status, one.label) for one in row.decisions),
            ),
            others=tuple(one for one in others[row.sentence] if one.id != row.id)[:MOST_OTHERS],
        )
        for row in rows
    ]


def _of_the_same_sentences(session: Session, rows: Sequence[CorrectionRow]) -> dict[str, list[Other]]:
    sentences = {row.sentence: list[Other]() for row in rows}
    place = func.row_number().over(partition_by=CorrectionRow.sentence, order_by=CorrectionRow.id)
    table = CorrectionRow
    each = select(table.sentence, table.id, table.label, table.annotator, table.status, place.label("place"))
    ranked = each.where(table.sentence.in_(sentences)).subquery()
    shown = select(ranked).where(ranked.c.place <= MOST_OTHERS + 1).order_by(ranked.c.id)
    for sentence, id, label, annotator, status, _ in session.execute(shown):
        sentences[sentence].append(Other(id, label, annotator, status))
    return sentences
