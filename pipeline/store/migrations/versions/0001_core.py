"""The core: articles and their sources, runs and their ledger, records, quarantine, deals."""

import sqlalchemy as sa
from alembic import op

revision = "0001_core"
down_revision = None


def upgrade() -> None:
    """Create every table of pipeline/store/tables.py."""
    _create_reading()
    _create_records()
    _create_deals()


def downgrade() -> None:
    """Drop them again, children first."""
    for name in _TABLES[::-1]:
        op.drop_table(name)


_TABLES = (
    "runs",
    "articles",
    "article_sources",
    "article_signatures",
    "article_bands",
    "batches",
    "extractions",
    "quarantine",
    "records",
    "record_parties",
    "evidence",
    "deals",
    "deal_parties",
    "deal_records",
    "deal_links_human",
    "deal_changes",
)


def _create_reading() -> None:
    """What was read, by which run, and what became of it."""
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flow", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("extractor_version", sa.Text(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_runs_state"), "runs", ["state"], unique=False)
    op.create_table(
        "articles",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("published", sa.String(length=40), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ignored", sa.JSON(), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("near_duplicate_of", sa.String(length=32), nullable=True),
        sa.Column("previous_id", sa.String(length=32), nullable=True),
        sa.Column("superseded_by", sa.String(length=32), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["near_duplicate_of"], ["articles.id"], name=op.f("fk_articles_near_duplicate_of")
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["articles.id"], name=op.f("fk_articles_previous_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_articles_run_id")),
        sa.ForeignKeyConstraint(
            ["superseded_by"], ["articles.id"], name=op.f("fk_articles_superseded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
    )
    op.create_index(
        op.f("ix_articles_near_duplicate_of"), "articles", ["near_duplicate_of"], unique=False
    )
    op.create_index(op.f("ix_articles_previous_id"), "articles", ["previous_id"], unique=False)
    op.create_index(
        op.f("ix_articles_published_at_id"), "articles", ["published_at", "id"], unique=False
    )
    op.create_index(op.f("ix_articles_run_id"), "articles", ["run_id"], unique=False)
    op.create_index(op.f("ix_articles_superseded_by"), "articles", ["superseded_by"], unique=False)
    op.create_table(
        "article_sources",
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("url_digest", sa.String(length=32), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("published", sa.String(length=40), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_sources_article_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_article_sources_run_id")),
        sa.PrimaryKeyConstraint("article_id", "digest", name=op.f("pk_article_sources")),
    )
    op.create_index(
        op.f("ix_article_sources_url_digest"), "article_sources", ["url_digest"], unique=False
    )
    op.create_table(
        "article_signatures",
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_signatures_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_signatures")),
    )
    op.create_table(
        "article_bands",
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_bands_article_id")
        ),
        sa.PrimaryKeyConstraint("band", "article_id", name=op.f("pk_article_bands")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("extractor_version", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_batches_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_batches_run_id_state"), "batches", ["run_id", "state"], unique=False)
    op.create_table(
        "extractions",
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("extractor_version", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=True),
        sa.Column("dropped", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_extractions_article_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_extractions_batch_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_extractions_run_id")),
        sa.PrimaryKeyConstraint("article_id", "extractor_version", name=op.f("pk_extractions")),
    )
    op.create_index(op.f("ix_extractions_batch_id"), "extractions", ["batch_id"], unique=False)
    op.create_index(
        op.f("ix_extractions_extractor_version_state"),
        "extractions",
        ["extractor_version", "state"],
        unique=False,
    )
    op.create_index(op.f("ix_extractions_run_id"), "extractions", ["run_id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_quarantine_article_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_quarantine_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("digest", name=op.f("uq_quarantine_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_quarantine_article_id"), "quarantine", ["article_id"], unique=False)
    op.create_index(op.f("ix_quarantine_run_id"), "quarantine", ["run_id"], unique=False)


def _create_records() -> None:
    """What was found."""
    op.create_table(
        "records",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("article_id", sa.String(length=32), nullable=False),
        sa.Column("extractor_version", sa.String(length=255), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.String(length=64), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("amount_sort", sa.Double(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parties", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("human_state", sa.String(length=16), nullable=True),
        sa.Column("disagreement", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_records_article_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_records_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
    )
    op.create_index(op.f("ix_records_article_id"), "records", ["article_id"], unique=False)
    op.create_index(op.f("ix_records_kind_status"), "records", ["kind", "status"], unique=False)
    op.create_index(
        op.f("ix_records_published_at_id"), "records", ["published_at", "id"], unique=False
    )
    op.create_index(op.f("ix_records_run_id"), "records", ["run_id"], unique=False)
    op.create_index(
        op.f("ix_records_state_amount_sort_id"),
        "records",
        ["state", "amount_sort", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_records_state_confidence_id"),
        "records",
        ["state", "confidence", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_records_state_published_at_id"),
        "records",
        ["state", "published_at", "id"],
        unique=False,
    )
    op.create_table(
        "record_parties",
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("gazetteer_id", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["records.id"],
            name=op.f("fk_record_parties_record_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("record_id", "side", "position", name=op.f("pk_record_parties")),
    )
    op.create_index(op.f("ix_record_parties_folded"), "record_parties", ["folded"], unique=False)
    op.create_index(
        op.f("ix_record_parties_gazetteer_id"), "record_parties", ["gazetteer_id"], unique=False
    )
    op.create_table(
        "evidence",
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_evidence_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record_id", "slot", "position", name=op.f("pk_evidence")),
    )


def _create_deals() -> None:
    """Records of one real deal, together."""
    op.create_table(
        "deals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("amount", sa.String(length=64), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("amount_sort", sa.Double(), nullable=False),
        sa.Column("first_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["deals.id"], name=op.f("fk_deals_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deals")),
    )
    op.create_index(op.f("ix_deals_amount_sort_id"), "deals", ["amount_sort", "id"], unique=False)
    op.create_index(
        op.f("ix_deals_last_published_at_id"), "deals", ["last_published_at", "id"], unique=False
    )
    op.create_index(op.f("ix_deals_merged_into"), "deals", ["merged_into"], unique=False)
    op.create_index(op.f("ix_deals_updated_at"), "deals", ["updated_at"], unique=False)
    op.create_table(
        "deal_parties",
        sa.Column("deal_id", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("gazetteer_id", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["deal_id"], ["deals.id"], name=op.f("fk_deal_parties_deal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("deal_id", "side", "position", name=op.f("pk_deal_parties")),
    )
    op.create_index(op.f("ix_deal_parties_folded"), "deal_parties", ["folded"], unique=False)
    op.create_index(
        op.f("ix_deal_parties_gazetteer_id"), "deal_parties", ["gazetteer_id"], unique=False
    )
    op.create_table(
        "deal_records",
        sa.Column("record_id", sa.String(length=32), nullable=False),
        sa.Column("deal_id", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_deal_records_deal_id")),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["records.id"],
            name=op.f("fk_deal_records_record_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_deal_records")),
    )
    op.create_index(op.f("ix_deal_records_deal_id"), "deal_records", ["deal_id"], unique=False)
    op.create_table(
        "deal_links_human",
        sa.Column("record_a", sa.String(length=32), nullable=False),
        sa.Column("record_b", sa.String(length=32), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("record_a", "record_b", name=op.f("pk_deal_links_human")),
    )
    op.create_table(
        "deal_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.String(length=32), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_deal_changes_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deal_changes_at"), "deal_changes", ["at"], unique=False)
    op.create_index(op.f("ix_deal_changes_deal_id"), "deal_changes", ["deal_id"], unique=False)
