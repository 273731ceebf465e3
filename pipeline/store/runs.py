"""Runs of flows: who works on the database, since when, and what came of it."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline.store.engine import reading, writing
from pipeline.store.rows import now
from pipeline.store.tables import batches, extractions, runs

HEARTBEAT = timedelta(seconds=10)
SILENCE = timedelta(seconds=90)  # a run that says nothing for so long is dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a flow.

    Attributes:
        flow: archive, feeds.
        state: running, done, failed, interrupted.
        options: what it was asked for.
        counts: what it did; keys are the flow's.
        summary: its closing Markdown, None while it runs.
    """

    id: int
    flow: str
    state: str
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None
    host: str
    pid: int
    extractor_version: str | None
    options: Mapping[str, Any]
    counts: Mapping[str, Any]
    summary: str | None
    error: str | None

    @property
    def seconds(self) -> float:
        """How long it took, or has taken to its last sign of life."""
        return ((self.ended_at or self.heartbeat_at) - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTotals:
    """The batches of a run together; `seconds` of work, summed over workers."""

    batches: int
    failed: int
    articles: int
    characters: int
    records: int
    seconds: float


class Runs:
    """The table `runs`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def start(
        self, flow: str, options: Mapping[str, Any], *, extractor_version: str | None = None
    ) -> int:
        """Begin a run of this process; its number."""
        at = now()
        with writing(self._engine) as connection:
            row = connection.execute(
                sa.insert(runs)
                .values(
                    flow=flow,
                    state="running",
                    started_at=at,
                    heartbeat_at=at,
                    host=this_host(),
                    pid=os.getpid(),
                    extractor_version=extractor_version,
                    options=dict(options),
                    counts={},
                )
                .returning(runs.c.id)
            ).one()
            return int(row.id)

    def beat(self, run_id: int, counts: Mapping[str, Any] | None = None) -> None:
        """Say that the run lives, and how far it has come."""
        values: dict[str, Any] = {"heartbeat_at": now(), "state": "running"}
        if counts is not None:
            values["counts"] = dict(counts)
        with writing(self._engine) as connection:
            connection.execute(sa.update(runs).where(runs.c.id == run_id).values(**values))

    def finish(
        self,
        run_id: int,
        *,
        state: str,
        counts: Mapping[str, Any],
        summary: str | None = None,
        error: str | None = None,
    ) -> None:
        """End a run: `state` done, failed or interrupted."""
        at = now()
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(runs)
                .where(runs.c.id == run_id)
                .values(
                    state=state,
                    heartbeat_at=at,
                    ended_at=at,
                    counts=dict(counts),
                    summary=summary,
                    error=error,
                )
            )

    def load(self, run_id: int) -> Run | None:
        """One run, None where there is none of this number."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).mappings().first()
        return Run(**row) if row else None

    def latest(self, limit: int = 20, *, flow: str | None = None) -> tuple[Run, ...]:
        """The last runs, newest first; of one flow, or of all."""
        query = sa.select(runs).order_by(runs.c.id.desc()).limit(limit)
        if flow is not None:
            query = query.where(runs.c.flow == flow)
        with reading(self._engine) as connection:
            return tuple(Run(**row) for row in connection.execute(query).mappings())

    def living(self) -> frozenset[int]:
        """Numbers of the runs that are at work."""
        query = sa.select(runs).where(runs.c.state == "running")
        with reading(self._engine) as connection:
            found = [Run(**row) for row in connection.execute(query).mappings()]
        return frozenset(run.id for run in found if is_alive(run))

    def bury_dead(self) -> tuple[int, ...]:
        """Mark the runs whose process is gone as interrupted and give back what they had claimed.

        Returns:
            their numbers.
        """
        with reading(self._engine) as connection:
            query = sa.select(runs).where(runs.c.state == "running").order_by(runs.c.id)
            found = [Run(**row) for row in connection.execute(query).mappings()]
        dead = tuple(run.id for run in found if not is_alive(run))
        if dead:
            with writing(self._engine) as connection:
                connection.execute(
                    sa.update(runs)
                    .where(runs.c.id.in_(dead), runs.c.state == "running")
                    .values(state="interrupted", ended_at=runs.c.heartbeat_at)
                )
                connection.execute(
                    sa.update(batches)
                    .where(batches.c.run_id.in_(dead), batches.c.state == "claimed")
                    .values(state="failed", error="interrupted", ended_at=now())
                )
                connection.execute(
                    sa.delete(extractions).where(
                        extractions.c.run_id.in_(dead), extractions.c.state == "claimed"
                    )
                )
        return dead

    def totals(self, run_id: int) -> BatchTotals:
        """What the batches of a run add up to."""
        columns, total = batches.c, sa.func.sum
        query = sa.select(
            sa.func.count(),
            total(sa.case((columns.state == "failed", 1), else_=0)),
            total(columns.articles),
            total(columns.characters),
            total(columns.records),
            total(columns.seconds),
        ).where(columns.run_id == run_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one()
        return BatchTotals(
            batches=row[0],
            failed=int(row[1] or 0),
            articles=int(row[2] or 0),
            characters=int(row[3] or 0),
            records=int(row[4] or 0),
            seconds=float(row[5] or 0.0),
        )


def this_host() -> str:
    """The machine (and on Linux the process namespace), within which a process number means one."""
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        namespace = ""
    return f"{socket.gethostname()} {namespace}".strip()


def is_alive(run: Run) -> bool:
    """Whether a running run still is: it was heard of lately, and its process, if here, exists."""
    if run.state != "running" or now() - run.heartbeat_at > SILENCE:
        return False
    if run.host != this_host():
        return True
    try:
        os.kill(run.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it exists, and is somebody else's
        return True
    return True
