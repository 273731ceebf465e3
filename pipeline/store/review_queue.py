"""The review queue: which records come, in which order, a page at a time.

Every page is read from an index that holds both the order and the columns that are filtered by;
where the last page ended is remembered by the value and id of its last record, so that the
thousandth page costs what the first does.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pipeline.record import DealRecord, from_json
from pipeline.store.engine import reading
from pipeline.store.records import UNREVIEWED
from pipeline.store.review_filter import (
    Flag,
    Lookup,
    QueueFilter,
    Viewer,
    conditions_of,
    free_for,
    look_up,
    not_read_by,
    skipped_by,
)
from pipeline.store.review_tables import review_locks, review_readings, reviews, users
from pipeline.store.tables import articles, records

# Beyond so many, only "more than" is told; words and parties cost a look elsewhere each.
COUNTED = 10_000
COUNTED_ELSEWHERE = 1_000
_FRESH = 2.0  # seconds for which it is kept who a party that is asked for may be
ALL_STATES = (
    UNREVIEWED,
    "edited",
    "accepted",
    "rejected",
    "disputed",
    "merged",
    "withdrawn",
)


class Sort(StrEnum):
    """What comes first."""

    STAKE = "stake"  # the largest amount that is likely wrong
    UNCERTAIN = "uncertain"  # the least confidence
    AMOUNT = "amount"  # the largest amount
    NEWEST = "newest"
    OLDEST = "oldest"


_COLUMNS = {
    Sort.STAKE: (records.c.at_stake, True),
    Sort.UNCERTAIN: (records.c.confidence, False),
    Sort.AMOUNT: (records.c.amount_sort, True),
    Sort.NEWEST: (records.c.published_at, True),
    Sort.OLDEST: (records.c.published_at, False),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the sort value (None for undated) and id of its last record."""

    value: float | datetime | None
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One line of the queue."""

    record: DealRecord
    title: str
    source: str
    published: str | None
    state: str
    version: int
    origin: str
    locked_by: str | None
    has_conflict: bool
    has_disagreement: bool
    is_double: bool
    place: Place


class Queue:
    """Reads the queue; writes nothing."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._looked_up: tuple[QueueFilter, float, Lookup] | None = None

    def _look_up(self, connection: sa.Connection, wanted: QueueFilter) -> Lookup:
        """`look_up`, once for a page and its count, which are asked for one after the other."""
        last, at = self._looked_up, time.monotonic()
        if last is not None and last[0] == wanted and at - last[1] < _FRESH:
            return last[2]
        found = look_up(connection, wanted)
        self._looked_up = (wanted, at, found)
        return found

    def page(
        self,
        wanted: QueueFilter,
        sort: Sort,
        viewer: Viewer,
        *,
        size: int,
        after: Place | None = None,
    ) -> tuple[tuple[QueueRow, ...], bool]:
        """A page of records, and whether more follow."""
        with reading(self._engine) as connection:
            looked = self._look_up(connection, wanted)
            found = _ids(connection, wanted, sort, viewer, size + 1, after, looked)
            rows = _rows(connection, [one.record_id for one in found[:size]], viewer)
        return tuple(
            _row(rows[one.record_id], one) for one in found[:size] if one.record_id in rows
        ), len(found) > size

    def open_ids(
        self,
        wanted: QueueFilter,
        sort: Sort,
        viewer: Viewer,
        *,
        size: int,
        leave_out: Sequence[str] = (),
        skipped: bool = False,
    ) -> list[str]:
        """The next records that this user can decide about: nobody has them open.

        `leave_out` are ids that do not count; `skipped` brings what the user has skipped,
        instead of the rest.
        """
        conditions = [free_for(viewer), not_read_by(viewer), skipped_by(viewer, wanted=skipped)]
        if leave_out:
            conditions.append(records.c.id.not_in(leave_out))
        with reading(self._engine) as connection:
            looked = self._look_up(connection, wanted)
            found = _ids(connection, wanted, sort, viewer, size, None, looked, conditions)
        return [one.record_id for one in found]

    def count(self, wanted: QueueFilter, viewer: Viewer) -> tuple[int, bool]:
        """How many records are asked for, and whether there are more than were counted."""
        elsewhere = (wanted.words, wanted.party, wanted.buyer, wanted.seller, wanted.source)
        most = COUNTED_ELSEWHERE if any(elsewhere) else COUNTED
        with reading(self._engine) as connection:
            looked = self._look_up(connection, wanted)
            dialect = connection.dialect.name
            conditions = conditions_of(wanted, viewer, dialect, looked)
            if wanted.states:
                conditions.append(records.c.state.in_(wanted.states))
            limited = sa.select(records.c.id).where(*conditions).limit(most + 1).subquery()
            number = connection.execute(sa.select(sa.func.count()).select_from(limited))
            found = int(number.scalar_one())
        return min(found, most), found > most

    def counts_by_state(self) -> dict[str, int]:
        """State → records, of all there are."""
        query = sa.select(records.c.state, sa.func.count()).group_by(records.c.state)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def counts_by_flag(self, viewer: Viewer) -> dict[Flag, int]:
        """How many records of each flag there are, at most `COUNTED`."""
        return {flag: self.count(QueueFilter(flag=flag), viewer)[0] for flag in Flag}

    def decided_since(self, since: datetime, user: str | None = None) -> int:
        """Decisions that stand, made at or after a moment, by one user or by all."""
        query = sa.select(sa.func.count()).where(reviews.c.decided_at >= since)
        query = query.where(
            reviews.c.decided_by.is_not(None) if user is None else reviews.c.decided_by == user
        )
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())


