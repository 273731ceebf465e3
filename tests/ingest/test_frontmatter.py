"""Front matter is read as what it says; what is no front matter stays body."""

import pytest

from pipeline.errors import IngestError
from pipeline.ingest.frontmatter import split_front_matter


@pytest.mark.parametrize(
    ("text", "matter", "body"),
    [
        pytest.param(
            '---\ntitle: "港電機が買収"\ndate: 2026-01-05\n---\n本文。\n',
            {"title": "港電機が買収", "date": "2026-01-05"},
            "本文。\n",
            id="Jekyll",
        ),
        pytest.param("---\ntitle: A: B\n---\n本文", {"title": "A: B"}, "本文", id="unquoted colon"),
        pytest.param(
            "---\ntitle: 'It''s'\nlinks:\n  - {url: /a, title: x}\n---\n本文",
            {"title": "It's", "links": [{"url": "/a", "title": "x"}]},
            "本文",
            id="nested",
        ),
        pytest.param("\n\n---\ntitle: 港\n---\n本文", {"title": "港"}, "本文", id="blank lines first"),
        pytest.param(
            " layout: post \ntitle: 港 \n--- \n\n本文", {"layout": "post", "title": "港"}, "\n本文",
            id="opening line lost",
        ),
        pytest.param("---\n本文だけ\n---\n続き", {}, "---\n本文だけ\n---\n続き", id="rules, no keys"),
        pytest.param("本文\n---\ntitle: x\n---\n", {}, "本文\n---\ntitle: x\n---\n", id="not at head"),
        pytest.param("---\ntitle: 港\n本文", {}, "---\ntitle: 港\n本文", id="never closed"),
        pytest.param("title: 港\n\n本文", {}, "title: 港\n\n本文", id="one key is no front matter"),
        pytest.param("", {}, "", id="empty"),
    ],
)  # fmt: skip
def test_split_front_matter(text: str, matter: dict[str, object], body: str) -> None:
    assert split_front_matter(text, "a.md") == (matter, body)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(
            "---\ntitle: 港\ntags: [a, b\ndate: x\n---\n本文", "begins at line 3", id="bracket open"
        ),
        pytest.param("---\ntitle: '港\n---\n本文", "begins at line 2", id="quote open"),
        pytest.param("---\na: 1\n\tb: 2\n---\n本文", "at line 3", id="tab"),
    ],
)
def test_split_front_matter_names_the_line_that_is_no_yaml(text: str, line: str) -> None:
    with pytest.raises(IngestError, match=line) as caught:
        split_front_matter(text, "a.md")
    assert "no YAML" in caught.value.reason
