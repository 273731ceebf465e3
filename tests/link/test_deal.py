"""A deal shows the best of each slot and why, keeps all else, and marks what contradicts."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from pipeline.link import LinkRecord
from pipeline.link.choosing import Reason
from pipeline.link.deal import make_deal
from pipeline.link.dealjson import deal_to_json
from pipeline.link.outline import outline_from_json, outline_of
from pipeline.record import Status
from pipeline.values import Money
from tests.link.making import money, told


def deal_told(name: str, amount: Money | str | None = None, **more: object) -> LinkRecord:
    return told(name, buyer="青空電機", seller="Haru Robotics", amount=amount, **more)  # type: ignore[arg-type]


# (records in order of day, the amount taken, why, whether the others contradict it)
AMOUNTS = [
    pytest.param([deal_told("a", "100 USD")], "100 USD", Reason.ONLY, False, id="told once"),
    pytest.param(
        [deal_told("a", "100 USD"), deal_told("b", "100 USD", day=9), deal_told("c", day=10)],
        "100 USD",
        Reason.ONLY,
        False,
        id="told twice alike, and once not at all",
    ),
    pytest.param(
        [deal_told("a", "107.9 USD"), deal_told("b", money("108 USD", "about"), day=9)],
        "107.9 USD",
        Reason.SPECIFIC,
        False,
        id="rounded later",
    ),
    pytest.param(
        [deal_told("a", money("100 USD", "at_least"), day=9), deal_told("b", "120 USD")],
        "120 USD",
        Reason.SPECIFIC,
        False,
        id="a bound beside a number",
    ),
    pytest.param(
        [deal_told("a", "100 USD"), deal_told("b", "150 USD", day=30)],
        "150 USD",
        Reason.LATEST,
        False,
        id="enlarged: the old sum is its earlier state",
    ),
    pytest.param(
        [
            deal_told("a", "100 USD"),
            deal_told("b", "150 USD", day=30),
            deal_told("c", "100 USD", day=40),
        ],
        "100 USD",
        Reason.LATEST,
        True,
        id="told to and fro",
    ),
    pytest.param(
        [deal_told("a", "100 USD", day=50, status="prospective"), deal_told("b", "150 USD")],
        "150 USD",
        Reason.FIRM,
        False,
        id="an old plan told late does not beat what was signed",
    ),
    pytest.param(
        [
            deal_told("a", "100 USD", by_human=True),
            deal_told("b", "150 USD", day=30),
            deal_told("c", "150 USD", day=31),
        ],
        "100 USD",
        Reason.HUMAN,
        True,
        id="a person's word",
    ),
    pytest.param(
        [deal_told("a", "100 USD"), deal_told("b", "150 USD"), deal_told("c", "150 USD")],
        "150 USD",
        Reason.OFTEN,
        True,
        id="on one day, by most",
    ),
]


@pytest.mark.parametrize(("records", "amount", "reason", "conflict"), AMOUNTS)
def test_amount(
    records: Sequence[LinkRecord], amount: str, reason: Reason, *, conflict: bool
) -> None:
    deal = make_deal("d", records)
    assert deal.amount is not None
    assert deal.amount.value == money(amount)
    assert (deal.amount.reason, deal.amount.conflict) == (reason, conflict)
    told_by = [deal.amount.best, *deal.amount.others]
    assert sorted(r for option in told_by for r in option.told_by) == sorted(
        r.id for r in records if r.amount
    )


@pytest.mark.parametrize(
    ("sure", "amount", "reason"),
    [(0.9, "150 USD", Reason.CONFIDENT), (0.5, "100 USD", Reason.FIRST)],
)
def test_of_two_tellings_of_one_day_the_surer_is_taken(
    sure: float, amount: str, reason: Reason
) -> None:
    records = [
        deal_told("a", "100 USD", confidence=0.5),
        deal_told("b", "150 USD", confidence=sure),
    ]
    deal = make_deal("d", records)
    assert deal.amount is not None
    assert (deal.amount.value, deal.amount.reason) == (money(amount), reason)
    assert deal.amount.conflict


def test_a_trusted_source_goes_before_others_of_the_same_day() -> None:
    records = [deal_told("a", "100 USD"), deal_told("b", "150 USD"), deal_told("c", "150 USD")]
    deal = make_deal("d", records, lambda source: 2 if source == "news/a.md" else 0)
    assert deal.amount is not None
    assert (deal.amount.value, deal.amount.reason) == (money("100 USD"), Reason.TRUSTED)


@pytest.mark.parametrize(
    ("told_in_order", "status", "reason"),
    [
        (["prospective"], "prospective", Reason.ONLY),
        (["prospective", "firm"], "firm", Reason.FIRM),
        (["firm", "prospective"], "firm", Reason.FIRM),
        (["firm", "cancelled"], "cancelled", Reason.LATEST),
        (["firm", "cancelled", "firm"], "cancelled", Reason.LATEST),
        (["prospective", "cancelled", "prospective"], "cancelled", Reason.FIRM),
        (["cancelled", "firm"], "firm", Reason.LATEST),
    ],
)
def test_status_moves_on(told_in_order: list[str], status: str, reason: Reason) -> None:
    records = [deal_told(f"r{n}", day=n, status=s) for n, s in enumerate(told_in_order)]
    deal = make_deal("d", records)
    assert (deal.status.value, deal.status.reason) == (Status(status), reason)


def test_parties_are_gathered_with_all_their_names() -> None:
    deal = make_deal(
        "d",
        [
            told("a", buyer=("アマゾン", "ミナト重工"), seller="Haru Robotics"),
            told("b", buyer="Amazon", seller="ハル・ロボティクス", day=1),
            told("c", buyer="AWS", seller="Haru Robotics", day=2),
        ],
    )
    assert [(p.party.name, p.told_by) for p in deal.buyer] == [
        ("アマゾン", ("a", "b")),
        ("ミナト重工", ("a",)),
        ("AWS", ("c",)),
    ]
    (seller,) = deal.seller
    assert seller.party.names == ("Haru Robotics", "ハル・ロボティクス")


def test_the_time_line_tells_what_was_new_when() -> None:
    deal = make_deal(
        "d",
        [
            told("a", seller="Haru Robotics", amount="100 USD", status="prospective"),
            told("b", seller="Haru Robotics", amount="101 USD", day=1, status="prospective"),
            deal_told("c", "150 USD", day=2),
        ],
    )
    assert [(m.record, m.news) for m in deal.time_line] == [
        ("a", ("first",)),
        ("b", ()),
        ("c", ("status", "amount", "青空電機")),
    ]
    assert deal.first_published == deal.time_line[0].day


def test_a_deal_as_json_keeps_every_value_with_its_source() -> None:
    records = [
        deal_told("a", "100 USD", count=Decimal(5000), count_unit="基", chips=("HX200",)),
        deal_told("b", "150 USD", day=30, kind="investment", capacity_mw=Decimal("4.5")),
    ]
    data = deal_to_json(make_deal("d", records))
    assert data["amount"]["value"]["value"] == "150000000"
    assert [o["told_by"] for o in data["amount"]["others"]] == [["a"]]
    assert data["kind"]["value"] == "supply"
    assert data["conflicts"] == ["kind"]
    assert data["count"]["value"] == {"value": "5000", "qualifier": "exact", "unit": "基"}
    assert data["chips"] == [{"model": "HX200", "told_by": ["a"]}]
    assert [r["source"] for r in data["records"]] == ["news/a.md", "news/b.md"]
    assert outline_from_json(data).amount == money("150 USD")


def test_an_outline_reads_back_what_matters() -> None:
    deal = make_deal("d", [deal_told("a", "100 USD"), deal_told("b", "100 USD", day=3)])
    plain, read = outline_of(deal), outline_from_json(deal_to_json(deal))
    assert (plain.amount, plain.first, plain.last) == (read.amount, read.first, read.last)
    assert [p.names for p in plain.buyer] == [p.names for p in read.buyer]
    assert plain.sources == read.sources == {"news/a.md", "news/b.md"}


def test_a_deal_without_records_is_refused() -> None:
    with pytest.raises(ValueError, match="no record"):
        make_deal("d", [])
