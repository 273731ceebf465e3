"""One request within its transaction: records, seats and events, and what they become."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipeline.errors import ReviewError
from pipeline.review.blind import FINISHED, Seat, put_reading, seat_of
from pipeline.review.compare import differences
from pipeline.review.decision import Change, Decision, decide
from pipeline.review.ledger import Actor, append, to_event, to_standing, write_change
from pipeline.review.standing import Action, Event, Standing, State
from pipeline.review.undo import reverse, standing_at, undo_history
from pipeline.store.review import ReviewedRecord, ReviewTransaction
from pipeline.store.review_readings import Readings

UNDO_DEPTH = 200  # a user's last events among which undo looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a request.

    Attributes:
        record_id: what the page should show: the record itself, or one that came to be.
        action: what was done.
        version: of the record now; of the user's own reading where it is read twice.
        state: of the record now.
        conflict: somebody else had changed the record; the user's word is kept beside it.
        others: further records that changed.
        blind: it went into the user's own reading.
    """

    record_id: str
    action: Action
    version: int
    state: State
    conflict: bool = False
    others: tuple[str, ...] = ()
    blind: bool = False

    def to_json(self) -> dict[str, Any]:
        """As an answer to the request, and to the same request coming again."""
        return {
            "record_id": self.record_id,
            "action": self.action.value,
            "version": self.version,
            "state": self.state.value,
            "conflict": self.conflict,
            "others": list(self.others),
            "blind": self.blind,
        }

    @classmethod
    def from_json(cls, data: Any) -> "Outcome":
        """The outcome that `to_json` wrote."""
        return cls(
            record_id=data["record_id"],
            action=Action(data["action"]),
            version=data["version"],
            state=State(data["state"]),
            conflict=data["conflict"],
            others=tuple(data["others"]),
            blind=data["blind"],
        )


