"""`torihiki status`: how the feeds are, for people, programs and Prometheus."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from pipeline.cli.database import DatabaseOption, open_existing

_TROUBLED = frozenset({"failing", "resting", "late"})


class StatusFormat(StrEnum):
    """How the status is printed."""

    TABLE = "table"
    JSON = "json"
    PROMETHEUS = "prometheus"


def status(
    db: DatabaseOption = None,
    output: Annotated[
        StatusFormat,
        typer.Option(
            "--format",
            help="表・JSON・Prometheus · a table, JSON, or metrics for Prometheus' textfile collector.",
        ),
    ] = StatusFormat.TABLE,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="不調があれば終了状態 1 · exit status 1 where a feed is in trouble."
        ),
    ] = False,
) -> None:
    """フィードの様子：最後の成功・遅れ・連続失敗・待ち · Show the feeds: last success, lag, failures
    in a row, what waits.

    Example: `torihiki status --format prometheus > /var/lib/node_exporter/torihiki.prom`
    """  # noqa: D205 - the two languages make one summary
    from flows.feedstatus import status_of
    from pipeline.store.rows import now

    with open_existing(db) as store:
        found = status_of(store, now())
    if output is StatusFormat.PROMETHEUS:
        from flows.metrics import prometheus_text

        print(prometheus_text(found), end="")
    elif output is StatusFormat.JSON:
        data = {
            "at": found.at.isoformat(),
            "feeds": [feed.to_json() for feed in found.feeds],
            "notices_waiting": found.notices_waiting,
            "last_run": found.last_run,
        }
        print(json.dumps(data, ensure_ascii=False, indent=2, default=lambda at: at.isoformat()))
    elif found.feeds:
        from pipeline.cli.feed_tables import print_status

        print_status(found)
    else:
        print("まだフィードを読んでいません · no feed was polled yet; `torihiki run feeds`")
    if check and any(feed.health.value in _TROUBLED for feed in found.feeds):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add `status`."""
    app.command("status")(status)
