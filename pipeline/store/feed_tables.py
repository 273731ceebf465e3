"""The tables of feeds: what is known of each feed, its entries and hosts, and who was told what.

feeds.toml says which feeds there are and how they are read; here is what came of it.
"""

import sqlalchemy as sa

from pipeline.store.tables import Utc, metadata

feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("digest", sa.String(32), nullable=False, unique=True),  # of its URL
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("listed", sa.Boolean, nullable=False),  # in feeds.toml and enabled
    sa.Column("interval_seconds", sa.Double, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("body_digest", sa.String(32)),  # of the last document, for servers without ETag
    sa.Column("format", sa.String(64)),
    sa.Column("encoding", sa.String(32)),
    sa.Column("warnings", sa.JSON, nullable=False),
    sa.Column("entries", sa.Integer),  # in the last document
    sa.Column("moved_to", sa.Text),
    sa.Column("polled_at", Utc),
    sa.Column("succeeded_at", Utc),
    sa.Column("changed_at", Utc),  # when it last brought something new
    sa.Column("next_at", Utc),
    sa.Column("fresh_until", Utc),  # Cache-Control
    sa.Column("paused_until", Utc),  # Retry-After
    sa.Column("failures", sa.Integer, nullable=False),  # in a row
    sa.Column("failing_since", Utc),
    sa.Column("error", sa.Text),
    sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id")),  # who is at it
    sa.Column("created_at", Utc, nullable=False),
    sa.Index(None, "run_id"),
    sqlite_autoincrement=True,
)

feed_entries = sa.Table(
    "feed_entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("feed_id", sa.Integer, sa.ForeignKey("feeds.id"), nullable=False),
    sa.Column("key", sa.String(32), nullable=False),
    sa.Column("identity", sa.String(32), nullable=False),  # what the feed calls it
    sa.Column("url", sa.Text),
    sa.Column("url_digest", sa.String(32)),  # of the page that its article came from
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("digest", sa.String(32), nullable=False),  # of its words
    sa.Column("updated", sa.String(40), nullable=False),
    sa.Column("payload", sa.JSON(none_as_null=True)),  # its words, until its article is had
    sa.Column("state", sa.String(8), nullable=False),  # waiting stored done failed skipped
    sa.Column("access", sa.String(16)),  # full partial paywalled empty
    sa.Column("article_id", sa.String(32), sa.ForeignKey("articles.id")),
    sa.Column("due_at", Utc),  # when its article is to be had; NULL: nothing is to be done
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("published_at", Utc),
    sa.Column("first_seen_at", Utc, nullable=False),
    sa.Column("last_seen_at", Utc, nullable=False),
    sa.Column("fetched_at", Utc),  # when its page was last had
    sa.Column("versions", sa.Integer, nullable=False),  # articles that it has been
    sa.UniqueConstraint("feed_id", "key"),
    sa.Index(None, "feed_id", "identity"),
    sa.Index(None, "feed_id", "due_at"),
    sa.Index(None, "state"),
    sa.Index(None, "article_id"),
    sa.Index(None, "url_digest"),
    sqlite_autoincrement=True,
)

feed_hosts = sa.Table(
    "feed_hosts",
    metadata,
    sa.Column("host", sa.String(300), primary_key=True),  # host:port, or scheme://host:port
    sa.Column("robots", sa.Text),
    sa.Column("robots_expires_at", Utc),
    sa.Column("resting_until", Utc),
)

feed_notices = sa.Table(  # an outbox: written with what they tell of, sent afterwards
    "feed_notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),  # since record failing recovered
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("due_at", Utc),  # NULL: sent, or given up
    sa.Column("sent_at", Utc),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Index(None, "due_at"),
    sqlite_autoincrement=True,
)
