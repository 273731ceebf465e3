"""Batches hold articles of one length, the longest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.batching import Backlog, BatchSize, Rerun, is_wanted
from pipeline.store import Done


def ids(*lengths: int) -> list[tuple[str, int]]:
    """Articles of these lengths."""
    return [(f"{n:032x}", length) for n, length in enumerate(lengths)]


@pytest.mark.parametrize(
    ("lengths", "size", "batches"),
    [
        pytest.param([], BatchSize(), [], id="nothing"),
        pytest.param([5, 30, 10], BatchSize(characters=40), [[30, 10], [5]], id="longest first"),
        pytest.param([100, 1], BatchSize(characters=40), [[100], [1]], id="too long for any batch"),
        pytest.param([1] * 5, BatchSize(articles=2), [[1, 1], [1, 1], [1]], id="too many"),
        pytest.param([0, 0], BatchSize(), [[0, 0]], id="empty articles"),
    ],
)
def test_take_cuts_batches(lengths: list[int], size: BatchSize, batches: list[list[int]]) -> None:
    backlog = Backlog()
    backlog.add(ids(*lengths))
    taken = []
    while batch := backlog.take(size):
        taken.append([length for _, length in batch])
    assert taken == batches
    assert (len(backlog), backlog.characters) == (0, 0)


@given(
    lengths=st.lists(st.integers(0, 10_000_000)),
    characters=st.integers(1, 1_000_000),
    articles=st.integers(1, 10),
)
def test_every_article_comes_out_once(lengths: list[int], characters: int, articles: int) -> None:
    backlog, size = Backlog(), BatchSize(characters=characters, articles=articles)
    wanted = ids(*lengths)
    backlog.add(wanted)
    taken: list[tuple[str, int]] = []
    while batch := backlog.take(size):
        assert len(batch) <= articles
        assert len(batch) == 1 or sum(length for _, length in batch) <= characters
        taken += batch
    assert sorted(taken) == sorted(wanted)
    assert [length for _, length in taken] == sorted(lengths, reverse=True)


@pytest.mark.parametrize(
    ("rerun", "wanted"),
    [
        (None, {Done.NEVER, Done.CLAIMED}),
        (Rerun.FAILED, {Done.NEVER, Done.CLAIMED, Done.FAILED}),
        (Rerun.CHANGED, {Done.NEVER, Done.CLAIMED, Done.OTHER}),
        (Rerun.ALL, set(Done) - {Done.DONE}),
    ],
)
def test_a_rerun_names_what_is_done_again(rerun: Rerun | None, wanted: set[Done]) -> None:
    """With ALL the ledger says OTHER of what was done before the run began; DONE is this run's."""
    assert {state for state in Done if is_wanted(state, rerun)} == wanted
