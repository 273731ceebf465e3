"""The ledger: which article was extracted by which extractor version, and who is at it.

A run claims a batch of articles before it works on them, so that two runs over one archive
share the work. A claim ends with the run: when its process is gone, the next may take over.
Whatever is saved twice all the same is saved identically.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pipeline.store.dialect import insert, insert_new, within_limit
from pipeline.store.engine import reading, writing
from pipeline.store.quarantine import note_failure
from pipeline.store.rows import now
from pipeline.store.tables import batches, extractions


class Done(StrEnum):
    """What the ledger says of an article and an extractor version."""

    NEVER = "never"  # no extractor has finished with it
    OTHER = "other"  # another version has, this one has not
    DONE = "done"
    FAILED = "failed"
    CLAIMED = "claimed"  # a run is at it, or was when it died


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Work that a run has taken on.

    Attributes:
        id: number in the ledger.
        articles: ids, in working order.
        busy: ids asked for that another living run has in hand, with that run's number.
        finished: ids asked for that somebody finished meanwhile.
    """

    id: int
    articles: tuple[str, ...]
    busy: Mapping[str, int]
    finished: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An article that the extractor cannot read, with the reason for a person."""

    article_id: str
    source: str
    reason: str


class Ledger:
    """The tables `batches` and `extractions`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def state_of(
        self, ids: Iterable[str], version: str, *, done_since: datetime | None = None
    ) -> dict[str, Done]:
        """What was done to each of `ids`; with `done_since`, what was done before counts not."""
        states = dict.fromkeys(ids, Done.NEVER)
        columns = extractions.c
        with reading(self._engine) as connection:
            for some in within_limit(sorted(states)):
                query = sa.select(
                    columns.article_id,
                    columns.extractor_version,
                    columns.state,
                    columns.finished_at,
                ).where(columns.article_id.in_(some))
                for row in connection.execute(query):
                    states[row.article_id] = _stronger(
                        states[row.article_id],
                        Done(row.state),
                        same_version=row.extractor_version == version,
                        stale=_is_older(row.finished_at, done_since),
                    )
        return states

    def claim(
        self,
        run_id: int,
        version: str,
        wanted: Sequence[tuple[str, int]],
        *,
        living_runs: Collection[int],
        done_since: datetime | None = None,
        retry_failed: bool = False,
    ) -> Batch | None:
        """Take on those of `wanted` that nobody has done or has in hand.

        Args:
            run_id: who takes them on.
            version: the extractor's.
            wanted: article ids with their length in characters, in working order.
            living_runs: runs whose claims hold.
            done_since: what was finished before counts as not done (None: all that is done is).
            retry_failed: whether to take on what failed before.

        Returns:
            the batch, with what was left to others (its `id` is 0 where that was all); None where
            nothing was wanted.
        """
        lengths = dict(wanted)
        with writing(self._engine) as connection:
            batch_id = self._open_batch(connection, run_id, version)
            claim = {
                "state": "claimed",
                "run_id": run_id,
                "batch_id": batch_id,
                "claimed_at": now(),
            }
            # First those that have no line yet: of two runs at once, one gets to insert it.
            rows = [
                {"article_id": a, "extractor_version": version, "attempts": 0, **claim}
                for a in sorted(lengths)
            ]
            inserted = insert_new(connection, extractions, rows, extractions.c.article_id)
            mine = {row.article_id for row in inserted}
            found = self._locked(connection, sorted(lengths.keys() - mine), version)
            busy = {
                a: row.run_id
                for a, row in found.items()
                if row.state == Done.CLAIMED and row.run_id != run_id and row.run_id in living_runs
            }
            finished = {
                a
                for a, row in found.items()
                if (row.state == Done.DONE and not _is_older(row.finished_at, done_since))
                or (row.state == Done.FAILED and not retry_failed)
            }
            taken = sorted(found.keys() - busy.keys() - finished)
            self._take(connection, version, taken, claim)
            mine.update(taken)
            self._fill_batch(connection, batch_id, [lengths[a] for a in mine])
        if not wanted:
            return None
        return Batch(
            id=batch_id if mine else 0,
            articles=tuple(a for a, _ in wanted if a in mine),
            busy=busy,
            finished=tuple(sorted(finished)),
        )

    @staticmethod
    def _locked(
        connection: sa.Connection, ids: Sequence[str], version: str
    ) -> dict[str, sa.Row[Any]]:
        rows: dict[str, sa.Row[Any]] = {}
        for some in within_limit(ids):
            query = (
                sa.select(extractions)
                .where(
                    extractions.c.article_id.in_(some), extractions.c.extractor_version == version
                )
                .order_by(extractions.c.article_id)
                .with_for_update()
            )
            rows.update({row.article_id: row for row in connection.execute(query)})
        return rows

    @staticmethod
    def _open_batch(connection: sa.Connection, run_id: int, version: str) -> int:
        row = connection.execute(
            sa.insert(batches)
            .values(
                run_id=run_id,
                extractor_version=version,
                state="claimed",
                articles=0,
                characters=0,
                attempts=0,
                started_at=now(),
            )
            .returning(batches.c.id)
        ).one()
        return int(row.id)

    @staticmethod
    def _fill_batch(connection: sa.Connection, batch_id: int, lengths: Sequence[int]) -> None:
        """Note how much the batch came to; one that came to nothing leaves no line."""
        mine = batches.c.id == batch_id
        if lengths:
            connection.execute(
                sa.update(batches)
                .where(mine)
                .values(articles=len(lengths), characters=sum(lengths))
            )
        else:
            connection.execute(sa.delete(batches).where(mine))

    @staticmethod
    def _take(
        connection: sa.Connection, version: str, ids: Sequence[str], claim: Mapping[str, Any]
    ) -> None:
        for some in within_limit(ids):
            connection.execute(
                sa.update(extractions)
                .where(
                    extractions.c.article_id.in_(some), extractions.c.extractor_version == version
                )
                .values(**claim)
            )

    def fail(self, run_id: int, version: str, failures: Sequence[Failure]) -> None:
        """Put articles aside that the extractor cannot read; the reason is kept."""
        at = now()
        with writing(self._engine) as connection:
            for failure in sorted(failures, key=lambda failure: failure.article_id):
                values = {
                    "state": "failed",
                    "reason": failure.reason,
                    "finished_at": at,
                    "run_id": run_id,
                }
                connection.execute(
                    insert(connection, extractions)
                    .values(
                        article_id=failure.article_id,
                        extractor_version=version,
                        attempts=1,
                        claimed_at=at,
                        **values,
                    )
                    .on_conflict_do_update(
                        index_elements=["article_id", "extractor_version"],
                        set_=values | {"attempts": extractions.c.attempts + 1},
                    )
                )
                note_failure(
                    connection,
                    source=failure.source,
                    step="extract",
                    reason=failure.reason,
                    article_id=failure.article_id,
                    run_id=run_id,
                )

    def close_batch(self, batch_id: int, *, seconds: float, worker: str) -> None:
        """Note that a batch, or an article of it that was tried alone, is done.

        Args:
            batch_id: as claimed.
            seconds: of work, added to what the batch took before.
            worker: who did it.
        """
        found = (
            sa.select(sa.func.coalesce(sa.func.sum(extractions.c.records), 0))
            .where(extractions.c.batch_id == batch_id)
            .scalar_subquery()
        )
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(batches)
                .where(batches.c.id == batch_id)
                .values(
                    state="done",
                    records=found,
                    seconds=sa.func.coalesce(batches.c.seconds, 0.0) + seconds,
                    worker=worker,
                    attempts=batches.c.attempts + 1,
                    ended_at=now(),
                )
            )

    def note_error(self, batch_id: int, error: str) -> None:
        """Note that an article of a batch had to be put aside, and why."""
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(batches)
                .where(batches.c.id == batch_id)
                .values(state="failed", error=error, ended_at=now())
            )

    def release(self, run_id: int) -> int:
        """Give back what a run had claimed and not done; how many articles that were."""
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(batches)
                .where(batches.c.run_id == run_id, batches.c.state == "claimed")
                .values(state="failed", error="interrupted", ended_at=now())
            )
            gone = connection.execute(
                sa.delete(extractions).where(
                    extractions.c.run_id == run_id, extractions.c.state == "claimed"
                )
            )
            return gone.rowcount


def _is_older(finished_at: datetime | None, since: datetime | None) -> bool:
    return since is not None and finished_at is not None and finished_at < since


def _stronger(known: Done, said: Done, *, same_version: bool, stale: bool) -> Done:
    """What is known of an article after one more line of the ledger; its own version rules."""
    if same_version:
        return Done.OTHER if said is Done.DONE and stale else said
    if known is Done.NEVER and said is Done.DONE:
        return Done.OTHER
    return known
