"""What is remembered of hosts between runs: their robots.txt, and the pauses that they ask for."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.dialect import insert
from pipeline.store.engine import reading, writing
from pipeline.store.feed_tables import feed_hosts


class FeedHosts:
    """The table `feed_hosts`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def robots(self, host: str) -> tuple[str, datetime] | None:
        """A site's robots.txt and until when it holds."""
        row = self._row(host)
        if row is None or row.robots_expires_at is None:
            return None
        return row.robots or "", row.robots_expires_at

    def keep_robots(self, host: str, text: str, expires_at: datetime) -> None:
        """Remember a site's robots.txt."""
        self._keep(host, robots=text, robots_expires_at=expires_at)

    def resting_until(self, host: str) -> datetime | None:
        """Until when a host does not want to be asked."""
        row = self._row(host)
        until: datetime | None = row.resting_until if row else None
        return until

    def rest(self, host: str, until: datetime) -> None:
        """Remember that a host does not want to be asked."""
        self._keep(host, resting_until=until)

    def _row(self, host: str) -> sa.Row[Any] | None:
        query = sa.select(feed_hosts).where(feed_hosts.c.host == host)
        with reading(self._engine) as connection:
            return connection.execute(query).first()

    def _keep(self, host: str, **values: Any) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                insert(connection, feed_hosts)
                .values(host=host, **values)
                .on_conflict_do_update(index_elements=["host"], set_=values)
            )
