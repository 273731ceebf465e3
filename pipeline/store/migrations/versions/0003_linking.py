"""Linking: what was linked, its blocks and edges."""

import sqlalchemy as sa
from alembic import op

revision = "0003_linking"
down_revision = "0002_review"

_TABLES = ("link_records", "link_blocks", "link_edges", "link_state")


def upgrade() -> None:
    """Create the tables of pipeline/store/link_tables.py."""
    op.create_table(
        "link_records",
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("home", sa.String(length=32), nullable=True),
        sa.Column("deal_id", sa.String(length=32), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_link_records")),
    )
    for column in ("article_id", "home", "deal_id"):
        op.create_index(op.f(f"ix_link_records_{column}"), "link_records", [column])
    op.create_index(op.f("ix_link_records_arrival"), "link_records", ["arrival"], unique=True)
    op.create_table(
        "link_blocks",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", "day", "record_id", name=op.f("pk_link_blocks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "link_edges",
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("other_id", sa.String(length=32), nullable=False),
        sa.Column("packed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "other_id", name=op.f("pk_link_edges")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "link_state",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_link_state")),
    )


def downgrade() -> None:
    """Drop them again; deals themselves stay."""
    for name in _TABLES[::-1]:
        op.drop_table(name)
