"""Manners towards hosts: how often and how many at once, when to rest, what robots.txt allows."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from protego import Protego

ROBOTS_NAME = "Torihiki"
ROBOTS_KEPT = timedelta(hours=24)
ROBOTS_KEPT_UNSURE = timedelta(minutes=10)  # where the site could not say
MAX_CRAWL_DELAY = 30.0  # seconds; a longer one would keep a poll from ever ending


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """A site's robots.txt as last seen; `text` is "" where the site has none."""

    text: str
    expires_at: datetime


class HostMemory(Protocol):
    """What is remembered of hosts, also between runs; hosts are `host:port`."""

    def robots(self, host: str) -> RobotsFile | None:
        """What is known of its robots.txt, also when it is out of date."""

    def keep_robots(self, host: str, robots: RobotsFile) -> None:
        """Remember it."""

    def resting_until(self, host: str) -> datetime | None:
        """Until when it does not want to be asked, None where it did not say."""

    def rest(self, host: str, until: datetime) -> None:
        """Remember that it does not want to be asked before `until`."""


@dataclass(slots=True)
class ProcessMemory:
    """A memory that lasts as long as the process."""

    _robots: dict[str, RobotsFile] = field(default_factory=dict)
    _rests: dict[str, datetime] = field(default_factory=dict)

    def robots(self, host: str) -> RobotsFile | None:
        """What is known of its robots.txt."""
        return self._robots.get(host)

    def keep_robots(self, host: str, robots: RobotsFile) -> None:
        """Remember it."""
        self._robots[host] = robots

    def resting_until(self, host: str) -> datetime | None:
        """Until when it does not want to be asked."""
        return self._rests.get(host)

    def rest(self, host: str, until: datetime) -> None:
        """Remember that it does not want to be asked before `until`."""
        self._rests[host] = until


@dataclass(frozen=True, slots=True)
class Rules:
    """What a robots.txt says to us."""

    parsed: Protego

    def allows(self, url: str) -> bool:
        """Whether we may fetch this URL."""
        return bool(self.parsed.can_fetch(url, ROBOTS_NAME))

    @property
    def delay(self) -> float:
        """The seconds that it wants between two requests, 0 where it does not say."""
        asked = self.parsed.crawl_delay(ROBOTS_NAME) or 0.0
        rate = self.parsed.request_rate(ROBOTS_NAME)
        if rate is not None and rate.requests:
            asked = max(asked, rate.seconds / rate.requests)
        return min(float(asked), MAX_CRAWL_DELAY)


def parse_robots(text: str) -> Rules:
    """The rules of a robots.txt; what is no rule in it counts for nothing."""
    return Rules(Protego.parse(text))


class _Host:
    """One host's turns: so many at once, and so long between two beginnings."""

    def __init__(self, at_once: int) -> None:
        self.places = threading.BoundedSemaphore(at_once)
        self.lock = threading.Lock()
        self.next_at = 0.0  # on the monotonic clock
        self.interval = 0.0


class HostLimits:
    """Limits for each host by itself; safe to share between threads."""

    def __init__(
        self,
        *,
        interval: float,
        at_once: int,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Limit every host.

        Args:
            interval: the least seconds between the beginnings of two requests to a host.
            at_once: the most requests to a host that are under way.
            sleep: waits so many seconds.
            clock: monotonic seconds.
        """
        self._interval = interval
        self._at_once = at_once
        self._sleep = sleep
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    def slow_down(self, host: str, interval: float) -> None:
        """Ask this host no more often than that, where that is slower than the limit."""
        self._host(host).interval = interval

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait for a turn at the host, and hold it."""
        state = self._host(host)
        with state.places:
            with state.lock:
                now = self._clock()
                start = max(now, state.next_at)
                state.next_at = start + max(self._interval, state.interval)
            if start > now:
                self._sleep(start - now)
            yield

    def _host(self, host: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(host, _Host(self._at_once))
