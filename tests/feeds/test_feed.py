"""Bytes of feeds of every kind, in every encoding, whole and broken, to entries."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.errors import IngestError
from pipeline.ingest.feed import find_feed_links, parse_feed
from pipeline.ingest.feedtypes import Entry, ParsedFeed

URL = "https://news.example/feed.xml"
JST = timezone(timedelta(hours=9))
TITLE = "㈱髙木商会、①号棟にHX200を3000個導入"
BODY = "髙木商会は5年間で約120億円を投じる。"


def rss(items: str, version: str = "2.0", encoding: str = "utf-8", head: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>{head}<rss version="{version}" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>市場だより'
        f"</title><link>https://news.example/</link>{items}</channel></rss>"
    )


def item(title: str = TITLE, body: str = BODY, guid: str = "g1", link: str = "/a1") -> str:
    return (
        f"<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{guid}</guid>"
        f"<description>{body}</description><pubDate>Tue, 24 Nov 2026 10:00:00 +0900</pubDate></item>"
    )


def parse(text: str | bytes, **options: str) -> ParsedFeed:
    data = text.encode() if isinstance(text, str) else text
    return parse_feed(data, url=URL, **options)


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>市場だより</title>
<entry><id>tag:news.example,2026:1</id><title type="html">&lt;b&gt;髙木商会&lt;/b&gt;が導入</title>
<link rel="self" href="/api/1"/><link rel="alternate" href="/a1?utm_source=atom&amp;p=2#top"/>
<summary>要約</summary><content type="html">&lt;p&gt;本文。髙木商会は120億円を投じる。&lt;/p&gt;</content>
<published>2026-11-24T10:00:00+09:00</published><updated>2026-11-24T12:30:00Z</updated></entry>
</feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://news.example/"><title>市場だより</title></channel>
<item rdf:about="https://news.example/a1"><title>導入</title><link>https://news.example/a1</link>
<description>本文</description><dc:date>2026-11-24T10:00:00+09:00</dc:date></item></rdf:RDF>"""
RSS_091 = """<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
 "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel>
<title>市場だより</title><item><title>導入</title><link>https://news.example/a1</link>
<description>本文</description></item></channel></rss>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "市場だより", "items": [
{"id": 7, "url": "https://news.example/a1?fbclid=x", "title": "導入", "content_html": "<p>本文</p>",
"summary": "要約", "date_published": "2026-11-24T10:00:00+09:00"}]}"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url>
<loc>https://news.example/a1?gclid=x</loc><image:image><image:title>図</image:title></image:image>
<lastmod>2026-11-24T12:00:00+09:00</lastmod><news:news><news:publication><news:name>市場だより
</news:name></news:publication><news:publication_date>2026-11-24T10:00:00+09:00
</news:publication_date><news:title>導入</news:title></news:news></url>
<url><loc>mailto:desk@news.example</loc></url></urlset>"""
AT_TEN = datetime(2026, 11, 24, 10, tzinfo=JST)
PLACE = "https://news.example/a1"


@pytest.mark.parametrize(
    ("text", "kind", "entry"),
    [
        pytest.param(
            rss(item()),
            "RSS 2.0",
            Entry(guid="g1", url=PLACE, title=TITLE, content=BODY, published=AT_TEN),
            id="RSS 2.0",
        ),
        pytest.param(
            rss(item(), version="0.92"),
            "RSS 0.92",
            Entry(guid="g1", url=PLACE, title=TITLE, content=BODY, published=AT_TEN),
            id="RSS 0.92",
        ),
        pytest.param(
            RSS_091,
            "RSS 0.91",
            Entry(url=PLACE, title="導入", content="本文"),
            id="RSS 0.91 with its DOCTYPE",
        ),
        pytest.param(
            RDF,
            "RSS 1.0",
            Entry(guid=PLACE, url=PLACE, title="導入", content="本文", updated=AT_TEN),
            id="RSS 1.0",
        ),
        pytest.param(
            ATOM,
            "Atom 1.0",
            Entry(
                guid="tag:news.example,2026:1",
                url=f"{PLACE}?p=2",
                title="髙木商会が導入",
                content="<p>本文。髙木商会は120億円を投じる。</p>",
                is_full=True,
                published=AT_TEN,
                updated=datetime(2026, 11, 24, 12, 30, tzinfo=UTC),
            ),
            id="Atom",
        ),
        pytest.param(
            JSON,
            "JSON Feed 1.1",
            Entry(
                guid="7",
                url=PLACE,
                title="導入",
                content="<p>本文</p>",
                is_full=True,
                published=AT_TEN,
            ),
            id="JSON Feed",
        ),
        pytest.param(
            SITEMAP,
            "news sitemap",
            Entry(
                guid=PLACE,
                url=PLACE,
                title="導入",
                published=AT_TEN,
                updated=AT_TEN + timedelta(hours=2),
            ),
            id="news sitemap",
        ),
    ],
)
def test_every_kind_of_feed_comes_to_the_same_entries(text: str, kind: str, entry: Entry) -> None:
    feed = parse(text)
    assert (feed.format, feed.title, feed.entries) == (kind, "市場だより", (entry,))
    assert feed.warnings == ()


