"""Pages give their main text: headings, cards and tables too, navigation not."""

from datetime import datetime, timedelta, timezone

import pytest

from pipeline.errors import IngestError
from pipeline.ingest.page import article_from_page, has_markup, looks_like_html, text_from_markup

STORY = """
<p>港電機は五日、沖浦造船を60億円で買収すると発表した。株式の全部を三月末までに取得し、完全子会社とする。</p>
<p>沖浦造船は1952年の創業で、作業船と海底ケーブル敷設船を手がける。従業員は約三百人いる。</p>
<p>買収の資金は手元の現金と銀行からの借り入れでまかなう。両社は昨年の秋から話し合いを続けていた。</p>
"""
PAGE = f"""<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8">
<title>港電機、沖浦造船を買収 | 港湾新報</title>
<link rel="canonical" href="https://example.jp/2026/1">
<meta property="article:published_time" content="2026-01-05T09:00:00+09:00">
<style>p {{ color: red }}</style><script>var x = "90億円";</script></head><body>
<nav><ul><li><a href="/">トップ</a></li><li><a href="/b">別の会社が90億円で買収</a></li></ul></nav>
<main><h1>港電機、沖浦造船を買収</h1>{STORY}
<h2>条件</h2><table><tr><th>項目</th><th>内容</th></tr><tr><td>金額</td><td>60億円</td></tr></table>
<h2>関連記事</h2><ul><li><a href="/c">別の造船所を70億円で売却</a></li>
<li><a href="/d">港の電力、五年契約で調達へ</a></li></ul></main>
<footer><p><a href="/about">会社概要</a> 港湾新報社</p></footer></body></html>"""


def test_article_from_page_reads_title_address_and_date() -> None:
    article = article_from_page(PAGE, source="a.html")
    jst = timezone(timedelta(hours=9))
    assert article.title == "港電機、沖浦造船を買収"
    assert article.url == "https://example.jp/2026/1"
    assert article.published == datetime(2026, 1, 5, 9, 0, tzinfo=jst)


def test_article_from_page_keeps_headings_and_cells_on_lines_of_their_own() -> None:
    lines = article_from_page(PAGE, source="a.html").text.split("\n")
    assert lines[0] == "港電機、沖浦造船を買収"
    assert lines.count("港電機、沖浦造船を買収") == 1
    for line in ("条件", "金額", "60億円"):
        assert line in lines


def test_article_from_page_leaves_out_what_is_no_story() -> None:
    text = article_from_page(PAGE, source="a.html").text
    for unseen in ("別の会社が90億円", "var x", "color", "会社概要"):
        assert unseen not in text


def test_article_from_page_never_counts_link_lists_as_story() -> None:
    article = article_from_page(PAGE, source="a.html")
    at = article.text.find("別の造船所を70億円で売却")
    assert at < 0 or any(span.start <= at < span.end for span in article.ignored)


def test_article_from_page_reads_pages_that_are_cards() -> None:
    cards = "".join(
        f'<div class="card"><h4>{name}</h4><div class="value">{money}</div><div>{role}</div></div>'
        for name, money, role in (
            ("みなと銀行", "12億円", "融資"), ("沖浦信金", "3億円", "融資"), ("港電機", "5億円", "出資"),
        )
    )  # fmt: skip
    page = f"<html><body><div class='grid'>{cards}</div></body></html>"
    lines = article_from_page(page, source="a.html").text.split("\n")
    for line in ("みなと銀行", "12億円", "沖浦信金", "5億円"):
        assert line in lines


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<html><head><title>港</title></head></html>", id="no body"),
        pytest.param("<html><body></body></html>", id="empty body"),
        pytest.param("<html><body><script>let a = 1</script></body></html>", id="scripts only"),
        pytest.param("<html><body><div hidden>隠し</div></body></html>", id="all hidden"),
        pytest.param("<!-- 注 -->", id="comment only"),
    ],
)
def test_article_from_page_refuses_a_page_without_text(page: str) -> None:
    with pytest.raises(IngestError, match="no text on this page"):
        article_from_page(page, source="a.html")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<p>港</p>" + "<div>" * 5000 + "沖" + "</div>" * 5000, id="deep"),
        pytest.param("<p>港電機<p>沖浦<table><tr><td>60億円", id="never closed"),
        pytest.param(
            "<?xml version='1.0' encoding='Shift_JIS'?><html><body>港</body></html>", id="xml"
        ),
    ],
)
def test_article_from_page_reads_broken_pages(page: str) -> None:
    assert "港" in article_from_page(page, source="a.html").text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>一つ目。</p><p>二つ目。</p>", "一つ目。\n\n二つ目。"),
        ("一行目<br>二行目", "一行目\n二行目"),
        ("<ul><li>港</li><li>沖</li></ul>", "港\n沖"),
        ("港<b>電機</b>は<a href='/x'>沖浦</a>を買う。", "港電機は沖浦を買う。"),
        ("<p>港電機は\n  沖浦を買う。</p>", "港電機は沖浦を買う。"),
        ("<p>OpenAI\nand AMD</p>", "OpenAI and AMD"),
        ("<ruby>港<rp>(</rp><rt>みなと</rt><rp>)</rp></ruby>電機", "港電機"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("A&amp;B&nbsp;社", "A&B 社"),
    ],
)
def test_text_from_markup(markup: str, text: str) -> None:
    assert text_from_markup(markup) == (text, ())


@pytest.mark.parametrize(
    ("text", "is_page"),
    [
        ("<!DOCTYPE html><html>", True),
        ('<?xml version="1.0"?>\n<html xmlns="x">', True),
        ("<!-- c --><HTML>", True),
        ("<b>港</b>", False),
        ("# 港 <html>", False),
    ],
)
def test_looks_like_html(text: str, *, is_page: bool) -> None:
    assert looks_like_html(text) is is_page


@pytest.mark.parametrize(
    ("text", "marked_up"),
    [
        ("<p>港</p>", True),
        ("港<br />沖", True),
        ('<a href="x">港</a>', True),
        ("3 < 5 かつ 7 > 2", False),
        ("<株式会社>", False),
        ("a <b c", False),
    ],
)
def test_has_markup(text: str, *, marked_up: bool) -> None:
    assert has_markup(text) is marked_up
