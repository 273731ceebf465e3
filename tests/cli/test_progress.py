"""The bar says how far a run is, how fast, and how long it will take."""

import io

import pytest
from rich.console import Console

from pipeline.cli import progress as progress_module
from pipeline.cli.progress import Bar


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal of eighty columns."""
    out = io.StringIO()

    def terminal(*, stderr: bool) -> Console:
        assert stderr
        return Console(file=out, force_terminal=True, width=80)

    monkeypatch.setattr(progress_module, "Console", terminal)
    return out


def test_the_bar_tells_rate_and_time_left(
    screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([100.0, 110.0, 110.0])
    with Bar() as bar:
        monkeypatch.setattr("pipeline.cli.progress.time.monotonic", lambda: next(moments, 110.0))
        bar.step(read=40, wanted=40, extracted=0, characters=0)
        bar.all_read()
        bar.step(read=40, wanted=40, extracted=10, characters=50_000)
        bar._progress.refresh()
    shown = screen.getvalue()
    assert "10/40" in shown
    assert "1.0記事/s 5,000字/s" in shown
    assert "残り left 0:00:30" in shown
    assert "…" not in shown.rpartition("抽出")[2]


def test_no_end_is_told_before_all_is_read(screen: io.StringIO) -> None:
    with Bar() as bar:
        bar.step(read=1_200, wanted=600, extracted=3, characters=9_000)
        bar._progress.refresh()
    assert "1,200 読込 read" in screen.getvalue()
    assert "残り" not in screen.getvalue()


def test_notes_are_said_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.step(read=1, wanted=1, extracted=1, characters=1)
        bar.note("[run 3] was interrupted")
        bar.note_quietly("starting")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip() == "[run 3] was interrupted"
