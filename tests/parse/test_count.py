"""What is counted, and what a number only names."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipeline.mention import MentionKind
from pipeline.values import Count, Qualifier

Q = Qualifier

# sentence, quote, value, unit, qualifier
COUNTS = [
    ("12万個以上を使う", "12万個以上", "120000", "個", Q.AT_LEAST),
    ("約18万基のGPU", "約18万基", "180000", "基", Q.ABOUT),
    ("2400枚余り", "2400枚余り", "2400", "枚", Q.AT_LEAST),
    ("48台を納めた", "48台", "48", "台", Q.EXACT),
    ("GPUを6,500枚", "6,500枚", "6500", "枚", Q.EXACT),
    ("最大7200ラック", "最大7200ラック", "7200", "ラック", Q.AT_MOST),
    ("2万4000ノード", "2万4000ノード", "24000", "ノード", Q.EXACT),
    ("15万GPU規模", "15万GPU規模", "150000", "GPU", Q.ABOUT),
    ("8,192 GPUs", "8,192 GPUs", "8192", "GPUs", Q.EXACT),
    ("10万 基", "10万 基", "100000", "基", Q.EXACT),
    ("七社が参加", "七社", "7", "社", Q.EXACT),
    ("130人", "130人", "130", "人", Q.EXACT),
    ("2億4000万株", "2億4000万株", "240000000", "株", Q.EXACT),
    ("23件超", "23件超", "23", "件", Q.AT_LEAST),
    ("9カ国で", "9カ国", "9", "カ国", Q.EXACT),
    ("6つの拠点", "6つ", "6", "つ", Q.EXACT),
    ("三つ", "三つ", "3", "つ", Q.EXACT),
    ("40人月", "40人月", "40", "人月", Q.EXACT),
    ("2本半", "2本半", "2.5", "本", Q.EXACT),
    ("3棟", "3棟", "3", "棟", Q.EXACT),
    ("16兆トークン", "16兆トークン", "16000000000000", "トークン", Q.EXACT),
    ("256Kトークン", "256Kトークン", "256000", "トークン", Q.EXACT),
    ("6700億パラメーター", "6700億パラメーター", "670000000000", "パラメーター", Q.EXACT),
    ("141GB", "141GB", "141", "GB", Q.EXACT),
    ("毎秒8TB/s", "8TB/s", "8", "TB/s", Q.EXACT),
    ("全長7.5キロメートル", "7.5キロメートル", "7.5", "キロメートル", Q.EXACT),
    ("7.5km", "7.5km", "7.5", "キロメートル", Q.EXACT),
    ("16万平方メートル", "16万平方メートル", "160000", "平方メートル", Q.EXACT),
    ("9500㎡", "9500㎡", "9500", "平方メートル", Q.EXACT),
    ("700W級", "700W級", "700", "W", Q.ABOUT),
    ("800MWhの蓄電", "800MWh", "800", "MWh", Q.EXACT),
    ("2.6GHz", "2.6GHz", "2.6", "GHz", Q.EXACT),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "value", "unit", "qualifier"), COUNTS, ids=[row[0] for row in COUNTS]
)
def test_count_is_read_with_its_unit(
    read: Callable[..., Any],
    sentence: str,
    quote: str,
    value: str,
    unit: str,
    qualifier: Qualifier,
) -> None:
    """A number with a counter or unit counts it."""
    assert read(sentence, MentionKind.COUNT) == [
        (quote, Count(value=Decimal(value), unit=unit, qualifier=qualifier))
    ]


# sentence, quote, low, high, qualifier
RANGES = [
    ("30〜45台", "30〜45台", 30, 45, Q.RANGE),
    ("30台から45台", "30台から45台", 30, 45, Q.RANGE),
    ("2万～3万基", "2万～3万基", 20000, 30000, Q.RANGE),
    ("2〜3万基", "2〜3万基", 20000, 30000, Q.RANGE),
    ("4、5社", "4、5社", 4, 5, Q.RANGE),
    ("七、八人", "七、八人", 7, 8, Q.RANGE),
    ("20人以上30人以下", "20人以上30人以下", 20, 30, Q.RANGE),
    ("数社", "数社", 1, 10, Q.VAGUE),
    ("数十万個", "数十万個", 100000, 1000000, Q.VAGUE),
    ("十数台", "十数台", 11, 19, Q.VAGUE),
    ("今後数件", "数件", 1, 10, Q.VAGUE),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "low", "high", "qualifier"), RANGES, ids=[row[0] for row in RANGES]
)
def test_count_ranges_have_both_ends(
    read: Callable[..., Any],
    sentence: str,
    quote: str,
    low: int,
    high: int,
    qualifier: Qualifier,
) -> None:
    """Ranges and vague numbers of things have bounds."""
    [(found, count)] = read(sentence, MentionKind.COUNT)
    assert found == quote
    assert (count.value, count.low, count.high, count.qualifier) == (None, low, high, qualifier)


NO_COUNT = [
    "3ナノ",
    "2nm世代",
    "B200とGB300",
    "GPT-5",
    "5G",
    "H100の10倍",
    "2倍",
    "第3四半期",
    "第2位",
    "3番目",
    "5世代目",
    "2026年",
    "4月10日",
    "午後3時",
    "1対10",
    "東証8035",
    "v2.1.0",
    "03-1234-5678",
    "一部",
    "一方",
    "一般",
    "統一",
    "唯一",
    "千葉",
    "三菱",
    "四国",
    "五十嵐",
    "六本木",
    "七夕",
    "八王子",
    "九州",
    "百貨店",
    "万博",
    "億劫",
    "利用者数社内",
    "人数分",
    "件数本",
    "数で勝る",
    "5台湾企業",
    "3台風",
    "2本社ビル",
    "4基本方針",
    "7人間工学",
    "6社会課題",
    "3国際規格",
    "一枚岩",
    "10回答",
    "RTX 5090",
    "Wi-Fi 7",
    "PCIe 5.0",
    "1/50",
    "二人三脚",
    "十分だ",
    "iPhone 17",
    "A4用紙",
    "70Bモデル",
]


@pytest.mark.parametrize("sentence", NO_COUNT)
def test_no_count_is_read(read: Callable[..., Any], sentence: str) -> None:
    """Ranks, names, comparisons, times and words with a numeral in them count nothing."""
    assert read(sentence, MentionKind.COUNT) == []
