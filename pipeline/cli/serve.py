"""`torihiki serve`: the feeds, watched by one machine for months."""

import os
import sys
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.database import DatabaseOption
from pipeline.cli.run_feeds import DEFAULT_FILE, FeedsFileOption, LogChoice, warn_of_contact
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.ingest.feedlist import FeedList

_SHORTEST = timedelta(seconds=60)


def serve(
    feeds: FeedsFileOption = DEFAULT_FILE,
    db: DatabaseOption = None,
    every: Annotated[
        str | None,
        typer.Option(
            metavar="5m",
            help="何分ごとに見るか（既定は最短の間隔） · how often to look which feeds are due; the "
            "shortest interval of a feed if not given, at least a minute.",
        ),
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Prometheus 用のポート · a port to serve /metrics for Prometheus at.",
        ),
    ] = None,
    metrics_host: Annotated[
        str, typer.Option(help="そのアドレス · the address that it listens at.")
    ] = "127.0.0.1",
    log: Annotated[
        LogChoice, typer.Option(help="標準エラーへの記録 · log lines on standard error.")
    ] = LogChoice.JSON,
) -> None:
    """フィードを見張り続ける · Watch the feeds until stopped: Prefect's `serve` with the schedule.

    Ctrl-C or SIGTERM stops it; what was begun is finished after the next start. Changes of the
    list of feeds count from the next look on. For a Prefect server with PostgreSQL and work pools
    see docs/operate.md.

    Example: `torihiki serve --feeds feeds.toml --metrics-port 9464`
    """
    from flows.feedplan import check_start
    from flows.logs import LogFormat, set_up_logs
    from flows.quiet import prefect_ready
    from pipeline.settings import load_settings

    listed = check_start(feeds, database_url=db, only=())
    pause = _every(every, listed)
    warn_of_contact()
    if db is not None:
        os.environ["TORIHIKI_DATABASE_URL"] = db  # runs are processes of their own
    set_up_logs(LogFormat(log.value))
    with ExitStack() as stack:
        if metrics_port is not None:
            _serve_metrics(
                stack, load_settings(database_url=db).database_url, metrics_host, metrics_port
            )
        stack.enter_context(prefect_ready(scheduling=True))
        from flows.serving import serve_feeds

        print(
            f"torihiki: 見張り中 · watching {len(listed.feed)} feeds, a look every "
            f"{pause.total_seconds():g} s; Ctrl-C stops",
            file=sys.stderr,
        )
        serve_feeds(feeds, every=pause)


def _every(every: str | None, listed: "FeedList") -> timedelta:
    from pipeline.ingest.feedlist import parse_duration

    if every is not None:
        try:
            return parse_duration(every)
        except ValueError as error:
            msg = f"--every {every}: {error}"
            raise SettingsError(msg) from error
    intervals = [feed.interval for feed in listed.feed if feed.enabled]
    return max(min(intervals, default=timedelta(minutes=5)), _SHORTEST)


def _serve_metrics(stack: ExitStack, database_url: str, host: str, port: int) -> None:
    from flows.metrics import serving_metrics
    from pipeline.store import open_store

    store = stack.enter_context(open_store(database_url))
    try:
        server = stack.enter_context(serving_metrics(store, host, port))
    except OSError as error:
        msg = f"--metrics-port {port}: {host}:{port} cannot be used ({error.strerror})"
        raise SettingsError(msg) from error
    print(f"torihiki: http://{host}:{server.server_port}/metrics", file=sys.stderr)


def register(app: typer.Typer) -> None:
    """Add `serve`."""
    app.command("serve")(serve)
