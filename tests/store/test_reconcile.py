"""Machine over machine replaces; machine over human only notes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pipeline.record import DealRecord, Party, Slot, Status
from pipeline.store.reconcile import Kept, differing_slots, plan_replacement
from pipeline.values import Chip, Term
from tests.store.making import article, record

ARTICLE = article()
OLD = record(ARTICLE)
FRESH = record(ARTICLE, version="v2")


def other(**changes: object) -> DealRecord:
    """The v2 record with other values."""
    return replace(FRESH, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "slots"),
    [
        pytest.param({}, (), id="nothing"),
        pytest.param({"confidence": 0.1}, (), id="confidence is no value"),
        pytest.param({"evidence": {}}, (), id="evidence is no value"),
        pytest.param(
            {"term": Term(value=Decimal(60), duration="P5Y", low=None)}, (), id="same term"
        ),
        pytest.param({"term": None}, (Slot.TERM,), id="no term"),
        pytest.param({"amount_max": None}, (Slot.AMOUNT_MAX,), id="no ceiling"),
        pytest.param({"chips": ()}, (Slot.CHIPS,), id="no chips"),
        pytest.param(
            {"seller": (Party(name="ハル", surfaces=("ハル",), gazetteer_id="hal"),)},
            (),
            id="the same company by another name",
        ),
        pytest.param({"buyer": ()}, (Slot.BUYER,), id="no buyer"),
    ],
)
def test_slots_differ_by_value(changes: dict[str, object], slots: tuple[Slot, ...]) -> None:
    assert differing_slots(OLD, other(**changes)) == slots


def test_chips_have_no_order() -> None:
    one, two = Chip(model="A1"), Chip(model="B2")
    assert differing_slots(other(chips=(one, two)), other(chips=(two, one))) == ()


@pytest.mark.parametrize(
    ("human", "fresh", "flagged"),
    [
        pytest.param("accepted", (FRESH,), False, id="accepted, found as it is"),
        pytest.param("accepted", (), True, id="accepted, not found"),
        pytest.param(
            "accepted", (other(status=Status.CANCELLED),), True, id="accepted, found otherwise"
        ),
        pytest.param("rejected", (), False, id="rejected, not found"),
        pytest.param("rejected", (FRESH,), True, id="rejected, found"),
        pytest.param("merged", (), False, id="merged away, not found"),
        pytest.param("added", (FRESH,), False, id="added by a human, now found"),
    ],
)
def test_a_new_extractor_is_held_against_the_humans_word(
    human: str, fresh: tuple[DealRecord, ...], *, flagged: bool
) -> None:
    plan = plan_replacement([Kept(record=OLD, human_state=human)], fresh, version="v2")
    assert (plan.insert, plan.replace, plan.delete) == ((), (), ())
    assert bool(plan.flag) is flagged


def test_the_corrected_extractor_run_once_more_says_nothing_new() -> None:
    edited = Kept(record=replace(OLD, buyer=()), human_state="edited")
    plan = plan_replacement([edited], [OLD], version="v1")
    assert (plan.insert, plan.flag, plan.unchanged) == ((), {}, 1)


def test_a_wrong_record_thrown_out_does_not_swallow_a_right_one_that_resembles_it() -> None:
    rejected = Kept(record=OLD, human_state="rejected")
    right = record(ARTICLE, buyer="緑川商事", version="v2")
    right = replace(right, id="f" * 20)
    plan = plan_replacement([rejected], [right], version="v2")
    assert plan.insert == (right,)


def test_a_wrong_record_thrown_out_is_not_brought_again_under_another_id() -> None:
    rejected = Kept(record=OLD, human_state="rejected")
    again = replace(FRESH, id="f" * 20)
    plan = plan_replacement([rejected], [again], version="v2")
    assert plan.insert == ()
    assert plan.flag[OLD.id] is not None


def test_untouched_records_follow_the_extractor() -> None:
    stays, goes = Kept(record=OLD), Kept(record=replace(OLD, id="a" * 20))
    changed, new = other(term=None), other(id="b" * 20)
    plan = plan_replacement([stays, goes], [changed, new], version="v2")
    assert (plan.insert, plan.replace, plan.delete, plan.flag) == (
        (new,),
        (changed,),
        ("a" * 20,),
        {},
    )
