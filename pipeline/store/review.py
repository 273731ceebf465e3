"""What review writes: standings, events that never change, locks, answers already given.

Everything that one decision does happens in one `ReviewTransaction`. What is decided, and whether
it may be, pipeline/review says; here it is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.record import DealRecord, from_json, to_json
from pipeline.store.dialect import insert
from pipeline.store.engine import reading, writing
from pipeline.store.records import UNREVIEWED, delete_children, insert_children
from pipeline.store.review_tables import (
    review_events,
    review_locks,
    review_requests,
    review_skips,
    reviews,
    users,
)
from pipeline.store.rows import record_values
from pipeline.store.tables import articles, extractions, records

BEING_READ = "reading"  # human state of a record that blind readers have begun


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedRecord:
    """A record with what review knows of it.

    Attributes:
        record: what holds now.
        state, version: of `records`.
        origin: extractor or reviewer.
        machine: the extractor's word; None for a human's record.
        reason, replaced_by, decided_by, decided_at: of the last decision.
        conflict_event: an event that lies on top of another's, to be settled.
        disagreement: what a newer extractor says against the human.
    """

    record: DealRecord
    state: str
    version: int
    origin: str
    machine: DealRecord | None
    reason: str | None
    replaced_by: str | None
    decided_by: str | None
    decided_at: datetime | None
    conflict_event: int | None
    disagreement: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWrite:
    """What a decision leaves in `records` and `reviews`.

    Attributes:
        decided: whether it is a decision of its `actor`, or takes one back.
        verdicts: see pipeline/review/compare.py; None where the record is not accepted.
    """

    record: DealRecord
    state: str
    version: int
    origin: str
    machine: DealRecord | None
    reason: str | None
    replaced_by: str | None
    verdicts: str | None
    actor: str | None
    decided: bool


class ReviewDb:
    """The tables of review that a decision writes, and events as they are read."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def transaction(self) -> Iterator["ReviewTransaction"]:
        """All or nothing; on SQLite one at a time."""
        with writing(self._engine) as connection:
            yield ReviewTransaction(connection)

    @contextmanager
    def look(self) -> Iterator["ReviewTransaction"]:
        """The same without writing: one consistent view, which blocks nobody."""
        with reading(self._engine) as connection:
            yield ReviewTransaction(connection)


