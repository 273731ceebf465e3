from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sentences import LineKind, split_sentences

SPLITS = [
    pytest.param("買った。売った。", ["買った。", "売った。"], id="full stops end sentences"),
    pytest.param(
        "社長は「買う。必ず買う。」と述べた。次へ。",
        ["社長は「買う。必ず買う。」と述べた。", "次へ。"],
        id="a stop inside quotes ends none",
    ),
    pytest.param("一行目\n二行目", ["一行目", "二行目"], id="lines are apart"),
    pytest.param("本当か!? そうだ。", ["本当か!?", "そうだ。"], id="question and exclamation"),
    pytest.param("評価額は1.5兆円。", ["評価額は1.5兆円。"], id="a decimal point ends none"),
    pytest.param("", [], id="nothing"),
]


@pytest.mark.parametrize(("text", "expected"), SPLITS)
def test_split_sentences_cuts_at_stops_and_lines(text: str, expected: list[str]) -> None:
    assert [s.span.of(text) for s in split_sentences(text)] == expected


LINES = [
    pytest.param("## 概要", LineKind.HEADING, 2, "概要", id="heading"),
    pytest.param("- 富士通が受注", LineKind.ITEM, 0, "富士通が受注", id="bullet"),
    pytest.param("・富士通が受注", LineKind.ITEM, 0, "富士通が受注", id="Japanese bullet"),
    pytest.param("1. 富士通が受注", LineKind.ITEM, 0, "富士通が受注", id="numbered"),
    pytest.param("| 契約額 | 10億円 |", LineKind.ROW, 0, "| 契約額 | 10億円 |", id="table row"),
    pytest.param("富士通が受注した", LineKind.PROSE, 0, "富士通が受注した", id="prose"),
]


@pytest.mark.parametrize(("text", "kind", "level", "body"), LINES)
def test_split_sentences_tells_lines_apart(
    text: str, kind: LineKind, level: int, body: str
) -> None:
    (sentence,) = split_sentences(text)
    assert (sentence.line, sentence.level, sentence.span.of(text)) == (kind, level, body)


def test_split_sentences_knows_the_heading_above() -> None:
    text = "# 見出し\n本文だ。\n## 小見出し\n次の本文だ。"
    sentences = split_sentences(text)
    above = [sentences[s.heading].span.of(text) if s.heading >= 0 else "" for s in sentences]
    assert above == ["", "見出し", "見出し", "小見出し"]


@given(st.text(alphabet=st.sampled_from("あ。「」『』()!? \n#-|1.A、"), max_size=400))
def test_sentences_are_in_order_and_lose_no_word(text: str) -> None:
    spans = [s.span for s in split_sentences(text)]
    assert all(a.end <= b.start for a, b in pairwise(spans))
    covered = "".join(s.of(text) for s in spans)
    assert covered.count("あ") == text.count("あ")
