"""What polling feeds needs: the database, the fetcher, the clock, and where articles go."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import httpcore

from flows.batching import Backlog
from pipeline.ingest.feedlist import Feed, FeedList, FetchSection
from pipeline.ingest.feedphrases import Phrases, load_phrases
from pipeline.ingest.feedschedule import Times
from pipeline.ingest.fetch import Fetcher, FetchLimits
from pipeline.ingest.fetchguard import make_guard
from pipeline.ingest.fetchhosts import HostLimits, RobotsFile
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.store.feed_entries import FeedEntries
from pipeline.store.feed_hosts import FeedHosts
from pipeline.store.feed_notices import FeedNotices
from pipeline.store.feeds import Feeds, FeedState, ListedFeed
from pipeline.store.rows import now as present


class StoredHosts:
    """The fetcher's memory of hosts, kept in the database (pipeline.ingest HostMemory)."""

    def __init__(self, hosts: FeedHosts) -> None:
        self._hosts = hosts

    def robots(self, host: str) -> RobotsFile | None:
        """What is known of its robots.txt."""
        known = self._hosts.robots(host)
        return RobotsFile(text=known[0], expires_at=known[1]) if known else None

    def keep_robots(self, host: str, robots: RobotsFile) -> None:
        """Remember it."""
        self._hosts.keep_robots(host, robots.text, robots.expires_at)

    def resting_until(self, host: str) -> datetime | None:
        """Until when it does not want to be asked."""
        return self._hosts.resting_until(host)

    def rest(self, host: str, until: datetime) -> None:
        """Remember that it does not want to be asked before `until`."""
        self._hosts.rest(host, until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One run's tools, shared by the threads that poll.

    Attributes:
        version: the extractor's, to tell which articles are done.
        backlog: where articles go that are to be extracted.
        storing: held while articles are compared and stored, so that of two copies that come at
            once one is the original.
        stopping: set when the run is to end: what is begun is finished, no more is begun.
    """

    run_id: int
    version: str
    store: Store
    feeds: Feeds
    entries: FeedEntries
    notices: FeedNotices
    fetcher: Fetcher
    phrases: Phrases
    backlog: Backlog
    now: Callable[[], datetime] = present
    storing: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def of_run(self, run_id: int) -> "Desk":
        """The same desk for a run that has its number now."""
        return replace(self, run_id=run_id)


def make_fetcher(
    settings: Settings,
    section: FetchSection,
    *,
    hosts: FeedHosts | None = None,
    now: Callable[[], datetime] = present,
    backend: httpcore.NetworkBackend | None = None,
) -> Fetcher:
    """A fetcher as settings and feeds.toml want it.

    Args:
        settings: where it may go, and who answers for it.
        section: `[fetch]`.
        hosts: what is remembered of hosts; None forgets with the process.
        now: the clock.
        backend: the network, for tests.
    """
    return Fetcher(
        make_guard(settings.allow_hosts),
        contact=settings.contact,
        limits=FetchLimits(
            max_bytes=int(section.max_megabytes * 1_000_000),
            seconds=section.timeout.total_seconds(),
            silence_seconds=section.silence.total_seconds(),
        ),
        hosts=HostLimits(
            interval=section.host_interval.total_seconds(), at_once=section.host_at_once
        ),
        memory=StoredHosts(hosts) if hosts is not None else None,
        now=now,
        backend=backend,
    )


@contextmanager
def opened_desk(
    store: Store, settings: Settings, listed: FeedList, *, run_id: int = 0, version: str
) -> Iterator[Desk]:
    """A desk; its connections are closed at the end. A run that begins takes it with `of_run`."""
    with make_fetcher(settings, listed.fetch, hosts=FeedHosts(store.engine)) as fetcher:
        yield Desk(
            run_id=run_id,
            version=version,
            store=store,
            feeds=Feeds(store.engine),
            entries=FeedEntries(store.engine),
            notices=FeedNotices(store.engine),
            fetcher=fetcher,
            phrases=load_phrases(settings.models_dir),
            backlog=Backlog(),
        )


def listed_feeds(listed: FeedList) -> tuple[ListedFeed, ...]:
    """The enabled feeds as the database knows them."""
    return tuple(
        ListedFeed(url=feed.url, name=feed.name, interval_seconds=feed.interval.total_seconds())
        for feed in listed.feed
        if feed.enabled
    )


def times_of(state: FeedState) -> Times:
    """What the schedule needs of a feed's state."""
    return Times(
        next_at=state.next_at,
        fresh_until=state.fresh_until,
        paused_until=state.paused_until,
        failures=state.failures,
    )


def spread_of(feed: Feed) -> float:
    """A number from 0 to 1 that is a feed's own, to keep feeds apart that were added together."""
    return int.from_bytes(hashlib.sha256(feed.url.encode()).digest()[:4]) / 2**32