def stream_ids(
    connection: sa.Connection, wanted: QueueFilter, sort: Sort, viewer: Viewer, *, size: int
) -> Iterator[list[str]]:
    """All ids that are asked for, in order, some at a time."""
    after: Place | None = None
    looked = look_up(connection, wanted)
    while True:
        found = _ids(connection, wanted, sort, viewer, size, after, looked)
        if not found:
            return
        yield [one.record_id for one in found]
        after = found[-1]


def _ids(
    connection: sa.Connection,
    wanted: QueueFilter,
    sort: Sort,
    viewer: Viewer,
    limit: int,
    after: Place | None,
    looked: Lookup,
    more: Sequence[sa.ColumnElement[bool]] = (),
) -> list[Place]:
    """The first ids in order.

    One state is one walk along the index, and several are merged; but what few records can have is
    gathered once, for all states together.
    """
    if wanted.article_id or wanted.deal_id or wanted.flag:
        return _few_ids(connection, wanted, sort, viewer, limit, after, looked, more)
    dialect = connection.dialect.name
    conditions = [*conditions_of(wanted, viewer, dialect, looked, in_order=True), *more]
    column, descending = _COLUMNS[sort]
    undated = column is records.c.published_at
    states = wanted.states or ALL_STATES
    found: list[Place] = []
    for together in [states] if looked.is_gathered else [(state,) for state in states]:
        own = [records.c.state.in_(together), *conditions]
        walk = _walk(column, descending, limit)
        if not undated:
            query = walk(own, after)
            found += [Place(row.value, row.id) for row in connection.execute(query)]
            continue
        dated = [*own, column.is_not(None)]
        if after is None or after.value is not None:
            query = walk(dated, after)
            found += [Place(row.value, row.id) for row in connection.execute(query)]
        query = walk([*own, column.is_(None)], after if after and after.value is None else None)
        found += [Place(row.value, row.id) for row in connection.execute(query)]
    return _in_order(found, descending=descending)[:limit]


