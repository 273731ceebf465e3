"""Markdown and plain text become articles whose text is what the file says."""

from datetime import datetime

import pytest

from pipeline.errors import IngestError
from pipeline.ingest.markdown import article_from_text, headline_of

BODY = "港電機は五日、沖浦造船を60億円で買収すると発表した。"


@pytest.mark.parametrize(
    ("file", "title", "text"),
    [
        pytest.param(BODY, "", BODY, id="plain"),
        pytest.param(f"\n\n{BODY}\n\n", "", BODY, id="blank lines around"),
        pytest.param(f"---\ntitle: 港の再編\n---\n\n{BODY}\n", "港の再編", f"港の再編\n\n{BODY}", id="title"),
        pytest.param(
            f"---\ntitle: 港の再編2026\n---\n# 港の 再編２０２６\n\n{BODY}", "港の再編2026",
            f"# 港の 再編２０２６\n\n{BODY}", id="body begins with the title in other widths",
        ),
        pytest.param(f"# 港の再編\n\n{BODY}", "港の再編", f"# 港の再編\n\n{BODY}", id="first heading"),
        pytest.param(f"港の再編\n\n{BODY}", "港の再編", f"港の再編\n\n{BODY}", id="headline line"),
        pytest.param(f"一行目です。\n\n{BODY}", "", f"一行目です。\n\n{BODY}", id="sentence first"),
        pytest.param(f"港\r\n\r\n{BODY}\r\n", "港", f"港\n\n{BODY}", id="line ends of Windows"),
        pytest.param(
            "---\ntitle: 港\n---\n**太字**と`コード`と[リンク](/a)。", "港",
            "港\n\n**太字**と`コード`と[リンク](/a)。", id="Markdown marks stay",
        ),
    ],
)  # fmt: skip
def test_article_from_text(file: str, title: str, text: str) -> None:
    article = article_from_text(file, source="a.md")
    assert (article.title, article.text) == (title, text)


def test_article_from_text_takes_date_and_address_from_front_matter() -> None:
    file = (
        f"---\ntitle: 港\ndate: 2026-01-05 09:00\ncanonical_url: https://example.jp/a\n---\n{BODY}"
    )
    article = article_from_text(file, source="2020-02-02-a.md")
    assert article.published == datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001
    assert article.url == "https://example.jp/a"


def test_article_from_text_takes_the_date_from_the_file_name_else() -> None:
    assert article_from_text(BODY, source="posts/2026-01-05-a.md").published == datetime(2026, 1, 5)  # noqa: DTZ001


def test_article_from_text_leaves_front_matter_out_of_the_text() -> None:
    file = f'---\ntitle: 港\nrelated_articles: [{{"title": "別会社が90億円で買収"}}]\n---\n{BODY}'
    assert "90億円" not in article_from_text(file, source="a.md").text


def test_article_from_text_marks_link_lists() -> None:
    article = article_from_text(f"{BODY}\n\n## 関連記事\n- [港](/a)\n", source="a.md")
    assert [span.of(article.text) for span in article.ignored] == ["## 関連記事\n- [港](/a)"]


@pytest.mark.parametrize("file", ["", " \n\t\n", "---\nlayout: post\nauthor: 港\n---\n\n"])
def test_article_from_text_refuses_what_has_no_text(file: str) -> None:
    with pytest.raises(IngestError, match="empty"):
        article_from_text(file, source="a.md")


@pytest.mark.parametrize(
    ("body", "headline"),
    [
        ("# 見出し\n\n本文", "見出し"),
        ("## 節\n\n本文", "節"),
        ("**見出し**\n\n本文", "見出し"),
        ("見出し\n本文が続く", ""),
        ("見出しだけ", ""),
    ],
)
def test_headline_of(body: str, headline: str) -> None:
    assert headline_of(body) == headline
