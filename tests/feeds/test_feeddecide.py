"""New, changed, the same: what a feed's entries are against what is known."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.feeddecide import Decisions, Known, decide, identities
from pipeline.ingest.feedtypes import Entry

A = Entry(guid="a", url="https://n.example/a", title="青空電機がHX200を購入", content="3000個")
B = Entry(guid="b", url="https://n.example/b", title="髙木商会が工場を建設", content="120億円")
DAY = datetime(2026, 11, 24, tzinfo=UTC)


def changed(entry: Entry, **values: object) -> Entry:
    fields = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    return Entry(**(fields | values))


class Feed:
    """A feed that is polled again and again, with what is remembered of it."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}

    def poll(self, *entries: Entry) -> Decisions:
        wanted = identities(entries)
        found = decide(entries, [one for one in self.known.values() if one.identity in wanted])
        for seen in (*found.new, *found.changed, *found.touched, *found.same):
            self.known[seen.key] = Known(
                key=seen.key,
                identity=seen.identity,
                url=seen.entry.url,
                title=seen.entry.title,
                digest=seen.digest,
                updated=seen.updated,
            )
        return found


def counts(found: Decisions) -> tuple[int, int, int]:
    return len(found.new), len(found.changed) + len(found.touched), len(found.same)


def test_what_was_seen_is_not_new() -> None:
    feed = Feed()
    assert counts(feed.poll(A, B)) == (2, 0, 0)
    assert counts(feed.poll(B, A)) == (0, 0, 2)
    assert counts(feed.poll(B)) == (0, 0, 1)
    assert counts(feed.poll(A)) == (0, 0, 1), "an entry that vanished and comes back is known"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"content": "4000個"}, id="text"),
        pytest.param({"title": "青空電機がHX200を大量購入"}, id="title"),
        pytest.param({"title": "まったく別の見出し"}, id="another title, same place"),
        pytest.param({"url": "https://n.example/a-2"}, id="moved"),
        pytest.param({"updated": DAY}, id="said to be updated"),
    ],
)
def test_an_entry_that_changes_is_changed_once(change: dict[str, object]) -> None:
    feed = Feed()
    feed.poll(A, B)
    found = feed.poll(changed(A, **change), B)
    assert counts(found) == (0, 1, 1)
    assert len(found.touched) == ("updated" in change)
    assert counts(feed.poll(changed(A, **change), B)) == (0, 0, 2)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"title": "青空電機がＨＸ２００を購入"}, id="widths"),
        pytest.param({"content": " 3000個\n"}, id="white space"),
        pytest.param({"published": DAY}, id="date of publication"),
    ],
)
def test_what_does_not_matter_is_no_change(change: dict[str, object]) -> None:
    feed = Feed()
    feed.poll(A)
    assert counts(feed.poll(changed(A, **change))) == (0, 0, 1)


def test_a_whole_text_in_the_feed_speaks_for_itself() -> None:
    feed = Feed()
    whole = changed(A, is_full=True)
    feed.poll(whole)
    assert counts(feed.poll(changed(whole, updated=DAY))) == (0, 0, 1)


def test_dates_that_are_all_renewed_at_once_mean_nothing() -> None:
    feed = Feed()
    many = [changed(A, guid=str(n), url=f"https://n.example/{n}", updated=DAY) for n in range(8)]
    feed.poll(*many)
    later = [changed(one, updated=DAY + timedelta(hours=1)) for one in many]
    found = feed.poll(*later)
    assert (counts(found), found.renewed) == ((0, 0, 8), 8)
    assert counts(feed.poll(changed(later[0], updated=DAY + timedelta(hours=2)), *later[1:])) == (
        (0, 1, 7)
    )


STORIES = [
    changed(B, guid="1", url=url, title=title, content=title)
    for url, title in (
        ("https://n.example/", "青空電機がHX200を購入"),
        ("https://n.example/", "髙木商会が工場を建設"),
        ("https://n.example/3", "緑川商事が株式を取得"),
        (None, "丘自動車が提携を発表"),
    )
]


def test_stories_that_share_a_guid_stay_apart() -> None:
    feed = Feed()
    assert counts(feed.poll(*STORIES)) == (4, 0, 0)
    assert counts(feed.poll(*STORIES)) == (0, 0, 4)
    assert counts(feed.poll(*reversed(STORIES))) == (0, 0, 4)
    assert len({known.title for known in feed.known.values()}) == 4


def test_a_new_story_with_a_used_guid_takes_nobodys_place() -> None:
    feed = Feed()
    feed.poll(*STORIES[:2])
    found = feed.poll(STORIES[2], *STORIES[:2])
    assert counts(found) == (1, 0, 2)
    assert {known.title for known in feed.known.values()} == {one.title for one in STORIES[:3]}


def test_the_same_twice_in_one_document_is_one() -> None:
    found = Feed().poll(A, A, changed(A, content="4000個", updated=DAY, published=DAY))
    assert (counts(found), found.repeated) == ((1, 0, 0), 2)


def test_of_two_versions_in_one_document_the_newer_holds() -> None:
    feed = Feed()
    old, new = (
        changed(A, updated=DAY),
        changed(A, content="4000個", updated=DAY + timedelta(hours=1)),
    )
    assert counts(feed.poll(old, new)) == (1, 0, 0)
    assert counts(feed.poll(new, old)) == (0, 0, 1)
    (known,) = feed.known.values()
    assert known.updated == "2026-11-24T01:00:00+00:00"


def test_entries_without_guid_are_known_by_their_place_and_without_one_by_their_text() -> None:
    feed = Feed()
    by_place = [changed(one, guid="") for one in (A, B)]
    by_text = [changed(one, guid="", url=None) for one in (A, B)]
    assert counts(feed.poll(*by_place, *by_text)) == (4, 0, 0)
    assert counts(feed.poll(*by_text, *by_place)) == (0, 0, 4)


entries = st.builds(
    Entry,
    guid=st.sampled_from(["", "1", "2"]),
    url=st.sampled_from([None, "https://n.example/", "https://n.example/2"]),
    title=st.sampled_from(["", "青空電機", "髙木商会が工場を建設"]),
    content=st.sampled_from(["", "本文", "別の本文"]),
    updated=st.sampled_from([None, DAY, DAY + timedelta(hours=1)]),
    is_full=st.booleans(),
)


@given(st.lists(entries, max_size=8))
def test_any_document_read_twice_brings_nothing_new(found: list[Entry]) -> None:
    feed = Feed()
    first = feed.poll(*found)
    again = feed.poll(*found)
    assert counts(again) == (0, 0, len(first.new))
