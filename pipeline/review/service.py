"""Decisions carried out: one transaction each, with its event, or a reason why not."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.article import Article
from pipeline.errors import ReviewError
from pipeline.record import DealRecord, Kind, Slot, Status, from_json, record_id
from pipeline.review.compare import compose, take_slots
from pipeline.review.decision import (
    Accept,
    Adjudicate,
    Change,
    Decision,
    Edit,
    Resolve,
    Skip,
    add,
    decide,
)
from pipeline.review.ledger import Actor, to_standing
from pipeline.review.reading import Reader
from pipeline.review.request import (
    EditRequest,
    MergeRequest,
    PreparedEdit,
    Request,
    SlotEdit,
    apply_edits,
    prepare,
    to_decision,
)
from pipeline.review.standing import Action, Standing, State, from_content
from pipeline.review.work import Outcome, Work
from pipeline.store import Store
from pipeline.store.review import ReviewDb
from pipeline.store.rows import now


@dataclass(frozen=True, slots=True)
class ReviewService:
    """Everything that changes the state of a review."""

    store: Store
    reader: Reader
    clock: Callable[[], datetime] = now

    @property
    def database(self) -> ReviewDb:
        """The tables of review."""
        return ReviewDb(self.store.engine)

    def decide(
        self,
        record_id: str,
        request: Request,
        actor: Actor,
        *,
        seen: int,
        request_id: str | None = None,
    ) -> Outcome:
        """Carry out what a user asks for about a record.

        Args:
            record_id: the record.
            request: what to do.
            actor: who.
            seen: the version that the user had on the page.
            request_id: the same id again gives the same answer and acts once.

        Raises:
            ReviewError: it cannot be done; nothing has changed.
        """
        prepared: tuple[PreparedEdit, ...] = ()
        if isinstance(request, EditRequest):
            prepared = prepare(request.edits, self._article_of(record_id), self.reader)

        def act(work: Work) -> Outcome:
            other = None
            if isinstance(request, MergeRequest):
                # In the order of their ids, so that two merges cannot wait for each other.
                both = {one: work.load(one) for one in sorted({record_id, request.other_id})}
                other = to_standing(both[request.other_id])
            found = work.load(record_id)
            seat = work.seat(found)
            current = seat.standing if seat else to_standing(found)

            def decision_for(standing: Standing) -> Decision:
                return to_decision(request, standing, prepared=prepared, other=other)

            if seen != current.version and not isinstance(request, Skip):
                base = work.seen_standing(current, seat, seen)
                if base is None or base.content != current.content:
                    return work.conflict(found, seat, current, base, decision_for)
            changes = list(
                decide(current, decision_for(current), role=actor.role, blind=seat is not None)
            )
            if isinstance(request, EditRequest) and request.accept:
                changes += decide(changes[0].after, Accept(), role=actor.role)
            return work.carry_out(changes, seat, seen)

        return self._once(actor, request_id, act)

    def add_missed(
        self,
        article_id: str,
        edits: tuple[SlotEdit, ...],
        actor: Actor,
        *,
        kind: Kind = Kind.SUPPLY,
        status: Status = Status.FIRM,
        request_id: str | None = None,
    ) -> Outcome:
        """A deal that the extractor missed: a record of the user's, to be filled and accepted.

        Raises:
            ReviewError: there is no such article, or an edit cannot be read.
        """
        article = self._article(article_id)
        prepared = prepare(edits, article, self.reader)

        def act(work: Work) -> Outcome:
            empty = DealRecord(
                id=record_id(article_id, f"missed {uuid.uuid4()}"),
                article_id=article_id,
                extractor_version=work.transaction.extractor_version(article_id),
                kind=kind,
                status=status,
            )
            return work.carry_out([add(apply_edits(empty, prepared))], None, 0)

        return self._once(actor, request_id, act)

    def adjudicate(
        self, record_id: str, decision: Adjudicate, actor: Actor, *, seen: int
    ) -> Outcome:
        """A lead decides between two readers.

        Raises:
            ReviewError: the user is no lead, or the record has changed since.
        """

        def act(work: Work) -> Outcome:
            current = to_standing(work.load(record_id))
            if current.state is not State.DISPUTED:
                raise ReviewError("not_disputed", "nobody differs about this record any more")
            if seen != current.version:
                raise ReviewError("changed_since", "the record was changed since; look again")
            return work.carry_out(list(decide(current, decision, role=actor.role)), None, seen)

        return self._once(actor, None, act)

    def settle_disagreement(
        self, record_id: str, take: Collection[Slot], actor: Actor, *, seen: int
    ) -> Outcome:
        """Answer what a newer extractor says against a human.

        Args:
            record_id: the record.
            take: slots in which the extractor is right after all; none keeps the human's word.
            actor: who.
            seen: the version that the user had on the page.

        Raises:
            ReviewError: nothing is to be answered, or the record was changed since.
        """

        def act(work: Work) -> Outcome:
            found = work.load(record_id)
            note = found.disagreement
            current = to_standing(found)
            if note is None:
                raise ReviewError("no_disagreement", "no newer extractor says otherwise")
            if seen != current.version:
                raise ReviewError("changed_since", "the record was changed since; look again")
            version = note["extractor_version"]
            if take and note["record"]:
                taken = take_slots(current.record, from_json(note["record"]), take)
                changes = decide(current, Edit(record=taken), role=actor.role)
                changes = (replace(changes[0], note=f"as {version}"),)
            else:
                kept = Change(
                    action=Action.RESOLVE, before=current, after=current, note=f"against {version}"
                )
                changes = (kept,)
            outcome = work.carry_out(changes, None, seen)
            work.transaction.clear_disagreement(record_id)
            return outcome

        return self._once(actor, None, act)

    def resolve(self, record_id: str, choices: dict[str, str], actor: Actor) -> Outcome:
        """Settle a conflict: for every difference, whose word holds ("mine" is the later one's).

        Raises:
            ReviewError: there is no conflict, or a difference has no choice.
        """

        def act(work: Work) -> Outcome:
            found = work.load(record_id)
            if found.conflict_event is None:
                raise ReviewError("no_conflict", "this conflict is settled already")
            event = work.event(found.conflict_event)
            current = to_standing(found)
            mine = from_content(event.after, version=event.seen, machine=current.machine)
            try:
                chosen = compose(current, mine, choices)
            except KeyError as error:
                raise ReviewError("unsettled", f"choose whose {error.args[0]} holds") from error
            changes = decide(current, Resolve(chosen=chosen), role=actor.role)
            outcome = work.carry_out(list(changes), None, current.version, reverses=event.group)
            work.next_conflict(record_id)
            return outcome

        return self._once(actor, None, act)

    def undo(self, actor: Actor, *, request_id: str | None = None) -> Outcome:
        """Take back the user's last decision that stands.

        Raises:
            ReviewError: there is none, or somebody else has built on it.
        """
        return self._once(actor, request_id, lambda work: work.reverse_last(Action.UNDO))

    def redo(self, actor: Actor, *, request_id: str | None = None) -> Outcome:
        """Do again what was undone last, as long as nothing else was decided since.

        Raises:
            ReviewError: there is nothing to redo, or the record was changed.
        """
        return self._once(actor, request_id, lambda work: work.reverse_last(Action.REDO))

    def _once(
        self, actor: Actor, request_id: str | None, act: Callable[[Work], Outcome]
    ) -> Outcome:
        at = self.clock()
        with self.database.transaction() as transaction:
            if request_id is not None:
                answered = transaction.answer_given(request_id, actor.user_id)
                if answered is not None:
                    return Outcome.from_json(answered)
            outcome = act(Work(transaction, actor, at, uuid.uuid4().hex))
            if request_id is not None:
                transaction.keep_answer(request_id, actor.user_id, outcome.to_json(), at)
        return outcome

    def _article_of(self, record_id: str) -> Article:
        stored = self.store.records.load(record_id)
        if stored is None:
            raise ReviewError("unknown_record", f"there is no record {record_id}")
        return self._article(stored.record.article_id)

    def _article(self, article_id: str) -> Article:
        found = self.store.articles.load([article_id])
        if not found:
            raise ReviewError("unknown_article", f"there is no article {article_id}")
        return found[0]
