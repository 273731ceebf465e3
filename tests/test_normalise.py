"""Normalised text and the way back to every source character."""

import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.normalise import normalise
from pipeline.span import Span

FOLDED = [
    ("約１９４億ドル", "約194億ドル"),
    ("ＯｐｅｎＡＩ", "OpenAI"),
    ("ﾃﾞｰﾀｾﾝﾀｰ", "データセンター"),
    ("5億～7億", "5億〜7億"),
    ("5億〜7億", "5億〜7億"),
    ("－5％", "-5%"),
    ("−5", "-5"),
    ("1‐2", "1-2"),
    ("1–2", "1—2"),
    ("和解―48万冊", "和解—48万冊"),
    ("⼀部", "一部"),
    ("⻑期", "長期"),
    ("㈱東都", "(株)東都"),
    ("30㌦", "30ドル"),
    ("7㍉", "7ミリ"),
    ("か\u3099", "が"),
    ("ﬁ", "fi"),
    ("ᄀㅏ", "가"),
    ("豈", "豈"),
    ("　", " "),
    ("１，０００", "1,000"),
]


@pytest.mark.parametrize(("source", "folded"), FOLDED, ids=[row[0] for row in FOLDED])
def test_normalise_folds(source: str, folded: str) -> None:
    """Widths, compatibility characters, radicals and dashes become one form."""
    assert normalise(source).text == folded


KEPT = [
    "10²",
    "第①章",
    "½",
    "100㎡",
    "3㏠",
    "1、000",
    "10ー20",
    "東京都",
    "한국",
    "",
    "\ud800",
    "😀",
]


@pytest.mark.parametrize("source", KEPT)
def test_normalise_keeps(source: str) -> None:
    """What would put a digit beside a number, and what means something only between digits, stays."""
    assert normalise(source).text == source


def test_source_span_takes_a_cut_character_whole() -> None:
    """The ド of ㌦ came from all of ㌦."""
    normalised = normalise("約30㌦。")
    assert normalised.text == "約30ドル。"
    assert normalised.source_span(1, 3) == Span(1, 3)
    assert normalised.source_span(3, 4) == Span(3, 4)
    assert normalised.source_span(4, 5) == Span(3, 4)
    assert normalised.source_span(3, 6) == Span(3, 5)


def test_source_span_maps_a_shrunk_cluster_back() -> None:
    """ﾊﾟ is two characters in the source."""
    normalised = normalise("5ﾊﾟｰｾﾝﾄ増")
    assert normalised.text == "5パーセント増"
    assert normalised.source_span(1, 2) == Span(1, 3)
    assert normalised.source_span(0, 6) == Span(0, 7)
    assert normalised.source_span(6, 7) == Span(7, 8)


def test_source_span_of_nothing_is_empty() -> None:
    """An empty span maps to an empty one, at both ends as well."""
    normalised = normalise("㌦㌦")
    assert [normalised.source_span(at, at) for at in (0, 2, 4)] == [
        Span(0, 0),
        Span(1, 1),
        Span(2, 2),
    ]


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (2, 1), (0, 9)])
def test_source_span_refuses_what_is_no_span(start: int, end: int) -> None:
    """A span outside of the text is a mistake of the caller."""
    with pytest.raises(ValueError, match="no span of 3 normalised characters"):
        normalise("abc").source_span(start, end)


# Characters that fold, join, expand or stay, more often than chance would bring them.
INTERESTING = st.text(
    alphabet=st.sampled_from(
        "１９ＡｚｶﾞﾊﾟァかがGa゙゚\u3099\u309a㌦㈱㍻①²½㎡⼀⻑～〜－―ー、，,ﷺ한ㅏᄀ\u1161\u11a8e\u0301\ud800😀\U00013000\U0001d165 \n"
    )
)


@settings(deadline=None)  # machines are busy
@given(text=st.text() | INTERESTING)
def test_normalise_maps_every_span_to_what_it_came_from(text: str) -> None:
    """Every span maps to a source span that normalises to it, widened to whole characters."""
    normalised = normalise(text)
    length = len(normalised.text)
    borders = [
        at
        for at in range(length + 1)
        if at in (0, length)
        or normalised.source_span(at - 1, at).end <= normalised.source_span(at, at + 1).start
    ]
    for start, end in itertools.pairwise(borders):
        span = normalised.source_span(start, end)
        assert normalise(span.of(text)).text == normalised.text[start:end]
    whole = normalised.source_span(0, length)
    assert normalise(whole.of(text)).text == normalised.text


@settings(deadline=None)  # machines are busy
@given(text=st.text() | INTERESTING, data=st.data())
def test_normalise_maps_spans_on_borders_exactly(text: str, data: st.DataObject) -> None:
    """A span of any length on borders maps to a source span that normalises to exactly it."""
    normalised = normalise(text)
    start = data.draw(st.integers(0, len(normalised.text)))
    end = data.draw(st.integers(start, len(normalised.text)))
    span = normalised.source_span(start, end)
    again = normalise(span.of(text)).text
    assert normalised.text[start:end] in again
    inner = normalise(text[: span.start]).text
    assert normalised.text.startswith(inner + again)


@settings(deadline=None)  # machines are busy
@given(text=st.text() | INTERESTING)
def test_normalise_is_monotone_and_covers_the_source(text: str) -> None:
    """Spans come back in order, from the first source character to the last."""
    normalised = normalise(text)
    spans = [normalised.source_span(at, at + 1) for at in range(len(normalised.text))]
    assert all(
        one.start <= other.start and one.end <= other.end
        for one, other in itertools.pairwise(spans)
    )
    assert all(one.end == other.start or one == other for one, other in itertools.pairwise(spans))
    if spans:
        assert (spans[0].start, spans[-1].end) == (0, len(text))
    assert normalised.source_length == len(text)


@settings(deadline=None)  # machines are busy
@given(text=st.text() | INTERESTING)
def test_normalise_is_done_after_one_pass(text: str) -> None:
    """A normalised text normalises to itself."""
    once = normalise(text).text
    assert normalise(once).text == once


@settings(deadline=None)  # machines are busy
@given(text=st.text(alphabet="日本語のデータを読む。ｱｲｳ（）「」ＡＢＣ０１２abc 012"))
def test_normalise_agrees_with_nfkc_on_plain_text(text: str) -> None:
    """Outside of dashes and marks the result is NFKC."""
    assert normalise(text).text == unicodedata.normalize("NFKC", text)


@settings(deadline=None)  # machines are busy
@given(text=st.text() | INTERESTING)
def test_every_character_is_mapped_as_its_span_is(text: str) -> None:
    normalised = normalise(text)
    spans = [normalised.source_span(i, i + 1) for i in range(len(normalised.text))]
    starts, ends = normalised.source_of_each()
    assert [Span(*pair) for pair in zip(starts, ends, strict=True)] == spans