def test_a_sitemap_index_names_its_sitemaps_the_latest_first() -> None:
    index = "".join(
        f"<sitemap><loc>/{name}.xml</loc>{date}</sitemap>"
        for name, date in (("old", "<lastmod>2025-01-01</lastmod>"), ("undated", ""),
                           ("new", "<lastmod>2026-11-24</lastmod>"))
    )  # fmt: skip
    feed = parse(f"<sitemapindex>{index}</sitemapindex>")
    assert feed.format == "sitemap index"
    assert [part.rpartition("/")[2] for part in feed.parts] == ["new.xml", "old.xml", "undated.xml"]


@pytest.mark.parametrize(
    ("stated", "codec", "charset", "found", "warned"),
    [
        pytest.param("Shift_JIS", "cp932", None, "cp932", False, id="Shift_JIS with ㈱①髙"),
        pytest.param("x-sjis", "cp932", "x-sjis", "cp932", False, id="x-sjis"),
        pytest.param("EUC-JP", "utf-8", "EUC-JP", "utf-8", True, id="UTF-8 said to be EUC-JP"),
        pytest.param("utf-8", "cp932", "utf-8", "cp932", True, id="cp932 said to be UTF-8"),
        pytest.param("utf-8", "utf-8-sig", None, "utf-8", False, id="UTF-8 with BOM"),
        pytest.param("utf-16", "utf-16", "utf-16", "utf-16-le", False, id="UTF-16 with BOM"),
        pytest.param("iso-8859-1", "utf-8", "iso-8859-1", "utf-8", True, id="UTF-8 as Latin-1"),
    ],
)
def test_a_feed_is_decoded_before_it_is_parsed(
    stated: str, codec: str, charset: str | None, found: str, *, warned: bool
) -> None:
    feed = parse(
        rss(item(), encoding=stated).encode(codec), **({"charset": charset} if charset else {})
    )
    assert feed.entries[0].title == TITLE
    assert feed.entries[0].content == BODY
    assert feed.encoding == found
    assert any("it says that it is" in warning for warning in feed.warnings) == warned


@pytest.mark.parametrize(("codec", "name"), [("euc-jp", "euc-jp"), ("iso-2022-jp", "iso-2022-jp")])
def test_older_japanese_encodings_are_read(codec: str, name: str) -> None:
    feed = parse(
        rss(item("高木商会、1号棟に導入"), encoding=name).encode(codec, "xmlcharrefreplace")
    )
    assert (feed.entries[0].title, feed.encoding) == ("高木商会、1号棟に導入", name)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("A&amp;B、5 &lt; 6", "A&B、5 < 6", id="XML entities"),
        pytest.param("&#39640;&#x6728;商会", "高木商会", id="numeric"),
        pytest.param("A&nbsp;B&yen;100", "A B¥100", id="HTML entities"),
        pytest.param("<![CDATA[<b>A&B</b>]]>", "A&B", id="CDATA"),
    ],
)
def test_entities_become_characters(written: str, read: str) -> None:
    assert parse(rss(item(written))).entries[0].title == read


BOMB = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
XXE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
PARAMETER = '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]>'
HIDDEN = "<!-- a --><?pi x?><!DOCTYPE rss SYSTEM 'a]>b' [ <!-- ]> --> <!entity x 'y'> ]>"


