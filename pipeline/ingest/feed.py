"""Feeds: bytes to entries, for RSS 0.9x, 1.0, 2.0, Atom, JSON Feed and (news) sitemaps.

Bytes are decoded before any parser sees them: feeds in Shift_JIS with ㈱ ① 髙, or declared as what
they are not, come out as another alphabet otherwise.
"""

import calendar
import html
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser

from pipeline.errors import IngestError
from pipeline.ingest.dates import parse_date
from pipeline.ingest.encoding import decode
from pipeline.ingest.feedjson import parse_json_feed
from pipeline.ingest.feedsitemap import parse_sitemap
from pipeline.ingest.feedtypes import Entry, ParsedFeed, entry_warnings
from pipeline.ingest.feedurl import clean_url
from pipeline.ingest.feedxml import (
    EntityDefinitionError,
    clean_xml,
    is_well_formed,
    root_of,
    split_items,
)

_NAMES = {
    "rss090": "RSS 0.90",
    "rss091n": "RSS 0.91",
    "rss091u": "RSS 0.91",
    "rss092": "RSS 0.92",
    "rss093": "RSS 0.93",
    "rss094": "RSS 0.94",
    "rss10": "RSS 1.0",
    "rss20": "RSS 2.0",
    "rss": "RSS",
    "atom01": "Atom 0.1",
    "atom02": "Atom 0.2",
    "atom03": "Atom 0.3",
    "atom10": "Atom 1.0",
    "atom": "Atom",
    "cdf": "CDF",
}
_FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_SITEMAP_ROOTS = frozenset({"urlset", "sitemapindex"})
_MENDED_ALONE = 500  # broken items; a feed with more is broken on purpose
_FEED_LINK = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:rss\+xml|atom\+xml|feed\+json)", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)


def parse_feed(
    data: bytes, *, url: str, charset: str | None = None, encoding: str | None = None
) -> ParsedFeed:
    """The entries of a feed.

    Args:
        data: the document.
        url: where it is from, for relative links and errors.
        charset: as the HTTP header says; may be false.
        encoding: of a user who knows better; None finds out.

    Raises:
        IngestError: no feed, broken beyond reading, or one that defines entities of its own.
    """
    if not data.strip():
        raise IngestError(url, "the feed is empty; look at its URL in a browser")
    text, name = decode(data, declared=encoding or charset, is_html=True, source=url)
    warnings = _encoding_warnings(text, name, charset, data)
    if text.lstrip().startswith("{"):
        return parse_json_feed(text, url=url, encoding=name, warnings=warnings)
    try:
        cleaned, removed = clean_xml(text)
    except EntityDefinitionError as error:
        raise IngestError(url, str(error)) from error
    if removed:
        warnings.append(f"{removed} control characters that XML forbids were left out")
    root = root_of(cleaned)
    if root in _SITEMAP_ROOTS:
        return parse_sitemap(cleaned, url=url, encoding=name, warnings=warnings)
    if root not in _FEED_ROOTS:
        raise IngestError(url, _no_feed(root, cleaned, url))
    return _parse_xml(cleaned, url, name, warnings)


def _encoding_warnings(text: str, name: str, charset: str | None, data: bytes) -> list[str]:
    warnings: list[str] = []
    broken = text.count("\ufffd")
    if broken:
        warnings.append(f"{broken} broken characters in its {name}")
    declared = re.search(rb"""<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)""", data[:300])
    stated = declared[1].decode("ascii") if declared else charset
    if stated and not _same_charset(stated, name):
        warnings.append(f"it says that it is {stated}, and is {name}")
    return warnings


def _same_charset(stated: str, name: str) -> bool:
    def plain(label: str) -> str:
        label = re.sub(r"[^a-z0-9]", "", label.lower())
        if label in {"shiftjis", "sjis", "xsjis", "windows31j", "cp932", "ms932", "mskanji"}:
            return "cp932"
        return {"usascii": "utf8", "ascii": "utf8", "xeucjp": "eucjp"}.get(label, label)

    return plain(stated) == plain(name) or plain(name).startswith(plain(stated))


def _no_feed(root: str, text: str, url: str) -> str:
    if root == "html" or "<html" in text[:2000].lower():
        links = find_feed_links(text, url)
        hint = f"; it names these feeds: {', '.join(links)}" if links else ""
        return f"it is an HTML page, not a feed{hint}"
    what = f"XML with the root element <{root}>" if root else "neither XML nor JSON"
    return f"it is {what}, no feed (RSS, Atom, JSON Feed or sitemap)"


