import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.view import make_view

VIEWS = [
    pytest.param("**174億ドル**を投資", "174億ドルを投資", id="emphasis"),
    pytest.param(
        "OpenAI は 1,220 億ドル を調達", "OpenAIは1,220億ドルを調達", id="blanks beside Japanese"
    ),
    pytest.param("Nebius Group NV", "Nebius Group NV", id="blanks between Latin words stay"),
    pytest.param("[富士通](https://example.com/a)が受注", "富士通が受注", id="link target"),
    pytest.param("契約した[^1]。", "契約した。", id="footnote mark"),
    pytest.param("１７４億ドル", "174億ドル", id="full-width digits"),
    pytest.param("a_b_c", "a_b_c", id="underscores inside a word stay"),
]


@pytest.mark.parametrize(("source", "expected"), VIEWS)
def test_make_view_reads_without_marks(source: str, expected: str) -> None:
    assert make_view(source).text == expected


def test_source_span_points_to_the_source() -> None:
    source = "米**Micro**softは [１７４ 億ドル](https://example.com) を払う"
    view = make_view(source)
    at = view.text.index("174億ドル")
    assert view.source_span(at, at + len("174億ドル")).of(source) == "１７４ 億ドル"


@given(st.text(max_size=300))
def test_view_maps_every_character_in_order(source: str) -> None:
    view = make_view(source)
    assert len(view.starts) == len(view.ends) == len(view.text)
    assert all(a <= b for a, b in zip(view.starts, view.starts[1:], strict=False))
    assert all(0 <= a < b <= len(source) for a, b in zip(view.starts, view.ends, strict=True))
