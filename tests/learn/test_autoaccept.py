"""Automatic acceptance in the database: by nobody, with its reason, never against a human."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa

from pipeline.learn.audit import Audit, Decided, Threshold, audit, in_audit_sample
from pipeline.learn.autoaccept import (
    TOP,
    accept_confident,
    decided_by_people,
    order_queue,
    withdraw_automatic,
)
from pipeline.learn.from_store import reviewed_articles
from pipeline.learn.priority import Priority
from pipeline.record import DealRecord, record_id
from pipeline.review.decision import Accept, Reject
from pipeline.review.standing import RejectReason
from pipeline.store.review_tables import reviews
from pipeline.store.tables import records
from tests.review.scene import Newsroom, supply

SHARE = 0.2


def earned(confidence: float) -> Audit:
    """An audit by which records of some confidence may be accepted."""
    return Audit(
        target=0.97,
        basis="sample",
        decided=120,
        in_sample=120,
        threshold=Threshold(confidence=confidence, records=120, right=120, lower=0.978),
        bins=(),
    )


def fill(room: Newsroom, count: int = 30) -> list[DealRecord]:
    """Records of the room's article, half of them sure."""
    found = [
        supply(room.article, key=f"k{k}", confidence=0.95 if k % 2 else 0.5) for k in range(count)
    ]
    room.extract(found)
    return found


def confident(found: Sequence[DealRecord], *, sampled: bool) -> set[str]:
    return {r.id for r in found if r.confidence > 0.9 and in_audit_sample(r.id, SHARE) is sampled}


def states(room: Newsroom) -> dict[str, str]:
    with room.store.engine.connect() as connection:
        return {row.id: row.state for row in connection.execute(sa.select(records))}


def test_what_is_confident_is_accepted_except_the_sample(room: Newsroom) -> None:
    found = fill(room)
    done = accept_confident(room.store, earned(0.9), version="v1", share=SHARE, at=room.clock())
    assert set(done.accepted) == confident(found, sampled=False) != set()
    assert done.kept_for_audit == len(confident(found, sampled=True)) > 0
    after = states(room)
    assert {k for k, state in after.items() if state == "accepted"} == set(done.accepted)


def test_an_automatic_acceptance_is_an_event_by_nobody_with_its_reason(room: Newsroom) -> None:
    fill(room)
    done = accept_confident(room.store, earned(0.9), version="v1", share=SHARE, at=room.clock())
    (event,) = room.browser.view(done.accepted[0], room.lead).events
    assert (event.actor, event.action.value) == ("", "accept")
    assert event.note == (
        "automatic: confidence at least 0.900; of 120 decided (sample) 120 were right"
    )
    assert event.before is not None
    assert event.before["state"] == "unreviewed"


def test_learning_leaves_automatic_acceptances_out(room: Newsroom) -> None:
    found = fill(room)
    accept_confident(room.store, earned(0.9), version="v1", share=SHARE, at=room.clock())
    assert [r for item in reviewed_articles(room.store) for r in item.records] == []
    doubtful = next(r for r in found if r.confidence == 0.5)
    room.service.decide(doubtful.id, Accept(), room.aoi, seen=1)
    (item,) = reviewed_articles(room.store)
    assert [r.record.id for r in item.records] == [doubtful.id]
    assert not item.complete
    with room.store.engine.connect() as connection:
        verdicts = connection.execute(sa.select(reviews.c.verdicts, reviews.c.decided_by))
        assert {(row.verdicts is None) for row in verdicts if row.decided_by == ""} == {True}


def test_humans_words_and_open_records_are_left_alone(room: Newsroom) -> None:
    found = fill(room)
    rejected, opened, *_ = sorted(confident(found, sampled=False))
    room.service.decide(rejected, Reject(reason=RejectReason.FORECAST), room.aoi, seen=1)
    from pipeline.store.review import ReviewDb

    at = room.clock()
    with ReviewDb(room.store.engine).transaction() as transaction:
        transaction.claim([opened], room.ren.user_id, at=at, until=at.replace(hour=at.hour + 1))
    done = accept_confident(room.store, earned(0.9), version="v1", share=SHARE, at=room.clock())
    assert done.skipped == 1
    assert not {rejected, opened} & set(done.accepted)
    assert states(room)[rejected] == "rejected"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"extractor_version": "v2"}, "another version", id="version"),
        pytest.param({"confidence": 0.89}, "not sure enough", id="confidence"),
        pytest.param({"buyer": (), "seller": ()}, "no party", id="party"),
        pytest.param({"amount": None}, "no quantity", id="quantity"),
    ],
)
def test_what_is_not_accepted(room: Newsroom, change: dict[str, object], why: str) -> None:
    key = next(
        k for k in range(99) if not in_audit_sample(record_id(room.article.id, f"k{k}"), SHARE)
    )
    one = replace(supply(room.article, key=f"k{key}", confidence=0.95), **change)  # type: ignore[arg-type]
    room.extract([one], version=one.extractor_version)
    done = accept_confident(room.store, earned(0.9), version="v1", share=SHARE, at=room.clock())
    assert done.accepted == (), why


