"""The outbox: messages about records and feeds, each written once and sent until it is taken.

What is to be told is found out from the records themselves, so that a run killed between finding
a record and telling of it leaves the telling to the next.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.dialect import insert_new, within_limit
from pipeline.store.engine import reading, writing
from pipeline.store.feed_tables import feed_entries, feed_notices, feeds
from pipeline.store.reconcile import WITHDRAWN
from pipeline.store.rows import StoredRecord, digest, stored_record
from pipeline.store.tables import articles, records

_SINCE = "since"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to be sent; `key` makes it one of its kind."""

    key: str
    kind: str
    data: Mapping[str, Any]
    id: int = 0
    attempts: int = 0


class FeedNotices:
    """The table `feed_notices`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def since(self, channel: str, at: datetime) -> datetime:
        """Since when, at the latest now (`at`), a channel is told things: what was there before is not told."""
        key = digest(_SINCE, channel)
        self.add([Notice(key=key, kind=_SINCE, data={})], at, is_sent=True)
        query = sa.select(feed_notices.c.created_at).where(feed_notices.c.key == key)
        with reading(self._engine) as connection:
            began: datetime = connection.execute(query).scalar_one()
            return began

    def add(self, notices: Sequence[Notice], at: datetime, *, is_sent: bool = False) -> int:
        """Put messages into the outbox, due at once; those that were there are left alone."""
        rows = [
            {
                "key": notice.key,
                "kind": notice.kind,
                "data": dict(notice.data),
                "created_at": at,
                "due_at": None if is_sent else at,
                "attempts": 0,
            }
            for notice in notices
        ]
        with writing(self._engine) as connection:
            return len(insert_new(connection, feed_notices, rows, feed_notices.c.id))

    def new_keys(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of `keys` that no message has yet."""
        wanted = sorted(set(keys))
        there: set[str] = set()
        with reading(self._engine) as connection:
            for some in within_limit(wanted):
                query = sa.select(feed_notices.c.key).where(feed_notices.c.key.in_(some))
                there.update(connection.execute(query).scalars())
        return frozenset(wanted) - there

    def due(self, at: datetime, limit: int = 100) -> tuple[Notice, ...]:
        """Messages that are to be sent now, the oldest first."""
        columns = feed_notices.c
        query = (
            sa.select(columns.id, columns.key, columns.kind, columns.data, columns.attempts)
            .where(columns.due_at <= at)
            .order_by(columns.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(Notice(**row) for row in connection.execute(query).mappings())

    def told(self, kind: str) -> tuple[Notice, ...]:
        """All messages of a kind, sent or not, the oldest first."""
        columns = feed_notices.c
        query = (
            sa.select(columns.id, columns.key, columns.kind, columns.data, columns.attempts)
            .where(columns.kind == kind)
            .order_by(columns.id)
        )
        with reading(self._engine) as connection:
            return tuple(Notice(**row) for row in connection.execute(query).mappings())

    def waiting(self) -> int:
        """How many messages are not sent yet."""
        query = sa.select(sa.func.count()).where(feed_notices.c.due_at.is_not(None))
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one()

    def sent(self, ids: Sequence[int], at: datetime) -> None:
        """Note that messages were taken."""
        self._update(ids, due_at=None, sent_at=at, error=None)

    def put_off(self, ids: Sequence[int], error: str, due_at: datetime | None) -> None:
        """Note that messages were not taken; they are sent again, or given up (None)."""
        attempts = feed_notices.c.attempts + 1
        self._update(ids, due_at=due_at, error=error, attempts=attempts)

    def _update(self, ids: Sequence[int], **values: Any) -> None:
        with writing(self._engine) as connection:
            for some in within_limit(ids):
                connection.execute(
                    sa.update(feed_notices).where(feed_notices.c.id.in_(some)).values(**values)
                )

    def records_of_feeds(self, since: datetime) -> tuple[tuple[StoredRecord, str], ...]:
        """Records found at or after `since` in articles of feeds, each with a feed's name.

        Without those that stand in a superseded article, or that a human threw out.
        """
        query = (
            sa.select(
                records,
                articles.c.source,
                articles.c.url,
                articles.c.title,
                articles.c.published,
                sa.select(feeds.c.name)
                .join(feed_entries, feed_entries.c.feed_id == feeds.c.id)
                .where(feed_entries.c.article_id == articles.c.id)
                .order_by(feed_entries.c.id)
                .limit(1)
                .scalar_subquery()
                .label("feed"),
            )
            .join(articles, articles.c.id == records.c.article_id)
            .where(
                records.c.created_at >= since,
                records.c.amount.is_not(None),
                articles.c.superseded_by.is_(None),
                sa.func.coalesce(records.c.human_state, "").not_in(sorted(WITHDRAWN)),
                sa.exists().where(feed_entries.c.article_id == articles.c.id),
            )
            .order_by(records.c.created_at, records.c.id)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings()
            return tuple((stored_record(row), str(row["feed"])) for row in rows)
