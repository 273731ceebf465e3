"""Shares in per cent."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipeline.mention import MentionKind
from pipeline.values import Qualifier

Q = Qualifier

# sentence, quote, value, qualifier, rule
SHARES = [
    ("42%増", "42%", "42", Q.EXACT, "percent"),
    ("４２％増", "４２％", "42", Q.EXACT, "percent"),
    ("42パーセント", "42パーセント", "42", Q.EXACT, "percent"),
    ("42 %", "42 %", "42", Q.EXACT, "percent"),
    ("七割", "七割", "70", Q.EXACT, "percent"),
    ("3.5割", "3.5割", "35", Q.EXACT, "percent"),
    ("2割5分", "2割5分", "25", Q.EXACT, "percent"),
    ("二割六分四厘", "二割六分四厘", "26.4", Q.EXACT, "percent"),
    ("約6割", "約6割", "60", Q.ABOUT, "percent"),
    ("6割強", "6割強", "60", Q.AT_LEAST, "percent"),
    ("6割弱", "6割弱", "60", Q.AT_MOST, "percent"),
    ("50%超", "50%超", "50", Q.AT_LEAST, "percent"),
    ("50%未満", "50%未満", "50", Q.AT_MOST, "percent"),
    ("前期比-8%", "-8%", "-8", Q.EXACT, "percent"),
    ("前期比▲8%", "▲8%", "-8", Q.EXACT, "percent"),
    ("マイナス8%", "マイナス8%", "-8", Q.EXACT, "percent"),
    ("1,250%", "1,250%", "1250", Q.EXACT, "percent"),
    ("0.3ポイント低下", "0.3ポイント", "0.3", Q.EXACT, "percent.point"),
    ("25ベーシスポイント", "25ベーシスポイント", "0.25", Q.EXACT, "percent.point"),
    ("2割引き", "2割", "20", Q.EXACT, "percent"),
    ("3割高", "3割", "30", Q.EXACT, "percent"),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "value", "qualifier", "rule"), SHARES, ids=[row[0] for row in SHARES]
)
def test_percent_is_read(
    mentions_in: Callable[..., Any],
    sentence: str,
    quote: str,
    value: str,
    qualifier: Qualifier,
    rule: str,
) -> None:
    """%, パーセント, 割分厘 and ポイント are shares in per cent."""
    [one] = [one for one in mentions_in(sentence) if one.kind is MentionKind.PERCENT]
    assert one.span.of(sentence) == quote
    assert one.value.value == Decimal(value)
    assert (one.value.qualifier, one.rule) == (qualifier, rule)


RANGES = [
    ("10〜15%", "10〜15%", 10, 15),
    ("10%から15%", "10%から15%", 10, 15),
    ("3〜4割", "3〜4割", 30, 40),
    ("5、6割", "5、6割", 50, 60),
    ("数%", "数%", 1, 10),
    ("数十パーセント", "数十パーセント", 10, 100),
]


@pytest.mark.parametrize(("sentence", "quote", "low", "high"), RANGES)
def test_percent_ranges_have_both_ends(
    read: Callable[..., Any], sentence: str, quote: str, low: int, high: int
) -> None:
    """Ranges of shares have bounds in per cent."""
    [(found, percent)] = read(sentence, MentionKind.PERCENT)
    assert (found, percent.low, percent.high) == (quote, low, high)


NO_SHARE = [
    "3割当",
    "役割を担う",
    "割合は不明",
    "5分で着く",
    "3ポイント還元",
    "100点",
    "https://example.com/?q=30%25",
    "％表示",
    "半分",
    "3倍",
]


@pytest.mark.parametrize("sentence", NO_SHARE)
def test_no_percent_is_read(read: Callable[..., Any], sentence: str) -> None:
    """Words with 割, addresses and times are no shares."""
    assert read(sentence, MentionKind.PERCENT) == []
