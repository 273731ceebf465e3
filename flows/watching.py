"""Who watches a run: the command line shows a bar, a deployment nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Watcher(Protocol):
    """Told how far a run has come; called from the flow's thread."""

    def step(self, *, read: int, wanted: int, extracted: int, characters: int) -> None:
        """Articles read so far, to be extracted, extracted; characters extracted."""

    def all_read(self) -> None:
        """`wanted` grows no more."""

    def note(self, text: str) -> None:
        """Something that a person should know now."""


class Nobody:
    """Watches nothing."""

    def step(self, *, read: int, wanted: int, extracted: int, characters: int) -> None:
        """Let it pass."""

    def all_read(self) -> None:
        """Let it pass."""

    def note(self, text: str) -> None:
        """Let it pass."""


_watcher: ContextVar[Watcher] = ContextVar("watcher", default=Nobody())  # noqa: B039 - stateless


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Within it, flows that are called tell `watcher`."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def current_watcher() -> Watcher:
    """Who watches the flow that asks."""
    return _watcher.get()
