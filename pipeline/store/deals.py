"""Deals in the database: records of many articles that tell of one real deal.

What a deal is, and which records belong to it, pipeline/link decides; here it is kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.errors import StoreError
from pipeline.record import Party, decimal_text
from pipeline.store.dialect import insert, within_limit
from pipeline.store.engine import reading, writing
from pipeline.store.rows import amount_sort, fold_name, now, side_values, sortable_time
from pipeline.store.tables import deal_changes, deal_links_human, deal_parties, deal_records, deals
from pipeline.values import Money

_STREAMED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDeal:
    """A deal as the link step hands it over.

    Attributes:
        id: stable; never given to another deal.
        data: all there is to say of it, as JSON (best values, all values, time line, related).
        buyer, seller, amount, kind, status: its best values, to filter and sort by.
        first_published, last_published: of its articles.
        merged_into: the deal that it became part of; None where it stands for itself.
        record_ids: the records that tell of it.
        version: counts its changes; 0 before it was ever stored.
    """

    id: str
    kind: str
    status: str
    data: Mapping[str, Any]
    buyer: tuple[Party, ...] = ()
    seller: tuple[Party, ...] = ()
    amount: Money | None = None
    first_published: datetime | None = None
    last_published: datetime | None = None
    merged_into: str | None = None
    record_ids: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRow:
    """A stored deal as read back: `data` holds its values."""

    id: str
    kind: str
    status: str
    data: Mapping[str, Any]
    first_published_at: datetime | None
    last_published_at: datetime | None
    merged_into: str | None
    record_ids: tuple[str, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanLink:
    """A human's word that two records tell of the same deal, or (`same` False) do not."""

    record_a: str
    record_b: str
    same: bool
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealChange:
    """One line of the log of what became known.

    Attributes:
        change: new, amount, status, merged, split.
        data: before and after, and by which record.
        at: None for the present moment.
    """

    deal_id: str
    change: str
    data: Mapping[str, Any]
    run_id: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealFilter:
    """Which deals; an empty field asks nothing.

    Attributes:
        company: part of a party's name, or a gazetteer id.
        since: told by an article published at or after this.
        min_amount: in units of `currency`, or without one in the rough order of
            `rows.amount_sort`.
        merged: whether to bring deals that became part of another.
    """

    kinds: Sequence[str] = ()
    statuses: Sequence[str] = ()
    company: str | None = None
    since: datetime | None = None
    min_amount: float = 0.0
    currency: str | None = None
    merged: bool = False


