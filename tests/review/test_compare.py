"""Records side by side: verdicts on the extractor, three-way choices, scores."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pipeline.record import DealRecord, Kind, Slot
from pipeline.review.compare import (
    SlotScore,
    compose,
    count_verdicts,
    differences,
    propose_choices,
    same_outcome,
    verdicts,
)
from pipeline.review.standing import RejectReason, Standing, State
from pipeline.values import Money
from tests.review.scene import FIVE_YEARS, party, supply

RECORD = supply()
CHEAPER = replace(RECORD, amount=Money(value=Decimal(1), currency="JPY"))


@pytest.mark.parametrize(
    ("machine", "final", "letters"),
    [
        (RECORD, RECORD, "rrrrr-----"),
        (RECORD, replace(RECORD, term=FIVE_YEARS), "rrrrr-m---"),
        (RECORD, CHEAPER, "rrrrw-----"),
        (RECORD, replace(RECORD, amount=None), "rrrrs-----"),
        (RECORD, replace(RECORD, kind=Kind.CAPEX, seller=()), "wrrsr-----"),
        (RECORD, replace(RECORD, buyer=(party("山川製作所"),)), "rrwrr-----"),
        (RECORD, replace(RECORD, confidence=0.1, evidence={}), "rrrrr-----"),
    ],
    ids=["right", "missed", "wrong", "spurious", "two", "party", "evidence does not count"],
)
def test_verdicts_say_a_letter_a_slot(machine: DealRecord, final: DealRecord, letters: str) -> None:
    assert verdicts(machine, final) == letters


def test_count_verdicts_gives_precision_and_recall() -> None:
    scores = count_verdicts([("rrrrr-----", 6), ("rrrrw-m---", 3), ("rrrrs-----", 1)])
    assert scores[Slot.AMOUNT] == SlotScore(right=6, wrong=4)
    assert scores[Slot.AMOUNT].precision == pytest.approx(0.6)
    assert scores[Slot.TERM] == SlotScore(missed=3)
    assert scores[Slot.TERM].precision is None
    assert scores[Slot.TERM].recall == 0
    assert scores[Slot.CHIPS].recall is None


def at(record: DealRecord, state: State = State.EDITED) -> Standing:
    reason = RejectReason.FORECAST if state is State.REJECTED else None
    return Standing(record=record, version=2, state=state, reason=reason)


BASE = at(RECORD, State.UNREVIEWED)
LONGER = replace(RECORD, term=FIVE_YEARS)


@pytest.mark.parametrize(
    ("theirs", "mine", "choices"),
    [
        (at(CHEAPER), at(LONGER), {"amount": "theirs", "term": "mine"}),
        (at(CHEAPER), at(replace(RECORD, amount=None)), {"amount": None}),
        (at(RECORD, State.REJECTED), at(RECORD, State.ACCEPTED), {"state": None}),
        (at(CHEAPER), at(CHEAPER), {}),
        (
            at(RECORD, State.REJECTED),
            at(LONGER),
            {"state": None, "term": "mine"},
        ),
    ],
    ids=["two slots", "one slot twice", "states", "the same", "edit on a rejected one"],
)
def test_propose_choices_asks_only_where_both_changed(
    theirs: Standing, mine: Standing, choices: dict[str, str | None]
) -> None:
    assert propose_choices(BASE, theirs, mine) == choices


def test_compose_loses_neither_word() -> None:
    both = compose(at(CHEAPER), at(LONGER), {"amount": "theirs", "term": "mine"})
    assert both.record.amount == CHEAPER.amount
    assert both.record.term == FIVE_YEARS


def test_compose_takes_the_state_with_its_reason() -> None:
    theirs, mine = at(RECORD, State.ACCEPTED), at(RECORD, State.REJECTED)
    chosen = compose(theirs, mine, {"state": "mine"})
    assert (chosen.state, chosen.reason) == (State.REJECTED, RejectReason.FORECAST)
    assert compose(theirs, mine, {"state": "theirs"}) == theirs


def test_compose_wants_a_choice_for_each_difference() -> None:
    with pytest.raises(KeyError):
        compose(at(CHEAPER), at(LONGER), {"amount": "mine"})


def test_differences_are_none_where_only_evidence_differs() -> None:
    assert differences(at(RECORD), at(replace(RECORD, evidence={}))) == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (at(RECORD, State.ACCEPTED), at(RECORD, State.ACCEPTED), True),
        (at(RECORD, State.ACCEPTED), at(LONGER, State.ACCEPTED), False),
        (at(RECORD, State.ACCEPTED), at(RECORD, State.REJECTED), False),
        (at(LONGER, State.REJECTED), at(RECORD, State.REJECTED), True),
    ],
    ids=["equal", "a slot differs", "decision differs", "both reject"],
)
def test_same_outcome(one: Standing, other: Standing, same: bool) -> None:
    assert same_outcome(one, other) is same
