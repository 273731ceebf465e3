"""Linking records into deals while a run goes on, beside it, one step behind."""

import queue
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from pipeline.errors import TorihikiError
from pipeline.settings import Settings
from pipeline.store import Store

if TYPE_CHECKING:
    from pipeline.link.kit import LinkKit

_AS_IT_GOES = 300  # articles that are linked while a run goes on; what is more waits for its end
_PATIENCE = 0.2  # seconds between looks at whether to stop


class Linker:
    """Links what it is told of, in a thread of its own, and at its end all that is left.

    An interrupted run leaves records unlinked; the next run links them first.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        run_id: int | None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepare to link.

        Args:
            store: the database.
            settings: where the data of linking is.
            run_id: for the log of changes, whose run this is part of.
            is_stopped: asked at the end, whether to leave to the next run what is not linked yet.
        """
        self._is_stopped = is_stopped
        self._store = store
        self._settings = settings
        self._run_id = run_id
        self._told: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._failure: TorihikiError | None = None
        self._thread = threading.Thread(target=self._work, name="linker", daemon=True)
        self.linked = 0
        self.deals: set[str] = set()
        self.news = 0

    def tell(self, article_ids: Sequence[str]) -> None:
        """Say that the records of these articles are new or changed."""
        self._told.put(list(article_ids))

    def __enter__(self) -> "Linker":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Wait until all is linked; a run that failed leaves that to the next.

        Raises:
            TorihikiError: linking failed (its data, the database); the records are kept.
        """
        if kind is not None:
            self._closing.set()
        self._told.put(None)
        while self._thread.is_alive():
            self._thread.join(_PATIENCE)
            if self._is_stopped():
                self._closing.set()
        if kind is None and self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        from pipeline.load_link import load_link_kit

        try:
            kit = load_link_kit(self._settings)
            self._link(kit, None)
            self._link_as_told(kit)
        except TorihikiError as error:
            self._failure = error

    def _link_as_told(self, kit: "LinkKit") -> None:
        """Link what comes while it is little; of an archive, what is more all at once at the end.

        Every new telling has the deals that it touches looked at again, and an archive tells the
        same deals over and over: batch by batch the cost would grow with the square of its size.
        """
        linked = 0
        waiting: list[str] = []
        while (ids := self._told.get()) is not None and not self._closing.is_set():
            waiting += ids
            if linked < _AS_IT_GOES and self._told.empty():
                self._link(kit, waiting)
                linked += len(waiting)
                waiting = []
        if waiting and not self._closing.is_set():
            self._link(kit, waiting if len(waiting) < _AS_IT_GOES else None)

    def _link(self, kit: "LinkKit", ids: Sequence[str] | None) -> None:
        from pipeline.store.linking import link_pending

        report = link_pending(self._store, kit, article_ids=ids, run_id=self._run_id)
        self.linked += report.linked
        self.deals |= set(report.deals)
        self.news += len(report.news)
