"""A record as one flat row, and what kind each column is."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pipeline.record import Party, Slot, to_json
from pipeline.store import StoredRecord
from pipeline.values import Quantity


class Form(StrEnum):
    """What a column holds."""

    TEXT = "text"
    LIST = "list"  # of texts
    NUMBER = "number"  # Decimal
    SHARE = "share"  # 0 to 1
    TIME = "time"  # aware
    FLAG = "flag"


COLUMNS: Mapping[str, Form] = {
    "record_id": Form.TEXT,
    "article_id": Form.TEXT,
    "kind": Form.TEXT,
    "status": Form.TEXT,
    "buyer": Form.LIST,
    "buyer_id": Form.LIST,
    "seller": Form.LIST,
    "seller_id": Form.LIST,
    "amount": Form.NUMBER,
    "amount_low": Form.NUMBER,
    "amount_high": Form.NUMBER,
    "currency": Form.TEXT,
    "amount_qualifier": Form.TEXT,
    "amount_per": Form.TEXT,
    "amount_max": Form.NUMBER,
    "term_months": Form.NUMBER,
    "term_start": Form.TEXT,
    "term_end": Form.TEXT,
    "chips": Form.LIST,
    "count": Form.NUMBER,
    "count_low": Form.NUMBER,
    "count_high": Form.NUMBER,
    "count_qualifier": Form.TEXT,
    "count_unit": Form.TEXT,
    "capacity_mw": Form.NUMBER,
    "confidence": Form.SHARE,
    "state": Form.TEXT,
    "disagreement": Form.FLAG,
    "published": Form.TEXT,
    "published_at": Form.TIME,
    "title": Form.TEXT,
    "url": Form.TEXT,
    "source": Form.TEXT,
    "quote": Form.TEXT,
    "extractor_version": Form.TEXT,
}


def flat_row(stored: StoredRecord) -> dict[str, Any]:
    """The columns of a record; what it does not say is None, or an empty list.

    `amount` and `count` are the value written, None for a range or a vague number, which have
    `…_low` and `…_high`. `published` is as the source gives it, `published_at` the same moment.
    `buyer_id` and `seller_id` stand in the order of `buyer` and `seller`, "" for a party that the
    gazetteer does not know.
    """
    record = stored.record
    amount, count, term = record.amount, record.count, record.term
    return {
        "record_id": record.id,
        "article_id": record.article_id,
        "kind": record.kind.value,
        "status": record.status.value,
        **_sides("buyer", record.buyer),
        **_sides("seller", record.seller),
        **_quantity("amount", amount),
        "currency": amount.currency if amount else None,
        "amount_per": amount.per if amount else None,
        "amount_max": record.amount_max,
        "term_months": term.value if term else None,
        "term_start": term.start if term else None,
        "term_end": term.end if term else None,
        "chips": [chip.model for chip in record.chips],
        **_quantity("count", count),
        "count_unit": count.unit if count else None,
        "capacity_mw": record.capacity_mw,
        "confidence": record.confidence,
        "state": stored.state,
        "disagreement": stored.disagreement is not None,
        "published": stored.published.isoformat() if stored.published else None,
        "published_at": stored.published_at,
        "title": stored.title,
        "url": stored.url,
        "source": stored.source,
        "quote": _quote(stored),
        "extractor_version": record.extractor_version,
    }


def _sides(side: str, parties: Sequence[Party]) -> dict[str, list[str]]:
    return {
        side: [party.name for party in parties],
        f"{side}_id": [party.gazetteer_id or "" for party in parties],
    }


def _quantity(name: str, quantity: Quantity | None) -> dict[str, Decimal | str | None]:
    return {
        name: quantity.value if quantity else None,
        f"{name}_low": quantity.low if quantity else None,
        f"{name}_high": quantity.high if quantity else None,
        f"{name}_qualifier": quantity.qualifier.value if quantity else None,
    }


def _quote(stored: StoredRecord) -> str | None:
    """The words that say the amount, or whatever else is said first."""
    evidence = stored.record.evidence
    for slot in (Slot.AMOUNT, Slot.COUNT, Slot.CAPACITY, *Slot):
        if evidence.get(slot):
            return evidence[slot][0].quote
    return None


def record_text(stored: StoredRecord) -> str:
    """The whole record as JSON on one line, the numbers exact."""
    return json.dumps(to_json(stored.record), ensure_ascii=False)
