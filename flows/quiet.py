"""Prefect for one-off runs: no server to start by hand, and nothing on the terminal but ours.

A flow run needs a Prefect server. Where the user has one (PREFECT_API_URL, or a profile that
names one) it is used; otherwise `prefect_ready()` starts one for as long as the run lasts. Prefect
would do so too, but its temporary server outlives a run that is killed, and holds the run up
while it loads; ours ends with the run whatever happens, and loads beside it.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from filelock import FileLock

from pipeline.errors import SettingsError

_EVENTS_SECONDS = 20.0  # for hundreds of events, which take a second or two
START_SECONDS = 180.0  # a first start on a slow machine makes Prefect's database, too

# The server's services for schedules, automations and the history of events have nothing to do
# in a run of minutes, and would fight over its SQLite file ("database is locked").
_SERVICES = (
    "CANCELLATION_CLEANUP",
    "CLEANUP_RECONCILER",
    "EVENT_PERSISTER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "SCHEDULER",
    "TASK_RUN_RECORDER",
    "TRIGGERS",
)
_OWN_SERVER = {
    **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _SERVICES},
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
# A server that runs for months has to schedule, and must not keep every run for ever.
_SCHEDULING = {
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(7 * 24 * 3600),
}
_SCHEDULING_DATABASE = "torihiki-serve.db"  # of its own: one-off runs come and go beside it
_TERMINAL = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_LOGGING_LOG_PRINTS": "false"}
_UNLOGGED = {"PREFECT_LOGGING_TO_API_ENABLED": "false"}  # nobody reads our own server's logs


def prefect_home() -> Path:
    """The folder of Prefect's own settings and database."""
    return Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser()


def has_server() -> bool:
    """Whether the user has a Prefect server of their own."""
    if os.environ.get("PREFECT_API_URL"):
        return True
    try:
        return "PREFECT_API_URL" in (prefect_home() / "profiles.toml").read_text(encoding="utf-8")
    except OSError:
        return False


@contextlib.contextmanager
def prefect_ready(*, scheduling: bool = False) -> Iterator[None]:
    """Within it a flow can be called; enter it before Prefect is imported, for it to be quiet.

    Args:
        scheduling: whether a server that is started here is to start flows by a schedule.

    Raises:
        SettingsError: Prefect's server does not start; the message tells what it said.
    """
    _default_environment(_TERMINAL)
    if has_server():
        yield
        return
    _default_environment(_UNLOGGED)
    server = _OwnServer(scheduling=scheduling)
    with server:
        # The two load at the same time, each on a processor of its own.
        from prefect.settings import PREFECT_API_URL, temporary_settings

        server.wait()
        os.environ["PREFECT_API_URL"] = server.url  # for processes that the run starts
        try:
            with temporary_settings({PREFECT_API_URL: server.url}):
                yield
        finally:
            os.environ.pop("PREFECT_API_URL", None)
            _deliver_events()


def _deliver_events() -> None:
    """Let Prefect deliver the events that it still holds while the server is there to take them.

    What it holds when the process ends it would offer to a server that is gone, seconds for each.
    """
    from prefect.events.worker import EventsWorker

    EventsWorker.drain_all(timeout=_EVENTS_SECONDS, at_exit=False)


def _default_environment(values: dict[str, str]) -> None:
    for name, value in values.items():
        os.environ.setdefault(name, value)


def _environment_of_server(*, scheduling: bool) -> dict[str, str]:
    if not scheduling:  # what Prefect calls ephemeral leaves its scheduler out
        return {**_OWN_SERVER, "PREFECT__SERVER_EPHEMERAL": "1"}
    database = f"sqlite+aiosqlite:///{prefect_home() / _SCHEDULING_DATABASE}"
    return {
        **_OWN_SERVER,
        **_SCHEDULING,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
    }


class _OwnServer:
    """A Prefect server in a child process that ends when this process does, however it does."""

    def __init__(self, *, scheduling: bool = False) -> None:
        # For the child alone: were they in our environment, a program that we start could not
        # have a server of the other kind.
        self._environment = _environment_of_server(scheduling=scheduling)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/api"
        self._child: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._failure: str | None = None
        self._stopping = threading.Event()
        self._starter = threading.Thread(target=self._start, name="prefect server", daemon=True)

    def __enter__(self) -> "_OwnServer":
        self._starter.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._starter.join()
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            if self._child.stdin is not None:
                self._child.stdin.close()
        self._said.close()
        self._socket.close()

    def wait(self) -> None:
        """Return once it answers."""
        self._starter.join()
        if self._failure is not None:
            msg = (
                f"Prefect's server, which every run needs, does not start: {self._failure}; "
                "look whether prefect and fastapi have the versions of the lock file, or set "
                "PREFECT_API_URL to a server that runs"
            )
            raise SettingsError(msg)

    def _start(self) -> None:
        home = prefect_home()
        try:
            home.mkdir(parents=True, exist_ok=True)
            # Two first starts at once would both make Prefect's database.
            with FileLock(home / "torihiki-start.lock", timeout=START_SECONDS):
                self._failure = self._start_alone()
        except OSError as error:
            self._failure = f"{home} cannot be used ({error.strerror}); set PREFECT_HOME"

    def _start_alone(self) -> str | None:
        descriptor = self._socket.fileno()
        child = self._child = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "flows.prefect_child", str(descriptor)],
            stdin=subprocess.PIPE,  # its end tells the child that we are gone
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            pass_fds=[descriptor],
            start_new_session=True,  # Ctrl-C is for us; we stop the child when we are done
            env={**self._environment, **os.environ},
        )
        started = time.monotonic()
        while not self._stopping.is_set():
            if child.poll() is not None:
                return f"it ended with status {child.returncode}: {self._last_words()}"
            if self._answers():
                return None
            if time.monotonic() - started > START_SECONDS:
                return f"no answer after {START_SECONDS:.0f} s: {self._last_words()}"
        return None

    def _answers(self) -> bool:
        try:
            # The socket listens already, so the request waits in line until the server is up.
            with urllib.request.urlopen(f"{self.url}/health", timeout=1.0) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"
