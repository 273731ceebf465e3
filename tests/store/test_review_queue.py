"""The queue's order, its pages and the claims of many at once, on both databases."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline.article import make_article
from pipeline.record import DealRecord, Kind, Party, Status, record_id
from pipeline.store import Store
from pipeline.store.accounts import Accounts
from pipeline.store.review import ReviewDb
from pipeline.store.review_filter import QueueFilter, Viewer
from pipeline.store.review_queue import Place, Queue, QueueRow, Sort
from pipeline.store.review_search import make_index, refresh
from pipeline.store.rows import at_stake
from pipeline.values import Money
from tests.store.making import Extraction

NOW = datetime(2026, 11, 24, tzinfo=UTC)
VIEWER = Viewer(user_id=1, now=NOW)
EVERYTHING = QueueFilter(states=("unreviewed", "edited"))
BUYERS = ("青空電機", "青空電機ホールディングス", "月見商事", "NVIDIA Labs")


def put(store: Store, number: int, **options: Any) -> list[DealRecord]:
    """Records with many equal amounts and confidences, some undated, some without an amount."""
    made = []
    for index in range(number):
        at = None if index % 7 == 0 else NOW - timedelta(days=index % 5)
        article = make_article(f"記事{index}", source=f"{index}.md", published=at, **options)
        record = DealRecord(
            id=record_id(article.id, "x"),
            article_id=article.id,
            extractor_version="v1",
            kind=list(Kind)[index % 4],
            status=Status.FIRM,
            buyer=(Party(name=BUYERS[index % len(BUYERS)], surfaces=()),),
            seller=(Party(name="エヌビディア", surfaces=(), gazetteer_id="nvidia"),)
            if index % 4
            else (),
            amount=None
            if index % 6 == 0
            else Money(value=Decimal(10 ** (index % 4)), currency="USD"),
            confidence=(index % 3) / 3,
        )
        store.articles.save([article])
        store.records.save_extractions([Extraction(article.id, [record])], version="v1")
        made.append(record)
    return made


def pages(store: Store, sort: Sort, size: int, wanted: QueueFilter = EVERYTHING) -> list[QueueRow]:
    queue = Queue(store.engine)
    found: list[QueueRow] = []
    after: Place | None = None
    while True:
        rows, more = queue.page(wanted, sort, VIEWER, size=size, after=after)
        assert len(rows) == size or not more
        found += rows
        if not more:
            return found
        after = rows[-1].place


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_hold_every_record_once_in_order(store: Store, sort: Sort) -> None:
    made = put(store, 30)
    rows = pages(store, sort, 7)
    assert sorted(row.record.id for row in rows) == sorted(one.id for one in made)
    dated = [row.place.value for row in rows if row.place.value is not None]
    falling = sort in (Sort.STAKE, Sort.AMOUNT, Sort.NEWEST)
    assert dated == sorted(dated, reverse=falling)
    undated = [row.place.value is None for row in rows]
    assert undated == sorted(undated)  # those without a date come last
    assert [r.record.id for r in rows] == [r.record.id for r in pages(store, sort, 30)]


def test_a_page_goes_on_where_the_last_ended_whatever_happened_meanwhile(store: Store) -> None:
    put(store, 20)
    queue = Queue(store.engine)
    first, _ = queue.page(EVERYTHING, Sort.STAKE, VIEWER, size=10)
    with store.engine.begin() as connection:  # the last one of the page is decided
        connection.exec_driver_sql(
            f"UPDATE records SET state = 'accepted' WHERE id = '{first[-1].record.id}'"  # noqa: S608
        )
    second, more = queue.page(EVERYTHING, Sort.STAKE, VIEWER, size=10, after=first[-1].place)
    assert len({row.record.id for row in first} | {row.record.id for row in second}) == 20
    assert not more


def test_most_at_stake_is_the_amount_that_is_likely_wrong() -> None:
    def record(amount: int | None, confidence: float) -> DealRecord:
        return DealRecord(
            id="x",
            article_id="y",
            extractor_version="v",
            kind=Kind.SUPPLY,
            status=Status.FIRM,
            amount=Money(value=Decimal(amount), currency="USD") if amount is not None else None,
            confidence=confidence,
        )

    order = [
        record(10**9, 0.5),
        record(10**9, 0.9),
        record(10**7, 0.5),
        record(None, 0.1),
        record(None, 0.9),
    ]
    stakes = [at_stake(one) for one in order]
    assert stakes == sorted(stakes, reverse=True)


def test_many_who_ask_at_once_get_each_another_record(store: Store) -> None:
    put(store, 12)
    accounts, queue = Accounts(store.engine), Queue(store.engine)
    users = [
        accounts.add_user(f"読み手{i}", role="reviewer", password_hash="-").id  # noqa: S106
        for i in range(6)
    ]
    taken: list[str | None] = []
    start = threading.Barrier(len(users))

    def ask(user_id: int) -> None:
        viewer = Viewer(user_id=user_id, now=NOW)
        start.wait()
        ids = queue.open_ids(EVERYTHING, Sort.STAKE, viewer, size=12)
        with ReviewDb(store.engine).transaction() as transaction:
            taken.append(transaction.claim(ids, user_id, at=NOW, until=NOW + timedelta(seconds=90)))

    threads = [threading.Thread(target=ask, args=(user_id,)) for user_id in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in taken
    assert len(set(taken)) == len(users)


def test_the_extractors_word_on_a_replaced_article_does_not_wait(store: Store) -> None:
    (record,) = put(store, 1)
    newer = make_article("記事の改訂版", source="0.md")
    store.articles.save([newer])
    store.articles.supersede(record.article_id, newer.id)
    assert pages(store, Sort.STAKE, 5) == []
    assert Queue(store.engine).count(EVERYTHING, VIEWER) == (0, False)


@pytest.mark.parametrize("sort", [Sort.STAKE, Sort.NEWEST])
@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({"party": "青空"}, 20),
        ({"party": "=青空電機"}, 10),
        ({"buyer": "nvidia"}, 10),
        ({"seller": "nvidia"}, 30),
        ({"party": "nvidia"}, 30),
        ({"seller": "=nvidia", "buyer": "月見"}, 10),
        ({"party": "%"}, 0),
    ],
)
def test_a_common_party_is_found_by_walking_as_a_rare_one_is_by_its_index(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    sort: Sort,
    wanted: dict[str, Any],
    number: int,
) -> None:
    put(store, 40)
    asked = QueueFilter(states=EVERYTHING.states, **wanted)
    by_index = pages(store, sort, 7, asked)
    assert len(by_index) == number
    monkeypatch.setattr("pipeline.store.review_filter._COMMON", 3)
    assert [row.place for row in pages(store, sort, 7, asked)] == [row.place for row in by_index]


@pytest.mark.parametrize("sort", [Sort.STAKE, Sort.NEWEST])
@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("記事", 40),
        ("記事3", 11),
        ("事1", 11),
        ("記", 40),
        ("9", 4),
        ("記事 3", 13),
        ("記事 事3", 11),
        ("記事の", 0),
        ("翡翠", 0),
    ],
)
def test_words_are_found_alike_however_many_articles_hold_them(
    store: Store, monkeypatch: pytest.MonkeyPatch, sort: Sort, words: str, number: int
) -> None:
    put(store, 40)
    make_index(store.engine)
    refresh(store.engine)
    asked = QueueFilter(states=EVERYTHING.states, words=words)
    gathered = pages(store, sort, 7, asked)
    assert len(gathered) == number
    assert Queue(store.engine).count(asked, VIEWER) == (number, False)
    for limit in ("_COMMON", "_EVERYWHERE"):
        monkeypatch.setattr(f"pipeline.store.review_filter.{limit}", 2)
        assert [row.place for row in pages(store, sort, 7, asked)] == [
            row.place for row in gathered
        ]
        assert Queue(store.engine).count(asked, VIEWER) == (number, False)