def test_without_a_threshold_nothing_is_accepted(room: Newsroom) -> None:
    fill(room)
    found = audit([], target=0.97, share=SHARE)
    done = accept_confident(room.store, found, version="v1", share=SHARE, at=room.clock())
    assert (done.accepted, done.kept_for_audit) == ((), 0)


def test_dry_run_counts_and_changes_nothing(room: Newsroom) -> None:
    found = fill(room)
    done = accept_confident(
        room.store, earned(0.9), version="v1", share=SHARE, at=room.clock(), dry_run=True
    )
    assert set(done.accepted) == confident(found, sampled=False)
    assert set(states(room).values()) == {"unreviewed"}


def test_acceptances_are_taken_back_except_where_a_human_spoke_since(room: Newsroom) -> None:
    fill(room)
    done = accept_confident(room.store, earned(0.9), version="v1", share=SHARE, at=room.clock())
    spoken = done.accepted[0]
    room.service.decide(spoken, Reject(reason=RejectReason.NOT_A_DEAL), room.aoi, seen=2)
    assert withdraw_automatic(room.store, at=room.clock(), dry_run=True) == list(done.accepted[1:])
    assert withdraw_automatic(room.store, at=room.clock()) == list(done.accepted[1:])
    after = states(room)
    assert after[spoken] == "rejected"
    assert {after[k] for k in done.accepted[1:]} == {"unreviewed"}
    assert withdraw_automatic(room.store, at=room.clock()) == []
    actions = [e.action.value for e in room.browser.view(done.accepted[1], room.lead).events]
    assert actions == ["accept", "undo"]


def test_accepting_twice_changes_nothing(room: Newsroom) -> None:
    fill(room)
    first = accept_confident(room.store, earned(0.9), version="v1", share=SHARE, at=room.clock())
    again = accept_confident(room.store, earned(0.9), version="v1", share=SHARE, at=room.clock())
    assert again.accepted == ()
    assert again.kept_for_audit == first.kept_for_audit


def test_people_judge_one_extractor_version(room: Newsroom) -> None:
    found = fill(room)
    for one, decision in ((found[0], Accept()), (found[1], Reject(reason=RejectReason.FORECAST))):
        room.service.decide(one.id, decision, room.aoi, seen=1)
    decided = decided_by_people(reviewed_articles(room.store), "v1")
    assert sorted(decided, key=lambda d: d.confidence) == [
        Decided(record_id=found[0].id, confidence=0.5, right=True),
        Decided(record_id=found[1].id, confidence=0.95, right=False),
    ]
    assert decided_by_people(reviewed_articles(room.store), "v2") == []


def order(room: Newsroom) -> list[str]:
    with room.store.engine.connect() as connection:
        query = sa.select(records.c.id).where(records.c.state == "unreviewed")
        return list(connection.execute(query.order_by(records.c.at_stake.desc())).scalars())


def test_the_queue_is_put_in_the_order_of_worth(room: Newsroom) -> None:
    found = fill(room)
    known = Priority(known=frozenset({"青空電機", "ハル半導体"}))
    new = replace(
        supply(room.article, key="new", confidence=0.5),
        buyer=(replace(found[0].buyer[0], name="新顔"),),
    )
    room.extract([*found, new])
    assert order_queue(room.store, known, dry_run=True) == len(found) + 1
    assert order_queue(room.store, known) == len(found) + 1
    assert order(room)[0] == new.id
    sure = {r.id for r in found if r.confidence == 0.95}
    assert set(order(room)[-len(sure) :]) == sure


def test_the_sample_comes_first_where_acceptance_is_on(room: Newsroom) -> None:
    found = fill(room)
    order_queue(room.store, Priority(), share=SHARE)
    sampled = {r.id for r in found if in_audit_sample(r.id, SHARE)}
    assert set(order(room)[: len(sampled)]) == sampled
    with room.store.engine.connect() as connection:
        top = connection.execute(sa.select(records.c.id).where(records.c.at_stake >= TOP))
        assert set(top.scalars()) == sampled
