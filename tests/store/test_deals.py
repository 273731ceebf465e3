"""Deals are kept with their records; a human's link outlives everything."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pipeline.errors import StoreError
from pipeline.record import Party
from pipeline.store import DealChange, DealFilter, HumanLink, Store, StoredDeal
from pipeline.values import Money
from tests.store.making import Extraction, article, record


@pytest.fixture
def records(store: Store) -> Sequence[str]:
    """The ids of three stored records."""
    one = article()
    store.articles.save([one])
    found = [record(one, value=value) for value in (1, 2, 3)]
    store.records.save_extractions([Extraction(one.id, found)], version="v1")
    return [record.id for record in found]


def deal(name: str, *members: str, **options: object) -> StoredDeal:
    """A deal of 174億ドル."""
    values: dict[str, object] = {
        "kind": "supply",
        "status": "firm",
        "data": {"best": {"buyer": name}},
        "buyer": (Party(name="青空電機", surfaces=("青空電機",), gazetteer_id="aozora"),),
        "amount": Money(value=Decimal(17_400_000_000), currency="USD"),
        "last_published": datetime(2025, 9, 9, tzinfo=UTC),
        "record_ids": members,
    }
    return StoredDeal(id=name, **(values | options))  # type: ignore[arg-type]


def test_a_deal_comes_back_with_its_records(store: Store, records: Sequence[str]) -> None:
    store.deals.save([deal("d1", *records[:2])])
    loaded = store.deals.load("d1")
    assert loaded is not None
    assert loaded.record_ids == tuple(sorted(records[:2]))
    assert (loaded.data, loaded.version) == ({"best": {"buyer": "d1"}}, 1)
    assert store.deals.of_records(records) == {records[0]: "d1", records[1]: "d1"}
    assert store.deals.load("none") is None


def test_a_record_belongs_to_one_deal(store: Store, records: Sequence[str]) -> None:
    store.deals.save([deal("d1", *records)])
    store.deals.save([deal("d1", records[0]), deal("d2", *records[1:])])
    assert set(store.deals.of_records(records).items()) == {
        (records[0], "d1"),
        (records[1], "d2"),
        (records[2], "d2"),
    }
    loaded = store.deals.load("d1")
    assert loaded is not None
    assert (loaded.record_ids, loaded.version) == ((records[0],), 2)


def test_a_merged_deal_leads_to_the_one_it_became_part_of(
    store: Store, records: Sequence[str]
) -> None:
    store.deals.save([deal("d1", records[0], merged_into="d2"), deal("d2", *records)])
    assert [found.id for found in store.deals.stream()] == ["d2"]
    merged = [found.merged_into for found in store.deals.stream(DealFilter(merged=True))]
    assert sorted(merged, key=str) == [None, "d2"] or merged == ["d2", None]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(DealFilter(company="青空"), True, id="part of a name"),
        pytest.param(DealFilter(company="aozora"), True, id="gazetteer id"),
        pytest.param(DealFilter(company="赤土"), False, id="another name"),
        pytest.param(DealFilter(kinds=["supply"], statuses=["firm"]), True, id="kind and status"),
        pytest.param(DealFilter(kinds=["capex"]), False, id="another kind"),
        pytest.param(DealFilter(since=datetime(2025, 9, 9, tzinfo=UTC)), True, id="since"),
        pytest.param(DealFilter(since=datetime(2025, 9, 10, tzinfo=UTC)), False, id="later"),
        pytest.param(DealFilter(min_amount=17_400_000_000, currency="USD"), True, id="amount"),
        pytest.param(DealFilter(min_amount=17_400_000_001, currency="USD"), False, id="more"),
        pytest.param(DealFilter(min_amount=1, currency="JPY"), False, id="another currency"),
        pytest.param(DealFilter(min_amount=1e9), True, id="rough amount"),
    ],
)
def test_a_filter_finds_what_it_says(store: Store, wanted: DealFilter, *, found: bool) -> None:
    store.deals.save([deal("d1")])
    assert [one.id for one in store.deals.stream(wanted)] == ["d1"] * found


def test_changes_are_told_in_order_since_a_moment(store: Store) -> None:
    early = datetime(2025, 9, 1, tzinfo=UTC)
    late = early + timedelta(days=1)
    store.deals.save(
        [deal("d1")],
        [
            DealChange(deal_id="d1", change="new", data={"record": "r1"}, at=early),
            DealChange(deal_id="d1", change="amount", data={"before": "1", "after": "2"}, at=late),
        ],
    )
    assert [change.change for change in store.deals.changes()] == ["new", "amount"]
    assert [change.change for change in store.deals.changes(since=late)] == ["amount"]


def test_a_humans_word_on_two_records_is_one_whatever_their_order(store: Store) -> None:
    store.deals.say(HumanLink(record_a="r2", record_b="r1", same=True, by="佐藤"))
    store.deals.say(HumanLink(record_a="r1", record_b="r2", same=False, by="鈴木", note="別件"))
    assert store.deals.human_links() == (
        HumanLink(record_a="r1", record_b="r2", same=False, by="鈴木", note="別件"),
    )
    with pytest.raises(StoreError, match="with itself"):
        store.deals.say(HumanLink(record_a="r1", record_b="r1", same=True, by="佐藤"))


def test_a_humans_word_outlives_the_records_it_names(store: Store, records: Sequence[str]) -> None:
    store.deals.say(HumanLink(record_a=records[0], record_b=records[1], same=True, by="佐藤"))
    store.deals.save([deal("d1", *records)])
    store.records.save_extractions([Extraction(article().id)], version="v2")
    assert store.records.count() == 0
    assert len(store.deals.human_links()) == 1
    loaded = store.deals.load("d1")
    assert loaded is not None
    assert loaded.record_ids == ()
