"""Changes to a record's slots: each gives a new record, the old one stays as it was.

A slot that a human has set loses the extractor's confidence: it is no longer the extractor's word.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, Status
from pipeline.values import Chip, Count, Money, Term

SlotValue = (
    Kind | Status | tuple[Party, ...] | tuple[Chip, ...] | Money | Term | Count | Decimal | None
)

LISTS = frozenset({Slot.BUYER, Slot.SELLER, Slot.CHIPS})
REQUIRED = frozenset({Slot.KIND, Slot.STATUS})
QUANTITIES = (Slot.AMOUNT, Slot.COUNT, Slot.CAPACITY)

# Attribute of DealRecord and its type, by slot.
_TYPES: Mapping[Slot, type[Any]] = {
    Slot.KIND: Kind,
    Slot.STATUS: Status,
    Slot.BUYER: Party,
    Slot.SELLER: Party,
    Slot.AMOUNT: Money,
    Slot.AMOUNT_MAX: Decimal,
    Slot.TERM: Term,
    Slot.CHIPS: Chip,
    Slot.COUNT: Count,
    Slot.CAPACITY: Decimal,
}


def slot_value(record: DealRecord, slot: Slot) -> Any:
    """What a record says in a slot; () or None where it is empty."""
    return getattr(record, slot.value)


def filled_slots(record: DealRecord) -> tuple[Slot, ...]:
    """The slots that say something, in the order of `Slot`."""
    return tuple(slot for slot in Slot if slot_value(record, slot) not in ((), None))


def set_slot(
    record: DealRecord, slot: Slot, value: SlotValue, evidence: Iterable[Evidence] | None = None
) -> DealRecord:
    """The record with another value in a slot.

    Args:
        record: of which a changed copy is given.
        slot: any.
        value: of the slot's type; () or None empties the slot with its evidence.
        evidence: the characters that say it; None keeps what the slot has, for a value
            corrected by hand.

    Raises:
        ValueError: the value is not of the slot's type, or empties kind or status.
    """
    _check_type(slot, value)
    empty = value in ((), None)
    quotes = dict(record.evidence)
    if empty:
        quotes.pop(slot, None)
    elif evidence is not None:
        quotes[slot] = tuple(sorted(set(evidence)))
    confidence = {known: share for known, share in record.slot_confidence.items() if known != slot}
    changed: dict[str, Any] = {slot.value: value}
    return replace(
        record,
        **changed,
        evidence={known: quotes[known] for known in Slot if quotes.get(known)},
        slot_confidence=confidence,
    )


def _check_type(slot: Slot, value: SlotValue) -> None:
    wanted = _TYPES[slot]
    if slot in LISTS:
        fits = isinstance(value, tuple) and all(isinstance(one, wanted) for one in value)
    else:
        fits = isinstance(value, wanted) or (value is None and slot not in REQUIRED)
    if not fits:
        msg = f"{slot.value} cannot be {value!r}"
        raise ValueError(msg)


def add_items(
    record: DealRecord, slot: Slot, items: Iterable[Party | Chip], evidence: Iterable[Evidence]
) -> DealRecord:
    """The record with more parties or chips; one that is there already gains its new surfaces.

    Raises:
        ValueError: the slot holds no list, or the items are of another type.
    """
    if slot not in LISTS:
        msg = f"{slot.value} holds one value, not a list"
        raise ValueError(msg)
    found: list[Any] = list(slot_value(record, slot))
    for item in items:
        at = next((i for i, known in enumerate(found) if _same_item(known, item)), None)
        if at is None:
            found.append(item)
        elif isinstance(item, Party):
            known = found[at]
            surfaces = tuple(dict.fromkeys(known.surfaces + item.surfaces))
            found[at] = replace(known, surfaces=surfaces)
    quotes = (*record.evidence.get(slot, ()), *evidence)
    return set_slot(record, slot, tuple(found), quotes)


def _same_item(one: Party | Chip, other: Party | Chip) -> bool:
    if isinstance(one, Party) and isinstance(other, Party):
        if one.gazetteer_id and other.gazetteer_id:
            return one.gazetteer_id == other.gazetteer_id
        return bool({one.name, *one.surfaces} & {other.name, *other.surfaces})
    return one == other


def remove_item(record: DealRecord, slot: Slot, index: int) -> DealRecord:
    """The record without the party or chip at `index`, nor the quotes that named only it.

    Raises:
        ValueError: there is no such item.
    """
    items = slot_value(record, slot) if slot in LISTS else ()
    if not 0 <= index < len(items):
        msg = f"{slot.value} has no item {index + 1}"
        raise ValueError(msg)
    left = items[:index] + items[index + 1 :]
    gone, kept = _names(items[index]), {name for item in left for name in _names(item)}
    quotes = tuple(
        quote
        for quote in record.evidence.get(slot, ())
        if any(name in quote.quote for name in kept)
        or not any(name in quote.quote for name in gone)
    )
    return set_slot(record, slot, left, quotes)


def _names(item: Party | Chip) -> set[str]:
    return {item.name, *item.surfaces} if isinstance(item, Party) else {item.model}


def merge_records(one: DealRecord, other: DealRecord) -> DealRecord:
    """`one` with what only `other` says: its parties and chips, and values for empty slots."""
    merged = one
    for slot in Slot:
        quotes = other.evidence.get(slot, ())
        value = slot_value(other, slot)
        if slot in LISTS:
            if value:
                merged = add_items(merged, slot, value, quotes)
        elif value is not None and slot_value(merged, slot) is None:
            merged = set_slot(merged, slot, value, quotes)
        elif value is not None and value == slot_value(merged, slot):
            merged = _with_quotes(merged, slot, quotes)
    return merged


def _with_quotes(record: DealRecord, slot: Slot, quotes: Iterable[Evidence]) -> DealRecord:
    joined = dict(record.evidence)
    joined[slot] = tuple(sorted({*joined.get(slot, ()), *quotes}))
    return replace(record, evidence={known: joined[known] for known in Slot if joined.get(known)})


def keep_only(
    record: DealRecord, slots: Iterable[Slot], items: Mapping[Slot, Iterable[int]]
) -> DealRecord:
    """A part of a record, for splitting it.

    Args:
        record: the whole.
        slots: single-valued slots that the part keeps (kind and status always stay).
        items: which parties and chips it keeps, by their index; a slot not named keeps none.
    """
    part, kept = record, set(slots) | REQUIRED
    for slot in Slot:
        if slot in LISTS:
            wanted = set(items.get(slot, ()))
            for index in reversed(range(len(slot_value(record, slot)))):
                if index not in wanted:
                    part = remove_item(part, slot, index)
        elif slot not in kept:
            part = set_slot(part, slot, None)
    return part


def missing_for_a_deal(record: DealRecord) -> tuple[str, ...]:
    """What gold/GUIDELINE.md asks of a deal and the record lacks: "party", "quantity"."""
    lacks = []
    if not (record.buyer or record.seller):
        lacks.append("party")
    if all(slot_value(record, slot) is None for slot in QUANTITIES):
        lacks.append("quantity")
    return tuple(lacks)
