"""What every kind of feed comes to: entries, and what is to be said of the whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed.

    Attributes:
        guid: what the feed calls it, "" where it does not.
        url: the article's page, cleaned of tracking; None without one.
        title: plain text.
        content: the fullest body that the feed gives, HTML or plain text; "" without one.
        is_full: the feed offers `content` as the article's body, not as a summary.
        published, updated: as the feed says, zone kept.
    """

    guid: str = ""
    url: str | None = None
    title: str = ""
    content: str = ""
    is_full: bool = False
    published: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document.

    Attributes:
        format: RSS 2.0, Atom 1.0, JSON Feed 1.1, news sitemap, …
        title: of the feed.
        encoding: that the bytes were in.
        entries: as they stand in the feed.
        warnings: what is wrong with it although it could be read, for a person.
        ttl_minutes: how long the feed says that it need not be asked again; None where it does
            not say.
        parts: for a sitemap index the sitemaps, the latest first.
    """

    format: str
    title: str
    encoding: str
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()
    ttl_minutes: int | None = None
    parts: tuple[str, ...] = ()


def entry_warnings(entries: Iterable[Entry]) -> list[str]:
    """What is odd about the entries of a feed, for a person."""
    listed = list(entries)
    guids = [entry.guid for entry in listed if entry.guid]
    repeated = len(guids) - len(set(guids))
    warnings = []
    if not listed:
        warnings.append("it has no entries")
    if repeated:
        warnings.append(f"{repeated} entries have the GUID of another")
    bare = sum(1 for entry in listed if not entry.url and not entry.content)
    if bare:
        warnings.append(f"{bare} entries have neither link nor text")
    return warnings
