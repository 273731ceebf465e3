"""A deal as JSON: for the store, `torihiki deals show`, exports and the review page."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from pipeline.link.choosing import Choice, Option
from pipeline.link.deal import Deal, DealParty, Moment, Units
from pipeline.record import decimal_text
from pipeline.values import Money

T = TypeVar("T")

DEAL_SCHEMA_VERSION = 1


def deal_to_json(deal: Deal) -> dict[str, Any]:
    """The deal as JSON-ready data: numbers as decimal strings, days as YYYY-MM-DD.

    Every slot with one value has `value`, `reason`, `told_by`, `others` and `conflict`; parties and
    chips are lists, each with `told_by` (docs/linking.md).
    """
    return {
        "schema_version": DEAL_SCHEMA_VERSION,
        "id": deal.id,
        "kind": _choice(deal.kind, lambda kind: kind.value),
        "status": _choice(deal.status, lambda status: status.value),
        "buyer": [_party(party) for party in deal.buyer],
        "seller": [_party(party) for party in deal.seller],
        "amount": _choice(deal.amount, money_to_json),
        "amount_max": _choice(deal.amount_max, decimal_text),
        "term_months": _choice(deal.term_months, decimal_text),
        "chips": [{"model": chip.model, "told_by": list(chip.told_by)} for chip in deal.chips],
        "count": _choice(deal.count, _units),
        "capacity_mw": _choice(deal.capacity_mw, decimal_text),
        "conflicts": list(deal.conflicts),
        "first_published": _day(deal.first_published),
        "last_published": _day(deal.last_published),
        "articles": len(deal.articles),
        "records": [
            {"id": record, "source": source, "published": _day(day)}
            for record, source, day in deal.sources
        ],
        "time_line": [_moment(moment) for moment in deal.time_line],
        "by_human": deal.by_human,
    }


def money_to_json(money: Money) -> dict[str, Any]:
    """An amount as in docs/record.schema.json."""

    def text(value: Decimal | None) -> str | None:
        return None if value is None else decimal_text(value)

    return {
        "value": text(money.value),
        "low": text(money.low),
        "high": text(money.high),
        "currency": money.currency,
        "qualifier": money.qualifier.value,
        "per": money.per,
    }


def _choice(choice: Choice[T] | None, form: Callable[[T], Any]) -> dict[str, Any] | None:
    if choice is None:
        return None
    return {
        "value": form(choice.value),
        "reason": choice.reason.value,
        "told_by": list(choice.best.told_by),
        "conflict": choice.conflict,
        "others": [_option(option, form) for option in choice.others],
    }


def _option(option: Option[T], form: Callable[[T], Any]) -> dict[str, Any]:
    return {
        "value": form(option.value),
        "told_by": list(option.told_by),
        "first": _day(option.first),
        "last": _day(option.last),
    }


def _party(party: DealParty) -> dict[str, Any]:
    return {
        "name": party.party.name,
        "names": list(party.party.names),
        "gazetteer_ids": sorted(party.party.ids),
        "told_by": list(party.told_by),
    }


def _units(units: Units) -> dict[str, Any]:
    return {
        "value": decimal_text(units.value),
        "qualifier": units.qualifier.value,
        "unit": units.unit,
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "date": _day(moment.day),
        "record": moment.record,
        "source": moment.source,
        "status": moment.status.value,
        "amount": money_to_json(moment.amount) if moment.amount else None,
        "news": list(moment.news),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
