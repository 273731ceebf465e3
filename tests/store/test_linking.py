"""What is stored is linked in its own transaction: caught up with, corrected by people, undone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from pipeline.article import Article, make_article
from pipeline.link.kit import LinkKit
from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, Status, record_id
from pipeline.store import DealFilter, HumanLink, Store
from pipeline.store.dealbook import find_deal, relations_of
from pipeline.store.link_tables import link_blocks, link_edges, link_records
from pipeline.store.linking import RELINKED, LinkReport, decide_link, link_pending, relink
from pipeline.store.tables import records
from pipeline.values import Money
from tests.link.making import kit
from tests.store.making import Extraction

DAY = datetime(2025, 10, 1, tzinfo=UTC)


def story(
    name: str,
    *,
    buyer: str = "青空電機",
    seller: str = "Haru Robotics",
    value: int = 120,
    day: int = 0,
    status: Status = Status.FIRM,
) -> tuple[Article, DealRecord]:
    """An article with one record of so many million dollars."""
    text = f"{name}：{buyer}が{seller}から{value}百万ドルで購入した。"
    article = make_article(text, source=f"news/{name}.md", published=DAY + timedelta(days=day))
    record = DealRecord(
        id=record_id(article.id, "deal"),
        article_id=article.id,
        extractor_version="v1",
        kind=Kind.SUPPLY,
        status=status,
        buyer=(Party(name=buyer, surfaces=(buyer,)),),
        seller=(Party(name=seller, surfaces=(seller,)),),
        amount=Money(value=Decimal(value) * 10**6, currency="USD"),
        evidence={Slot.KIND: (Evidence(start=0, end=len(text), quote=text),)},
        confidence=0.9,
    )
    return article, record


def save(store: Store, stories: Iterable[tuple[Article, DealRecord | None]]) -> list[str]:
    """Store articles with what was found in them; the articles' ids."""
    articles = []
    for article, record in stories:
        articles.append(article)
        store.articles.save([article])
        found = [record] if record is not None else []
        store.records.save_extractions([Extraction(article.id, found)], version="v1")
    return [article.id for article in articles]


def store_and_link(store: Store, *stories: tuple[Article, DealRecord]) -> LinkReport:
    return link_pending(store, kit(), article_ids=save(store, stories))


def deal_of(store: Store, story_told: tuple[Article, DealRecord]) -> str:
    return store.deals.of_records([story_told[1].id])[story_told[1].id]


def changes(report: LinkReport) -> list[str]:
    return [change.change for change in report.news]


A = story("a")
B = story("b", day=3)
OTHER = story("other", seller="ミナト重工", value=777)


def test_records_of_one_deal_get_one_id_batch_by_batch(store: Store) -> None:
    first = store_and_link(store, A, OTHER)
    assert (first.linked, changes(first)) == (2, ["new", "new"])
    again = store_and_link(store, B)
    assert changes(again) == []  # told once more: no news
    assert deal_of(store, A) == deal_of(store, B) != deal_of(store, OTHER)
    row = store.deals.load(deal_of(store, A))
    assert row is not None
    assert row.data["articles"] == 2
    assert row.last_published_at == datetime(2025, 10, 3, 15, tzinfo=UTC)  # midnight in Japan


def test_linking_again_changes_nothing(store: Store) -> None:
    store_and_link(store, A, B, OTHER)
    versions = {row.id: row.version for row in store.deals.stream()}
    assert link_pending(store, kit()) == LinkReport()
    assert {row.id: row.version for row in store.deals.stream()} == versions


def test_what_an_interrupted_run_left_is_caught_up_with(store: Store) -> None:
    store_and_link(store, A)
    save(store, [B, OTHER])  # killed before it was linked
    report = link_pending(store, kit())
    assert report.linked == 2
    assert deal_of(store, A) == deal_of(store, B)


def test_a_database_in_which_nothing_was_linked_is_linked_whole(store: Store) -> None:
    save(store, [A, B, OTHER])
    report = link_pending(store, kit())
    assert report.linked == 3
    assert changes(report) == ["new", "new"]
    assert all("cause" not in change.data for change in report.news)