@dataclass(frozen=True, slots=True)
class Work:
    """One request within its transaction."""

    transaction: ReviewTransaction
    actor: Actor
    at: datetime
    group: str

    def load(self, record_id: str) -> ReviewedRecord:
        """A record, held until the transaction ends. Raises ReviewError where there is none."""
        found = self.transaction.load(record_id, lock=True)
        if found is None:
            msg = f"there is no record {record_id}; a newer extraction may have dropped it"
            raise ReviewError("unknown_record", msg)
        return found

    def event(self, event_id: int) -> Event:
        """One event. Raises ReviewError where there is none of this id."""
        row = self.transaction.event(event_id)
        if row is None:
            raise ReviewError("no_conflict", f"there is no event {event_id}")
        return to_event(row)

    def seat(self, found: ReviewedRecord) -> Seat | None:
        """The user's place where the record is read twice (see `blind.seat_of`)."""
        readings = Readings(self.transaction.connection).of_record(found.record.id)
        return seat_of(readings, self.actor, found.record)

    def carry_out(
        self,
        changes: Sequence[Change],
        seat: Seat | None,
        seen: int,
        *,
        reverses: str | None = None,
    ) -> Outcome:
        """Write changes with their events; `seat` where they go into the user's own reading."""
        track = self.actor.name if seat else ""
        for change in changes:
            known = change.before.version if change.before else 0
            append(
                self.transaction,
                change,
                actor=self.actor.name,
                seen=seen if change is changes[0] else known,
                group=self.group,
                at=self.at,
                track=track,
                reverses=reverses,
            )
            self._put(change, seat)
        first = changes[0].after
        last = changes[-1].after if changes[-1].after.record.id == first.record.id else first
        others = dict.fromkeys(
            one.after.record.id for one in changes if one.after.record.id != first.record.id
        )
        return Outcome(
            record_id=first.record.id,
            action=changes[-1].action,
            version=last.version,
            state=last.state,
            others=tuple(others),
            blind=seat is not None,
        )

    def _put(self, change: Change, seat: Seat | None) -> None:
        record_id = change.after.record.id
        if change.action is Action.SKIP:
            self.transaction.skip(record_id, self.actor.user_id, self.at)
            self.transaction.release(self.actor.user_id, record_id)
            return
        self.transaction.unskip(record_id, self.actor.user_id)
        if change.after.content == (change.before.content if change.before else None):
            return
        if seat is not None:
            put_reading(self.transaction, seat, change.after, self.actor, self.at)
        else:
            write_change(self.transaction, change, actor=self.actor.name, at=self.at)
        if change.after.state in FINISHED:
            self.transaction.release(self.actor.user_id, record_id)

    def seen_standing(self, current: Standing, seat: Seat | None, seen: int) -> Standing | None:
        """What the user had on the page; None where no event tells (an extractor replaced it)."""
        rows = self.transaction.events_of_record(current.record.id, self.actor.name if seat else "")
        return standing_at([to_event(row) for row in rows], seen, machine=current.machine)

    def conflict(
        self,
        found: ReviewedRecord,
        seat: Seat | None,
        current: Standing,
        base: Standing | None,
        decision_for: Callable[[Standing], Decision],
    ) -> Outcome:
        """Keep a word that was said about an older version, beside what holds now."""
        if base is None:
            msg = f"record {current.record.id} was extracted anew since; look at it again"
            raise ReviewError("changed_since", msg)
        changes = decide(base, decision_for(base), role=self.actor.role, blind=seat is not None)
        mine = changes[0]
        if not differences(current, mine.after):
            return self._outcome(current, mine.action, seat)
        if seat is not None or len(changes) > 1:
            msg = f"record {current.record.id} is no longer as you saw it; look at it again"
            raise ReviewError("changed_since", msg)
        event_id = append(
            self.transaction,
            Change(
                action=Action.CONFLICT,
                before=current,
                after=replace(mine.after, version=current.version),
                note=mine.note,
            ),
            actor=self.actor.name,
            seen=base.version,
            group=self.group,
            at=self.at,
        )
        if found.conflict_event is None:
            self.transaction.set_conflict(current.record.id, event_id)
        return replace(self._outcome(current, Action.CONFLICT, seat), conflict=True)

    def _outcome(self, standing: Standing, action: Action, seat: Seat | None) -> Outcome:
        return Outcome(
            record_id=standing.record.id,
            action=action,
            version=standing.version,
            state=standing.state,
            blind=seat is not None,
        )

    def next_conflict(self, record_id: str) -> None:
        """Let the next word come up that waits on top of this record, if there is one."""
        events = [to_event(row) for row in self.transaction.events_of_record(record_id)]
        settled = {event.reverses for event in events if event.action is Action.RESOLVE}
        waiting = [
            event
            for event in events
            if event.action is Action.CONFLICT and event.group not in settled
        ]
        self.transaction.set_conflict(record_id, waiting[0].id if waiting else None)

    def reverse_last(self, action: Action) -> Outcome:
        """Undo or redo. Raises ReviewError where there is nothing, or it is built upon."""
        rows = self.transaction.events_of_actor(self.actor.name, UNDO_DEPTH)
        history = undo_history(to_event(row) for row in rows)
        groups = history.undoable if action is Action.UNDO else history.redoable
        if not groups:
            raise ReviewError(f"nothing_to_{action.value}", f"there is nothing to {action.value}")
        group = groups[-1]
        for event in reversed(group):
            self._reverse(event, action)
        return self._reversed(group[0], action, group)

    def _reverse(self, event: Event, action: Action) -> None:
        found = self.load(event.record_id)
        seat = self.seat(found) if event.track else None
        if event.track and seat is None:
            raise ReviewError("closed", "both readings are finished and have been compared")
        current = seat.standing if seat else to_standing(found)
        change = reverse(event, current, action=action)
        append(
            self.transaction,
            change,
            actor=self.actor.name,
            seen=current.version,
            group=self.group,
            at=self.at,
            track=event.track,
            reverses=event.group,
        )
        if event.before == event.after and action is Action.REDO:
            self.transaction.skip(event.record_id, self.actor.user_id, self.at)
        else:
            self._put(change, seat)

    def _reversed(self, event: Event, action: Action, group: tuple[Event, ...]) -> Outcome:
        found = self.load(event.record_id)
        seat = self.seat(found) if event.track else None
        current = seat.standing if seat else to_standing(found)
        others = {one.record_id for one in group} - {event.record_id}
        return replace(self._outcome(current, action, seat), others=tuple(sorted(others)))
