"""What is new about deals, not what is told once more."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipeline.link.deal import Deal, money_agrees, money_specificity
from pipeline.link.dealjson import money_to_json
from pipeline.link.outline import Outline, outline_of
from pipeline.values import Money


class Change(StrEnum):
    """What can become known of a deal."""

    NEW = "new"
    AMOUNT = "amount"
    STATUS = "status"
    MERGED = "merged"
    SPLIT = "split"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One change of one deal.

    Attributes:
        data: JSON-ready: `before` and `after` of the slot, `records` that brought it, `into` for a
            merged deal, `from` for a split one; `parties` to name the deal by.
    """

    deal_id: str
    change: Change
    data: Mapping[str, Any]


def news_of_deal(
    before: Outline | None, after: Deal, records: tuple[str, ...], parted_from: str | None = None
) -> tuple[News, ...]:
    """What is new about a deal since it was last looked at.

    Args:
        before: its outline then; None for a deal that was not there.
        after: the deal now.
        records: the records that have come to it since.
        parted_from: the deal that it was part of until now.

    Returns:
        () where the new records only tell what was known: the same sum rounded, an old status.
    """
    now = outline_of(after)
    base: dict[str, Any] = {"parties": parties_text(now), "records": list(records)}
    if before is None:
        change = Change.NEW if parted_from is None else Change.SPLIT
        told = base | {"kind": now.kind.value, "status": now.status.value}
        told["amount"] = money_to_json(now.amount) if now.amount else None
        if parted_from is not None:
            told["from"] = parted_from
        return (News(deal_id=after.id, change=change, data=told),)
    found = []
    if _sum_is_news(before.amount, now.amount):
        data = base | {
            "before": money_to_json(before.amount) if before.amount else None,
            "after": money_to_json(now.amount) if now.amount else None,
        }
        found.append(News(deal_id=after.id, change=Change.AMOUNT, data=data))
    if before.status is not now.status:
        data = base | {"before": before.status.value, "after": now.status.value}
        found.append(News(deal_id=after.id, change=Change.STATUS, data=data))
    return tuple(found)


def news_of_end(deal_id: str, into: str | None, parties: str) -> News:
    """A deal that became part of another, or whose records are all gone."""
    change = Change.GONE if into is None else Change.MERGED
    data: dict[str, Any] = {"parties": parties}
    return News(
        deal_id=deal_id, change=change, data=data if into is None else data | {"into": into}
    )


def _sum_is_news(before: Money | None, after: Money | None) -> bool:
    """Whether a sum became known, another, or told exactly where it was only hinted at."""
    if after is None or before == after:
        return False
    if before is None or not money_agrees(before, after):
        return True
    return before.value is None and money_specificity(after) > money_specificity(before)


def parties_text(deal: Outline) -> str:
    """The deal's parties for a headline: A、B ← C, buyers first; … where a side is unnamed."""
    sides = ("、".join(party.name for party in side) for side in (deal.buyer, deal.seller))
    return " ← ".join(side or "…" for side in sides)
