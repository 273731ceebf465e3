"""The archive flow under Prefect: done once, whatever is killed and however many run."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import sqlalchemy as sa

from pipeline.record import to_json
from pipeline.store import RecordFilter, open_store
from pipeline.store.tables import article_sources, batches, extractions, runs
from tests.flows.conftest import write_archive
from tests.flows.fake_extractor import DEADLY, DEADLY_ONCE, POISON, SECONDS

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("prefect_server")]

Run = subprocess.Popen[str]
ROOT = Path(__file__).resolve().parents[2]
LONGEST = 120.0  # seconds that any of these runs may take


def start(database: str, folder: Path, *options: str, **environment: str) -> Run:
    """Start a run in a process group of its own."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.flows.program", database, str(folder), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        start_new_session=True,
    )


def finish(run: Run) -> dict[str, Any]:
    """The numbers of a run that ended well and quietly."""
    out, err = run.communicate(timeout=LONGEST)
    assert run.returncode == 0, err
    assert err == ""
    numbers: dict[str, Any] = json.loads(out)
    return numbers


def run_once(database: str, folder: Path, *options: str, **environment: str) -> dict[str, Any]:
    """Start a run and wait for its numbers."""
    return finish(start(database, folder, *options, **environment))


def kill(run: Run) -> None:
    """SIGKILL, for the process alone: nobody tells its children."""
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=LONGEST)


def records_of(database: str) -> list[dict[str, Any]]:
    """Every stored record."""
    with open_store(database, create=False) as store:
        return [to_json(one.record) for one in store.records.stream(RecordFilter(withdrawn=True))]


def deals_of(database: str) -> set[frozenset[str]]:
    """The records of every deal."""
    with open_store(database) as store:
        return {frozenset(deal.record_ids) for deal in store.deals.stream()}


def count_of(database: str, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    """How many rows a table has."""
    with open_store(database) as store, store.engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(table).where(*conditions)
        return connection.execute(query).scalar_one()


def done_articles(database: str) -> int:
    """How many articles the ledger says are done."""
    return count_of(database, extractions, extractions.c.state == "done")


def workers_of(database: str) -> set[str]:
    """The workers that have finished a batch."""
    with open_store(database) as store, store.engine.connect() as connection:
        return set(connection.execute(sa.select(batches.c.worker)).scalars()) - {None}


def ended(run: Run) -> bool:
    """Whether the process is gone."""
    return run.poll() is not None


def wait_for(condition: Callable[[], bool], seconds: float = LONGEST) -> None:
    """Return when `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("it did not come to pass")
        time.sleep(0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty articles, thirty of them with a deal."""
    return write_archive(tmp_path_factory.mktemp("articles"), 40)


@pytest.fixture(scope="module")
def first(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, prefect_server: None
) -> tuple[Path, dict[str, Any]]:
    """The database that a run leaves which nobody disturbs, and the run's numbers."""
    file = tmp_path_factory.mktemp("first") / "torihiki.db"
    return file, run_once(f"sqlite:///{file}", folder)


@pytest.fixture
def done(first: tuple[Path, dict[str, Any]], tmp_path: Path) -> str:
    """The URL of a copy of that database."""
    shutil.copy(first[0], tmp_path / "done.db")
    return f"sqlite:///{tmp_path / 'done.db'}"


@pytest.fixture
def undisturbed(done: str) -> list[dict[str, Any]]:
    """The records of that run."""
    return records_of(done)


def test_a_run_reads_all_and_finds_every_record(
    first: tuple[Path, dict[str, Any]], undisturbed: list[dict[str, Any]]
) -> None:
    numbers = first[1]
    assert (numbers["read"], numbers["new"], numbers["extracted"]) == (40, 40, 40)
    assert (numbers["records"]["new"], numbers["kinds"]) == (30, {"supply": 30})
    assert len(undisturbed) == 30
    assert numbers["linked"] == 30


def test_a_run_leaves_its_report_with_prefect_and_in_the_database(done: str) -> None:
    with open_store(done) as store:
        (run,) = store.runs.latest()
    assert run.state == "done"
    assert run.summary is not None
    assert "| extracted | 40 |" in run.summary
    answer = httpx.post(
        f"{os.environ['PREFECT_API_URL']}/artifacts/filter",
        json={"artifacts": {"key": {"any_": ["archive-run"]}}},
    )
    # Other runs, over databases of their own, leave theirs at the same server.
    types = {found["data"]: found["type"] for found in answer.json()}
    assert types[run.summary] == "markdown"


def test_a_second_run_finds_all_done(
    done: str, folder: Path, undisturbed: list[dict[str, Any]]
) -> None:
    numbers = run_once(done, folder)
    assert (numbers["read"], numbers["done"], numbers["extracted"]) == (40, 40, 0)
    assert records_of(done) == undisturbed


def test_bad_articles_are_put_aside_and_the_rest_goes_on(
    sqlite_url: str, folder: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed"
    shutil.copytree(folder, mixed)
    for name, text in (("poison", POISON), ("deadly", DEADLY), ("once", DEADLY_ONCE)):
        (mixed / f"{name}.txt").write_text(f"{text}、{name}は9億円。", encoding="utf-8")
    (mixed / "empty.txt").write_bytes(b"")
    numbers = run_once(sqlite_url, mixed, TORIHIKI_FAKE_ONCE=str(tmp_path / "it-happened"))
    assert (numbers["extracted"], numbers["failed"], numbers["quarantined"]) == (41, 2, 1)
    with open_store(sqlite_url) as store:
        aside = {Path(item.source).name: item for item in store.quarantine.open_items()}
    assert set(aside) == {"poison.txt", "deadly.txt", "empty.txt"}
    assert "signal 9" in aside["deadly.txt"].reason


def test_a_run_killed_at_any_moment_goes_on_where_it_was(
    sqlite_url: str, folder: Path, done: str, undisturbed: list[dict[str, Any]]
) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for at_work in (False, True, True, True):
        run = start(sqlite_url, folder, **{SECONDS: "0.1"})
        if at_work:
            before = done_articles(sqlite_url)
            wait_for(lambda run=run, n=before: done_articles(sqlite_url) > n or ended(run))  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.4 if at_work else 4.0))
        kill(run)
    last = run_once(sqlite_url, folder)
    assert last["done"] + last["extracted"] == 40, seed
    assert records_of(sqlite_url) == undisturbed, seed
    assert deals_of(sqlite_url) == deals_of(done), seed
    assert count_of(sqlite_url, extractions) == 40
    assert count_of(sqlite_url, article_sources) == 40
    with open_store(sqlite_url) as store, store.engine.connect() as connection:
        claimed = sa.select(batches.c.id).where(batches.c.state == "claimed")
        assert connection.execute(claimed).all() == []
        states = list(connection.execute(sa.select(runs.c.state).order_by(runs.c.id)).scalars())
    assert states[-1] == "done"
    assert set(states) <= {"interrupted", "done"}


