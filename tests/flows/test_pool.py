"""Worker processes: each loads once, a death costs one batch, none outlives its run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows import pool as pool_module
from flows.pool import PoolClosedError, WorkerDiedError, WorkerPool, WorkerTimeoutError
from flows.sizing import WORKER_BYTES
from flows.work import WorkOrder
from pipeline.article import Article, make_article
from pipeline.errors import SettingsError
from pipeline.settings import Settings
from pipeline.store import Store, open_store
from tests.flows.fake_extractor import DEADLY, GREEDY, HOARDER, POISON, SECONDS

GOOD = make_article("青空電機は3億円を払う。", source="good.txt")
BAD = make_article(POISON, source="poison.txt")
DEATH = make_article(DEADLY, source="death.txt")
ALL = (GOOD, BAD, DEATH)


def make_order(store: Store, **options: object) -> WorkOrder:
    """Work for the fake extractor."""
    values: dict[str, object] = {
        "run_id": store.runs.start("archive", {}),
        "database_url": store.url,
        "settings": Settings().model_dump_json(),
        "extractor": "tests.flows.fake_extractor",
        "version": "fake-1",
    }
    return WorkOrder(**(values | options))  # type: ignore[arg-type]


@pytest.fixture
def stored(sqlite_url: str) -> Iterator[Store]:
    """A store with three articles."""
    with open_store(sqlite_url) as store:
        store.articles.save(ALL)
        yield store


def claim(store: Store, order: WorkOrder, *articles: Article) -> int:
    """A batch of these articles."""
    batch = store.ledger.claim(
        order.run_id, order.version, [(one.id, len(one.text)) for one in articles], living_runs=()
    )
    assert batch is not None
    return batch.id


def test_a_worker_loads_once_and_survives_bad_articles(stored: Store) -> None:
    order = make_order(stored)
    with WorkerPool(order, 1) as pool:
        first = pool.run(claim(stored, order, GOOD), [GOOD.id], 10)
        second = pool.run(claim(stored, order, BAD), [BAD.id], 10)
    assert (first.articles, first.kinds, first.failures) == (1, {"supply": 1}, ())
    assert (second.articles, [one.article_id for one in second.failures]) == (0, [BAD.id])
    assert first.worker == second.worker
    assert first.memory_bytes > 10_000_000


def test_a_death_is_told_and_the_next_batch_gets_a_new_worker(stored: Store) -> None:
    order = make_order(stored)
    with WorkerPool(order, 1) as pool:
        with pytest.raises(WorkerDiedError, match="signal 9"):
            pool.run(claim(stored, order, DEATH), [DEATH.id], 10)
        assert pool.run(claim(stored, order, GOOD), [GOOD.id], 10).articles == 1


def test_a_stuck_worker_is_ended(stored: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECONDS, "60")
    monkeypatch.setattr(pool_module, "SECONDS_A_BATCH", 0.5)
    order = make_order(stored)
    started = time.monotonic()
    with WorkerPool(order, 1) as pool, pytest.raises(WorkerTimeoutError, match="was ended"):
        pool.run(claim(stored, order, GOOD), [GOOD.id], 10)
    assert time.monotonic() - started < 30


def test_a_worker_that_grew_is_replaced(stored: Store) -> None:
    hoarder = make_article(HOARDER, source="hoarder.txt")
    stored.articles.save([hoarder])
    order = make_order(stored, memory_bytes=320_000_000)
    with WorkerPool(order, 1) as pool:
        names = [
            pool.run(claim(stored, order, one), [one.id], 10).worker for one in (GOOD, hoarder, BAD)
        ]
    assert names[0] == names[1] != names[2]


def test_an_article_that_wants_too_much_memory_is_put_aside(stored: Store) -> None:
    greedy = make_article(GREEDY, source="greedy.txt")
    stored.articles.save([greedy])
    order = make_order(stored, memory_bytes=WORKER_BYTES)
    with WorkerPool(order, 1) as pool:
        report = pool.run(claim(stored, order, GOOD, greedy), [GOOD.id, greedy.id], 10)
    assert report.articles == 1
    assert [one.article_id for one in report.failures] == [greedy.id]
    assert "--max-memory" in report.failures[0].reason


def test_what_keeps_a_worker_from_starting_is_told(stored: Store) -> None:
    order = make_order(stored, version="another")
    with (
        WorkerPool(order, 1) as pool,
        pytest.raises(SettingsError, match="models/ was changed meanwhile"),
    ):
        pool.run(1, [GOOD.id], 10)


def test_leaving_the_pool_ends_batches_in_hand_and_those_that_wait(
    stored: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECONDS, "60")
    order = make_order(stored)
    batch = claim(stored, order, GOOD)
    with ThreadPoolExecutor(3) as threads:
        with WorkerPool(order, 1) as pool:
            waiting = [threads.submit(pool.run, batch, [GOOD.id], 10) for _ in range(3)]
            time.sleep(0.5)
        errors = [one.exception(timeout=10) for one in waiting]
    assert [type(error) for error in errors] == [PoolClosedError] * 3


PARENT = """
import sys
from flows.pool import WorkerPool
from tests.flows.test_pool import GOOD, claim, make_order
from pipeline.store import open_store

if __name__ == "__main__":
    store = open_store(sys.argv[1])
    order = make_order(store)
    with WorkerPool(order, 1) as pool:
        print(pool.run(claim(store, order, GOOD), [GOOD.id], 10).worker, flush=True)
        sys.stdin.read()
"""


def test_no_worker_outlives_a_killed_run(stored: Store, tmp_path: Path, repo_root: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT, encoding="utf-8")
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, program, stored.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=repo_root,
        env={**os.environ, "PYTHONPATH": str(repo_root)},
        text=True,
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline().rpartition(":")[2])
        os.kill(worker, 0)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{worker}/status").read_text(encoding="utf-8").count("State:\tZ"):
            return
        time.sleep(0.05)
    pytest.fail(f"worker {worker} is still there")
