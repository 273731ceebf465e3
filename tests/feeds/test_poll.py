"""Feeds that misbehave, each in its way: polled into a database, SQLite and PostgreSQL."""

import gzip
import hashlib
import time
from collections.abc import Iterator

import pytest

from flows.feedreport import Ended
from pipeline.ingest.feedschedule import BREAKS_AFTER
from tests.feeds.newsroom import START, Newsroom, item, page, rss, story
from tests.feeds.site import Answer, Asked, Site


def good(room: Newsroom, path: str = "/good", first: int = 1) -> None:
    """Serve a feed of three whole stories."""
    room.site.page(path, rss(*(item(n) for n in range(first, first + 3))))


def test_a_good_feed_is_read_completely_and_twice_gives_nothing_new(newsroom: Newsroom) -> None:
    good(newsroom)
    feed = newsroom.feed("/good")
    report = newsroom.work(feed)
    assert (report.ended, report.entries, report.new, report.articles) == (Ended.READ, 3, 3, 3)
    assert newsroom.amounts() == [1, 2, 3]
    assert newsroom.states() == ["done"] * 3
    again = newsroom.work(feed)
    assert (again.ended, again.new, again.articles) == (Ended.UNCHANGED, 0, 0)
    assert newsroom.amounts() == [1, 2, 3]
    assert newsroom.attempts() == [1, 1, 1]
    state = newsroom.state(feed)
    assert (state.format, state.encoding, state.failures, state.error) == (
        "RSS 2.0",
        "utf-8",
        0,
        None,
    )


def test_304_is_taken_for_an_answer(newsroom: Newsroom) -> None:
    def serve(asked: Asked) -> Answer:
        if asked.headers.get("if-none-match") == '"1"':
            return Answer(status=304, headers={"Cache-Control": "max-age=600"})
        return Answer(rss(item(1)).encode(), headers={"ETag": '"1"'})

    newsroom.site.pages["/feed"] = serve
    feed = newsroom.feed("/feed")
    assert newsroom.work(feed).ended is Ended.READ
    newsroom.clock.move(minutes=20)
    report = newsroom.work(feed)
    assert (report.ended, report.entries) == (Ended.UNCHANGED, 1)
    state = newsroom.state(feed)
    assert state.fresh_until is not None
    assert (state.fresh_until - newsroom.clock()).total_seconds() == 600
    assert newsroom.attempts() == [1]


def test_a_301_chain_is_followed_and_told(newsroom: Newsroom) -> None:
    site = newsroom.site
    site.page("/old", status=301, location="/older").page("/older", status=308, location="/good")
    good(newsroom)
    feed = newsroom.feed("/old")
    assert newsroom.work(feed).articles == 3
    assert newsroom.state(feed).moved_to == f"{site.url}/good"


def test_429_pauses_the_feed_and_is_no_failure(newsroom: Newsroom) -> None:
    newsroom.site.page("/busy", status=429, retry_after="600")
    feed = newsroom.feed("/busy")
    report = newsroom.work(feed)
    state = newsroom.state(feed)
    assert (report.ended, state.failures) == (Ended.PAUSED, 0)
    assert state.paused_until is not None
    assert (state.paused_until - START).total_seconds() == 600
    newsroom.work(feed)
    assert len(newsroom.site.calls("/busy")) == 1, "not asked again before the time"
    newsroom.clock.move(minutes=11)
    newsroom.site.page("/busy", rss(item(1)))
    assert newsroom.work(feed).articles == 1
    assert newsroom.state(feed).paused_until is None


def test_500_then_fine(newsroom: Newsroom) -> None:
    newsroom.site.page("/shaky", status=500)
    feed = newsroom.feed("/shaky")
    report = newsroom.work(feed)
    assert (report.ended, newsroom.state(feed).failures) == (Ended.FAILED, 1)
    assert "500" in (report.reason or "")
    newsroom.site.page("/shaky", rss(item(1)))
    assert newsroom.work(feed).articles == 1
    state = newsroom.state(feed)
    assert (state.failures, state.failing_since, state.error) == (0, None, None)