@pytest.mark.parametrize(
    "head", [BOMB, XXE, PARAMETER, HIDDEN], ids=["laughs", "XXE", "parameter", "hidden"]
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "cp932"])
def test_a_feed_that_defines_entities_is_refused(head: str, codec: str) -> None:
    text = rss(item("&c;&x;"), head=head, encoding=codec)
    with pytest.raises(IngestError, match="defines entities"):
        parse(text.encode(codec))


def test_an_entity_that_nobody_defined_is_no_attack() -> None:
    assert "x" in parse(rss(item("x&unknown;y"))).entries[0].title


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        pytest.param(rss(item("一") + "<item><title>二</title><description>続く</item>" + item("三")), ["一", "二", "三"], id="tag left open"),
        pytest.param(rss(item("一") + item("二"))[:-60], ["一", "二"], id="breaks off"),
        pytest.param(rss(item("A & B")), ["A & B"], id="bare ampersand"),
        pytest.param("\n\n " + rss(item("一")), ["一"], id="blank before the declaration"),
    ],
)  # fmt: skip
def test_malformed_xml_is_read_as_far_as_it_makes_sense(text: str, titles: list[str]) -> None:
    assert [entry.title for entry in parse(text).entries] == titles


def test_malformed_xml_is_told() -> None:
    assert any("malformed" in warning for warning in parse(rss(item("一"))[:-60]).warnings)


def test_control_characters_are_left_out_and_told() -> None:
    feed = parse(rss(item("一\x08二\x0b三")))
    assert feed.entries[0].title == "一二三"
    assert feed.warnings == ("2 control characters that XML forbids were left out",)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"  \n", "empty", id="blank"),
        pytest.param(b"{not json", "begins as JSON", id="half JSON"),
        pytest.param(b'{"items": 3}', "no JSON Feed", id="other JSON"),
        pytest.param(b"plain words", "neither XML nor JSON", id="text"),
        pytest.param(b"<svg/>", "<svg>", id="other XML"),
        pytest.param(b"<urlset><url>", "malformed", id="broken sitemap"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "binary", id="image"),
        pytest.param(
            b'<!doctype html><html><head><link rel="alternate" type="application/rss+xml" '
            b'href="/index.rdf"></head></html>',
            "https://news.example/index.rdf",
            id="page that names its feed",
        ),
    ],
)
def test_what_is_no_feed_is_told(data: bytes, says: str) -> None:
    with pytest.raises(IngestError, match=says):
        parse_feed(data, url=URL)


def test_the_feeds_of_a_page_are_found() -> None:
    page = (
        "<link rel=alternate type='application/atom+xml' href='/atom?a=1&b=2'>"
        '<link href="https://other.example/feed.json" type="application/feed+json" rel="alternate">'
        '<link rel="stylesheet" href="/style.css">'
    )
    found = ("https://news.example/atom?a=1&b=2", "https://other.example/feed.json")
    assert find_feed_links(page, URL) == found


def test_repeated_guids_and_bare_entries_are_told() -> None:
    feed = parse(rss(item("一") + item("二") + "<item><title>三</title></item>"))
    assert len(feed.entries) == 3
    assert feed.warnings == (
        "1 entries have the GUID of another",
        "1 entries have neither link nor text",
    )


def test_the_fuller_of_two_bodies_is_taken() -> None:
    both = item(body="要約").replace(
        "</item>", "<content:encoded><![CDATA[<p>本文はこちら。</p>]]></content:encoded></item>"
    )
    (entry,) = parse(rss(both)).entries
    assert (entry.content, entry.is_full) == ("<p>本文はこちら。</p>", True)


def test_a_feed_says_how_long_it_holds() -> None:
    assert parse(rss("<ttl>90</ttl>" + item())).ttl_minutes == 90
    assert parse(rss("<ttl>soon</ttl>" + item())).ttl_minutes is None


def test_a_feed_of_ten_thousand_entries_is_read_whole() -> None:
    feed = parse(rss("".join(item(f"記事{n}", guid=f"g{n}", link=f"/a{n}") for n in range(10_000))))
    assert len({entry.guid for entry in feed.entries}) == 10_000
    assert feed.warnings == ()
