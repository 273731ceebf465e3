"""A model is promoted only where it is better beyond noise and worse on no kind."""

import random
from typing import Any

import pytest

from pipeline.evaluate import Compared, compare_documents, compared_deal
from pipeline.learn.promotion import Comparison, compare_extractors, judge

KINDS = ("supply", "investment", "capex")


def deals(count: int) -> dict[str, tuple[dict[str, Any], ...]]:
    return {
        f"a/{k}": (
            {
                "kind": KINDS[k % 3],
                "status": "firm",
                "buyer": [f"社{k}"],
                "amount": {"value": 100 + k, "currency": "JPY"},
            },
        )
        for k in range(count)
    }


def read(
    gold: dict[str, tuple[dict[str, Any], ...]], *, right: dict[str, float], seed: int
) -> dict[str, list[Compared]]:
    """What an extractor finds that gets a share of the deals of each kind right."""
    draw = random.Random(seed)
    found = {
        doc: tuple(deal for deal in told if draw.random() < right[deal["kind"]])
        for doc, told in gold.items()
    }
    sides = [
        {doc: tuple(compared_deal(d) for d in told) for doc, told in side.items()}
        for side in (gold, found)
    ]
    return compare_documents(*sides)


def compare(count: int, first: dict[str, float], second: dict[str, float]) -> Comparison:
    gold = deals(count)
    return compare_extractors(
        read(gold, right=first, seed=1), read(gold, right=second, seed=2), versions=("old", "new")
    )


def all_kinds(share: float, **other: float) -> dict[str, float]:
    return {**dict.fromkeys(KINDS, share), **other}


def test_what_is_clearly_better_is_promoted() -> None:
    comparison = compare(150, all_kinds(0.5), all_kinds(0.9))
    verdict = judge(comparison)
    assert (verdict.promote, verdict.reasons) == (True, ())
    core = comparison.measures["core"]
    assert 0 < core.low < core.change < core.high
    assert core.worse < 0.01


def test_what_is_better_within_noise_is_not_promoted() -> None:
    comparison = compare(12, all_kinds(0.6), all_kinds(0.75))
    assert comparison.measures["core"].change > 0
    verdict = judge(comparison)
    assert not verdict.promote
    assert "within noise" in verdict.reasons[0]


def test_what_is_worse_on_one_kind_is_not_promoted() -> None:
    comparison = compare(150, all_kinds(0.5, capex=0.9), all_kinds(0.95, capex=0.6))
    assert comparison.measures["core"].low > 0
    verdict = judge(comparison)
    assert not verdict.promote
    capex = comparison.kinds["capex"]
    assert verdict.reasons == (f"worse on capex: core F1 {capex.first:.3f} → {capex.second:.3f}",)


def test_a_tolerance_forgives_a_small_loss_on_a_kind() -> None:
    comparison = compare(150, all_kinds(0.5, capex=0.9), all_kinds(0.95, capex=0.88))
    loss = -comparison.kinds["capex"].change
    assert loss > 0
    assert not judge(comparison, tolerance=loss / 2).promote
    assert judge(comparison, tolerance=loss * 2).promote


def test_an_extractor_is_not_better_than_itself() -> None:
    gold = deals(60)
    same = read(gold, right=all_kinds(0.7), seed=3)
    comparison = compare_extractors(same, same, versions=("a", "a"))
    core = comparison.measures["core"]
    assert (core.change, core.low, core.high, core.worse) == (0, 0, 0, 1)
    assert not judge(comparison).promote


def test_pairing_sees_what_two_intervals_would_not() -> None:
    """One of many deals more is found and none lost: small against noise, yet never by chance."""
    gold = deals(90)
    first = read(gold, right=all_kinds(0.6), seed=4)
    missed = [doc for doc, items in first.items() if items[0].pred is None]
    better = {doc: told for doc, told in gold.items() if doc not in missed[12:]}
    sides = [
        {doc: tuple(compared_deal(d) for d in told) for doc, told in side.items()}
        for side in (gold, better)
    ]
    comparison = compare_extractors(first, compare_documents(*sides), versions=("a", "b"))
    assert comparison.measures["core"].low > 0


@pytest.mark.parametrize("seed", [0, 1])
def test_comparison_depends_on_the_seed_alone(seed: int) -> None:
    gold = deals(30)
    sides = [read(gold, right=all_kinds(share), seed=5) for share in (0.5, 0.7)]
    once, again = (
        compare_extractors(*sides, versions=("a", "b"), resamples=200, seed=seed) for _ in range(2)
    )
    assert once == again


def test_different_articles_cannot_be_compared() -> None:
    one = read(deals(5), right=all_kinds(1), seed=0)
    other = read(deals(6), right=all_kinds(1), seed=0)
    for second in (other, {}):
        with pytest.raises(ValueError, match="same articles"):
            compare_extractors(one, second, versions=("a", "b"))
    with pytest.raises(ValueError, match="at least one"):
        compare_extractors({}, {}, versions=("a", "b"))
