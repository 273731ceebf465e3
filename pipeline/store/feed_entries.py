"""Entries of feeds in the database: from the first sight of one to its extracted article.

    waiting ──► stored ──► done          the article is had ──► the extractor is through with it
       │           └─────► failed        the extractor cannot read it
       ├──────────► failed               the article cannot be had
       └──────────► skipped              left out on purpose; the reason says why

`due_at` says when there is something to fetch for an entry: always for a waiting one, and for a
later one whose page could not be had yet, so that only the feed's own words stand for it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.errors import StoreError
from pipeline.store.dialect import insert, within_limit
from pipeline.store.engine import reading, writing
from pipeline.store.feed_tables import feed_entries, feeds
from pipeline.store.rows import digest
from pipeline.store.tables import articles, extractions

_MAX_LINEAGE = 100
WAITING, STORED, DONE, FAILED, SKIPPED = "waiting", "stored", "done", "failed", "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """An entry as it was last seen, to tell what changed."""

    key: str
    identity: str
    url: str | None
    title: str
    digest: str
    updated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """An entry that is new, or has other words than before.

    Attributes:
        payload: its words, kept until its article is had.
        due_at: when its article may be had; None where it is left out.
        reason: why it is left out.
    """

    key: str
    identity: str
    url: str | None
    title: str
    digest: str
    updated: str
    payload: Mapping[str, Any]
    published_at: datetime | None
    due_at: datetime | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEntry:
    """An entry whose article is to be had now.

    Attributes:
        access: how much of its article is had so far.
        article_id: the article that stands for it so far.
        attempts: how often its page could not be had.
        fetched_at: when its page was last had.
    """

    id: int
    feed_id: int
    url: str | None
    payload: Mapping[str, Any]
    state: str
    access: str | None
    article_id: str | None
    attempts: int
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryArticle:
    """The article that is had for an entry.

    Attributes:
        entry_id: whose.
        article_id: stored already.
        access: full, partial, paywalled or empty.
        page: URL of the page that it came from; None where the feed brought it.
        supersedes: the article of whose story it is the next version.
        is_copy: it is a near-duplicate, which is not extracted.
        due_at: when its page is to be tried again; None where nothing is left to do.
        reason: what is missing.
        attempts: how often its page could not be had.
    """

    entry_id: int
    article_id: str
    access: str
    page: str | None = None
    supersedes: str | None = None
    is_copy: bool = False
    due_at: datetime | None = None
    reason: str | None = None
    attempts: int = 0


def write_entries(
    connection: sa.Connection,
    feed_id: int,
    changes: Sequence[EntryChange],
    seen: Collection[str],
    at: datetime,
) -> bool:
    """Write what a document brought within the caller's transaction; whether it was anything."""
    columns = feed_entries.c
    renewed = (
        "url", "title", "digest", "updated", "payload", "state", "due_at", "reason", "attempts",
        "published_at", "last_seen_at",
    )  # fmt: skip
    rows = [
        {
            "feed_id": feed_id,
            "key": change.key,
            "identity": change.identity,
            "url": change.url,
            "title": change.title,
            "digest": change.digest,
            "updated": change.updated,
            "payload": dict(change.payload) if change.due_at else None,
            "state": WAITING if change.due_at else SKIPPED,
            "due_at": change.due_at,
            "reason": change.reason,
            "attempts": 0,
            "published_at": change.published_at,
            "first_seen_at": at,
            "last_seen_at": at,
            "versions": 0,
        }
        for change in changes
    ]
    if rows:
        statement = insert(connection, feed_entries)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["feed_id", "key"],
                set_={name: statement.excluded[name] for name in renewed},
            ),
            rows,
        )
    for some in within_limit(sorted(seen)):
        connection.execute(
            sa.update(feed_entries)
            .where(columns.feed_id == feed_id, columns.key.in_(some))
            .values(last_seen_at=at)
        )
    return bool(rows)


