"""Markdown and plain text files, with or without front matter, as articles."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.article import Article, make_article
from pipeline.errors import IngestError
from pipeline.ingest.chunks import is_chunked, join_chunks
from pipeline.ingest.dates import date_in_name, parse_date
from pipeline.ingest.frontmatter import split_front_matter
from pipeline.ingest.linklists import find_link_lists

_H1 = re.compile(r"\s*#[ \t]+(.+?)[ \t#]*\n")
_MARKS = re.compile(r"[#*_`>\s]+")
_LINE_ENDS = re.compile(r"\r\n?")
_MAX_TITLE = 120
_MIN_INLINE_TITLE = 8
_DATE_KEYS = ("date", "published", "published_at", "publishedat", "pubdate", "created")
_URL_KEYS = ("canonical_url", "url", "link", "source_url", "sourceurl")


def article_from_text(
    text: str,
    *,
    source: str,
    title: str = "",
    url: str | None = None,
    published: datetime | None = None,
    name: str | None = None,
) -> Article:
    """The article in a Markdown or plain text file.

    Its text is the title as first line (where front matter gives one that the body does not begin
    with), then the body as written; line ends become line feeds. Link lists are marked as ignored.

    Args:
        text: the file, decoded.
        source: where it is from.
        title: its headline where known; else front matter says.
        url: its address where known; else front matter says.
        published: when, where known; else front matter says.
        name: what else may tell the date; its source where it is None.

    Raises:
        IngestError: nothing but white space, or front matter that is no YAML.
    """
    text = _LINE_ENDS.sub("\n", text)
    matter, body = split_front_matter(text, source)
    if is_chunked(body):
        body = join_chunks(body)
    body = body.strip("\n").rstrip()
    title = title or _string(matter.get("title"))
    if not body.strip() and not title:
        raise IngestError(source, "empty: no text to read; delete it or fill it")
    whole = with_title(title, body)
    return make_article(
        whole,
        source=source,
        title=title or headline_of(body),
        url=url or _first(matter, _URL_KEYS),
        published=published
        or parse_date(_first(matter, _DATE_KEYS))
        or date_in_name(source if name is None else name),
        ignored=find_link_lists(whole),
    )


def with_title(title: str, body: str) -> str:
    """`title`, an empty line and `body`; `body` alone where it begins with the title already."""
    if not title or begins_with_title(body, title):
        return body
    return f"{title}\n\n{body}" if body else title


def begins_with_title(body: str, title: str) -> bool:
    """Whether `body` begins with `title`, whatever the widths, spaces and Markdown marks.

    A short title must be the whole first line: 港 is no beginning of 港電機は….
    """
    folded = _fold(title)
    first_line = body.lstrip().partition("\n")[0]
    if len(folded) < _MIN_INLINE_TITLE:
        return _fold(first_line[:200]) == folded
    return _fold(body[: 4 * len(title) + 200]).startswith(folded)


def headline_of(body: str) -> str:
    """The headline that a body without front matter begins with, or "".

    That is a Markdown heading of the first level, or a short first line that is no sentence and
    stands alone before an empty line.
    """
    heading = _H1.match(body + "\n")
    if heading:
        return heading[1].strip("*_ ")
    first, _, rest = body.lstrip("\n").partition("\n")
    first = first.strip()
    alone = rest.startswith("\n") and bool(rest.strip())
    if alone and 0 < len(first) <= _MAX_TITLE and not first.endswith(("。", "．", ".", "、")):
        return first.lstrip("#").strip("* _")
    return ""


def _fold(text: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _first(matter: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    lowered = {key.lower(): value for key, value in matter.items()}
    for key in keys:
        value = _string(lowered.get(key))
        if value:
            return value
    return None


def _string(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
