"""Objects with named fields become articles, whatever the names and wrappings."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import IngestError
from pipeline.ingest.fields import article_from_fields
from pipeline.ingest.options import ReadOptions

BODY = "港電機は沖浦造船を60億円で買収する。"


@pytest.mark.parametrize(
    "row",
    [
        {"title": "港", "body": BODY},
        {"Title": "港", "Content": BODY},
        {"title": "港", "text": BODY},
        {"title": "港", "body": f"<p>{BODY}</p>"},
        {"title": "港", "body": f"<![CDATA[<p>{BODY}</p>]]>"},
        {"title": "<![CDATA[港]]>", "body": f"&lt;p&gt;{BODY}&lt;/p&gt;"},
        {"title": {"rendered": "港"}, "content": {"rendered": f"<p>{BODY}</p>"}},
        {"title": "港", "content": [{"type": "text/html", "value": f"<div>{BODY}</div>"}]},
        {"markdown": BODY, "metadata": {"title": "港"}},
        {"title": "港", "body": "  ", "text": BODY},
    ],
    ids=lambda row: ",".join(row) + str(list(row.values())[-1])[:14],
)
def test_article_from_fields_finds_title_and_body(row: dict[str, Any]) -> None:
    article = article_from_fields(row, source="a.json")
    assert (article.title, article.text) == ("港", f"港\n\n{BODY}")


@pytest.mark.parametrize("name", ["url", "link", "sourceURL", "URL"])
def test_article_from_fields_finds_the_address(name: str) -> None:
    row = {"body": BODY, name: "https://example.jp/1"}
    assert article_from_fields(row, source="a").url == "https://example.jp/1"


@pytest.mark.parametrize("name", ["date", "published", "pubDate"])
def test_article_from_fields_finds_the_date(name: str) -> None:
    row = {"body": BODY, name: "Mon, 05 Jan 2026 00:00:00 GMT"}
    assert article_from_fields(row, source="a").published == datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(f"---\ntitle: 港\n---\n# 港\n\n{BODY}", f"# 港\n\n{BODY}", id="front matter"),
        pytest.param(
            f"## 節\n\n{BODY}\n\n- A<br/>B\n- C", f"## 節\n\n{BODY}\n\n- A<br/>B\n- C",
            id="Markdown with a tag",
        ),
        pytest.param(f"<b>港</b>\n\n{BODY}", f"港\n\n{BODY}", id="inline tags, own lines"),
        pytest.param(f"<div>\n<p>港</p>\n<p>{BODY}</p>\n</div>", f"港\n\n{BODY}", id="pretty HTML"),
        pytest.param(f"{BODY[:9]}\n---END---\n{BODY[9:]}", BODY, id="chunks"),
    ],
)  # fmt: skip
def test_article_from_fields_reads_bodies_as_what_they_are(body: str, text: str) -> None:
    assert article_from_fields({"body": body}, source="a").text == text


def test_article_from_fields_takes_the_date_of_the_address_before_that_of_the_file() -> None:
    row = {"body": BODY, "url": "https://example.jp/2026/01/05/a"}
    article = article_from_fields(row, source="dump-2020-02-02.jsonl#line=1")
    assert article.published == datetime(2026, 1, 5)  # noqa: DTZ001


def test_article_from_fields_takes_other_names_by_option_first() -> None:
    options = ReadOptions(
        title_fields=("meta.headline",), body_fields=("story",), url_fields=("at",),
        date_fields=("when",),
    )  # fmt: skip
    row = {
        "meta": {"headline": "港"}, "title": "欄名", "story": BODY, "body": "別", "at": "https://e.jp",
        "when": "2026-01-05",
    }  # fmt: skip
    article = article_from_fields(row, source="a", options=options)
    assert article.text == f"港\n\n{BODY}"
    assert (article.url, article.published) == ("https://e.jp", datetime(2026, 1, 5))  # noqa: DTZ001


def test_article_from_fields_marks_link_lists_in_its_text() -> None:
    row = {
        "title": "港",
        "body": f"<p>{BODY}</p><h2>関連記事</h2><ul><li><a href='/'>別</a></li></ul>",
    }
    article = article_from_fields(row, source="a")
    assert [span.of(article.text) for span in article.ignored] == ["関連記事", "別"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            {"title": "港", "headline2": "x"},
            r"no body in its fields \(title, headline2\).*--body-field",
        ),
        ({}, r"no body in its fields \(none\)"),
        ({"body": None}, "no body"),
        ({"body": "<p> </p>"}, "empty"),
        ({"body": {"deep": 1}}, "no body"),
    ],
    ids=str,
)
def test_article_from_fields_says_what_is_missing(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(IngestError, match=reason):
        article_from_fields(row, source="a")
