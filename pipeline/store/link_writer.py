"""What linking did to deals, written down: the deals themselves and the log of what is new."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Protocol

import sqlalchemy as sa

from pipeline.link import Decision, LinkParty, LinkRecord, Outcome
from pipeline.link.deal import Deal, make_deal
from pipeline.link.dealjson import deal_to_json
from pipeline.link.kit import LinkKit
from pipeline.link.news import News, news_of_deal, news_of_end, parties_text
from pipeline.link.outline import Outline, outline_from_json
from pipeline.record import Party
from pipeline.store.deals import DealChange, StoredDeal, drop_deals, save_deals
from pipeline.store.dialect import within_limit
from pipeline.store.rows import JAPAN
from pipeline.store.tables import deals, records


@dataclass(slots=True, kw_only=True)
class End:
    """How deals stand after some operations on the ledger.

    Attributes:
        standing: deal → its records in order of day.
        gone: deal → what it became part of; None where nothing is left of it.
        before: deal → its records before.
    """

    standing: dict[str, tuple[str, ...]]
    gone: dict[str, str | None]
    before: dict[str, tuple[str, ...]]
    beaten: tuple[Decision, ...] = ()

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> "End":
        """How deals stand after operations, given in the order in which they were done."""
        end = cls(standing={}, gone={}, before={})
        for outcome in outcomes:
            for deal_id, into in outcome.gone.items():
                end.standing.pop(deal_id, None)
                end.gone[deal_id] = into
            for deal_id, members in outcome.deals.items():
                end.gone.pop(deal_id, None)
                end.standing[deal_id] = members
            end.before = dict(outcome.before) | end.before
            end.beaten += outcome.beaten
        return end

    def was_in(self, record_id: str) -> str | None:
        """The deal that a record was in before."""
        return next((deal for deal, told in self.before.items() if record_id in told), None)


class Linked(Protocol):
    """Where link records are found by their ids."""

    def linked(self, record_ids: Collection[str]) -> dict[str, LinkRecord]:
        """Those that are there."""


class DealWriter:
    """Makes deals of what was linked, and writes them with the log of what is new."""

    def __init__(
        self,
        connection: sa.Connection,
        kit: LinkKit,
        source: Linked,
        *,
        added: Collection[str] = frozenset(),
        run_id: int | None = None,
        cause: str | None = None,
    ) -> None:
        self._connection = connection
        self._kit = kit
        self._source = source
        self._added = added
        self._run_id = run_id
        self._cause = cause

    def write(self, end: End) -> tuple[tuple[str, ...], tuple[DealChange, ...]]:
        """Write deals that stand and that are gone.

        Returns:
            ids of the deals written, and the changes logged.
        """
        rows = self._rows([*end.standing, *end.gone])
        changed: list[StoredDeal] = []
        news: list[News] = []
        for deal_id, members in end.standing.items():
            row = rows.get(deal_id)
            told = self._source.linked(members)
            deal = make_deal(deal_id, told.values(), self._kit.cues.trust_of)
            data = deal_to_json(deal)
            if row is not None and row["merged_into"] is None and row["data"] == data:
                continue
            changed.append(_stored(deal, data))
            news += self._news(deal, row, end)
        lost = []
        for deal_id, into in end.gone.items():
            row = rows.get(deal_id)
            if row is None:
                continue  # came and went within this transaction
            outline = outline_from_json(row["data"])
            if into is None:
                lost.append(deal_id)
            else:
                changed.append(_merged(outline, row["data"], into))
            if row["merged_into"] is None:
                news.append(news_of_end(deal_id, into, parties_text(outline)))
        changes = [self._change(one) for one in news]
        save_deals(self._connection, self._only_stored(changed), changes)
        drop_deals(self._connection, lost)
        return tuple(deal.id for deal in changed), tuple(changes)

    def _rows(self, deal_ids: Sequence[str]) -> dict[str, sa.RowMapping]:
        found: dict[str, sa.RowMapping] = {}
        for some in within_limit(sorted(deal_ids)):
            query = sa.select(deals.c.id, deals.c.data, deals.c.merged_into)
            rows = self._connection.execute(query.where(deals.c.id.in_(some)))
            found.update({row["id"]: row for row in rows.mappings()})
        return found

    def _news(self, deal: Deal, row: sa.RowMapping | None, end: End) -> tuple[News, ...]:
        fresh = tuple(record for record in deal.records if record in self._added)
        if row is not None and row["merged_into"] is None:
            return news_of_deal(outline_from_json(row["data"]), deal, fresh)
        parted_from = row["merged_into"] if row is not None else None
        if parted_from is None and len(fresh) < len(deal.records):
            parted_from = end.was_in(next(r for r in deal.records if r not in self._added))
        return news_of_deal(None, deal, fresh, parted_from)

    def _change(self, news: News) -> DealChange:
        data = dict(news.data)
        if self._cause is not None:
            data["cause"] = self._cause
        return DealChange(
            deal_id=news.deal_id, change=news.change.value, data=data, run_id=self._run_id
        )

    def _only_stored(self, changed: Sequence[StoredDeal]) -> list[StoredDeal]:
        """The deals without records that were dropped meanwhile: the next run parts from those."""
        wanted = sorted({record for deal in changed for record in deal.record_ids})
        there: set[str] = set()
        for some in within_limit(wanted):
            query = sa.select(records.c.id).where(records.c.id.in_(some))
            there.update(self._connection.execute(query).scalars())
        return [
            replace(deal, record_ids=tuple(r for r in deal.record_ids if r in there))
            for deal in changed
        ]


def _stored(deal: Deal, data: Mapping[str, Any]) -> StoredDeal:
    return StoredDeal(
        id=deal.id,
        kind=deal.kind.value.value,
        status=deal.status.value.value,
        data=data,
        buyer=tuple(_party(party.party) for party in deal.buyer),
        seller=tuple(_party(party.party) for party in deal.seller),
        amount=deal.amount.value if deal.amount else None,
        first_published=_morning(deal.first_published),
        last_published=_morning(deal.last_published),
        record_ids=deal.records,
    )


def _merged(outline: Outline, data: Mapping[str, Any], into: str) -> StoredDeal:
    """A deal that became part of another: as it was, for those who look for it by its id."""
    return StoredDeal(
        id=outline.id,
        kind=outline.kind.value,
        status=outline.status.value,
        data=data,
        buyer=tuple(_party(party) for party in outline.buyer),
        seller=tuple(_party(party) for party in outline.seller),
        amount=outline.amount,
        first_published=_morning(outline.first),
        last_published=_morning(outline.last),
        merged_into=into,
    )


def _party(party: LinkParty) -> Party:
    return Party(
        name=party.name, surfaces=party.names, gazetteer_id=min(party.ids) if party.ids else None
    )


def _morning(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=JAPAN) if day else None
