"""`torihiki run …`: the flows, from the command line.

`run_app` is the group; other flows add their commands to it.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.database import DatabaseOption
from pipeline.cli.reading import with_read_options
from pipeline.errors import SettingsError
from pipeline.ingest.options import ReadOptions

if TYPE_CHECKING:
    from flows.report import Outcome
    from pipeline.cli.progress import Bar

INTERRUPTED = 130  # what shells give for Ctrl-C
_log = logging.getLogger(__name__)

run_app = typer.Typer(
    help="処理を走らせる（再開できる） · Run a flow; what was done before is not done again.",
    no_args_is_help=True,
)


class Runner(StrEnum):
    """Who works on the batches."""

    LOCAL = "local"
    DASK = "dask"


class RerunChoice(StrEnum):
    """Which articles are done again (flows.batching.Rerun has the same values)."""

    FAILED = "failed"
    CHANGED = "changed"
    ALL = "all"


@run_app.command("archive")
@with_read_options
def run_archive(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH…",
            help="記事・フォルダ・書庫、または `-` · articles, folders, archives, or `-`.",
        ),
    ],
    db: DatabaseOption = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="この日以降の記事だけ（日付のない記事は除く） · only articles published from then on; "
            "those without a date are left out.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="抽出する記事の上限（次の実行で続く） · extract at most so many; the next run goes on.",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="何もせず、何をするかを示す · say what would be done, write nothing."
        ),
    ] = False,
    rerun: Annotated[
        RerunChoice | None,
        typer.Option(
            help="やり直す記事：失敗したもの・抽出器が変わったもの・すべて · do again what failed, "
            "what another extractor version did, or all. Human decisions stay."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="並列数（既定は CPU の数） · processes; one a processor if not given."
        ),
    ] = None,
    max_memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="全体のメモリー上限（例 4G） · memory for the whole run; 1G, and 1.5G a worker, "
            "is the least.",
        ),
    ] = None,
    runner: Annotated[
        Runner, typer.Option(help="このマシンか Dask か · this machine's processes, or Dask.")
    ] = Runner.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="tcp://HOST:PORT",
            help="Dask のスケジューラー · a Dask scheduler; without it a cluster here is started.",
        ),
    ] = None,
    link: Annotated[
        bool,
        typer.Option(help="同じ取引の記録を結び付けるか · link records that tell of one deal."),
    ] = True,
    show: Annotated[
        int, typer.Option(min=0, help="終わりに示す取引の数 · how many records to show at the end.")
    ] = 30,
    *,
    options: ReadOptions,
) -> None:
    """記事の書庫を読み、取引をデータベースに入れる · Read an archive into the database.

    Stop it at any moment and run the same command again: it goes on where it was.

    Example: `torihiki run archive data/raw --db sqlite:///data/processed/torihiki.db`
    """
    _check_paths(paths)
    if address is not None and runner is not Runner.DASK:
        msg = "--address is the Dask scheduler's; add --runner dask"
        raise SettingsError(msg)
    if dry_run:
        _finish_dry(_plan(paths, db, since, limit, rerun, options))
        return
    outcome = _archive(
        paths,
        db=db,
        since=since,
        limit=limit,
        rerun=rerun,
        workers=workers,
        max_memory=max_memory,
        dask=runner is Runner.DASK,
        address=address,
        options=options,
        link=link,
    )
    from pipeline.cli.run_report import print_outcome

    print_outcome(outcome, db=db, show=show)
    if not outcome.is_clean:
        raise typer.Exit(1)
    if outcome.tally.read == 0:
        print("torihiki: no article found; give files, folders, archives or -", file=sys.stderr)
        raise typer.Exit(1)


def _check_paths(paths: list[str]) -> None:
    for path in paths:
        is_pattern = any(sign in path for sign in "*?[")
        if path != "-" and not is_pattern and not Path(path).exists():
            msg = f"{path}: no such file or folder; check the path"
            raise SettingsError(msg)


def _plan(
    paths: list[str],
    db: str | None,
    since: datetime | None,
    limit: int | None,
    rerun: RerunChoice | None,
    options: ReadOptions,
) -> "Outcome":
    from pipeline.cli.progress import Bar

    with Bar() as bar, stopping_quietly(bar):
        from flows.batching import Rerun
        from flows.planning import plan
        from flows.watching import watched_by

        with watched_by(bar):
            return plan(
                paths,
                database_url=db,
                since=since,
                limit=limit,
                rerun=Rerun(rerun.value) if rerun else None,
                reading=options,
            )


def _finish_dry(outcome: "Outcome") -> None:
    from pipeline.cli.run_report import print_plan

    print_plan(outcome)
    if outcome.tally.quarantined:
        raise typer.Exit(1)


def _archive(
    paths: list[str],
    *,
    db: str | None,
    since: datetime | None,
    limit: int | None,
    rerun: RerunChoice | None,
    workers: int | None,
    max_memory: str | None,
    dask: bool,
    address: str | None,
    options: ReadOptions,
    link: bool,
) -> "Outcome":
    from pipeline.cli.progress import Bar

    with Bar() as bar, stopping_quietly(bar):
        from flows.planning import check_cluster, check_database
        from flows.quiet import prefect_ready
        from flows.sizing import parse_size, plan_workers

        # What cannot work is said now, not after Prefect has started.
        plan_workers(workers, parse_size(max_memory) if max_memory else None)
        check_database(db, shared=address is not None)
        if address is not None:
            check_cluster(address)
        bar.note_quietly("Prefect を起動中 · starting Prefect …")
        with prefect_ready():
            from pydantic import SecretStr

            from flows.archive import archive, task_runner
            from flows.batching import Rerun
            from flows.watching import watched_by

            run = archive.with_options(
                task_runner=task_runner(
                    workers=workers, max_memory=max_memory, dask=dask, address=address
                )
            )
            with watched_by(bar):
                return run(
                    paths,
                    database_url=SecretStr(db) if db else None,
                    since=since,
                    limit=limit,
                    rerun=Rerun(rerun.value) if rerun else None,
                    workers=workers,
                    max_memory=max_memory,
                    distributed=dask,
                    reading=options,
                    link=link,
                )


@contextmanager
def stopping_quietly(bar: "Bar") -> Iterator[None]:
    """Let Ctrl-C end the command with one line and the status that shells give for it.

    Raises:
        Exit: it was pressed, whatever came of it on the way out.
    """
    from flows.interrupt import noting_ctrl_c

    with noting_ctrl_c() as interrupt:
        try:
            yield
        except BaseException:
            if not interrupt.asked:
                raise
            _log.debug("stopped by Ctrl-C", exc_info=True)
        if not interrupt.asked:
            return
        bar.note("中断しました。同じコマンドで続きから · stopped; the same command goes on")
        raise typer.Exit(INTERRUPTED)


def register(app: typer.Typer) -> None:
    """Add the group `run`."""
    app.add_typer(run_app, name="run")