def test_what_is_mostly_new_is_linked_in_memory_and_is_news(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_and_link(store, A)
    save(store, [B, OTHER])
    monkeypatch.setattr("pipeline.store.linking._MANY", 2)
    monkeypatch.setattr("pipeline.store.linking._link_articles", None)  # is not called
    report = link_pending(store, kit())
    assert changes(report) == ["new"]
    assert all("cause" not in change.data for change in report.news)
    assert deal_of(store, A) == deal_of(store, B) != deal_of(store, OTHER)


def test_a_record_that_is_gone_leaves_its_deal_as_it_was_without_it(store: Store) -> None:
    store_and_link(store, A, OTHER)
    before = {row.id: (row.data, row.record_ids) for row in store.deals.stream()}
    store_and_link(store, B)
    article, _ = B
    report = link_pending(store, kit(), article_ids=save(store, [(article, None)]))
    assert report.removed == 1
    assert {row.id: (row.data, row.record_ids) for row in store.deals.stream()} == before


def test_a_deal_of_which_nothing_is_left_is_gone_and_said_to_be(store: Store) -> None:
    store_and_link(store, A, OTHER)
    lost = deal_of(store, OTHER)
    report = link_pending(store, kit(), article_ids=save(store, [(OTHER[0], None)]))
    assert changes(report) == ["gone"]
    assert store.deals.load(lost) is None
    with store.engine.connect() as connection:
        left = sa.select(sa.func.count()).select_from(link_records)
        assert connection.execute(left).scalar_one() == 1


def test_a_changed_record_is_linked_by_its_new_content(store: Store) -> None:
    store_and_link(store, A, B, OTHER)
    article, record = B
    moved = replace(
        record,
        seller=OTHER[1].seller,
        amount=OTHER[1].amount,
    )
    store.records.save_extractions([Extraction(article.id, [moved])], version="v2")
    report = link_pending(store, kit(), article_ids=[article.id])
    assert report.linked == 1
    assert deal_of(store, B) == deal_of(store, OTHER) != deal_of(store, A)


def test_a_person_s_links_hold_through_everything(store: Store) -> None:
    store_and_link(store, A, B, OTHER)
    together = HumanLink(record_a=A[1].id, record_b=OTHER[1].id, same=True, by="sato")
    report = decide_link(store, kit(), together)
    assert changes(report)[-1] == "merged"
    merged = deal_of(store, A)
    assert deal_of(store, OTHER) == deal_of(store, B) == merged
    decide_link(store, kit(), HumanLink(record_a=A[1].id, record_b=B[1].id, same=False, by="sato"))
    store_and_link(store, story("c", day=5))
    relink(store, kit())
    assert deal_of(store, A) == deal_of(store, OTHER)
    assert deal_of(store, A) != deal_of(store, B)


def test_a_merged_deal_is_found_by_its_old_id(store: Store) -> None:
    store_and_link(store, A, B, OTHER)
    old = deal_of(store, OTHER)
    decide_link(
        store, kit(), HumanLink(record_a=A[1].id, record_b=OTHER[1].id, same=True, by="sato")
    )
    found = find_deal(store, old)
    assert found is not None
    assert found.id == deal_of(store, A)
    assert find_deal(store, found.id[:9]) == found
    assert find_deal(store, "") is None
    assert [row.id for row in store.deals.stream()] == [found.id]


def test_parting_again_gives_the_old_id_back(store: Store) -> None:
    store_and_link(store, A, B, OTHER)
    old = deal_of(store, OTHER)
    link = HumanLink(record_a=A[1].id, record_b=OTHER[1].id, same=True, by="sato")
    decide_link(store, kit(), link)
    report = decide_link(store, kit(), replace(link, same=False))
    assert deal_of(store, OTHER) == old
    assert changes(report) == ["split"]
    assert store.deals.load(old).merged_into is None  # type: ignore[union-attr]


def test_linking_anew_by_another_kit_keeps_ids_and_is_no_news(store: Store) -> None:
    store_and_link(store, A, B, OTHER)
    ids = {name: deal_of(store, told) for name, told in (("a", A), ("b", B), ("o", OTHER))}
    strict = replace(kit().scorer, threshold=9.0, version="strict")
    report = link_pending(store, replace(kit(), scorer=strict))
    parted = {deal_of(store, A), deal_of(store, B)}
    assert len(parted) == 2
    assert ids["a"] in parted  # one of the two keeps it
    assert deal_of(store, OTHER) == ids["o"]
    assert [change.data.get("cause") for change in report.news] == [RELINKED]
    back = link_pending(store, kit(), article_ids=[])
    assert back.linked == 3
    assert {n: deal_of(store, t) for n, t in (("a", A), ("b", B), ("o", OTHER))} == ids


def test_tables_made_record_by_record_and_at_once_are_the_same(store: Store) -> None:
    stories = [story(f"s{n}", value=100 + n % 3, day=n) for n in range(12)]
    for one in stories:
        store_and_link(store, one)
    one_by_one = _contents(store)
    relink(store, kit())
    assert _contents(store) == one_by_one


def _contents(store: Store) -> Mapping[str, Sequence[object]]:
    found: dict[str, Sequence[object]] = {}
    with store.engine.connect() as connection:
        for table in (link_records, link_blocks, link_edges):
            columns = [c for c in table.columns if c.name != "data"]
            rows = connection.execute(sa.select(*columns).order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
    return found


def test_a_rejected_record_tells_no_deal(store: Store) -> None:
    ids = save(store, [A, B])
    with store.engine.begin() as connection:
        connection.execute(
            sa.update(records).where(records.c.id == B[1].id).values(human_state="rejected")
        )
    link_pending(store, kit(), article_ids=ids)
    assert list(store.deals.of_records([A[1].id, B[1].id])) == [A[1].id]


def test_a_confirmed_record_goes_before_the_machine_s(store: Store) -> None:
    store_and_link(store, A, story("b", value=128, day=3))
    with store.engine.begin() as connection:
        connection.execute(
            sa.update(records)
            .where(records.c.id == A[1].id)
            .values(human_state="accepted", version=records.c.version + 1)
        )
    link_pending(store, kit())
    row = store.deals.load(deal_of(store, A))
    assert row is not None
    assert row.data["amount"]["reason"] == "human"
    assert row.data["amount"]["value"]["value"] == "120000000"


def test_a_status_that_moves_on_is_news(store: Store) -> None:
    store_and_link(store, story("talks", status=Status.PROSPECTIVE))
    report = store_and_link(store, B)
    assert changes(report) == ["status"]
    (change,) = [c for c in store.deals.changes() if c.change == "status"]
    assert (change.data["before"], change.data["after"]) == ("prospective", "firm")
    assert change.data["records"] == [B[1].id]


def test_related_deals_are_found_by_their_parties(store: Store) -> None:
    larger = story("larger", value=900, day=200)
    store_and_link(store, A, larger, OTHER)
    row = store.deals.load(deal_of(store, larger))
    assert row is not None
    (related,) = relations_of(store, row)
    assert (related.deal_id, related.relation.value) == (deal_of(store, A), "successor_of")


def test_deals_can_be_asked_for(store: Store) -> None:
    store_and_link(store, A, OTHER)
    found = store.deals.stream(DealFilter(company="ミナト重工", min_amount=7e8, currency="USD"))
    assert [row.id for row in found] == [deal_of(store, OTHER)]


def test_a_crash_leaves_nothing_half_done(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = save(store, [A, B])

    def fail(*_args: object, **_more: object) -> None:
        msg = "the machine burns"
        raise RuntimeError(msg)

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.store.link_writer.save_deals", fail)
        with pytest.raises(RuntimeError, match="burns"):
            link_pending(store, kit(), article_ids=ids)
    with store.engine.connect() as connection:
        assert connection.execute(sa.select(link_records)).all() == []
    link_pending(store, kit(), article_ids=ids)
    assert deal_of(store, A) == deal_of(store, B)


def test_the_kit_says_what_it_is() -> None:
    other: LinkKit = replace(kit(), data_version="x")
    assert other.version != kit().version
    assert replace(other, data_version=kit().data_version).version == kit().version
