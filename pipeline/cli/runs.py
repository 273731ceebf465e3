"""`torihiki runs`: what the flows did, with counts, rates and reasons."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.database import DatabaseOption, open_existing
from pipeline.errors import StoreError

if TYPE_CHECKING:
    from pipeline.store import Run

runs_app = typer.Typer(
    help="実行の記録 · The record of runs: counts, rates, reasons.", invoke_without_command=True
)

_STATES = {
    "running": "実行中 running",
    "done": "完了 done",
    "failed": "失敗 failed",
    "interrupted": "中断 interrupted",
}


@runs_app.callback()
def list_runs(
    context: typer.Context,
    db: DatabaseOption = None,
    limit: Annotated[int, typer.Option(min=1, help="件数 · how many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="一行一件の JSON · JSON lines.")] = False,
) -> None:
    """最近の実行を一覧する · List the latest runs, newest first.

    Example: `torihiki runs --limit 5`
    """
    if context.invoked_subcommand is not None:
        return
    from rich.table import Table

    from pipeline.cli.run_report import wide_console

    with open_existing(db) as store:
        found = store.runs.latest(limit)
    if as_json:
        for run in found:
            print(json.dumps(_as_json(run), ensure_ascii=False))
        return
    if not found:
        print("実行の記録はありません · no runs yet")
        return
    table = Table(title="実行 runs", title_justify="left")
    for head in ("N", "処理 flow", "状態 state", "開始 started (UTC)"):
        table.add_column(head, no_wrap=True)
    for head in ("秒 s", "記事 read", "記事/s", "字/s", "新規 new", "失敗 failed"):
        table.add_column(head, justify="right", no_wrap=True)
    for run in found:
        table.add_row(*_row(run))
    wide_console().print(table)


@runs_app.command("show")
def show_run(
    number: Annotated[int, typer.Argument(metavar="N", help="実行の番号 · the run's number.")],
    db: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で · as JSON.")] = False,
    limit: Annotated[
        int, typer.Option(min=0, help="示す隔離の数 · how many quarantined items to show.")
    ] = 50,
) -> None:
    """一回の実行を詳しく示す · Show one run: options, counts, rates, and what failed and why.

    Example: `torihiki runs show 3`
    """
    from rich.markdown import Markdown
    from rich.markup import escape
    from rich.table import Table

    from pipeline.cli.run_report import wide_console

    with open_existing(db) as store:
        run = store.runs.load(number)
        if run is None:
            msg = f"there is no run {number} in {store.place}; `torihiki runs` lists them"
            raise StoreError(msg)
        totals = store.runs.totals(number)
        aside = list(store.quarantine.open_items(run_id=number))
    if as_json:
        details = _as_json(run) | {
            "batches": {
                name: getattr(totals, name)
                for name in ("batches", "failed", "articles", "characters", "records", "seconds")
            },
            "quarantined": [
                {"source": item.source, "step": item.step, "reason": item.reason} for item in aside
            ],
        }
        print(json.dumps(details, ensure_ascii=False, indent=2))
        return
    console = wide_console()
    console.print(
        f"[bold]{run.flow} {run.id}[/bold]  {_STATES[state_of(run)]}  "
        f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC, {run.seconds:,.1f} s, {run.host} ({run.pid})",
        highlight=False,
    )
    options = {name: value for name, value in run.options.items() if value is not None}
    console.print(f"options: {json.dumps(options, ensure_ascii=False)}", markup=False)
    if run.error:
        console.print(f"error: {run.error}", markup=False)
    if totals.batches:
        console.print(
            f"{totals.batches:,} batches ({totals.failed:,} failed), {totals.articles:,} articles, "
            f"{totals.characters:,} characters, {totals.records:,} records, "
            f"{totals.seconds:,.1f} s of work",
            highlight=False,
        )
    if run.summary:
        console.print(Markdown(run.summary))
    if aside and not run.summary:
        table = Table("source", "step", "reason", title="Quarantined", title_justify="left")
        for item in aside[:limit]:
            table.add_row(escape(item.source), item.step, escape(item.reason))
        console.print(table)


def state_of(run: "Run") -> str:
    """The run's state; one whose process is gone is interrupted, though it could not say so."""
    from pipeline.store.runs import is_alive

    return "interrupted" if run.state == "running" and not is_alive(run) else run.state


def _row(run: "Run") -> list[str]:
    counts: dict[str, Any] = dict(run.counts)
    extracted, characters = counts.get("extracted", 0), counts.get("characters", 0)
    seconds = run.seconds
    changes = counts.get("records")
    new = changes.get("new", 0) if isinstance(changes, dict) else changes or 0
    failed = counts.get("failed", 0) + counts.get("quarantined", 0)
    return [
        str(run.id),
        run.flow,
        _STATES[state_of(run)],
        f"{run.started_at:%Y-%m-%d %H:%M:%S}",
        f"{seconds:,.1f}",
        f"{counts.get('read', 0):,}",
        f"{extracted / seconds:,.1f}" if extracted and seconds else "–",
        f"{characters / seconds:,.0f}" if characters and seconds else "–",
        f"{new:,}",
        f"{failed:,}",
    ]


def _as_json(run: "Run") -> dict[str, Any]:
    return {
        "id": run.id,
        "flow": run.flow,
        "state": state_of(run),
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "seconds": run.seconds,
        "host": run.host,
        "pid": run.pid,
        "extractor_version": run.extractor_version,
        "options": dict(run.options),
        "counts": dict(run.counts),
        "error": run.error,
    }


def register(app: typer.Typer) -> None:
    """Add the group `runs`."""
    app.add_typer(runs_app, name="runs")
