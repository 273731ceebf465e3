"""Rows and objects with named fields (JSON, CSV, Parquet, datasets, feeds) as articles."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.article import Article, make_article
from pipeline.errors import IngestError
from pipeline.ingest.dates import date_in_name, parse_date
from pipeline.ingest.linklists import find_link_lists
from pipeline.ingest.markdown import article_from_text, with_title
from pipeline.ingest.options import ReadOptions
from pipeline.ingest.page import has_markup, text_from_markup

TITLE_FIELDS = ("title", "headline", "見出し", "タイトル")
BODY_FIELDS = (
    "body", "content", "text", "articlebody", "markdown", "html", "本文", "description", "summary",
)  # fmt: skip
URL_FIELDS = ("url", "link", "sourceurl", "permalink", "source_url")
DATE_FIELDS = (
    "date", "published", "pubdate", "published_at", "publishedat", "published_time",
    "publishedtime", "datepublished", "date_published", "created_at", "日付",
)  # fmt: skip
_WRAPPED = ("rendered", "value", "#text", "_cdata", "__cdata", "$t", "href")
_CDATA = re.compile(r"\A\s*<!\[CDATA\[(.*?)\]\]>\s*\Z", re.DOTALL)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_LINE_BREAK = re.compile(r"\s*[\r\n]\s*")


_DEFAULTS = ReadOptions()


def article_from_fields(
    row: Mapping[str, Any], *, source: str, options: ReadOptions = _DEFAULTS
) -> Article:
    """The article in an object or row; a body that is no HTML is read as a Markdown file is.

    Names are matched without case, first at the top, then one level down (`metadata.title`).
    Values may be HTML, CDATA, or objects such as {"rendered": …}.

    Raises:
        IngestError: no field with a body, or an empty one; names the fields that are there.
    """
    body_value = _find(row, (*options.body_fields, *BODY_FIELDS))
    if body_value is None:
        raise IngestError(source, _complaint(row))
    body = _plain(body_value)
    title = _title_of(_find(row, (*options.title_fields, *TITLE_FIELDS)))
    url = _find(row, (*options.url_fields, *URL_FIELDS))
    published = _date_of(row, options) or date_in_name(url or "")
    if not has_markup(body):
        return article_from_text(body, source=source, title=title, url=url, published=published)
    text, marked = text_from_markup(body)
    if not text.strip():
        raise IngestError(source, "empty: its body has no text")
    whole = with_title(title, text)
    shift = len(whole) - len(text)
    return make_article(
        whole,
        source=source,
        title=title,
        url=url,
        published=published or date_in_name(source),
        ignored=tuple(span.shifted(shift) for span in marked) or find_link_lists(whole),
    )


def require_body_field(names: Sequence[str], *, source: str, options: ReadOptions) -> None:
    """Make sure that one of the columns of a table can hold articles' bodies.

    Raises:
        IngestError: none can; names the columns that are there.
    """
    lowered = {name.lower() for name in names}
    body_fields = {name.lower() for name in (*options.body_fields, *BODY_FIELDS)}
    dotted = {name.partition(".")[0] for name in body_fields if "." in name}
    if not lowered & (body_fields | dotted):
        raise IngestError(source, _complaint(names))


def known_fields(options: ReadOptions) -> frozenset[str]:
    """All names, in small letters, of fields and columns that may be a part of an article."""
    given = (
        *options.title_fields, *options.body_fields, *options.url_fields, *options.date_fields,
        *TITLE_FIELDS, *BODY_FIELDS, *URL_FIELDS, *DATE_FIELDS,
    )  # fmt: skip
    return frozenset(name.lower() for name in given)


def _complaint(names: Iterable[str]) -> str:
    there = ", ".join(str(name) for name in list(names)[:12]) or "none"
    return f"no body in its fields ({there}); name the field with --body-field"


def _find(row: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The first of the named fields that holds text; a dot in a name goes into an object."""
    lowered = {str(key).lower(): value for key, value in row.items()}
    nested = [value for value in lowered.values() if isinstance(value, Mapping)]
    for name in names:
        text = _text_of(_at(lowered, name))
        if text:
            return text
    for name in names:
        for inner in nested:
            text = _text_of(_at({str(key).lower(): value for key, value in inner.items()}, name))
            if text:
                return text
    return None


def _at(row: Mapping[str, Any], name: str) -> object:
    if name.lower() in row:
        return row[name.lower()]
    head, dot, rest = name.partition(".")
    inner = row.get(head.lower()) if dot else None
    if not isinstance(inner, Mapping):
        return None
    return _at({str(key).lower(): value for key, value in inner.items()}, rest)


def _text_of(value: object) -> str | None:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and value:
        parts = [text for item in value if (text := _text_of(item))]
        return "\n".join(parts) or None
    if isinstance(value, Mapping):
        return next((text for key in _WRAPPED if (text := _text_of(value.get(key)))), None)
    return str(value) if hasattr(value, "isoformat") else None


def _title_of(value: str | None) -> str:
    if value is None:
        return ""
    text = _plain(value)
    if has_markup(text):
        text = text_from_markup(text)[0]
    return _LINE_BREAK.sub(" ", text.strip())


def _plain(value: str) -> str:
    """Without a CDATA wrapper and with character references resolved, also doubly escaped tags."""
    wrapped = _CDATA.match(value)
    text = wrapped[1] if wrapped else value
    if not has_markup(text) and _ENTITY.search(text):
        return html.unescape(text)
    return text


def _date_of(row: Mapping[str, Any], options: ReadOptions) -> datetime | None:
    lowered = {str(key).lower(): value for key, value in row.items()}
    for name in (*options.date_fields, *DATE_FIELDS):
        moment = parse_date(_at(lowered, name))
        if moment is not None:
            return moment
    return parse_date(_find(row, (*options.date_fields, *DATE_FIELDS)))
