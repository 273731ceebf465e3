"""When a feed is asked next: its interval, what its server says, and rest after failures.

Pure: moments come in as arguments.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

BREAKS_AFTER = 5  # failures in a row, from which on the pauses grow
LONGEST_PAUSE = timedelta(hours=24)
_SPREAD = 0.1  # of an interval, so that feeds added together drift apart


class Mode(StrEnum):
    """How eager a run is."""

    DUE = "due"  # feeds whose interval is over: what the schedule does
    NOW = "now"  # all feeds, unless their servers or their failures say otherwise
    FORCE = "force"  # all feeds but those whose servers asked for a pause


class Standing(StrEnum):
    """Whether a feed is to be asked, and if not why."""

    READY = "ready"
    EARLY = "early"  # its interval is not over
    FRESH = "fresh"  # its server says that nothing changes yet
    BROKEN = "broken"  # it failed so often that it rests
    PAUSED = "paused"  # its server asked for a pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What is remembered of a feed.

    Attributes:
        next_at: when its interval, or its rest after failures, is over; None if never asked.
        fresh_until: as its server said; None where it did not.
        paused_until: the pause that its server asked for; None where it did not.
        failures: in a row.
    """

    next_at: datetime | None = None
    fresh_until: datetime | None = None
    paused_until: datetime | None = None
    failures: int = 0


def standing(times: Times, now: datetime, mode: Mode) -> Standing:
    """Whether a feed is to be asked at this moment."""
    if times.paused_until is not None and times.paused_until > now:
        return Standing.PAUSED
    if mode is Mode.FORCE:
        return Standing.READY
    early = times.next_at is not None and times.next_at > now
    if times.failures >= BREAKS_AFTER and early:
        return Standing.BROKEN
    if times.fresh_until is not None and times.fresh_until > now:
        return Standing.FRESH
    return Standing.EARLY if early and mode is Mode.DUE else Standing.READY


def after_success(
    now: datetime, interval: timedelta, *, ttl: timedelta = timedelta(0), spread: float = 0.0
) -> datetime:
    """When to ask again after an answer.

    Args:
        now: the present moment.
        interval: the user's.
        ttl: the feed's own word; a longer one than the interval holds, at most a day.
        spread: 0 to 1, the same for a feed each time.
    """
    wait = max(interval, min(ttl, LONGEST_PAUSE))
    return now + wait * (1 + _SPREAD * spread)


def after_failure(
    now: datetime, interval: timedelta, failures: int, *, spread: float = 0.0
) -> datetime:
    """When to ask again after so many failures in a row.

    The interval at first; from `BREAKS_AFTER` on twice as long with each failure, at most a day
    (or the interval, where that is longer).
    """
    doublings = max(0, failures - BREAKS_AFTER + 1)
    longest = max(LONGEST_PAUSE, interval)
    wait = min(interval * (1 << min(doublings, 20)), longest)
    return now + wait * (1 + _SPREAD * spread)


def after_page_failure(now: datetime, attempts: int) -> datetime:
    """When to ask for an article's page again: 5 minutes, then four times as long each time."""
    wait = timedelta(minutes=5) * (1 << 2 * min(max(attempts - 1, 0), 8))
    return now + min(wait, LONGEST_PAUSE)
