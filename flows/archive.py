"""The archive flow: articles from files, through the extractor, into the database.

One Prefect task a batch. What is done stands in the database's ledger, so that a run that is
killed at any moment loses no more than the batches in hand, and the next one goes on.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from pydantic import SecretStr

from flows.batching import Backlog, BatchSize, Rerun
from flows.dispatch import IN_HAND, Dispatcher, Submit
from flows.intake import Intake, Wanted
from flows.interrupt import Interrupt, current_interrupt
from flows.linking import Linker
from flows.planning import read
from flows.pool import PoolClosedError, WorkerPool
from flows.report import Outcome, markdown
from flows.sizing import parse_size, plan_workers
from flows.watching import current_watcher
from flows.work import EXTRACTOR, BatchFailedError, BatchReport, WorkOrder, do_here, version_of
from pipeline.article import Article
from pipeline.errors import Quarantined, SettingsError, StoreError
from pipeline.ingest import ReadOptions
from pipeline.settings import Settings, load_settings
from pipeline.store import Store, open_store
from pipeline.store.rows import now, sortable_time
from pipeline.store.runs import HEARTBEAT

ARTIFACT = "archive-run"

_pool: WorkerPool | None = None  # of the run in this process; None in a Dask worker


def _may_pass(_task: Any, _run: Any, state: Any) -> bool:
    """Whether a failed batch is worth another try as it is: when the database was at fault."""
    try:
        state.result()
    except StoreError:
        return True
    except Exception:  # noqa: BLE001 - sorted out where the batch came from
        return False
    return False


@task(
    name="extract a batch",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_jitter_factor=0.3,
    retry_condition_fn=_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def extract_batch(
    order: WorkOrder, batch_id: int, ids: Sequence[str], characters: int
) -> BatchReport:
    """One batch: in the pool of the run's own process, or in the Dask worker that got it."""
    if order.distributed:
        return do_here(order, batch_id, ids)
    if _pool is None:
        raise PoolClosedError
    return _pool.run(batch_id, ids, characters)


@flow(name="archive", persist_result=False, validate_parameters=False)
def archive(
    paths: list[str],
    *,
    database_url: SecretStr | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    rerun: Rerun | None = None,
    workers: int | None = None,
    max_memory: str | None = None,
    distributed: bool = False,
    reading: ReadOptions | None = None,
    batch: BatchSize | None = None,
    link: bool = True,
    extractor: str = EXTRACTOR,
) -> Outcome:
    """Read articles and extract those that are not done yet.

    Args:
        paths: files, folders, archives; "-" for standard input.
        database_url: None for the settings'.
        since: published at or after this; without zone it is Japanese time.
        limit: at most so many articles are extracted.
        rerun: which articles are done again.
        workers: processes; None for one a processor as far as memory goes.
        max_memory: for the whole run, such as 4G; None without limit.
        distributed: work in the workers of the task runner (Dask), not in processes of our own.
        reading: fields, globs, encoding and limits of the files.
        batch: the most that a batch holds.
        link: whether to link the records into deals.
        extractor: module with `load_extractor` and `extractor_version`.

    Raises:
        TorihikiError: the database, the models or an option cannot be used.
        KeyboardInterrupt: Ctrl-C was pressed; the next run goes on.
    """
    started = time.monotonic()
    settings = load_settings(database_url=database_url.get_secret_value() if database_url else None)
    sizing = plan_workers(workers, parse_size(max_memory) if max_memory else None)
    version = version_of(extractor, settings)
    interrupt = current_interrupt()
    with ExitStack() as stack:
        stack.enter_context(interrupt.deferred())
        store = stack.enter_context(open_store(settings.database_url))
        wanted = _begin(store, version, paths, since, limit, rerun)
        assert wanted.run_id is not None  # noqa: S101 - _begin sets it
        backlog = Backlog()
        intake = Intake(store, backlog, wanted)
        outcome = Outcome(run_id=wanted.run_id, extractor_version=version, tally=intake.tally)
        stack.enter_context(_recorded(store, outcome, started, interrupt))
        order = WorkOrder(
            run_id=wanted.run_id,
            database_url=settings.database_url,
            settings=settings.model_dump_json(),
            extractor=extractor,
            version=version,
            memory_bytes=sizing.worker_bytes,
            distributed=distributed,
        )
        if not distributed:
            stack.enter_context(_pool_of(order, sizing.workers))
        changed = (
            stack.enter_context(_linking(store, settings, outcome, interrupt)) if link else None
        )
        dispatcher = Dispatcher(
            store,
            backlog,
            outcome,
            wanted,
            submit=_submitter(order),
            slots=_dask_slots if distributed else lambda: IN_HAND * sizing.workers,
            watcher=current_watcher(),
            size=batch,
            blames_articles=(BatchFailedError, *_dask_errors(distributed=distributed)),
            changed=changed,
            interrupt=interrupt,
        )
        with _reading(intake, read(paths, reading)) as all_read:
            dispatcher.work(all_read)
    return outcome


