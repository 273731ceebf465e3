"""A pool of worker processes, each with the model loaded once, that outlives their deaths.

`concurrent.futures` gives up a whole pool when one process dies, and cannot tell which work
killed it. Here each process has a pipe of its own: a death costs one batch, and is known.
"""

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from flows.work import BatchFailedError, BatchReport, Worker, WorkOrder
from pipeline.errors import TorihikiError

START_SECONDS = 600.0
SECONDS_A_BATCH = 120.0  # the least that a batch is given
SECONDS_A_CHARACTER = 0.005  # some forty times what an average one takes
_RECYCLED_ABOVE = 0.8  # of a worker's memory


class WorkerDiedError(BatchFailedError):
    """A worker process ended in the middle of a batch."""


class WorkerTimeoutError(BatchFailedError):
    """A batch took so long that its worker was ended."""


class PoolClosedError(BatchFailedError):
    """The run ended while a batch waited for a worker, or was with one."""

    def __init__(self) -> None:
        super().__init__("the run ended before this batch was done; run it again")


class WorkerPool:
    """Up to `size` worker processes, each started when it is first needed.

    A process and its pipe belong to the thread that took its slot; leaving the pool kills them
    all, and every thread ends its own.
    """

    def __init__(self, order: WorkOrder, size: int) -> None:
        self._order = order
        self._size = size
        self._slots: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        self._lock = threading.Lock()  # over the two below
        self._processes: set[_Process] = set()
        self._closed = False
        for _ in range(size):
            self._slots.put(None)

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            for process in self._processes:
                process.kill()
        held = [self._slots.get() for _ in range(self._size)]
        for idle in held:
            if idle is not None:
                self._end(idle)
            self._slots.put(None)  # who still waits for one is told that there is none

    def run(self, batch_id: int, ids: Sequence[str], characters: int) -> BatchReport:
        """Have a batch done by the next free worker; waits for one.

        Raises:
            WorkerDiedError: its process ended before it was done.
            WorkerTimeoutError: it took longer than any batch of that length should.
            PoolClosedError: the pool was left meanwhile.
            TorihikiError: what the worker itself raised.
        """
        with self._worker() as process:
            try:
                report = process.ask(batch_id, ids, seconds_for(characters))
            except (WorkerDiedError, WorkerTimeoutError) as error:
                self._end(process)
                if self._closed:
                    raise PoolClosedError from error
                raise
            if self._is_full(report):
                self._end(process)
            return report

    @contextlib.contextmanager
    def _worker(self) -> Iterator["_Process"]:
        process = self._slots.get()
        try:
            if process is not None and not process.is_alive():
                self._end(process)
                process = None
            if process is None:
                process = self._start()
            yield process
        finally:
            self._slots.put(process if process in self._processes else None)

    def _start(self) -> "_Process":
        with self._lock:
            if self._closed:
                raise PoolClosedError
            process = _Process(self._order)
            self._processes.add(process)
        return process

    def _end(self, process: "_Process") -> None:
        with self._lock:
            self._processes.discard(process)
        process.end()

    def _is_full(self, report: BatchReport) -> bool:
        limit = self._order.memory_bytes
        return limit is not None and report.memory_bytes > _RECYCLED_ABOVE * limit


def seconds_for(characters: int) -> float:
    """How long a batch may take before its worker is taken for stuck."""
    return SECONDS_A_BATCH + SECONDS_A_CHARACTER * characters


class _Process:
    """One worker process and the pipe to it."""

    def __init__(self, order: WorkOrder) -> None:
        # A fork would copy the threads' locks of this process in whatever state they are.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, order), daemon=True)
        with _ctrl_c_held_back():
            self._process.start()
        theirs.close()
        self._ready = False

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def ask(self, batch_id: int, ids: Sequence[str], seconds: float) -> BatchReport:
        if not self._ready:
            self._receive(START_SECONDS, "starting")
            self._ready = True
        try:
            self._pipe.send((batch_id, list(ids)))
        except OSError as error:
            raise self._death() from error
        report = self._receive(seconds, "working")
        assert isinstance(report, BatchReport)  # noqa: S101 - what _serve sends
        return report

    def _receive(self, seconds: float, doing: str) -> Any:
        try:
            if not self._pipe.poll(seconds):
                msg = (
                    f"a worker was still {doing} after {seconds:.0f} s and was ended; "
                    "run again with --rerun failed, and report it if it happens again"
                )
                raise WorkerTimeoutError(msg)
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._death() from error
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _death(self) -> WorkerDiedError:
        self._process.join(timeout=5)
        code = self._process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"status {code}"
        msg = (
            f"the worker process ended while it read this ({how}); if it was short of memory, give "
            "more with --max-memory and run again with --rerun failed, else please report it"
        )
        return WorkerDiedError(msg)

    def kill(self) -> None:
        """Any thread may; the owner's next word with it is answered by its death."""
        self._process.kill()

    def end(self) -> None:
        """The owner's last word with it."""
        self._pipe.close()
        self._process.kill()
        self._process.join()
        self._process.close()


@contextlib.contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Processes started within it do not see Ctrl-C, not even before they can say so themselves.

    A terminal sends it to the whole process group: a worker that is still importing would die of
    it with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its own first start would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, order: WorkOrder) -> None:
    """The worker's life: load, then batch after batch until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    _limit_memory(order.memory_bytes)
    try:
        worker = Worker(order)
        pipe.send(None)
        while True:
            batch_id, ids = pipe.recv()
            pipe.send(_answer(worker, batch_id, ids))
    except TorihikiError as error:
        pipe.send(error)
    except (EOFError, OSError):  # the parent is gone
        os._exit(0)


def _answer(worker: Worker, batch_id: int, ids: Sequence[str]) -> BatchReport | TorihikiError:
    try:
        return worker.do(batch_id, ids)
    except TorihikiError as error:
        return error


def _limit_memory(limit: int | None) -> None:
    if limit is None:
        return
    try:
        import resource
    except ImportError:  # a system without limits: the pool still replaces workers that grew
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
