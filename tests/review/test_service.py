"""Decisions carried out in a real database: events, conflicts, undo, double reading."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.errors import ReviewError
from pipeline.record import Slot
from pipeline.review.decision import Accept, Adjudicate, Reject, Skip
from pipeline.review.edit import set_slot
from pipeline.review.request import EditOp, EditRequest, MergeRequest, SlotEdit, SplitRequest
from pipeline.review.standing import Action, RejectReason, State
from pipeline.span import Span
from pipeline.store.review import ReviewDb
from pipeline.store.review_filter import QueueFilter
from pipeline.store.review_queue import Sort
from pipeline.store.review_readings import Readings
from pipeline.store.review_tables import review_events
from pipeline.values import Money, Qualifier
from tests.review.scene import FIVE_YEARS, TEXT, Newsroom, investment, supply

FORECAST = Reject(reason=RejectReason.FORECAST, note="予測にすぎない")


def span(words: str) -> Span:
    start = TEXT.index(words)
    return Span(start, start + len(words))


def edit(slot: Slot, words: str, op: EditOp = EditOp.SET, **more: Any) -> EditRequest:
    return EditRequest(edits=(SlotEdit(op=op, slot=slot, span=span(words)),), **more)


def typed(slot: Slot, words: str) -> EditRequest:
    return EditRequest(edits=(SlotEdit(op=EditOp.SET, slot=slot, typed=words),))


def state(room: Newsroom, record_id: str) -> str:
    stored = room.store.records.load(record_id)
    assert stored is not None
    return stored.state


def events(room: Newsroom, record_id: str) -> list[str]:
    return [event.action.value for event in room.browser.view(record_id, room.lead).events]


def test_accept_is_one_event_with_who_when_and_what(room: Newsroom) -> None:
    outcome = room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    assert (outcome.state, outcome.version) == (State.ACCEPTED, 2)
    view = room.browser.view(room.supply.id, room.ren)
    (event,) = view.events
    assert (event.action, event.actor, event.seen, event.version) == (Action.ACCEPT, "葵", 1, 2)
    assert event.before is not None
    assert (event.before["state"], event.after["state"]) == ("unreviewed", "accepted")
    assert event.extractor_version == "v1"
    assert event.at <= room.clock.now
    assert view.standing.record == room.supply


def test_a_selection_becomes_the_slots_value_with_its_quote(room: Newsroom) -> None:
    room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), room.aoi, seen=1)
    record = room.browser.view(room.supply.id, room.ren).standing.record
    assert record.term is not None
    assert record.term.value == 60
    (quote,) = record.evidence[Slot.TERM]
    assert TEXT[quote.start : quote.end] == quote.quote == "5年間"
    assert state(room, room.supply.id) == "edited"


def test_an_edit_can_accept_in_the_same_breath(room: Newsroom) -> None:
    outcome = room.service.decide(
        room.supply.id, edit(Slot.TERM, "5年間", accept=True), room.aoi, seen=1
    )
    assert outcome.state is State.ACCEPTED
    assert events(room, room.supply.id) == ["edit", "accept"]
    room.service.undo(room.aoi)  # takes back the whole breath
    assert state(room, room.supply.id) == "unreviewed"


def test_what_cannot_be_read_changes_nothing(room: Newsroom) -> None:
    for request in (
        edit(Slot.AMOUNT, "契約"),
        typed(Slot.AMOUNT, "たくさん"),
        EditRequest(edits=(SlotEdit(op=EditOp.SET, slot=Slot.BUYER, span=Span(0, 9999)),)),
        EditRequest(edits=(SlotEdit(op=EditOp.REMOVE, slot=Slot.BUYER, index=7),)),
        EditRequest(edits=(SlotEdit(op=EditOp.SET, slot=Slot.BUYER),)),
    ):
        with pytest.raises(ReviewError):
            room.service.decide(room.supply.id, request, room.aoi, seen=1)
    assert events(room, room.supply.id) == []
    assert state(room, room.supply.id) == "unreviewed"


def test_the_same_request_twice_acts_once(room: Newsroom) -> None:
    first = room.service.decide(room.supply.id, FORECAST, room.aoi, seen=1, request_id="r1")
    again = room.service.decide(room.supply.id, FORECAST, room.aoi, seen=1, request_id="r1")
    assert first == again
    assert events(room, room.supply.id) == ["reject"]


def test_reject_keeps_reason_and_note(room: Newsroom) -> None:
    room.service.decide(room.supply.id, FORECAST, room.aoi, seen=1)
    view = room.browser.view(room.supply.id, room.aoi)
    assert view.standing.reason is RejectReason.FORECAST
    assert view.events[0].note == "予測にすぎない"


def test_undo_and_redo_walk_through_what_a_user_did(room: Newsroom) -> None:
    one, other = room.supply.id, room.investment.id
    room.service.decide(one, edit(Slot.TERM, "5年間"), room.aoi, seen=1)
    room.service.decide(one, Accept(), room.aoi, seen=2)
    room.service.decide(other, FORECAST, room.aoi, seen=1)
    assert room.service.undo(room.aoi).record_id == other
    assert room.service.undo(room.aoi).record_id == one
    assert (state(room, one), state(room, other)) == ("edited", "unreviewed")
    room.service.undo(room.aoi)
    assert room.browser.view(one, room.aoi).standing.record == room.supply
    with pytest.raises(ReviewError) as nothing:
        room.service.undo(room.aoi)
    assert nothing.value.code == "nothing_to_undo"
    for _ in range(3):
        room.service.redo(room.aoi)
    assert (state(room, one), state(room, other)) == ("accepted", "rejected")
    with pytest.raises(ReviewError) as nothing:
        room.service.redo(room.aoi)
    assert nothing.value.code == "nothing_to_redo"
    assert room.service.undo(room.aoi).record_id == other


def test_a_new_decision_ends_redo(sqlite_room: Newsroom) -> None:
    room = sqlite_room
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    room.service.undo(room.aoi)
    room.service.decide(room.investment.id, Accept(), room.aoi, seen=1)
    with pytest.raises(ReviewError):
        room.service.redo(room.aoi)


def test_undo_is_each_users_own(sqlite_room: Newsroom) -> None:
    room = sqlite_room
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    with pytest.raises(ReviewError):
        room.service.undo(room.ren)
    assert state(room, room.supply.id) == "accepted"


def test_undo_never_takes_back_what_somebody_else_built_on(sqlite_room: Newsroom) -> None:
    room = sqlite_room
    room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), room.aoi, seen=1)
    room.service.decide(room.supply.id, Accept(), room.ren, seen=2)
    with pytest.raises(ReviewError) as refused:
        room.service.undo(room.aoi)
    assert refused.value.code == "changed_since"
    assert state(room, room.supply.id) == "accepted"


def test_undone_means_untouched_so_that_the_extractor_may_replace_it(room: Newsroom) -> None:
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    room.service.undo(room.aoi)
    better = replace(room.supply, term=FIVE_YEARS, extractor_version="v2")
    room.extract([better, room.investment], "v2")
    assert room.browser.view(room.supply.id, room.aoi).standing.record == better


def test_skip_comes_last_and_can_be_undone(room: Newsroom) -> None:
    wanted = QueueFilter(states=("unreviewed",))

    def next_id() -> str | None:
        return room.browser.next_record(wanted, Sort.STAKE, room.aoi)

    first = next_id()
    assert first is not None
    room.service.decide(first, Skip(), room.aoi, seen=1)
    second = next_id()
    assert second not in (None, first)
    room.service.decide(second or "", Skip(), room.aoi, seen=1)
    assert next_id() == first  # all are skipped: they come again
    room.service.undo(room.aoi)
    assert next_id() == second
    room.service.redo(room.aoi)
    assert next_id() == first
    assert state(room, first) == "unreviewed"


# Two people at one record


def test_two_words_on_one_record_are_both_kept(room: Newsroom) -> None:
    room.service.decide(room.supply.id, typed(Slot.AMOUNT, "130億円"), room.aoi, seen=1)
    outcome = room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), room.ren, seen=1)
    assert outcome.conflict
    view = room.browser.view(room.supply.id, room.ren)
    assert view.standing.record.term is None  # nothing is laid over the other's word
    assert view.conflict is not None
    assert view.conflict.event.actor == "蓮"
    assert view.conflict.choices == {"amount": "theirs", "term": "mine"}
    room.service.resolve(room.supply.id, {"amount": "theirs", "term": "mine"}, room.ren)
    resolved = room.browser.view(room.supply.id, room.ren)
    assert resolved.conflict is None
    amount, term = resolved.standing.record.amount, resolved.standing.record.term
    assert amount is not None
    assert term is not None
    assert (amount.value, term.value) == (Decimal(13_000_000_000), Decimal(60))
    assert events(room, room.supply.id) == ["edit", "conflict", "resolve"]


def test_three_words_are_settled_one_after_the_other(sqlite_room: Newsroom) -> None:
    room = sqlite_room
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    room.service.decide(room.supply.id, FORECAST, room.ren, seen=1)
    room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), room.mio, seen=1)
    view = room.browser.view(room.supply.id, room.mio)
    assert view.conflict is not None
    assert view.conflict.choices == {"state": None}
    with pytest.raises(ReviewError) as refused:
        room.service.resolve(room.supply.id, {}, room.mio)
    assert refused.value.code == "unsettled"
    room.service.resolve(room.supply.id, {"state": "theirs"}, room.mio)
    view = room.browser.view(room.supply.id, room.mio)
    assert view.conflict is not None
    assert view.conflict.event.actor == "澪"
    room.service.resolve(room.supply.id, {"state": "theirs", "term": "mine"}, room.mio)
    view = room.browser.view(room.supply.id, room.mio)
    assert view.conflict is None
    assert (view.standing.state, view.standing.record.term) != (State.REJECTED, None)


def test_the_same_word_twice_is_no_conflict(sqlite_room: Newsroom) -> None:
    room = sqlite_room
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    outcome = room.service.decide(room.supply.id, Accept(), room.ren, seen=1)
    assert not outcome.conflict
    assert events(room, room.supply.id) == ["accept"]


def test_a_flag_by_the_extractor_is_no_conflict(room: Newsroom) -> None:
    room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), room.aoi, seen=1)
    room.extract([replace(room.supply, extractor_version="v2"), room.investment], "v2")
    outcome = room.service.decide(room.supply.id, Accept(), room.aoi, seen=2)
    assert not outcome.conflict
    assert outcome.state is State.ACCEPTED


def test_a_decision_about_a_replaced_extraction_is_refused(sqlite_room: Newsroom) -> None:
    room = sqlite_room
    room.extract([replace(room.supply, term=FIVE_YEARS, extractor_version="v2")], "v2")
    with pytest.raises(ReviewError) as refused:
        room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    assert refused.value.code == "changed_since"
    with pytest.raises(ReviewError) as refused:
        room.service.decide(room.investment.id, Accept(), room.aoi, seen=1)
    assert refused.value.code == "unknown_record"


# Re-extraction


def test_a_new_extractor_flags_and_never_changes_a_humans_word(room: Newsroom) -> None:
    room.service.decide(room.supply.id, typed(Slot.AMOUNT, "130億円"), room.aoi, seen=1)
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=2)
    before = room.browser.view(room.supply.id, room.aoi).standing
    room.extract([replace(room.supply, extractor_version="v2"), room.investment], "v2")
    view = room.browser.view(room.supply.id, room.aoi)
    assert view.standing.record == before.record
    assert view.standing.state is State.ACCEPTED
    assert view.disagreement is not None
    assert view.disagreement.slots == ("amount",)


# Split, merge, missed deals


def test_split_and_its_undo(room: Newsroom) -> None:
    both = SlotEdit(op=EditOp.ADD, slot=Slot.SELLER, span=span("海野ロボティクス"))
    room.service.decide(room.supply.id, EditRequest(edits=(both,)), room.aoi, seen=1)
    request = SplitRequest(
        slots=frozenset({Slot.AMOUNT}),
        items={Slot.BUYER: frozenset({0}), Slot.SELLER: frozenset({1})},
        moved_items={Slot.SELLER: frozenset({1})},
    )
    outcome = room.service.decide(room.supply.id, request, room.aoi, seen=2)
    (born,) = outcome.others
    first = room.browser.view(room.supply.id, room.aoi).standing.record
    second = room.browser.view(born, room.aoi).standing.record
    assert [p.name for p in first.seller] == ["ハル半導体"]
    assert [p.name for p in second.seller] == ["海野ロボティクス"]
    room.service.undo(room.aoi)
    assert len(room.browser.view(room.supply.id, room.aoi).standing.record.seller) == 2
    assert state(room, born) == "withdrawn"
    room.service.redo(room.aoi)
    assert state(room, born) == "edited"


def test_merge_and_its_undo(room: Newsroom) -> None:
    request = MergeRequest(other_id=room.investment.id)
    room.service.decide(room.supply.id, request, room.aoi, seen=1)
    view = room.browser.view(room.supply.id, room.aoi)
    assert {p.name for p in view.standing.record.buyer} == {"青空電機", "みどり証券"}
    gone = room.browser.view(room.investment.id, room.aoi)
    assert gone.read_only == "gone"
    assert gone.standing.replaced_by == room.supply.id
    room.service.undo(room.aoi)
    assert state(room, room.investment.id) == "unreviewed"
    assert room.browser.view(room.supply.id, room.aoi).standing.record == room.supply


def test_a_missed_deal_is_the_reviewers_own(room: Newsroom) -> None:
    edits = (
        SlotEdit(op=EditOp.SET, slot=Slot.BUYER, span=span("みどり証券")),
        SlotEdit(op=EditOp.SET, slot=Slot.AMOUNT, span=span("5億ドル")),
    )
    outcome = room.service.add_missed(room.article.id, edits, room.aoi)
    room.service.decide(outcome.record_id, Accept(), room.aoi, seen=1)
    stored = room.store.records.load(outcome.record_id)
    assert stored is not None
    assert stored.record.amount == Money(
        value=Decimal(500_000_000), currency="USD", qualifier=Qualifier.EXACT
    )
    assert stored.record.extractor_version == "v1"  # the one that missed it
    room.extract([room.supply, room.investment], "v2")
    assert state(room, outcome.record_id) == "accepted"


def test_a_missed_deal_taken_back_is_withdrawn(sqlite_room: Newsroom) -> None:
    room = sqlite_room
    outcome = room.service.add_missed(room.article.id, (), room.aoi)
    room.service.undo(room.aoi)
    assert state(room, outcome.record_id) == "withdrawn"
    assert room.store.records.count() == 2


def test_unknown_things_are_said_to_be_unknown(sqlite_room: Newsroom) -> None:
    room = sqlite_room
    for act, code in (
        (lambda: room.service.decide("nothing", Accept(), room.aoi, seen=1), "unknown_record"),
        (lambda: room.service.add_missed("nothing", (), room.aoi), "unknown_article"),
        (lambda: room.browser.view("nothing", room.aoi), "unknown_record"),
        (lambda: room.browser.view_at(room.supply.id, 9), "unknown_version"),
        (lambda: room.service.resolve(room.supply.id, {}, room.aoi), "no_conflict"),
    ):
        with pytest.raises(ReviewError) as refused:
            act()
        assert refused.value.code == code


# History


def test_any_past_state_can_be_shown(room: Newsroom) -> None:
    room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), room.aoi, seen=1)
    room.service.decide(room.supply.id, Accept(), room.ren, seen=2)
    room.service.decide(room.supply.id, FORECAST, room.mio, seen=3)
    states = [room.browser.view_at(room.supply.id, n).state.value for n in (1, 2, 3, 4)]
    assert states == ["unreviewed", "edited", "accepted", "rejected"]
    assert room.browser.view_at(room.supply.id, 1).record == room.supply


def test_events_can_be_neither_changed_nor_deleted(room: Newsroom) -> None:
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    for statement in (
        sa.update(review_events).values(actor="somebody"),
        sa.delete(review_events),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), room.store.engine.begin() as c:
            c.execute(statement)
    assert events(room, room.supply.id) == ["accept"]


# Locks


def test_a_soft_lock_shows_who_and_expires(room: Newsroom) -> None:
    assert room.browser.open(room.supply.id, room.aoi) is None
    assert room.browser.open(room.supply.id, room.ren) == "葵"
    assert room.browser.view(room.supply.id, room.ren).holder == "葵"
    assert room.browser.view(room.supply.id, room.aoi).holder is None
    room.service.decide(room.supply.id, Accept(), room.ren, seen=1)  # soft: it stops nobody
    room.clock.advance(minutes=2)
    assert room.browser.open(room.supply.id, room.ren) is None


def test_next_gives_each_reviewer_another_record(room: Newsroom) -> None:
    wanted = QueueFilter(states=("unreviewed",))
    found = [
        room.browser.next_record(wanted, Sort.STAKE, actor)
        for actor in (room.aoi, room.ren, room.mio)
    ]
    assert set(found[:2]) == {room.supply.id, room.investment.id}
    assert found[2] is None
    room.browser.close(found[0] or "", room.aoi)
    assert room.browser.next_record(wanted, Sort.STAKE, room.mio) == found[0]


# Double reading


def sample(room: Newsroom, *pair: int | None) -> None:
    with ReviewDb(room.store.engine).transaction() as transaction:
        readings = Readings(transaction.connection)
        first, second = pair or (None, None)
        assert readings.assign([room.supply.id], [(first, second)], room.clock()) == 1
        assert readings.assign([room.supply.id], [(first, second)], room.clock()) == 0


def test_two_blind_readers_see_nothing_of_each_other(room: Newsroom) -> None:
    sample(room)
    outcome = room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), room.aoi, seen=0)
    assert outcome.blind
    other = room.browser.view(room.supply.id, room.ren)
    assert other.blind
    assert other.standing.record == room.supply
    assert other.events == ()
    assert room.browser.view(room.supply.id, room.aoi).standing.record.term is not None
    assert state(room, room.supply.id) == "unreviewed"


def test_a_record_being_read_is_not_the_extractors_to_replace(room: Newsroom) -> None:
    sample(room)
    room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), room.aoi, seen=0)
    cheaper = replace(room.supply, amount=None, count=None, extractor_version="v2")
    room.extract([cheaper, room.investment], "v2")
    assert room.browser.view(room.supply.id, room.ren).standing.record == room.supply


def test_a_third_person_only_looks_on(room: Newsroom) -> None:
    sample(room)
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=0)
    room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), room.ren, seen=0)
    assert room.browser.view(room.supply.id, room.mio).read_only == "being_read"
    with pytest.raises(ReviewError) as refused:
        room.service.decide(room.supply.id, Accept(), room.mio, seen=1)
    assert refused.value.code == "being_read"


def test_places_given_to_two_are_nobody_elses(room: Newsroom) -> None:
    sample(room, room.aoi.user_id, room.ren.user_id)
    wanted = QueueFilter(states=("unreviewed",), article_id=room.article.id)
    ids = {
        actor.name: set(
            room.browser.queue.open_ids(wanted, Sort.STAKE, room.browser.viewer(actor), size=9)
        )
        for actor in (room.aoi, room.ren, room.mio)
    }
    assert room.supply.id in ids["葵"] & ids["蓮"]
    assert room.supply.id not in ids["澪"]
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=0)
    mine = room.browser.queue.open_ids(wanted, Sort.STAKE, room.browser.viewer(room.aoi), size=9)
    assert room.supply.id not in mine


def test_two_equal_readings_are_the_records_word(room: Newsroom) -> None:
    sample(room)
    for actor in (room.aoi, room.ren):
        room.service.decide(room.supply.id, edit(Slot.TERM, "5年間"), actor, seen=0)
        room.service.decide(room.supply.id, Accept(), actor, seen=1)
    view = room.browser.view(room.supply.id, room.mio)
    assert view.standing.state is State.ACCEPTED
    assert view.standing.record.term is not None
    assert [event.action for event in view.events] == [Action.AGREE]
    with pytest.raises(ReviewError) as refused:
        room.service.undo(room.aoi)
    assert refused.value.code == "closed"


def test_two_different_readings_wait_for_a_lead(room: Newsroom) -> None:
    sample(room)
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=0)
    room.service.decide(room.supply.id, FORECAST, room.ren, seen=0)
    view = room.browser.view(room.supply.id, room.lead)
    assert view.standing.state is State.DISPUTED
    assert [(name, one.state.value) for name, one in view.readings] == [
        ("葵", "accepted"),
        ("蓮", "rejected"),
    ]
    assert room.browser.view(room.supply.id, room.mio).readings == ()
    right = set_slot(room.supply, Slot.TERM, FIVE_YEARS)
    with pytest.raises(ReviewError) as refused:
        room.service.adjudicate(
            room.supply.id, Adjudicate(record=right), room.mio, seen=view.standing.version
        )
    assert refused.value.code == "not_lead"
    room.service.adjudicate(
        room.supply.id, Adjudicate(record=right), room.lead, seen=view.standing.version
    )
    settled = room.browser.view(room.supply.id, room.mio).standing
    assert (settled.state, settled.record) == (State.ACCEPTED, right)


def test_a_reader_may_change_their_mind_until_the_other_is_finished(room: Newsroom) -> None:
    sample(room)
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=0)
    room.service.undo(room.aoi)
    room.service.decide(room.supply.id, FORECAST, room.aoi, seen=2)
    room.service.decide(room.supply.id, FORECAST, room.ren, seen=0)
    assert state(room, room.supply.id) == "rejected"


def test_agreement_is_read_from_the_closed_pairs(room: Newsroom) -> None:
    sample(room)
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=0)
    room.service.decide(room.supply.id, FORECAST, room.ren, seen=0)
    with ReviewDb(room.store.engine).look() as look:
        readings = Readings(look.connection)
        ((machine, (first, second)),) = readings.closed_pairs(10)
        assert readings.counts() == {"open": 0, "begun": 0, "closed": 1}
    assert machine is not None
    assert machine["id"] == room.supply.id
    assert (first.reader, second.reader) == ("葵", "蓮")


def test_a_record_decided_since_it_was_chosen_is_not_handed_out(room: Newsroom) -> None:
    room.service.decide(room.investment.id, FORECAST, room.aoi, seen=1)
    chosen = [room.investment.id, room.supply.id]
    at = datetime.now(UTC)
    until = at + timedelta(minutes=1)
    with ReviewDb(room.store.engine).transaction() as transaction:
        taken = transaction.claim(
            chosen, room.ren.user_id, at=at, until=until, states=("unreviewed", "edited")
        )
        assert taken == room.supply.id
        assert transaction.holder(room.investment.id, at=at) is None


# What the rest of the program sees


def test_filters_see_what_people_decided(room: Newsroom) -> None:
    room.service.decide(room.supply.id, typed(Slot.BUYER, "山川製作所"), room.aoi, seen=1)
    room.service.decide(room.investment.id, FORECAST, room.aoi, seen=1)
    viewer = room.browser.viewer(room.aoi)

    def found(**wanted: Any) -> set[str]:
        rows, _ = room.browser.queue.page(QueueFilter(**wanted), Sort.STAKE, viewer, size=9)
        return {row.record.id for row in rows}

    assert found(buyer="山川") == {room.supply.id}
    assert found(party="青空電機") == set()
    assert found(states=("rejected",)) == {room.investment.id}
    assert found(decided_by="葵") == {room.investment.id}
    assert found(words="出資") == {room.supply.id, room.investment.id}


def test_the_record_ids_in_events_outlive_a_dropped_record(sqlite_room: Newsroom) -> None:
    room = sqlite_room
    room.service.decide(room.investment.id, Skip(), room.aoi, seen=1)
    room.extract([supply(room.article), investment(room.article)][:1], "v2")
    assert room.store.records.load(room.investment.id) is None
    with ReviewDb(room.store.engine).look() as look:
        assert len(look.events_of_record(room.investment.id)) == 1
    with pytest.raises(ReviewError):
        room.service.undo(room.aoi)
