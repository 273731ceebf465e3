"""Double reading: two people judge the same record without seeing each other's word.

While it is going on, the record itself stays as the extractor left it, and each reader works on a
standing of their own. When both are finished, the same word becomes the record's; different words
wait for a lead.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.errors import ReviewError
from pipeline.record import DealRecord
from pipeline.review.compare import same_outcome
from pipeline.review.decision import Change
from pipeline.review.ledger import (
    SYSTEM,
    Actor,
    append,
    reading_standing,
    to_standing,
    write_change,
)
from pipeline.review.standing import Action, Standing, State
from pipeline.store.review import ReviewTransaction
from pipeline.store.review_readings import Readings, StoredReading

FINISHED = frozenset({State.ACCEPTED, State.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A user's place at a record that is read twice, with where they have come."""

    place: int
    standing: Standing
    finished: bool


def seat_of(readings: tuple[StoredReading, ...], actor: Actor, record: DealRecord) -> Seat | None:
    """The user's place; None where the record is not being read twice.

    Raises:
        ReviewError: two others have the places ("being_read").
    """
    if not readings or all(one.closed for one in readings):
        return None
    own = next((one for one in readings if one.user_id == actor.user_id), None)
    free = next((one for one in readings if one.user_id is None), None)
    taken = own or free
    if taken is None:
        raise ReviewError("being_read", "two others read this record; it is not yours to decide")
    return Seat(
        place=taken.place,
        standing=reading_standing(taken, record),
        finished=taken.finished_at is not None,
    )


def put_reading(
    transaction: ReviewTransaction, seat: Seat, after: Standing, actor: Actor, at: datetime
) -> None:
    """Keep what a reader made of the record; it may be the word that settles it."""
    readings = Readings(transaction.connection)
    record_id = after.record.id
    readings.put(
        record_id,
        seat.place,
        user_id=actor.user_id,
        content=after.content,
        version=after.version,
        finished_at=at if after.state in FINISHED else None,
    )
    transaction.mark_being_read(record_id)
    both = readings.of_record(record_id)
    if all(one.finished_at is not None for one in both):
        _settle(transaction, record_id, both, at)


def _settle(
    transaction: ReviewTransaction,
    record_id: str,
    both: tuple[StoredReading, ...],
    at: datetime,
) -> None:
    found = transaction.load(record_id, lock=True)
    if found is None:
        raise ReviewError("unknown_record", f"there is no record {record_id} any more")
    current = to_standing(found)
    first, second = (reading_standing(one, current.record) for one in both)
    names = " + ".join(one.reader or "" for one in both)
    agree = same_outcome(first, second)
    after = replace(
        current,
        version=current.version + 1,
        state=first.state if agree else State.DISPUTED,
        record=first.record if agree else current.record,
        reason=first.reason if agree else None,
    )
    action = Action.AGREE if agree else Action.DISPUTE
    change = Change(action=action, before=current, after=after, note=names)
    group = f"settle-{record_id}"
    append(transaction, change, actor=SYSTEM, seen=current.version, group=group, at=at)
    write_change(transaction, change, actor=names, at=at)
    Readings(transaction.connection).close(record_id)
