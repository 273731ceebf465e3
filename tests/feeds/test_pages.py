"""Entries whose text is on a page: fetched, put off, walled, canonical, shared between feeds."""

from typing import Any

import pytest

from flows.feedreport import Ended
from flows.feedstock import MAX_ATTEMPTS
from pipeline.record import Slot
from tests.feeds.newsroom import Newsroom, item, page, rss, story
from tests.feeds.site import Answer, Asked

HTML: Any = {"content_type": "text/html; charset=utf-8"}


def brief(number: int, **options: str) -> str:
    """An item that leaves its story to its page."""
    return item(number, **({"body": "続きはサイトで…"} | options))


def test_the_pages_text_is_taken_where_the_feed_has_a_summary(newsroom: Newsroom) -> None:
    site = newsroom.site
    site.page("/feed", rss(brief(1), brief(2), brief(3)))
    for number in (1, 2, 3):
        site.page(f"/story/{number}", page(number), **HTML)
    feed = newsroom.feed("/feed")
    report = newsroom.work(feed)
    assert (report.pages, report.articles, report.partial) == (3, 3, 0)
    assert newsroom.amounts() == [1, 2, 3]
    assert {row.access for row in newsroom.rows()} == {"full"}
    newsroom.work(feed)
    assert len(site.calls("/story/1")) == 1, "a page is fetched once"


def test_tracking_parameters_are_not_asked_for(newsroom: Newsroom) -> None:
    newsroom.site.page("/feed", rss(brief(1, link="/story/1?utm_source=rss&amp;id=7#top")))
    newsroom.site.page("/story/1", page(1), **HTML)
    newsroom.work(newsroom.feed("/feed"))
    assert [asked.path for asked in newsroom.site.calls("/story/1")] == ["/story/1?id=7"]


@pytest.mark.parametrize("status", [502, 500])
def test_a_page_that_fails_is_tried_again_and_the_feeds_words_stand_until_then(
    newsroom: Newsroom, status: int
) -> None:
    newsroom.site.page("/feed", rss(brief(1, body="青空電機は装置を9億円で購入した…")))
    newsroom.site.page("/story/1", status=status)
    feed = newsroom.feed("/feed")
    report = newsroom.work(feed)
    assert (report.partial, report.put_off, report.articles) == (1, 1, 1)
    assert newsroom.amounts() == [9]
    newsroom.work(feed)
    assert len(newsroom.site.calls("/story/1")) == 1, "not before its time"
    newsroom.clock.move(minutes=6)
    newsroom.site.page("/story/1", page(1), **HTML)
    report = newsroom.work(feed)
    assert (report.articles, report.versions) == (1, 1)
    assert newsroom.amounts() == [1], "the whole text takes the place of the part"
    (row,) = newsroom.rows()
    assert (row.state, row.access, row.due_at, row.payload) == ("done", "full", None, None)


def test_a_page_is_given_up_after_some_attempts(newsroom: Newsroom) -> None:
    newsroom.site.page("/feed", rss(brief(1), item(2, title="", body="", link="/story/2")))
    newsroom.site.page("/story/1", status=502).page("/story/2", status=502)
    feed = newsroom.feed("/feed")
    for _ in range(MAX_ATTEMPTS + 2):
        newsroom.work(feed)
        newsroom.clock.move(days=1)
    assert len(newsroom.site.calls("/story/1")) == MAX_ATTEMPTS
    told, untold = newsroom.rows()
    assert (told.state, told.access, told.due_at) == ("done", "partial", None)
    assert (untold.state, untold.due_at) == ("failed", None)
    assert "502" in untold.reason
    aside = list(newsroom.store.quarantine.open_items())
    assert [one.source.rpartition("/")[2] for one in aside] == ["2"]


