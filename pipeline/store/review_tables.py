"""The tables of review: users and how they come in, events, locks, double readings.

`review_events` is append-only; the migration gives it triggers that refuse anything else. Ids of
records are no foreign keys here: an extractor may drop a record that a lock or an event names,
and the event must outlive it.
"""

from typing import Any

import sqlalchemy as sa

from pipeline.store.tables import Utc, articles, metadata, record_parties, records


def _user_fk(name: str = "user_id", **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("users.id"), **options)


def _record_id(**options: Any) -> sa.Column[Any]:
    return sa.Column("record_id", sa.String(32), **options)


# The columns that the queue filters by ride along in the indexes that it sorts by, so that a
# filter with few hits reads the narrow index and not the records.
_RIDERS = ("article_id", "kind", "status", "amount_sort", "confidence", "published_at")
for _name in ("at_stake", "confidence", "amount_sort", "published_at"):
    sa.Index(
        f"ix_records_queue_{_name}",
        *(records.c[one] for one in ("state", _name, "id")),
        *(records.c[one] for one in _RIDERS if one != _name),
    )
# Small enough to look through for a part of a source or name.
sa.Index(None, articles.c.source, articles.c.id)
sa.Index(
    "ix_record_parties_found",
    *(record_parties.c[one] for one in ("folded", "side", "record_id", "gazetteer_id")),
)
_flagged = records.c.disagreement.is_not(None)
sa.Index("ix_records_flagged", records.c.id, sqlite_where=_flagged, postgresql_where=_flagged)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("folded", sa.String(64), nullable=False, unique=True),  # Tanaka is tanaka
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),  # argon2id
    sa.Column("language", sa.String(2)),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("disabled_at", Utc),
    sqlite_autoincrement=True,
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # SHA-256 of the cookie's secret
    _user_fk(nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("seen_at", Utc, nullable=False),
    sa.Column("expires_at", Utc, nullable=False),
    sa.Index(None, "user_id"),
    sa.Index(None, "expires_at"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _user_fk(nullable=False),
    sa.Column("label", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),  # SHA-256 of the token
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("used_at", Utc),
    sa.Column("expires_at", Utc),
    sa.Column("revoked_at", Utc),
    sa.Index(None, "user_id"),
    sqlite_autoincrement=True,
)

login_attempts = sa.Table(  # failed ones, for the rate limit
    "login_attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("scope", sa.String(80), nullable=False),  # "name:tanaka" or "host:192.0.2.7"
    sa.Column("at", Utc, nullable=False),
    sa.Index(None, "scope", "at"),
    sqlite_autoincrement=True,
)

reviews = sa.Table(  # one row for a record that a human has touched
    "reviews",
    metadata,
    _record_id(primary_key=True),
    sa.Column("article_id", sa.String(32), nullable=False),
    sa.Column("origin", sa.String(16), nullable=False),  # extractor reviewer
    sa.Column("machine", sa.JSON),  # the extractor's record before any human touched it
    sa.Column("machine_version", sa.String(255), nullable=False),
    sa.Column("reason", sa.String(16)),  # of a rejection
    sa.Column("replaced_by", sa.String(32)),
    sa.Column("verdicts", sa.String(16)),  # of an accepted one, see review/compare.py
    sa.Column("decided_by", sa.String(64)),
    sa.Column("decided_at", Utc),
    sa.Column("conflict_event", sa.Integer),  # a word on top of another, not settled yet
    sa.Index(None, "article_id"),
    sa.Index(None, "verdicts", "machine_version", "record_id"),
    sa.Index(None, "origin", "record_id"),
    sa.Index(None, "conflict_event"),
    sa.Index(None, "decided_at", "decided_by", "record_id"),
)

review_events = sa.Table(
    "review_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _record_id(nullable=False),
    sa.Column("article_id", sa.String(32), nullable=False),
    sa.Column("track", sa.String(64), nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("before", sa.JSON),
    sa.Column("after", sa.JSON, nullable=False),
    sa.Column("seen", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("group", sa.String(36), nullable=False),
    sa.Column("reverses", sa.String(36)),
    sa.Column("note", sa.Text),
    sa.Column("extractor_version", sa.String(255), nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Index(None, "record_id", "id"),
    sa.Index(None, "actor", "id"),
    sa.Index(None, "at", "action", "actor"),
    sqlite_autoincrement=True,
)

review_requests = sa.Table(  # what was answered, so that a request sent twice acts once
    "review_requests",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # chosen by the client
    _user_fk(nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Index(None, "at"),
)

review_locks = sa.Table(
    "review_locks",
    metadata,
    _record_id(primary_key=True),
    _user_fk(nullable=False),
    sa.Column("until", Utc, nullable=False),
    sa.Index(None, "user_id"),
)

review_skips = sa.Table(
    "review_skips",
    metadata,
    _user_fk(primary_key=True),
    _record_id(primary_key=True),
    sa.Column("at", Utc, nullable=False),
)

review_readings = sa.Table(  # two rows for a record that two people read blindly
    "review_readings",
    metadata,
    _record_id(primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),  # 1 or 2
    _user_fk(),  # NULL: whoever opens it first
    sa.Column("content", sa.JSON),  # Standing.content of this reader; NULL: not begun
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("finished_at", Utc),
    sa.Column("closed", sa.Boolean, nullable=False),  # compared with the other one
    sa.Column("assigned_at", Utc, nullable=False),
    sa.Index(None, "user_id", "finished_at"),
    sa.Index(None, "closed", "record_id"),
)

saved_filters = sa.Table(
    "saved_filters",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _user_fk(nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("query", sa.Text, nullable=False),  # of the queue's address
    sa.Column("created_at", Utc, nullable=False),
    sa.UniqueConstraint("user_id", "name"),
    sqlite_autoincrement=True,
)
