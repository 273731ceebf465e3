"""An article: immutable source text with where and when it was found."""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.span import Span


def fingerprint(text: str) -> str:
    """Identify a text by its content: 32 hex digits of SHA-256 over NFKC text without white space.

    Line ends, indentation and character widths do not change it; any other character does.
    """
    folded = "".join(unicodedata.normalize("NFKC", text).split())
    return hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article as read; `text` never changes, every span of every record points into it.

    Attributes:
        id: fingerprint of `text`, so that the same text twice is one article.
        source: where it was read (path, archive member, feed URL), for people to find it.
        text: title as its first line (where there is one), then the body; what spans point into.
        title: the headline, or "".
        url: the page, or None.
        published: when, as the source says, time zone kept; None where it does not say.
        ignored: spans of `text` that are no part of the story (link lists, navigation).
    """

    id: str
    source: str
    text: str
    title: str = ""
    url: str | None = None
    published: datetime | None = None
    ignored: tuple[Span, ...] = field(default=())


def make_article(
    text: str,
    *,
    source: str,
    title: str = "",
    url: str | None = None,
    published: datetime | None = None,
    ignored: tuple[Span, ...] = (),
) -> Article:
    """An article with its id computed from `text`."""
    return Article(
        id=fingerprint(text),
        source=source,
        text=text,
        title=title,
        url=url,
        published=published,
        ignored=ignored,
    )
