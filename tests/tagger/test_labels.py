"""Labels of characters become mentions, never one without its beginning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.span import Span
from pipeline.tagger.labels import (
    LABELS,
    Floats,
    Tag,
    best_labels,
    label_index,
    tag_probability,
    tagged_spans,
)

B, I = (label_index(Tag.BUYER, begins=begins) for begins in (True, False))  # noqa: E741
S, T = (label_index(Tag.SELLER, begins=begins) for begins in (True, False))


def sure(*labels: int, share: float = 0.9) -> Floats:
    """Rows that give one label a share and the rest to the others."""
    rows = np.full((len(labels), len(LABELS)), (1 - share) / (len(LABELS) - 1), dtype=np.float32)
    rows[np.arange(len(labels)), list(labels)] = share
    return rows


def test_labels_name_tag_and_beginning() -> None:
    assert LABELS[0] == "O"
    assert (LABELS[B], LABELS[I]) == ("B-buyer", "I-buyer")
    assert len(LABELS) == 1 + 2 * len(Tag)


@pytest.mark.parametrize(
    ("labels", "spans"),
    [
        pytest.param((), [], id="nothing"),
        pytest.param((0, 0, 0), [], id="outside"),
        pytest.param((0, B, I, 0), [(1, 3, Tag.BUYER)], id="one"),
        pytest.param((B, B, I), [(0, 1, Tag.BUYER), (1, 3, Tag.BUYER)], id="side by side"),
        pytest.param((B, I, S, T), [(0, 2, Tag.BUYER), (2, 4, Tag.SELLER)], id="two tags"),
        pytest.param((0, S), [(1, 2, Tag.SELLER)], id="at the end"),
    ],
)
def test_tagged_spans_reads_mentions(
    labels: tuple[int, ...], spans: list[tuple[int, int, Tag]]
) -> None:
    found = tagged_spans(sure(*labels))
    assert [(s.span.start, s.span.end, s.tag) for s in found] == spans


def test_an_inside_without_beginning_is_mended_by_its_neighbours() -> None:
    """The second character surely goes on with a buyer; so the first, in doubt, begins it."""
    rows = sure(0, I, share=0.9)
    rows[0] = sure(0, share=0.5)[0]
    rows[0, B] = 0.4
    assert best_labels(rows) == [B, I]


@given(
    st.lists(st.lists(st.floats(0.001, 1), min_size=len(LABELS), max_size=len(LABELS)), max_size=8)
)
def test_no_mention_lacks_its_beginning(rows: list[list[float]]) -> None:
    table = np.array(rows, dtype=np.float32).reshape(-1, len(LABELS))
    labels = best_labels(table / np.maximum(table.sum(axis=1, keepdims=True), 1e-9))
    assert len(labels) == len(rows)
    for before, label in zip([0, *labels], labels, strict=False):
        if label and label % 2 == 0:
            assert before in (label, label - 1)


def test_tag_probability_is_the_mean_over_characters() -> None:
    rows = np.vstack([sure(B, share=0.8), sure(0, share=1.0)])
    both = tag_probability(rows, Span(0, 2), Tag.BUYER)
    assert both == pytest.approx((0.8 + 0.2 / (len(LABELS) - 1)) / 2, abs=1e-6)
    assert tag_probability(rows, Span(1, 1), Tag.BUYER) == 0.0
