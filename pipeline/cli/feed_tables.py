"""Feeds as people see them on a terminal: what a run did, what a check found, how feeds are."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.run_report import print_records_of_run, wide_console

if TYPE_CHECKING:
    from flows.feedcheck import Check
    from flows.feedplan import Planned
    from flows.feedreport import FeedsOutcome, PollReport
    from flows.feedstatus import FeedStatus, Status
    from pipeline.ingest.feedlist import Feed

_LISTED = 20
_ENDS = {
    "read": "読了 read",
    "unchanged": "変化なし unchanged",
    "failed": "[red]失敗 failed[/red]",
    "paused": "待機 paused",
    "busy": "別の実行 busy",
    "skipped": "対象外 skipped",
}
_HEALTH = {
    "ok": "[green]良好 ok[/green]",
    "new": "未読 new",
    "late": "[yellow]遅れ late[/yellow]",
    "failing": "[yellow]失敗 failing[/yellow]",
    "resting": "[red]休止 resting[/red]",
    "paused": "待機 paused",
    "polling": "実行中 polling",
    "unlisted": "[dim]一覧外 unlisted[/dim]",
}


def _table(title: str, heads: Sequence[str], numbers: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head, overflow="fold")
    for head in numbers:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def print_outcome(outcome: "FeedsOutcome", *, db: str | None, show: int) -> None:
    """Print what a run over feeds did; problems go to standard error."""
    console = wide_console()
    asked = [poll for poll in outcome.polls if poll.ended.value != "skipped"]
    if asked:
        table = _table(
            "フィード feeds",
            ("名前 name", "結果 end"),
            ("項目 entries", "新規 new", "変更 changed", "記事 articles", "重複 copies", "秒 s"),
        )
        for poll in asked:
            table.add_row(
                escape(poll.name),
                _ENDS[poll.ended.value],
                *(f"{number:,}" for number in _numbers(poll)),
                f"{poll.seconds:.1f}",
            )
        console.print(table)
    for reason, names in _skipped(outcome).items():
        console.print(f"読まず not asked ({reason}): {', '.join(names)}", markup=False)
    _print_totals(console, outcome)
    print_records_of_run(console, outcome.run_id, db=db, show=show)
    _complain(outcome)


def _numbers(poll: "PollReport") -> Sequence[int]:
    return (poll.entries, poll.new, poll.changed, poll.articles, poll.known + poll.copies)


def _skipped(outcome: "FeedsOutcome") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for poll in outcome.polls:
        if poll.ended.value == "skipped":
            found.setdefault(poll.reason or "", []).append(poll.name)
    return found


def _print_totals(console: Console, outcome: "FeedsOutcome") -> None:
    changes = outcome.extraction.changes
    for number, text in (
        (outcome.extraction.extracted, "記事を抽出 articles extracted"),
        (outcome.total("pages"), "ページを取得 pages fetched"),
        (outcome.total("versions"), "記事の更新版 next versions of articles"),
        (outcome.total("paywalled"), "有料部分あり behind a wall in part"),
        (outcome.total("partial"), "フィードの文のみ only what the feed tells"),
        (outcome.total("left_out"), "設定で除外 left out by options"),
        (outcome.total("put_off"), "後で再試行 put off, to be tried again"),
        (outcome.total("waiting"), "次回に続く left for the next run"),
        (outcome.told, "通知 messages sent"),
        (outcome.untold, "通知できず messages not taken, to be sent again"),
    ):
        if number:
            console.print(f"  {number:>8,}  {text}", highlight=False)
    console.print(
        f"取引 records: 新規 new {changes.new:,}, 更新 replaced {changes.replaced:,}, "
        f"要確認 flagged {changes.flagged:,}; {outcome.seconds:,.1f} s",
        highlight=False,
    )


def _complain(outcome: "FeedsOutcome") -> None:
    said: list[str] = []
    for poll in outcome.polls:
        if poll.ended.value == "failed":
            said.append(f"feed {poll.name}: {poll.reason}")
        said += [f"feed {poll.name}: {url}: {reason}" for url, reason in poll.problems]
        said += [f"feed {poll.name}: warning: {warning}" for warning in poll.warnings]
    said += [f"{item.step}: {item.source}: {item.reason}" for item in outcome.extraction.failures]
    for line in said[:_LISTED]:
        print(f"torihiki: {line}", file=sys.stderr)
    if len(said) > _LISTED:
        more = (
            f"torihiki: … and {len(said) - _LISTED:,} more: `torihiki runs show {outcome.run_id}`"
        )
        print(more, file=sys.stderr)


def print_plan(planned: "Iterable[Planned]") -> None:
    """Print what a run would do."""
    console = wide_console()
    console.print("[bold]何もしていません · dry run, nobody asked, nothing written[/bold]")
    table = _table("", ("名前 name", "URL", "予定 plan", "最後の成功 last success (UTC)"))
    for one in planned:
        what = "読む would be polled" if one.why_not is None else f"読まず not: {one.why_not}"
        table.add_row(escape(one.name), escape(one.url), what, moment(one.last_success))
    console.print(table)


def print_feeds(feeds: "Iterable[Feed]") -> None:
    """Print the list of feeds."""
    from pipeline.ingest.feedlist import duration_text

    table = _table("フィード feeds", ("名前 name", "URL", "間隔 every", "", "設定 options"))
    for feed in feeds:
        told = feed.model_dump(
            exclude_defaults=True, exclude={"name", "url", "interval", "enabled"}
        )
        options = ", ".join(f"{name}={value}" for name, value in told.items())
        table.add_row(
            escape(feed.name),
            escape(feed.url),
            duration_text(feed.interval),
            "" if feed.enabled else "停止 disabled",
            escape(options),
        )
    wide_console().print(table)


def print_check(found: "Check") -> None:
    """Print what would be read of a feed."""
    console = wide_console()
    console.print(f"[bold]{escape(found.name)}[/bold]  {escape(found.url)}", highlight=False)
    for hop in found.redirects:
        console.print(f"  → {escape(hop)}", highlight=False)
    if found.format:
        for label, value in (
            ("形式 format", f"{found.format} ({found.content_type or 'no type given'})"),
            ("題 title", found.title or "–"),
            ("文字コード encoding", found.encoding),
            ("大きさ size", f"{found.bytes:,} bytes"),
            ("項目 entries", _entries_text(found)),
            ("日付 dates", f"{found.oldest or '–'} … {found.latest or '–'}"),
        ):
            console.print(f"  {label}: {escape(str(value))}", highlight=False)
    if found.sample:
        table = _table("", ("日付 published", "見出し title", "本文 text from", "URL"))
        for entry in found.sample:
            cells = (entry.published or "–", entry.title, entry.text_from, entry.url or "–")
            table.add_row(*(escape(cell) for cell in cells))
        console.print(table)
    for fault in found.faults:
        print(f"torihiki: {found.name}: warning: {fault}", file=sys.stderr)
    if found.problem:
        print(f"torihiki: {found.url}: {found.problem}", file=sys.stderr)


def _entries_text(found: "Check") -> str:
    parts = (
        (found.from_feed, "本文あり text in the feed"),
        (found.from_page, "ページから page fetched"),
        (found.left_out, "除外 left out"),
        (found.nothing, "本文なし without text"),
    )
    said = ", ".join(f"{number:,} {text}" for number, text in parts if number)
    return f"{found.entries:,}" + (f" ({said})" if said else "")


def print_status(status: "Status") -> None:
    """Print how feeds are."""
    console = wide_console()
    table = _table(
        f"フィード feeds ({status.at:%Y-%m-%d %H:%M} UTC)",
        ("名前 name", "状態 health", "最後の成功 last success"),
        ("遅れ lag", "連続失敗 failures", "項目 entries", "待ち waiting", "読めず failed"),
    )
    for feed in status.feeds:
        table.add_row(
            escape(feed.name),
            _HEALTH[feed.health.value],
            moment(feed.last_success),
            _lag(feed),
            f"{feed.failures or '–'}",
            f"{feed.entries:,}",
            f"{feed.waiting or '–'}",
            f"{feed.failed or '–'}",
        )
    console.print(table)
    for feed in status.feeds:
        _print_details(console, feed, status.at)
    if status.notices_waiting:
        console.print(f"未送信の通知 messages not sent yet: {status.notices_waiting}")
    if status.last_run:
        run = status.last_run
        console.print(
            f"最後の実行 last run: {run['id']} {run['state']}, {run['started_at']:%Y-%m-%d %H:%M} "
            f"UTC, {run['seconds']:.1f} s (`torihiki runs show {run['id']}`)",
            highlight=False,
        )


def _print_details(console: Console, feed: "FeedStatus", at: datetime) -> None:
    if feed.health.value == "unlisted":
        return
    lines = [f"エラー error: {feed.error}"] if feed.error else []
    lines += [f"注意 warning: {warning}" for warning in feed.warnings]
    if feed.moved_to:
        lines.append(f"移転 moved for good to {feed.moved_to}: write that as its url")
    if feed.error and feed.next_poll and feed.next_poll > at:
        lines.append(f"次は next poll: {feed.next_poll:%Y-%m-%d %H:%M} UTC")
    for line in lines:
        console.print(f"  {feed.name}: {line}", markup=False, highlight=False)


def _lag(feed: "FeedStatus") -> str:
    if feed.lag_seconds is None:
        return "–"
    return "0" if feed.lag_seconds < 1 else str(timedelta(seconds=round(feed.lag_seconds)))


def moment(at: datetime | None) -> str:
    """A time in UTC to the minute."""
    return f"{at:%Y-%m-%d %H:%M}" if at else "–"
