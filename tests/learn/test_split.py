"""No deal is told in two parts of a dataset."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.learn.split import (
    Part,
    Shares,
    Told,
    assign_parts,
    deal_keys,
    group_documents,
)


def deal(party: str, value: float, currency: str = "JPY", **more: Any) -> dict[str, Any]:
    return {
        "buyer": [[party]],
        "seller": [],
        "amount": {"value": value, "currency": currency},
        **more,
    }


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        pytest.param(deal("青空", 100e8), deal("青空", 101e8), True, id="rounded"),
        pytest.param(deal("青空社", 100e8), deal("株式会社青空", 100e8), True, id="company forms"),
        pytest.param(deal("青空", 100e8), deal("青空", 106e8), False, id="another amount"),
        pytest.param(deal("青空", 100e8), deal("白雲", 100e8), False, id="another party"),
        pytest.param(deal("青空", 100e8), deal("青空", 100e8, "USD"), False, id="currency"),
        pytest.param(
            deal("青空", 100e8),
            {"buyer": [], "seller": [["青空"]], "amount": {"value": 100e8, "currency": "JPY"}},
            True,
            id="the party on the other side",
        ),
        pytest.param(
            deal("青空", 5, amount_max=100e8), deal("青空", 100e8), True, id="ceiling as amount"
        ),
        pytest.param(
            {"buyer": [["青空"]], "amount": None, "count": {"value": 1000}},
            {"buyer": [["青空"]], "amount": None, "count": {"value": 1000}},
            True,
            id="counts",
        ),
        pytest.param(
            {"buyer": [["青空"]], "amount": None, "capacity_mw": 1000},
            {"buyer": [["青空"]], "amount": None, "count": {"value": 1000}},
            False,
            id="power is no count",
        ),
    ],
)
def test_deal_keys_meet_for_tellings_of_one_deal(
    one: dict[str, Any], other: dict[str, Any], meet: bool
) -> None:
    assert bool(deal_keys(one) & deal_keys(other)) is meet


@given(st.floats(min_value=1, max_value=1e13), st.floats(min_value=-0.02, max_value=0.02))
def test_deal_keys_meet_within_two_percent(value: float, change: float) -> None:
    assert deal_keys(deal("甲", value)) & deal_keys(deal("甲", value * (1 + change)))


@given(st.floats(min_value=1, max_value=1e13), st.floats(min_value=0.0501, max_value=9))
def test_deal_keys_never_meet_beyond_five_percent(value: float, change: float) -> None:
    assert not deal_keys(deal("甲", value)) & deal_keys(deal("甲", value * (1 + change)))


def test_group_documents_chains_deals_and_duplicates() -> None:
    documents = [
        Told(id="a", deals=[deal("甲", 5)]),
        Told(id="b", deals=[deal("甲", 5), deal("乙", 7)]),
        Told(id="c", deals=[deal("乙", 7)]),
        Told(id="d", deals=[]),
        Told(id="e", deals=[]),
        Told(id="f", deals=[deal("丙", 9)], deal_ids=["deal-1"]),
        Told(id="g", deals=[deal("丙", 20)], deal_ids=["deal-1"]),
    ]
    groups = group_documents(documents, duplicates=[("d", "c")])
    assert groups == {"a": "a", "b": "a", "c": "a", "d": "a", "e": "e", "f": "f", "g": "f"}


tellings = st.lists(
    st.lists(st.tuples(st.sampled_from("甲乙丙丁戊"), st.sampled_from([1, 2, 4])), max_size=3),
    min_size=1,
    max_size=40,
)


@given(tellings, st.integers(0, 5))
def test_no_deal_straddles_two_parts(told: list[list[tuple[str, int]]], seed: int) -> None:
    documents = [
        Told(id=f"{k:03}", deals=[deal(name, value) for name, value in deals])
        for k, deals in enumerate(told)
    ]
    parts = assign_parts(group_documents(documents), seed=seed)
    assert set(parts) == {d.id for d in documents}
    where: dict[str, set[Part]] = {}
    for document in documents:
        for one in document.deals:
            for key in deal_keys(one):
                where.setdefault(key, set()).add(parts[document.id])
    assert all(len(found) == 1 for found in where.values())


def test_assign_parts_gives_the_shares_asked_for() -> None:
    groups = {f"{k}": f"{k}" for k in range(1000)}
    sizes = Counter(assign_parts(groups, Shares(validation=0.1, test=0.2), seed=3).values())
    assert sizes == {Part.TRAIN: 700, Part.VALIDATION: 100, Part.TEST: 200}


def test_assign_parts_trains_on_large_groups() -> None:
    groups = {**{f"big{k}": "big" for k in range(60)}, **{f"{k}": f"{k}" for k in range(40)}}
    for seed in range(10):
        parts = assign_parts(groups, seed=seed)
        assert parts["big0"] is Part.TRAIN
        assert Counter(parts.values())[Part.TEST] == 10


def test_assign_parts_depends_on_the_seed_alone() -> None:
    groups = {f"{k}": f"{k}" for k in range(100)}
    backwards = dict(reversed(groups.items()))
    assert assign_parts(groups, seed=1) == assign_parts(backwards, seed=1)
    assert assign_parts(groups, seed=1) != assign_parts(groups, seed=2)


@pytest.mark.parametrize(("validation", "test"), [(-0.1, 0.1), (0.5, 0.5), (0.1, -0.1)])
def test_shares_leave_something_to_train_on(validation: float, test: float) -> None:
    with pytest.raises(ValueError, match="leave no train"):
        Shares(validation=validation, test=test)
