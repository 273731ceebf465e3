"""A tagger's word beside that of rules and scorer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.article import make_article
from pipeline.assemble.hints import Hints, blend
from pipeline.extract import Extractor
from pipeline.learn.dataset import Document
from pipeline.learn.replay import Laid, replay
from pipeline.record import DealRecord
from pipeline.span import Span
from pipeline.tagger.labels import Tag, label_index
from pipeline.tagger.windows import CharacterTags, empty_rows

TEXT = "エヌビディアは5日、オープンAIに1000億ドルを出資すると発表した。"
shares = st.floats(0.001, 1.0)


@pytest.fixture(scope="module")
def laid() -> Laid:
    """TEXT laid out without GiNZA."""
    from pipeline.active import Choice
    from pipeline.load import load_extractor
    from pipeline.settings import Settings

    extractor: Extractor = load_extractor(
        Settings(), use_ner=False, use_parse=False, choice=Choice()
    )
    article = make_article(TEXT, source="a")
    document = Document(article=article, deals=(), complete=True, group="a")
    return Laid(document=document, reading=extractor.explain(article).reading)


def says(*tagged: tuple[str, Tag], text: str = TEXT) -> CharacterTags:
    """A tagger that is sure of some mentions of the text and of there being no others."""
    rows = empty_rows(len(text))
    for form, tag in tagged:
        start = text.index(form)
        for at in range(start, start + len(form)):
            rows[at, 0], rows[at, label_index(tag, begins=at == start)] = 0.02, 0.98
    return CharacterTags(spans=(Span(0, len(text)),), probabilities=(rows,))


def deals(laid: Laid, tags: CharacterTags, weight: float) -> tuple[DealRecord, ...]:
    return replay(laid, None, Hints(tags=tags, weight=weight))


def test_rules_alone_read_it_as_an_investment(laid: Laid) -> None:
    (record,) = replay(laid, None)
    assert (record.kind, [p.name for p in record.buyer]) == ("investment", ["NVIDIA"])


def test_a_tagger_alone_tells_kind_and_roles(laid: Laid) -> None:
    tags = says(
        ("エヌビディア", Tag.SELLER), ("オープンAI", Tag.BUYER), ("1000億ドル", Tag.ACQUISITION)
    )
    (record,) = deals(laid, tags, 1.0)
    assert record.kind == "acquisition"
    assert [p.name for p in record.buyer] == ["OpenAI"]
    assert [p.name for p in record.seller] == ["NVIDIA"]
    for quotes in record.evidence.values():
        assert all(TEXT[q.start : q.end] == q.quote for q in quotes)


def test_a_tagger_alone_that_sees_no_deal_finds_none(laid: Laid) -> None:
    assert deals(laid, says(), 1.0) == ()


def test_a_tagger_of_no_weight_changes_nothing(laid: Laid) -> None:
    plain = replay(laid, None)
    weightless = deals(laid, says(("1000億ドル", Tag.CAPEX)), 0.0)
    assert [(r.kind, r.buyer, r.seller) for r in weightless] == [
        (r.kind, r.buyer, r.seller) for r in plain
    ]


def test_what_the_tagger_has_not_read_is_left_to_the_others() -> None:
    hints = Hints(tags=CharacterTags(spans=(), probabilities=()), weight=0.4)
    own = {"buyer": 0.7, "seller": 0.2, "none": 0.1}
    assert hints.roles(own, Span(0, 3)) == own
    alone = Hints(tags=hints.tags, weight=1.0)
    assert alone.roles(own, Span(0, 3)) == {"buyer": 0, "seller": 0, "none": 1}


@given(
    st.lists(shares, min_size=3, max_size=3),
    st.lists(shares, min_size=3, max_size=3),
    st.floats(0, 1),
)
def test_blend_is_a_distribution_between_the_two(
    first: list[float], second: list[float], weight: float
) -> None:
    own, told = (
        {name: share / sum(row) for name, share in zip("abc", row, strict=True)}
        for row in (first, second)
    )
    mixed = blend(own, told, weight)
    assert sum(mixed.values()) == pytest.approx(1)
    for end, whole in ((0.0, own), (1.0, told)):
        floored = {name: max(share, 1e-3) for name, share in whole.items()}
        total = sum(floored.values())
        expected = {name: share / total for name, share in floored.items()}
        assert blend(own, told, end) == pytest.approx(expected)


def test_blend_holds_nothing_to_be_impossible() -> None:
    mixed = blend({"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0}, 0.5)
    assert mixed["a"] == pytest.approx(mixed["b"])
