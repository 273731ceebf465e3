"""Agreement of two readers, against figures worked out by hand and by scikit-learn's formula."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.record import DealRecord, Kind, Slot
from pipeline.review.agreement import DoubleReading, cohen_kappa, measure_agreement
from pipeline.review.standing import RejectReason, Standing, State
from pipeline.values import Money
from tests.review.scene import FIVE_YEARS, supply

RECORD = supply()
LONGER = replace(RECORD, term=FIVE_YEARS)
CHEAPER = replace(RECORD, amount=Money(value=Decimal(1), currency="JPY"))


def accepted(record: DealRecord = RECORD) -> Standing:
    return Standing(record=record, version=2, state=State.ACCEPTED, machine=RECORD)


REJECTED = replace(accepted(), state=State.REJECTED, reason=RejectReason.FORECAST)


def reading(one: Standing, other: Standing) -> DoubleReading:
    return DoubleReading(record_id="r", readers=("葵", "蓮"), standings=(one, other))


@pytest.mark.parametrize(
    ("first", "second", "kappa"),
    [
        ("yyyynn", "yyynnn", 0.6667),  # po 5/6, pe 1/2
        ("yn", "yn", 1.0),
        ("yn", "ny", -1.0),
        ("yyyy", "yyyy", None),
        ("", "", None),
        ("yyyy", "nnnn", 0.0),
    ],
)
def test_cohen_kappa(first: str, second: str, kappa: float | None) -> None:
    found = cohen_kappa(list(first), list(second))
    assert found == (None if kappa is None else pytest.approx(kappa, abs=1e-4))


@settings(deadline=None)  # machines are busy
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=30))
def test_cohen_kappa_is_its_definition(pairs: list[tuple[str, str]]) -> None:
    number = len(pairs)
    found = cohen_kappa([a for a, _ in pairs], [b for _, b in pairs])
    observed = sum(a == b for a, b in pairs) / number if number else 0
    chance = sum(
        sum(a == label for a, _ in pairs) * sum(b == label for _, b in pairs) for label in "abc"
    ) / max(1, number * number)
    if number == 0 or chance == 1:
        assert found is None
    else:
        assert found == pytest.approx((observed - chance) / (1 - chance))


def test_measure_agreement_tells_accept_correct_and_reject_apart() -> None:
    found = measure_agreement(
        [
            reading(accepted(), accepted()),
            reading(accepted(), accepted(LONGER)),
            reading(REJECTED, REJECTED),
            reading(accepted(), REJECTED),
        ]
    )
    assert found.readings == 4
    assert found.same_decision == 0.5
    # labels a a r a against a c r r: agreement 2/4, by chance 3/4·1/4 + 1/4·2/4 = 5/16
    assert found.kappa_decision == pytest.approx((1 / 2 - 5 / 16) / (1 - 5 / 16))


def test_slot_agreement_counts_only_what_both_accepted() -> None:
    found = measure_agreement(
        [
            reading(accepted(LONGER), accepted(LONGER)),
            reading(accepted(), accepted(LONGER)),
            reading(accepted(), accepted(CHEAPER)),
            reading(accepted(), REJECTED),
        ]
    )
    term, amount = found.slots[Slot.TERM], found.slots[Slot.AMOUNT]
    assert (term.same, term.first_only, term.second_only) == (1, 0, 1)
    assert term.f1 == pytest.approx(2 / 3)
    assert (amount.same, amount.first_only, amount.second_only) == (2, 1, 1)
    assert amount.f1 == pytest.approx(2 / 3)
    assert found.slots[Slot.COUNT].f1 is None
    assert found.overall.same == 3 * 4 + 1 + 2


def test_kind_has_a_kappa_of_its_own() -> None:
    other = replace(RECORD, kind=Kind.INVESTMENT)
    found = measure_agreement(
        [
            reading(accepted(), accepted()),
            reading(accepted(other), accepted(other)),
        ]
    )
    assert found.kappa_kind == 1
    assert found.kappa_status is None  # one label throughout


def test_no_readings_give_no_figures() -> None:
    found = measure_agreement([])
    assert (found.same_decision, found.kappa_decision, found.overall.f1) == (None, None, None)
