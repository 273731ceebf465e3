"""A deal in outline: what relations and news are made of, from a deal or from its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pipeline.link.deal import Deal
from pipeline.link.record import LinkParty
from pipeline.record import Kind, Status
from pipeline.values import Money, Qualifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The best values of a deal, the days of its first and last article, and who tells it.

    Attributes:
        sources: URLs or paths of its articles.
    """

    id: str
    kind: Kind
    status: Status
    buyer: tuple[LinkParty, ...]
    seller: tuple[LinkParty, ...]
    amount: Money | None
    first: date | None
    last: date | None
    sources: frozenset[str] = frozenset()


def outline_of(deal: Deal) -> Outline:
    """The outline of a deal."""
    return Outline(
        id=deal.id,
        kind=deal.kind.value,
        status=deal.status.value,
        buyer=tuple(party.party for party in deal.buyer),
        seller=tuple(party.party for party in deal.seller),
        amount=deal.amount.value if deal.amount else None,
        first=deal.first_published,
        last=deal.last_published,
        sources=frozenset(source for _record, source, _day in deal.sources),
    )


def outline_from_json(data: Mapping[str, Any]) -> Outline:
    """The outline of a deal that `deal_to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: a field is missing or of another form.
    """
    return Outline(
        id=data["id"],
        kind=Kind(data["kind"]["value"]),
        status=Status(data["status"]["value"]),
        buyer=tuple(_party(row) for row in data["buyer"]),
        seller=tuple(_party(row) for row in data["seller"]),
        amount=money_from_json(data["amount"]["value"]) if data["amount"] else None,
        first=_day(data["first_published"]),
        last=_day(data["last_published"]),
        sources=frozenset(record["source"] for record in data["records"]),
    )


def money_from_json(data: Mapping[str, Any]) -> Money:
    """The amount that `money_to_json` wrote."""

    def number(value: str | None) -> Decimal | None:
        return None if value is None else Decimal(value)

    return Money(
        value=number(data["value"]),
        low=number(data["low"]),
        high=number(data["high"]),
        currency=data["currency"],
        qualifier=Qualifier(data["qualifier"]),
        per=data["per"],
    )


def _party(row: Mapping[str, Any]) -> LinkParty:
    ids = frozenset(row["gazetteer_ids"])
    return LinkParty(name=row["name"], names=tuple(row["names"]), ids=ids, families=ids)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
