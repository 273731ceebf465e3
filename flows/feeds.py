"""The feeds flow: poll → fetch → extract → store, with a Prefect task a feed.

A feed that is slow or dead holds up nobody: each is polled in a thread of its own, and what the
others bring is extracted meanwhile. What is done, and what waits, stands in the database, so that
a run that is killed at any moment is continued by the next.
"""

import contextvars
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext, TaskRunContext
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from pydantic import SecretStr

from flows.dispatch import IN_HAND, Dispatcher
from flows.feeddesk import Desk, listed_feeds, opened_desk
from flows.feednotify import Threshold, note_feeds, note_records, parse_threshold, send_due
from flows.feedplan import choose, sort_out
from flows.feedpoll import fail, poll
from flows.feedreport import Ended, FeedsOutcome, PollReport, markdown
from flows.intake import Tally, Wanted
from flows.linking import Linker
from flows.logs import get_log, set_up_logs
from flows.memory import bound_arenas
from flows.pool import WorkerPool
from flows.report import Outcome
from flows.watching import current_watcher
from flows.work import EXTRACTOR, BatchReport, WorkOrder, do_here, version_of
from pipeline.errors import RestError, StoreError, TorihikiError, TransientFetchError
from pipeline.gazetteer.vocabulary import load_vocabulary
from pipeline.ingest.feedlist import Feed, FeedList, NotifySection, load_feeds
from pipeline.ingest.feedschedule import Mode
from pipeline.settings import Settings, load_settings
from pipeline.store import Store, open_store
from pipeline.store.feeds import FeedState
from pipeline.store.runs import HEARTBEAT

ARTIFACT = "feeds-run"
RETRY_SECONDS = (2.0, 8.0)


class FeedFailedError(TorihikiError):
    """A feed could not be read; what there is to say is in `report`."""

    def __init__(self, report: PollReport) -> None:
        super().__init__(f"{report.name}: {report.reason}")
        self.report = report


@dataclass(slots=True, kw_only=True)
class _Run:
    """What the tasks of one run share in its process."""

    desk: Desk
    feeds: Mapping[int, Feed]
    order: WorkOrder
    pool: WorkerPool | None
    link: Callable[[Sequence[str]], None]


_runs: dict[int, _Run] = {}


def _may_pass(_task: Any, _run: Any, state: Any) -> bool:
    """Whether a failed task is worth another try at once."""
    try:
        state.result()
    except RestError:
        return False
    except (TransientFetchError, StoreError):
        return True
    except Exception:  # noqa: BLE001 - sorted out where the task was begun
        return False
    return False


