"""How feeds are: their last success, how late they are, what fails and what waits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flows.feeddesk import times_of
from pipeline.ingest.feedschedule import Mode, Standing, standing
from pipeline.store import Store
from pipeline.store.feed_entries import DONE, FAILED, SKIPPED, STORED, WAITING, FeedEntries
from pipeline.store.feed_notices import FeedNotices
from pipeline.store.feeds import Feeds, FeedState


class Health(StrEnum):
    """How a feed is, in a word."""

    OK = "ok"
    NEW = "new"  # never polled
    LATE = "late"  # twice its interval without an answer
    FAILING = "failing"
    RESTING = "resting"  # failed so often that it is asked less
    PAUSED = "paused"  # its server asked for a pause
    POLLING = "polling"  # a run is at it
    UNLISTED = "unlisted"  # no more in feeds.toml, or disabled


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """One feed.

    Attributes:
        lag_seconds: since its last success beyond its interval, 0 while it is on time; None where
            it never succeeded.
        waiting: entries whose article is to be had or extracted.
        waiting_since: when the longest waiting of them was first seen.
    """

    name: str
    url: str
    health: Health
    last_success: datetime | None
    last_change: datetime | None
    next_poll: datetime | None
    lag_seconds: float | None
    failures: int
    error: str | None
    warnings: tuple[str, ...]
    moved_to: str | None
    entries: int
    waiting: int
    waiting_since: datetime | None
    failed: int
    skipped: int

    def to_json(self) -> dict[str, Any]:
        """All of it, times in ISO 8601."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All feeds, and what holds for all of them together."""

    at: datetime
    feeds: tuple[FeedStatus, ...]
    notices_waiting: int
    last_run: Mapping[str, Any] | None


def status_of(store: Store, now: datetime) -> Status:
    """How the feeds of a database are."""
    entries = FeedEntries(store.engine)
    counts, oldest = entries.counts(), entries.oldest_waiting()
    living = store.runs.living()
    runs = store.runs.latest(1, flow="feeds")
    states = Feeds(store.engine).states()
    return Status(
        at=now,
        feeds=tuple(
            _feed(state, counts.get(state.id, {}), oldest.get(state.id), now, living)
            for state in states
        ),
        notices_waiting=FeedNotices(store.engine).waiting(),
        last_run=_run(runs[0]) if runs else None,
    )


def _run(run: Any) -> dict[str, Any]:
    return {
        "id": run.id,
        "state": run.state,
        "started_at": run.started_at,
        "seconds": run.seconds,
        "counts": dict(run.counts),
        "error": run.error,
    }


def _feed(
    state: FeedState,
    counts: Mapping[str, int],
    oldest: datetime | None,
    now: datetime,
    living: frozenset[int],
) -> FeedStatus:
    lag = lag_of(state, now)
    return FeedStatus(
        name=state.name,
        url=state.url,
        health=health_of(state, now, living),
        last_success=state.succeeded_at,
        last_change=state.changed_at,
        next_poll=state.paused_until if _is_paused(state, now) else state.next_at,
        lag_seconds=lag.total_seconds() if lag is not None else None,
        failures=state.failures,
        error=state.error,
        warnings=state.warnings,
        moved_to=state.moved_to,
        entries=counts.get(DONE, 0) + counts.get(STORED, 0) + counts.get(WAITING, 0),
        waiting=counts.get(WAITING, 0) + counts.get(STORED, 0),
        waiting_since=oldest,
        failed=counts.get(FAILED, 0),
        skipped=counts.get(SKIPPED, 0),
    )


def lag_of(state: FeedState, now: datetime) -> timedelta | None:
    """How much later than its interval says a feed has last answered; None if it never did."""
    if state.succeeded_at is None:
        return None
    late = now - state.succeeded_at - timedelta(seconds=state.interval_seconds)
    return max(late, timedelta(0))


def health_of(state: FeedState, now: datetime, living: frozenset[int]) -> Health:
    """How a feed is, the worst that is true of it first."""
    if not state.listed:
        return Health.UNLISTED
    if state.run_id in living:
        return Health.POLLING
    how = standing(times_of(state), now, Mode.DUE)
    if how is Standing.PAUSED:
        return Health.PAUSED
    if how is Standing.BROKEN:
        return Health.RESTING
    if state.failures:
        return Health.FAILING
    if state.polled_at is None:
        return Health.NEW
    lag = lag_of(state, now)
    is_late = lag is not None and lag > timedelta(seconds=max(state.interval_seconds, 300.0))
    return Health.LATE if is_late and how is Standing.READY else Health.OK


def _is_paused(state: FeedState, now: datetime) -> bool:
    return state.paused_until is not None and state.paused_until > now
