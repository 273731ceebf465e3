"""From entries and pages to articles, and what is said where a part is missing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.article import make_article
from pipeline.errors import GazetteerError
from pipeline.ingest.feedarticle import (
    Access,
    Had,
    article_from_entry,
    article_from_web,
    best_of,
    is_next_version,
    needs_page,
)
from pipeline.ingest.feedlist import Content
from pipeline.ingest.feedphrases import load_phrases
from pipeline.ingest.feedtypes import Entry

ROOT = Path(__file__).resolve().parents[2]
PHRASES = load_phrases(ROOT / "models")
FEED, PAGE = "https://news.example/feed", "https://news.example/a1"
TITLE = "青空電機、ハル半導体からHX200を3000個購入"
SENTENCE = "青空電機はハル半導体からHX200を3000個、5年間で約120億円購入する契約を結んだと発表した。"
LONG = SENTENCE * 20
AT = datetime(2026, 11, 24, 1, tzinfo=UTC)
ENTRY = Entry(guid="1", url=PAGE, title=TITLE, content=f"<p>{SENTENCE}</p>", published=AT)


def page(body: str, head: str = "") -> bytes:
    return (
        f"<!doctype html><html><head><title>{TITLE} | 市場だより</title>{head}</head><body><nav>"
        f"<a href='/'>トップ</a></nav><article><h1>{TITLE}</h1>{body}</article></body></html>"
    ).encode()


def had(data: bytes, *, url: str = PAGE, charset: str | None = None, is_plain: bool = False) -> Had:
    return article_from_web(
        data,
        url=url,
        charset=charset,
        is_plain=is_plain,
        entry=ENTRY,
        source=FEED,
        phrases=PHRASES,
    )


def test_an_entry_becomes_an_article_with_its_title_first() -> None:
    article = article_from_entry(ENTRY, source=FEED)
    assert article is not None
    assert article.text == f"{TITLE}\n\n{SENTENCE}"
    assert (article.source, article.url, article.published) == (FEED, PAGE, AT)


def test_an_entry_of_a_title_alone_is_an_article_and_one_of_nothing_is_none() -> None:
    article = article_from_entry(Entry(title=TITLE, updated=AT), source=FEED)
    assert article is not None
    assert (article.text, article.published) == (TITLE, AT)
    assert article_from_entry(Entry(url=PAGE, content="<img src='a.png'>"), source=FEED) is None


@pytest.mark.parametrize(
    ("entry", "content", "wanted"),
    [
        pytest.param({"content": LONG, "is_full": True}, "auto", False, id="whole body"),
        pytest.param({"content": LONG}, "auto", False, id="long summary"),
        pytest.param({"content": SENTENCE * 5}, "auto", True, id="summary"),
        pytest.param({"content": SENTENCE * 5, "is_full": True}, "auto", False, id="short body"),
        pytest.param({"content": SENTENCE, "is_full": True}, "auto", True, id="too short a body"),
        pytest.param({"content": ""}, "auto", True, id="nothing"),
        pytest.param({"content": LONG + " …", "is_full": True}, "auto", True, id="dots"),
        pytest.param(
            {"content": LONG + "<a>続きを読む</a>。"}, "auto", True, id="link to the rest"
        ),
        pytest.param({"content": LONG + "続きはこちら »"}, "auto", True, id="arrow to the rest"),
        pytest.param({"content": LONG + "有料会員限定"}, "auto", True, id="wall in the feed"),
        pytest.param({"content": "", "url": None}, "auto", False, id="no page"),
        pytest.param({"content": LONG}, "page", True, id="user wants pages"),
        pytest.param({"content": "", "url": None}, "page", False, id="no page to want"),
        pytest.param({"content": ""}, "feed", False, id="user wants the feed"),
    ],
)
def test_the_page_is_fetched_where_the_feed_does_not_bring_the_whole_text(
    entry: dict[str, object], content: str, *, wanted: bool
) -> None:
    fields = {name: getattr(ENTRY, name) for name in Entry.__dataclass_fields__}
    one = Entry(**(fields | entry))
    told = article_from_entry(one, source=FEED)
    assert needs_page(one, told, Content(content), PHRASES) == wanted


def test_a_page_becomes_an_article_with_the_feeds_date() -> None:
    found = had(page(f"<p>{LONG}</p>"))
    assert found.access is Access.FULL
    assert found.article is not None
    assert found.article.text.startswith(f"{TITLE}\n")
    assert LONG in found.article.text
    assert "トップ" not in found.article.text
    assert (found.article.url, found.article.source, found.article.published) == (PAGE, FEED, AT)


def test_a_page_in_shift_jis_under_a_false_header_is_read() -> None:
    data = page(f"<p>髙木商会㈱が①号棟に導入。{LONG}</p>").decode().encode("cp932")
    found = had(data, charset="utf-8")
    assert found.article is not None
    assert "髙木商会㈱が①号棟に導入。" in found.article.text


@pytest.mark.parametrize(
    ("head", "url", "canonical"),
    [
        pytest.param('<link rel="canonical" href="/a2?utm_source=x">', PAGE, "https://news.example/a2", id="another"),
        pytest.param('<link rel="canonical" href="/a1#top">', PAGE, None, id="the same"),
        pytest.param('<meta property="og:url" content="https://o.example/9">', PAGE, "https://o.example/9", id="og:url"),
        pytest.param('<link rel="canonical" href="/a1">', PAGE + "?from=rss", PAGE, id="without query"),
        pytest.param('<link rel="canonical" href="javascript:x">', PAGE, None, id="no place"),
        pytest.param("", PAGE, None, id="none"),
    ],
)  # fmt: skip
def test_a_page_tells_its_own_address(head: str, url: str, canonical: str | None) -> None:
    found = had(page(f"<p>{LONG}</p>", head), url=url)
    assert found.canonical == canonical
    assert found.article is not None
    assert found.article.url == (canonical or url)


def ld(value: str) -> str:
    return f'<script type="application/ld+json">{value}</script>'


@pytest.mark.parametrize(
    ("body", "head", "access"),
    [
        pytest.param(f"<p>{LONG}</p>", "", Access.FULL, id="open"),
        pytest.param(f"<p>{SENTENCE}</p><p>この記事は有料会員限定です。</p>", "", Access.PAYWALLED, id="phrase"),
        pytest.param(f"<p>{LONG}</p><p>（残り1,234文字）</p><p>ログインして 続きを読む</p>", "", Access.PAYWALLED, id="rest counted"),
        pytest.param(f"<p>有料会員限定の催しが始まった。{LONG}</p>", "", Access.FULL, id="phrase in the story"),
        pytest.param(f"<p>{LONG}</p>", ld('{"@type": "NewsArticle", "isAccessibleForFree": false}'), Access.PAYWALLED, id="structured data"),
        pytest.param(f"<p>{LONG}</p>", ld('{"@graph": [{"isAccessibleForFree": "False"}]}'), Access.PAYWALLED, id="in a graph"),
        pytest.param(f"<p>{LONG}</p>", ld('{"isAccessibleForFree": true}'), Access.FULL, id="said to be free"),
        pytest.param(f"<p>{LONG}</p>", ld("{broken"), Access.FULL, id="broken data"),
        pytest.param(f"<p>{LONG}</p>", '<meta property="article:content_tier" content="locked">', Access.PAYWALLED, id="tier"),
        pytest.param("<script>render()</script>", "", Access.EMPTY, id="script only"),
        pytest.param("<p>読込中</p>", "", Access.EMPTY, id="next to nothing"),
    ],
)  # fmt: skip
def test_how_much_of_a_page_is_had(body: str, head: str, access: Access) -> None:
    found = had(page(body, head))
    assert found.access is access
    assert (found.article is None) == (access is Access.EMPTY)


def test_plain_text_is_a_page_too() -> None:
    found = had(LONG.encode("euc-jp"), is_plain=True)
    assert found.article is not None
    assert found.article.text == f"{TITLE}\n\n{LONG}"


def test_of_parts_of_a_story_the_longer_is_kept() -> None:
    short, long = make_article("短い", source="s"), make_article("長い本文", source="s")
    walled = Had(article=short, access=Access.PAYWALLED)
    assert best_of(walled, long) == Had(article=long, access=Access.PAYWALLED)
    assert best_of(Had(article=long, access=Access.PAYWALLED), short).article == long
    assert best_of(Had(article=None, access=Access.EMPTY), short).article == short
    assert best_of(Had(article=short, access=Access.FULL), long).article == short
    notice = make_article("同意してください", source="s")
    told = make_article("本文。" * 9, source="s")
    assert best_of(Had(article=notice, access=Access.FULL), told).article == told
    assert best_of(walled, None) == walled


@pytest.mark.parametrize(
    ("title", "text", "same"),
    [
        pytest.param(TITLE, LONG.replace("3000", "4000"), True, id="corrected"),
        pytest.param("【更新】" + TITLE, LONG + "追記：納入は来年に始まる。", True, id="added to"),
        pytest.param(TITLE, "丘自動車は工場を建てる。" * 9, True, id="rewritten under its title"),
        pytest.param(
            "今日の天気", "関東は晴れ、北海道は雪となる見込み。" * 9, False, id="another story"
        ),
    ],
)
def test_a_changed_entry_is_the_same_story_or_not(title: str, text: str, *, same: bool) -> None:
    old = make_article(f"{TITLE}\n\n{LONG}", source="s", title=TITLE)
    new = make_article(f"{title}\n\n{text}", source="s", title=title)
    assert is_next_version(old, new) == same


@pytest.mark.parametrize(
    ("text", "says"), [("paywall = 3", "list of phrases"), ("paywall = [", "no TOML")]
)
def test_a_broken_file_of_phrases_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "pages.toml").write_text(text, encoding="utf-8")
    with pytest.raises(GazetteerError, match=says):
        load_phrases(tmp_path)
    with pytest.raises(GazetteerError, match="restore it"):
        load_phrases(tmp_path / "none")
