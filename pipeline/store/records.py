"""Deal records in the database: what extractors find, over which a human's word stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from pipeline.record import DealRecord, from_json
from pipeline.store.dialect import insert, within_limit
from pipeline.store.engine import reading, writing
from pipeline.store.reconcile import WITHDRAWN, Kept, Plan, plan_replacement
from pipeline.store.rows import (
    StoredRecord,
    evidence_rows,
    fold_name,
    now,
    party_rows,
    record_values,
    sortable_time,
    stored_record,
)
from pipeline.store.tables import (
    articles,
    evidence,
    extractions,
    quarantine,
    record_parties,
    records,
)

UNREVIEWED = "unreviewed"
_STREAMED_AT_ONCE = 1000


class Found(Protocol):
    """What an extractor found in one article (pipeline.extract.Extraction has this form)."""

    @property
    def article_id(self) -> str:
        """The article's fingerprint."""

    @property
    def records(self) -> Sequence[DealRecord]:
        """Every record of the article."""

    @property
    def dropped(self) -> Mapping[str, int]:
        """Gate reason → passages that it dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What saving extractions changed, in records."""

    new: int = 0
    replaced: int = 0
    deleted: int = 0
    flagged: int = 0
    unchanged: int = 0

    @property
    def matter(self) -> bool:
        """Whether any record is new, gone, or another than it was."""
        return bool(self.new or self.replaced or self.deleted)

    def __add__(self, other: "Changes") -> "Changes":
        return Changes(
            new=self.new + other.new,
            replaced=self.replaced + other.replaced,
            deleted=self.deleted + other.deleted,
            flagged=self.flagged + other.flagged,
            unchanged=self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which records; an empty field asks nothing.

    Attributes:
        kinds, statuses, states: any of these.
        since, until: publication of the article, from (included) to (excluded).
        company: part of a party's name or surface, or a gazetteer id.
        min_confidence: 0 to 1.
        run_ids: saved or changed by one of these runs.
        article_ids: of these articles.
        withdrawn: whether to bring what a human threw out, and what stands in a superseded
            version of an article.
    """

    kinds: Sequence[str] = ()
    statuses: Sequence[str] = ()
    states: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    company: str | None = None
    min_confidence: float = 0.0
    run_ids: Sequence[int] = field(default=())
    article_ids: Sequence[str] = field(default=())
    withdrawn: bool = False


class Records:
    """The tables `records`, `record_parties`, `evidence`, and the ledger's end of a batch."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def save_extractions(
        self,
        found: Sequence[Found],
        *,
        version: str,
        run_id: int | None = None,
        batch_id: int | None = None,
    ) -> Changes:
        """Keep what extractor `version` found, and that it has done these articles.

        All in one transaction, so that a run killed at any moment leaves an article either
        done with all its records or not done. The same again changes nothing; records that a
        human has touched are never changed, only flagged.

        Args:
            found: of stored articles; every record of an article at once.
            version: the extractor's, at most 255 characters.
            run_id: who did it, for the ledger.
            batch_id: as part of which batch.
        """
        if not found:
            return Changes()
        ids = sorted({one.article_id for one in found})
        changes, at = Changes(), now()
        with writing(self._engine) as connection:
            published = _lock_articles(connection, ids)
            stored = _stored(connection, ids)
            for one in sorted(found, key=lambda one: one.article_id):
                plan = plan_replacement(
                    stored.get(one.article_id, ()), one.records, version=version
                )
                writer = _Writer(connection, run_id, published[one.article_id], at)
                changes += writer.apply(plan)
            _note_done(connection, found, version, run_id, batch_id, at)
        return changes

    def load(self, record_id: str) -> StoredRecord | None:
        """One record, None where there is none of this id."""
        with reading(self._engine) as connection:
            row = connection.execute(_joined().where(records.c.id == record_id)).mappings().first()
        return stored_record(row) if row else None

    def stream(self, wanted: RecordFilter | None = None) -> Iterator[StoredRecord]:
        """The records asked for by date of publication (undated ones last), in bounded memory."""
        query = _joined().where(*_conditions(wanted or RecordFilter()))
        query = query.order_by(
            records.c.published_at.is_(None), records.c.published_at, records.c.id
        )
        with reading(self._engine) as connection:
            streamed = connection.execution_options(yield_per=_STREAMED_AT_ONCE).execute(query)
            for row in streamed.mappings():
                yield stored_record(row)

    def count(self, wanted: RecordFilter | None = None) -> int:
        """How many records are asked for."""
        query = sa.select(sa.func.count()).select_from(records.join(articles))
        with reading(self._engine) as connection:
            counted = connection.execute(query.where(*_conditions(wanted or RecordFilter())))
            return counted.scalar_one()

    def counts_by_kind(self, wanted: RecordFilter | None = None) -> dict[str, int]:
        """Kind → records asked for, the most frequent first."""
        number = sa.func.count()
        query = (
            sa.select(records.c.kind, number)
            .select_from(records.join(articles))
            .where(*_conditions(wanted or RecordFilter()))
            .group_by(records.c.kind)
            .order_by(number.desc(), records.c.kind)
        )
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def _joined() -> sa.Select[Any]:
    return sa.select(
        records, articles.c.source, articles.c.url, articles.c.title, articles.c.published
    ).select_from(records.join(articles, articles.c.id == records.c.article_id))