@task(
    name="poll a feed",
    task_run_name="poll {name}",
    retries=len(RETRY_SECONDS),
    retry_delay_seconds=list(RETRY_SECONDS),
    retry_jitter_factor=0.3,
    retry_condition_fn=_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def poll_feed(run_id: int, feed_id: int, name: str) -> PollReport:
    """One feed: its document, and the articles that it brings."""
    del name  # for the task's name only
    run = _runs[run_id]
    feed = run.feeds[feed_id]
    try:
        report = poll(run.desk, feed, feed_id)
    except TransientFetchError as error:
        if _is_tried_again() and not run.desk.stopping.is_set():
            raise
        report = fail(run.desk, feed, feed_id, error)
    if report.ended is Ended.FAILED:
        raise FeedFailedError(report)
    return report


def _is_tried_again() -> bool:
    """Whether Prefect runs the task that asks once more when it fails."""
    context = TaskRunContext.get()
    return context is not None and context.task_run.run_count <= context.task.retries


@task(
    name="extract articles",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def extract_articles(
    run_id: int, batch_id: int, ids: Sequence[str], characters: int
) -> BatchReport:
    """A batch of stored articles: extracted, stored, linked into deals."""
    run = _runs[run_id]
    if run.pool is not None:
        report = run.pool.run(batch_id, ids, characters)
    else:
        report = do_here(run.order, batch_id, ids)
    run.desk.entries.settle()
    run.link(ids)
    return report


_RUNNER: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=256)


@flow(
    name="feeds",
    persist_result=False,
    validate_parameters=False,
    task_runner=_RUNNER,
)
def feeds(
    feeds_file: str = "feeds.toml",
    *,
    database_url: SecretStr | None = None,
    only: Sequence[str] = (),
    mode: str = Mode.DUE.value,
    extractor: str = EXTRACTOR,
    in_process: bool = False,
) -> FeedsOutcome | None:
    """Poll feeds, and extract the articles that they bring.

    Args:
        feeds_file: the list of feeds.
        database_url: None for the settings'.
        only: names or URLs of the feeds to poll; all that are enabled if empty.
        mode: due (whose interval is over), now, or force.
        extractor: module with `load_extractor` and `extractor_version`.
        in_process: extract in this process, not in one of its own that may die for itself.

    Returns:
        what came of it; None where no feed was due and nothing waited.

    Raises:
        TorihikiError: settings, the list of feeds, the database or the models cannot be used.
    """
    set_up_logs()
    started = time.monotonic()
    bound_arenas()
    settings = load_settings(database_url=database_url.get_secret_value() if database_url else None)
    listed = load_feeds(Path(feeds_file))
    chosen = choose(listed, only)
    telling = _telling(listed, settings)
    version = version_of(extractor, settings)
    with ExitStack() as stack:
        store = stack.enter_context(open_store(settings.database_url))
        was_interrupted = _bury_dead(store)
        desk = stack.enter_context(opened_desk(store, settings, listed, version=version))
        states = desk.feeds.register(listed_feeds(listed))
        ready, skipped = sort_out(desk, chosen, states, Mode(mode))
        desk.entries.settle()
        waiting = desk.entries.unextracted()
        if Mode(mode) is Mode.DUE and not ready and not waiting and not was_interrupted:
            return None
        asked = {"feeds_file": feeds_file, "only": list(only), "mode": mode}
        if telling is not None:
            desk.notices.since(telling.target, desk.now())  # records of this very run are news
        run_id = store.runs.start("feeds", asked, extractor_version=version)
        desk = desk.of_run(run_id)
        desk.backlog.add(waiting)
        tally = Tally()
        outcome = FeedsOutcome(
            run_id=run_id,
            extraction=Outcome(run_id=run_id, extractor_version=version, tally=tally),
            polls=skipped,
        )
        stack.enter_context(_recorded(desk, outcome, started))
        with ExitStack() as inner:
            link = inner.enter_context(_linking(desk, settings, outcome, at_once=was_interrupted))
            order = _order(desk, settings, extractor)
            # The model is loaded with the first article that needs it, not before.
            pool = None if in_process else inner.enter_context(WorkerPool(order, 1))
            by_id = {states[feed.url].id: feed for feed in chosen}
            run = _Run(desk=desk, feeds=by_id, order=order, pool=pool, link=link)
            inner.enter_context(_known_to_tasks(run))
            _work(run, ready, outcome, listed.fetch.feeds_at_once)
        if telling is not None:
            _tell(desk, telling, outcome)
    return outcome


def _bury_dead(store: Store) -> bool:
    """Take back what dead runs held; whether one of them may have left something to link."""
    dead = store.runs.bury_dead()
    for run_id in dead:
        current_watcher().note(f"run {run_id} was interrupted; going on with what it left undone")
    return bool(dead)


def _order(desk: Desk, settings: Settings, extractor: str) -> WorkOrder:
    return WorkOrder(
        run_id=desk.run_id,
        database_url=settings.database_url,
        settings=settings.model_dump_json(),
        extractor=extractor,
        version=desk.version,
    )


@contextmanager
def _known_to_tasks(run: _Run) -> Iterator[None]:
    """Let the run's tasks find it by its number, for as long as it lasts."""
    _runs[run.desk.run_id] = run
    try:
        yield
    finally:
        run.desk.stopping.set()
        del _runs[run.desk.run_id]


@contextmanager
def _linking(
    desk: Desk, settings: Settings, outcome: FeedsOutcome, *, at_once: bool
) -> Iterator[Callable[[Sequence[str]], None]]:
    """What links records into deals; begins with the first of them, most runs have none.

    Args:
        desk: the run's.
        settings: where the data of linking is.
        outcome: where what was linked is counted.
        at_once: begin now, for what an interrupted run may have left.
    """
    linkers: list[Linker] = []
    beginning = threading.Lock()
    with ExitStack() as stack:

        def link(ids: Sequence[str]) -> None:
            with beginning:
                if not linkers:
                    linkers.append(stack.enter_context(Linker(desk.store, settings, desk.run_id)))
            linkers[0].tell(ids)

        if at_once:
            link(())
        yield link
    for linker in linkers:
        outcome.linked, outcome.deals = linker.linked, len(linker.deals)


def _work(
    run: _Run, ready: Sequence[tuple[Feed, FeedState]], outcome: FeedsOutcome, at_once: int
) -> None:
    """Poll in one thread, extract what comes in this one."""
    desk, tally = run.desk, outcome.extraction.tally

    def submit(batch_id: int, ids: Sequence[str], characters: int) -> Any:
        tally.new += len(ids)
        return extract_articles.submit(desk.run_id, batch_id, ids, characters)

    dispatcher = Dispatcher(
        desk.store,
        desk.backlog,
        outcome.extraction,
        Wanted(version=desk.version, run_id=desk.run_id),
        submit=submit,
        slots=lambda: IN_HAND,
        watcher=current_watcher(),
        eager=True,
    )
    with _polling(desk, ready, outcome, at_once) as all_polled:
        dispatcher.work(all_polled)
    desk.entries.settle()


@contextmanager
def _polling(
    desk: Desk, ready: Sequence[tuple[Feed, FeedState]], outcome: FeedsOutcome, at_once: int
) -> Iterator[threading.Event]:
    """Poll all feeds, so many at once, in a thread of its own; the event says that all is done."""
    all_polled = threading.Event()
    failures: list[BaseException] = []

    def go() -> None:
        try:
            _poll_all(desk, ready, outcome, at_once, failures)
        except BaseException as error:  # noqa: BLE001 - raised again in the flow's thread
            failures.append(error)
        finally:
            all_polled.set()

    # Prefect finds the flow that a task belongs to in the thread's context.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(go,), name="polling", daemon=True)
    thread.start()
    try:
        yield all_polled
    finally:
        desk.stopping.set()
        thread.join()
    if failures:
        raise failures[0]


def _poll_all(
    desk: Desk,
    ready: Sequence[tuple[Feed, FeedState]],
    outcome: FeedsOutcome,
    at_once: int,
    failures: list[BaseException],
) -> None:
    waiting = list(ready)
    under_way: dict[Any, Feed] = {}
    done: set[Any] = set()
    while (waiting and not desk.stopping.is_set()) or under_way:
        while waiting and len(under_way) < at_once and not desk.stopping.is_set():
            feed, state = waiting.pop(0)
            future = poll_feed.submit(desk.run_id, state.id, feed.name)
            under_way[future] = feed
        done = _first_done(under_way)
        for future in done:
            feed = under_way.pop(future)
            try:
                report = future.result()
            except FeedFailedError as error:
                report = error.report
            except Exception as error:  # noqa: BLE001 - the others go on; raised at the end
                failures.append(error)
                report = PollReport(
                    name=feed.name, url=feed.url, ended=Ended.FAILED, reason=str(error)
                )
            outcome.polls.append(report)
            outcome.extraction.tally.read += report.articles + report.known + report.copies


def _first_done(under_way: Mapping[Any, Feed]) -> set[Any]:
    """Wait until one of the tasks is done; all that are."""
    wrapped: dict[Future[Any], Any] = {one.wrapped_future: one for one in under_way}
    finished, _ = wait(wrapped, return_when=FIRST_COMPLETED)
    return {wrapped[one] for one in finished}


@contextmanager
def _recorded(desk: Desk, outcome: FeedsOutcome, started: float) -> Iterator[None]:
    """Keep the run's line in the database: alive while it works, its numbers when it ends."""
    runs, run_id = desk.store.runs, outcome.run_id
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT.total_seconds()):
            runs.beat(run_id, outcome.counts())

    beating = threading.Thread(target=beat, name="heartbeat", daemon=True)
    beating.start()
    state, error = "interrupted", None
    try:
        yield
        state = "done"
    except Exception as failure:
        state, error = "failed", str(failure)
        raise
    finally:
        ended.set()
        beating.join()
        outcome.seconds = time.monotonic() - started
        desk.feeds.let_go(run_id)
        if state != "done":
            desk.store.ledger.release(run_id)
        summary = markdown(outcome)
        runs.finish(run_id, state=state, counts=outcome.counts(), summary=summary, error=error)
        get_log().info("run.ended", run=run_id, state=state, error=error, **outcome.counts())
        if state == "done" and FlowRunContext.get() is not None:
            create_markdown_artifact(summary, key=ARTIFACT, description=f"feeds run {run_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Telling:
    """`[notify]`, checked before the run begins."""

    section: NotifySection
    target: str
    threshold: Threshold


def _telling(listed: FeedList, settings: Settings) -> _Telling | None:
    section = listed.notify
    if section is None:
        return None
    threshold = parse_threshold(section.min_amount, load_vocabulary(settings.models_dir))
    return _Telling(section=section, target=section.target(), threshold=threshold)


def _tell(desk: Desk, telling: _Telling, outcome: FeedsOutcome) -> None:
    note_records(desk, telling.threshold, telling.target)
    note_feeds(desk, telling.section, telling.target)
    outcome.told, outcome.untold = send_due(desk, telling.section, telling.target)
