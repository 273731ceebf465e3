"""The state machine: what each decision makes of each state, and what it refuses."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pipeline.errors import ReviewError
from pipeline.record import Slot
from pipeline.review.decision import (
    Accept,
    Adjudicate,
    Decision,
    Edit,
    Merge,
    Reject,
    Resolve,
    Skip,
    Split,
    add,
    decide,
)
from pipeline.review.edit import keep_only
from pipeline.review.standing import Action, Origin, RejectReason, Role, Standing, State
from pipeline.values import Count
from tests.review.scene import FIVE_YEARS, investment, supply

RECORD = supply()
BETTER = replace(RECORD, term=FIVE_YEARS)
NO_DEAL = Reject(reason=RejectReason.NOT_A_DEAL)
EDIT = Edit(record=BETTER)


def standing(state: State = State.UNREVIEWED, version: int = 1) -> Standing:
    reason = RejectReason.FORECAST if state is State.REJECTED else None
    return Standing(record=RECORD, version=version, state=state, machine=RECORD, reason=reason)


@pytest.mark.parametrize(
    ("before", "decision", "after"),
    [
        (State.UNREVIEWED, Accept(), State.ACCEPTED),
        (State.UNREVIEWED, NO_DEAL, State.REJECTED),
        (State.UNREVIEWED, EDIT, State.EDITED),
        (State.UNREVIEWED, Skip(), State.UNREVIEWED),
        (State.EDITED, Accept(), State.ACCEPTED),
        (State.EDITED, NO_DEAL, State.REJECTED),
        (State.EDITED, EDIT, State.EDITED),
        (State.ACCEPTED, NO_DEAL, State.REJECTED),
        (State.ACCEPTED, EDIT, State.EDITED),
        (State.REJECTED, Accept(), State.ACCEPTED),
        (State.REJECTED, EDIT, State.EDITED),
        (State.DISPUTED, Skip(), State.DISPUTED),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_decide_leads_from_state_to_state(before: State, decision: Decision, after: State) -> None:
    (change,) = decide(standing(before), decision, role=Role.REVIEWER)
    assert change.after.state is after
    assert change.after.version == (1 if isinstance(decision, Skip) else 2)
    assert change.before == standing(before)


@pytest.mark.parametrize(
    ("before", "decision", "code"),
    [
        (State.ACCEPTED, Accept(), "already"),
        (State.REJECTED, Reject(reason=RejectReason.FORECAST), "already"),
        (State.UNREVIEWED, Edit(record=RECORD), "no_change"),
        (State.MERGED, Accept(), "gone"),
        (State.WITHDRAWN, EDIT, "gone"),
        (State.DISPUTED, Accept(), "disputed"),
        (State.DISPUTED, NO_DEAL, "disputed"),
        (State.DISPUTED, EDIT, "disputed"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_decide_refuses_with_a_code(before: State, decision: Decision, code: str) -> None:
    with pytest.raises(ReviewError) as refused:
        decide(standing(before), decision, role=Role.REVIEWER)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (replace(RECORD, buyer=(), seller=()), "lacks_party"),
        (replace(RECORD, amount=None), "lacks_quantity"),
    ],
    ids=["no party", "no quantity"],
)
def test_accept_refuses_what_the_guideline_calls_no_deal(record: object, code: str) -> None:
    with pytest.raises(ReviewError) as refused:
        decide(replace(standing(), record=record), Accept(), role=Role.REVIEWER)  # type: ignore[arg-type]
    assert refused.value.code == code


@pytest.mark.parametrize(
    "quantity",
    [{"count": Count(value=Decimal(3), unit="台")}, {"capacity_mw": Decimal(40)}],
    ids=["count", "capacity"],
)
def test_accept_takes_any_quantity(quantity: dict[str, object]) -> None:
    record = replace(RECORD, amount=None, **quantity)  # type: ignore[arg-type]
    (change,) = decide(replace(standing(), record=record), Accept(), role=Role.REVIEWER)
    assert change.after.state is State.ACCEPTED


def test_reject_keeps_its_reason_until_the_record_is_accepted_after_all() -> None:
    (rejected,) = decide(standing(), NO_DEAL, role=Role.REVIEWER)
    assert rejected.after.reason is RejectReason.NOT_A_DEAL
    (accepted,) = decide(rejected.after, Accept(), role=Role.REVIEWER)
    assert accepted.after.reason is None


def test_split_keeps_one_part_under_the_id_and_gives_the_other_a_new_one() -> None:
    both = replace(RECORD, seller=(*RECORD.seller, *investment().seller))
    first = keep_only(both, set(Slot), {Slot.BUYER: {0}, Slot.SELLER: {0}})
    second = keep_only(both, {Slot.AMOUNT}, {Slot.BUYER: {0}, Slot.SELLER: {1}})
    decision = Split(first=first, second=second)
    kept, born = decide(replace(standing(), record=both), decision, role=Role.REVIEWER)
    assert kept.after.record.id == RECORD.id
    assert [p.name for p in kept.after.record.seller] == ["ハル半導体"]
    assert born.before is None
    assert born.after.record.id != RECORD.id
    assert [p.name for p in born.after.record.seller] == ["海野ロボティクス"]
    assert born.after.origin is Origin.REVIEWER
    assert born.after.machine is None


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (RECORD, BETTER, "no_change"),
        (replace(RECORD, buyer=(), seller=()), BETTER, "lacks_party"),
        (BETTER, replace(RECORD, amount=None), "lacks_quantity"),
    ],
    ids=["nothing moved", "first without party", "second without quantity"],
)
def test_split_refuses_parts_that_are_no_records(first: object, second: object, code: str) -> None:
    with pytest.raises(ReviewError) as refused:
        decide(standing(), Split(first=first, second=second), role=Role.REVIEWER)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_merge_fills_one_record_and_points_the_other_at_it() -> None:
    other = Standing(record=supply(key="again", term=FIVE_YEARS), version=4)
    kept, gone = decide(standing(), Merge(other=other), role=Role.REVIEWER)
    assert kept.after.record.term == FIVE_YEARS
    assert kept.after.state is State.EDITED
    assert (gone.after.state, gone.after.replaced_by) == (State.MERGED, RECORD.id)
    assert gone.after.version == 5


@pytest.mark.parametrize(
    "other",
    [
        Standing(record=RECORD, version=1),
        Standing(record=replace(investment(), article_id="another"), version=1),
        Standing(record=investment(), version=1, state=State.MERGED),
        Standing(record=investment(), version=1, state=State.DISPUTED),
    ],
    ids=["itself", "another article's", "merged already", "disputed"],
)
def test_merge_refuses(other: Standing) -> None:
    with pytest.raises(ReviewError) as refused:
        decide(standing(), Merge(other=other), role=Role.REVIEWER)
    assert refused.value.code == "not_mergeable"


def test_a_blind_reading_neither_splits_nor_merges() -> None:
    for decision in (
        Split(first=BETTER, second=BETTER),
        Merge(other=Standing(record=investment(), version=1)),
    ):
        with pytest.raises(ReviewError) as refused:
            decide(standing(), decision, role=Role.REVIEWER, blind=True)
        assert refused.value.code == "blind"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(Role.REVIEWER, False), (Role.LEAD, True), (Role.ADMIN, True)],
)
def test_only_a_lead_adjudicates(role: Role, allowed: bool) -> None:
    decision = Adjudicate(record=BETTER)
    if allowed:
        (change,) = decide(standing(State.DISPUTED), decision, role=role)
        assert (change.after.state, change.after.record) == (State.ACCEPTED, BETTER)
    else:
        with pytest.raises(ReviewError) as refused:
            decide(standing(State.DISPUTED), decision, role=role)
        assert refused.value.code == "not_lead"


def test_adjudicating_without_a_record_rejects() -> None:
    decision = Adjudicate(record=None, reason=RejectReason.FORECAST)
    (change,) = decide(standing(State.DISPUTED), decision, role=Role.LEAD)
    assert (change.after.state, change.after.reason) == (State.REJECTED, RejectReason.FORECAST)


def test_resolve_puts_what_was_chosen() -> None:
    chosen = replace(standing(State.ACCEPTED), record=BETTER)
    (change,) = decide(
        standing(State.REJECTED, version=7), Resolve(chosen=chosen), role=Role.REVIEWER
    )
    assert (change.after.state, change.after.record) == (State.ACCEPTED, BETTER)
    assert change.after.version == 8
    assert change.after.reason is None


def test_add_makes_a_record_of_the_reviewers_that_is_not_accepted_yet() -> None:
    change = add(RECORD)
    assert change.action is Action.ADD
    assert change.before is None
    assert (change.after.state, change.after.origin) == (State.EDITED, Origin.REVIEWER)
    assert change.after.version == 1
