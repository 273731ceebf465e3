"""How far a run has come: a bar on standard error, where that is a terminal."""

from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class _Rate(TextColumn):
    """Articles and characters a second since the first was done."""

    def __init__(self) -> None:
        super().__init__("{task.fields[rate]}")


class Bar:
    """Articles done of those to be extracted, with rate and time left (flows.watching.Watcher)."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TextColumn("残り · left"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("…", total=None, rate="")
        self._all_read = False

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
        task = self._shown()
        seconds = task.elapsed or 0.0
        rate = ""
        if extracted and seconds:
            rate = f"{extracted / seconds:,.1f} 記事/s  {characters / seconds:,.0f} 字/s"
        self._progress.update(
            self._task,
            description="抽出 extracting" if self._all_read else f"{read:,} 読み込み read",
            total=wanted if self._all_read else None,
            completed=extracted,
            rate=rate,
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

    def _shown(self) -> Task:
        return self._progress.tasks[0]
