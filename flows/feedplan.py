"""Before a run over feeds: which feeds it is for, and which of them are to be asked now."""

from collections.abc import Mapping, Sequence

from flows.feeddesk import Desk, times_of
from flows.feedreport import Ended, PollReport
from pipeline.errors import SettingsError
from pipeline.ingest.feedlist import Feed, FeedList
from pipeline.ingest.feedschedule import Mode, Standing, standing
from pipeline.store.feeds import FeedState

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
    found: list[Feed] = []
    for name in only:
        feed = listed.find(name)
        if feed is None:
            msg = f"no feed {name!r}; there are: {', '.join(one.name for one in listed.feed)}"
            raise SettingsError(msg)
        if not feed.enabled:
            msg = f"the feed {feed.name} is disabled; `torihiki feeds enable` mends that"
            raise SettingsError(msg)
        found.append(feed)
    return tuple(dict.fromkeys(found))


def sort_out(
    desk: Desk, chosen: Sequence[Feed], states: Mapping[str, FeedState], mode: Mode
) -> tuple[list[tuple[Feed, FeedState]], list[PollReport]]:
    """The feeds to poll, those that answer first, and a report for each of the others."""
    ready: list[tuple[Feed, FeedState]] = []
    skipped: list[PollReport] = []
    now = desk.now()
    for feed in chosen:
        state = states[feed.url]
        how = standing(times_of(state), now, mode)
        if how is Standing.READY:
            ready.append((feed, state))
        else:
            skipped.append(
                PollReport(name=feed.name, url=feed.url, ended=Ended.SKIPPED, reason=WHY_NOT[how])
            )
    ready.sort(key=lambda pair: (pair[1].failures, pair[1].polled_at or pair[1].next_at or now))
    return ready, skipped
