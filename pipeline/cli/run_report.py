"""The end of a run on the terminal: what was read, what was found, what failed."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.tables import slot_texts
from pipeline.record import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flows.report import Outcome
    from pipeline.errors import Quarantined
    from pipeline.store import Store, StoredRecord

_QUOTED = 60  # characters of the article beside a record
_LISTED = 20  # failures

_PIPED_WIDTH = 120  # columns where nobody knows how wide the reader's window is

KIND_NAMES = {
    "supply": "供給 supply",
    "investment": "投資 investment",
    "acquisition": "買収 acquisition",
    "capex": "設備投資 capex",
}


def wide_console() -> Console:
    """Standard output, as wide as the terminal; into a pipe or file 120 columns."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPED_WIDTH)


def print_outcome(outcome: "Outcome", *, db: str | None, show: int) -> None:
    """Print the records that a run brought, its numbers, and its failures."""
    from pipeline.cli.database import open_existing
    from pipeline.store import RecordFilter

    console = wide_console()
    with open_existing(db) as store:
        run_ids = [outcome.run_id] if outcome.run_id is not None else []
        brought = RecordFilter(run_ids=run_ids)
        number = store.records.count(brought)
        if number and show:
            _print_records(console, store.records.stream(brought), number, show)
        kinds = store.records.counts_by_kind()
        _print_numbers(console, outcome)
        _print_kinds(console, kinds)
        _print_place(console, store, outcome.run_id)
    _print_failures(outcome)


def print_records_of_run(console: Console, run_id: int, *, db: str | None, show: int) -> None:
    """Print the records that a run brought, and where they are."""
    from pipeline.cli.database import open_existing
    from pipeline.store import RecordFilter

    with open_existing(db) as store:
        brought = RecordFilter(run_ids=[run_id])
        number = store.records.count(brought)
        if number and show:
            _print_records(console, store.records.stream(brought), number, show)
        _print_place(console, store, run_id)


def _print_place(console: Console, store: "Store", run_id: int | None) -> None:
    console.print(
        f"データベース database: {escape(store.place)}   実行 run {run_id} "
        f"(`torihiki runs show {run_id}`)",
        highlight=False,
        soft_wrap=True,
    )


def print_plan(outcome: "Outcome") -> None:
    """Print what a run would do."""
    console, tally = wide_console(), outcome.tally
    console.print("[bold]何も書いていません · dry run, nothing written[/bold]")
    _print_numbers(console, outcome)
    console.print(
        f"抽出する予定 would extract: {tally.wanted:,} 記事 articles, "
        f"{outcome.characters:,} 字 characters",
        highlight=False,
    )
    _print_failures(outcome)


def _print_records(
    console: Console, records: "Iterable[StoredRecord]", number: int, show: int
) -> None:
    table = Table(title=f"取引 records ({number:,})", title_justify="left")
    table.add_column("種類 kind", no_wrap=True)
    for head in ("買い手 buyer", "売り手 seller", "金額 amount", "ほか others", "原文 quote"):
        table.add_column(head, overflow="fold")
    for shown, stored in enumerate(records):
        if shown == show:
            break
        record, texts = stored.record, slot_texts(stored.record)
        ceiling = f"（≤{texts[Slot.AMOUNT_MAX]}）" if Slot.AMOUNT_MAX in texts else ""
        others = [texts[slot] for slot in (Slot.TERM, Slot.CHIPS, Slot.COUNT) if slot in texts]
        if Slot.CAPACITY in texts:
            others.append(f"{texts[Slot.CAPACITY]} MW")
        cells = (
            f"{KIND_NAMES[record.kind.value].split()[0]} {record.status.value}",
            texts.get(Slot.BUYER, ""),
            texts.get(Slot.SELLER, ""),
            texts.get(Slot.AMOUNT, "") + ceiling,
            " · ".join(others),
            quote_of(stored),
        )
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
    if number > show:
        console.print(f"… {number - show:,} more: `torihiki export --format csv`", highlight=False)


def quote_of(stored: "StoredRecord") -> str:
    """The words that say the amount, or whatever else is said first."""
    evidence = stored.record.evidence
    for slot in (Slot.AMOUNT, Slot.COUNT, Slot.CAPACITY, *Slot):
        if evidence.get(slot):
            quote = " ".join(evidence[slot][0].quote.split())
            return quote if len(quote) <= _QUOTED else quote[: _QUOTED - 1] + "…"
    return ""


def _print_numbers(console: Console, outcome: "Outcome") -> None:
    tally, changes = outcome.tally, outcome.changes
    console.print(f"[bold]{tally.read:,}[/bold] 記事を読み込み articles read", highlight=False)
    for number, text in (
        (outcome.extracted, "抽出 extracted"),
        (tally.done, "処理済み done already"),
        (tally.outdated, "別の版の抽出器で処理済み done by another version (--rerun changed)"),
        (tally.failed_before, "以前に失敗 failed before (--rerun failed)"),
        (outcome.elsewhere, "同時に走る別の実行が処理 done by another run meanwhile"),
        (tally.copies, "同じ本文 same text at another place"),
        (tally.near_duplicates, "ほぼ同じ本文 nearly the same text as another"),
        (tally.too_old, "古いので除外 too old"),
        (tally.undated, "日付がなく除外 without date"),
        (tally.over_limit, "上限により次回 left for the next run by --limit"),
        (outcome.failed, "抽出に失敗 failed"),
        (tally.quarantined, "読めず隔離 quarantined"),
    ):
        if number:
            console.print(f"  {number:>8,}  {text}", highlight=False)
    if outcome.extracted and outcome.seconds:
        console.print(
            f"取引 records: 新規 new {changes.new:,}, 更新 replaced {changes.replaced:,}, "
            f"削除 gone {changes.deleted:,}, 要確認 flagged {changes.flagged:,}; "
            f"{outcome.seconds:,.1f} s",
            highlight=False,
        )
        if outcome.linked:
            console.print(
                f"取引の台帳 deals: 記録 {outcome.linked:,} を結び付け linked, "
                f"{outcome.deals:,} 件が新規・変更 new or changed (`torihiki deals`)",
                highlight=False,
            )
    elif outcome.run_id is not None and tally.read and not outcome.failed:
        console.print("すべて処理済みです · everything was done already", highlight=False)


def _print_kinds(console: Console, kinds: "Mapping[str, int]") -> None:
    if not kinds:
        console.print("取引はまだありません · no records in the database yet")
        return
    table = Table(title="全取引 all records", title_justify="left")
    table.add_column("種類 kind")
    table.add_column("件数 number", justify="right")
    for kind, number in kinds.items():
        table.add_row(KIND_NAMES[kind], f"{number:,}")
    table.add_row("計 all", f"{sum(kinds.values()):,}", style="bold")
    console.print(table)


def _print_failures(outcome: "Outcome") -> None:
    errors = Console(stderr=True)
    failures: list[Quarantined] = [*outcome.tally.failed, *outcome.failures]
    for item in failures[:_LISTED]:
        errors.print(
            f"torihiki: {item.step}: {item.source}: {item.reason}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    total = outcome.tally.quarantined + outcome.failed
    if total > _LISTED:
        where = (
            f"`torihiki runs show {outcome.run_id}`" if outcome.run_id else "a real run keeps them"
        )
        errors.print(f"torihiki: … and {total - _LISTED:,} more: {where}", highlight=False)