def test_a_dead_page_host_does_not_hold_up_the_feed(newsroom: Newsroom) -> None:
    newsroom.site.page("/feed", rss(*(brief(n) for n in range(1, 9))))
    for number in range(1, 9):
        newsroom.site.page(f"/story/{number}", status=502)
    feed = newsroom.feed("/feed")
    report = newsroom.work(feed)
    assert (report.ended, report.put_off, report.waiting) == (Ended.READ, 3, 5)
    assert sum(len(newsroom.site.calls(f"/story/{n}")) for n in range(1, 9)) == 3


def test_so_many_pages_are_fetched_at_one_poll_the_newest_first(newsroom: Newsroom) -> None:
    newsroom.site.page("/feed", rss(*(brief(n) for n in range(1, 6))))
    for number in range(1, 6):
        newsroom.site.page(f"/story/{number}", page(number), **HTML)
    feed = newsroom.feed("/feed", max_pages=2)
    report = newsroom.work(feed)
    assert (report.pages, report.waiting) == (2, 3)
    assert newsroom.amounts() == [4, 5]
    newsroom.work(feed)
    newsroom.work(feed)
    assert newsroom.amounts() == [1, 2, 3, 4, 5]
    assert newsroom.attempts() == [1] * 5


def test_a_host_that_asks_for_a_pause_gets_it_for_its_pages(newsroom: Newsroom) -> None:
    site = newsroom.site
    site.page("/feed", rss(brief(1), brief(2), brief(3)))
    for number in (1, 2, 3):
        site.page(f"/story/{number}", status=429, retry_after="900")
    feed = newsroom.feed("/feed")
    newsroom.work(feed)
    assert len(site.calls("/story/3")) == 1, "the newest was asked for, and no other after it"
    assert len(site.calls("/story/1")) + len(site.calls("/story/2")) == 0
    newsroom.work(feed)
    assert [len(site.calls(f"/story/{n}")) for n in (3, 2, 1)] == [1, 1, 0]
    asked = len(site.asked)
    newsroom.work(feed)
    assert len(site.asked) == asked, "a second page said so: the host is left alone, feed and all"
    newsroom.clock.move(minutes=16)
    for number in (1, 2, 3):
        site.page(f"/story/{number}", page(number), **HTML)
    newsroom.work(feed)
    assert newsroom.amounts() == [1, 2, 3]


@pytest.mark.parametrize(
    ("answer", "access", "reason"),
    [
        pytest.param(Answer(b"pay", 402), "paywalled", "402", id="402"),
        pytest.param(Answer(b"no", 403), "paywalled", "403", id="403"),
        pytest.param(Answer(b"no", 404), "partial", "404", id="404"),
        pytest.param(Answer(b"%PDF-1.7", headers={"Content-Type": "application/pdf"}), "partial", "application/pdf", id="PDF"),
        pytest.param(Answer(b"<html><script>x()</script>", headers={"Content-Type": "text/html"}), "empty", "no text", id="script only"),
        pytest.param(Answer("<article><p>青空電機は装置を購入した。</p><p>この記事は有料会員限定です</p>".encode(), headers={"Content-Type": "text/html"}), "paywalled", None, id="wall"),
    ],
)  # fmt: skip
def test_what_is_missing_of_an_article_is_marked(
    newsroom: Newsroom, answer: Answer, access: str, reason: str | None
) -> None:
    words = "青空電機は装置を9億円で購入した。詳細は明らかにしていない。来年から使う。"
    newsroom.site.page("/feed", rss(brief(1, body=words)))
    newsroom.site.pages["/story/1"] = lambda _: answer
    report = newsroom.work(newsroom.feed("/feed"))
    (row,) = newsroom.rows()
    assert (row.state, row.access, row.due_at) == ("done", access, None)
    assert (report.partial, report.paywalled, report.empty) == (
        access == "partial",
        access == "paywalled",
        access == "empty",
    )
    assert newsroom.amounts() == [9], "what the feed tells stands in"
    assert (reason or "") in (row.reason or "")