def endless() -> Iterator[bytes]:
    yield rss(item(1)).encode()
    while True:
        yield b"<!-- -->" * 10_000


def drip() -> Iterator[bytes]:
    for byte in rss(item(1)).encode():
        yield bytes([byte])
        time.sleep(0.05)


BILLION = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
XXE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(Answer(chunks=endless), "larger than", id="endless body"),
        pytest.param(Answer(chunks=drip), "no whole answer", id="slow drip"),
        pytest.param(Answer(rss(item(1), head=BILLION).encode()), "defines entities", id="billion laughs"),
        pytest.param(Answer(rss(item(1, title="&x;"), head=XXE).encode()), "defines entities", id="XXE"),
        pytest.param(Answer(b"<html><p>404"), "HTML page", id="page in its place"),
        pytest.param(Answer(b""), "empty", id="nothing"),
        pytest.param(Answer(status=302, headers={"Location": "http://169.254.169.254/latest"}), "169.254.169.254 is not a public address", id="redirect to metadata"),
        pytest.param(Answer(gzip.compress(b"\0" * 20_000_000), headers={"Content-Encoding": "gzip"}), "larger than", id="gzip bomb"),
        pytest.param(Answer(status=304), "304", id="304 unasked"),
        pytest.param(Answer(status=410), "410", id="gone"),
    ],
)  # fmt: skip
def test_a_feed_that_cannot_be_read_fails_alone(
    newsroom: Newsroom, answer: Answer, says: str
) -> None:
    good(newsroom)
    newsroom.site.pages["/bad"] = lambda _: answer
    bad, fine = newsroom.feed("/bad"), newsroom.feed("/good")
    began = time.monotonic()
    report = newsroom.work(bad)
    assert time.monotonic() - began < 8
    assert (report.ended, newsroom.state(bad).failures) == (Ended.FAILED, 1)
    assert says in (report.reason or "")
    assert says in (newsroom.state(bad).error or "")
    assert newsroom.rows(bad) == []
    assert newsroom.work(fine).articles == 3


def test_no_request_goes_to_a_forbidden_address(newsroom: Newsroom, forbidden: Site) -> None:
    """Not by a redirect of the feed, nor by a link, a redirect or canonical address of a page."""
    site = newsroom.site
    site.page("/moved", status=302, location=f"{forbidden.url}/feed")
    site.page("/out", status=307, location=f"{forbidden.url}/page")
    canonical = f'<link rel="canonical" href="{forbidden.url}/canonical">'
    site.page("/3", page(3, head=canonical), content_type="text/html")
    links = (f"{forbidden.url}/direct", "/out", "/3")
    site.page("/feed", rss(*(item(n, link=link, body="短報") for n, link in enumerate(links, 1))))
    assert newsroom.work(newsroom.feed("/moved")).ended is Ended.FAILED
    report = newsroom.work(newsroom.feed("/feed"))
    assert (report.ended, report.partial, report.articles) == (Ended.READ, 2, 3)
    assert len(report.problems) == 2
    assert all("not a public address" in reason for _, reason in report.problems)
    assert newsroom.amounts() == [3]


@pytest.mark.parametrize(
    ("stated", "codec"),
    [("utf-8", "cp932"), ("Shift_JIS", "cp932"), ("EUC-JP", "utf-8"), ("utf-8", "utf-16")],
)
def test_a_wrong_charset_is_read_right(newsroom: Newsroom, stated: str, codec: str) -> None:
    body = "髙木商会㈱は①号棟の装置を7億円で購入した。" + "髙島屋も㈱だ。" * 120
    data = rss(item(7, body=body), encoding=stated).encode(codec)
    newsroom.site.page("/sjis", data, content_type=f"text/xml; charset={stated}")
    newsroom.work(newsroom.feed("/sjis"))
    assert "髙木商会㈱は①号棟" in newsroom.texts()[0]
    assert newsroom.amounts() == [7]