def _conditions(wanted: RecordFilter) -> list[sa.ColumnElement[bool]]:
    columns = records.c
    found: list[sa.ColumnElement[bool]] = []
    for column, values in (
        (columns.kind, wanted.kinds),
        (columns.status, wanted.statuses),
        (columns.state, wanted.states),
        (columns.run_id, wanted.run_ids),
        (columns.article_id, wanted.article_ids),
    ):
        if values:
            found.append(column.in_(values))
    if wanted.since is not None:
        found.append(columns.published_at >= sortable_time(wanted.since))
    if wanted.until is not None:
        found.append(columns.published_at < sortable_time(wanted.until))
    if wanted.min_confidence > 0:
        found.append(columns.confidence >= wanted.min_confidence)
    if wanted.company:
        found.append(_names_company(wanted.company))
    if not wanted.withdrawn:
        found += is_live()
    return found


def is_live() -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Whether a record, joined with its article, tells a deal.

    No human has thrown it out, and its article is not superseded, unless a human has touched it.
    """
    state = records.c.human_state
    return (
        sa.func.coalesce(state, "").not_in(sorted(WITHDRAWN)),
        sa.or_(articles.c.superseded_by.is_(None), state.is_not(None)),
    )


def _names_company(company: str) -> sa.ColumnElement[bool]:
    by_id = sa.exists().where(
        record_parties.c.record_id == records.c.id, record_parties.c.gazetteer_id == company
    )
    return sa.or_(records.c.parties.contains(fold_name(company), autoescape=True), by_id)


def _lock_articles(connection: sa.Connection, ids: Sequence[str]) -> dict[str, datetime | None]:
    """Publication times; on PostgreSQL nobody else saves records of these articles meanwhile."""
    found: dict[str, datetime | None] = {}
    for some in within_limit(ids):
        query = (
            sa.select(articles.c.id, articles.c.published_at)
            .where(articles.c.id.in_(some))
            .order_by(articles.c.id)
            .with_for_update(key_share=True)
        )
        found.update({row.id: row.published_at for row in connection.execute(query)})
    return found


def _stored(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[Kept]]:
    found: dict[str, list[Kept]] = {}
    for some in within_limit(ids):
        query = (
            sa.select(
                records.c.article_id,
                records.c.data,
                records.c.human_state,
                records.c.disagreement,
            )
            .where(records.c.article_id.in_(some))
            .order_by(records.c.id)
        )
        for row in connection.execute(query):
            kept = Kept(
                record=from_json(row.data),
                human_state=row.human_state,
                disagreement=row.disagreement,
            )
            found.setdefault(row.article_id, []).append(kept)
    return found


@dataclass(frozen=True, slots=True)
class _Writer:
    """Carries out the plan for one article within a transaction."""

    connection: sa.Connection
    run_id: int | None
    published_at: datetime | None
    at: datetime

    def apply(self, plan: Plan) -> Changes:
        for record in plan.insert:
            self._insert(record)
        for record in plan.replace:
            self._replace(record)
        if plan.delete:
            self.connection.execute(sa.delete(records).where(records.c.id.in_(plan.delete)))
        for record_id, note in plan.flag.items():
            self._update(record_id, {"disagreement": note})
        return Changes(
            new=len(plan.insert),
            replaced=len(plan.replace),
            deleted=len(plan.delete),
            flagged=len(plan.flag),
            unchanged=plan.unchanged,
        )

    def _insert(self, record: DealRecord) -> None:
        self.connection.execute(
            sa.insert(records).values(
                id=record.id,
                article_id=record.article_id,
                run_id=self.run_id,
                published_at=self.published_at,
                state=UNREVIEWED,
                version=1,
                created_at=self.at,
                updated_at=self.at,
                **record_values(record),
            )
        )
        insert_children(self.connection, record)

    def _replace(self, record: DealRecord) -> None:
        self._update(record.id, {"run_id": self.run_id, **record_values(record)})
        delete_children(self.connection, record.id)
        insert_children(self.connection, record)

    def _update(self, record_id: str, values: Mapping[str, Any]) -> None:
        values = {
            name: sa.null() if name == "disagreement" and value is None else value
            for name, value in values.items()
        }
        self.connection.execute(
            sa.update(records)
            .where(records.c.id == record_id)
            .values(version=records.c.version + 1, updated_at=self.at, **values)
        )


def insert_children(connection: sa.Connection, record: DealRecord) -> None:
    """Write a record's rows of `record_parties` and `evidence`."""
    for table, rows in ((record_parties, party_rows(record)), (evidence, evidence_rows(record))):
        if rows:
            connection.execute(sa.insert(table), rows)


def delete_children(connection: sa.Connection, record_id: str) -> None:
    """Take away a record's rows of `record_parties` and `evidence`, before new ones come."""
    for table in (record_parties, evidence):
        connection.execute(sa.delete(table).where(table.c.record_id == record_id))


def _note_done(
    connection: sa.Connection,
    found: Sequence[Found],
    version: str,
    run_id: int | None,
    batch_id: int | None,
    at: datetime,
) -> None:
    """Enter the articles into the ledger, and take them out of quarantine."""
    statement = insert(connection, extractions)
    renewed = ("state", "run_id", "batch_id", "records", "dropped", "reason", "finished_at")
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["article_id", "extractor_version"],
            set_={name: statement.excluded[name] for name in renewed}
            | {"attempts": extractions.c.attempts + 1},
        ),
        [
            {
                "article_id": one.article_id,
                "extractor_version": version,
                "state": "done",
                "run_id": run_id,
                "batch_id": batch_id,
                "attempts": 1,
                "records": len(one.records),
                "dropped": dict(one.dropped),
                "reason": None,
                "claimed_at": at,
                "finished_at": at,
            }
            for one in sorted(found, key=lambda one: one.article_id)
        ],
    )
    for some in within_limit([one.article_id for one in found]):
        connection.execute(
            sa.update(quarantine)
            .where(quarantine.c.article_id.in_(some), quarantine.c.resolved_at.is_(None))
            .values(resolved_at=at)
        )
