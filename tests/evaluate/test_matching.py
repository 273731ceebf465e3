"""When two deals are one, and what of them agrees."""

from typing import Any

import pytest

from pipeline.evaluate import compared_deal
from pipeline.evaluate.deals import fold_chip, fold_party
from pipeline.evaluate.matching import agreement, compare_document, pair_deals


def deal(**slots: Any) -> Any:
    """An annotated deal: what is not given is empty."""
    empty = {"kind": "supply", "status": "firm", "buyer": [], "seller": [], "chips": []}
    return compared_deal({**empty, **slots})


def usd(value: float | None, **more: Any) -> dict[str, Any]:
    return {"value": value, "currency": "USD", "qualifier": "exact", **more}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("株式会社青空電算", "青空電算", id="company form before"),
        pytest.param("Aozora Compute, Inc.", "aozora compute", id="English form and case"),
        pytest.param("アオゾラ・コンピュート", "アオゾラコンピュート", id="middle dot"),
        pytest.param("ＡＢＣ社", "abc", id="full width and 社"),
        pytest.param("Aozora Holdings Co., Ltd.", "Aozora", id="forms one after another"),
        pytest.param("青空グループ", "青空", id="group"),
    ],
)
def test_fold_party_knows_forms_of_one_name(one: str, other: str) -> None:
    assert fold_party(one) == fold_party(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("青空電算", "青空電機", id="other names"),
        pytest.param("Income Partners", "ome Partners", id="inc inside a word"),
        pytest.param("社会開発", "会開発", id="社 at the beginning"),
    ],
)
def test_fold_party_keeps_names_apart(one: str, other: str) -> None:
    assert fold_party(one) != fold_party(other)


def test_fold_party_keeps_a_name_of_forms_only() -> None:
    assert fold_party("グループ") == "グループ"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("NVIDIA H100", "H100", True),
        ("TPU v7", "ＴＰＵ-v7", True),
        ("H100 GPU", "h100", True),
        ("H100", "H200", False),
    ],
)
def test_fold_chip_leaves_the_vendor_out(one: str, other: str, same: bool) -> None:
    assert (fold_chip(one) == fold_chip(other)) is same


@pytest.mark.parametrize(
    ("slot", "gold", "pred", "triple"),
    [
        pytest.param("amount", {"amount": usd(100)}, {"amount": usd(100.4)}, (1, 1, 1), id="near"),
        pytest.param("amount", {"amount": usd(100)}, {"amount": usd(101)}, (0, 1, 1), id="off"),
        pytest.param(
            "amount",
            {"amount": usd(100)},
            {"amount": {"value": 100, "currency": "JPY"}},
            (0, 1, 1),
            id="other currency",
        ),
        pytest.param(
            "amount", {"amount": usd(9, per="year")}, {"amount": usd(9)}, (0, 1, 1), id="no per"
        ),
        pytest.param(
            "amount",
            {"amount": usd(None, low=10, high=99)},
            {"amount": usd(None, low=10)},
            (1, 1, 1),
            id="ranges by their lower bound",
        ),
        pytest.param(
            "amount",
            {"amount": usd(None, low=10, high=99)},
            {"amount": usd(10)},
            (0, 1, 1),
            id="a range is no value",
        ),
        pytest.param("amount", {"amount": usd(5)}, {}, (0, 0, 1), id="missing"),
        pytest.param("amount", {}, {"amount": usd(5)}, (0, 1, 0), id="invented"),
        pytest.param("term", {"term_months": 60}, {"term_months": 60.5}, (1, 1, 1), id="term"),
        pytest.param("term", {"term_months": 60}, {"term_months": 72}, (0, 1, 1), id="other term"),
        pytest.param(
            "count",
            {"count": {"value": 1000, "unit": "基"}},
            {"count": {"value": 1000, "unit": "個"}},
            (1, 1, 1),
            id="the unit of a count is not compared",
        ),
        pytest.param("count", {"count": {"value": 1}}, {"count": {"value": 2}}, (0, 1, 1), id="n"),
        pytest.param("capacity", {"capacity_mw": 500}, {"capacity_mw": 500}, (1, 1, 1), id="mw"),
        pytest.param(
            "chip", {"chips": ["H100", "B200"]}, {"chips": ["NVIDIA B200"]}, (1, 1, 2), id="chips"
        ),
        pytest.param(
            "buyer",
            {"buyer": [["青空電算", "青空"], ["白雲"]]},
            {"buyer": [{"name": "青空", "aliases": []}, "黒潮", "白雲社"]},
            (2, 3, 2),
            id="parties by any name",
        ),
        pytest.param("kind", {"kind": "supply"}, {"kind": "capex"}, (0, 1, 1), id="kind"),
        pytest.param("status", {"status": "firm"}, {"status": "firm"}, (1, 1, 1), id="status"),
        pytest.param("amount_max", {"amount_max": 9}, {"amount_max": 10}, (0, 1, 1), id="ceiling"),
    ],
)
def test_agreement_counts_right_predicted_and_annotated(
    slot: str, gold: dict[str, Any], pred: dict[str, Any], triple: tuple[int, int, int]
) -> None:
    assert agreement(slot, deal(**gold), deal(**pred)) == triple


