"""Corrections and the decisions about them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "corrections",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer()),
        sa.Column("end", sa.Integer()),
        sa.Column("submitted", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("answer_label", sa.Text()),
        sa.Column("answer_version", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("annotator", sa.Text(), nullable=False),
        sa.Column("submitter", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("submitter", "idempotency_key", name="corrections_sent_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("corrections_by_status", "corrections", ["status", "id"])
    op.create_index("corrections_by_annotator", "corrections", ["annotator", "id"])
    op.create_index("corrections_by_sentence", "corrections", ["sentence", "id"])
    op.create_table(
        "decisions",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("correction", NUMBER, sa.ForeignKey("corrections.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
    )
    op.create_index("ix_decisions_correction", "decisions", ["correction"])
