"""The tables of corrections, as the migrations leave them."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Integer, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from service.feedback.values import Status

# SQLite numbers rows by itself only where the key is an INTEGER, which has 64 bits there.
_Number = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn it to UTC."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give it back in UTC."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


class Table(DeclarativeBase):
    """All tables."""

    type_annotation_map = {str: Text, Status: Text, datetime: Moment}  # noqa: RUF012  (SQLAlchemy's own name and way)


class DecisionRow(Table):
    """What a reviewer decided about a correction."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(_Number, primary_key=True)
    correction: Mapped[int] = mapped_column(_Number, ForeignKey("corrections.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    status: Mapped[Status]
    label: Mapped[str]


class CorrectionRow(Table):
    """A correction as it stands now, and the label that it was submitted with."""

    __tablename__ = "corrections"
    __table_args__ = (
        UniqueConstraint("submitter", "idempotency_key", name="corrections_sent_once"),
        # One for each way through the table that is not nearly all of it: labels are few, and so are targets.
        Index("corrections_by_status", "status", "id"),
        Index("corrections_by_annotator", "annotator", "id"),
        Index("corrections_by_sentence", "sentence", "id"),
        # The id of what is erased is never given again: cursors and exports go by it.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(_Number, primary_key=True)
    created: Mapped[datetime]
    target: Mapped[str]
    text: Mapped[str]
    sentence: Mapped[str]
    start: Mapped[int | None]
    end: Mapped[int | None]
    submitted: Mapped[str]
    label: Mapped[str]
    holder: Mapped[str | None]
    answer_label: Mapped[str | None]
    answer_version: Mapped[str | None]
    note: Mapped[str | None]
    annotator: Mapped[str]
    submitter: Mapped[str]
    idempotency_key: Mapped[str | None]
    status: Mapped[Status]
    decided: Mapped[datetime | None]
    decisions: Mapped[list[DecisionRow]] = relationship(order_by=DecisionRow.id, lazy="selectin")