def test_two_runs_at_once_share_the_work(
    database_url: str, folder: Path, done: str, undisturbed: list[dict[str, Any]]
) -> None:
    both = [start(database_url, folder, **{SECONDS: "0.05"}) for _ in range(2)]
    numbers = [finish(run) for run in both]
    assert records_of(database_url) == undisturbed
    assert deals_of(database_url) == deals_of(done)
    assert sum(one["records"]["new"] for one in numbers) == 30
    assert sum(one["extracted"] for one in numbers) == 40
    for one in numbers:
        assert one["extracted"] + one["elsewhere"] + one["done"] == 40


@pytest.mark.postgres
def test_a_dask_cluster_loses_a_worker_and_nothing_else(
    postgres_url: str, folder: Path, undisturbed: list[dict[str, Any]]
) -> None:
    run = start(postgres_url, folder, "dask", **{SECONDS: "0.1"})
    wait_for(lambda: bool(workers_of(postgres_url)))
    worker = int(workers_of(postgres_url).pop().rpartition(":")[2])
    assert worker in {child.pid for child in psutil.Process(run.pid).children(recursive=True)}
    os.kill(worker, signal.SIGKILL)
    assert done_articles(postgres_url) < 40
    numbers = finish(run)
    assert (numbers["extracted"], numbers["failed"]) == (40, 0)
    assert records_of(postgres_url) == undisturbed
    assert len(workers_of(postgres_url)) >= 2


def test_an_interrupted_rerun_of_all_goes_on(done: str, folder: Path) -> None:
    """What the first attempt has done again is not done a third time."""
    from flows.archive import _begin
    from flows.batching import Rerun

    with open_store(done) as store:
        attempt = _begin(store, "fake-1", [str(folder)], None, None, Rerun.ALL)
        assert attempt.run_id is not None
        store.runs.finish(attempt.run_id, state="interrupted", counts={})
        again = _begin(store, "fake-1", [str(folder)], None, None, Rerun.ALL)
        other = _begin(store, "fake-1", [str(folder)], None, 5, Rerun.ALL)
    assert attempt.done_since is not None
    assert again.done_since == attempt.done_since
    assert other.done_since is not None
    assert other.done_since > attempt.done_since
