"""Carry out automatic acceptance in the database, order the queue, and take acceptances back.

An automatic acceptance is an event like any other, by nobody (the actor ""), with its reason. It
is no human's word: learning leaves it out, and it can be taken back as a whole.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from pipeline.learn.audit import Audit, Decided, in_audit_sample
from pipeline.learn.priority import Priority
from pipeline.learn.reviewed import ReviewedArticle, Verdict
from pipeline.record import from_json
from pipeline.review.decision import Accept, decide
from pipeline.review.edit import missing_for_a_deal
from pipeline.review.ledger import SYSTEM, Actor, append, to_event, to_standing, write_change
from pipeline.review.standing import Action, Role, State
from pipeline.review.undo import reverse
from pipeline.store import Store
from pipeline.store.engine import reading, writing
from pipeline.store.records import UNREVIEWED
from pipeline.store.review import ReviewDb, ReviewTransaction
from pipeline.store.review_tables import reviews
from pipeline.store.tables import records

_PAGE = 500
_NOBODY = Actor(user_id=0, name=SYSTEM, role=Role.REVIEWER)
TOP = 1e30  # where the sample stands in the queue, above every amount


def decided_by_people(articles: Iterator[ReviewedArticle], version: str) -> list[Decided]:
    """The machine's records of one extractor version that people have decided about."""
    return [
        Decided(
            record_id=review.before.id,
            confidence=review.before.confidence,
            right=review.verdict is Verdict.ACCEPTED,
        )
        for article in articles
        for review in article.records
        if review.before is not None and review.extractor_version == version
    ]


def _unreviewed(store: Store, version: str, least: float) -> Iterator[str]:
    """Ids of records that nobody has touched, of one extractor version, confident enough."""
    last = ""
    while True:
        query = (
            sa.select(records.c.id)
            .where(
                records.c.state == UNREVIEWED,
                records.c.human_state.is_(None),
                records.c.disagreement.is_(None),
                records.c.extractor_version == version,
                records.c.confidence >= least,
                records.c.id > last,
            )
            .order_by(records.c.id)
            .limit(_PAGE)
        )
        with reading(store.engine) as connection:
            ids = list(connection.execute(query).scalars())
        if not ids:
            return
        yield from ids
        last = ids[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What automatic acceptance did, or would do.

    Attributes:
        accepted: ids of the records.
        kept_for_audit: how many confident ones are of the sample, and wait for people.
        skipped: how many somebody had open or had touched meanwhile, or that lack a slot.
    """

    accepted: tuple[str, ...]
    kept_for_audit: int
    skipped: int


def accept_confident(
    store: Store, found: Audit, *, version: str, share: float, at: datetime, dry_run: bool = False
) -> Accepted:
    """Accept what is confident enough, except the sample; one transaction a record.

    Args:
        store: the database.
        found: of the human decisions about the same extractor version.
        version: the extractor's.
        share: of the sample.
        at: now.
        dry_run: True only counts.
    """
    if found.threshold is None:
        return Accepted(accepted=(), kept_for_audit=0, skipped=0)
    least = found.threshold.confidence
    note = (
        f"automatic: confidence at least {least:.3f}; of {found.threshold.records} decided"
        f" ({found.basis}) {found.threshold.right} were right"
    )
    group = uuid.uuid4().hex
    accepted: list[str] = []
    kept = skipped = 0
    for record_id in _unreviewed(store, version, least):
        if in_audit_sample(record_id, share):
            kept += 1
        elif dry_run:
            accepted.append(record_id)
        else:
            with ReviewDb(store.engine).transaction() as transaction:
                done = _accept(transaction, record_id, note=note, group=group, at=at)
            if done:
                accepted.append(record_id)
            else:
                skipped += 1
    return Accepted(accepted=tuple(accepted), kept_for_audit=kept, skipped=skipped)


def _accept(
    transaction: ReviewTransaction, record_id: str, *, note: str, group: str, at: datetime
) -> bool:
    found = transaction.load(record_id, lock=True)
    if found is None or found.state != UNREVIEWED or transaction.holder(record_id, at=at):
        return False
    if missing_for_a_deal(found.record):
        return False
    standing = to_standing(found)
    (change,) = decide(standing, Accept(), role=_NOBODY.role)
    noted = replace(change, note=note)
    append(transaction, noted, actor=SYSTEM, seen=found.version, group=group, at=at)
    write_change(transaction, noted, actor=SYSTEM, at=at)
    # Nobody has looked at it, so it says nothing about the extractor's precision.
    transaction.connection.execute(
        sa.update(reviews).where(reviews.c.record_id == record_id).values(verdicts=None)
    )
    return True


def withdraw_automatic(store: Store, *, at: datetime, dry_run: bool = False) -> list[str]:
    """Take back every automatic acceptance that no human has touched since.

    Returns:
        Ids of the records, which wait for review again.
    """
    query = (
        sa.select(reviews.c.record_id)
        .select_from(reviews.join(records, records.c.id == reviews.c.record_id))
        .where(reviews.c.decided_by == SYSTEM, records.c.state == State.ACCEPTED.value)
        .order_by(reviews.c.record_id)
    )
    with reading(store.engine) as connection:
        ids = list(connection.execute(query).scalars())
    if dry_run:
        return ids
    group = uuid.uuid4().hex
    taken_back: list[str] = []
    for record_id in ids:
        with ReviewDb(store.engine).transaction() as transaction:
            if _withdraw(transaction, record_id, group=group, at=at):
                taken_back.append(record_id)
    return taken_back


def _withdraw(transaction: ReviewTransaction, record_id: str, *, group: str, at: datetime) -> bool:
    found = transaction.load(record_id, lock=True)
    events = [to_event(row) for row in transaction.events_of_record(record_id)]
    last = events[-1] if events else None
    if found is None or last is None or last.actor != SYSTEM or last.action is not Action.ACCEPT:
        return False
    current = to_standing(found)
    change = reverse(last, current, action=Action.UNDO)
    append(
        transaction,
        change,
        actor=SYSTEM,
        seen=current.version,
        group=group,
        at=at,
        reverses=last.group,
    )
    write_change(transaction, change, actor=SYSTEM, at=at)
    return True


def order_queue(
    store: Store, priority: Priority, *, share: float = 0.0, dry_run: bool = False
) -> int:
    """Put the waiting records in the order of what a look at them is worth.

    Args:
        store: the database.
        priority: what was learned.
        share: of the random sample, which comes first; 0 where there is none.
        dry_run: True only counts.

    Returns:
        How many records.
    """
    last = ""
    count = 0
    while True:
        query = (
            sa.select(records.c.id, records.c.data)
            .where(records.c.state == UNREVIEWED, records.c.id > last)
            .order_by(records.c.id)
            .limit(_PAGE)
        )
        with reading(store.engine) as connection:
            rows = list(connection.execute(query))
        if not rows:
            return count
        count += len(rows)
        last = rows[-1].id
        values = [
            {
                "of": row.id,
                "worth": (TOP if in_audit_sample(row.id, share) else 0.0)
                + priority.worth(from_json(row.data)),
            }
            for row in rows
        ]
        if not dry_run:
            with writing(store.engine) as connection:
                connection.execute(
                    sa.update(records)
                    .where(records.c.id == sa.bindparam("of"), records.c.state == UNREVIEWED)
                    .values(at_stake=sa.bindparam("worth")),
                    values,
                )