def test_a_page_that_robots_txt_closes_is_not_asked_for(newsroom: Newsroom) -> None:
    newsroom.site.page("/robots.txt", "User-agent: *\nDisallow: /story/\n")
    newsroom.site.page("/feed", rss(brief(1), brief(2, link="/open/2")))
    newsroom.site.page("/story/1", page(1), **HTML).page("/open/2", page(2), **HTML)
    feed = newsroom.feed("/feed")
    newsroom.work(feed)
    assert newsroom.site.calls("/story/1") == []
    assert newsroom.amounts() == [2]
    assert len(newsroom.site.calls("/robots.txt")) == 1
    newsroom.site.page("/feed", rss(brief(3)))
    newsroom.site.page("/story/3", page(3), **HTML)
    newsroom.work(newsroom.feed("/feed", robots=False))
    assert newsroom.amounts() == [2, 3], "the site's owner agreed"


def test_a_canonical_address_is_followed(newsroom: Newsroom) -> None:
    site = newsroom.site
    site.page("/feed", rss(brief(1, link="/amp/1")))
    site.page(
        "/amp/1", page(1, head='<link rel="canonical" href="/full/1">', body=story(1)[:500]), **HTML
    )
    site.page("/full/1", page(1, body=story(1, words="全文である。")), **HTML)
    newsroom.work(newsroom.feed("/feed"))
    (stored,) = newsroom.store.records.stream()
    assert stored.url == f"{site.url}/full/1"
    assert "全文である。" in newsroom.texts()[0]
    # Another feed links to the canonical address itself: nobody is asked for it again.
    site.page("/other", rss(brief(1, guid="x", link="/full/1")))
    report = newsroom.work(newsroom.feed("/other"))
    assert (report.known, report.pages, len(site.calls("/full/1"))) == (1, 0, 1)
    assert newsroom.attempts() == [1]


@pytest.mark.parametrize("status", [404, 502], ids=["gone", "out of order"])
def test_a_canonical_address_that_cannot_be_had_changes_nothing(
    newsroom: Newsroom, status: int
) -> None:
    newsroom.site.page("/feed", rss(brief(1)))
    newsroom.site.page("/story/1", page(1, head='<link rel="canonical" href="/full/1">'), **HTML)
    newsroom.site.page("/full/1", status=status)
    assert newsroom.work(newsroom.feed("/feed")).articles == 1
    assert newsroom.amounts() == [1]


def test_the_same_story_over_several_feeds_is_linked_and_extracted_once(
    newsroom: Newsroom,
) -> None:
    site, whole = newsroom.site, story(1)
    site.page("/one", rss(item(1, body=whole)))
    site.page("/two", rss(item(1, guid="b", link="/b", body=whole)))
    site.page("/three", rss(item(1, guid="c", link="/c", body=whole + "（共同）")))
    site.page("/four", rss(item(1, guid="d", link="/d", body=whole.replace("1億円", "8億円"))))
    reports = [newsroom.work(newsroom.feed(path)) for path in ("/one", "/two", "/three", "/four")]
    assert [(one.articles, one.known, one.copies) for one in reports] == [
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
        (1, 0, 0),
    ]
    assert newsroom.amounts() == [1, 8], "another amount is another story"
    assert newsroom.attempts() == [1, 1]
    first = newsroom.rows()[0].article_id
    sources = newsroom.store.articles.sources(first)
    assert [one["source"].rpartition("/")[2] for one in sources] == ["one", "two"]
    copy = newsroom.rows()[2].article_id
    assert newsroom.store.articles.originals([copy]) == {copy: first}
    assert newsroom.states() == ["done"] * 4


def test_a_page_said_to_be_updated_is_looked_at_again_but_not_all_the_time(
    newsroom: Newsroom,
) -> None:
    def sitemap(minute: int) -> str:
        place = f"{newsroom.site.url}/story/1"
        stamp = f"2026-11-24T10:{minute:02}:00+09:00"
        return f"<urlset><url><loc>{place}</loc><lastmod>{stamp}</lastmod></url></urlset>"

    site = newsroom.site
    site.page("/map.xml", sitemap(1)).page("/story/1", page(1), **HTML)
    feed = newsroom.feed("/map.xml")
    newsroom.work(feed)
    site.page("/map.xml", sitemap(2)).page(
        "/story/1", page(1, body=story(1, words="続報。")), **HTML
    )
    report = newsroom.work(feed)
    assert (report.changed, report.put_off, report.pages) == (1, 1, 0)
    newsroom.clock.move(minutes=31)
    report = newsroom.work(feed)
    assert (report.pages, report.versions) == (1, 1)
    assert "続報。" in newsroom.texts()[0]
    assert newsroom.amounts() == [1]