@pytest.mark.parametrize(
    ("gold", "pred", "one"),
    [
        pytest.param(
            {"buyer": [["甲"]], "amount": usd(5)},
            {"buyer": ["甲"], "amount": usd(5)},
            True,
            id="quantity and party",
        ),
        pytest.param(
            {"buyer": [["甲"]], "amount": usd(5)},
            {"seller": ["甲"], "amount": usd(5)},
            True,
            id="the party on the other side",
        ),
        pytest.param(
            {"buyer": [["甲"]], "seller": [["乙"]], "amount": usd(5)},
            {"buyer": ["甲"], "seller": ["乙"], "amount": usd(7)},
            True,
            id="both parties",
        ),
        pytest.param(
            {"buyer": [["甲"]], "amount": usd(5)},
            {"buyer": ["甲"], "amount": usd(7)},
            False,
            id="one party alone",
        ),
        pytest.param(
            {"buyer": [["甲"]], "amount": usd(5)},
            {"buyer": ["丙"], "amount": usd(5)},
            False,
            id="a quantity alone",
        ),
    ],
)
def test_pair_deals_needs_quantity_and_party_or_both_parties(
    gold: dict[str, Any], pred: dict[str, Any], one: bool
) -> None:
    assert bool(pair_deals([deal(**gold)], [deal(**pred)])) is one


def test_pair_deals_takes_the_most_alike_first() -> None:
    gold = [deal(buyer=[["甲"]], seller=[["乙"]], amount=usd(5), term_months=60)]
    pred = [
        deal(buyer=["甲"], amount=usd(5)),
        deal(buyer=["甲"], seller=["乙"], amount=usd(5), term_months=60),
    ]
    assert pair_deals(gold, pred) == [(0, 1)]


def test_compare_document_tells_right_differing_missed_and_spurious() -> None:
    right = {"buyer": [["甲"]], "seller": [["乙"]], "amount": usd(5)}
    found = compare_document(
        "a/b.md",
        [deal(**right), deal(buyer=[["丙"]], amount=usd(9)), deal(buyer=[["丁"]], amount=usd(1))],
        [
            deal(**right),
            deal(buyer=["丙"], amount=usd(9), term_months=12),
            deal(buyer=["戊"], amount=usd(2)),
        ],
    )
    assert sorted((c.outcome, c.wrong) for c in found) == [
        ("differs", ("term",)),
        ("missed", ()),
        ("right", ()),
        ("spurious", ()),
    ]


def test_record_right_needs_kind_but_not_status() -> None:
    gold = [deal(buyer=[["甲"]], amount=usd(5))]
    other_status = compare_document("d", gold, [deal(buyer=["甲"], amount=usd(5), status="")])[0]
    other_kind = compare_document("d", gold, [deal(buyer=["甲"], amount=usd(5), kind="capex")])[0]
    assert (other_status.core_right, other_status.record_right) == (True, True)
    assert (other_kind.core_right, other_kind.record_right) == (True, False)
