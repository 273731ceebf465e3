"""`torihiki feeds`: the list of feeds, and what is wrong with one."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.run_feeds import DEFAULT_FILE, FeedsFileOption, warn_of_contact
from pipeline.errors import Quarantined, SettingsError

if TYPE_CHECKING:
    from flows.feedcheck import Check
    from pipeline.ingest.feedlist import Feed, FeedList

feeds_app = typer.Typer(
    help="フィードの一覧を管理する · The list of feeds: add, check, switch off.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME|URL", help="名前か URL · a feed's name or URL.")]


@feeds_app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="フィードの URL · the feed's URL.")],
    feeds: FeedsFileOption = DEFAULT_FILE,
    name: Annotated[
        str | None, typer.Option(help="名前（既定はホスト名） · its name; the host's if not given.")
    ] = None,
    interval: Annotated[
        str | None, typer.Option(metavar="15m", help="間隔 · how often: 90s, 15m, 2h, 1d.")
    ] = None,
    content: Annotated[
        str | None,
        typer.Option(metavar="auto|feed|page", help="本文の取得元 · where the text is taken from."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="文字コード（誤りの時だけ） · only where it is told wrong.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="先に読んでみる · read it first; add it only where that goes well."
        ),
    ] = False,
) -> None:
    """フィードを加える · Add a feed to the list; one that is there already is left alone.

    Nobody is asked, unless with `--check`.

    Example: `torihiki feeds add https://news.example/rss --name 市場だより --interval 30m`
    """
    from pipeline.ingest.feedlist import add_feeds

    feed = _feed(url, name, interval=interval, content=content, encoding=encoding)
    if check:
        found = _checked(feed, _list_or_none(feeds), show=5)
        _print(found, as_json=False)
        if found.problem:
            raise typer.Exit(1)
    added, there = add_feeds(feeds, [feed])
    for one in added:
        print(f"{feeds}: 追加 added {one.name}  {one.url}")
    for one in there:
        print(f"{feeds}: すでにあります · is there already: {one.url}")
    if added and not check:
        print(f"`torihiki feeds check {json.dumps(added[0].name, ensure_ascii=False)}`")


@feeds_app.command("list")
def list_feeds(
    feeds: FeedsFileOption = DEFAULT_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="一行一件の JSON · JSON lines.")] = False,
) -> None:
    """一覧を示す · Show the list. `torihiki status` shows how the feeds are.

    Example: `torihiki feeds list --json`
    """
    from pipeline.cli.feed_tables import print_feeds
    from pipeline.ingest.feedlist import load_feeds

    listed = load_feeds(feeds)
    if as_json:
        for feed in listed.feed:
            print(json.dumps(_as_json(feed), ensure_ascii=False))
    elif listed.feed:
        print_feeds(listed.feed)
    else:
        print(f"{feeds}: フィードはありません · no feeds; `torihiki feeds add URL` adds one")


@feeds_app.command("check")
def check_feed(
    feed: Name,
    feeds: FeedsFileOption = DEFAULT_FILE,
    show: Annotated[int, typer.Option(min=0, help="示す項目の数 · how many entries to show.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で · as JSON.")] = False,
) -> None:
    """読んでみる：形式・文字コード・項目・おかしな点 · Say what would be read of a feed, in which
    encoding, how many entries, and what is wrong. Writes nothing.

    A URL need not be in the list. Exit status 1 where it cannot be read.

    Example: `torihiki feeds check https://news.example/rss`
    """  # noqa: D205 - the two languages make one summary
    listed = _list_or_none(feeds)
    chosen = listed.find(feed) if listed else None
    if chosen is None:
        if "://" not in feed:
            names = ", ".join(one.name for one in listed.feed) if listed else "none"
            msg = f"{feeds}: no feed {feed!r}; there are: {names}. Give one of them, or a URL"
            raise SettingsError(msg)
        chosen = _feed(feed, None)
    found = _checked(chosen, listed, show=show)
    _print(found, as_json=as_json)
    if found.problem:
        raise typer.Exit(1)


@feeds_app.command("import")
def import_opml(
    file: Annotated[
        str, typer.Argument(metavar="OPML", help="OPML ファイル、または `-` · a file, or `-`.")
    ],
    feeds: FeedsFileOption = DEFAULT_FILE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="書かずに示す · show, write nothing.")
    ] = False,
) -> None:
    """ほかのリーダーの OPML から加える · Add the feeds of an OPML file; folders are flattened.

    Exit status 1 where some of them cannot be used; the others are added.

    Example: `torihiki feeds import subscriptions.opml --dry-run`
    """
    from pipeline.ingest.feedlist import Feed, add_feeds
    from pipeline.ingest.feedopml import parse_opml

    items = list(parse_opml(_read(file), source=file))
    wanted = [item for item in items if isinstance(item, Feed)]
    broken = [item for item in items if isinstance(item, Quarantined)]
    if dry_run:
        for feed in wanted:
            print(f"{feed.name}  {feed.url}")
        print(f"何も書いていません · dry run: {len(wanted)} feeds in {file}")
    else:
        added, there = add_feeds(feeds, wanted)
        for feed in added:
            print(f"{feed.name}  {feed.url}")
        print(f"{feeds}: 追加 added {len(added)}, すでにあり there already {len(there)}")
    for item in broken:
        print(f"torihiki: {item.source}: {item.reason}", file=sys.stderr)
    if broken or not items:
        if not items:
            print(f"torihiki: {file}: no feeds in it (no outline has xmlUrl)", file=sys.stderr)
        raise typer.Exit(1)


@feeds_app.command("disable")
def disable(feed: Name, feeds: FeedsFileOption = DEFAULT_FILE) -> None:
    """読むのをやめる（一覧には残る） · Stop reading a feed; it stays in the list.

    Example: `torihiki feeds disable 市場だより`
    """
    _switch(feeds, feed, enabled=False)


@feeds_app.command("enable")
def enable(feed: Name, feeds: FeedsFileOption = DEFAULT_FILE) -> None:
    """また読む · Read a feed again.

    Example: `torihiki feeds enable 市場だより`
    """
    _switch(feeds, feed, enabled=True)


@feeds_app.command("remove")
def remove(feed: Name, feeds: FeedsFileOption = DEFAULT_FILE) -> None:
    """一覧から消す（読んだ記事は残る） · Take a feed out of the list; what was read of it stays.

    Example: `torihiki feeds remove 市場だより`
    """
    from pipeline.ingest.feedlist import change_feed

    gone = change_feed(feeds, feed, enabled=None, remove=True)
    print(f"{feeds}: 削除 removed {gone.name}  {gone.url}")


def _switch(file: Path, name: str, *, enabled: bool) -> None:
    from pipeline.ingest.feedlist import change_feed

    before = change_feed(file, name, enabled=enabled)
    what = "有効 enabled" if enabled else "停止 disabled"
    already = "（すでに already）" if before.enabled == enabled else ""
    print(f"{file}: {what}{already} {before.name}  {before.url}")


def _feed(url: str, name: str | None, **options: Any) -> "Feed":
    import httpx
    from pydantic import ValidationError

    from pipeline.ingest.feedopml import make_feed

    given = {key: value for key, value in options.items() if value is not None}
    try:
        return make_feed(url, name, **given)
    except ValidationError as error:
        faults = "; ".join(
            ": ".join([*(str(part) for part in fault["loc"]), _plain(fault["msg"])])
            for fault in error.errors()
        )
        raise SettingsError(faults) from error
    except httpx.InvalidURL as error:
        msg = f"{url!r} is no URL ({error}); write http://HOST/PATH"
        raise SettingsError(msg) from error


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _list_or_none(file: Path) -> "FeedList | None":
    from pipeline.ingest.feedlist import load_feeds

    return load_feeds(file) if file.exists() else None


def _checked(feed: "Feed", listed: "FeedList | None", *, show: int) -> "Check":
    from flows.feedcheck import check
    from flows.feeddesk import make_fetcher
    from pipeline.ingest.feedlist import FetchSection
    from pipeline.ingest.feedphrases import load_phrases
    from pipeline.settings import load_settings
    from pipeline.store.rows import now

    warn_of_contact()
    settings = load_settings()
    section = listed.fetch if listed else FetchSection()
    with make_fetcher(settings, section) as fetcher:
        return check(feed, fetcher, load_phrases(settings.models_dir), now(), show=show)


def _print(found: "Check", *, as_json: bool) -> None:
    from pipeline.cli.feed_tables import print_check

    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        print_check(found)


def _as_json(feed: "Feed") -> dict[str, Any]:
    from datetime import timedelta

    from pipeline.ingest.feedlist import duration_text

    return {
        name: duration_text(value) if isinstance(value, timedelta) else value
        for name, value in feed.model_dump().items()
    }


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        msg = f"{file}: cannot be read ({error.strerror}); check the path"
        raise SettingsError(msg) from error


def register(app: typer.Typer) -> None:
    """Add the group `feeds`."""
    app.add_typer(feeds_app, name="feeds")
