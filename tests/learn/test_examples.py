"""What the tagger learns from: every character of a window with its label."""

from typing import Any

import pytest

from pipeline.article import make_article
from pipeline.extract import Extractor
from pipeline.learn.tagger.examples import Example, article_examples
from pipeline.tagger.labels import LABELS

DEAL: dict[str, Any] = {
    "kind": "supply",
    "buyer": [["オラクル"]],
    "seller": [["エヌビディア", "NVIDIA"]],
    "amount": {"value": 4e9, "currency": "USD"},
    "amount_max": 6e9,
    "term_months": 60,
    "chips": ["GB300"],
    "count": {"value": 50000},
    "capacity_mw": None,
}
TEXT = "オラクルはエヌビディアからGB300を5万個、5年間で40億ドル、最大60億ドルで購入する。"


def read(quick: Extractor, text: str, *deals: dict[str, Any], **options: Any) -> list[Example]:
    reading = quick.explain(make_article(text, source="a")).reading
    given = {"complete": True, "window": 192, "overlap": 48, **options}
    return article_examples("a", reading, deals, **given)


def mentions(examples: list[Example]) -> list[tuple[str, str]]:
    """(characters, tag) of every labelled mention."""
    found: list[tuple[str, str]] = []
    for example in examples:
        assert len(example.text) == len(example.labels)
        for character, label in zip(example.text, example.labels, strict=True):
            mark, _, tag = LABELS[label].partition("-")
            if mark == "B":
                found.append((character, tag))
            elif mark == "I":
                assert found[-1][1] == tag
                found[-1] = (found[-1][0] + character, tag)
    return found


def test_every_slot_is_labelled_and_the_quantity_tells_the_kind(quick: Extractor) -> None:
    assert mentions(read(quick, TEXT, DEAL)) == [
        ("オラクル", "buyer"),
        ("エヌビディア", "seller"),
        ("GB300", "chip"),
        ("5万個", "supply"),
        ("5年間", "term"),
        ("40億ドル", "supply"),
        ("最大60億ドル", "ceiling"),
    ]


def test_a_text_without_deal_teaches_that_it_has_none(quick: Extractor) -> None:
    text = "オラクルの売上高は40億ドルだった。前年は30億ドルを投資した。"
    examples = read(quick, text)
    assert examples
    assert mentions(examples) == []
    assert "".join(example.text for example in examples) in text


def test_an_article_reviewed_in_part_teaches_from_what_was_decided(quick: Extractor) -> None:
    """The second story waits for review: that nothing is labelled there means nothing."""
    story = f"{TEXT}\n\n天気は晴れ。\n\nこの件とは別に、メタは70億ドルを投資する。"
    whole = read(quick, story, DEAL, complete=True)
    part = read(quick, story, DEAL, complete=False)
    assert ["70億ドル" in example.text for example in whole] == [False, True]
    assert part == whole[:1]


def test_a_number_that_belongs_to_another_deal_is_not_labelled(quick: Extractor) -> None:
    text = f"{TEXT}一方、メタは70億ドルを投資する。"
    assert ("70億ドル", "supply") not in mentions(read(quick, text, DEAL))


def test_a_name_far_from_the_quantity_is_not_labelled(quick: Extractor) -> None:
    """Three sentences away it may be there for another reason."""
    text = f"{TEXT}株価は上がった。天気は晴れ。オラクルの売上高は90億ドルだ。"
    names = [tag for form, tag in mentions(read(quick, text, DEAL)) if form == "オラクル"]
    assert names == ["buyer"]


def test_two_deals_in_one_sentence_are_kept_apart(quick: Extractor) -> None:
    text = (
        "オラクルに20億ドル、メタ・プラットフォームズに30億ドルをソフトバンクグループが出資する。"
    )
    deals = [
        {
            **DEAL,
            "kind": "investment",
            "buyer": [["ソフトバンクグループ"]],
            "seller": [[name]],
            "amount": {"value": value, "currency": "USD"},
            "amount_max": None,
            "chips": [],
            "count": None,
            "term_months": None,
        }
        for name, value in (("オラクル", 2e9), ("メタ・プラットフォームズ", 3e9))
    ]
    assert mentions(read(quick, text, *deals)) == [
        ("オラクル", "seller"),
        ("20億ドル", "investment"),
        ("メタ・プラットフォームズ", "seller"),
        ("30億ドル", "investment"),
        ("ソフトバンクグループ", "buyer"),
    ]


@pytest.mark.parametrize("window", [24, 40])
def test_windows_keep_their_labels_whatever_their_size(quick: Extractor, window: int) -> None:
    def characters(size: int) -> list[tuple[str, int]]:
        examples = read(quick, TEXT, DEAL, window=size, overlap=0)
        assert max(len(example.text) for example in examples) <= size
        return [
            pair for example in examples for pair in zip(example.text, example.labels, strict=True)
        ]

    assert characters(window) == characters(192)
