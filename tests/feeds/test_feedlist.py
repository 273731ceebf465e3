"""feeds.toml is read strictly and edited without losing a comment; OPML comes into it."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import IngestError, Quarantined, SettingsError
from pipeline.ingest.feedlist import (
    Content,
    Feed,
    add_feeds,
    change_feed,
    duration_text,
    load_feeds,
    parse_duration,
    parse_feeds,
)
from pipeline.ingest.feedopml import make_feed, parse_opml

FILE = """\
# our feeds
[fetch]
host_interval = "2s"  # gently

[[feed]]
name = "市場だより"  # the best
url = "https://news.example/rss"
interval = "30m"
content = "page"
include = ["*/news/*"]
exclude = ["*/news/pr/*"]

[[feed]]
name = "工場ニュース"
url = "https://fab.example/atom"
enabled = false
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_file_is_read_with_its_options(file: Path) -> None:
    listed = load_feeds(file)
    market, fab = listed.feed
    assert (market.name, market.interval, market.content) == (
        "市場だより",
        timedelta(minutes=30),
        Content.PAGE,
    )
    assert (fab.enabled, fab.interval, fab.robots) == (False, timedelta(minutes=15), True)
    assert listed.fetch.host_interval == timedelta(seconds=2)
    assert listed.notify is None
    assert (
        listed.find("工場ニュース") == listed.find("https://fab.example/atom?utm_source=x") == fab
    )
    assert listed.find("nobody") is None


@pytest.mark.parametrize(
    ("url", "wanted"),
    [("https://n.example/news/1", True), ("https://n.example/news/pr/1", False),
     ("https://n.example/ads/1", False), (None, False)],
)  # fmt: skip
def test_include_and_exclude_choose_articles(file: Path, url: str | None, *, wanted: bool) -> None:
    assert load_feeds(file).feed[0].wants(url) == wanted


ONE = '[[feed]]\nname = "a"\nurl = "https://a.example/"\n\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[[feed]\n", ["f.toml", "line 1"], id="no TOML"),
        pytest.param(ONE + "[[feed]]\nname = 'b'\n", ["f.toml:5", "feed.url", "required"], id="no url"),
        pytest.param(ONE + "[[feed]]\nurl = 'https://b.example'\nname = ''\n", ["f.toml:5", "feed.name"], id="no name"),
        pytest.param(ONE + "intervall = '1h'\n", ["f.toml:1", "feed.intervall", "no such option"], id="misspelt"),
        pytest.param(ONE + "interval = 15\n", ["feed.interval", '"15m"'], id="number for a time"),
        pytest.param(ONE + "interval = '0m'\n", ["feed.interval"], id="no time at all"),
        pytest.param(ONE + "encoding = 'sjiss'\n", ["feed.encoding", "cp932"], id="no encoding"),
        pytest.param(ONE + "content = 'both'\n", ["feed.content", "'auto'"], id="no such content"),
        pytest.param(ONE + "enabled = 'no'\n", ["feed.enabled"], id="word for a switch"),
        pytest.param(ONE.replace("https", "ftp"), ["only http and https"], id="ftp"),
        pytest.param(ONE.replace("//a", "//u:p@a"), ["password"], id="password"),
        pytest.param(ONE + ONE, ["f.toml:5", "stands in line 1 already"], id="name twice"),
        pytest.param(ONE + ONE.replace('"a"', '"b"') , ["f.toml:5", "feed.url"], id="url twice"),
        pytest.param("[fetch]\nhost_at_once = 0\n", ["fetch.host_at_once"], id="nobody at once"),
        pytest.param("[notify]\nformat = 'slack'\n", ["notify.webhook"], id="no webhook"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_with_its_place(text: str, says: list[str]) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_feeds(text, "f.toml")
    assert all(part in str(refused.value) for part in says)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="torihiki feeds add"):
        load_feeds(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), ("1.5h", 5400), (" 5 m ", 300)],
)
def test_lengths_of_time_are_read_and_written(text: str, seconds: int) -> None:
    length = parse_duration(text)
    assert length.total_seconds() == seconds
    assert parse_duration(duration_text(length)) == length


def test_feeds_are_added_and_comments_stay(file: Path) -> None:
    new = make_feed("https://c.example/feed", "市場だより", interval="1h", content="feed")
    again = make_feed("https://news.example/rss?utm_medium=feed", "another name")
    added, there = add_feeds(file, [new, again, new])
    assert [feed.name for feed in added] == ["市場だより 2"]
    assert there == [again, new]
    text = file.read_text(encoding="utf-8")
    assert text.startswith(FILE.rstrip())
    listed = load_feeds(file).feed
    assert (listed[2].interval, listed[2].content) == (timedelta(hours=1), Content.FEED)


def test_the_first_feed_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "feeds.toml"
    add_feeds(path, [make_feed("https://a.example/feed", None)])
    assert [feed.name for feed in load_feeds(path).feed] == ["a.example"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_feed_is_switched_off_and_on_again_and_taken_out(file: Path) -> None:
    change_feed(file, "市場だより", enabled=False)
    assert [feed.enabled for feed in load_feeds(file).feed] == [False, False]
    change_feed(file, "市場だより", enabled=True)
    change_feed(file, "https://fab.example/atom", enabled=True)
    assert [feed.enabled for feed in load_feeds(file).feed] == [True, True]
    assert file.read_text(encoding="utf-8") == FILE.replace("enabled = false\n", "")
    change_feed(file, "市場だより", enabled=None, remove=True)
    assert [feed.name for feed in load_feeds(file).feed] == ["工場ニュース"]
    assert "# our feeds" in file.read_text(encoding="utf-8")
    with pytest.raises(SettingsError, match="there are: 工場ニュース"):
        change_feed(file, "市場だより", enabled=False)


def test_a_file_that_is_broken_is_not_touched(file: Path) -> None:
    file.write_text(FILE + "[[feed]]\n", encoding="utf-8")
    with pytest.raises(SettingsError):
        add_feeds(file, [make_feed("https://c.example/", None)])
    assert file.read_text(encoding="utf-8") == FILE + "[[feed]]\n"


OPML = """<?xml version="1.0" encoding="{0}"?><opml version="2.0"><body>
<outline text="半導体"><outline type="rss" text="髙木商会㈱" xmlUrl="https://a.example/rss"/>
<outline xmlurl="https://b.example/atom" title="工場"/></outline>
<outline text="folder only"/><outline xmlUrl="javascript:x" text="broken"/></body></opml>"""


@pytest.mark.parametrize(("name", "codec"), [("utf-8", "utf-8"), ("Shift_JIS", "cp932")])
def test_opml_is_read_with_its_folders_flattened(name: str, codec: str) -> None:
    found = list(parse_opml(OPML.format(name).encode(codec), source="my.opml"))
    feeds = [item for item in found if isinstance(item, Feed)]
    assert [(feed.name, feed.url) for feed in feeds] == [
        ("髙木商会㈱", "https://a.example/rss"),
        ("工場", "https://b.example/atom"),
    ]
    (broken,) = (item for item in found if isinstance(item, Quarantined))
    assert "only http and https" in broken.reason


@pytest.mark.parametrize(
    "data",
    [b"<rss/>", b"not xml", b'<!DOCTYPE opml [<!ENTITY a "b">]><opml/>', b"<opml>"],
    ids=["rss", "text", "entities", "broken"],
)
def test_what_is_no_opml_is_told(data: bytes) -> None:
    with pytest.raises(IngestError, match=r"my\.opml"):
        list(parse_opml(data, source="my.opml"))