def test_malformed_xml_brings_the_entries_that_are_whole(newsroom: Newsroom) -> None:
    broken = "<item><title>折れた記事</title><description>続く</item>"
    newsroom.site.page("/broken", rss(item(1), broken, item(2)) + "<oops")
    feed = newsroom.feed("/broken")
    report = newsroom.work(feed)
    assert report.ended is Ended.READ
    assert newsroom.amounts() == [1, 2]
    assert any("malformed" in warning for warning in newsroom.state(feed).warnings)


def test_an_entry_that_changes_becomes_a_new_version(newsroom: Newsroom) -> None:
    newsroom.site.page("/live", rss(item(5), item(6)))
    feed = newsroom.feed("/live")
    newsroom.work(feed)
    changed = story(5).replace("5億円", "50億円")
    newsroom.site.page("/live", rss(item(5, body=changed), item(6)))
    report = newsroom.work(feed)
    assert (report.new, report.changed, report.articles, report.versions) == (0, 1, 1, 1)
    assert newsroom.amounts() == [6, 50], "the old version's record is withdrawn"
    assert sorted(row.versions for row in newsroom.rows()) == [1, 2]
    assert newsroom.states() == ["done", "done"]
    assert newsroom.work(feed).ended is Ended.UNCHANGED
    # The correction is taken back: the first version is current again.
    newsroom.site.page("/live", rss(item(5), item(6)))
    newsroom.work(feed)
    assert newsroom.amounts() == [5, 6]
    assert newsroom.attempts() == [1, 1, 1], "what was extracted is not extracted again"


def test_an_entry_replaced_by_another_story_takes_nothing_away(newsroom: Newsroom) -> None:
    newsroom.site.page("/daily", rss(item(1, guid="today", link="/today", title="朝の便")))
    feed = newsroom.feed("/daily")
    newsroom.work(feed)
    newsroom.site.page("/daily", rss(item(2, guid="today", link="/today", title="夕方の便り")))
    report = newsroom.work(feed)
    assert (report.changed, report.versions) == (1, 0)
    assert newsroom.amounts() == [1, 2]


def test_entries_that_vanish_stay(newsroom: Newsroom) -> None:
    newsroom.site.page("/roll", rss(item(1), item(2)))
    feed = newsroom.feed("/roll")
    newsroom.work(feed)
    newsroom.site.page("/roll", rss(item(3)))
    newsroom.work(feed)
    newsroom.site.page("/roll", rss(item(1), item(3)))
    report = newsroom.work(feed)
    assert (report.new, report.articles) == (0, 0)
    assert newsroom.amounts() == [1, 2, 3]


def test_an_entry_that_vanishes_before_its_page_is_had_is_read_all_the_same(
    newsroom: Newsroom,
) -> None:
    newsroom.site.page("/roll", rss(item(1, body="")))
    newsroom.site.page("/story/1", status=502)
    feed = newsroom.feed("/roll")
    newsroom.work(feed)
    newsroom.site.page("/roll", rss(item(2)))
    newsroom.site.page("/story/1", page(1), content_type="text/html")
    newsroom.clock.move(hours=1)
    newsroom.work(feed)
    assert newsroom.amounts() == [1, 2]


def test_guids_that_repeat_keep_their_stories_apart(newsroom: Newsroom) -> None:
    stories = [item(n, guid="same", link="/") for n in range(1, 5)]
    newsroom.site.page("/guids", rss(*stories, stories[0]))
    feed = newsroom.feed("/guids")
    report = newsroom.work(feed)
    assert (report.new, report.repeated) == (4, 1)
    assert newsroom.amounts() == [1, 2, 3, 4]
    newsroom.site.page("/guids", rss(item(5, guid="same", link="/"), *stories[::-1]))
    report = newsroom.work(feed)
    assert (report.new, report.changed) == (1, 0)
    assert newsroom.amounts() == [1, 2, 3, 4, 5]


