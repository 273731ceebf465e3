"""Windows cover what is wanted, within the network's size, and find their way back to the text."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sentences import split_sentences
from pipeline.span import Span
from pipeline.tagger.labels import LABELS, Tag, label_index
from pipeline.tagger.windows import (
    CharacterTags,
    empty_rows,
    join_windows,
    make_windows,
    nothing_read,
    wanted_sentences,
)


def spans(*lengths: int, gap: int = 1) -> list[Span]:
    out: list[Span] = []
    at = 0
    for length in lengths:
        out.append(Span(at, at + length))
        at += length + gap
    return out


@pytest.mark.parametrize(
    ("sentences", "wanted", "windows"),
    [
        pytest.param(spans(10, 10), [], [], id="nothing wanted"),
        pytest.param(spans(10, 10), [0, 1], [Span(0, 21)], id="neighbours share"),
        pytest.param(spans(10, 10, 10), [0, 2], [Span(0, 10), Span(22, 32)], id="a gap divides"),
        pytest.param(spans(20, 20), [0, 1], [Span(0, 20), Span(21, 41)], id="too long together"),
        pytest.param(spans(70), [0], [Span(0, 32), Span(24, 56), Span(48, 70)], id="cut"),
    ],
)
def test_make_windows(sentences: list[Span], wanted: list[int], windows: list[Span]) -> None:
    assert list(make_windows(sentences, wanted, size=32, overlap=8)) == windows


@given(
    st.lists(st.integers(1, 80), min_size=1, max_size=12),
    st.sets(st.integers(0, 11)),
    st.integers(4, 40),
    st.data(),
)
def test_windows_cover_every_wanted_character(
    lengths: list[int], chosen: set[int], size: int, data: st.DataObject
) -> None:
    sentences = spans(*lengths)
    wanted = sorted(k for k in chosen if k < len(sentences))
    overlap = data.draw(st.integers(0, size - 1))
    windows = make_windows(sentences, wanted, size=size, overlap=overlap)
    assert all(0 < len(window) <= size for window in windows)
    assert list(windows) == sorted(windows)
    covered = {at for w in windows for at in range(w.start, w.end)}
    assert covered >= {at for k in wanted for at in range(sentences[k].start, sentences[k].end)}
    rows = [empty_rows(len(w)) for w in windows]
    joined = join_windows(windows, rows)
    assert all(
        len(span) == len(found)
        for span, found in zip(joined.spans, joined.probabilities, strict=True)
    )
    assert {at for s in joined.spans for at in range(s.start, s.end)} == covered
    ordered = list(joined.spans)
    assert not any(a.overlaps(b) for a, b in itertools.pairwise(ordered))


@pytest.mark.parametrize(("size", "overlap"), [(8, 8), (8, 9), (8, -1)])
def test_make_windows_refuses_an_overlap_that_never_ends(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="cannot overlap"):
        make_windows(spans(20), [0], size=size, overlap=overlap)


def test_join_windows_takes_characters_far_from_the_edge() -> None:
    """Of eight shared characters the first window gives four, the second four."""
    first, second = empty_rows(32), empty_rows(20)
    first[:, 0], second[:, 0] = 0.25, 0.75
    joined = join_windows([Span(0, 32), Span(24, 44)], [first, second])
    assert joined.spans == (Span(0, 44),)
    marks = joined.probabilities[0][:, 0]
    assert (marks[:28] == 0.25).all()
    assert (marks[28:] == 0.75).all()


def test_mentions_are_in_characters_of_the_text() -> None:
    rows = empty_rows(6)
    begin, inside = (label_index(Tag.TERM, begins=begins) for begins in (True, False))
    for at, label in ((2, begin), (3, inside)):
        rows[at, 0], rows[at, label] = 0.1, 0.9
    tags = CharacterTags(spans=(Span(10, 16),), probabilities=(rows,))
    (found,) = tags.mentions()
    assert (found.span, found.tag) == (Span(12, 14), Tag.TERM)
    assert tags.probability(Span(12, 14), Tag.TERM) == pytest.approx(0.9)
    assert tags.probability(Span(12, 14), Tag.CHIP) == 0
    assert tags.probability(Span(15, 17), Tag.TERM) is None


def test_nothing_read_says_nothing() -> None:
    assert nothing_read().mentions() == ()
    assert nothing_read().probability(Span(0, 1), Tag.BUYER) is None


def test_empty_rows_are_outside() -> None:
    rows = empty_rows(3)
    assert rows.shape == (3, len(LABELS))
    assert np.array_equal(rows.argmax(axis=1), [0, 0, 0])


def test_wanted_sentences_are_title_kept_and_the_one_before() -> None:
    text = "# 題\n一文目。二文目。三文目。\n\n別の段落。五文目。"
    sentences = split_sentences(text)
    texts = [s.span.of(text) for s in sentences]
    assert texts == ["題", "一文目。", "二文目。", "三文目。", "別の段落。", "五文目。"]
    assert wanted_sentences(sentences, [3]) == (0, 2, 3)
    assert wanted_sentences(sentences, [4]) == (0, 4)
    assert wanted_sentences(sentences, []) == ()