@dataclass(frozen=True, slots=True)
class ReviewTransaction:
    """One transaction over the tables of review."""

    connection: sa.Connection

    def load(self, record_id: str, *, lock: bool = False) -> ReviewedRecord | None:
        """A record with its review; `lock` lets nobody else decide about it meanwhile."""
        query = (
            sa.select(
                records.c.data,
                records.c.state,
                records.c.version,
                records.c.disagreement,
                reviews.c.record_id.label("touched"),
                reviews.c.origin,
                reviews.c.machine,
                reviews.c.reason,
                reviews.c.replaced_by,
                reviews.c.decided_by,
                reviews.c.decided_at,
                reviews.c.conflict_event,
            )
            .select_from(records.outerjoin(reviews, reviews.c.record_id == records.c.id))
            .where(records.c.id == record_id)
        )
        if lock:
            query = query.with_for_update(of=records)
        row = self.connection.execute(query).mappings().first()
        if row is None:
            return None
        record = from_json(row["data"])
        machine = from_json(row["machine"]) if row["machine"] else None
        return ReviewedRecord(
            record=record,
            state=row["state"],
            version=row["version"],
            origin=row["origin"] or "extractor",
            machine=machine if row["touched"] else record,
            reason=row["reason"],
            replaced_by=row["replaced_by"],
            decided_by=row["decided_by"],
            decided_at=row["decided_at"],
            conflict_event=row["conflict_event"],
            disagreement=row["disagreement"],
        )

    def exists(self, record_id: str) -> bool:
        """Whether there is such a record."""
        query = sa.select(records.c.id).where(records.c.id == record_id)
        return self.connection.execute(query).first() is not None

    def create(self, write: ReviewWrite, *, at: datetime) -> None:
        """Store a human's own record."""
        record = write.record
        published = self.connection.execute(
            sa.select(articles.c.published_at).where(articles.c.id == record.article_id)
        ).scalar_one()
        self.connection.execute(
            sa.insert(records).values(
                id=record.id,
                article_id=record.article_id,
                published_at=published,
                state=write.state,
                human_state=write.state,
                version=write.version,
                created_at=at,
                updated_at=at,
                **record_values(record),
            )
        )
        insert_children(self.connection, record)
        self._put_review(write, at)

    def update(self, write: ReviewWrite, *, at: datetime, being_read: bool = False) -> None:
        """Store what holds of a record now; `being_read`: blind readers have begun with it."""
        record = write.record
        untouched = BEING_READ if being_read else None
        self.connection.execute(
            sa.update(records)
            .where(records.c.id == record.id)
            .values(
                state=write.state,
                human_state=untouched if write.state == UNREVIEWED else write.state,
                version=write.version,
                updated_at=at,
                **record_values(record),
            )
        )
        delete_children(self.connection, record.id)
        insert_children(self.connection, record)
        self._put_review(write, at)

    def _put_review(self, write: ReviewWrite, at: datetime) -> None:
        machine = sa.null() if write.machine is None else to_json(write.machine)
        values = {
            "record_id": write.record.id,
            "article_id": write.record.article_id,
            "origin": write.origin,
            "machine": machine,
            "machine_version": write.record.extractor_version,
            "reason": write.reason,
            "replaced_by": write.replaced_by,
            "verdicts": write.verdicts,
            "decided_by": write.actor if write.decided else None,
            "decided_at": at if write.decided else None,
        }
        statement = insert(self.connection, reviews).values(**values)
        kept = {"record_id", "article_id", "origin", "machine", "machine_version"}
        self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["record_id"],
                set_={name: statement.excluded[name] for name in values if name not in kept},
            )
        )

    def mark_being_read(self, record_id: str) -> None:
        """Let no extractor replace a record that a blind reader has begun with."""
        self.connection.execute(
            sa.update(records)
            .where(records.c.id == record_id, records.c.human_state.is_(None))
            .values(human_state=BEING_READ)
        )

    def set_conflict(self, record_id: str, event_id: int | None) -> None:
        """Note, or take back, that an event waits on top of somebody else's."""
        self.connection.execute(
            sa.update(reviews)
            .where(reviews.c.record_id == record_id)
            .values(conflict_event=event_id)
        )

    def clear_disagreement(self, record_id: str) -> None:
        """A human has seen what the newer extractor says, and decided."""
        self.connection.execute(
            sa.update(records).where(records.c.id == record_id).values(disagreement=sa.null())
        )

    def append_event(self, values: Mapping[str, Any]) -> int:
        """Add an event, whose columns are those of `review_events`; gives its id."""
        filled = dict(values)
        if filled.get("before") is None:
            filled["before"] = sa.null()
        statement = sa.insert(review_events).values(**filled).returning(review_events.c.id)
        return int(self.connection.execute(statement).scalar_one())

    def events_of_record(self, record_id: str, track: str | None = "") -> list[Mapping[str, Any]]:
        """A record's events, oldest first; `track` None: those of blind readings too."""
        query = sa.select(review_events).where(review_events.c.record_id == record_id)
        if track is not None:
            query = query.where(review_events.c.track == track)
        rows = self.connection.execute(query.order_by(review_events.c.id)).mappings()
        return [dict(row) for row in rows]

    def events_of_actor(self, actor: str, limit: int) -> list[Mapping[str, Any]]:
        """The last events of a user, oldest first."""
        query = (
            sa.select(review_events)
            .where(review_events.c.actor == actor)
            .order_by(review_events.c.id.desc())
            .limit(limit)
        )
        newest_first = self.connection.execute(query).mappings().all()
        return [dict(row) for row in reversed(newest_first)]

    def event(self, event_id: int) -> Mapping[str, Any] | None:
        """One event, None where there is none of this id."""
        query = sa.select(review_events).where(review_events.c.id == event_id)
        row = self.connection.execute(query).mappings().first()
        return dict(row) if row else None

    def events_after(self, event_id: int, limit: int) -> list[Mapping[str, Any]]:
        """Events of all records with greater ids, in order, to read the log page by page."""
        query = sa.select(review_events).where(review_events.c.id > event_id)
        rows = self.connection.execute(query.order_by(review_events.c.id).limit(limit))
        return [dict(row) for row in rows.mappings()]

    def answer_given(self, request_id: str, user_id: int) -> Mapping[str, Any] | None:
        """What was answered to a request of this user before, None where it is new."""
        row = self.connection.execute(
            sa.select(review_requests.c.answer).where(
                review_requests.c.id == request_id, review_requests.c.user_id == user_id
            )
        ).first()
        return row.answer if row else None

    def keep_answer(
        self, request_id: str, user_id: int, answer: Mapping[str, Any], at: datetime
    ) -> None:
        """Keep an answer for the same request coming again."""
        self.connection.execute(
            sa.insert(review_requests).values(id=request_id, user_id=user_id, answer=answer, at=at)
        )

    def forget_answers(self, before: datetime) -> None:
        """Drop answers so old that nobody repeats their requests."""
        self.connection.execute(sa.delete(review_requests).where(review_requests.c.at < before))

    def claim(
        self,
        record_ids: Sequence[str],
        user_id: int,
        *,
        at: datetime,
        until: datetime,
        states: Sequence[str] = (),
    ) -> str | None:
        """Take the lock of the first record that nobody else holds; None where all are held.

        With `states`, only of one that is still in one of these: who held it when it was chosen may
        have decided about it since.
        """
        for record_id in record_ids:
            statement = insert(self.connection, review_locks).values(
                record_id=record_id, user_id=user_id, until=until
            )
            free = sa.or_(review_locks.c.until <= at, review_locks.c.user_id == user_id)
            taken = self.connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["record_id"],
                    set_={"user_id": user_id, "until": until},
                    where=free,
                ).returning(review_locks.c.record_id)
            ).first()
            if taken is None:
                continue
            if not states or self._is_in(record_id, states):
                return record_id
            self.release(user_id, record_id)
        return None

    def _is_in(self, record_id: str, states: Sequence[str]) -> bool:
        query = sa.select(records.c.state).where(records.c.id == record_id)
        return self.connection.execute(query).scalar() in states

    def holder(self, record_id: str, *, at: datetime) -> tuple[int, str] | None:
        """Id and name of the user who has a record open; None where nobody has."""
        row = self.connection.execute(
            sa.select(users.c.id, users.c.name)
            .select_from(review_locks.join(users))
            .where(review_locks.c.record_id == record_id, review_locks.c.until > at)
        ).first()
        return (row.id, row.name) if row else None

    def release(self, user_id: int, record_id: str | None = None) -> None:
        """Give back a user's lock of one record, or all of them."""
        statement = sa.delete(review_locks).where(review_locks.c.user_id == user_id)
        if record_id is not None:
            statement = statement.where(review_locks.c.record_id == record_id)
        self.connection.execute(statement)

    def skip(self, record_id: str, user_id: int, at: datetime) -> None:
        """Let a record come last in a user's queue."""
        statement = insert(self.connection, review_skips).values(
            user_id=user_id, record_id=record_id, at=at
        )
        self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["user_id", "record_id"], set_={"at": at}
            )
        )

    def unskip(self, record_id: str, user_id: int) -> None:
        """Take a skip back."""
        self.connection.execute(
            sa.delete(review_skips).where(
                review_skips.c.user_id == user_id, review_skips.c.record_id == record_id
            )
        )

    def records_of_article(self, article_id: str) -> list[str]:
        """Ids of an article's records, however they stand."""
        query = sa.select(records.c.id).where(records.c.article_id == article_id)
        return list(self.connection.execute(query.order_by(records.c.id)).scalars())

    def extractor_version(self, article_id: str) -> str:
        """The extractor that read an article last; "" where none has."""
        query = (
            sa.select(extractions.c.extractor_version)
            .where(extractions.c.article_id == article_id, extractions.c.state == "done")
            .order_by(extractions.c.finished_at.desc())
            .limit(1)
        )
        return self.connection.execute(query).scalar() or ""
