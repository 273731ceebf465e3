"""Figures for the dashboard: what there is, and what review makes of the extractor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline.store.engine import reading
from pipeline.store.records import UNREVIEWED
from pipeline.store.review_filter import QueueFilter, Viewer, conditions_of
from pipeline.store.review_tables import reviews
from pipeline.store.tables import articles, record_parties, records

_NO_DEALS = ("rejected", "merged", "withdrawn")
_MAY_BE_DEALS = (UNREVIEWED, "edited", "accepted", "disputed")
LARGEST_SHOWN = 150
NOBODY = Viewer(user_id=0, now=datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyCount:
    """How often a party stands on a side; `key` finds its records in the queue."""

    key: str
    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """How many records have this buyer and this seller."""

    buyer: PartyCount
    seller: PartyCount
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountPoint:
    """A record's amount at its article's time; `size` is `rows.amount_sort`."""

    record_id: str
    kind: str
    at: datetime
    size: float
    amount: str
    currency: str
    parties: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """What reviewers made of one extractor version's records.

    Attributes:
        verdicts: strings of pipeline/review/compare.py with how many accepted records have each.
        accepted, rejected: of the records that the extractor found.
        missed: accepted records that only a reviewer found.
    """

    verdicts: tuple[tuple[str, int], ...]
    accepted: int
    rejected: int
    missed: int


class Stats:
    """Reads figures; writes nothing. `wanted` narrows them down; states are left aside."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def weeks(self, wanted: QueueFilter) -> list[tuple[date, str, int]]:
        """Records by the Monday of their week (in Japan) and kind, oldest first."""
        day = self._day().label("day")
        query = (
            sa.select(day, records.c.kind, sa.func.count())
            .where(*self._where(wanted), records.c.published_at.is_not(None))
            .group_by(day, records.c.kind)
        )
        found: dict[tuple[date, str], int] = {}
        for text, kind, number in self._all(query):
            at = date.fromisoformat(str(text))
            monday = at - timedelta(days=at.weekday())
            found[monday, kind] = found.get((monday, kind), 0) + number
        return [(monday, kind, number) for (monday, kind), number in sorted(found.items())]

    def parties(self, wanted: QueueFilter, side: str, limit: int) -> list[PartyCount]:
        """The parties that stand most often on a side, most frequent first."""
        table, number = record_parties, sa.func.count()
        key = _key(table)
        query = (
            sa.select(key, number)
            .where(table.c.side == side, self._counts(table.c.record_id, wanted))
            .group_by(key)
            .order_by(number.desc(), key)
            .limit(limit)
        )
        rows = self._all(query)
        names = self._names([row[0] for row in rows])
        return [PartyCount(key=row[0], name=names[row[0]], number=row[1]) for row in rows]

    def edges(self, wanted: QueueFilter, limit: int) -> list[Edge]:
        """Who buys from whom, most records first."""
        buyer, seller = record_parties.alias("buyer"), record_parties.alias("seller")
        keys, number = (_key(buyer), _key(seller)), sa.func.count()
        query = (
            sa.select(*keys, number.label("number"))
            .select_from(buyer.join(seller, seller.c.record_id == buyer.c.record_id))
            .where(
                buyer.c.side == "buyer",
                seller.c.side == "seller",
                self._counts(buyer.c.record_id, wanted),
            )
            .group_by(*keys)
            .order_by(number.desc(), *keys)
            .limit(limit)
        )
        rows = self._all(query)
        names = self._names([key for row in rows for key in row[:2]])
        return [
            Edge(
                buyer=PartyCount(key=row[0], name=names[row[0]], number=row[2]),
                seller=PartyCount(key=row[1], name=names[row[1]], number=row[2]),
                number=row[2],
            )
            for row in rows
        ]

    def largest(self, wanted: QueueFilter) -> list[AmountPoint]:
        """The largest dated amounts, largest first."""
        columns = records.c
        found: list[sa.Row[Any]] = []
        for state in _MAY_BE_DEALS:  # one walk along an index each
            query = (
                sa.select(
                    columns.id,
                    columns.kind,
                    columns.published_at,
                    columns.amount_sort,
                    columns.amount,
                    columns.currency,
                    columns.data,
                )
                .where(
                    columns.state == state,
                    columns.published_at.is_not(None),
                    columns.amount_sort > 0,
                    *conditions_of(wanted, NOBODY, self._engine.dialect.name),
                )
                .order_by(columns.amount_sort.desc(), columns.id.desc())
                .limit(LARGEST_SHOWN)
            )
            found += self._all(query)
        found.sort(key=lambda row: (-row.amount_sort, row.id))
        return [
            AmountPoint(
                record_id=row.id,
                kind=row.kind,
                at=row.published_at,
                size=row.amount_sort,
                amount=row.amount,
                currency=row.currency,
                parties=_party_line(row.data),
            )
            for row in found[:LARGEST_SHOWN]
        ]

    def precision(self, version: str | None = None) -> Precision:
        """What reviewers made of the extractor's records (of one version, or of all)."""
        by_version = [reviews.c.machine_version == version] if version else []
        query = (
            sa.select(reviews.c.verdicts, sa.func.count())
            .where(reviews.c.verdicts.is_not(None), *by_version)
            .group_by(reviews.c.verdicts)
        )
        verdicts = tuple((row[0], row[1]) for row in self._all(query))
        states = (
            sa.select(reviews.c.origin, records.c.state, sa.func.count())
            .select_from(reviews.join(records, records.c.id == reviews.c.record_id))
            .where(records.c.state.in_(("accepted", "rejected")), *by_version)
            .group_by(reviews.c.origin, records.c.state)
        )
        found = {(row[0], row[1]): int(row[2]) for row in self._all(states)}
        return Precision(
            verdicts=verdicts,
            accepted=found.get(("extractor", "accepted"), 0),
            rejected=found.get(("extractor", "rejected"), 0),
            missed=found.get(("reviewer", "accepted"), 0),
        )

    def versions(self) -> list[str]:
        """Extractor versions whose records were reviewed."""
        query = sa.select(reviews.c.machine_version).distinct()
        return sorted(row[0] for row in self._all(query) if row[0])

    def _where(self, wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
        conditions = conditions_of(wanted, NOBODY, self._engine.dialect.name)
        return [*conditions, records.c.state.in_(_MAY_BE_DEALS)]

    def _counts(
        self, record_id: sa.ColumnElement[str], wanted: QueueFilter
    ) -> sa.ColumnElement[bool]:
        """A record of this id is asked for.

        Where nothing is asked for, the few that are no deals are left out instead of the many
        that are being looked up.
        """
        if wanted == QueueFilter(states=wanted.states):
            no_deals = sa.select(records.c.id).where(records.c.state.in_(_NO_DEALS))
            replaced = (
                sa.select(records.c.id)
                .select_from(articles.join(records, records.c.article_id == articles.c.id))
                .where(articles.c.superseded_by > "", records.c.state == UNREVIEWED)
            )
            return record_id.not_in(sa.union_all(no_deals, replaced))
        return record_id.in_(sa.select(records.c.id).where(*self._where(wanted)))

    def _names(self, keys: Sequence[str]) -> dict[str, str]:
        """A name for each key: the gazetteer's, or as first written."""
        table = record_parties
        by_id = sa.select(table.c.gazetteer_id, sa.func.min(table.c.name))
        by_id = by_id.where(table.c.gazetteer_id.in_(keys)).group_by(table.c.gazetteer_id)
        by_name = sa.select(table.c.folded, sa.func.min(table.c.name))
        by_name = by_name.where(table.c.folded.in_(keys), table.c.gazetteer_id.is_(None))
        found = {row[0]: row[1] for row in self._all(by_name.group_by(table.c.folded))}
        return found | {row[0]: row[1] for row in self._all(by_id)}

    def _day(self) -> sa.ColumnElement[Any]:
        at = records.c.published_at
        if self._engine.dialect.name == "sqlite":
            return sa.func.date(at, "+9 hours")
        return sa.cast(sa.func.timezone("Asia/Tokyo", at), sa.Date)

    def _all(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
        with reading(self._engine) as connection:
            return connection.execute(query).all()


def _key(table: Any) -> sa.ColumnElement[str]:
    return sa.func.coalesce(table.c.gazetteer_id, table.c.folded)


def _party_line(data: dict[str, Any]) -> str:
    sides = ("、".join(p["name"] for p in data[side]) for side in ("buyer", "seller"))
    return " ← ".join(names for names in sides if names)
