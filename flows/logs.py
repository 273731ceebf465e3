"""Structured logs: one event a line with its fields, as JSON for programs or as text for people.

They go through Python's logging (logger `torihiki`), so that a Prefect server can collect them
with PREFECT_LOGGING_EXTRA_LOGGERS=torihiki. Until `set_up_logs` is called nobody hears them.
"""

import logging
import os
import sys
from enum import StrEnum
from typing import Any

import structlog

LOGGER = "torihiki"
VARIABLE = "TORIHIKI_LOG"  # tells processes that a run starts how to log
_HANDLER = "torihiki.stderr"


class LogFormat(StrEnum):
    """What log lines look like."""

    OFF = "off"
    JSON = "json"
    TEXT = "text"


def set_up_logs(form: LogFormat | None = None, *, level: str = "INFO") -> None:
    """Write log lines to standard error from now on.

    Args:
        form: None takes what the process that started this one has set, or off.
        level: the least that is written.
    """
    chosen = LogFormat(os.environ.get(VARIABLE, LogFormat.OFF)) if form is None else form
    os.environ[VARIABLE] = chosen.value
    logger = logging.getLogger(LOGGER)
    for ours in [one for one in logger.handlers if one.get_name() == _HANDLER]:
        logger.removeHandler(ours)  # and not those by which Prefect collects
    logger.setLevel(level)
    handler = (
        logging.NullHandler() if chosen is LogFormat.OFF else logging.StreamHandler(sys.stderr)
    )
    handler.set_name(_HANDLER)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if chosen is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_log() -> structlog.stdlib.BoundLogger:
    """The logger of flows; events are named `what.happened`."""
    if not structlog.is_configured():
        set_up_logs()
    log: structlog.stdlib.BoundLogger = structlog.get_logger(LOGGER)
    return log
