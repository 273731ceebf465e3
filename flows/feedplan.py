"""Before a run over feeds: which feeds it is for, and which of them are to be asked now."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.feeddesk import Desk, times_of
from flows.feednotify import parse_threshold
from flows.feedreport import Ended, PollReport
from pipeline.errors import NoDatabaseError, SettingsError
from pipeline.gazetteer.vocabulary import load_vocabulary
from pipeline.ingest.feedlist import Feed, FeedList, load_feeds
from pipeline.ingest.feedschedule import Mode, Standing, standing
from pipeline.ingest.fetchguard import make_guard
from pipeline.settings import load_settings
from pipeline.store import open_store
from pipeline.store.feeds import Feeds, FeedState
from pipeline.store.rows import now

WHY_NOT = {
    Standing.EARLY: "not due yet",
    Standing.FRESH: "fresh, as their servers say (Cache-Control)",
    Standing.BROKEN: "resting after failures",
    Standing.PAUSED: "left alone, as their servers asked (Retry-After)",
}


def choose(listed: FeedList, only: Sequence[str]) -> tuple[Feed, ...]:
    """The feeds that a run is for.

    Raises:
        SettingsError: a name that the list does not have, or a feed that is disabled.
    """
    if not only:
        return tuple(feed for feed in listed.feed if feed.enabled)
    found: dict[str, Feed] = {}
    for name in only:
        feed = listed.find(name)
        if feed is None:
            msg = f"no feed {name!r}; there are: {', '.join(one.name for one in listed.feed)}"
            raise SettingsError(msg)
        if not feed.enabled:
            msg = f"the feed {feed.name} is disabled; `torihiki feeds enable` mends that"
            raise SettingsError(msg)
        found[feed.url] = feed
    return tuple(found.values())


def sort_out(
    desk: Desk, chosen: Sequence[Feed], states: Mapping[str, FeedState], mode: Mode
) -> tuple[list[tuple[Feed, FeedState]], list[PollReport]]:
    """The feeds to poll, those that answer first, and a report for each of the others."""
    ready: list[tuple[Feed, FeedState]] = []
    skipped: list[PollReport] = []
    moment = desk.now()
    for feed in chosen:
        state = states[feed.url]
        how = standing(times_of(state), moment, mode)
        if how is Standing.READY:
            ready.append((feed, state))
        else:
            skipped.append(
                PollReport(name=feed.name, url=feed.url, ended=Ended.SKIPPED, reason=WHY_NOT[how])
            )
    ready.sort(key=lambda pair: (pair[1].failures, pair[1].polled_at or pair[1].next_at or moment))
    return ready, skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a run would do about a feed; `why_not` is None where it would be asked."""

    name: str
    url: str
    why_not: str | None
    last_success: datetime | None = None


def plan(
    feeds_file: Path, *, database_url: str | None, only: Sequence[str], mode: Mode
) -> tuple[Planned, ...]:
    """What a run would do: a dry run, which asks nobody and writes nothing.

    Raises:
        TorihikiError: settings, the list of feeds or the database cannot be used.
    """
    settings = load_settings(database_url=database_url)
    chosen = choose(load_feeds(feeds_file), only)
    states: dict[str, FeedState] = {}
    with suppress(NoDatabaseError), open_store(settings.database_url, create=False) as store:
        states = {state.url: state for state in Feeds(store.engine).states()}
    return tuple(_planned(feed, states.get(feed.url), mode) for feed in chosen)


def _planned(feed: Feed, state: FeedState | None, mode: Mode) -> Planned:
    if state is None:
        return Planned(name=feed.name, url=feed.url, why_not=None)
    how = standing(times_of(state), now(), mode)
    return Planned(
        name=feed.name,
        url=feed.url,
        why_not=WHY_NOT.get(how),
        last_success=state.succeeded_at,
    )


def check_start(feeds_file: Path, *, database_url: str | None, only: Sequence[str]) -> FeedList:
    """Make sure that a run can begin, before anything is started for it.

    Raises:
        TorihikiError: settings, the list of feeds or the database cannot be used.
    """
    settings = load_settings(database_url=database_url)
    make_guard(settings.allow_hosts)
    listed = load_feeds(feeds_file)
    choose(listed, only)
    if listed.notify is not None:
        parse_threshold(listed.notify.min_amount, load_vocabulary(settings.models_dir))
        listed.notify.target()
    with open_store(settings.database_url) as store:
        store.check_writable()
    return listed
