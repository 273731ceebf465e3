"""Changing slots: the new record says so, with its evidence; the old one stays."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pipeline.record import Evidence, Kind, Party, Slot, Status
from pipeline.review.edit import (
    SlotValue,
    add_items,
    filled_slots,
    keep_only,
    merge_records,
    missing_for_a_deal,
    remove_item,
    set_slot,
)
from pipeline.values import Capacity, Chip, Count, Money, Term
from tests.review.scene import FIVE_YEARS, TEXT, investment, party, quote, supply

RECORD = supply()
YEARS = quote(TEXT, "5年間")
CHIP = Chip(model="GB300", vendor="NVIDIA")


@pytest.mark.parametrize(
    ("slot", "value"),
    [
        (Slot.KIND, Kind.CAPEX),
        (Slot.STATUS, Status.CANCELLED),
        (Slot.BUYER, (party("山川製作所"),)),
        (Slot.SELLER, ()),
        (Slot.AMOUNT, Money(value=Decimal(5), currency="EUR")),
        (Slot.AMOUNT, None),
        (Slot.AMOUNT_MAX, Decimal(7)),
        (Slot.TERM, FIVE_YEARS),
        (Slot.CHIPS, (CHIP,)),
        (Slot.COUNT, Count(value=Decimal(3000), unit="個")),
        (Slot.CAPACITY, Decimal(40)),
    ],
    ids=lambda value: value.value if isinstance(value, Slot) else None,
)
def test_set_slot_changes_this_slot_alone(slot: Slot, value: SlotValue) -> None:
    changed = set_slot(RECORD, slot, value, [YEARS])
    assert getattr(changed, slot.value) == value
    assert changed.evidence.get(slot, ()) == ((YEARS,) if value not in ((), None) else ())
    assert slot not in changed.slot_confidence
    for other in set(Slot) - {slot}:
        assert getattr(changed, other.value) == getattr(RECORD, other.value)
        assert changed.evidence.get(other) == RECORD.evidence.get(other)
        assert changed.slot_confidence.get(other) == RECORD.slot_confidence.get(other)


@pytest.mark.parametrize(
    ("slot", "value"),
    [
        (Slot.KIND, None),
        (Slot.STATUS, None),
        (Slot.KIND, Status.FIRM),
        (Slot.BUYER, None),
        (Slot.BUYER, (CHIP,)),
        (Slot.CHIPS, (party("山川製作所"),)),
        (Slot.AMOUNT, FIVE_YEARS),
        (Slot.TERM, Money(value=Decimal(5), currency="EUR")),
        (Slot.CAPACITY, Capacity(value=Decimal(40))),
    ],
)
def test_set_slot_refuses_another_type(slot: Slot, value: SlotValue) -> None:
    with pytest.raises(ValueError, match=slot.value):
        set_slot(RECORD, slot, value)


def test_a_value_corrected_by_hand_keeps_the_quote_of_its_slot() -> None:
    money = Money(value=Decimal(12_500_000_000), currency="JPY")
    assert set_slot(RECORD, Slot.AMOUNT, money).evidence == RECORD.evidence


def test_add_items_keeps_what_is_there() -> None:
    both = add_items(RECORD, Slot.SELLER, [party("海野電子")], [quote(TEXT, "海野")])
    assert [p.name for p in both.seller] == ["ハル半導体", "海野電子"]
    assert [e.quote for e in both.evidence[Slot.SELLER]] == ["ハル半導体", "海野"]


@pytest.mark.parametrize(
    ("known", "added", "names"),
    [
        (party("ハル半導体"), Party(name="ハル半導体", surfaces=("ハル",)), ["ハル半導体"]),
        (party("ハル半導体", known="hal"), party("ハル", known="hal"), ["ハル半導体"]),
        (party("ハル半導体", known="hal"), party("ハル", known="haru"), ["ハル半導体", "ハル"]),
        (party("ハル半導体"), party("ハル電子"), ["ハル半導体", "ハル電子"]),
    ],
    ids=["same name", "same id", "other id", "other name"],
)
def test_add_items_knows_a_party_again(known: Party, added: Party, names: list[str]) -> None:
    record = replace(RECORD, seller=(known,))
    found = add_items(record, Slot.SELLER, [added], []).seller
    assert [p.name for p in found] == names
    if len(names) == 1:
        assert set(found[0].surfaces) == {*known.surfaces, *added.surfaces}


def test_remove_item_takes_only_its_own_quotes() -> None:
    both = add_items(RECORD, Slot.SELLER, [party("海野")], [quote(TEXT, "海野")])
    first, second = remove_item(both, Slot.SELLER, 0), remove_item(both, Slot.SELLER, 1)
    assert [e.quote for e in first.evidence[Slot.SELLER]] == ["海野"]
    assert [e.quote for e in second.evidence[Slot.SELLER]] == ["ハル半導体"]
    assert Slot.SELLER not in remove_item(first, Slot.SELLER, 0).evidence


@pytest.mark.parametrize(("slot", "index"), [(Slot.BUYER, 1), (Slot.BUYER, -1), (Slot.AMOUNT, 0)])
def test_remove_item_refuses_what_is_not_there(slot: Slot, index: int) -> None:
    with pytest.raises(ValueError, match="no item"):
        remove_item(RECORD, slot, index)


def test_merge_keeps_the_first_and_fills_its_gaps() -> None:
    other = replace(
        supply(term=FIVE_YEARS, amount=Money(value=Decimal(1), currency="USD"), chips=(CHIP,)),
        buyer=(party("青空電機"), party("山川製作所")),
        evidence={Slot.TERM: (YEARS,)},
    )
    merged = merge_records(RECORD, other)
    assert merged.amount == RECORD.amount
    assert merged.term == FIVE_YEARS
    assert merged.evidence[Slot.TERM] == (YEARS,)
    assert [p.name for p in merged.buyer] == ["青空電機", "山川製作所"]
    assert merged.chips == (CHIP,)
    assert merged.id == RECORD.id


def test_keep_only_gives_a_part() -> None:
    whole = add_items(supply(term=FIVE_YEARS), Slot.SELLER, investment().seller, [])
    part = keep_only(whole, {Slot.TERM}, {Slot.SELLER: {1}})
    assert [p.name for p in part.seller] == ["海野ロボティクス"]
    assert (part.buyer, part.amount, part.term) == ((), None, FIVE_YEARS)
    assert (part.kind, part.status) == (whole.kind, whole.status)


@pytest.mark.parametrize(
    ("record", "lacks"),
    [
        (RECORD, ()),
        (replace(RECORD, buyer=()), ()),
        (replace(RECORD, buyer=(), seller=()), ("party",)),
        (replace(RECORD, amount=None, term=FIVE_YEARS, chips=(CHIP,)), ("quantity",)),
        (replace(RECORD, amount=None, capacity_mw=Decimal(4)), ()),
        (replace(RECORD, buyer=(), seller=(), amount=None), ("party", "quantity")),
    ],
    ids=["whole", "one side", "no party", "term is no quantity", "capacity", "nothing"],
)
def test_missing_for_a_deal(record: object, lacks: tuple[str, ...]) -> None:
    assert missing_for_a_deal(record) == lacks  # type: ignore[arg-type]


def test_filled_slots_in_their_order() -> None:
    filled = filled_slots(replace(RECORD, term=Term(value=Decimal(6))))
    assert filled == (Slot.KIND, Slot.STATUS, Slot.BUYER, Slot.SELLER, Slot.AMOUNT, Slot.TERM)


def test_evidence_is_kept_in_the_order_of_slots_and_characters() -> None:
    late, early = Evidence(start=9, end=10, quote="b"), Evidence(start=1, end=2, quote="a")
    record = set_slot(RECORD, Slot.CAPACITY, Decimal(4), [late, early, late])
    record = set_slot(record, Slot.STATUS, Status.FIRM, [late])
    assert record.evidence[Slot.CAPACITY] == (early, late)
    assert list(record.evidence) == [s for s in Slot if s in record.evidence]
