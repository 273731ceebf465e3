"""A text is kept once, with every place that has it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.article import Article, make_article
from pipeline.errors import StoreError
from pipeline.span import Span
from pipeline.store import Store
from pipeline.store.articles import MOST_IN_BAND
from pipeline.store.rows import sortable_time
from tests.store.making import TEXT, article


def test_an_article_comes_back_as_it_was_saved(store: Store) -> None:
    one = make_article(
        TEXT,
        source="zip/a.zip/記事.md",
        title="青空電機",
        url="https://news.example.jp/1?a=あ",
        published=datetime(2025, 9, 9, 7, 30, tzinfo=timezone(timedelta(hours=9))),
        ignored=(Span(3, 9),),
    )
    store.articles.save([one])
    (loaded,) = store.articles.load([one.id])
    assert loaded == one
    assert loaded.published is not None
    assert loaded.published.isoformat() == "2025-09-09T07:30:00+09:00"


def test_saving_the_same_article_again_changes_nothing(store: Store) -> None:
    one = article()
    first = store.articles.save([one])
    again = store.articles.save([one])
    assert (set(first.new), first.new_sources) == ({one.id}, 1)
    assert (len(again.new), set(again.known), again.new_sources) == (0, {one.id}, 0)
    assert store.articles.count() == 1


def test_one_text_at_two_places_is_one_article_with_two_sources(store: Store) -> None:
    here, there = article(source="a.md"), article(source="b.md", url="https://b.example/1")
    saved = store.articles.save([here, there])
    assert len(saved.new) == 1
    found = store.articles.sources(here.id)
    assert {(place["source"], place["url"]) for place in found} == {
        ("a.md", None),
        ("b.md", "https://b.example/1"),
    }


def test_articles_are_loaded_in_the_order_asked_for(store: Store) -> None:
    articles = [article(f"第{n}報。") for n in range(1200)]
    store.articles.save(articles)
    ids = [one.id for one in articles]
    assert [one.id for one in store.articles.load(ids[::-1])] == ids[::-1]
    assert store.articles.load(["0" * 32]) == ()
    assert store.articles.known([*ids, "0" * 32]) == set(ids)


def test_a_near_duplicate_is_linked_and_kept(store: Store) -> None:
    first, copy = article("原文です。"), article("原文です！")
    store.articles.save([copy, first], near_duplicate_of={copy.id: first.id})
    assert store.articles.originals([first.id, copy.id]) == {copy.id: first.id}
    assert store.articles.count() == 2


def test_signatures_find_originals_only(store: Store) -> None:
    first, copy, other = article("原文です。"), article("原文です！"), article("別の話。")
    store.articles.save(
        [first, copy, other],
        near_duplicate_of={copy.id: first.id},
        signatures={first.id: b"1", copy.id: b"2", other.id: b"3"},
        bands={first.id: [-(2**63), 5], copy.id: [5], other.id: [2**63 - 1]},
    )
    assert list(store.articles.sharing_band([5])) == [(5, first.id, b"1")]
    assert list(store.articles.sharing_band([2**63 - 1])) == [(2**63 - 1, other.id, b"3")]
    assert list(store.articles.sharing_band([6])) == []


def test_of_a_crowded_band_the_first_are_compared(store: Store) -> None:
    crowd = [article(f"定時の知らせ、第{n}号。") for n in range(MOST_IN_BAND + 5)]
    for some in (crowd[:3], crowd[3:]):
        store.articles.save(
            some,
            signatures={one.id: b"s" for one in some},
            bands={one.id: [7] for one in some},
        )
    found = [article_id for _, article_id, _ in store.articles.sharing_band([7])]
    assert len(found) == MOST_IN_BAND
    assert set(found[:3]) == {one.id for one in crowd[:3]}


def test_a_later_version_is_chained_to_the_earlier(store: Store) -> None:
    old, new = article("第1版。"), article("第2版。")
    store.articles.save([old, new])
    store.articles.supersede(old.id, new.id)
    with pytest.raises(StoreError, match="cannot be a version"):
        store.articles.supersede("0" * 32, new.id)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("前\x00後", "NUL character at 1", id="NUL"),
        pytest.param("前\ud83c", "surrogate pair at 1", id="half a surrogate pair"),
    ],
)
def test_a_text_that_databases_cannot_keep_is_refused_before_anything_is_written(
    store: Store, text: str, said: str
) -> None:
    with pytest.raises(StoreError, match=said):
        store.articles.save([article("よい記事。"), article(text)])
    assert store.articles.count() == 0


@pytest.mark.parametrize(
    "text", ["😀" * 10, "\u202e右から左", "\ufeffBOM", "é", "㈱①髙〜～", "\x01\x7f\x85"]
)
def test_unusual_characters_come_back_unchanged(store: Store, text: str) -> None:
    one = article(text)
    store.articles.save([one])
    assert store.articles.load([one.id])[0].text == text


def test_a_time_without_zone_is_japanese() -> None:
    naive = datetime(2025, 1, 1, 0, 0)  # noqa: DTZ001 - that is the case
    in_utc = sortable_time(naive)
    assert in_utc is not None
    assert in_utc.astimezone(UTC) == datetime(2024, 12, 31, 15, 0, tzinfo=UTC)
    assert sortable_time(None) is None


def test_nothing_to_save_is_fine(store: Store) -> None:
    nothing: list[Article] = []
    assert store.articles.save(nothing).new == frozenset()