def test_a_feed_of_ten_thousand_entries_is_read_completely(newsroom: Newsroom) -> None:
    def short(n: int) -> str:
        deal = f"青空電機は装置を{n}億円で購入した。" if n % 100 == 0 else ""
        return item(n, link="", body=f"第{n}報である。{deal}{hashlib.sha256(bytes(n)).hexdigest()}")

    items = [short(n) for n in range(1, 10_001)]
    newsroom.site.page("/huge", rss(*items))
    feed = newsroom.feed("/huge")
    report = newsroom.poll(feed)
    assert (report.entries, report.new, report.articles, report.waiting) == (10_000,) * 3 + (0,)
    assert newsroom.extract() == 10_000
    assert set(newsroom.states()) == {"done"}
    newsroom.site.page("/huge", rss(item(20_000), *items[1:]))
    again = newsroom.work(feed)
    assert (again.new, again.changed, again.articles) == (1, 0, 1)
    assert newsroom.amounts() == [*range(100, 10_001, 100), 20_000]


def test_a_feed_that_fails_again_and_again_rests_longer_each_time(newsroom: Newsroom) -> None:
    newsroom.site.page("/dead", status=500)
    feed = newsroom.feed("/dead", interval="10m")
    waits = []
    for _ in range(BREAKS_AFTER + 2):
        newsroom.work(feed)
        state = newsroom.state(feed)
        assert state.next_at is not None
        waits.append((state.next_at - newsroom.clock()).total_seconds() / 600)
        newsroom.clock.at = state.next_at
    assert [round(wait / 1.05) for wait in waits] == [1] * (BREAKS_AFTER - 1) + [2, 4, 8]


def test_two_runs_do_not_poll_one_feed_at_once(newsroom: Newsroom) -> None:
    good(newsroom)
    feed = newsroom.feed("/good")
    other = newsroom.other_run()
    feed_id = newsroom.state(feed).id
    assert other.feeds.hold(feed_id, other.run_id, newsroom.store.runs.living())
    report = newsroom.poll(feed)
    assert (report.ended, newsroom.site.calls("/good")) == (Ended.BUSY, [])
    # The other run ends without a word: its hold ends with it.
    newsroom.store.runs.finish(other.run_id, state="interrupted", counts={})
    assert newsroom.poll(feed).articles == 3


def test_options_that_change_make_the_document_be_read_again(newsroom: Newsroom) -> None:
    def serve(asked: Asked) -> Answer:
        known = asked.headers.get("if-none-match")
        return (
            Answer(status=304) if known else Answer(rss(item(1)).encode(), headers={"ETag": '"1"'})
        )

    newsroom.site.pages["/feed"] = serve
    newsroom.work(newsroom.feed("/feed", exclude=["*/story/*"]))
    assert newsroom.states() == ["skipped"]
    report = newsroom.work(newsroom.feed("/feed"))
    assert report.ended is Ended.READ
    assert newsroom.site.calls("/feed")[1].headers.get("if-none-match") is None


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        pytest.param({"include": ["*/story/1"]}, [1], id="include"),
        pytest.param({"exclude": ["*/story/1"]}, [2, 3], id="exclude"),
        pytest.param({"max_age": "1h"}, [], id="too old"),
        pytest.param({"max_age": "30d"}, [1, 2, 3], id="young enough"),
    ],
)
def test_the_users_options_leave_entries_out(
    newsroom: Newsroom, options: dict[str, object], kept: list[int]
) -> None:
    good(newsroom)
    newsroom.clock.move(days=1)
    report = newsroom.work(newsroom.feed("/good", **options))
    assert (report.new, report.left_out) == (3, 3 - len(kept))
    assert newsroom.amounts() == kept
