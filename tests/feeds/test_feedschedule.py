"""When a feed is asked next."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.ingest.feedschedule import (
    LONGEST_PAUSE,
    Mode,
    Standing,
    Times,
    after_failure,
    after_page_failure,
    after_success,
    standing,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PAST, SOON = NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("times", "due", "now", "force"),
    [
        pytest.param(Times(), "ready", "ready", "ready", id="never asked"),
        pytest.param(Times(next_at=PAST), "ready", "ready", "ready", id="interval over"),
        pytest.param(Times(next_at=SOON), "early", "ready", "ready", id="interval not over"),
        pytest.param(Times(fresh_until=SOON), "fresh", "fresh", "ready", id="fresh"),
        pytest.param(Times(fresh_until=PAST), "ready", "ready", "ready", id="fresh no more"),
        pytest.param(Times(next_at=SOON, failures=5), "broken", "broken", "ready", id="broken"),
        pytest.param(Times(next_at=PAST, failures=5), "ready", "ready", "ready", id="one more try"),
        pytest.param(Times(next_at=SOON, failures=4), "early", "ready", "ready", id="not broken"),
        pytest.param(Times(paused_until=SOON), "paused", "paused", "paused", id="Retry-After"),
        pytest.param(Times(paused_until=PAST), "ready", "ready", "ready", id="pause over"),
    ],
)
def test_whether_a_feed_is_asked(times: Times, due: str, now: str, force: str) -> None:
    found = [standing(times, NOW, mode) for mode in (Mode.DUE, Mode.NOW, Mode.FORCE)]
    assert found == [Standing(due), Standing(now), Standing(force)]


def test_the_longer_of_interval_and_ttl_holds() -> None:
    assert after_success(NOW, QUARTER) == NOW + QUARTER
    assert after_success(NOW, QUARTER, ttl=timedelta(hours=1)) == NOW + timedelta(hours=1)
    assert after_success(NOW, QUARTER, ttl=timedelta(days=30)) == NOW + LONGEST_PAUSE
    assert after_success(NOW, QUARTER, spread=1.0) == NOW + QUARTER * 1.1


@pytest.mark.parametrize(
    ("failures", "intervals"),
    [(1, 1), (4, 1), (5, 2), (6, 4), (9, 32), (11, 96), (50, 96)],
)
def test_the_pauses_of_a_broken_feed_grow_to_a_day(failures: int, intervals: int) -> None:
    assert after_failure(NOW, QUARTER, failures) - NOW == QUARTER * intervals


def test_a_feed_asked_less_than_daily_is_not_asked_more_often_for_failing() -> None:
    week = timedelta(days=7)
    assert after_failure(NOW, week, 50) - NOW == week


def test_a_page_is_tried_again_later_each_time() -> None:
    waits = [(after_page_failure(NOW, n) - NOW).total_seconds() / 60 for n in (1, 2, 3, 4, 20)]
    assert waits == [5, 20, 80, 320, 1440]