def task_runner(
    *, workers: int | None, max_memory: str | None, dask: bool, address: str | None
) -> TaskRunner[Any]:
    """The task runner for a way of working: threads over our processes, or a Dask cluster.

    Raises:
        SettingsError: Dask is asked for and not installed.
    """
    sizing = plan_workers(workers, parse_size(max_memory) if max_memory else None)
    if not dask:
        return ThreadPoolTaskRunner(max_workers=IN_HAND * sizing.workers)
    # Dask tells its whole life on the terminal unless it is told not to before it is imported.
    os.environ.setdefault("DASK_DISTRIBUTED__LOGGING__DISTRIBUTED", "critical")
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        msg = "Dask is not installed; install it with `pip install torihiki[dask]`"
        raise SettingsError(msg) from error
    if address:
        return DaskTaskRunner(address=address)
    return DaskTaskRunner(
        cluster_kwargs={
            "n_workers": sizing.workers,
            "threads_per_worker": 1,
            "processes": True,
            "dashboard_address": None,
            "memory_limit": sizing.worker_bytes or 0,
            "silence_logs": logging.CRITICAL,
        }
    )


def _begin(
    store: Store,
    version: str,
    paths: Sequence[str],
    since: datetime | None,
    limit: int | None,
    rerun: Rerun | None,
) -> Wanted:
    """Enter the run into the database; one that was interrupted doing all again is continued."""
    for run_id in store.runs.bury_dead():
        current_watcher().note(f"run {run_id} was interrupted; going on with what it left undone")
    asked = {
        "paths": list(paths),
        "since": since.isoformat() if since else None,
        "limit": limit,
        "rerun": rerun.value if rerun else None,
    }
    done_since: datetime | None = None
    if rerun is Rerun.ALL:
        done_since = _interrupted_since(store, asked, version) or now()
        asked["done_since"] = done_since.isoformat()
    return Wanted(
        version=version,
        since=sortable_time(since),
        limit=limit,
        rerun=rerun,
        done_since=done_since,
        run_id=store.runs.start("archive", asked, extractor_version=version),
    )


def _interrupted_since(store: Store, asked: dict[str, Any], version: str) -> datetime | None:
    for last in store.runs.latest(1, flow="archive"):
        same = all(last.options.get(name) == value for name, value in asked.items())
        if last.state == "interrupted" and same and last.extractor_version == version:
            return datetime.fromisoformat(last.options["done_since"])
    return None


@contextmanager
def _recorded(
    store: Store, outcome: Outcome, started: float, interrupt: Interrupt
) -> Iterator[None]:
    """Keep the run's line in the database: alive while it works, its numbers when it ends."""
    run_id = outcome.run_id
    assert run_id is not None  # noqa: S101 - a dry run is not recorded
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT.total_seconds()):
            store.runs.beat(run_id, outcome.counts())

    beating = threading.Thread(target=beat, name="heartbeat", daemon=True)
    beating.start()
    state, error = "interrupted", None
    try:
        yield
        interrupt.heed()
        state = "done"
    except Exception as failure:
        state, error = "failed", str(failure)
        raise
    finally:
        ended.set()
        beating.join()
        outcome.seconds = time.monotonic() - started
        if state != "done":
            store.ledger.release(run_id)
        summary = markdown(outcome)
        store.runs.finish(
            run_id, state=state, counts=outcome.counts(), summary=summary, error=error
        )
        if state == "done":
            create_markdown_artifact(summary, key=ARTIFACT, description=f"archive run {run_id}")


@contextmanager
def _linking(
    store: Store, settings: Settings, outcome: Outcome, interrupt: Interrupt
) -> Iterator[Callable[[Sequence[str]], None]]:
    linker = Linker(store, settings, outcome.run_id, is_stopped=lambda: interrupt.asked)
    with linker:
        yield linker.tell
    outcome.linked, outcome.deals, outcome.news = linker.linked, len(linker.deals), linker.news


@contextmanager
def _pool_of(order: WorkOrder, workers: int) -> Iterator[None]:
    global _pool
    with WorkerPool(order, workers) as pool:
        _pool = pool
        try:
            yield
        finally:
            _pool = None


def _submitter(order: WorkOrder) -> Submit:
    def submit(batch_id: int, ids: Sequence[str], characters: int) -> Any:
        return extract_batch.submit(order, batch_id, ids, characters)

    return submit


def _dask_slots() -> int:
    """Batches for every thread of the cluster as it is now; it may grow and shrink."""
    context = FlowRunContext.get()
    assert context is not None  # noqa: S101 - called within the flow only
    client: Any = context.task_runner
    threads = int(sum(client.client.nthreads().values()))
    return IN_HAND * max(1, threads)


def _dask_errors(*, distributed: bool) -> tuple[type[Exception], ...]:
    """How Dask says that a task took its workers down with it."""
    if not distributed:
        return ()
    from distributed import KilledWorker

    return (KilledWorker,)


@contextmanager
def _reading(intake: Intake, items: Iterable[Article | Quarantined]) -> Iterator[threading.Event]:
    """Read in a thread of its own; the event says that all is read."""
    all_read, stop = threading.Event(), threading.Event()
    failure: list[Exception] = []

    def go() -> None:
        try:
            intake.take_in(items, stop)
        except Exception as error:  # noqa: BLE001 - raised again in the flow's thread
            failure.append(error)
        finally:
            all_read.set()

    reader = threading.Thread(target=go, name="reader", daemon=True)
    reader.start()
    try:
        yield all_read
    finally:
        stop.set()
        reader.join()
    if failure:
        raise failure[0]
