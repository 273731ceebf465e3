"""How far a run has come: a bar on standard error, where that is a terminal."""

import time
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
)

_BAR_WIDTH = 16  # characters, so that all fits into a line of eighty


class Bar:
    """Articles done of those to be extracted, with rate and time left (flows.watching.Watcher)."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=_BAR_WIDTH),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[left]}"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("…", total=None, rate="", left="")
        self._all_read = False
        self._begun: float | None = None

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def step(self, *, read: int, wanted: int, extracted: int, characters: int) -> None:
        """Show how far it is; before all is read there is no end to tell the time left from."""
        if self._begun is None and wanted:
            self._begun = time.monotonic()
        rate = left = ""
        if extracted and self._begun is not None:
            seconds = max(time.monotonic() - self._begun, 0.001)
            rate = f"{extracted / seconds:,.1f}記事/s {characters / seconds:,.0f}字/s"
            if self._all_read:
                rest = (wanted - extracted) * seconds / extracted
                left = f"残り left {timedelta(seconds=round(rest))}"
        self._progress.update(
            self._task,
            description="抽出 extracting" if self._all_read else f"{read:,} 読込 read",
            total=wanted if self._all_read else None,
            completed=extracted,
            rate=rate,
            left=left,
        )

    def all_read(self) -> None:
        """From now on the end is known."""
        self._all_read = True

    def note(self, text: str) -> None:
        """Say something above the bar; it is said where there is no bar, too."""
        self._progress.console.print(escape(text), style="dim", highlight=False)

    def note_quietly(self, text: str) -> None:
        """Say what is going on within the bar."""
        self._progress.update(self._task, description=text)
