"""The deal record: one real deal as one article tells it, every slot tied to its characters."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pipeline.values import Chip, Count, Money, Qualifier, Term

SCHEMA_VERSION = 1


class Kind(StrEnum):
    """What sort of deal (gold/GUIDELINE.md, Kinds)."""

    SUPPLY = "supply"
    INVESTMENT = "investment"
    ACQUISITION = "acquisition"
    CAPEX = "capex"


class Status(StrEnum):
    """How far the deal has come (gold/GUIDELINE.md, Slots)."""

    FIRM = "firm"
    PROSPECTIVE = "prospective"
    CANCELLED = "cancelled"


class Slot(StrEnum):
    """The fields of a record that evidence and confidence are kept for."""

    KIND = "kind"
    STATUS = "status"
    BUYER = "buyer"
    SELLER = "seller"
    AMOUNT = "amount"
    AMOUNT_MAX = "amount_max"
    TERM = "term"
    CHIPS = "chips"
    COUNT = "count"
    CAPACITY = "capacity_mw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A company, organisation, government or person on one side of a deal.

    Attributes:
        name: canonical name where the gazetteer knows it, else the fullest surface.
        surfaces: every form that the article uses, fullest first.
        gazetteer_id: id in models/companies.toml, None where unknown.
    """

    name: str
    surfaces: tuple[str, ...]
    gazetteer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Evidence:
    """Characters of the article that say a slot; `article.text[start:end] == quote`."""

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRecord:
    """One deal of one article.

    Attributes:
        id: stable; the same article and deal give the same id on every run.
        article_id: the article's fingerprint.
        extractor_version: what made it (rules, data and model versions in one string).
        amount: money of this deal only, in units of its currency.
        amount_max: the higher ceiling beside a firm amount, same currency.
        capacity_mw: megawatts.
        evidence: for every filled slot the characters that say it, in text order.
        confidence: calibrated probability that the record is right as a whole.
        slot_confidence: the same for each filled slot.
    """

    id: str
    article_id: str
    extractor_version: str
    kind: Kind
    status: Status
    buyer: tuple[Party, ...] = ()
    seller: tuple[Party, ...] = ()
    amount: Money | None = None
    amount_max: Decimal | None = None
    term: Term | None = None
    chips: tuple[Chip, ...] = ()
    count: Count | None = None
    capacity_mw: Decimal | None = None
    evidence: Mapping[Slot, tuple[Evidence, ...]] = field(default_factory=dict)
    confidence: float = 0.0
    slot_confidence: Mapping[Slot, float] = field(default_factory=dict)


def record_id(article_id: str, key: str) -> str:
    """A stable id: 20 hex digits of SHA-256 over the article's id and the deal's `key`."""
    return hashlib.sha256(f"{article_id}\n{key}".encode()).hexdigest()[:20]


