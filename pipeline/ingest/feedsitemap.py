"""Sitemaps as feeds: news sitemaps, plain ones, and indexes of sitemaps."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipeline.errors import IngestError
from pipeline.ingest.dates import parse_date
from pipeline.ingest.feedtypes import Entry, ParsedFeed, entry_warnings
from pipeline.ingest.feedurl import clean_url


def parse_sitemap(text: str, *, url: str, encoding: str, warnings: list[str]) -> ParsedFeed:
    """The pages that a sitemap lists, or the sitemaps that an index lists.

    Args:
        text: cleaned by `clean_xml`.
        url: where it is from.
        encoding: that it was in.
        warnings: what was wrong with it so far.

    Raises:
        IngestError: XML that is malformed.
    """
    try:
        root = fromstring(text)
    except (ParseError, DefusedXmlException) as error:
        raise IngestError(url, f"its XML is malformed: {error}") from error
    if _local(root.tag) == "sitemapindex":
        return ParsedFeed(
            format="sitemap index",
            title="",
            encoding=encoding,
            entries=(),
            warnings=tuple(warnings),
            parts=_parts(root, url),
        )
    entries = tuple(entry for element in root if (entry := _entry(element, url)))
    is_news = any(_local(part.tag) == "news" for element in root for part in element)
    return ParsedFeed(
        format="news sitemap" if is_news else "sitemap",
        title=_publication(root),
        encoding=encoding,
        entries=entries,
        warnings=(*warnings, *entry_warnings(entries)),
    )


def _parts(root: Any, base: str) -> tuple[str, ...]:
    """The sitemaps of an index, the latest first; those without date keep their order, last."""
    dated: list[tuple[float, str]] = []
    for element in root:
        values = _values(element)
        location = clean_url(values.get("loc", ""), base=base)
        moment = parse_date(values.get("lastmod"))
        if location:
            dated.append((-_stamp(moment), location))
    return tuple(location for _, location in sorted(dated, key=lambda pair: pair[0]))


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0


def _entry(element: Any, base: str) -> Entry | None:
    values = _values(element)
    location = clean_url(values.get("loc", ""), base=base) if values.get("loc") else None
    if location is None:
        return None
    return Entry(
        guid=location,
        url=location,
        title=" ".join(values.get("title", "").split()),
        published=parse_date(values.get("publication_date")),
        updated=parse_date(values.get("lastmod")),
    )


def _values(element: Any) -> dict[str, str]:
    """Local name → text of an element's children and of its <news:news>."""
    found: dict[str, str] = {}
    for part in _children(element):
        text = (part.text or "").strip()
        if text:
            found.setdefault(_local(part.tag), text)
    return found


def _children(element: Any) -> Iterator[Any]:
    for part in element:
        if _local(part.tag) == "news":
            yield from part
        elif _local(part.tag) != "image" and _local(part.tag) != "video":
            yield part


def _publication(root: Any) -> str:
    for element in root.iter():
        if _local(element.tag) == "publication":
            for part in element:
                if _local(part.tag) == "name":
                    return " ".join((part.text or "").split())
    return ""


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]
