"""How two deals hang together that are not one: a part, an enlargement, a cancellation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.link.deal import money_agrees
from pipeline.link.outline import Outline
from pipeline.link.parties import SideMatch, side_match
from pipeline.link.record import LinkParty
from pipeline.link.telling import PartyKey
from pipeline.record import Kind, Status
from pipeline.values import Money

_DAYS_OF_A_ROUND = 200  # within which an investor's part and the round are told
_DAYS_OF_A_SUCCESSOR = 1100
_ENLARGED = 1.2


class Relation(StrEnum):
    """What a deal is to another; read: this deal is … of the other."""

    PART_OF = "part_of"
    HAS_PART = "has_part"
    SUCCESSOR_OF = "successor_of"
    SUCCEEDED_BY = "succeeded_by"
    CANCELLED_BY = "cancelled_by"
    CANCELS = "cancels"


_BACK = {
    Relation.PART_OF: Relation.HAS_PART,
    Relation.SUCCESSOR_OF: Relation.SUCCEEDED_BY,
    Relation.CANCELLED_BY: Relation.CANCELS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another deal and what this one is to it."""

    deal_id: str
    relation: Relation


def related_deals(deal: Outline, others: Iterable[Outline]) -> tuple[Related, ...]:
    """What a deal is to others that share parties with it.

    Part of: one investor's money in a round with several, one seller's share of a contract with
    several, one company's spending in a consortium's (`_is_part`). Successor of: the same parties agree on a
    notably larger sum later (an enlarged contract). Cancelled by: the same parties call it off.

    Args:
        deal: the one.
        others: those that share a party with it; others are passed over.

    Returns:
        in order of the others' ids.
    """
    found = []
    for other in others:
        if other.id == deal.id:
            continue
        relation = _relation(deal, other)
        if relation is None and (back := _relation(other, deal)) is not None:
            relation = _BACK[back]
        if relation is not None:
            found.append(Related(deal_id=other.id, relation=relation))
    return tuple(sorted(found, key=lambda r: r.deal_id))


def _relation(deal: Outline, other: Outline) -> Relation | None:
    """PART_OF, SUCCESSOR_OF or CANCELLED_BY where the deal is that of the other."""
    buyers = side_match(_keys(deal.buyer), _keys(other.buyer))
    sellers = side_match(_keys(deal.seller), _keys(other.seller))
    same_parties = _same(buyers) and (_same(sellers) or not (deal.seller or other.seller))
    if same_parties and _cancels(other, deal):
        return Relation.CANCELLED_BY
    if deal.kind is not other.kind:
        return None
    if _is_part(deal, other, buyers, sellers):
        return Relation.PART_OF
    if same_parties and deal.seller and _is_larger_later(deal, other):
        return Relation.SUCCESSOR_OF
    return None


def _keys(parties: Sequence[LinkParty]) -> tuple[PartyKey, ...]:
    return tuple(PartyKey(party) for party in parties)


def _same(side: SideMatch) -> bool:
    return side.both_named and side.best > 0 and side.uneven == 0


def _cancels(new: Outline, old: Outline) -> bool:
    return (
        new.status is Status.CANCELLED
        and old.status is not Status.CANCELLED
        and old.first is not None
        and new.first is not None
        and old.first <= new.first
        and (new.amount is None or old.amount is None or money_agrees(new.amount, old.amount))
    )


def _is_part(part: Outline, whole: Outline, buyers: SideMatch, sellers: SideMatch) -> bool:
    """Whether a deal is a part of another.

    One article must tell both, or name the investor among those of the round: that a company
    spends something elsewhere at another time makes it no part.
    """
    if not _larger(whole.amount, part.amount):
        return False
    told_together = not part.sources.isdisjoint(whole.sources)
    if part.kind is Kind.CAPEX:
        return told_together and _is_among(part.buyer, whole.buyer, buyers)
    if part.kind is Kind.INVESTMENT and _same(sellers) and part.buyer:
        if _is_among(part.buyer, whole.buyer, buyers):
            return told_together or _days(part, whole) <= _DAYS_OF_A_ROUND
        return told_together and not whole.buyer
    return told_together and _same(buyers) and _is_among(part.seller, whole.seller, sellers)


def _is_among(some: Sequence[LinkParty], all_of: Sequence[LinkParty], match: SideMatch) -> bool:
    """Whether few of many are meant: fewer names, and each of them among the others."""
    if not some or len(some) >= len(all_of) or not match.best:
        return False
    return match.uneven * (len(some) + len(all_of)) <= len(all_of) - len(some)


def _larger(money: Money | None, than: Money | None) -> bool:
    """Whether a sum is notably the larger; only sums of one currency are compared."""
    if money is None or than is None or money.currency != than.currency or money.per != than.per:
        return False
    big, small = money.least, than.least
    return big is not None and small is not None and float(big) >= _ENLARGED * float(small)


def _is_larger_later(deal: Outline, other: Outline) -> bool:
    if deal.first is None or other.first is None or deal.first <= other.first:
        return False
    return _larger(deal.amount, other.amount) and _days(deal, other) <= _DAYS_OF_A_SUCCESSOR


def _days(one: Outline, other: Outline) -> int:
    if one.first is None or other.first is None:
        return 0
    return abs((one.first - other.first).days)
