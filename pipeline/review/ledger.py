"""Standings and events to what the database keeps, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.record import DealRecord
from pipeline.review.compare import verdicts
from pipeline.review.decision import Change
from pipeline.review.standing import (
    Action,
    Event,
    Origin,
    RejectReason,
    Role,
    Standing,
    State,
    from_content,
)
from pipeline.store.review import ReviewedRecord, ReviewTransaction, ReviewWrite
from pipeline.store.review_readings import StoredReading

_DECIDED = frozenset({State.ACCEPTED, State.REJECTED, State.MERGED})
ACTOR_LENGTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who decides."""

    user_id: int
    name: str
    role: Role


SYSTEM = ""  # the actor of events that follow from others'


def to_standing(found: ReviewedRecord) -> Standing:
    """The standing of a stored record."""
    return Standing(
        record=found.record,
        version=found.version,
        state=State(found.state),
        origin=Origin(found.origin),
        machine=found.machine,
        reason=RejectReason(found.reason) if found.reason else None,
        replaced_by=found.replaced_by,
    )


def to_event(row: Mapping[str, Any]) -> Event:
    """The event of a row of `review_events`."""
    return Event(**{**row, "action": Action(row["action"])})


def reading_standing(reading: StoredReading, machine: DealRecord) -> Standing:
    """Where a blind reader has come; the extractor's record where not begun."""
    if reading.content is None:
        return Standing(record=machine, version=reading.version, machine=machine)
    return from_content(reading.content, version=reading.version, machine=machine)


def write_change(
    transaction: ReviewTransaction,
    change: Change,
    *,
    actor: str,
    at: datetime,
    being_read: bool = False,
) -> None:
    """Put what a change leaves into the record's row."""
    after = change.after
    write = ReviewWrite(
        record=after.record,
        state=after.state.value,
        version=after.version,
        origin=after.origin.value,
        machine=after.machine,
        reason=after.reason.value if after.reason else None,
        replaced_by=after.replaced_by,
        verdicts=verdicts(after.machine, after.record)
        if after.machine is not None and after.state is State.ACCEPTED
        else None,
        actor=actor[:ACTOR_LENGTH],
        decided=after.state in _DECIDED,
    )
    if change.before is None:
        transaction.create(write, at=at)
    else:
        transaction.update(write, at=at, being_read=being_read)


def append(
    transaction: ReviewTransaction,
    change: Change,
    *,
    actor: str,
    seen: int,
    group: str,
    at: datetime,
    track: str = "",
    reverses: str | None = None,
) -> int:
    """Keep a change as an event; gives the event's id."""
    record = change.after.record
    return transaction.append_event(
        {
            "record_id": record.id,
            "article_id": record.article_id,
            "track": track,
            "actor": actor,
            "action": change.action.value,
            "before": change.before.content if change.before else None,
            "after": change.after.content,
            "seen": seen,
            "version": change.after.version,
            "group": group,
            "reverses": reverses,
            "note": change.note,
            "extractor_version": record.extractor_version,
            "at": at,
        }
    )