def _few_ids(
    connection: sa.Connection,
    wanted: QueueFilter,
    sort: Sort,
    viewer: Viewer,
    limit: int,
    after: Place | None,
    looked: Lookup,
    more: Sequence[sa.ColumnElement[bool]],
) -> list[Place]:
    """Of one article, one deal or one flag: all at once, for an order's index is no help there."""
    column, descending = _COLUMNS[sort]
    dialect = connection.dialect.name
    conditions = [*conditions_of(wanted, viewer, dialect, looked), *more]
    query = sa.select(column.label("value"), records.c.id, records.c.state).where(*conditions)
    states = wanted.states or ALL_STATES
    found = [Place(row.value, row.id) for row in connection.execute(query) if row.state in states]
    if after is not None:
        found = [one for one in found if one.record_id != after.record_id]
        ordered = _in_order([*found, after], descending=descending)
        return ordered[ordered.index(after) + 1 :][:limit]
    return _in_order(found, descending=descending)[:limit]


def _walk(
    column: sa.Column[Any], descending: bool, limit: int
) -> Callable[[list[sa.ColumnElement[bool]], Place | None], sa.Select[Any]]:
    def walk(conditions: list[sa.ColumnElement[bool]], after: Place | None) -> sa.Select[Any]:
        query = sa.select(column.label("value"), records.c.id).where(*conditions)
        if after is not None:
            query = query.where(_beyond(column, descending, after))
        if descending:
            return query.order_by(column.desc(), records.c.id.desc()).limit(limit)
        return query.order_by(column, records.c.id).limit(limit)

    return walk


def _beyond(column: sa.Column[Any], descending: bool, after: Place) -> sa.ColumnElement[bool]:
    identity = records.c.id
    if after.value is None:
        return identity < after.record_id if descending else identity > after.record_id
    value = sa.literal(after.value, column.type)
    here, there = sa.tuple_(column, identity), sa.tuple_(value, sa.literal(after.record_id))
    return here < there if descending else here > there


def _in_order(found: list[Place], *, descending: bool) -> list[Place]:
    dated = [one for one in found if one.value is not None]
    undated = [one for one in found if one.value is None]

    def key(one: Place) -> tuple[Any, str]:
        return one.value, one.record_id

    dated.sort(key=key, reverse=descending)
    undated.sort(key=lambda one: one.record_id, reverse=descending)
    return dated + undated


def _rows(
    connection: sa.Connection, ids: list[str], viewer: Viewer
) -> dict[str, Mapping[Any, Any]]:
    double = sa.exists().where(
        review_readings.c.record_id == records.c.id, sa.not_(review_readings.c.closed)
    )
    query = (
        sa.select(
            records.c.id,
            records.c.data,
            records.c.state,
            records.c.version,
            records.c.disagreement.is_not(None).label("has_disagreement"),
            articles.c.title,
            articles.c.source,
            articles.c.published,
            reviews.c.origin,
            reviews.c.conflict_event,
            users.c.name.label("locked_by"),
            double.label("is_double"),
        )
        .select_from(
            records.join(articles)
            .outerjoin(reviews, reviews.c.record_id == records.c.id)
            .outerjoin(
                review_locks,
                sa.and_(
                    review_locks.c.record_id == records.c.id,
                    review_locks.c.until > viewer.now,
                    review_locks.c.user_id != viewer.user_id,
                ),
            )
            .outerjoin(users, users.c.id == review_locks.c.user_id)
        )
        .where(records.c.id.in_(ids))
    )
    return {row["id"]: row for row in connection.execute(query).mappings()}


def _row(row: Mapping[Any, Any], place: Place) -> QueueRow:
    return QueueRow(
        record=from_json(row["data"]),
        title=row["title"],
        source=row["source"],
        published=row["published"],
        state=row["state"],
        version=row["version"],
        origin=row["origin"] or "extractor",
        locked_by=row["locked_by"],
        has_conflict=row["conflict_event"] is not None,
        has_disagreement=bool(row["has_disagreement"]),
        is_double=bool(row["is_double"]),
        place=place,
    )
