"""A run's line: begun, alive, ended."""

from datetime import timedelta

from pipeline.store import Store


def test_a_run_tells_its_life(store: Store) -> None:
    number = store.runs.start("archive", {"paths": ["記事"]}, extractor_version="v1")
    store.runs.beat(number, {"read": 3})
    running = store.runs.load(number)
    assert running is not None
    assert (running.state, running.counts, running.options) == (
        "running",
        {"read": 3},
        {"paths": ["記事"]},
    )
    assert store.runs.living() == {number}

    store.runs.finish(number, state="done", counts={"read": 5}, summary="# 実行")
    done = store.runs.load(number)
    assert done is not None
    assert (done.state, done.counts, done.summary) == ("done", {"read": 5}, "# 実行")
    assert done.ended_at is not None
    assert done.ended_at.utcoffset() == timedelta(0)
    assert done.seconds >= 0
    assert store.runs.living() == frozenset()


def test_the_latest_runs_come_first(store: Store) -> None:
    numbers = [store.runs.start(flow, {}) for flow in ("archive", "feeds", "archive")]
    assert [run.id for run in store.runs.latest(2)] == numbers[:0:-1]
    assert [run.id for run in store.runs.latest(flow="archive")] == [numbers[2], numbers[0]]
    assert store.runs.load(999) is None
