"""Ctrl-C, heeded where the work can be left in order.

Python raises KeyboardInterrupt between any two instructions of the main thread: in the middle of a
commit, of Prefect's talk with its server, of tidying up. So the command line notes Ctrl-C, and a
flow looks at the note where it can stop.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType


class Interrupt:
    """Whether Ctrl-C was pressed.

    Attributes:
        asked: it was; stays so.
    """

    def __init__(self) -> None:
        self.asked = False
        self._is_deferred = False

    def note(self, _signal: int, _frame: FrameType | None) -> None:
        """Handle the signal.

        Raises:
            KeyboardInterrupt: outside of `deferred`; and at the second time, for the impatient.
        """
        again, self.asked = self.asked, True
        if again or not self._is_deferred:
            raise KeyboardInterrupt

    def heed(self) -> None:
        """Stop here if it was pressed.

        Raises:
            KeyboardInterrupt: it was.
        """
        if self.asked:
            raise KeyboardInterrupt

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Within it Ctrl-C interrupts nothing: the work looks at `asked`, or heeds it, by itself."""
        before, self._is_deferred = self._is_deferred, True
        try:
            yield
        finally:
            self._is_deferred = before


# What is nowhere installed is never asked: then Ctrl-C does what Python does by itself.
_interrupt: ContextVar[Interrupt] = ContextVar("interrupt", default=Interrupt())  # noqa: B039


@contextmanager
def noting_ctrl_c() -> Iterator[Interrupt]:
    """Note Ctrl-C; only for the main thread, which is the one that is told of signals."""
    if threading.current_thread() is not threading.main_thread():
        yield Interrupt()
        return
    interrupt = Interrupt()
    token = _interrupt.set(interrupt)
    before = signal.signal(signal.SIGINT, interrupt.note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
        _interrupt.reset(token)


def current_interrupt() -> Interrupt:
    """What a flow looks at."""
    return _interrupt.get()
