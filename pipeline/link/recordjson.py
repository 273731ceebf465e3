"""A link record as JSON and back: stores keep it as it was linked, whatever becomes of the record."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pipeline.link.dealjson import money_to_json
from pipeline.link.outline import money_from_json
from pipeline.link.record import LinkParty, LinkRecord
from pipeline.record import Kind, Status, decimal_text
from pipeline.values import Qualifier


def link_record_to_json(record: LinkRecord) -> dict[str, Any]:
    """The record as JSON-ready data; slots that are empty are left out."""
    data: dict[str, Any] = {
        "id": record.id,
        "article": record.article,
        "published": record.published.isoformat() if record.published else None,
        "source": record.source,
        "kind": record.kind.value,
        "status": record.status.value,
        "buyer": [_party_to_json(party) for party in record.buyer],
        "seller": [_party_to_json(party) for party in record.seller],
        "amount": money_to_json(record.amount) if record.amount else None,
        "amount_max": _text(record.amount_max),
        "term_months": _text(record.term_months),
        "term_start": record.term_start,
        "term_end": record.term_end,
        "chips": list(record.chips),
        "quotes": list(record.quotes),
        "capacity_mw": _text(record.capacity_mw),
        "confidence": record.confidence,
        "by_human": record.by_human,
    }
    if record.count is not None:
        data["count"] = [
            decimal_text(record.count),
            record.count_qualifier.value,
            record.count_unit,
        ]
    return {name: value for name, value in data.items() if value not in (None, [], "", False)}


def link_record_from_json(data: Mapping[str, Any]) -> LinkRecord:
    """The record that `link_record_to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: a field is missing or of another form.
    """
    count: Sequence[str] = data.get("count", ())
    published = data.get("published")
    return LinkRecord(
        id=data["id"],
        article=data["article"],
        published=date.fromisoformat(published) if published else None,
        source=data.get("source", ""),
        kind=Kind(data["kind"]),
        status=Status(data["status"]),
        buyer=tuple(_party_from_json(row) for row in data.get("buyer", ())),
        seller=tuple(_party_from_json(row) for row in data.get("seller", ())),
        amount=money_from_json(data["amount"]) if "amount" in data else None,
        amount_max=_number(data.get("amount_max")),
        term_months=_number(data.get("term_months")),
        term_start=data.get("term_start"),
        term_end=data.get("term_end"),
        chips=tuple(data.get("chips", ())),
        count=_number(count[0]) if count else None,
        count_qualifier=Qualifier(count[1]) if count else Qualifier.EXACT,
        count_unit=count[2] if count else "",
        capacity_mw=_number(data.get("capacity_mw")),
        quotes=tuple(data.get("quotes", ())),
        confidence=data.get("confidence", 0.0),
        by_human=data.get("by_human", False),
    )


def _party_to_json(party: LinkParty) -> dict[str, Any]:
    data: dict[str, Any] = {"names": list(party.names)}
    if party.ids:
        data |= {"ids": sorted(party.ids), "families": sorted(party.families)}
    return data


def _party_from_json(data: Mapping[str, Any]) -> LinkParty:
    return LinkParty(
        name=data["names"][0],
        names=tuple(data["names"]),
        ids=frozenset(data.get("ids", ())),
        families=frozenset(data.get("families", ())),
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