def decimal_text(value: Decimal) -> str:
    """A decimal without exponent or trailing zeros: 1.74E+10 becomes 17400000000."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def to_json(record: DealRecord) -> dict[str, Any]:
    """The record as JSON-ready data; numbers as decimal strings (docs/record.schema.json)."""

    def text(value: Decimal | None) -> str | None:
        return None if value is None else decimal_text(value)

    def party(p: Party) -> dict[str, Any]:
        return {"name": p.name, "surfaces": list(p.surfaces), "gazetteer_id": p.gazetteer_id}

    amount, term, count = record.amount, record.term, record.count
    return {
        "schema_version": SCHEMA_VERSION,
        "id": record.id,
        "article_id": record.article_id,
        "extractor_version": record.extractor_version,
        "kind": record.kind.value,
        "status": record.status.value,
        "buyer": [party(p) for p in record.buyer],
        "seller": [party(p) for p in record.seller],
        "amount": amount
        and {
            "value": text(amount.value),
            "low": text(amount.low),
            "high": text(amount.high),
            "currency": amount.currency,
            "qualifier": amount.qualifier.value,
            "per": amount.per,
        },
        "amount_max": text(record.amount_max),
        "term": term
        and {
            "months": text(term.value),
            "duration": term.duration,
            "start": term.start,
            "end": term.end,
        },
        "chips": [
            {"vendor": c.vendor, "model": c.model, "is_family": c.is_family} for c in record.chips
        ],
        "count": count
        and {
            "value": text(count.value),
            "low": text(count.low),
            "high": text(count.high),
            "qualifier": count.qualifier.value,
            "unit": count.unit,
        },
        "capacity_mw": text(record.capacity_mw),
        "evidence": {
            slot.value: [{"start": e.start, "end": e.end, "quote": e.quote} for e in quotes]
            for slot, quotes in record.evidence.items()
        },
        "confidence": round(record.confidence, 4),
        "slot_confidence": {
            slot.value: round(share, 4) for slot, share in record.slot_confidence.items()
        },
    }


def from_json(data: Mapping[str, Any]) -> DealRecord:
    """The record that `to_json` wrote.

    Raises:
        KeyError, ValueError: where a field is missing or of another form.
    """

    def number(value: str | None) -> Decimal | None:
        return None if value is None else Decimal(value)

    def parties(rows: list[dict[str, Any]]) -> tuple[Party, ...]:
        return tuple(
            Party(name=r["name"], surfaces=tuple(r["surfaces"]), gazetteer_id=r["gazetteer_id"])
            for r in rows
        )

    amount, term, count = data["amount"], data["term"], data["count"]
    return DealRecord(
        id=data["id"],
        article_id=data["article_id"],
        extractor_version=data["extractor_version"],
        kind=Kind(data["kind"]),
        status=Status(data["status"]),
        buyer=parties(data["buyer"]),
        seller=parties(data["seller"]),
        amount=Money(
            value=number(amount["value"]),
            low=number(amount["low"]),
            high=number(amount["high"]),
            currency=amount["currency"],
            qualifier=Qualifier(amount["qualifier"]),
            per=amount["per"],
        )
        if amount
        else None,
        amount_max=number(data["amount_max"]),
        term=Term(
            value=number(term["months"]),
            duration=term["duration"],
            start=term["start"],
            end=term["end"],
        )
        if term
        else None,
        chips=tuple(
            Chip(vendor=c["vendor"], model=c["model"], is_family=c["is_family"])
            for c in data["chips"]
        ),
        count=Count(
            value=number(count["value"]),
            low=number(count["low"]),
            high=number(count["high"]),
            qualifier=Qualifier(count["qualifier"]),
            unit=count["unit"],
        )
        if count
        else None,
        capacity_mw=number(data["capacity_mw"]),
        evidence={
            Slot(slot): tuple(Evidence(**quote) for quote in quotes)
            for slot, quotes in data["evidence"].items()
        },
        confidence=data["confidence"],
        slot_confidence={Slot(slot): share for slot, share in data["slot_confidence"].items()},
    )


def to_gold(record: DealRecord) -> dict[str, Any]:
    """The record in the slots of gold/GUIDELINE.md, numbers as JSON numbers.

    A range is written as `vague`; a count without a single value as its lower bound, at_least.
    """

    def party(p: Party) -> dict[str, Any]:
        return {"name": p.name, "aliases": [s for s in p.surfaces if s != p.name]}

    def bound(value: Decimal | None) -> int | float | None:
        return None if value is None else _json_number(value)

    amount: dict[str, Any] | None = None
    if record.amount is not None:
        vague = record.amount.value is None
        amount = {
            "value": bound(record.amount.value),
            "currency": record.amount.currency,
            "qualifier": "vague" if vague else record.amount.qualifier.value,
        }
        if vague:
            amount |= {"low": bound(record.amount.low), "high": bound(record.amount.high)}
        if record.amount.per:
            amount["per"] = record.amount.per
    count: dict[str, Any] | None = None
    if record.count is not None:
        least = record.count.least
        count = {
            "value": bound(least),
            "qualifier": "at_least" if record.count.value is None else record.count.qualifier.value,
            "unit": record.count.unit,
        }
    told = record.evidence.get(Slot.KIND) or [e for q in record.evidence.values() for e in q]
    quotes = sorted(set(told))
    return {
        "kind": record.kind.value,
        "status": record.status.value,
        "buyer": [party(p) for p in record.buyer],
        "seller": [party(p) for p in record.seller],
        "amount": amount,
        "amount_max": bound(record.amount_max),
        "term_months": bound(record.term.value) if record.term else None,
        "chips": [c.model for c in record.chips],
        "count": count,
        "capacity_mw": bound(record.capacity_mw),
        "evidence": list(dict.fromkeys(e.quote for e in quotes)),
    }
