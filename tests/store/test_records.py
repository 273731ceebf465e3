"""Records survive the database unchanged, and a human's word survives every extractor."""

import pytest
import sqlalchemy as sa

from pipeline.record import DealRecord, Party, to_json
from pipeline.store import RecordFilter, Store
from pipeline.store.tables import evidence, record_parties, records
from tests.store.making import Extraction, article, record


@pytest.fixture
def saved(store: Store) -> DealRecord:
    """One record of one article, saved by extractor v1."""
    one = article()
    store.articles.save([one])
    found = record(one)
    store.records.save_extractions([Extraction(one.id, [found])], version="v1")
    return found


def touch(store: Store, record_id: str, state: str, **values: object) -> None:
    """What a review does to a record."""
    with store.engine.begin() as connection:
        connection.execute(
            sa.update(records)
            .where(records.c.id == record_id)
            .values(state=state, human_state=state, **values)
        )


def all_rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Everything that the database says of records."""
    with store.engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in (records, record_parties, evidence)
        }


def test_a_record_comes_back_as_it_was_saved(store: Store, saved: DealRecord) -> None:
    loaded = store.records.load(saved.id)
    assert loaded is not None
    assert to_json(loaded.record) == to_json(saved)
    assert (loaded.state, loaded.human_state, loaded.version) == ("unreviewed", None, 1)
    assert loaded.source == "news/a.md"


def test_saving_the_same_again_changes_nothing(store: Store, saved: DealRecord) -> None:
    before = all_rows(store)
    changes = store.records.save_extractions([Extraction(saved.article_id, [saved])], version="v1")
    assert all_rows(store) == before
    assert (changes.new, changes.replaced, changes.deleted, changes.unchanged) == (0, 0, 0, 1)


def test_a_new_extractor_replaces_what_nobody_touched(store: Store, saved: DealRecord) -> None:
    better = record(article(), buyer="青空電機株式会社", version="v2")
    other = record(article(), value=99, version="v2")
    store.records.save_extractions([Extraction(saved.article_id, [better, other])], version="v2")
    loaded = store.records.load(saved.id)
    assert loaded is not None
    assert (loaded.record.buyer[0].name, loaded.version) == ("青空電機株式会社", 2)
    assert store.records.count() == 2

    store.records.save_extractions([Extraction(saved.article_id)], version="v3")
    assert store.records.count() == 0
    assert not any(all_rows(store).values())


@pytest.mark.parametrize("state", ["accepted", "edited"])
def test_a_new_extractor_flags_what_a_human_confirmed(
    store: Store, saved: DealRecord, state: str
) -> None:
    touch(store, saved.id, state)
    before = store.records.load(saved.id)
    different = record(article(), buyer="赤土電機", version="v2")
    changes = store.records.save_extractions(
        [Extraction(saved.article_id, [different])], version="v2"
    )
    after = store.records.load(saved.id)
    assert before is not None
    assert after is not None
    assert after.record == before.record
    assert after.human_state == state
    assert after.disagreement is not None
    assert after.disagreement["slots"] == ["buyer"]
    assert after.disagreement["record"]["buyer"][0]["name"] == "赤土電機"
    assert (changes.flagged, changes.replaced, store.records.count()) == (1, 0, 1)


def test_an_extractor_that_agrees_again_takes_the_flag_back(
    store: Store, saved: DealRecord
) -> None:
    touch(store, saved.id, "accepted")
    store.records.save_extractions([Extraction(saved.article_id)], version="v2")
    flagged = store.records.load(saved.id)
    assert flagged is not None
    assert flagged.disagreement == {"extractor_version": "v2", "slots": [], "record": None}
    store.records.save_extractions(
        [Extraction(saved.article_id, [record(article(), version="v3")])], version="v3"
    )
    agreed = store.records.load(saved.id)
    assert agreed is not None
    assert agreed.disagreement is None


def test_a_rejected_record_stays_away_from_exports_but_not_from_the_database(
    store: Store, saved: DealRecord
) -> None:
    touch(store, saved.id, "rejected")
    assert list(store.records.stream()) == []
    kept = list(store.records.stream(RecordFilter(withdrawn=True)))
    assert [one.record.id for one in kept] == [saved.id]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(RecordFilter(kinds=["supply"]), True, id="kind"),
        pytest.param(RecordFilter(kinds=["capex"]), False, id="other kind"),
        pytest.param(RecordFilter(statuses=["firm"]), True, id="status"),
        pytest.param(RecordFilter(statuses=["cancelled"]), False, id="other status"),
        pytest.param(RecordFilter(states=["unreviewed"]), True, id="state"),
        pytest.param(RecordFilter(states=["accepted"]), False, id="other state"),
        pytest.param(RecordFilter(company="ﾊﾙ半導体"), True, id="half-width name"),
        pytest.param(RecordFilter(company="ハル"), True, id="short form"),
        pytest.param(RecordFilter(company="hal"), True, id="gazetteer id"),
        pytest.param(RecordFilter(company="%"), False, id="a wildcard is no wildcard"),
        pytest.param(RecordFilter(min_confidence=0.75), True, id="confidence"),
        pytest.param(RecordFilter(min_confidence=0.76), False, id="more confidence"),
    ],
)
def test_a_filter_finds_what_it_says(
    store: Store, saved: DealRecord, wanted: RecordFilter, *, found: bool
) -> None:
    assert [one.record.id for one in store.records.stream(wanted)] == [saved.id] * found
    assert store.records.count(wanted) == int(found)


def test_a_corrected_record_is_not_brought_a_second_time(store: Store, saved: DealRecord) -> None:
    """A human corrects the amount; the next extractor is right, under another id."""
    corrected = record(article(), value=13_000_000_000)
    touch(store, saved.id, "edited", data=to_json(corrected) | {"id": saved.id})
    right = record(article(), value=13_000_000_000, version="v2")
    assert right.id != saved.id
    store.records.save_extractions([Extraction(saved.article_id, [right])], version="v2")
    found = list(store.records.stream())
    assert [one.record.id for one in found] == [saved.id]
    assert found[0].disagreement is None


def test_a_record_beside_a_confirmed_one_is_added(store: Store, saved: DealRecord) -> None:
    touch(store, saved.id, "accepted")
    second = record(article(), buyer="緑川商事", value=5, version="v2")
    second_seller = Party(name="丘自動車", surfaces=("丘自動車",))
    other = DealRecord(
        **{
            name: getattr(second, name)
            for name in DealRecord.__dataclass_fields__
            if name != "seller"
        },
        seller=(second_seller,),
    )
    same = record(article(), version="v2")
    store.records.save_extractions([Extraction(saved.article_id, [same, other])], version="v2")
    assert {one.record.id for one in store.records.stream()} == {saved.id, other.id}
