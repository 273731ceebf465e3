"""Reading: articles from files into the database, and onto the backlog those to be extracted."""

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from flows.batching import Backlog, Rerun, is_wanted
from pipeline.article import Article
from pipeline.errors import Quarantined
from pipeline.store import Done, Store
from pipeline.store.articles import MOST_IN_BAND
from pipeline.store.rows import sortable_time, unstorable

if TYPE_CHECKING:
    from pipeline.neardup import Linked

CHUNK_ARTICLES = 200
CHUNK_CHARACTERS = 2_000_000
SHOWN_FAILURES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which articles a run is for.

    Attributes:
        version: the extractor's.
        since: published at or after this; articles without date are left out then.
        limit: at most so many articles are extracted; None for all.
        rerun: which are done again.
        done_since: with `rerun` ALL, what was done after this counts as done.
        run_id: None for a dry run, which writes nothing.
    """

    version: str
    since: datetime | None = None
    limit: int | None = None
    rerun: Rerun | None = None
    done_since: datetime | None = None
    run_id: int | None = None


@dataclass(slots=True)
class Tally:
    """What reading has met so far; every article read is counted under exactly one of these.

    Attributes:
        read: articles that came from the files.
        new: texts to be extracted that the database did not have.
        again: texts to be extracted that it had (not done, or to be done again).
        done: texts that were done already, by this extractor version.
        outdated: texts that were done already, by another version.
        failed_before: texts that this version could not read.
        copies: texts met before in this run, at another place.
        near_duplicates: texts nearly the same as one that is extracted in their stead.
        undated: left out for want of a date, with `since`.
        too_old: left out by `since`.
        over_limit: texts to be extracted that `limit` left for the next run.
        quarantined: inputs that are no article (not among `read`).
        failed: the first of these, to be shown.
    """

    read: int = 0
    new: int = 0
    again: int = 0
    done: int = 0
    outdated: int = 0
    failed_before: int = 0
    copies: int = 0
    near_duplicates: int = 0
    undated: int = 0
    too_old: int = 0
    over_limit: int = 0
    quarantined: int = 0
    failed: list[Quarantined] = field(default_factory=list)

    @property
    def wanted(self) -> int:
        """Articles that were put onto the backlog."""
        return self.new + self.again


class Intake:
    """Takes in what readers give, chunk by chunk."""

    def __init__(self, store: Store | None, backlog: Backlog, wanted: Wanted) -> None:
        """Prepare to read.

        Args:
            store: where articles go; None for a dry run without a database.
            backlog: where those to be extracted go.
            wanted: which these are.
        """
        self._store = store
        self._backlog = backlog
        self._wanted = wanted
        self._seen: set[bytes] = set()
        self._new = frozenset[str]()
        self._in_band = Counter[int]()
        self._unsaved: dict[str, bytes] = {}
        self._unsaved_bands: dict[int, list[str]] = {}
        self.tally = Tally()

    def take_in(
        self, items: Iterable[Article | Quarantined], stop: threading.Event | None = None
    ) -> None:
        """Read to the end, to the limit, or until `stop` is set."""
        for chunk in chunks(items):
            if stop is not None and stop.is_set():
                return
            self._take_in_chunk(chunk)
            if self._room() == 0:
                return

    def _room(self) -> int | None:
        limit = self._wanted.limit
        return None if limit is None else max(0, limit - self.tally.wanted)

    def _take_in_chunk(self, chunk: Sequence[Article | Quarantined]) -> None:
        failed = [item for item in chunk if isinstance(item, Quarantined)]
        articles: list[Article] = []
        for item in chunk:
            if isinstance(item, Article):
                fault = unstorable(item.text)
                if fault is not None:
                    failed.append(Quarantined(source=item.source, step="store", reason=fault))
                elif self._in_time(item):
                    articles.append(item)
        self.tally.read += sum(isinstance(item, Article) for item in chunk)
        self._put_aside(failed)
        self._sort_out(articles)

    def _in_time(self, article: Article) -> bool:
        if self._wanted.since is None:
            return True
        published = sortable_time(article.published)
        if published is None:
            self.tally.undated += 1
            return False
        if published < self._wanted.since:
            self.tally.too_old += 1
            return False
        return True

    def _put_aside(self, failed: Sequence[Quarantined]) -> None:
        self.tally.quarantined += len(failed)
        self.tally.failed.extend(failed[: SHOWN_FAILURES - len(self.tally.failed)])
        if self._store is not None and self._wanted.run_id is not None:
            self._store.quarantine.add(failed, run_id=self._wanted.run_id)

    def _sort_out(self, articles: Sequence[Article]) -> None:
        """Save a chunk, and put onto the backlog what is to be extracted of it."""
        if not articles:
            return
        copies = self._save(articles)
        firsts: dict[str, int] = {}
        for article in articles:
            key = bytes.fromhex(article.id)
            if key in self._seen:
                self.tally.copies += 1
            else:
                self._seen.add(key)
                firsts[article.id] = len(article.text)
        states = self._states(firsts)
        chosen: list[tuple[str, int]] = []
        for article_id, characters in firsts.items():
            if article_id in copies:
                self.tally.near_duplicates += 1
            elif not is_wanted(states[article_id], self._wanted.rerun):
                self._count_state(states[article_id])
            elif self._room() == 0:
                self.tally.over_limit += 1
            else:
                chosen.append((article_id, characters))
                self._count(article_id)
        self._backlog.add(chosen)

    def _save(self, articles: Sequence[Article]) -> frozenset[str]:
        """Save a chunk; the ids of those that are near-duplicates of another article."""
        # Loads scipy, which takes a second that the flow need not wait for.
        from pipeline.neardup import link_near_duplicates

        firsts = {article.id: article for article in reversed(articles)}
        known = self._store.articles.known(firsts) if self._store is not None else frozenset()
        new = [one for one in articles if firsts[one.id] is one and one.id not in known]
        linked = link_near_duplicates(new, self._sharing_band)
        self._new = frozenset(article.id for article in new)
        if self._store is None or self._wanted.run_id is None:
            self._remember(linked)
            before = self._store.articles.originals(known) if self._store is not None else {}
            return frozenset(linked.near_duplicate_of) | frozenset(before)
        saved = self._store.articles.save(
            articles,
            run_id=self._wanted.run_id,
            near_duplicate_of=linked.near_duplicate_of,
            signatures=linked.signatures,
            bands={
                article_id: [band for band in bands if self._in_band[band] < MOST_IN_BAND]
                for article_id, bands in linked.bands.items()
            },
        )
        self._new = saved.new
        return frozenset(self._store.articles.originals(firsts))

    def _sharing_band(self, bands: Collection[int]) -> Iterator[tuple[int, str, bytes]]:
        """What to compare with; of a band that is full, no more are kept than are looked at."""
        self._in_band = Counter[int]()
        if self._store is not None:
            for band, article_id, signature in self._store.articles.sharing_band(bands):
                self._in_band[band] += 1
                yield band, article_id, signature
        for band in bands:
            for article_id in self._unsaved_bands.get(band, ())[:MOST_IN_BAND]:
                yield band, article_id, self._unsaved[article_id]

    def _remember(self, linked: "Linked") -> None:
        """Keep the originals of a dry run, which saves none, to compare later articles with."""
        for article_id, signature in linked.signatures.items():
            if article_id not in linked.near_duplicate_of:
                self._unsaved[article_id] = signature
                for band in linked.bands[article_id]:
                    self._unsaved_bands.setdefault(band, []).append(article_id)

    def _states(self, ids: Iterable[str]) -> dict[str, Done]:
        if self._store is None:
            return dict.fromkeys(ids, Done.NEVER)
        return self._store.ledger.state_of(
            ids, self._wanted.version, done_since=self._wanted.done_since
        )

    def _count(self, article_id: str) -> None:
        if article_id in self._new:
            self.tally.new += 1
        else:
            self.tally.again += 1

    def _count_state(self, state: Done) -> None:
        if state is Done.FAILED:
            self.tally.failed_before += 1
        elif state is Done.OTHER:
            self.tally.outdated += 1
        else:
            self.tally.done += 1


def chunks(
    items: Iterable[Article | Quarantined],
) -> Iterator[list[Article | Quarantined]]:
    """`items` in pieces that are saved together, bounded in number and in characters."""
    chunk: list[Article | Quarantined] = []
    characters = 0
    for item in items:
        chunk.append(item)
        if isinstance(item, Article):
            characters += len(item.text)
        if len(chunk) >= CHUNK_ARTICLES or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