class FeedEntries:
    """The table `feed_entries`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def known(self, feed_id: int, identities: Iterable[str]) -> tuple[KnownEntry, ...]:
        """The entries of a feed that it calls by one of these names."""
        columns = feed_entries.c
        found: list[KnownEntry] = []
        query = sa.select(*(columns[name] for name in KnownEntry.__dataclass_fields__)).order_by(
            columns.id
        )
        with reading(self._engine) as connection:
            for some in within_limit(sorted(set(identities))):
                rows = connection.execute(
                    query.where(columns.feed_id == feed_id, columns.identity.in_(some))
                )
                found.extend(KnownEntry(**row) for row in rows.mappings())
        return tuple(found)

    def pending(self, feed_id: int, at: datetime) -> tuple[int, ...]:
        """Ids of a feed's entries whose article is to be had now, the newest story first."""
        columns = feed_entries.c
        query = (
            sa.select(columns.id)
            .where(columns.feed_id == feed_id, columns.due_at <= at)
            .order_by(columns.published_at.is_(None), columns.published_at.desc(), columns.id)
        )
        with reading(self._engine) as connection:
            return tuple(connection.execute(query).scalars())

    def load_pending(self, ids: Sequence[int]) -> tuple[PendingEntry, ...]:
        """These entries, in that order; those with nothing left to do are left out."""
        columns = feed_entries.c
        query = sa.select(*(columns[name] for name in PendingEntry.__dataclass_fields__))
        found: dict[int, PendingEntry] = {}
        with reading(self._engine) as connection:
            for some in within_limit(ids):
                chosen = query.where(columns.id.in_(some), columns.payload.is_not(None))
                for row in connection.execute(chosen).mappings():
                    found[row["id"]] = PendingEntry(**row)
        return tuple(found[one] for one in ids if one in found)

    def keep(self, had: Sequence[EntryArticle], *, at: datetime) -> None:
        """Note the articles that were had for entries at this moment; all or none.

        An article that is the next version of another supersedes it: its records take the other's
        place, save those that a human has touched.
        """
        groups: dict[tuple[bool, bool], list[dict[str, Any]]] = {}
        for one in sorted(had, key=lambda one: one.entry_id):
            shape = (one.page is not None, one.due_at is None)
            groups.setdefault(shape, []).append(_article_values(one, at))
        with writing(self._engine) as connection:
            for one in had:
                if one.supersedes is not None and one.supersedes != one.article_id:
                    _supersede(connection, one.supersedes, one.article_id)
            for (has_page, is_final), rows in groups.items():
                connection.execute(_keep_statement(has_page=has_page, is_final=is_final), rows)

    def put_off(self, entry_id: int, reason: str, *, due_at: datetime, attempts: int) -> None:
        """Note that an entry's page could not be had; it is tried again."""
        self._update(entry_id, due_at=due_at, reason=reason, attempts=attempts)

    def give_up(self, entry_id: int, reason: str, *, access: str | None = None) -> None:
        """Note that an entry's page is not to be had, for good.

        The article that stands for it so far goes on to do so; without one it has failed.
        """
        state = sa.case((feed_entries.c.article_id.is_(None), FAILED), else_=feed_entries.c.state)
        values: dict[str, Any] = {"state": state, "due_at": None, "reason": reason}
        if access is not None:
            values["access"] = access
        self._update(entry_id, payload=None, **values)

    def _update(self, entry_id: int, **values: Any) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(feed_entries).where(feed_entries.c.id == entry_id).values(**values)
            )

    def article_of_page(self, page: str, *, since: datetime) -> tuple[str, str] | None:
        """The article and access of a page that another entry brought at or after `since`."""
        columns = feed_entries.c
        query = (
            sa.select(columns.article_id, columns.access)
            .where(
                columns.url_digest == digest(page),
                columns.article_id.is_not(None),
                columns.fetched_at >= since,
            )
            .order_by(columns.fetched_at.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return (row.article_id, row.access) if row else None

    def lineage(self, article_id: str) -> frozenset[str]:
        """An article and the versions before it."""
        found: list[str] = [article_id]
        with reading(self._engine) as connection:
            while len(found) < _MAX_LINEAGE:
                query = sa.select(articles.c.previous_id).where(articles.c.id == found[-1])
                previous = connection.execute(query).scalar_one_or_none()
                if previous is None or previous in found:
                    break
                found.append(previous)
        return frozenset(found)

    def unextracted(self) -> tuple[tuple[str, int], ...]:
        """Articles of entries that no extractor is through with, with their length."""
        query = (
            sa.select(articles.c.id, articles.c.characters)
            .join(feed_entries, feed_entries.c.article_id == articles.c.id)
            .where(
                feed_entries.c.state == STORED,
                articles.c.near_duplicate_of.is_(None),
                ~_is_through(articles.c.id),
            )
            .group_by(articles.c.id, articles.c.characters)
            .order_by(sa.func.min(feed_entries.c.id))
        )
        with reading(self._engine) as connection:
            return tuple((row.id, row.characters) for row in connection.execute(query))

    def settle(self) -> int:
        """Close the entries whose article the extractor is through with; how many those were."""
        columns = feed_entries.c
        failed = _is_through(columns.article_id, "failed") & ~_is_through(
            columns.article_id, "done"
        )
        copies = sa.exists().where(
            articles.c.id == columns.article_id, articles.c.near_duplicate_of.is_not(None)
        )
        through = sa.or_(_is_through(columns.article_id), copies)
        with writing(self._engine) as connection:
            closed = connection.execute(
                sa.update(feed_entries)
                .where(columns.state == STORED, through)
                .values(state=sa.case((failed, FAILED), else_=DONE))
            )
            return closed.rowcount

    def counts(self) -> dict[int, dict[str, int]]:
        """Feed id → state → entries."""
        columns = feed_entries.c
        query = sa.select(columns.feed_id, columns.state, sa.func.count().label("number")).group_by(
            columns.feed_id, columns.state
        )
        found: dict[int, dict[str, int]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                found.setdefault(row.feed_id, {})[row.state] = row.number
        return found

    def oldest_waiting(self) -> dict[int, datetime]:
        """Feed id → when its longest waiting entry was first seen."""
        columns = feed_entries.c
        query = (
            sa.select(
                columns.feed_id,
                sa.func.min(columns.first_seen_at, type_=columns.first_seen_at.type).label("at"),
            )
            .join(feeds)
            .where(columns.state.in_([WAITING, STORED]))
            .group_by(columns.feed_id)
        )
        with reading(self._engine) as connection:
            return {row.feed_id: row.at for row in connection.execute(query)}


def _article_values(one: EntryArticle, at: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "entry": one.entry_id,
        "had_article": one.article_id,
        "had_state": DONE if one.is_copy else STORED,
        "had_access": one.access,
        "had_due_at": one.due_at,
        "had_reason": one.reason,
        "had_attempts": one.attempts,
    }
    if one.page is not None:
        values |= {"had_page": digest(one.page), "had_at": at}
    return values


def _keep_statement(*, has_page: bool, is_final: bool) -> sa.Update:
    """The statement of `FeedEntries.keep`, for many entries at once."""
    columns, bind = feed_entries.c, sa.bindparam
    is_new = sa.func.coalesce(columns.article_id, "") != bind("had_article", type_=sa.String)
    values: dict[str, Any] = {
        "article_id": bind("had_article", type_=sa.String),
        "state": bind("had_state"),
        "access": bind("had_access"),
        "due_at": bind("had_due_at", type_=columns.due_at.type),
        "reason": bind("had_reason"),
        "attempts": bind("had_attempts"),
        "versions": columns.versions + sa.case((is_new, 1), else_=0),
    }
    if has_page:
        values |= {
            "url_digest": bind("had_page"),
            "fetched_at": bind("had_at", type_=columns.fetched_at.type),
        }
    if is_final:
        values["payload"] = None
    return sa.update(feed_entries).where(columns.id == bind("entry")).values(**values)


def _is_through(article_id: sa.ColumnElement[Any], *states: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        extractions.c.article_id == article_id,
        extractions.c.state.in_(states or ("done", "failed")),
    )


def _supersede(connection: sa.Connection, old_id: str, new_id: str) -> None:
    """Let a stored article take the place of another.

    A text that comes back (a correction taken back) is current again, and keeps its own history.
    """
    columns = articles.c
    query = sa.select(columns.superseded_by).where(columns.id == new_id)
    row = connection.execute(query).first()
    if row is None:
        msg = f"article {new_id} cannot be a version of {old_id}: it is not stored"
        raise StoreError(msg)
    came_back = row.superseded_by is not None
    values = (
        {"superseded_by": None} if came_back else {"superseded_by": None, "previous_id": old_id}
    )
    connection.execute(sa.update(articles).where(columns.id == new_id).values(**values))
    connection.execute(sa.update(articles).where(columns.id == old_id).values(superseded_by=new_id))