def find_feed_links(page: str, url: str) -> tuple[str, ...]:
    """The feeds that an HTML page names in its head, absolute."""
    found: dict[str, None] = {}
    for link in _FEED_LINK.findall(page):
        target = _HREF.search(link)
        if target and _FEED_TYPE.search(link):
            cleaned = clean_url(target[1] or target[2] or target[3] or "", base=url)
            if cleaned:
                found[cleaned] = None
    return tuple(found)


def _parse_xml(text: str, url: str, encoding: str, warnings: list[str]) -> ParsedFeed:
    parsed = _parse(text, url)
    items = list(parsed.entries)
    fault = _fault_of(parsed)
    if fault is not None:
        warnings.append(f"its XML is malformed ({fault}); read as far as it makes sense")
        items = max(items, _mended_items(text, url), key=len)
    entries = tuple(_entry(item, url) for item in items)
    if fault is not None and not entries and not parsed.get("version"):
        raise IngestError(url, f"its XML is malformed and nothing can be read: {fault}")
    return ParsedFeed(
        format=_NAMES.get(parsed.get("version", ""), "RSS or Atom of no known version"),
        title=_plain(parsed.feed.get("title", "")),
        encoding=encoding,
        entries=entries,
        warnings=(*warnings, *entry_warnings(entries)),
        ttl_minutes=_ttl(parsed.feed.get("ttl")),
    )


def _parse(text: str, url: str) -> Any:
    # Bytes in memory, with a header that says what they are: given a str, feedparser would open
    # the file or URL that it names.
    return feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": url,
        },
        sanitize_html=False,
    )


def _fault_of(parsed: Any) -> str | None:
    if not parsed.get("bozo"):
        return None
    return " ".join(str(parsed.get("bozo_exception")).replace("<unknown>:", "line ").split())


def _mended_items(text: str, url: str) -> list[Any]:
    """The items of a malformed feed, each read by itself where it is the one at fault."""
    head, items, tail = split_items(text)
    sound = [is_well_formed(item) for item in items]
    together = "".join(item for item, good in zip(items, sound, strict=True) if good)
    whole = iter(_parse(head + together + tail, url).entries)
    mended: list[Any] = []
    broken = 0
    for item, good in zip(items, sound, strict=True):
        if good:
            mended.extend([entry] if (entry := next(whole, None)) else [])
        elif (broken := broken + 1) <= _MENDED_ALONE:
            mended.extend(_parse(head + item + tail, url).entries[:1])
    return mended


def _entry(item: Mapping[str, Any], base: str) -> Entry:
    content, is_full = _content(item)
    return Entry(
        guid=str(item.get("id", "")).strip(),
        url=_url(item, base),
        title=_plain(item.get("title", "")),
        content=content,
        is_full=is_full,
        published=_date(item, "published") or _date(item, "created"),
        updated=_date(item, "updated"),
    )


def _url(item: Mapping[str, Any], base: str) -> str | None:
    """The article's page: the alternate link, where FeedBurner keeps the original, or a GUID."""
    candidates = [item.get("feedburner_origlink", ""), item.get("link", "")]
    candidates += [
        link.get("href", "") for link in item.get("links", ()) if link.get("rel") == "alternate"
    ]
    if item.get("guidislink"):
        candidates.append(item.get("id", ""))
    for candidate in candidates:
        cleaned = clean_url(candidate, base=base) if candidate else None
        if cleaned:
            return cleaned
    return None


def _content(item: Mapping[str, Any]) -> tuple[str, bool]:
    bodies = [
        str(part.get("value", ""))
        for part in item.get("content", ())
        if str(part.get("type", "")).startswith("text/") or "html" in str(part.get("type", ""))
    ]
    summary = str(item.get("summary", ""))
    body = max(bodies, key=len, default="")
    if body.strip() and len(body) >= len(summary):
        return body, True
    return summary, False


def _date(item: Mapping[str, Any], name: str) -> datetime | None:
    if name not in item:  # `get` would answer with another date
        return None
    written = parse_date(item.get(name))
    if written is not None:
        return written
    parsed = item.get(f"{name}_parsed")
    return datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC) if parsed else None


def _plain(markup: str) -> str:
    """A title without tags, character references and line ends; `5 < 6` is no tag."""
    return " ".join(html.unescape(re.sub(r"</?[a-zA-Z][^<>]*>", "", str(markup))).split())


def _ttl(value: object) -> int | None:
    text = str(value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
