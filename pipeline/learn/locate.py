"""Where in a text an annotated deal's values and names stand."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from pipeline.evaluate.deals import fold_chip
from pipeline.learn.reviewed import GoldDeal
from pipeline.mention import Mention, MentionKind
from pipeline.record import Slot
from pipeline.span import Span
from pipeline.values import Chip, Money, Value

_TOLERANCE = 0.005
_SHORTEST_NAME = 2  # characters; a shorter form stands inside too many other words


def _same(number: float | None, value: Decimal | None) -> bool:
    if number is None or value is None:
        return False
    other = float(value)
    return abs(number - other) <= _TOLERANCE * max(abs(number), abs(other), 1e-9)


def _money_slot(money: Money, deal: GoldDeal) -> Slot | None:
    amount = deal.get("amount")
    if not amount or amount["currency"] != money.currency:
        return None
    if _same(amount.get("value") or amount.get("low"), money.least):
        return Slot.AMOUNT
    return Slot.AMOUNT_MAX if _same(deal.get("amount_max"), money.least) else None


def slot_of(mention: Mention[Value], deal: GoldDeal) -> Slot | None:
    """The slot of a deal whose value a mention says; None where it says none of them.

    A chip is compared by its model, everything else by its number and unit.
    """
    value = mention.value
    if isinstance(value, Money):
        return _money_slot(value, deal)
    if isinstance(value, Chip):
        models = {fold_chip(model) for model in deal.get("chips") or ()}
        return Slot.CHIPS if fold_chip(value.model) in models else None
    wanted: dict[MentionKind, tuple[Slot, float | None]] = {
        MentionKind.COUNT: (Slot.COUNT, (deal.get("count") or {}).get("value")),
        MentionKind.CAPACITY: (Slot.CAPACITY, deal.get("capacity_mw")),
        MentionKind.TERM: (Slot.TERM, deal.get("term_months")),
    }
    slot, number = wanted.get(mention.kind, (None, None))
    return slot if _same(number, value.least) else None


def located_values(
    mentions: Iterable[Mention[Value]], deal: GoldDeal, within: Sequence[Span]
) -> Iterator[tuple[Slot, Span]]:
    """Slots with the places of their values inside some spans of the text."""
    for mention in mentions:
        if any(span.covers(mention.span) for span in within):
            slot = slot_of(mention, deal)
            if slot is not None:
                yield slot, mention.span


def _places(text: str, form: str, within: Span) -> Iterator[Span]:
    at = text.find(form, within.start, within.end)
    while at >= 0:
        yield Span(at, at + len(form))
        at = text.find(form, at + len(form), within.end)


def located_names(text: str, forms: Iterable[str], within: Sequence[Span]) -> list[Span]:
    """Places of a party's forms inside some spans of a text, longest form first, in text order."""
    found: list[Span] = []
    ordered = sorted({f for f in forms if len(f) >= _SHORTEST_NAME}, key=len, reverse=True)
    for form in ordered:
        for span in within:
            for place in _places(text, form, span):
                if not any(place.overlaps(other) for other in found):
                    found.append(place)
    return sorted(found)
