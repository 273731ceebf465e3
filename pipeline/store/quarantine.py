"""Quarantine: inputs and articles that failed, each once, with its reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pipeline.errors import Quarantined
from pipeline.store.dialect import insert
from pipeline.store.engine import reading, writing
from pipeline.store.rows import digest, now
from pipeline.store.tables import quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuarantine:
    """One quarantined input; `attempts` counts the runs that met it."""

    source: str
    step: str
    reason: str
    article_id: str | None
    run_id: int | None
    attempts: int
    first_at: datetime
    last_at: datetime


def note_failure(
    connection: sa.Connection,
    *,
    source: str,
    step: str,
    reason: str,
    article_id: str | None,
    run_id: int | None,
) -> None:
    """Write or renew one entry within the caller's transaction."""
    at = now()
    # NUL and half surrogates, which a broken input may bring into its reason, cannot be stored.
    source, reason = (
        part.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()
        for part in (source, reason)
    )
    renewed = {
        "reason": reason,
        "article_id": article_id,
        "run_id": run_id,
        "last_at": at,
        "resolved_at": None,
    }
    connection.execute(
        insert(connection, quarantine)
        .values(
            digest=digest(source, step),
            source=source,
            step=step,
            attempts=1,
            first_at=at,
            **renewed,
        )
        .on_conflict_do_update(
            index_elements=["digest"], set_=renewed | {"attempts": quarantine.c.attempts + 1}
        )
    )


class Quarantine:
    """The table `quarantine`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, items: Sequence[Quarantined], *, run_id: int | None = None) -> None:
        """Keep failed inputs; one that failed before is counted once more."""
        if not items:
            return
        with writing(self._engine) as connection:
            for item in sorted(items, key=lambda item: (item.source, item.step)):
                note_failure(
                    connection,
                    source=item.source,
                    step=item.step,
                    reason=item.reason,
                    article_id=None,
                    run_id=run_id,
                )

    def open_items(self, *, run_id: int | None = None) -> Iterator[StoredQuarantine]:
        """What is not resolved, the latest first; of one run, or of all."""
        query = (
            sa.select(quarantine)
            .where(quarantine.c.resolved_at.is_(None))
            .order_by(quarantine.c.last_at.desc(), quarantine.c.id)
        )
        if run_id is not None:
            query = query.where(quarantine.c.run_id == run_id)
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                yield StoredQuarantine(
                    source=row.source,
                    step=row.step,
                    reason=row.reason,
                    article_id=row.article_id,
                    run_id=row.run_id,
                    attempts=row.attempts,
                    first_at=row.first_at,
                    last_at=row.last_at,
                )
