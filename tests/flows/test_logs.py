"""Log lines: one event each, for people, for programs, and for Prefect's server."""

import json
import logging
from collections.abc import Iterator

import pytest

from flows.logs import LOGGER, VARIABLE, LogFormat, get_log, set_up_logs


@pytest.fixture(autouse=True)
def _quiet_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, "off")
    yield
    set_up_logs(LogFormat.OFF)


def test_a_json_line_tells_an_event_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(LogFormat.JSON)
    get_log().warning("feed.polled", name="市場だより", seconds=1.5)
    captured = capsys.readouterr()
    line = json.loads(captured.err)
    assert captured.out == ""
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "feed.polled",
        "level": "warning",
        "name": "市場だより",
        "seconds": 1.5,
    }


def test_a_line_for_people_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(LogFormat.TEXT)
    get_log().info("run.ended", run=3)
    said = capsys.readouterr().err
    assert "run.ended" in said
    assert "run=3" in said


def test_nothing_is_written_where_logs_are_off(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(LogFormat.OFF)
    get_log().error("feed.polled")
    assert capsys.readouterr().err == ""


def test_processes_of_a_run_log_as_it_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "json")
    set_up_logs()
    get_log().info("run.ended")
    assert json.loads(capsys.readouterr().err)["event"] == "run.ended"


def test_a_line_is_written_once_however_often_logs_are_set_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(3):
        set_up_logs(LogFormat.JSON)
    get_log().info("run.ended")
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("form", [LogFormat.OFF, LogFormat.JSON])
def test_what_prefect_collects_by_goes_on(form: LogFormat) -> None:
    """PREFECT_LOGGING_EXTRA_LOGGERS=torihiki gives the logger a handler before a flow begins."""
    collected: list[str] = []

    class Collecting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            collected.append(record.getMessage())

    handler = Collecting()
    logging.getLogger(LOGGER).addHandler(handler)
    try:
        set_up_logs(form)
        get_log().info("run.ended", run=3)
    finally:
        logging.getLogger(LOGGER).removeHandler(handler)
    assert len(collected) == 1
    assert "run.ended" in collected[0]
