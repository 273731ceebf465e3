"""A newsroom for tests: one database, one site, a clock that obeys, an extractor without a model."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from flows.batching import Backlog
from flows.feeddesk import Desk, StoredHosts, listed_feeds
from flows.feedpoll import fail, poll
from flows.feedreport import PollReport
from flows.work import extract_all
from pipeline.errors import TransientFetchError
from pipeline.ingest.feedlist import Feed, FeedList
from pipeline.ingest.feedphrases import load_phrases
from pipeline.ingest.fetch import Fetcher, FetchLimits
from pipeline.ingest.fetchguard import make_guard
from pipeline.ingest.fetchhosts import HostLimits
from pipeline.store import Store, open_store
from pipeline.store.feed_entries import FeedEntries
from pipeline.store.feed_hosts import FeedHosts
from pipeline.store.feed_notices import FeedNotices
from pipeline.store.feed_tables import feed_entries
from pipeline.store.feeds import Feeds, FeedState
from pipeline.store.tables import articles, extractions
from tests.feeds.site import Site
from tests.flows.fake_extractor import FakeExtractor

MODELS = Path(__file__).resolve().parents[2] / "models"
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LIMITS = FetchLimits(max_bytes=10_000_000, seconds=1.0, silence_seconds=0.6, max_redirects=4)
VERSION = "fake-1"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def move(self, **length: float) -> None:
        self.at += timedelta(**length)


@dataclass
class Newsroom:
    """What a test polls with; `run_id` is a run that lives."""

    store: Store
    desk: Desk
    site: Site
    clock: Clock
    feeds: dict[str, Feed] = field(default_factory=dict)

    def feed(self, path: str, **options: Any) -> Feed:
        """A feed of the site, listed."""
        made = Feed.model_validate(
            {"url": f"{self.site.url}{path}", "name": path.strip("/"), **options}
        )
        self.feeds[path] = made
        self.desk.feeds.register(listed_feeds(FeedList(feed=list(self.feeds.values()))))
        return made

    def state(self, feed: Feed) -> FeedState:
        """What is remembered of a feed."""
        return next(one for one in self.desk.feeds.states() if one.url == feed.url)

    def poll(self, feed: Feed) -> PollReport:
        """Poll a feed as the flow does after its last attempt."""
        try:
            return poll(self.desk, feed, self.state(feed).id)
        except TransientFetchError as error:
            return fail(self.desk, feed, self.state(feed).id, error)

    def extract(self) -> int:
        """Extract what was handed over; how many articles."""
        ids: list[str] = []
        while batch := self.desk.backlog.take(_ALL):
            ids += [article_id for article_id, _ in batch]
        found, failures = extract_all(
            FakeExtractor(VERSION), self.store.articles.load(list(dict.fromkeys(ids)))
        )
        self.store.records.save_extractions(found, version=VERSION, run_id=self.desk.run_id)
        self.store.ledger.fail(self.desk.run_id, VERSION, failures)
        self.desk.entries.settle()
        return len(found)

    def work(self, feed: Feed) -> PollReport:
        """Poll and extract."""
        report = self.poll(feed)
        self.extract()
        return report

    def rows(self, feed: Feed | None = None) -> list[Any]:
        """The entries, of one feed or of all, in the order in which they were first seen."""
        query = sa.select(feed_entries).order_by(feed_entries.c.id)
        if feed is not None:
            query = query.where(feed_entries.c.feed_id == self.state(feed).id)
        with self.store.engine.connect() as connection:
            return list(connection.execute(query).all())

    def states(self, feed: Feed | None = None) -> list[str]:
        """The states of the entries."""
        return [row.state for row in self.rows(feed)]

    def attempts(self) -> list[int]:
        """How often each article was extracted."""
        with self.store.engine.connect() as connection:
            return list(connection.execute(sa.select(extractions.c.attempts)).scalars())

    def texts(self) -> list[str]:
        """The texts of all articles that stand, oldest first."""
        query = (
            sa.select(articles.c.text)
            .where(articles.c.superseded_by.is_(None))
            .order_by(articles.c.added_at, articles.c.id)
        )
        with self.store.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def amounts(self) -> list[int]:
        """The amounts of all records that stand, in 億円, sorted."""
        return sorted(int(one.amount or 0) // 10**8 for one in self.store.records.stream())

    def other_run(self) -> Desk:
        """The desk of another run on the same database."""
        run_id = self.store.runs.start("feeds", {})
        return replace(self.desk, run_id=run_id)


class _All:
    characters = 10**9
    articles = 10**6


_ALL: Any = _All()


@contextmanager
def opened(url: str, site: Site) -> Iterator[Newsroom]:
    """A newsroom on a database."""
    clock = Clock()
    with open_store(url) as store:
        hosts = StoredHosts(FeedHosts(store.engine))
        with Fetcher(
            make_guard([site.host]),
            contact="desk",
            limits=LIMITS,
            hosts=HostLimits(interval=0.0, at_once=8),
            memory=hosts,
            now=clock,
        ) as fetcher:
            run_id = store.runs.start("feeds", {}, extractor_version=VERSION)
            desk = Desk(
                run_id=run_id,
                version=VERSION,
                store=store,
                feeds=Feeds(store.engine),
                entries=FeedEntries(store.engine),
                notices=FeedNotices(store.engine),
                fetcher=fetcher,
                phrases=load_phrases(MODELS),
                backlog=Backlog(),
                now=clock,
            )
            yield Newsroom(store=store, desk=desk, site=site, clock=clock)


def story(number: int, *, words: str = "", length: int = 900) -> str:
    """A story about a deal of `number` 億円, like no other of another number."""
    import random

    chance = random.Random(number)
    filling = "".join(chr(chance.randrange(0x4E00, 0x9000)) for _ in range(length))
    return f"青空電機は装置を{number}億円で購入した。{words}{filling}。"


def item(
    number: int,
    *,
    guid: str | None = None,
    link: str | None = None,
    title: str | None = None,
    body: str | None = None,
) -> str:
    """An item of RSS 2.0 that tells story `number` whole."""
    place = f"/story/{number}" if link is None else link
    text = story(number) if body is None else body
    headline = f"第{number}報" if title is None else title
    called = f"guid-{number}" if guid is None else guid
    return (
        f"<item><title>{headline}</title>"
        + (f"<link>{place}</link>" if place else "")
        + (f"<guid isPermaLink='false'>{called}</guid>" if called else "")
        + f"<description><![CDATA[{text}]]></description>"
        f"<pubDate>Tue, 24 Nov 2026 {number % 24:02}:00:00 +0900</pubDate></item>"
    )


def rss(*items: str, encoding: str = "utf-8", head: str = "") -> str:
    """A feed of RSS 2.0."""
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>{head}<rss version="2.0"><channel>'
        f"<title>市場だより</title>{''.join(items)}</channel></rss>"
    )


def page(number: int, *, head: str = "", body: str | None = None) -> str:
    """A page that tells story `number`."""
    text = story(number) if body is None else body
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>第{number}報</title>{head}</head>"
        f"<body><article><h1>第{number}報</h1><p>{text}</p></article></body></html>"
    )
