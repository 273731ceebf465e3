"""The tables, one definition for SQLite and PostgreSQL (docs/decisions tells why they are so).

`migrations/versions` creates them; a test compares the two. Times are UTC. Tables of review,
feeds and users are in their owners' modules.
"""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

to_json_text = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


class Utc(sa.TypeDecorator[datetime]):
    """An aware time, kept as UTC in both databases.

    Raises:
        ValueError: where a naive time is to be written.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone, so it is taken off there."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a time without zone cannot be stored: {value.isoformat()}"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:
        """Back as an aware UTC time."""
        del dialect
        if value is None:
            return None
        assert isinstance(value, datetime)  # noqa: S101 - what the impl type returns
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id(name: str = "id", **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.String(32), **options)


def _article_fk(name: str = "article_id", **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.String(32), sa.ForeignKey("articles.id"), **options)


def _run_fk(**options: Any) -> sa.Column[Any]:
    return sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), **options)


runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("flow", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # running done failed interrupted
    sa.Column("started_at", Utc, nullable=False),
    sa.Column("heartbeat_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("extractor_version", sa.Text),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("summary", sa.Text),  # the run's Markdown artifact
    sa.Column("error", sa.Text),
    sa.Index(None, "state"),
    sqlite_autoincrement=True,
)

articles = sa.Table(
    "articles",
    metadata,
    _id(primary_key=True),  # pipeline.article.fingerprint
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("published", sa.String(40)),  # ISO 8601 with the zone that the source gave
    sa.Column("published_at", Utc),  # the same to sort by
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("ignored", sa.JSON, nullable=False),  # [[start, end], …]
    sa.Column("characters", sa.Integer, nullable=False),
    _article_fk("near_duplicate_of"),  # the article that is extracted in its stead
    _article_fk("previous_id"),  # the version before this one
    _article_fk("superseded_by"),  # the version after this one
    _run_fk(),
    sa.Column("added_at", Utc, nullable=False),
    sa.Index(None, "published_at", "id"),
    sa.Index(None, "near_duplicate_of"),
    sa.Index(None, "previous_id"),
    sa.Index(None, "superseded_by"),
    sa.Index(None, "run_id"),
)

article_sources = sa.Table(
    "article_sources",
    metadata,
    _article_fk(primary_key=True),
    sa.Column("digest", sa.String(32), primary_key=True),  # of source and URL
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("url_digest", sa.String(32)),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("published", sa.String(40)),
    sa.Column("seen_at", Utc, nullable=False),
    _run_fk(),
    sa.Index(None, "url_digest"),
)

article_signatures = sa.Table(
    "article_signatures",
    metadata,
    _article_fk(primary_key=True),
    sa.Column("signature", sa.LargeBinary, nullable=False),  # MinHash values
)

article_bands = sa.Table(
    "article_bands",
    metadata,
    sa.Column("band", sa.BigInteger, primary_key=True),  # hash of one LSH band of a signature
    _article_fk(primary_key=True),
    sqlite_with_rowid=False,
)

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _run_fk(nullable=False),
    sa.Column("extractor_version", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # claimed done failed
    sa.Column("articles", sa.Integer, nullable=False),
    sa.Column("characters", sa.BigInteger, nullable=False),
    sa.Column("records", sa.Integer),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Double),  # of work, without waiting
    sa.Column("worker", sa.Text),
    sa.Column("started_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Column("error", sa.Text),
    sa.Index(None, "run_id", "state"),
    sqlite_autoincrement=True,
)

extractions = sa.Table(  # the ledger: what was done to which article by which extractor
    "extractions",
    metadata,
    _article_fk(primary_key=True),
    sa.Column("extractor_version", sa.String(255), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),  # claimed done failed
    _run_fk(),
    sa.Column("batch_id", sa.Integer, sa.ForeignKey("batches.id")),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("records", sa.Integer),
    sa.Column("dropped", sa.JSON),  # gate reason → passages
    sa.Column("reason", sa.Text),  # why it failed
    sa.Column("claimed_at", Utc, nullable=False),
    sa.Column("finished_at", Utc),
    sa.Index(None, "extractor_version", "state"),
    sa.Index(None, "batch_id"),
    sa.Index(None, "run_id"),
)

records = sa.Table(
    "records",
    metadata,
    _id(primary_key=True),
    _article_fk(nullable=False),
    sa.Column("extractor_version", sa.String(255), nullable=False),
    _run_fk(),
    sa.Column("data", sa.JSON, nullable=False),  # pipeline.record.to_json of what holds now
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("amount", sa.String(64)),  # exact decimal, or the lower bound of a vague one
    sa.Column("currency", sa.String(3)),
    sa.Column("amount_sort", sa.Double, nullable=False),  # see rows.amount_sort; 0 without amount
    sa.Column("confidence", sa.Double, nullable=False),
    sa.Column("at_stake", sa.Double, nullable=False, server_default="0"),  # see rows.at_stake
    sa.Column("published_at", Utc),  # of the article, to filter and sort by
    sa.Column("parties", sa.Text, nullable=False),  # every name and surface, folded, to search
    sa.Column("state", sa.String(16), nullable=False),  # unreviewed, or what review says
    sa.Column("human_state", sa.String(16)),  # NULL: no human has touched it
    sa.Column("disagreement", sa.JSON),  # what a newer extractor says against the human
    sa.Column("version", sa.Integer, nullable=False),  # counts changes, for optimistic locking
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("updated_at", Utc, nullable=False),
    sa.Index(None, "article_id"),
    sa.Index(None, "run_id"),
    sa.Index(None, "published_at", "id"),
    sa.Index(None, "state", "confidence", "id"),
    sa.Index(None, "state", "amount_sort", "id"),
    sa.Index(None, "state", "published_at", "id"),
    sa.Index(None, "kind", "status"),
)

record_parties = sa.Table(
    "record_parties",
    metadata,
    sa.Column(
        "record_id",
        sa.String(32),
        sa.ForeignKey("records.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("side", sa.String(8), primary_key=True),  # buyer seller
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded", sa.String(200), nullable=False),
    sa.Column("gazetteer_id", sa.String(100)),
    sa.Index(None, "folded"),
    sa.Index(None, "gazetteer_id"),
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column(
        "record_id",
        sa.String(32),
        sa.ForeignKey("records.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("slot", sa.String(16), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("quote", sa.Text, nullable=False),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("digest", sa.String(32), nullable=False, unique=True),  # of source and step
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("step", sa.String(16), nullable=False),  # ingest extract store
    sa.Column("reason", sa.Text, nullable=False),
    _article_fk(),
    _run_fk(),  # the last that met it
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("first_at", Utc, nullable=False),
    sa.Column("last_at", Utc, nullable=False),
    sa.Column("resolved_at", Utc),  # when it went well after all
    sa.Index(None, "run_id"),
    sa.Index(None, "article_id"),
    sqlite_autoincrement=True,
)

deals = sa.Table(
    "deals",
    metadata,
    _id(primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),  # the deal as the link step writes it
    sa.Column("amount", sa.String(64)),
    sa.Column("currency", sa.String(3)),
    sa.Column("amount_sort", sa.Double, nullable=False),
    sa.Column("first_published_at", Utc),
    sa.Column("last_published_at", Utc),
    sa.Column("merged_into", sa.String(32), sa.ForeignKey("deals.id")),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("updated_at", Utc, nullable=False),
    sa.Index(None, "amount_sort", "id"),
    sa.Index(None, "last_published_at", "id"),
    sa.Index(None, "updated_at"),
    sa.Index(None, "merged_into"),
)

deal_parties = sa.Table(
    "deal_parties",
    metadata,
    sa.Column(
        "deal_id", sa.String(32), sa.ForeignKey("deals.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("side", sa.String(8), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded", sa.String(200), nullable=False),
    sa.Column("gazetteer_id", sa.String(100)),
    sa.Index(None, "folded"),
    sa.Index(None, "gazetteer_id"),
)

deal_records = sa.Table(
    "deal_records",
    metadata,
    sa.Column(
        "record_id",
        sa.String(32),
        sa.ForeignKey("records.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("deal_id", sa.String(32), sa.ForeignKey("deals.id"), nullable=False),
    sa.Column("added_at", Utc, nullable=False),
    sa.Index(None, "deal_id"),
)

deal_links_human = sa.Table(  # never undone by a machine; outlives the records it names
    "deal_links_human",
    metadata,
    sa.Column("record_a", sa.String(32), primary_key=True),  # the smaller id of the two
    sa.Column("record_b", sa.String(32), primary_key=True),
    sa.Column("same", sa.Boolean, nullable=False),  # one deal, or two
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("at", Utc, nullable=False),
)

deal_changes = sa.Table(  # append only: what became known when
    "deal_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("deal_id", sa.String(32), nullable=False),
    sa.Column("change", sa.String(16), nullable=False),  # new amount status merged split …
    sa.Column("data", sa.JSON, nullable=False),  # before, after, and by which record
    _run_fk(),
    sa.Column("at", Utc, nullable=False),
    sa.Index(None, "deal_id"),
    sa.Index(None, "at"),
    sqlite_autoincrement=True,
)