class Deals:
    """The tables `deals`, `deal_parties`, `deal_records`, `deal_links_human`, `deal_changes`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def save(self, changed: Sequence[StoredDeal], changes: Sequence[DealChange] = ()) -> None:
        """Keep new and changed deals with their records and the log of what changed: all or none.

        A record belongs to one deal: a later deal in the list takes it from an earlier one.
        """
        with writing(self._engine) as connection:
            save_deals(connection, changed, changes)

    def load(self, deal_id: str) -> DealRow | None:
        """One deal, None where there is none of this id."""
        with reading(self._engine) as connection:
            query = sa.select(deals).where(deals.c.id == deal_id)
            rows = connection.execute(query).mappings().all()
            return next(iter(_with_members(connection, rows)), None)

    def stream(self, wanted: DealFilter | None = None) -> Iterator[DealRow]:
        """The deals asked for, those told of last first."""
        query = (
            sa.select(deals)
            .where(*_conditions(wanted or DealFilter()))
            .order_by(
                deals.c.last_published_at.is_(None), deals.c.last_published_at.desc(), deals.c.id
            )
        )
        with reading(self._engine) as connection:
            streamed = connection.execution_options(yield_per=_STREAMED_AT_ONCE).execute(query)
            for rows in streamed.mappings().partitions():
                yield from _with_members(connection, rows)

    def of_records(self, record_ids: Iterable[str]) -> dict[str, str]:
        """Record id → deal id, for those that belong to a deal."""
        found: dict[str, str] = {}
        columns = deal_records.c
        with reading(self._engine) as connection:
            for some in within_limit(sorted(set(record_ids))):
                query = sa.select(columns.record_id, columns.deal_id)
                rows = connection.execute(query.where(columns.record_id.in_(some)))
                found.update({row.record_id: row.deal_id for row in rows})
        return found

    def say(self, link: HumanLink) -> None:
        """Keep a human's link or unlink; a later word on the same two records replaces it.

        Raises:
            StoreError: a record linked with itself.
        """
        if link.record_a == link.record_b:
            msg = f"record {link.record_a} cannot be linked with itself; give two records"
            raise StoreError(msg)
        first, second = sorted((link.record_a, link.record_b))
        values = {"same": link.same, "by": link.by, "note": link.note, "at": now()}
        with writing(self._engine) as connection:
            connection.execute(
                insert(connection, deal_links_human)
                .values(record_a=first, record_b=second, **values)
                .on_conflict_do_update(index_elements=["record_a", "record_b"], set_=values)
            )

    def human_links(self) -> tuple[HumanLink, ...]:
        """Every link and unlink that humans have said, the oldest first."""
        columns = deal_links_human.c
        query = sa.select(
            columns.record_a, columns.record_b, columns.same, columns.by, columns.note
        ).order_by(columns.at, columns.record_a, columns.record_b)
        with reading(self._engine) as connection:
            return tuple(HumanLink(**row) for row in connection.execute(query).mappings())

    def changes(self, since: datetime | None = None) -> Iterator[DealChange]:
        """What became known at or after `since`, in the order in which it did."""
        columns = deal_changes.c
        query = sa.select(
            columns.deal_id, columns.change, columns.data, columns.run_id, columns.at
        ).order_by(columns.id)
        if since is not None:
            query = query.where(columns.at >= sortable_time(since))
        with reading(self._engine) as connection:
            streamed = connection.execution_options(yield_per=_STREAMED_AT_ONCE).execute(query)
            for row in streamed.mappings():
                yield DealChange(**row)


def save_deals(
    connection: sa.Connection, changed: Sequence[StoredDeal], changes: Sequence[DealChange] = ()
) -> None:
    """`Deals.save` within an open transaction."""
    at = now()
    # Those that stand for themselves first: merged ones refer to them.
    for deal in sorted(changed, key=lambda deal: (deal.merged_into is not None, deal.id)):
        _upsert(connection, deal, at)
    for deal in changed:
        _write_members(connection, deal, at)
    if changes:
        connection.execute(
            sa.insert(deal_changes),
            [
                {
                    "deal_id": change.deal_id,
                    "change": change.change,
                    "data": dict(change.data),
                    "run_id": change.run_id,
                    "at": change.at or at,
                }
                for change in changes
            ],
        )


def drop_deals(connection: sa.Connection, deal_ids: Iterable[str]) -> None:
    """Forget deals of which nothing is left, with those that had become part of them.

    The log of changes keeps what it says of them.
    """
    waiting = sorted(set(deal_ids))
    doomed: list[str] = []
    while waiting:
        doomed += waiting
        query = sa.select(deals.c.id).where(deals.c.merged_into.in_(waiting))
        waiting = sorted(set(connection.execute(query).scalars()) - set(doomed))
    for deal_id in doomed[::-1]:
        connection.execute(sa.delete(deal_records).where(deal_records.c.deal_id == deal_id))
        connection.execute(sa.delete(deals).where(deals.c.id == deal_id))


def _upsert(connection: sa.Connection, deal: StoredDeal, at: datetime) -> None:
    least = deal.amount.least if deal.amount else None
    values = {
        "kind": deal.kind,
        "status": deal.status,
        "data": dict(deal.data),
        "amount": decimal_text(least) if least is not None else None,
        "currency": deal.amount.currency if deal.amount else None,
        "amount_sort": amount_sort(deal.amount),
        "first_published_at": sortable_time(deal.first_published),
        "last_published_at": sortable_time(deal.last_published),
        "merged_into": deal.merged_into,
        "updated_at": at,
    }
    connection.execute(
        insert(connection, deals)
        .values(id=deal.id, version=1, created_at=at, **values)
        .on_conflict_do_update(
            index_elements=["id"], set_=values | {"version": deals.c.version + 1}
        )
    )
    connection.execute(sa.delete(deal_parties).where(deal_parties.c.deal_id == deal.id))
    rows = [
        {"deal_id": deal.id, **row}
        for side, parties in (("buyer", deal.buyer), ("seller", deal.seller))
        for row in side_values(side, parties)
    ]
    if rows:
        connection.execute(sa.insert(deal_parties), rows)


def _write_members(connection: sa.Connection, deal: StoredDeal, at: datetime) -> None:
    columns = deal_records.c
    members = sorted(set(deal.record_ids))
    gone = sa.delete(deal_records).where(columns.deal_id == deal.id)
    connection.execute(gone.where(columns.record_id.not_in(members)) if members else gone)
    if members:
        statement = insert(connection, deal_records)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["record_id"],
                set_={"deal_id": deal.id, "added_at": at},
                where=columns.deal_id != deal.id,
            ),
            [{"record_id": m, "deal_id": deal.id, "added_at": at} for m in members],
        )


def _with_members(connection: sa.Connection, rows: Sequence[sa.RowMapping]) -> Iterator[DealRow]:
    members: dict[str, list[str]] = {}
    columns = deal_records.c
    for some in within_limit([row["id"] for row in rows]):
        query = sa.select(columns.deal_id, columns.record_id).where(columns.deal_id.in_(some))
        for member in connection.execute(query.order_by(columns.record_id)):
            members.setdefault(member.deal_id, []).append(member.record_id)
    for row in rows:
        yield DealRow(
            id=row["id"],
            kind=row["kind"],
            status=row["status"],
            data=row["data"],
            first_published_at=row["first_published_at"],
            last_published_at=row["last_published_at"],
            merged_into=row["merged_into"],
            record_ids=tuple(members.get(row["id"], ())),
            version=row["version"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )


def _conditions(wanted: DealFilter) -> list[sa.ColumnElement[bool]]:
    columns = deals.c
    found: list[sa.ColumnElement[bool]] = []
    if wanted.kinds:
        found.append(columns.kind.in_(wanted.kinds))
    if wanted.statuses:
        found.append(columns.status.in_(wanted.statuses))
    if wanted.since is not None:
        found.append(columns.last_published_at >= sortable_time(wanted.since))
    if wanted.currency is not None:
        found.append(columns.currency == wanted.currency)
        found.append(sa.cast(columns.amount, sa.Double) >= wanted.min_amount)
    elif wanted.min_amount > 0:
        found.append(columns.amount_sort >= wanted.min_amount)
    if wanted.company:
        found.append(
            sa.exists().where(
                deal_parties.c.deal_id == columns.id,
                sa.or_(
                    deal_parties.c.gazetteer_id == wanted.company,
                    deal_parties.c.folded.contains(fold_name(wanted.company), autoescape=True),
                ),
            )
        )
    if not wanted.merged:
        found.append(columns.merged_into.is_(None))
    return found
