"""Figures by slot, kind and source, their intervals, and the reliability of confidence."""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import bootstrap

from pipeline.evaluate import (
    Figure,
    compare_documents,
    compared_deal,
    figures,
    figures_by_kind,
    figures_by_source,
    intervals,
    reliability,
    split_by_kind,
    split_by_source,
)
from pipeline.evaluate.bootstrap import article_tallies
from pipeline.evaluate.scoring import MEASURES, source_of

Deals = Mapping[str, list[dict[str, Any]]]


def told(buyer: str, value: float, **more: Any) -> dict[str, Any]:
    amount = {"value": value, "currency": "JPY", "qualifier": "exact"}
    return {"kind": "supply", "status": "firm", "buyer": [buyer], "amount": amount, **more}


def compare(gold: Deals, pred: Deals) -> Any:
    sides = [
        {doc: tuple(compared_deal(d) for d in deals) for doc, deals in side.items()}
        for side in (gold, pred)
    ]
    return compare_documents(*sides)


def test_figure_is_zero_where_nothing_is_there() -> None:
    nothing = Figure(hits=0, predicted=0, gold=0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (0, 0, 0)


def test_figures_count_found_missed_and_spurious_deals() -> None:
    compared = compare(
        {"a/1": [told("甲", 10), told("乙", 20)], "b/2": []},
        {"a/1": [told("甲", 10)], "b/2": [told("丙", 30)], "c/3": [told("丁", 40)]},
    )
    assert figures(compared)["deal"] == Figure(hits=1, predicted=2, gold=2)
    assert figures(compared)["core"] == Figure(hits=2, predicted=4, gold=4)


def test_figures_count_a_document_without_prediction_as_no_deal() -> None:
    assert figures(compare({"a": [told("甲", 10)]}, {}))["deal"] == Figure(
        hits=0, predicted=0, gold=1
    )


def test_groups_add_up_to_the_whole() -> None:
    compared = compare(
        {"a/1": [told("甲", 10), told("乙", 20, kind="capex")], "b/2": [told("丙", 3)]},
        {"a/1": [told("甲", 10, kind="capex")], "b/2": [told("丁", 9, kind="investment")]},
    )
    whole = figures(compared)
    for groups in (figures_by_kind(compared), figures_by_source(compared)):
        for name in MEASURES:
            parts = [measures[name] for measures in groups.values()]
            assert whole[name] == Figure(
                hits=sum(p.hits for p in parts),
                predicted=sum(p.predicted for p in parts),
                gold=sum(p.gold for p in parts),
            )
    assert set(figures_by_kind(compared)) == {"supply", "capex", "investment"}
    assert set(figures_by_source(compared)) == {"a", "b"}


def test_documents_without_a_kind_take_part_in_its_intervals() -> None:
    compared = compare(
        {"a/1": [told("甲", 10)], "a/2": [told("乙", 20, kind="capex")], "b/3": []}, {}
    )
    by_kind, by_source = split_by_kind(compared), split_by_source(compared)
    assert {kind: list(docs) for kind, docs in by_kind.items()} == {
        "capex": ["a/1", "a/2", "b/3"],
        "supply": ["a/1", "a/2", "b/3"],
    }
    assert [len(items) for items in by_kind["supply"].values()] == [1, 0, 0]
    assert {source: list(docs) for source, docs in by_source.items()} == {
        "a": ["a/1", "a/2"],
        "b": ["b/3"],
    }


@pytest.mark.parametrize(("doc", "source"), [("wire/w1.txt", "wire"), ("a/b/c", "a"), ("x", "-")])
def test_source_of_is_the_first_folder(doc: str, source: str) -> None:
    assert source_of(doc) == source


def _many(seed: int, documents: int = 40) -> Any:
    draw = random.Random(seed)
    gold = {f"s/{i}": [told(f"社{i}", 10 + i)] * draw.randint(0, 2) for i in range(documents)}
    pred = {
        doc: [d if draw.random() < 0.7 else told("他", 1) for d in deals]
        for doc, deals in gold.items()
    }
    return compare(gold, pred)


def test_intervals_agree_with_scipy() -> None:
    compared = _many(3)
    deal = article_tallies(compared)[:, MEASURES.index("deal")].astype(float)

    def f1(hits: Any, predicted: Any, gold: Any, axis: int) -> Any:
        return 2 * hits.sum(axis) / (predicted.sum(axis) + gold.sum(axis))

    theirs = bootstrap(
        (deal[:, 0], deal[:, 1], deal[:, 2]),
        f1,
        paired=True,
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    ours = intervals(compared, resamples=4000, seed=2)["deal"]
    assert ours.low == pytest.approx(theirs.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.high, abs=0.02)


def test_intervals_hold_the_figure_and_shrink_with_articles() -> None:
    few, many = _many(5, documents=15), _many(5, documents=150)
    for compared in (few, many):
        span = intervals(compared)["core"]
        assert span.low <= figures(compared)["core"].f1 <= span.high
    wide, narrow = intervals(few)["core"], intervals(many)["core"]
    assert narrow.high - narrow.low < wide.high - wide.low


def test_intervals_are_the_same_for_the_same_seed() -> None:
    compared = _many(7)
    assert intervals(compared, seed=4) == intervals(compared, seed=4)
    assert intervals(compared, seed=4) != intervals(compared, seed=5)


def test_intervals_of_nothing_are_zero() -> None:
    assert {(s.low, s.high) for s in intervals({}).values()} == {(0.0, 0.0)}


def test_reliability_counts_shares_in_each_bin() -> None:
    compared = compare(
        {"a": [told("甲", 10), told("乙", 20, term_months=12), told("丙", 30)]},
        {
            "a": [
                told("甲", 10, confidence=0.95),
                told("乙", 20, confidence=0.85),
                told("丙", 30, kind="capex", confidence=1.0),
                told("丁", 40, confidence=0.1),
            ]
        },
    )
    table = reliability(compared, bins=5)
    assert table is not None
    low, high = table.bins
    assert (low.low, low.high, low.records, low.found) == (0.0, 0.2, 1, 0.0)
    assert (high.records, high.found) == (3, 1.0)
    assert high.core == pytest.approx(2 / 3)  # the term of the second is missing
    assert high.whole == pytest.approx(1 / 3)  # the third is of another kind
    assert table.brier == pytest.approx((0.05**2 + 0.85**2 + 0 + 0.1**2) / 4)
    mean = (0.95 + 0.85 + 1.0) / 3
    assert table.expected_error == pytest.approx((0.1 + 3 * abs(mean - 2 / 3)) / 4)


def test_reliability_is_none_without_confidence() -> None:
    assert reliability(compare({"a": [told("甲", 1)]}, {"a": [told("甲", 1)]})) is None
