"""Reading counts every article under one heading, and puts on the backlog what is to be done."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from flows.batching import Backlog, BatchSize, Rerun
from flows.intake import CHUNK_ARTICLES, Intake, Tally, Wanted, chunks
from pipeline.article import Article, make_article
from pipeline.errors import Quarantined
from pipeline.store import Failure, Store
from pipeline.store.articles import MOST_IN_BAND
from pipeline.store.tables import article_bands
from tests.store.making import Extraction

BAD = Quarantined(source="bad.md", step="ingest", reason="empty")


def some(number: int, **options: Any) -> list[Article]:
    """Different articles."""
    return [make_article(f"第{n}報。", source=f"{n}.md", **options) for n in range(number)]


def take_in(
    store: Store | None, items: Sequence[Article | Quarantined], **wanted: Any
) -> tuple[Tally, set[str]]:
    """Read `items`; the tally, and the ids on the backlog."""
    backlog = Backlog()
    intake = Intake(store, backlog, Wanted(version="v1", **wanted))
    intake.take_in(items)
    ids: set[str] = set()
    while batch := backlog.take(BatchSize()):
        ids |= {article_id for article_id, _ in batch}
    return intake.tally, ids


def counted(tally: Tally) -> int:
    """Every read article, by heading."""
    return (
        tally.wanted
        + tally.done
        + tally.outdated
        + tally.failed_before
        + tally.copies
        + tally.near_duplicates
        + tally.undated
        + tally.too_old
        + tally.over_limit
    )


@pytest.fixture
def run(store: Store) -> int:
    """A run to read for."""
    return store.runs.start("archive", {})


def test_new_articles_are_saved_and_wanted(store: Store, run: int) -> None:
    articles = some(CHUNK_ARTICLES + 3)
    tally, ids = take_in(store, [*articles, BAD], run_id=run)
    assert (tally.read, tally.new, tally.quarantined) == (CHUNK_ARTICLES + 3, len(articles), 1)
    assert ids == {one.id for one in articles} == store.articles.known(ids)
    assert [item.source for item in store.quarantine.open_items(run_id=run)] == ["bad.md"]


def test_what_was_read_but_not_done_is_wanted_again(store: Store, run: int) -> None:
    take_in(store, some(2), run_id=run)
    tally, ids = take_in(store, some(3), run_id=run)
    assert (tally.new, tally.again, len(ids)) == (1, 2, 3)


@pytest.mark.parametrize(
    ("rerun", "wanted"),
    [
        pytest.param(None, {"never"}, id="by itself"),
        pytest.param(Rerun.FAILED, {"never", "failed"}, id="failed"),
        pytest.param(Rerun.CHANGED, {"never", "other"}, id="changed"),
        pytest.param(Rerun.ALL, {"never", "failed", "other", "done"}, id="all"),
    ],
)
def test_a_rerun_takes_what_it_says(
    store: Store, run: int, rerun: Rerun | None, wanted: set[str]
) -> None:
    articles = dict(zip(("never", "done", "other", "failed"), some(4), strict=True))
    store.articles.save(list(articles.values()))
    store.records.save_extractions([Extraction(articles["done"].id)], version="v1")
    store.records.save_extractions([Extraction(articles["other"].id)], version="v0")
    store.ledger.fail(
        run, "v1", [Failure(article_id=articles["failed"].id, source="x", reason="y")]
    )
    since = datetime.now(UTC) if rerun is Rerun.ALL else None
    tally, ids = take_in(store, list(articles.values()), rerun=rerun, done_since=since, run_id=run)
    assert ids == {articles[name].id for name in wanted}
    assert counted(tally) == tally.read == 4


def test_a_limit_leaves_the_rest_for_the_next_run(store: Store, run: int) -> None:
    articles = some(5)
    tally, first = take_in(store, articles, limit=2, run_id=run)
    assert (tally.wanted, tally.over_limit, counted(tally)) == (2, 3, 5)
    store.records.save_extractions([Extraction(one) for one in sorted(first)], version="v1")
    tally, second = take_in(store, articles, limit=2, run_id=run)
    assert (tally.done, tally.wanted, tally.over_limit) == (2, 2, 1)
    assert not first & second


def test_since_leaves_out_what_is_older_or_undated(store: Store, run: int) -> None:
    days = [datetime(2025, 9, day) for day in (8, 9, 10)]  # noqa: DTZ001 - as sources give them
    articles = [
        make_article(f"{day:%d}日の記事。", source=f"{day:%d}.md", published=day) for day in days
    ]
    since = datetime(2025, 9, 8, 15, tzinfo=UTC)  # midnight of the 9th in Japan
    tally, ids = take_in(store, [*articles, *some(1)], since=since, run_id=run)
    assert ids == {one.id for one in articles[1:]}
    assert (tally.too_old, tally.undated, counted(tally)) == (1, 1, 4)


def test_one_text_at_two_places_is_done_once(store: Store, run: int) -> None:
    one, *_ = some(1)
    again = make_article(one.text, source="elsewhere.md")
    tally, ids = take_in(store, [one, again], run_id=run)
    assert (tally.new, tally.copies, len(ids)) == (1, 1, 1)
    assert len(store.articles.sources(one.id)) == 2


STORY = (
    "青空電機は火曜日、ハル半導体から新型の装置を3000台購入する契約を結んだと発表した。"
    "装置は北町の新しい工場に置かれ、来年の春から順に動き始める。関係者によると、両社は昨年から"
    "話し合いを続けており、工場の電力は近くの発電所から送られる予定だという。"
)


def syndicated() -> tuple[Article, Article]:
    """A story and its reprint, which adds a line of thanks."""
    return (
        make_article(STORY, source="wire.md"),
        make_article(STORY + "（了）", source="paper.md"),
    )


@pytest.mark.parametrize("together", [True, False], ids=["in one run", "in two"])
def test_a_near_duplicate_is_kept_and_not_extracted(
    store: Store, run: int, *, together: bool
) -> None:
    story, reprint = syndicated()
    if together:
        tally, ids = take_in(store, [story, reprint], run_id=run)
    else:
        take_in(store, [story], run_id=run)
        tally, ids = take_in(store, [reprint], run_id=run)
    assert tally.near_duplicates == 1
    assert reprint.id not in ids
    assert store.articles.originals([reprint.id]) == {reprint.id: story.id}
    assert store.articles.count() == 2
    again, _ = take_in(store, [story, reprint], run_id=run)
    assert again.near_duplicates == 1


def test_bulletins_of_one_form_do_not_crowd_the_index(store: Store, run: int) -> None:
    """Each states another amount, so none is a copy, and every new one would be compared with all."""
    bulletins = [
        make_article(f"{STORY}契約の額は{n + 1}億円だった。", source=f"{n}.md") for n in range(60)
    ]
    for some in (bulletins[:30], bulletins[30:45], bulletins[45:]):
        tally, ids = take_in(store, some, run_id=run)
        assert len(ids) == len(some)
        assert tally.near_duplicates == 0
    with store.engine.connect() as connection:
        sizes = connection.execute(
            sa.select(sa.func.count()).select_from(article_bands).group_by(article_bands.c.band)
        ).scalars()
        assert max(sizes) < MOST_IN_BAND + 15 < len(bulletins)


def test_a_dry_run_knows_near_duplicates_too() -> None:
    tally, ids = take_in(None, list(syndicated()))
    assert (tally.new, tally.near_duplicates, len(ids)) == (1, 1, 1)


def test_a_text_that_no_database_keeps_is_quarantined_and_the_rest_goes_on(
    store: Store, run: int
) -> None:
    damaged = make_article("前\x00後", source="damaged.txt")
    tally, ids = take_in(store, [damaged, *some(1)], run_id=run)
    assert (tally.quarantined, len(ids)) == (1, 1)
    (item,) = store.quarantine.open_items()
    assert (item.source, item.step) == ("damaged.txt", "store")


def test_a_dry_run_writes_nothing(store: Store) -> None:
    store.articles.save(some(1))
    tally, ids = take_in(store, [*some(3), BAD])
    assert (tally.new, tally.again, tally.quarantined, len(ids)) == (2, 1, 1, 3)
    assert store.articles.count() == 1
    assert list(store.quarantine.open_items()) == []


def test_a_dry_run_needs_no_database() -> None:
    tally, ids = take_in(None, [*some(3), *some(1)])
    assert (tally.new, tally.copies, len(ids)) == (3, 1, 3)


def test_long_articles_make_small_chunks() -> None:
    long = [make_article(f"{n}" * 1_500_000, source=f"{n}") for n in range(3)]
    assert [len(chunk) for chunk in chunks(long)] == [2, 1]
