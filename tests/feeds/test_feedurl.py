"""One article, one URL."""

import pytest

from pipeline.ingest.feedurl import clean_url


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        pytest.param("https://n.example/a", "https://n.example/a", id="as it is"),
        pytest.param("HTTPS://N.Example:443/a#top", "https://n.example/a", id="case, port, part"),
        pytest.param("http://n.example:8080", "http://n.example:8080/", id="port kept, path"),
        pytest.param("https://n.example/a?utm_source=x&UTM_Medium=y", "https://n.example/a", id="utm"),
        pytest.param("https://n.example/a?id=3&fbclid=x&p=2", "https://n.example/a?id=3&p=2", id="mixed"),
        pytest.param("https://n.example/a?id=3&ref=top", "https://n.example/a?id=3&ref=top", id="ref kept"),
        pytest.param("https://u:p@n.example/a", "https://n.example/a", id="password"),
        pytest.param("/b?x=1", "https://n.example/b?x=1", id="relative"),
        pytest.param("//m.example/b", "https://m.example/b", id="without scheme"),
        pytest.param("https://n.example/記事 1?q=東京", "https://n.example/%E8%A8%98%E4%BA%8B%201?q=%E6%9D%B1%E4%BA%AC", id="Japanese"),
        pytest.param("https://n.example/%E8%A8%98?q=%26", "https://n.example/%E8%A8%98?q=%26", id="escaped already"),
        pytest.param("http://[::1]:80/a", "http://[::1]/a", id="version 6"),
        pytest.param("javascript:alert(1)", None, id="script"),
        pytest.param("mailto:desk@n.example", None, id="mail"),
        pytest.param("http://n.example:port/", None, id="no port"),
        pytest.param("http://[broken/", None, id="broken"),
    ],
)  # fmt: skip
def test_clean_url(url: str, cleaned: str | None) -> None:
    assert clean_url(url, base="https://n.example/feed") == cleaned
    if cleaned:
        assert clean_url(cleaned) == cleaned
