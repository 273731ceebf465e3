"""Figures that take long to count are kept for a little while."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

LONG = 0.3  # seconds of counting from which on figures are kept
KEPT_SECONDS = 60.0
MOST = 50


@dataclass(frozen=True, slots=True)
class FigureCache:
    """Figures by what they were asked for; those that are quick to count are never kept.

    Attributes:
        clock: seconds that only grow.
    """

    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, Any]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: str, count: Callable[[], Any]) -> Any:
        """The figures for a key, counted anew where they are quick or the kept ones are old."""
        began = self.clock()
        with self._lock:
            until, figures = self._kept.get(key, (began, None))
        if until > began:
            return figures
        figures = count()
        ended = self.clock()
        with self._lock:
            self._kept.pop(key, None)
            if ended - began >= LONG:
                while len(self._kept) >= MOST:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = (ended + KEPT_SECONDS, figures)
        return figures