def test_a_human_decision_outlives_a_new_version(newsroom: Newsroom) -> None:
    import sqlalchemy as sa

    from pipeline.store.tables import records

    newsroom.site.page("/live", rss(item(5)))
    feed = newsroom.feed("/live")
    newsroom.work(feed)
    with newsroom.store.engine.begin() as connection:
        connection.execute(sa.update(records).values(state="accepted", human_state="accepted"))
    (before,) = newsroom.store.records.stream()
    newsroom.site.page("/live", rss(item(5, body=story(5, words="追記。"))))
    assert newsroom.work(feed).versions == 1
    after = newsroom.store.records.load(before.record.id)
    assert after == before
    assert after is not None
    assert after.record.evidence[Slot.AMOUNT] == before.record.evidence[Slot.AMOUNT]
    assert before.record.id in {one.record.id for one in newsroom.store.records.stream()}


def test_a_sitemap_index_is_read_with_its_latest_sitemaps(newsroom: Newsroom) -> None:
    import gzip

    site = newsroom.site
    place = f"<url><loc>{site.url}/story/1</loc></url>"
    site.page(
        "/index.xml",
        "<sitemapindex><sitemap><loc>/a.xml.gz</loc></sitemap><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>",
    )
    site.page(
        "/a.xml.gz",
        gzip.compress(f"<urlset>{place}</urlset>".encode()),
        content_type="application/gzip",
    )
    site.page("/b.xml", status=404).page("/story/1", page(1), **HTML)
    feed = newsroom.feed("/index.xml")
    report = newsroom.work(feed)
    assert (report.ended, report.new) == (Ended.READ, 1)
    assert any("/b.xml cannot be read" in warning for warning in report.warnings)
    assert newsroom.amounts() == [1]
    site.page("/a.xml.gz", f"<urlset>{place}<url><loc>{site.url}/story/2</loc></url></urlset>")
    site.page("/story/2", page(2), **HTML)
    newsroom.work(feed)
    assert newsroom.amounts() == [1, 2], "an index that is as it was may have sitemaps that are not"


def test_an_article_that_the_extractor_cannot_read_is_put_aside(newsroom: Newsroom) -> None:
    newsroom.site.page("/feed", rss(item(1), item(2, body="毒の記事" + story(2))))
    newsroom.work(newsroom.feed("/feed"))
    assert newsroom.amounts() == [1]
    assert sorted(newsroom.states()) == ["done", "failed"]


def test_what_a_killed_run_left_is_gone_on_with(newsroom: Newsroom) -> None:
    """Killed between the document and its articles, and between an article and its extraction."""
    newsroom.site.page("/feed", rss(item(1), brief(2)), etag='"1"')
    newsroom.site.page("/story/2", page(2), **HTML)
    feed = newsroom.feed("/feed")
    newsroom.desk.stopping.set()
    assert newsroom.poll(feed).new == 2
    assert newsroom.states() == ["waiting", "waiting"]
    newsroom.desk.stopping.clear()

    def unchanged(asked: Asked) -> Answer:
        assert asked.headers["if-none-match"] == '"1"'
        return Answer(status=304)

    newsroom.site.pages["/feed"] = unchanged
    assert newsroom.poll(feed).ended is Ended.UNCHANGED
    assert newsroom.states() == ["stored", "stored"]
    left = newsroom.desk.entries.unextracted()
    newsroom.extract()
    assert len(left) == 2
    assert newsroom.desk.entries.unextracted() == ()
    assert newsroom.amounts() == [1, 2]
    assert newsroom.attempts() == [1, 1]
