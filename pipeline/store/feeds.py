"""Feeds in the database: what is remembered of each, and who is at it.

A run holds a feed while it polls it, so that two runs never poll one at once. The hold ends with
the run: when its process is gone, the next may take the feed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.dialect import insert
from pipeline.store.engine import reading, writing
from pipeline.store.feed_entries import EntryChange, write_entries
from pipeline.store.feed_tables import feeds
from pipeline.store.rows import digest, now


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFeed:
    """A feed as feeds.toml has it."""

    url: str
    name: str
    interval_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of a feed; times are UTC, None where it never happened.

    Attributes:
        listed: it stands in feeds.toml and is enabled.
        body_digest: of the last document, for servers that know no conditional requests.
        entries: in the last document.
        moved_to: where its server says that it is now, for good.
        polled_at: when it was last asked, whatever came of it.
        succeeded_at: when it last answered as a feed.
        changed_at: when it last brought something new or changed.
        next_at: when it is due.
        fresh_until: until when its server says that nothing changes.
        paused_until: until when its server does not want to be asked.
        failures: in a row.
        error: why it failed the last time; None where it did not.
        run_id: who is at it.
    """

    id: int
    url: str
    name: str
    listed: bool
    interval_seconds: float
    etag: str | None
    last_modified: str | None
    body_digest: str | None
    format: str | None
    encoding: str | None
    warnings: tuple[str, ...]
    entries: int | None
    moved_to: str | None
    polled_at: datetime | None
    succeeded_at: datetime | None
    changed_at: datetime | None
    next_at: datetime | None
    fresh_until: datetime | None
    paused_until: datetime | None
    failures: int
    failing_since: datetime | None
    error: str | None
    run_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is kept of a feed's document for the next poll."""

    etag: str | None
    last_modified: str | None
    body_digest: str
    format: str
    encoding: str
    warnings: tuple[str, ...]
    entries: int


class Feeds:
    """The table `feeds`, and with each poll the entries that it brings."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def register(self, listed: Sequence[ListedFeed]) -> dict[str, FeedState]:
        """Make the database know the feeds that are listed; those that are not stay, unlisted.

        Returns:
            URL → state of those that are listed.
        """
        at = now()
        wanted = {digest(feed.url): feed for feed in listed}
        with writing(self._engine) as connection:
            gone = sa.update(feeds).where(feeds.c.listed).values(listed=False)
            if wanted:
                gone = gone.where(feeds.c.digest.not_in(sorted(wanted)))
            connection.execute(gone)
            for key in sorted(wanted):
                values = {
                    "name": wanted[key].name,
                    "listed": True,
                    "interval_seconds": wanted[key].interval_seconds,
                }
                connection.execute(
                    insert(connection, feeds)
                    .values(
                        digest=key,
                        url=wanted[key].url,
                        warnings=[],
                        failures=0,
                        created_at=at,
                        **values,
                    )
                    .on_conflict_do_update(index_elements=["digest"], set_=values)
                )
        return {state.url: state for state in self.states() if digest(state.url) in wanted}

    def states(self, *, listed_only: bool = False) -> tuple[FeedState, ...]:
        """All feeds, by name."""
        query = sa.select(feeds).order_by(feeds.c.name, feeds.c.id)
        if listed_only:
            query = query.where(feeds.c.listed)
        with reading(self._engine) as connection:
            return tuple(_state(row) for row in connection.execute(query).mappings())

    def load(self, feed_id: int) -> FeedState:
        """One feed, which must be known."""
        query = sa.select(feeds).where(feeds.c.id == feed_id)
        with reading(self._engine) as connection:
            return _state(connection.execute(query).mappings().one())

    def hold(self, feed_id: int, run_id: int, living_runs: Collection[int]) -> bool:
        """Take a feed for a run, unless another living run has it."""
        free = sa.or_(feeds.c.run_id.is_(None), feeds.c.run_id == run_id)
        if living_runs:
            free = sa.or_(free, feeds.c.run_id.not_in(sorted(living_runs)))
        else:
            free = sa.true()
        with writing(self._engine) as connection:
            taken = connection.execute(
                sa.update(feeds).where(feeds.c.id == feed_id, free).values(run_id=run_id)
            )
            return taken.rowcount == 1

    def let_go(self, run_id: int, feed_id: int | None = None) -> None:
        """Give back a feed, or all that a run has."""
        statement = sa.update(feeds).where(feeds.c.run_id == run_id).values(run_id=None)
        if feed_id is not None:
            statement = statement.where(feeds.c.id == feed_id)
        with writing(self._engine) as connection:
            connection.execute(statement)

    def save_poll(
        self,
        feed_id: int,
        *,
        next_at: datetime,
        fresh_until: datetime | None,
        moved_to: str | None,
        document: Document | None = None,
        changes: Iterable[EntryChange] = (),
        seen: Collection[str] = (),
    ) -> None:
        """Keep what a poll brought, in one transaction with what is remembered for the next.

        So a run killed at any moment leaves either all entries of a document or none, and in the
        second case the next poll gets the document once more.

        Args:
            feed_id: whose.
            next_at: when it is due again.
            fresh_until: as its server says.
            moved_to: as its server says.
            document: None where the server said that nothing changed.
            changes: entries that are new or changed.
            seen: keys of those that are as they were.
        """
        at = now()
        values: dict[str, Any] = {
            "polled_at": at,
            "succeeded_at": at,
            "next_at": next_at,
            "fresh_until": fresh_until,
            "paused_until": None,
            "moved_to": moved_to,
            "failures": 0,
            "failing_since": None,
            "error": None,
        }
        if document is not None:
            values |= {
                "etag": document.etag,
                "last_modified": document.last_modified,
                "body_digest": document.body_digest,
                "format": document.format,
                "encoding": document.encoding,
                "warnings": list(document.warnings),
                "entries": document.entries,
            }
        with writing(self._engine) as connection:
            if write_entries(connection, feed_id, list(changes), seen, at):
                values["changed_at"] = at
            connection.execute(sa.update(feeds).where(feeds.c.id == feed_id).values(**values))

    def save_failure(self, feed_id: int, error: str, *, next_at: datetime) -> None:
        """Note that a feed failed once more."""
        at = now()
        self._update(
            feed_id,
            polled_at=at,
            next_at=next_at,
            failures=feeds.c.failures + 1,
            failing_since=sa.func.coalesce(feeds.c.failing_since, at),
            error=error,
        )

    def save_pause(self, feed_id: int, reason: str, *, until: datetime) -> None:
        """Note that a feed's server asked for a pause, which is no failure."""
        self._update(feed_id, polled_at=now(), paused_until=until, error=reason)

    def _update(self, feed_id: int, **values: Any) -> None:
        with writing(self._engine) as connection:
            connection.execute(sa.update(feeds).where(feeds.c.id == feed_id).values(**values))


def _state(row: Mapping[Any, Any]) -> FeedState:
    values = {name: row[name] for name in FeedState.__dataclass_fields__}
    return FeedState(**(values | {"warnings": tuple(row["warnings"])}))
