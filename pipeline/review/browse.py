"""What the page shows of a record to one user, and which record comes next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipeline.article import Article
from pipeline.errors import ReviewError
from pipeline.record import DealRecord, from_json
from pipeline.review.blind import seat_of
from pipeline.review.compare import differences, propose_choices
from pipeline.review.ledger import Actor, reading_standing, to_event, to_standing
from pipeline.review.standing import Event, Role, Standing, State, from_content
from pipeline.review.undo import standing_at
from pipeline.store import Store
from pipeline.store.review import ReviewDb, ReviewedRecord, ReviewTransaction
from pipeline.store.review_filter import QueueFilter, Viewer
from pipeline.store.review_queue import Queue, QueueRow, Sort
from pipeline.store.review_readings import Readings
from pipeline.store.rows import now

LOCK_SECONDS = 90  # the page renews it every 30
_CANDIDATES = 20
_SIBLINGS = 50
_EVERY_STATE = tuple(state.value for state in State)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A word that lies on top of another's.

    Attributes:
        event: the later word, who said it and when.
        theirs: what holds now.
        mine: what the later word would make of it.
        choices: for each difference "mine", "theirs", or None where both changed it.
    """

    event: Event
    theirs: Standing
    mine: Standing
    choices: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """What a newer extractor says against a human.

    `record` None: it no longer finds the deal.
    """

    extractor_version: str
    slots: tuple[str, ...]
    record: DealRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """A record as one user sees it.

    Attributes:
        standing: what holds; the user's own where the record is being read twice.
        blind: the user is one of two readers, and sees nothing of the other.
        finished: the user's own reading is done.
        read_only: why the user cannot decide ("being_read", "disputed", "gone"), or None.
        holder: another user who has it open.
        events: its log, oldest first; empty while it is read blindly.
        conflict, disagreement: what is to be settled.
        readings: both readers' words, for a lead who decides between them.
        siblings: other records of the article.
        same_deal: records of other articles that tell of the same deal.
    """

    standing: Standing
    article: Article
    blind: bool = False
    finished: bool = False
    read_only: str | None = None
    holder: str | None = None
    events: tuple[Event, ...] = ()
    conflict: Conflict | None = None
    disagreement: Disagreement | None = None
    readings: tuple[tuple[str, Standing], ...] = ()
    siblings: tuple[QueueRow, ...] = ()
    same_deal: tuple[QueueRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Browser:
    """Looks at records; changes nothing but locks."""

    store: Store
    clock: Callable[[], datetime] = now

    @property
    def queue(self) -> Queue:
        """The queue's pages and counts."""
        return Queue(self.store.engine)

    def viewer(self, actor: Actor) -> Viewer:
        """Whose queue it is, now."""
        return Viewer(user_id=actor.user_id, now=self.clock())

    def view(self, record_id: str, actor: Actor) -> RecordView:
        """A record for a user.

        Raises:
            ReviewError: "unknown_record".
        """
        with ReviewDb(self.store.engine).look() as look:
            found = look.load(record_id)
            if found is None:
                msg = f"there is no record {record_id}; a newer extraction may have dropped it"
                raise ReviewError("unknown_record", msg)
            parts = self._parts(look, found, actor)
        article = self.store.articles.load([found.record.article_id])[0]
        return RecordView(
            article=article,
            siblings=self._siblings(found.record, actor),
            same_deal=self._same_deal(found.record, actor),
            **parts,
        )

    def _parts(
        self, look: ReviewTransaction, found: ReviewedRecord, actor: Actor
    ) -> dict[str, Any]:
        record_id = found.record.id
        held = look.holder(record_id, at=self.clock())
        parts: dict[str, Any] = {
            "holder": held[1] if held and held[0] != actor.user_id else None,
            "standing": to_standing(found),
        }
        readings = Readings(look.connection).of_record(record_id)
        try:
            seat = seat_of(readings, actor, found.record)
        except ReviewError as error:
            return parts | {"read_only": error.code}
        if seat is not None:
            return parts | {"standing": seat.standing, "blind": True, "finished": seat.finished}
        state = State(found.state)
        if state in (State.MERGED, State.WITHDRAWN):
            parts["read_only"] = "gone"
        if state is State.DISPUTED:
            parts["read_only"] = "disputed"
            if actor.role.may_act_as(Role.LEAD):
                parts["readings"] = tuple(
                    (one.reader or "", reading_standing(one, found.record)) for one in readings
                )
        parts["events"] = tuple(to_event(row) for row in look.events_of_record(record_id))
        parts["conflict"] = _conflict(found, parts["events"])
        parts["disagreement"] = _disagreement(found)
        return parts

    def view_at(self, record_id: str, version: int) -> Standing:
        """A record as it stood at an earlier version.

        Raises:
            ReviewError: "unknown_record" or "unknown_version".
        """
        with ReviewDb(self.store.engine).look() as look:
            found = look.load(record_id)
            if found is None:
                raise ReviewError("unknown_record", f"there is no record {record_id}")
            events = [to_event(row) for row in look.events_of_record(record_id)]
        if version == found.version:
            return to_standing(found)
        standing = standing_at(events, version, machine=found.machine)
        if standing is None:
            msg = f"no event tells of version {version} of record {record_id}"
            raise ReviewError("unknown_version", msg)
        return standing

    def _siblings(self, record: DealRecord, actor: Actor) -> tuple[QueueRow, ...]:
        wanted = QueueFilter(states=_EVERY_STATE, article_id=record.article_id)
        rows, _ = self.queue.page(wanted, Sort.STAKE, self.viewer(actor), size=_SIBLINGS)
        return tuple(row for row in rows if row.record.id != record.id)

    def _same_deal(self, record: DealRecord, actor: Actor) -> tuple[QueueRow, ...]:
        deal_id = self.store.deals.of_records([record.id]).get(record.id)
        if deal_id is None:
            return ()
        wanted = QueueFilter(states=_EVERY_STATE, deal_id=deal_id)
        rows, _ = self.queue.page(wanted, Sort.OLDEST, self.viewer(actor), size=_SIBLINGS)
        return tuple(row for row in rows if row.record.article_id != record.article_id)

    def next_record(
        self,
        wanted: QueueFilter,
        sort: Sort,
        actor: Actor,
        *,
        leave_out: Sequence[str] = (),
    ) -> str | None:
        """The next record to decide about, locked for this user; skipped ones come last."""
        for skipped in (False, True):
            ids = self.queue.open_ids(
                wanted,
                sort,
                self.viewer(actor),
                size=_CANDIDATES,
                leave_out=leave_out,
                skipped=skipped,
            )
            if ids:
                taken = self._claim(ids, actor, wanted.states)
                if taken is not None:
                    return taken
        return None

    def open(self, record_id: str, actor: Actor) -> str | None:
        """Take a record's lock or renew it; the name of who has it, None where it is this user.

        Raises:
            ReviewError: "unknown_record".
        """
        with ReviewDb(self.store.engine).look() as look:
            if not look.exists(record_id):
                raise ReviewError("unknown_record", f"there is no record {record_id}")
        if self._claim([record_id], actor) is not None:
            return None
        with ReviewDb(self.store.engine).look() as look:
            held = look.holder(record_id, at=self.clock())
        return held[1] if held and held[0] != actor.user_id else None

    def close(self, record_id: str, actor: Actor) -> None:
        """Give a record's lock back."""
        with ReviewDb(self.store.engine).transaction() as transaction:
            transaction.release(actor.user_id, record_id)

    def _claim(self, ids: Sequence[str], actor: Actor, states: Sequence[str] = ()) -> str | None:
        at = self.clock()
        until = at + timedelta(seconds=LOCK_SECONDS)
        with ReviewDb(self.store.engine).transaction() as transaction:
            return transaction.claim(ids, actor.user_id, at=at, until=until, states=states)


def _conflict(found: ReviewedRecord, events: Sequence[Event]) -> Conflict | None:
    event = next((one for one in events if one.id == found.conflict_event), None)
    if event is None:
        return None
    theirs = to_standing(found)
    mine = from_content(event.after, version=event.seen, machine=found.machine)
    base = standing_at(events, event.seen, machine=found.machine)
    choices: Mapping[str, str | None] = (
        propose_choices(base, theirs, mine)
        if base is not None
        else dict.fromkeys(differences(theirs, mine))
    )
    return Conflict(event=event, theirs=theirs, mine=mine, choices=choices)


def _disagreement(found: ReviewedRecord) -> Disagreement | None:
    note = found.disagreement
    if note is None:
        return None
    return Disagreement(
        extractor_version=note["extractor_version"],
        slots=tuple(note["slots"]),
        record=from_json(note["record"]) if note["record"] else None,
    )
