"""What holds for every text: offsets, order, speed, and independence of what stands around."""

import time
from collections.abc import Callable
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.gazetteer.vocabulary import Vocabulary, load_vocabulary
from pipeline.mention import MentionKind
from pipeline.normalise import normalise
from pipeline.parse import find_mentions, find_mentions_in
from pipeline.settings import PROJECT_ROOT
from pipeline.values import Quantity

# Pieces that the grammar knows, to be thrown together in any order.
PIECES = [
    "3", "42", "1,000", "2.5", "十二", "数", "億", "万", "百", "〜", "～", "から", "まで", "、", "と", "の間", "約", "最大", "以上",
    "未満", "超", "円", "ドル", "$", "ユーロ", "個", "基", "社", "GW", "MW", "%", "割", "分", "年", "年間", "カ月", "日", "時間", "半",
    "半年", "2026年", "令和", "度", "月", "第", "四半期", "GB300", "H100", "ブラックウェル", "の10倍", "（", "）", " ", "　", "\n",
    "-", "ー", "▲", "マイナス", "B", "bn", "billion", "k", "あたり", "1株", "/", "=", "：", "ｶﾞ", "㌦", "①", "²", "😀", "\ud800", "東京",
]  # fmt: skip
TEXTS = st.text() | st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@cache
def words() -> Vocabulary:
    """The vocabulary; no fixture, since hypothesis prints every argument of a failing test."""
    return load_vocabulary(PROJECT_ROOT / "models")


