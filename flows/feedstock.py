"""From entries to stored articles: the feed's own words where they are the whole, else the page.

Each entry's words are in the database until its article is, so that a run killed at any moment
leaves nothing in between: the next one goes on with what still waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flows.batching import is_wanted
from flows.feeddesk import Desk
from flows.feedreport import PollReport
from flows.logs import get_log
from pipeline.article import Article
from pipeline.errors import (
    FetchError,
    IngestError,
    Quarantined,
    RestError,
    TransientFetchError,
)
from pipeline.ingest.feedarticle import (
    Access,
    Had,
    article_from_entry,
    article_from_web,
    best_of,
    is_next_version,
    needs_page,
)
from pipeline.ingest.feedlist import Feed
from pipeline.ingest.feedschedule import after_page_failure
from pipeline.ingest.feedtypes import Entry
from pipeline.ingest.feedurl import clean_url
from pipeline.ingest.fetch import PAGE_TYPES, Fetched
from pipeline.neardup import Linked, link_near_duplicates
from pipeline.store.feed_entries import EntryArticle, PendingEntry
from pipeline.store.rows import unstorable

MAX_ATTEMPTS = 5  # for a page, over as many polls; then the feed's own words stand for it
PAGE_FAILURES = 3  # in a row, after which a feed's other pages wait for the next poll
CHUNK = 100
REUSED = timedelta(hours=24)  # how long a page that one feed brought is good for another
TOUCHED_PAUSE = timedelta(minutes=30)  # the least between two looks at a page that is "updated"
_WALLS = frozenset({401, 402, 403, 451})
_PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/xml", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """An entry with what was had for it, to be stored."""

    entry: PendingEntry
    had: Had
    page: str | None = None
    due_at: datetime | None = None
    reason: str | None = None
    attempts: int = 0


def stock(desk: Desk, feed: Feed, feed_id: int, report: PollReport) -> None:
    """Have the articles of all entries of a feed that wait, as far as its pages allow."""
    waiting = desk.entries.pending(feed_id, desk.now())
    stocking = _Stocking(desk, feed, report)
    done = 0
    for start in range(0, len(waiting), CHUNK):
        if desk.stopping.is_set():
            break
        chunk = desk.entries.load_pending(waiting[start : start + CHUNK])
        done += stocking.take(chunk)
    report.waiting = len(waiting) - done


class _Stocking:
    """One feed's entries, one after the other; counts pages and failures."""

    def __init__(self, desk: Desk, feed: Feed, report: PollReport) -> None:
        self._desk = desk
        self._feed = feed
        self._report = report
        self._pages_left = feed.max_pages
        self._failures = 0

    def take(self, chunk: Sequence[PendingEntry]) -> int:
        """Have the articles of a chunk and store them; how many entries were dealt with."""
        kept: list[_Kept] = []
        done = 0
        for entry in chunk:
            if self._desk.stopping.is_set():
                break
            found = self._have(entry)
            if found is False:
                continue  # no page can be had for it now
            done += 1
            if isinstance(found, _Kept):
                kept.append(found)
                if found.page is not None:  # what cost a request is kept at once
                    self._store(kept)
                    kept = []
        self._store(kept)
        return done

    def _have(self, entry: PendingEntry) -> _Kept | bool:
        """What was had for an entry; True where it was dealt with, False where it must wait."""
        words = from_payload(entry.payload)
        told = article_from_entry(words, source=self._feed.url)
        if not needs_page(words, told, self._feed.content, self._desk.phrases):
            if told is None:
                return self._give_up(entry, "neither the feed nor a page has any text")
            is_cut = self._desk.phrases.is_cut(told.text)
            access = Access.PARTIAL if is_cut and words.url else Access.FULL
            return _Kept(entry=entry, had=Had(article=told, access=access))
        if self._is_too_soon(entry):
            return True
        if self._pages_left <= 0:
            return False
        return self._have_page(entry, words, told)

    def _is_too_soon(self, entry: PendingEntry) -> bool:
        """Put off the look at a page that was had lately and is said to be updated."""
        if not entry.payload.get("touched") or entry.fetched_at is None:
            return False
        due_at = entry.fetched_at + TOUCHED_PAUSE
        if due_at <= self._desk.now():
            return False
        self._desk.entries.put_off(
            entry.id, "its page was looked at lately", due_at=due_at, attempts=0
        )
        self._report.put_off += 1
        return True

    def _have_page(self, entry: PendingEntry, words: Entry, told: Article | None) -> _Kept | bool:
        url = words.url or ""
        again = self._reused(url) if entry.article_id is None else None
        if again is not None:
            return _Kept(entry=entry, had=again, page=url)
        self._pages_left -= 1
        try:
            had, page = self._fetch_article(url, words)
        except RestError as error:
            self._pages_left = 0
            return self._put_off(entry, told, error.reason, error.until, entry.attempts)
        except TransientFetchError as error:
            return self._transient(entry, told, error)
        except IngestError as error:
            self._failures = 0
            return self._refused(entry, told, error)
        self._failures = 0
        best = best_of(had, told)
        if best.article is None:
            return self._give_up(entry, "its page has no text", access=best.access)
        reason = "its page has no text" if best.access is Access.EMPTY else None
        return _Kept(entry=entry, had=best, page=page, reason=reason)

    def _reused(self, url: str) -> Had | None:
        """The article of a page that another feed has brought lately, as found by this one."""
        found = self._desk.entries.article_of_page(url, since=self._desk.now() - REUSED)
        if found is None:
            return None
        (article,) = self._desk.store.articles.load([found[0]])
        return Had(article=replace(article, source=self._feed.url), access=Access(found[1]))

    def _fetch_article(self, url: str, words: Entry) -> tuple[Had, str]:
        """What a page tells, and the address that it goes by; its canonical one is followed."""
        had, final = self._fetch_page(url, words)
        canonical = had.canonical
        if canonical is None:
            return had, final
        again = self._reused(canonical)
        if again is not None:
            return again, canonical
        if not _is_elsewhere(canonical, final) or self._pages_left <= 0:
            return had, canonical
        self._pages_left -= 1
        try:
            other, _ = self._fetch_page(canonical, words)
        except IngestError as error:
            get_log().info("page.canonical_failed", url=canonical, reason=error.reason)
            return had, canonical
        return best_of(other, had.article), canonical

    def _fetch_page(self, url: str, words: Entry) -> tuple[Had, str]:
        fetched = self._desk.fetcher.get(url, accept=PAGE_TYPES, obey_robots=self._feed.robots)
        self._report.pages += 1
        self._check_kind(fetched)
        final = clean_url(fetched.url) or fetched.url
        had = article_from_web(
            fetched.body,
            url=final,
            charset=self._feed.encoding or fetched.charset,
            is_plain=fetched.content_type == "text/plain",
            entry=words,
            source=self._feed.url,
            phrases=self._desk.phrases,
        )
        return had, final

    @staticmethod
    def _check_kind(fetched: Fetched) -> None:
        if fetched.content_type not in _PAGES:
            reason = f"it is {fetched.content_type}, no page of text"
            raise FetchError(fetched.url, reason)

    def _transient(
        self, entry: PendingEntry, told: Article | None, error: TransientFetchError
    ) -> _Kept | bool:
        self._failures += 1
        if self._failures >= PAGE_FAILURES:
            self._pages_left = 0
        attempts = entry.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            return self._refused(entry, told, error)
        due_at = after_page_failure(self._desk.now(), attempts)
        return self._put_off(entry, told, error.reason, due_at, attempts)

    def _put_off(
        self,
        entry: PendingEntry,
        told: Article | None,
        reason: str,
        due_at: datetime,
        attempts: int,
    ) -> _Kept | bool:
        """Try the page again later; until then the feed's own words stand, where there are any."""
        self._report.put_off += 1
        self._report.note_problem(entry.url or "", reason)
        if told is None or entry.article_id is not None:
            self._desk.entries.put_off(entry.id, reason, due_at=due_at, attempts=attempts)
            return True
        had = Had(article=told, access=Access.PARTIAL)
        return _Kept(entry=entry, had=had, due_at=due_at, reason=reason, attempts=attempts)

    def _refused(
        self, entry: PendingEntry, told: Article | None, error: IngestError
    ) -> _Kept | bool:
        """The page is not to be had: what the feed tells stands for good."""
        walled = isinstance(error, FetchError) and error.status in _WALLS
        access = Access.PAYWALLED if walled else Access.PARTIAL
        if told is None or entry.article_id is not None:
            return self._give_up(entry, error.reason, access=access)
        self._report.note_problem(entry.url or "", error.reason)
        return _Kept(entry=entry, had=Had(article=told, access=access), reason=error.reason)

    def _give_up(self, entry: PendingEntry, reason: str, *, access: Access | None = None) -> bool:
        self._desk.entries.give_up(entry.id, reason, access=access.value if access else None)
        self._report.note_problem(entry.url or "", reason)
        if entry.article_id is None:
            self._report.failed += 1
            place = entry.url or f"{self._feed.url}#{entry.id}"
            item = Quarantined(source=place, step="ingest", reason=reason)
            self._desk.store.quarantine.add([item], run_id=self._desk.run_id)
        return True

    def _store(self, kept: Sequence[_Kept]) -> None:
        """Store articles, link what is nearly the same, and hand over what is to be extracted."""
        sound = [one for one in kept if not self._refuse_unstorable(one)]
        if not sound:
            return
        desk = self._desk
        articles = [one.had.article for one in sound if one.had.article is not None]
        with desk.storing:
            linked, known = self._link(sound, articles)
            desk.store.articles.save(
                articles,
                run_id=desk.run_id,
                near_duplicate_of=linked.near_duplicate_of,
                signatures=linked.signatures,
                bands=linked.bands,
            )
            copies = frozenset(desk.store.articles.originals({one.id for one in articles}))
            had = [self._entry_article(one, copies) for one in sound]
            desk.entries.keep(had, at=desk.now())
        self._count(sound, known, copies)
        self._hand_over([one for one in articles if one.id not in copies])

    def _refuse_unstorable(self, one: _Kept) -> bool:
        fault = unstorable(one.had.article.text) if one.had.article else None
        return fault is not None and self._give_up(one.entry, fault)

    def _link(
        self, kept: Sequence[_Kept], articles: Sequence[Article]
    ) -> tuple[Linked, frozenset[str]]:
        """Which of the articles are known, and of which others the new ones are near-duplicates.

        The next version of a story is much like the one before, and no copy of it.
        """
        store = self._desk.store.articles
        known = store.known({article.id for article in articles})
        firsts = {article.id: article for article in reversed(articles) if article.id not in known}
        new = [article for article in articles if firsts.get(article.id) is article]
        linked = link_near_duplicates(new, store.sharing_band)
        links = dict(linked.near_duplicate_of)
        for one in kept:
            article, old = one.had.article, one.entry.article_id
            if article and old and article.id in links:
                before = self._desk.entries.lineage(old)
                if links[article.id] in before:
                    del links[article.id]
        return replace(linked, near_duplicate_of=links), known

    def _entry_article(self, one: _Kept, copies: frozenset[str]) -> EntryArticle:
        article = one.had.article
        assert article is not None  # noqa: S101 - only such are kept
        return EntryArticle(
            entry_id=one.entry.id,
            article_id=article.id,
            access=one.had.access.value,
            page=one.page,
            supersedes=self._old_version(one, article),
            is_copy=article.id in copies,
            due_at=one.due_at,
            reason=one.reason,
            attempts=one.attempts,
        )

    def _old_version(self, one: _Kept, article: Article) -> str | None:
        """The article whose next version this is: what the entry was, if it tells that story."""
        old_id = one.entry.article_id
        if old_id is None or old_id == article.id:
            return None
        (old,) = self._desk.store.articles.load([old_id])
        completes = one.entry.access in {Access.PARTIAL, Access.PAYWALLED} and one.page is not None
        if not completes and not is_next_version(old, article):
            return None
        self._report.versions += 1
        return old_id

    def _count(self, kept: Sequence[_Kept], known: frozenset[str], copies: frozenset[str]) -> None:
        report, met = self._report, set(known)
        for one in kept:
            article = one.had.article
            assert article is not None  # noqa: S101 - only such are kept
            if article.id in met:
                report.known += article.id != one.entry.article_id
            elif article.id in copies:
                report.copies += 1
            else:
                report.articles += 1
            met.add(article.id)
            report.partial += one.had.access is Access.PARTIAL
            report.paywalled += one.had.access is Access.PAYWALLED
            report.empty += one.had.access is Access.EMPTY

    def _hand_over(self, articles: Sequence[Article]) -> None:
        lengths = {article.id: len(article.text) for article in articles}
        states = self._desk.store.ledger.state_of(lengths, self._desk.version)
        wanted = [(one, lengths[one]) for one in lengths if is_wanted(states[one], None)]
        self._desk.backlog.add(wanted)


def _is_elsewhere(canonical: str, url: str) -> bool:
    """Whether a canonical address is another page, not the same one with other parameters."""
    one, other = urlsplit(canonical), urlsplit(url)
    hosts = (part.netloc.removeprefix("www.") for part in (one, other))
    return next(hosts) != next(hosts) or one.path.rstrip("/") != other.path.rstrip("/")


def from_payload(payload: Mapping[str, Any]) -> Entry:
    """The entry that `to_payload` wrote."""

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(payload[name]) if payload[name] else None

    return Entry(
        guid=payload["guid"],
        url=payload["url"],
        title=payload["title"],
        content=payload["content"],
        is_full=payload["is_full"],
        published=moment("published"),
        updated=moment("updated"),
    )
