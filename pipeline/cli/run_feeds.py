"""`torihiki run feeds`: the feeds flow once, from the command line."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.database import DatabaseOption
from pipeline.cli.run import INTERRUPTED, run_app

if TYPE_CHECKING:
    from flows.feedreport import FeedsOutcome
    from pipeline.ingest.feedschedule import Mode

FeedsFileOption = Annotated[
    Path,
    typer.Option(
        "--feeds", metavar="FILE", help="フィードの一覧（TOML） · the list of feeds, in TOML."
    ),
]
DEFAULT_FILE = Path("feeds.toml")


class LogChoice(StrEnum):
    """What log lines on standard error look like (flows.logs.LogFormat has the same values)."""

    OFF = "off"
    JSON = "json"
    TEXT = "text"


def run_feeds(
    feeds: FeedsFileOption = DEFAULT_FILE,
    db: DatabaseOption = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="このフィードだけ（繰り返し可） · only this feed; repeatable."
        ),
    ] = None,
    due: Annotated[
        bool,
        typer.Option("--due", help="間隔が過ぎたものだけ · only feeds whose interval is over."),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="失敗続きで休ませているもの、新しいと言われたものも · also feeds that rest after "
            "failures or are said to be fresh. A pause that a server asked for (Retry-After) is kept.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="何もせず、何をするかを示す · say what would be done, ask nobody."
        ),
    ] = False,
    log: Annotated[
        LogChoice, typer.Option(help="標準エラーへの記録 · log lines on standard error.")
    ] = LogChoice.OFF,
    show: Annotated[
        int, typer.Option(min=0, help="終わりに示す取引の数 · how many records to show at the end.")
    ] = 30,
) -> None:
    """フィードを一回読み、取引をデータベースに入れる · Poll the feeds once, into the database.

    What was read before is not read again. Stop it at any moment; the next run goes on. Exit
    status 1 where a feed, a page or an article failed.

    Example: `torihiki run feeds --feeds feeds.toml --db sqlite:///data/processed/torihiki.db`
    """
    from pipeline.cli.feed_tables import print_outcome
    from pipeline.ingest.feedschedule import Mode

    if due and force:
        raise typer.BadParameter("--due and --force exclude each other")
    mode = Mode.DUE if due else Mode.FORCE if force else Mode.NOW
    if dry_run:
        _dry_run(feeds, db, only or [], mode)
        return
    outcome = _run(feeds, db, only or [], mode, log)
    if outcome is None:
        print("いま読むフィードはありません · no feed is due")
        return
    print_outcome(outcome, db=db, show=show)
    if not outcome.is_clean:
        raise typer.Exit(1)


def _dry_run(file: Path, db: str | None, only: list[str], mode: "Mode") -> None:
    from flows.feedplan import plan
    from pipeline.cli.feed_tables import print_plan

    print_plan(plan(file, database_url=db, only=only, mode=mode))


def _run(
    file: Path, db: str | None, only: list[str], mode: "Mode", log: LogChoice
) -> "FeedsOutcome | None":
    from flows.feedplan import check_start
    from flows.logs import LogFormat, set_up_logs
    from flows.quiet import prefect_ready
    from pipeline.cli.progress import Bar

    # What cannot work is said now, not after Prefect has started.
    check_start(file, database_url=db, only=only)
    warn_of_contact()
    set_up_logs(LogFormat(log.value))
    with Bar() as bar:
        bar.note_quietly("Prefect を起動中 · starting Prefect …")
        with prefect_ready():
            from pydantic import SecretStr

            from flows.feeds import feeds
            from flows.watching import watched_by

            try:
                with watched_by(bar):
                    return feeds(
                        str(file),
                        database_url=SecretStr(db) if db else None,
                        only=only,
                        mode=mode.value,
                    )
            except KeyboardInterrupt:
                bar.note("中断しました。同じコマンドで続きから · stopped; the same command goes on")
                raise typer.Exit(INTERRUPTED) from None


def warn_of_contact() -> None:
    """Say that sites are not told whom to turn to, where that is so."""
    import sys

    from pipeline.settings import Settings, load_settings

    if load_settings().contact == Settings.model_fields["contact"].default:
        print(
            "torihiki: contact is not set: sites see no address to turn to; set contact in "
            "torihiki.toml or TORIHIKI_CONTACT",
            file=sys.stderr,
        )


def register(app: typer.Typer) -> None:
    """Add `feeds` to the group `run`, which must be in `app`."""
    del app
    run_app.command("feeds")(run_feeds)
