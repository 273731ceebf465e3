"""How feeds are: for people, programs and Prometheus."""

import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flows.feedstatus import Health, Status, status_of
from flows.metrics import prometheus_text, serving_metrics
from pipeline.ingest.feedschedule import BREAKS_AFTER
from tests.feeds.newsroom import Newsroom, item, rss


def status(room: Newsroom) -> Status:
    return status_of(room.store, room.clock())


def health(room: Newsroom) -> dict[str, Health]:
    return {feed.name: feed.health for feed in status(room).feeds}


def test_the_health_of_a_feed_follows_what_happens_to_it(newsroom: Newsroom) -> None:
    from pipeline.store.rows import now

    newsroom.clock.at = now()
    feed = newsroom.feed("/feed", interval="10m")
    assert health(newsroom) == {"feed": Health.NEW}
    newsroom.site.page("/feed", rss(item(1)))
    newsroom.work(feed)
    assert health(newsroom) == {"feed": Health.OK}
    newsroom.clock.move(minutes=50)
    assert health(newsroom) == {"feed": Health.LATE}
    newsroom.site.page("/feed", status=500)
    newsroom.work(feed)
    assert health(newsroom) == {"feed": Health.FAILING}
    for _ in range(BREAKS_AFTER):
        newsroom.work(feed)
    assert health(newsroom) == {"feed": Health.RESTING}
    newsroom.site.page("/feed", status=429, retry_after="60")
    newsroom.work(feed)
    assert health(newsroom) == {"feed": Health.PAUSED}
    newsroom.clock.move(days=2)
    newsroom.site.page("/feed", rss(item(1)))
    newsroom.desk.feeds.hold(newsroom.state(feed).id, newsroom.desk.run_id, ())
    assert health(newsroom) == {"feed": Health.POLLING}
    newsroom.desk.feeds.let_go(newsroom.desk.run_id)
    newsroom.feeds.clear()
    newsroom.desk.feeds.register([])
    assert health(newsroom) == {"feed": Health.UNLISTED}


def test_lag_is_what_comes_on_top_of_the_interval(newsroom: Newsroom) -> None:
    from pipeline.store.rows import now

    newsroom.site.page("/feed", rss(item(1)))
    newsroom.clock.at = now()
    newsroom.work(newsroom.feed("/feed", interval="10m"))
    newsroom.clock.move(minutes=9)
    assert status(newsroom).feeds[0].lag_seconds == 0
    newsroom.clock.move(minutes=6)
    assert status(newsroom).feeds[0].lag_seconds == pytest.approx(300, abs=10)


def test_entries_are_counted_by_what_became_of_them(newsroom: Newsroom) -> None:
    newsroom.site.page("/feed", rss(item(1), item(2, body=""), item(3, body="", title="")))
    newsroom.site.page("/story/2", status=502).page("/story/3", status=404)
    newsroom.work(newsroom.feed("/feed"))
    (feed,) = status(newsroom).feeds
    assert (feed.entries, feed.waiting, feed.failed) == (2, 0, 1)
    newsroom.site.page("/feed", rss(item(4, body="", title="")))
    newsroom.site.page("/story/4", status=502)
    newsroom.work(newsroom.feed("/feed"))
    (feed,) = status(newsroom).feeds
    assert (feed.waiting, feed.waiting_since is not None) == (1, True)


def samples(text: str) -> dict[tuple[str, str], float]:
    """(metric, label) → value."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_are_what_prometheus_reads(newsroom: Newsroom) -> None:
    newsroom.site.page("/good", rss(item(1), item(2))).page("/bad", status=500)
    for path in ("/good", "/bad"):
        newsroom.work(newsroom.feed(path))
    newsroom.store.runs.finish(
        newsroom.desk.run_id, state="done", counts={"new": 2, "records": {"new": 2}}
    )
    found = samples(prometheus_text(status(newsroom)))
    assert found["torihiki_feed_up", "good"] == 1
    assert found["torihiki_feed_up", "bad"] == 0
    assert found["torihiki_feed_failures", "bad"] == 1
    assert found["torihiki_feed_entries", "good"] == 2
    assert found["torihiki_feeds_run", "records_new"] == 2
    assert found["torihiki_feeds_run_ok", ""] == 1
    assert ("torihiki_feed_last_success_timestamp_seconds", "bad") not in found


def test_metrics_are_served_as_they_are_at_the_moment(newsroom: Newsroom) -> None:
    newsroom.site.page("/feed", rss(item(1)))
    feed = newsroom.feed("/feed")
    with serving_metrics(newsroom.store, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.server_port}/metrics"

        def entries() -> float:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return samples(answer.read().decode())["torihiki_feed_entries", "feed"]

        assert entries() == 0
        newsroom.work(feed)
        assert entries() == 1
