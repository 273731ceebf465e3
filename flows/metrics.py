"""The state of feeds in the Prometheus text format, read from the database when it is asked for.

So it does not matter which process polled, and nothing is lost when one ends.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from flows.feedstatus import FeedStatus, Health, Status, status_of
from flows.logs import get_log
from pipeline.errors import TorihikiError
from pipeline.store import Store
from pipeline.store.rows import now

_PER_FEED: tuple[tuple[str, str, Callable[[FeedStatus], float]], ...] = (
    ("failures", "Failures of the feed in a row.", lambda feed: feed.failures),
    ("entries", "Entries of the feed that are known.", lambda feed: feed.entries),
    ("entries_waiting", "Entries whose article is to be had or extracted.", lambda f: f.waiting),
    ("entries_failed", "Entries whose article cannot be had or extracted.", lambda f: f.failed),
    ("entries_skipped", "Entries that options leave out.", lambda feed: feed.skipped),
)
_TIMES: tuple[tuple[str, str, Callable[[FeedStatus], datetime | None]], ...] = (
    ("last_success", "When the feed last answered, seconds since 1970.", lambda f: f.last_success),
    ("last_change", "When it last brought anything, seconds since 1970.", lambda f: f.last_change),
    ("next_poll", "When it is due, seconds since 1970.", lambda feed: feed.next_poll),
)
_RUN = ("new", "changed", "articles", "known", "copies", "failed", "extracted", "linked")


class FeedCollector(Collector):
    """What there is to say of a status, collected anew each time."""

    def __init__(self, read: Callable[[], Status]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Every metric family."""
        status = self._read()
        yield from _feed_metrics(status)
        yield _gauge(
            "feed_notices_waiting", "Messages that are not sent yet.", status.notices_waiting
        )
        yield from _run_metrics(status)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"torihiki_{name}", text, value=value)


def _feed_metrics(status: Status) -> Iterator[Metric]:
    listed = [feed for feed in status.feeds if feed.health is not Health.UNLISTED]
    up = GaugeMetricFamily(
        "torihiki_feed_up", "1 where the feed's last poll was no failure.", labels=["feed"]
    )
    lag = GaugeMetricFamily(
        "torihiki_feed_lag_seconds",
        "Seconds since the last success beyond the feed's interval.",
        labels=["feed"],
    )
    for feed in listed:
        up.add_metric([feed.name], 0.0 if feed.failures else 1.0)
        if feed.lag_seconds is not None:
            lag.add_metric([feed.name], feed.lag_seconds)
    yield up
    yield lag
    for name, text, number in _PER_FEED:
        family = GaugeMetricFamily(f"torihiki_feed_{name}", text, labels=["feed"])
        for feed in listed:
            family.add_metric([feed.name], number(feed))
        yield family
    for name, text, moment in _TIMES:
        family = GaugeMetricFamily(f"torihiki_feed_{name}_timestamp_seconds", text, labels=["feed"])
        for feed in listed:
            at = moment(feed)
            if at is not None:
                family.add_metric([feed.name], at.timestamp())
        yield family


def _run_metrics(status: Status) -> Iterator[Metric]:
    run = status.last_run
    if run is None:
        return
    started: datetime = run["started_at"]
    yield _gauge(
        "feeds_run_started_timestamp_seconds", "When the last run began.", started.timestamp()
    )
    yield _gauge("feeds_run_seconds", "How long the last run took.", run["seconds"])
    yield _gauge("feeds_run_ok", "1 where the last run did not fail.", run["state"] != "failed")
    counts = GaugeMetricFamily(
        "torihiki_feeds_run", "What the last run did, in numbers.", labels=["what"]
    )
    for name in _RUN:
        if name in run["counts"]:
            counts.add_metric([name], float(run["counts"][name]))
    changes = run["counts"].get("records", {})
    for name, number in changes.items():
        counts.add_metric([f"records_{name}"], float(number))
    yield counts


def prometheus_text(status: Status) -> str:
    """A status in the Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(FeedCollector(lambda: status))
    return generate_latest(registry).decode()


class _Reader:
    """Reads the status, and gives the last one where the database cannot be read just now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._last = status_of(store, now())

    def __call__(self) -> Status:
        with self._lock:
            try:
                self._last = status_of(self._store, now())
            except TorihikiError as error:
                get_log().warning("metrics.stale", reason=str(error))
            return self._last


@contextmanager
def serving_metrics(store: Store, host: str, port: int) -> Iterator[WSGIServer]:
    """Serve the metrics at http://HOST:PORT/metrics for as long as the block lasts.

    Raises:
        OSError: the port is taken.
    """
    registry = CollectorRegistry()
    registry.register(FeedCollector(_Reader(store)))
    server, thread = start_http_server(port, addr=host, registry=registry)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
