"""From which confidence on records may be accepted, and the sample that keeps that honest."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.learn.audit import (
    LEAST_DECIDED,
    Decided,
    audit,
    find_threshold,
    in_audit_sample,
    least_share,
)


def decided(count: int, confidence: float, right: float, *, start: int = 0) -> list[Decided]:
    """Records of one confidence of which a share is right."""
    return [
        Decided(record_id=f"r{start + k}", confidence=confidence, right=k < right * count)
        for k in range(count)
    ]


@pytest.mark.parametrize(
    ("right", "total", "share"),
    [(0, 0, 0.0), (0, 10, 0.0), (10, 10, 0.787), (88, 88, 0.970), (95, 100, 0.901)],
)
def test_least_share_is_wilsons_lower_bound(right: int, total: int, share: float) -> None:
    assert least_share(right, total) == pytest.approx(share, abs=1e-3)


@given(st.integers(1, 400), st.integers(0, 400))
def test_least_share_lies_below_the_share_and_rises(total: int, right: int) -> None:
    right = min(right, total)
    assert 0 <= least_share(right, total) <= right / total + 1e-9
    if right < total:
        assert least_share(right, total) < least_share(right + 1, total)


def test_least_share_holds_in_nineteen_of_twenty_draws() -> None:
    draw = random.Random(1)
    for share in (0.8, 0.95):
        missed = 0
        for _ in range(2000):
            right = sum(draw.random() < share for _ in range(120))
            missed += least_share(right, 120) > share
        assert missed / 2000 < 0.07


def test_the_threshold_is_the_lowest_confidence_that_is_good_enough() -> None:
    everything = [
        *decided(100, 0.95, 1.0),
        *decided(100, 0.9, 0.99, start=100),
        *decided(100, 0.7, 0.6, start=200),
    ]
    found = find_threshold(everything, 0.95)
    assert found is not None
    assert (found.confidence, found.records, found.right) == (0.9, 200, 199)
    assert found.lower >= 0.95


def test_a_better_bin_below_a_worse_one_does_not_hide_it() -> None:
    """Above 0.9 one in five is wrong: the many right ones at 0.8 cannot make up for it at 0.95."""
    found = find_threshold([*decided(50, 0.95, 0.8), *decided(60, 0.8, 1.0, start=50)], 0.9)
    assert found is None


@pytest.mark.parametrize(
    "everything",
    [
        pytest.param([], id="nothing decided"),
        pytest.param(decided(LEAST_DECIDED - 1, 0.99, 1.0), id="too few"),
        pytest.param(decided(500, 0.99, 0.9), id="not good enough"),
        pytest.param(decided(60, 0.99, 1.0), id="all right, but too few to be sure"),
    ],
)
def test_there_is_no_threshold(everything: list[Decided]) -> None:
    assert find_threshold(everything, 0.97) is None


def test_records_of_one_confidence_are_taken_together() -> None:
    """The first hundred of a hundred and twenty are right; the order must not make a threshold."""
    assert find_threshold(decided(120, 0.9, 0.8), 0.95) is None


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_the_sample_is_a_random_share_that_never_changes(share: float) -> None:
    drawn = [in_audit_sample(f"record-{k}", share) for k in range(20_000)]
    assert sum(drawn) / 20_000 == pytest.approx(share, abs=0.01)
    assert drawn == [in_audit_sample(f"record-{k}", share) for k in range(20_000)]


@given(st.text(max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_the_smaller(record_id: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert in_audit_sample(record_id, high) or not in_audit_sample(record_id, low)


def test_the_sample_alone_counts_once_it_is_large_enough() -> None:
    """The queue shows the doubtful first, so all decisions together look worse than the truth."""
    ids = [f"r{k}" for k in range(4000)]
    sample = [k for k in ids if in_audit_sample(k, 0.1)]
    rest = [k for k in ids if not in_audit_sample(k, 0.1)][:300]
    fair = [Decided(record_id=k, confidence=0.95, right=True) for k in sample[:200]]
    seen_first = [Decided(record_id=k, confidence=0.95, right=False) for k in rest]
    found = audit([*fair, *seen_first], target=0.97, share=0.1)
    assert (found.basis, found.decided, found.in_sample) == ("sample", 200, 200)
    assert found.threshold is not None
    few = audit([*fair[:20], *seen_first], target=0.97, share=0.1)
    assert (few.basis, few.decided, few.in_sample) == ("all decisions", 320, 20)
    assert few.threshold is None


def test_a_sample_that_turns_bad_takes_the_threshold_back() -> None:
    sample = [k for k in (f"r{n}" for n in range(4000)) if in_audit_sample(k, 0.1)]
    good = [Decided(record_id=k, confidence=0.95, right=True) for k in sample[:150]]
    assert audit(good, target=0.97, share=0.1).threshold is not None
    later = [
        Decided(record_id=k, confidence=0.95, right=n % 3 > 0)
        for n, k in enumerate(sample[150:250])
    ]
    assert audit([*good, *later], target=0.97, share=0.1).threshold is None


def test_bins_show_mean_confidence_and_share_right() -> None:
    found = audit([*decided(10, 0.97, 0.9), *decided(4, 0.1, 0.5, start=10)], target=0.9, share=0.1)
    low, high = found.bins
    assert (low[:3], low[4]) == ((0.0, 0.2, 4), 0.5)
    assert (high[:3], high[4]) == ((0.95, 1.0, 10), 0.9)
    assert low[3] == pytest.approx(0.1)
    assert high[3] == pytest.approx(0.97)
