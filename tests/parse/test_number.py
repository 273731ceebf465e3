"""Bare numbers, and the numbers inside terms, dates and names."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipeline.mention import MentionKind
from pipeline.values import Number, Qualifier

Q = Qualifier

# A sentence and its numbers, each with its quote.
NUMBERS = [
    ("答えは42だ", [("42", "42")]),
    ("答えは四十二だ", [("四十二", "42")]),
    ("答えは七だ", [("七", "7")]),
    ("差は-3だ", [("-3", "-3")]),
    ("プラス五", [("プラス五", "5")]),
    ("9000万に届く", [("9000万", "90000000")]),
    ("5億が残る", [("5億", "500000000")]),
    ("円周率は3.14", [("3.14", "3.14")]),
    ("2026年10月3日", [("2026年", "2026"), ("10月", "10"), ("3日", "3")]),
    ("6年間", [("6", "6")]),
    ("1年8カ月", [("1", "1"), ("8", "8")]),
    ("第4位", [("4位", "4")]),
    ("H100の3倍", [("3倍", "3")]),
    ("5分の2", [("5分の2", "0.4")]),
    ("四分の三", [("四分の三", "0.75")]),
    ("五〇七号室", [("五〇七号室", "507")]),
]


@pytest.mark.parametrize(("sentence", "pairs"), NUMBERS, ids=[row[0] for row in NUMBERS])
def test_number_is_read(
    read: Callable[..., Any], sentence: str, pairs: list[tuple[str, str]]
) -> None:
    """Numbers that count nothing are numbers, those of terms and dates too."""
    found = [(quote, value.value) for quote, value in read(sentence, MentionKind.NUMBER)]
    assert found == [(quote, Decimal(value)) for quote, value in pairs]


RULES = [
    ("42", "number"),
    ("10〜20", "number.range"),
    ("3位", "number.label"),
    ("2倍", "number.label"),
    ("第5弾", "number.label"),
    ("3ナノ", "number.label"),
    ("2026年", "number.date"),
    ("第3四半期", "number.date"),
    ("6年間", "number.term-part"),
    ("3分の2", "number.fraction"),
]


@pytest.mark.parametrize(("sentence", "rule"), RULES)
def test_number_names_its_rule(mentions_in: Callable[..., Any], sentence: str, rule: str) -> None:
    """The rule tells what kind of number it is."""
    [one] = [one for one in mentions_in(sentence) if one.kind is MentionKind.NUMBER]
    assert one.rule == rule


RANGES = [
    ("15〜25", 15, 25),
    ("15から25", 15, 25),
    ("15から25までの数", 15, 25),
    ("15と25の間", 15, 25),
    ("15以上25以下", 15, 25),
    ("15以上、25以下", 15, 25),
    ("15より大きく25より小さい", 15, 25),
    ("15と25のあいだ", 15, 25),
    ("15を超え25未満", 15, 25),
    ("15を上回り25を下回る", 15, 25),
    ("15以上から25以下", 15, 25),
    ("15以上かつ25以下", 15, 25),
    ("20±5", 15, 25),
    ("多くて25、少なくとも15", 15, 25),
    ("最大値25、最小値15", 15, 25),
    ("-5から10", -5, 10),
    ("マイナス五から十", -5, 10),
]


@pytest.mark.parametrize(("sentence", "low", "high"), RANGES, ids=[row[0] for row in RANGES])
def test_number_range_has_its_ends_in_order(
    read: Callable[..., Any], sentence: str, low: int, high: int
) -> None:
    """Both ways to bound a number from two sides give low and high."""
    [(_, number)] = read(sentence, MentionKind.NUMBER)
    assert number == Number(low=Decimal(low), high=Decimal(high), qualifier=Q.RANGE)


BOUNDS = [
    ("15より大きい", Q.AT_LEAST),
    ("15を超える", Q.AT_LEAST),
    ("15超えた", Q.AT_LEAST),
    ("少なくとも15", Q.AT_LEAST),
    ("最低15", Q.AT_LEAST),
    ("15より少なくない", Q.AT_LEAST),
    ("15より小さい", Q.AT_MOST),
    ("15未満", Q.AT_MOST),
    ("最大15", Q.AT_MOST),
    ("約15", Q.ABOUT),
    (">15", Q.AT_LEAST),
    ("15まで", Q.AT_MOST),
]


@pytest.mark.parametrize(("sentence", "qualifier"), BOUNDS, ids=[row[0] for row in BOUNDS])
def test_number_takes_its_bounds(
    read: Callable[..., Any], sentence: str, qualifier: Qualifier
) -> None:
    """The words around a bare number bound it as they bound any amount."""
    [(_, number)] = read(sentence, MentionKind.NUMBER)
    assert (number.value, number.qualifier) == (15, qualifier)


NOTHING = [
    "一部",
    "一方",
    "一見",
    "銭函",
    "万が一",
    "千葉",
    "四国",
    "億ション",
    "数字と数値",
    "数を競う",
    "何かと何でも",
    "三菱と三井",
    "5Gと6G",
    "GPT-5",
    "HTTP/3",
    "v1.2.3",
    "192.168.1.1",
    "03-1234-5678",
    "2026-10-03",
    "2026/10/03",
    "10:30",
    "1対3",
    "5:3",
    "https://example.com/2026/10",
    "www.example.com/123",
    "foo123bar",
    "a1b2c3",
    "3D",
    "H2O",
    "ISO9001",
    "24時間365日",
    "健一と純一",
    "参ります",
    "拾う",
    "陸地",
    "〇〇社",
    "千日手",
    "Web3",
    "",
    "。",
]


@pytest.mark.parametrize("sentence", NOTHING)
def test_nothing_is_read(mentions_in: Callable[..., Any], sentence: str) -> None:
    """Words and names with a numeral, codes, addresses, ratios and times give no mention at all."""
    assert mentions_in(sentence) == ()
