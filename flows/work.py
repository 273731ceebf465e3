"""What a worker does with a batch: load its articles, extract, save; an article at fault apart.

Runs in a process of the pool, or in a Dask worker. A worker gets ids, not texts: what goes
between processes stays small, and texts are read once, where they are needed.
"""

import importlib
import os
import socket
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.article import Article
from pipeline.errors import SettingsError, StoreError, TorihikiError
from pipeline.settings import Settings
from pipeline.store import Changes, Failure, Found, Store, join_store

EXTRACTOR = "pipeline.load"


class BatchFailedError(TorihikiError):
    """A batch could not be done as a whole; its articles may be, one by one."""


class Extracts(Protocol):
    """What a worker needs of an extractor (pipeline.extract.Extractor)."""

    @property
    def version(self) -> str:
        """Changes whenever its records may."""

    def extract_many(self, articles: Sequence[Article]) -> Any:
        """An iterator of `Found`, one an article, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """What all batches of a run have in common.

    Attributes:
        run_id: the run.
        database_url: with its password; goes to workers only, into no log.
        settings: a Settings, as JSON.
        extractor: a module with `load_extractor(settings)` and `extractor_version(settings)`.
        version: what the extractor must say it is.
        memory_bytes: the most a worker may hold; None without limit.
        distributed: whether the batches go to workers that are not the run's own (Dask).
    """

    run_id: int
    database_url: str
    settings: str
    extractor: str
    version: str
    memory_bytes: int | None = None
    distributed: bool = False

    def __repr__(self) -> str:
        return f"WorkOrder(run_id={self.run_id}, version={self.version!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What came of a batch.

    Attributes:
        articles: how many were done.
        characters: how long they were together.
        changes: in the stored records.
        kinds: kind → records found.
        dropped: gate reason → passages.
        failures: articles put aside, with their reasons.
        seconds: of work, without waiting for a worker.
        memory_bytes: what the worker's process holds afterwards; 0 where unknown.
    """

    batch_id: int
    articles: int
    characters: int
    changes: Changes
    kinds: Mapping[str, int]
    dropped: Mapping[str, int]
    failures: tuple[Failure, ...]
    seconds: float
    worker: str
    memory_bytes: int


def load_named(module: str, settings: Settings) -> Extracts:
    """The extractor that a module makes."""
    extractor: Extracts = importlib.import_module(module).load_extractor(settings)
    return extractor


def version_of(module: str, settings: Settings) -> str:
    """The version of the extractor that a module makes, without loading its model."""
    return str(importlib.import_module(module).extractor_version(settings))


class Worker:
    """An extractor and a database, loaded once."""

    def __init__(self, order: WorkOrder) -> None:
        """Load both.

        Raises:
            SettingsError: the extractor is not the one that the run began with.
            TorihikiError: data, model or database that cannot be used.
        """
        self._order = order
        self._extractor = load_named(order.extractor, Settings.model_validate_json(order.settings))
        if self._extractor.version != order.version:
            msg = (
                f"the extractor is {self._extractor.version}, the run began with "
                f"{order.version}: models/ was changed meanwhile; start the run again"
            )
            raise SettingsError(msg)
        self.store: Store = join_store(order.database_url)
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def do(self, batch_id: int, ids: Sequence[str]) -> BatchReport:
        """Extract stored articles and save what came of them.

        Raises:
            StoreError: the database failed; the same again may pass.
            BatchFailedError: anything else; one of the articles is at fault.
        """
        try:
            return self._do(batch_id, ids)
        except StoreError:
            raise
        except Exception as error:
            raise BatchFailedError(reason_of(error)) from error

    def _do(self, batch_id: int, ids: Sequence[str]) -> BatchReport:
        started = time.perf_counter()
        articles = self.store.articles.load(ids)
        found, failures = extract_all(self._extractor, articles)
        changes = self.store.records.save_extractions(
            found, version=self._order.version, run_id=self._order.run_id, batch_id=batch_id
        )
        if failures:
            self.store.ledger.fail(self._order.run_id, self._order.version, failures)
        seconds = time.perf_counter() - started
        kinds: dict[str, int] = {}
        dropped: dict[str, int] = {}
        for one in found:
            for record in one.records:
                kinds[record.kind.value] = kinds.get(record.kind.value, 0) + 1
            for reason, passages in one.dropped.items():
                dropped[reason] = dropped.get(reason, 0) + passages
        self.store.ledger.close_batch(batch_id, seconds=seconds, worker=self._name)
        return BatchReport(
            batch_id=batch_id,
            articles=len(found),
            characters=sum(len(article.text) for article in articles),
            changes=changes,
            kinds=kinds,
            dropped=dropped,
            failures=tuple(failures),
            seconds=seconds,
            worker=self._name,
            memory_bytes=resident_bytes(),
        )


def extract_all(
    extractor: Extracts, articles: Sequence[Article]
) -> tuple[list[Found], list[Failure]]:
    """Extract a batch; where it fails, each article alone, so that one does not take the others."""
    try:
        return list(extractor.extract_many(articles)), []
    except Exception:  # noqa: BLE001 - found again below, with the article that it belongs to
        found: list[Found] = []
        failures: list[Failure] = []
    for article in articles:
        try:
            found.extend(extractor.extract_many([article]))
        except Exception as error:  # noqa: BLE001 - kept with its reason, the others go on
            failures.append(
                Failure(article_id=article.id, source=article.source, reason=reason_of(error))
            )
    return found, failures


def reason_of(error: BaseException) -> str:
    """What happened and where, in one line, for the quarantine."""
    if isinstance(error, MemoryError):
        return "needs more memory than a worker may have; give more with --max-memory"
    places = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    said = " ".join(str(error).split())[:300]
    return f"the extractor failed: {type(error).__name__}: {said}{place}; please report it"


def resident_bytes() -> int:
    """Memory that this process holds in RAM; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


_here: dict[WorkOrder, Worker] = {}
_here_lock = threading.Lock()


def do_here(order: WorkOrder, batch_id: int, ids: Sequence[str]) -> BatchReport:
    """Work on a batch in this process, whose worker is loaded at the first; one at a time."""
    with _here_lock:
        if order not in _here:
            _here.clear()
            _here[order] = Worker(order)
        return _here[order].do(batch_id, ids)
