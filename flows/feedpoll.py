"""Polling one feed: fetch its document, tell what is new in it, have the articles stored.

Everything that must outlive a kill is in the database before the next step begins. Knows no
Prefect: the flow calls it in tasks, tests call it as it is.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from flows.feeddesk import Desk, spread_of
from flows.feedreport import Ended, PollReport
from flows.feedstock import stock
from flows.logs import get_log
from pipeline.errors import FetchError, IngestError, RestError, TransientFetchError
from pipeline.ingest.feed import parse_feed
from pipeline.ingest.feeddecide import Decisions, Known, Seen, decide, identities
from pipeline.ingest.feedlist import Feed
from pipeline.ingest.feedschedule import after_failure, after_success
from pipeline.ingest.feedtypes import Entry, ParsedFeed, entry_warnings
from pipeline.ingest.fetch import FEED_TYPES, Fetched, Fetcher
from pipeline.ingest.fetchbody import GZIP_MAGIC, BodyError, gunzip
from pipeline.store.feed_entries import EntryChange
from pipeline.store.feeds import Document, FeedState
from pipeline.store.rows import sortable_time

MAX_PARTS = 10  # sitemaps of an index that are read at one poll, the latest
_INDEX = "sitemap index"


def poll(desk: Desk, feed: Feed, feed_id: int) -> PollReport:
    """Poll a feed and store the articles that it brings.

    Raises:
        TransientFetchError: it cannot be had now; the same again may pass. Nothing is noted yet.
    """
    report = PollReport(name=feed.name, url=feed.url)
    started = time.monotonic()
    with _held(desk, feed_id, report) as is_ours:
        if is_ours:
            state = desk.feeds.load(feed_id)
            try:
                _poll_document(desk, feed, state, report)
            except RestError as error:
                desk.feeds.save_pause(feed_id, error.reason, until=error.until)
                report.ended, report.reason = Ended.PAUSED, error.reason
            except TransientFetchError:
                raise
            except IngestError as error:
                note_failure(desk, feed, state, report, error)
            # What waits from before is had even where the feed itself is not.
            if not desk.stopping.is_set():
                stock(desk, feed, feed_id, report)
    report.seconds = time.monotonic() - started
    _log(report)
    return report


def fail(desk: Desk, feed: Feed, feed_id: int, error: IngestError) -> PollReport:
    """Note that a feed could not be had, after all attempts; have what waits from before."""
    report = PollReport(name=feed.name, url=feed.url)
    started = time.monotonic()
    with _held(desk, feed_id, report) as is_ours:
        if is_ours:
            note_failure(desk, feed, desk.feeds.load(feed_id), report, error)
            if not desk.stopping.is_set():
                stock(desk, feed, feed_id, report)
    report.seconds = time.monotonic() - started
    _log(report)
    return report


def note_failure(
    desk: Desk, feed: Feed, state: FeedState, report: PollReport, error: IngestError
) -> None:
    """Count a failure against a feed, which rests the longer the more there are in a row."""
    report.ended, report.reason = Ended.FAILED, error.reason
    next_at = after_failure(desk.now(), feed.interval, state.failures + 1, spread=spread_of(feed))
    desk.feeds.save_failure(state.id, error.reason, next_at=next_at)


def _log(report: PollReport) -> None:
    numbers = {
        name: value
        for name, value in asdict(report).items()
        if isinstance(value, int | float | str) and value
    }
    numbers["seconds"] = round(report.seconds, 3)
    how = "warning" if report.ended is Ended.FAILED else "info"
    getattr(get_log(), how)("feed.polled", **numbers)


@contextmanager
def _held(desk: Desk, feed_id: int, report: PollReport) -> Iterator[bool]:
    """Hold a feed against other runs; whether it is ours."""
    if not desk.feeds.hold(feed_id, desk.run_id, desk.store.runs.living()):
        report.ended, report.reason = Ended.BUSY, "another run is at it"
        yield False
        return
    try:
        yield True
    finally:
        desk.feeds.let_go(desk.run_id, feed_id)


def _poll_document(desk: Desk, feed: Feed, state: FeedState, report: PollReport) -> None:
    fetched = fetch_document(desk.fetcher, feed, state)
    now = desk.now()
    schedule: dict[str, Any] = {
        "fresh_until": now + fetched.fresh_for if fetched.fresh_for else None,
        "moved_to": fetched.moved_to,
        "next_at": after_success(now, feed.interval, spread=spread_of(feed)),
    }
    digest = document_digest(fetched.body, feed)
    if fetched.status == 304 or (digest == state.body_digest and state.format != _INDEX):
        report.ended = Ended.UNCHANGED
        report.entries = state.entries or 0
        desk.feeds.save_poll(state.id, **schedule)
        return
    parsed = parse_document(desk.fetcher, feed, fetched)
    if parsed.ttl_minutes:
        ttl = timedelta(minutes=parsed.ttl_minutes)
        schedule["next_at"] = after_success(now, feed.interval, ttl=ttl, spread=spread_of(feed))
    rows = desk.entries.known(state.id, identities(parsed.entries))
    decisions = decide(parsed.entries, [Known(**asdict(row)) for row in rows])
    changes = _changes(feed, decisions, now, report)
    report.entries, report.repeated = len(parsed.entries), decisions.repeated
    report.warnings = _warnings(parsed, decisions)
    desk.feeds.save_poll(
        state.id,
        **schedule,
        document=Document(
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            body_digest=digest,
            format=parsed.format,
            encoding=parsed.encoding,
            warnings=report.warnings,
            entries=len(parsed.entries),
        ),
        changes=changes,
        seen=[seen.key for seen in decisions.same],
    )


def document_digest(body: bytes, feed: Feed) -> str:
    """What tells a document, and the options that it is read with, from another."""
    options = repr((feed.encoding, feed.include, feed.exclude, feed.max_age))
    return hashlib.sha256(body).hexdigest()[:20] + hashlib.sha256(options.encode()).hexdigest()[:12]


def fetch_document(fetcher: Fetcher, feed: Feed, state: FeedState | None) -> Fetched:
    """A feed's document, or that it is as it was.

    Raises:
        FetchError: it cannot be had.
    """
    same_options = (
        state is not None
        and state.body_digest is not None
        and state.body_digest[20:] == document_digest(b"", feed)[20:]
    )
    known = state if same_options and state and state.format != _INDEX else None
    fetched = fetcher.get(
        feed.url,
        accept=FEED_TYPES,
        etag=known.etag if known else None,
        last_modified=known.last_modified if known else None,
        obey_robots=feed.robots,
    )
    if fetched.status == 304 and known is None:
        reason = "the server says 304 Not Modified although nothing was said to be known"
        raise TransientFetchError(feed.url, reason)
    return fetched


def parse_document(fetcher: Fetcher, feed: Feed, fetched: Fetched) -> ParsedFeed:
    """The entries of a fetched document; of an index of sitemaps, those of its latest ones.

    Raises:
        IngestError: no feed, or broken beyond reading.
    """
    parsed = _parse(fetched, feed)
    if not parsed.parts:
        return parsed
    entries: list[Entry] = []
    warnings = list(parsed.warnings)
    failure: IngestError | None = None
    for url in parsed.parts[:MAX_PARTS]:
        try:
            part = _parse(fetcher.get(url, accept=FEED_TYPES, obey_robots=feed.robots), feed)
        except RestError:
            raise
        except IngestError as error:
            failure = error
            warnings.append(f"its sitemap {url} cannot be read: {error.reason}")
            continue
        entries.extend(part.entries)
        warnings.extend(f"{url}: {warning}" for warning in part.warnings)
    if failure is not None and not entries:
        raise failure
    if len(parsed.parts) > MAX_PARTS:
        left = len(parsed.parts) - MAX_PARTS
        warnings.append(f"the latest {MAX_PARTS} of its sitemaps were read, {left} older ones not")
    warnings.extend(entry_warnings(entries))
    return replace(parsed, entries=tuple(entries), warnings=tuple(dict.fromkeys(warnings)))


def _parse(fetched: Fetched, feed: Feed) -> ParsedFeed:
    body = fetched.body
    if body.startswith(GZIP_MAGIC):
        try:
            body = gunzip(body, 10 * max(len(body), 10_000_000))
        except BodyError as error:
            raise FetchError(fetched.url, f"it is gzip, and {error}") from error
    return parse_feed(body, url=fetched.url, charset=fetched.charset, encoding=feed.encoding)


def _warnings(parsed: ParsedFeed, decisions: Decisions) -> tuple[str, ...]:
    if not decisions.renewed:
        return parsed.warnings
    said = f"{decisions.renewed} entries have a new date and nothing else new; not read again"
    return (*parsed.warnings, said)


def _changes(
    feed: Feed, decisions: Decisions, now: datetime, report: PollReport
) -> Sequence[EntryChange]:
    changes: list[EntryChange] = []
    groups = ((decisions.new, False), (decisions.changed, False), (decisions.touched, True))
    for group, is_touched in groups:
        for seen in group:
            reason = left_out(feed, seen.entry, now)
            changes.append(_change(seen, now, reason, is_touched=is_touched))
    report.new = len(decisions.new)
    report.changed = len(decisions.changed) + len(decisions.touched)
    report.left_out = sum(change.reason is not None for change in changes)
    return changes


def left_out(feed: Feed, entry: Entry, now: datetime) -> str | None:
    """Why the user's options leave an entry out, None where they do not."""
    if not feed.wants(entry.url):
        return "left out by include or exclude"
    published = sortable_time(entry.published or entry.updated)
    if feed.max_age is not None and published is not None and now - published > feed.max_age:
        return "older than max_age"
    return None


def _change(seen: Seen, now: datetime, reason: str | None, *, is_touched: bool) -> EntryChange:
    entry = seen.entry
    return EntryChange(
        key=seen.key,
        identity=seen.identity,
        url=entry.url,
        title=_storable(entry.title),
        digest=seen.digest,
        updated=seen.updated,
        payload=to_payload(entry, is_touched=is_touched),
        published_at=sortable_time(entry.published or entry.updated),
        due_at=now if reason is None else None,
        reason=reason,
    )


def to_payload(entry: Entry, *, is_touched: bool) -> dict[str, Any]:
    """An entry as JSON, to be kept until its article is had."""
    return {
        "guid": _storable(entry.guid),
        "url": entry.url,
        "title": _storable(entry.title),
        "content": _storable(entry.content),
        "is_full": entry.is_full,
        "published": entry.published.isoformat() if entry.published else None,
        "updated": entry.updated.isoformat() if entry.updated else None,
        "touched": is_touched,
    }


def _storable(text: str) -> str:
    """Without what PostgreSQL cannot keep; JSON feeds may hold it."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