@settings(deadline=None)  # machines are busy
@given(text=TEXTS, published=st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_find_mentions_never_fails(text: str, published: date | None) -> None:
    """Any text is read; mentions are in order, inside the text, and never overlap within a kind."""
    mentions = find_mentions(text, words(), published=published, explain=True)
    starts = [one.span.start for one in mentions]
    assert starts == sorted(starts)
    for kind in MentionKind:
        spans = [one.span for one in mentions if one.kind is kind]
        assert not any(one.overlaps(other) for one, other in pairwise(spans))
    for one in mentions:
        assert 0 <= one.span.start < one.span.end <= len(text)
        assert one.derivation is not None
        assert one.derivation.span == one.span


@settings(deadline=None)  # machines are busy
@given(text=TEXTS)
def test_find_mentions_orders_the_ends_of_ranges(text: str) -> None:
    """Low is below high, and a quantity has either a value or bounds."""
    for one in find_mentions(text, words()):
        if not isinstance(one.value, Quantity):
            continue
        value = one.value
        if value.low is not None and value.high is not None:
            assert value.low < value.high
            assert value.value is None
            assert value.qualifier in ("range", "vague")


# Whole sentences, so that what stands before and behind belongs to other clauses.
SENTENCES = [
    "最大62億ドル（約9300億円）を投じる。",
    "GB300を12万個以上確保した。",
    "7年間で2.5GWを供給する。",
    "2026年から2033年まで続く。",
    "売上高は前年比42%増の8兆円だった。",
    "数十億ドル規模になる。",
    "H100の10倍の性能がある。",
    "月額30ドルの契約は3割が解約した。",
    "一部の株は1株27ドルで売られた。",
    "半年後、9300億〜1兆円を積み増す。",
    "28年に稼働し、27年から5年間続く。",
    "1995年から30年の歴史を持つ。",
]


@pytest.mark.parametrize("sentence", SENTENCES)
@settings(deadline=None)  # machines are busy
@given(
    before=st.lists(
        st.sampled_from([*SENTENCES, "前置きである。", "Ａｂｃ。", "ﾃﾞｰﾀ。"]), max_size=3
    ),
    after=st.lists(st.sampled_from([*SENTENCES, "以上である。", "㌦。"]), max_size=3),
)
def test_find_mentions_does_not_depend_on_other_sentences(
    sentence: str, before: list[str], after: list[str]
) -> None:
    """A sentence in the middle of a text gives the same mentions, shifted."""
    lead = "\n".join([*before, ""])
    alone = find_mentions(sentence, words())
    among = find_mentions(lead + sentence + "\n" + "\n".join(after), words())
    inside = [
        (one.kind, one.value, one.rule, one.span.shifted(-len(lead)))
        for one in among
        if len(lead) <= one.span.start < len(lead) + len(sentence)
    ]
    assert inside == [(one.kind, one.value, one.rule, one.span) for one in alone]


@settings(deadline=None)  # machines are busy
@given(width=st.sampled_from(["full", "half"]), sentence=st.sampled_from(SENTENCES))
def test_find_mentions_gives_offsets_of_the_source(width: str, sentence: str) -> None:
    """Quotes are the source's own characters, whatever their width."""
    table = {code: code + 0xFEE0 for code in range(0x30, 0x3A)} if width == "full" else {}
    source = sentence.translate(table)
    quotes = [one.span.of(source) for one in find_mentions(source, words())]
    plain = [one.span.of(sentence) for one in find_mentions(sentence, words())]
    assert quotes == [quote.translate(table) for quote in plain]


def test_find_mentions_in_reads_a_normalised_text() -> None:
    """A text that is normalised already gives the same mentions."""
    source = "約７２億㌦"
    assert find_mentions_in(normalise(source), words()) == find_mentions(source, words())


def test_find_mentions_finds_each_kind_in_one_sentence(mentions_in: Callable[..., Any]) -> None:
    """All dimensions are read in one pass."""
    sentence = "7年間、GB300を12万個、2.5GW、62億ドル、42%、10倍"
    kinds = [str(one.kind) for one in mentions_in(sentence)]
    assert kinds == ["term", "number", "chip", "count", "capacity", "money", "percent", "number"]


# A mebibyte each of what makes careless patterns run for hours.
PATHOLOGICAL = {
    "kanji amounts": "一億二千万、",
    "ones": "1,",
    "grouped digits": ",111",
    "dashes": "1-",
    "ranges": "1〜",
    "from to": "1から",
    "digits": "1",
    "kanji digits": "一",
    "kanji multipliers": "百千",
    "letters": "a",
    "names": "A1-",
    "names with digits": "A1111111111",
    "blanks": "1 ",
    "hedges": "約",
    "hedged": "最大1",
    "brackets": "1円（",
    "slashes": "1円/",
    "years": "2026年から",
    "months": "2026年1月",
    "points": "1.",
    "dots": "1点",
    "Ryzen": "Ryzen AI ",
    "marks": "か\u3099",
    "several": "数",
    "and": "1と",
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_find_mentions_is_linear(name: str) -> None:
    """Four times the text takes about four times as long, for what careless patterns choke on."""
    piece = PATHOLOGICAL[name]
    texts = [("1" + piece * size)[:size] for size in (15_000, 60_000)]
    best = [float("inf"), float("inf")]
    for _ in range(8):  # the least of several: other work on the machine only ever adds
        for index, text in enumerate(texts):
            begin = time.process_time()
            find_mentions(text, words())
            best[index] = min(best[index], time.process_time() - begin)
        if best[1] < max(0.02, best[0]) * 9:
            break
    assert best[1] < max(0.02, best[0]) * 9, best


@pytest.mark.parametrize("name", ["kanji amounts", "ones"])
def test_find_mentions_reads_a_megabyte(name: str) -> None:
    """A megabyte of amounts, or of ones, is read to its end."""
    piece = PATHOLOGICAL[name]
    text = piece * (1_000_000 // len(piece.encode()))
    mentions = find_mentions(text, words())
    assert len(mentions) == len(text) // len(piece)
    assert mentions[-1].span.end > len(text) - len(piece)


@settings(deadline=None)  # machines are busy
@given(text=TEXTS, before=st.sampled_from(["", "前置き。\n", "7社。\n", "2026年\n"]))
def test_find_mentions_does_not_depend_on_other_lines(text: str, before: str) -> None:
    """Any text between other lines gives the same mentions, shifted."""
    text = text.strip("\n")
    alone = find_mentions(text, words())
    among = find_mentions(f"{before}{text}\n後書き。", words())
    inside = [
        (one.kind, one.value, one.rule, one.span.shifted(-len(before)))
        for one in among
        if len(before) <= one.span.start < len(before) + len(text)
    ]
    assert inside == [(one.kind, one.value, one.rule, one.span) for one in alone]
