"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

import json
from collections.abc import Mapping
from typing import Any

from pipeline.errors import IngestError
from pipeline.ingest.dates import parse_date
from pipeline.ingest.feedtypes import Entry, ParsedFeed, entry_warnings
from pipeline.ingest.feedurl import clean_url

_VERSION = "jsonfeed.org/version/"


def parse_json_feed(text: str, *, url: str, encoding: str, warnings: list[str]) -> ParsedFeed:
    """The entries of a JSON Feed.

    Raises:
        IngestError: no JSON, or JSON that is no feed.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise IngestError(url, f"it begins as JSON and is none: {error}") from error
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise IngestError(url, "it is JSON without `items`, no JSON Feed")
    version = str(document.get("version", ""))
    if _VERSION not in version:
        warnings = [*warnings, "it does not say which version of JSON Feed it is"]
    entries = tuple(_entry(item, url) for item in items if isinstance(item, dict))
    if len(entries) < len(items):
        warnings = [*warnings, f"{len(items) - len(entries)} of its items are no objects"]
    number = version.rpartition("/")[2]
    return ParsedFeed(
        format=f"JSON Feed {number}" if _VERSION in version else "JSON Feed",
        title=_text(document, "title"),
        encoding=encoding,
        entries=entries,
        warnings=(*warnings, *entry_warnings(entries)),
    )


def _entry(item: Mapping[str, Any], base: str) -> Entry:
    body = _text(item, "content_html") or _text(item, "content_text")
    link = _text(item, "url") or _text(item, "external_url") or _text(item, "id")
    return Entry(
        guid=_text(item, "id"),
        url=clean_url(link, base=base) if _is_link(link) else None,
        title=" ".join(_text(item, "title").split()),
        content=body or _text(item, "summary"),
        is_full=bool(body),
        published=parse_date(item.get("date_published")),
        updated=parse_date(item.get("date_modified")),
    )


def _is_link(text: str) -> bool:
    return "://" in text or text.startswith("/")


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
