"""Handing out batches: claim, submit, count what comes back; what fails is tried apart.

Knows futures, not Prefect: the flow submits tasks, a test or a benchmark may submit to threads.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flows.batching import Backlog, BatchSize
from flows.intake import Wanted
from flows.interrupt import Interrupt, current_interrupt
from flows.report import Outcome
from flows.watching import Watcher
from flows.work import BatchFailedError, BatchReport
from pipeline.store import Failure, Store

SMALLEST_BATCH = 50_000  # characters; below that a worker's start costs more than it gains
IN_HAND = 2  # batches submitted for each worker, so that none waits for the next
TRIES_ALONE = 2  # a worker's death may not have been the fault of the article that it was at
_PATIENCE = 0.2  # seconds between looks at what changed
_LOOKS_AT_OTHERS = 1.0  # seconds between looks at other runs


class Future(Protocol):
    """What dispatching needs of a future."""

    def add_done_callback(self, fn: Callable[[Any], None], /) -> None:
        """Call `fn` with the future when it is done, in any thread."""

    def result(self) -> BatchReport:
        """The report, or what was raised."""


Submit = Callable[[int, Sequence[str], int], Future]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    batch_id: int
    items: tuple[tuple[str, int], ...]
    tries: int = 1

    @property
    def ids(self) -> list[str]:
        return [article_id for article_id, _ in self.items]

    @property
    def characters(self) -> int:
        return sum(characters for _, characters in self.items)


class Dispatcher:
    """Works off a backlog that another thread may still be filling."""

    def __init__(
        self,
        store: Store,
        backlog: Backlog,
        outcome: Outcome,
        wanted: Wanted,
        *,
        submit: Submit,
        slots: Callable[[], int],
        watcher: Watcher,
        size: BatchSize | None = None,
        blames_articles: tuple[type[Exception], ...] = (BatchFailedError,),
        eager: bool = False,
        changed: Callable[[Sequence[str]], None] | None = None,
        interrupt: Interrupt | None = None,
    ) -> None:
        """Prepare to work.

        Args:
            store: the database, with the ledger.
            backlog: what waits.
            outcome: where reports are counted.
            wanted: the run's choice of articles; `run_id` must be set.
            submit: starts a batch (its number, article ids, characters).
            slots: how many batches may be under way at once, at the time of asking; the work is
                shared among as many workers as that keeps busy with two in hand.
            watcher: told how far it has come.
            size: the most that a batch holds.
            blames_articles: errors of a batch for which one of its articles may be the cause;
                any other ends the run.
            eager: start what is there although more is coming, for news that should not wait.
            changed: told of the articles of each batch whose records are new or others.
            interrupt: looked at between batches; None for the one of this context.
        """
        self._interrupt = interrupt or current_interrupt()
        self._changed = changed
        self._eager = eager
        self._blames_articles = blames_articles
        self._store = store
        self._backlog = backlog
        self._outcome = outcome
        self._wanted = wanted
        self._run_id = wanted.run_id or 0
        self._submit = submit
        self._ask_slots = slots
        self._slots = slots()
        self._watcher = watcher
        self._size = size or BatchSize()
        self._under_way: dict[Any, _Job] = {}
        self._finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._with_others: list[tuple[str, int]] = []
        self._looked = 0.0
        self._living: frozenset[int] = frozenset()
        self._told_of: set[int] = set()

    def work(self, all_read: threading.Event) -> None:
        """Until everything is read and done, here or by another run.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed; what is done is kept.
            Exception: what no article can be blamed for (database, model); what is done is kept.
        """
        told = False
        while True:
            self._interrupt.heed()
            if all_read.is_set() and not told:
                self._watcher.all_read()
                told = True
            self._fill(all_read=told or self._eager)
            self._tell()
            if not self._under_way and told and not len(self._backlog) and not self._with_others:
                return
            self._collect()
            self._look_at_others()

    @property
    def _workers(self) -> int:
        return max(1, self._slots // IN_HAND)

    def _fill(self, *, all_read: bool) -> None:
        while len(self._under_way) < self._slots:
            items = self._next_items(all_read=all_read)
            if not items:
                return
            self._claim(items)

    def _next_items(self, *, all_read: bool) -> list[tuple[str, int]]:
        if all_read:
            share = max(self._backlog.characters // self._workers, SMALLEST_BATCH)
            size = BatchSize(
                characters=min(share, self._size.characters), articles=self._size.articles
            )
            return self._backlog.take(size)
        # More is coming: wait for enough to choose articles of one length from.
        enough = (
            self._backlog.characters >= 2 * self._workers * self._size.characters
            or len(self._backlog) >= 2 * self._workers * self._size.articles
        )
        return self._backlog.take(self._size) if enough else []

    def _claim(self, items: list[tuple[str, int]]) -> None:
        wanted = self._wanted
        batch = self._store.ledger.claim(
            self._run_id,
            wanted.version,
            items,
            living_runs=self._alive(),
            done_since=wanted.done_since,
            retry_failed=wanted.rerun is not None,
        )
        if batch is None:
            return
        lengths = dict(items)
        self._outcome.elsewhere += len(batch.finished)
        self._with_others += [(article_id, lengths[article_id]) for article_id in batch.busy]
        self._tell_of_others(set(batch.busy.values()))
        if batch.articles:
            mine = tuple((article_id, lengths[article_id]) for article_id in batch.articles)
            self._start(_Job(batch_id=batch.id, items=mine))

    def _tell_of_others(self, runs: set[int]) -> None:
        for run_id in sorted(runs - self._told_of):
            self._watcher.note(f"run {run_id} has some of these articles in hand; sharing the work")
        self._told_of |= runs

    def _start(self, job: _Job) -> None:
        future = self._submit(job.batch_id, job.ids, job.characters)
        self._under_way[future] = job
        future.add_done_callback(self._finished.put)

    def _collect(self) -> None:
        """Wait a little for a batch to be done, and count all that are."""
        try:
            future = self._finished.get(timeout=_PATIENCE)
        except queue.Empty:
            return
        job = self._under_way.pop(future)
        try:
            report = future.result()
        except Exception as error:  # noqa: BLE001 - sorted out by kind in _failed
            self._failed(job, error)
        else:
            self._outcome.add(report)
            if self._changed is not None and report.changes.matter:
                self._changed(job.ids)

    def _failed(self, job: _Job, error: Exception) -> None:
        """A batch as a whole failed: try its articles apart, put aside the one at fault.

        What no article can be blamed for (the database, the model) ends the run.
        """
        if not isinstance(error, self._blames_articles):
            raise error
        if len(job.items) > 1 or job.tries < TRIES_ALONE:
            tries = job.tries + 1 if len(job.items) == 1 else 1
            for item in job.items:
                self._start(_Job(batch_id=job.batch_id, items=(item,), tries=tries))
            return
        (article,) = self._store.articles.load(job.ids)
        failure = Failure(article_id=article.id, source=article.source, reason=str(error))
        self._store.ledger.fail(self._run_id, self._wanted.version, [failure])
        self._store.ledger.note_error(job.batch_id, str(error))
        self._outcome.put_aside([failure])

    def _alive(self) -> frozenset[int]:
        if time.monotonic() - self._looked > _LOOKS_AT_OTHERS:
            self._living = self._store.runs.living()
            self._slots = self._ask_slots()
            self._looked = time.monotonic()
        return self._living

    def _look_at_others(self) -> None:
        """Once our own work is handed out: take over from other runs what they left undone."""
        idle = not len(self._backlog) and len(self._under_way) < self._slots
        if not self._with_others or not idle or time.monotonic() - self._looked < _LOOKS_AT_OTHERS:
            return
        self._store.runs.bury_dead()
        self._backlog.add(self._with_others)
        self._with_others = []

    def _tell(self) -> None:
        tally, outcome = self._outcome.tally, self._outcome
        self._watcher.step(
            read=tally.read,
            wanted=tally.wanted,
            extracted=outcome.extracted + outcome.failed + outcome.elsewhere,
            characters=outcome.characters,
        )
