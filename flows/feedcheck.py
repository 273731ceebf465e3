"""`torihiki feeds check`: what would be read of a feed, and what is wrong with it; writes nothing."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from flows.feedpoll import fetch_document, left_out, parse_document
from pipeline.errors import IngestError, RestError, RobotsError
from pipeline.ingest.feedarticle import article_from_entry, needs_page, published_of
from pipeline.ingest.feedlist import Feed
from pipeline.ingest.feedphrases import Phrases
from pipeline.ingest.feedtypes import Entry
from pipeline.ingest.fetch import Fetched, Fetcher
from pipeline.store.rows import sortable_time


@dataclass(slots=True, kw_only=True)
class CheckedEntry:
    """One entry: what it is, and where its text would come from (feed, page, or why not)."""

    title: str
    url: str | None
    published: str | None
    text_from: str


@dataclass(slots=True, kw_only=True)
class Check:
    """What was found out about a feed.

    Attributes:
        problem: why it cannot be read; None where it can.
        faults: what is wrong although it can be read.
        redirects: the way to where it is.
        bytes: of its document.
        encoding: that it is in, stated that it says it is in.
        entries: in its document; how many of them have their text in the feed, would have their
            page fetched, are left out by options.
        latest, oldest: publication of its entries.
    """

    name: str
    url: str
    problem: str | None = None
    faults: list[str] = field(default_factory=list)
    final_url: str | None = None
    redirects: list[str] = field(default_factory=list)
    content_type: str | None = None
    bytes: int = 0
    format: str | None = None
    title: str | None = None
    encoding: str | None = None
    conditional: bool = False
    fresh_seconds: float = 0.0
    entries: int = 0
    from_feed: int = 0
    from_page: int = 0
    left_out: int = 0
    nothing: int = 0
    latest: str | None = None
    oldest: str | None = None
    sample: list[CheckedEntry] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return asdict(self)


def check(feed: Feed, fetcher: Fetcher, phrases: Phrases, now: datetime, *, show: int) -> Check:
    """Fetch a feed and tell what would be read of it.

    Args:
        feed: with its options.
        fetcher: its client; robots.txt and pauses are obeyed.
        phrases: how a text says that it goes on.
        now: the present moment, for `max_age`.
        show: how many entries to list.
    """
    found = Check(name=feed.name, url=feed.url)
    try:
        fetched = fetch_document(fetcher, feed, None)
        _note_fetched(found, fetched)
        parsed = parse_document(fetcher, feed, fetched)
    except IngestError as error:
        found.problem = f"{error.reason}{_mend(error)}"
        return found
    found.format, found.title, found.encoding = parsed.format, parsed.title, parsed.encoding
    found.faults += parsed.warnings
    found.entries = len(parsed.entries)
    counts: Counter[str] = Counter()
    for entry in parsed.entries:
        where = _text_from(feed, entry, phrases, now)
        counts[where.partition(":")[0]] += 1
        if len(found.sample) < show:
            found.sample.append(_checked(entry, where))
    found.from_feed, found.from_page = counts["feed"], counts["page"]
    found.left_out, found.nothing = counts["left out"], counts["nothing"]
    _note_dates(found, parsed.entries)
    return found


def _note_fetched(found: Check, fetched: Fetched) -> None:
    found.final_url, found.content_type = fetched.url, fetched.content_type
    found.bytes = len(fetched.body)
    found.redirects = [f"{hop.status} {hop.to}" for hop in fetched.hops]
    found.conditional = bool(fetched.etag or fetched.last_modified)
    found.fresh_seconds = fetched.fresh_for.total_seconds()
    if fetched.moved_to:
        found.faults.append(f"it has moved for good to {fetched.moved_to}; write that as its url")
    if not found.conditional:
        found.faults.append(
            "its server gives neither ETag nor Last-Modified: it comes whole each time"
        )


def _note_dates(found: Check, entries: tuple[Entry, ...]) -> None:
    moments = [sortable_time(published_of(entry)) for entry in entries]
    dated = sorted(moment for moment in moments if moment is not None)
    if dated:
        found.oldest, found.latest = dated[0].isoformat(), dated[-1].isoformat()
    undated = len(entries) - len(dated)
    if undated:
        found.faults.append(f"{undated} entries have no date")


def _text_from(feed: Feed, entry: Entry, phrases: Phrases, now: datetime) -> str:
    reason = left_out(feed, entry, now)
    if reason is not None:
        return f"left out: {reason}"
    told = article_from_entry(entry, source=feed.url)
    if needs_page(entry, told, feed.content, phrases):
        return "page"
    return "feed" if told is not None else "nothing: neither text nor link"


def _checked(entry: Entry, where: str) -> CheckedEntry:
    published = published_of(entry)
    return CheckedEntry(
        title=entry.title,
        url=entry.url,
        published=published.isoformat() if published else None,
        text_from=where,
    )


def _mend(error: IngestError) -> str:
    if isinstance(error, RobotsError):
        return "; ask its owner, and write robots = false if they agree"
    if isinstance(error, RestError):
        return "; try again then"
    return ""
