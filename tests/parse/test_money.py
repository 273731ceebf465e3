"""What is read as money, and what is not."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipeline.mention import MentionKind
from pipeline.values import Money, Qualifier

EXACT, ABOUT, LEAST, MOST = (
    Qualifier.EXACT,
    Qualifier.ABOUT,
    Qualifier.AT_LEAST,
    Qualifier.AT_MOST,
)
Q = Qualifier

# sentence, quote, value, currency
CURRENCIES = [
    ("建屋に38億円を充てた。", "38億円", "3800000000", "JPY"),
    ("代金は¥4,800だった。", "¥4,800", "4800", "JPY"),
    ("代金は￥４，８００だった。", "￥４，８００", "4800", "JPY"),
    ("JPY 900億の枠", "JPY 900億", "90000000000", "JPY"),
    ("七千六百万円を払う", "七千六百万円", "76000000", "JPY"),
    ("62億ドルの受注", "62億ドル", "6200000000", "USD"),
    ("9億5000万米ドル", "9億5000万米ドル", "950000000", "USD"),
    ("$7.2bnを調達", "$7.2bn", "7200000000", "USD"),
    ("$480Mの融資", "$480M", "480000000", "USD"),
    ("$3.4 billionを投じた", "$3.4 billion", "3400000000", "USD"),
    ("US$ 640 million", "US$ 640 million", "640000000", "USD"),
    ("$1.5Tに達した", "$1.5T", "1500000000000", "USD"),
    ("USD88", "USD88", "88", "USD"),
    ("usd 7.5", "usd 7.5", "7.5", "USD"),
    ("$2,650 億を計画", "$2,650 億", "265000000000", "USD"),
    ("85 million dollars", "85 million dollars", "85000000", "USD"),
    ("47億ユーロ", "47億ユーロ", "4700000000", "EUR"),
    ("€2.8bn", "€2.8bn", "2800000000", "EUR"),
    ("EUR 650 million", "EUR 650 million", "650000000", "EUR"),
    ("16億ポンド", "16億ポンド", "1600000000", "GBP"),
    ("£12.5m", "£12.5m", "12500000", "GBP"),
    ("2700億元を計上", "2700億元", "270000000000", "CNY"),
    ("12人民元", "12人民元", "12", "CNY"),
    ("人民元四千元", "人民元四千元", "4000", "CNY"),
    ("RMB 45億", "RMB 45億", "4500000000", "CNY"),
    ("3兆ウォン", "3兆ウォン", "3000000000000", "KRW"),
    ("1600億台湾ドル", "1600億台湾ドル", "160000000000", "TWD"),
    ("NT$850億", "NT$850億", "85000000000", "TWD"),
    ("78億香港ドル", "78億香港ドル", "7800000000", "HKD"),
    ("33億豪ドル", "33億豪ドル", "3300000000", "AUD"),
    ("A$21億", "A$21億", "2100000000", "AUD"),
    ("6億カナダドル", "6億カナダドル", "600000000", "CAD"),
    ("9億シンガポールドル", "9億シンガポールドル", "900000000", "SGD"),
    ("4億スイス・フラン", "4億スイス・フラン", "400000000", "CHF"),
    ("8000億ルピー", "8000億ルピー", "800000000000", "INR"),
    ("₹3500億", "₹3500億", "350000000000", "INR"),
    ("70億ディルハム", "70億ディルハム", "7000000000", "AED"),
    ("26億リヤル", "26億リヤル", "2600000000", "SAR"),
    ("90億トルコリラ", "90億トルコリラ", "9000000000", "TRY"),
    ("11億レアル", "11億レアル", "1100000000", "BRL"),
    ("300億バーツ", "300億バーツ", "30000000000", "THB"),
    ("40兆ドン", "40兆ドン", "40000000000000", "VND"),
    ("15兆ルピア", "15兆ルピア", "15000000000000", "IDR"),
    ("18億リンギット", "18億リンギット", "1800000000", "MYR"),
    ("520ナイラ", "520ナイラ", "520", "NGN"),
    ("6億シェケル", "6億シェケル", "600000000", "ILS"),
    ("25億クローナ", "25億クローナ", "2500000000", "SEK"),
    ("5億ズロチ", "5億ズロチ", "500000000", "PLN"),
    ("4億メキシコペソ", "4億メキシコペソ", "400000000", "MXN"),
    ("80億フィリピン・ペソ", "80億フィリピン・ペソ", "8000000000", "PHP"),
    ("50億ZAR", "50億ZAR", "5000000000", "ZAR"),
    ("8ドル75セント", "8ドル75セント", "8.75", "USD"),
    ("30セント", "30セント", "0.3", "USD"),
    ("6円20銭", "6円20銭", "6.2", "JPY"),
    ("75ペンス", "75ペンス", "0.75", "GBP"),
    ("純損益は▲12億円", "▲12億円", "-1200000000", "JPY"),
    ("マイナス7億円の影響", "マイナス7億円", "-700000000", "JPY"),
    ("単価は**64億ドル**とした", "64億ドル", "6400000000", "USD"),
    ("| 出資 | 64億ドル |", "64億ドル", "6400000000", "USD"),
    ("ＯｐｅｎＡＩ７２億㌦調達", "７２億㌦", "7200000000", "USD"),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "value", "currency"), CURRENCIES, ids=[row[0] for row in CURRENCIES]
)
def test_money_is_read_in_its_currency(
    read: Callable[..., Any], sentence: str, quote: str, value: str, currency: str
) -> None:
    """An amount in any notation is its number of units of its currency."""
    [(found, money)] = read(sentence, MentionKind.MONEY)
    assert found == quote
    assert money == Money(value=Decimal(value), currency=currency)


# sentence, quote, qualifier
BOUNDS = [
    ("約38億円を投じた", "約38億円", ABOUT),
    ("およそ38億円", "およそ38億円", ABOUT),
    ("38億円規模の工場", "38億円規模", ABOUT),
    ("38億円程度", "38億円程度", ABOUT),
    ("38億円前後", "38億円前後", ABOUT),
    ("38億円相当の株式", "38億円相当", ABOUT),
    ("38億円ほど", "38億円ほど", ABOUT),
    ("38億円台", "38億円台", ABOUT),
    ("~38億円", "~38億円", ABOUT),
    ("38億円以上", "38億円以上", LEAST),
    ("38億円超を見込む", "38億円超", LEAST),
    ("38億円を超える額", "38億円を超える", LEAST),
    ("38億円余りの負担", "38億円余り", LEAST),
    ("38億円強", "38億円強", LEAST),
    ("少なくとも38億円", "少なくとも38億円", LEAST),
    ("最低でも38億円", "最低でも38億円", LEAST),
    ("38億円を上回る", "38億円を上回る", LEAST),
    ("$38M+の調達", "$38M+", LEAST),
    ("38億円〜（応相談）", "38億円", EXACT),
    ("料金は38万円〜。", "38万円〜", LEAST),
    ("38億円以下", "38億円以下", MOST),
    ("38億円未満", "38億円未満", MOST),
    ("38億円弱", "38億円弱", MOST),
    ("38億円近く", "38億円近く", MOST),
    ("最大38億円", "最大38億円", MOST),
    ("最大で38億円", "最大で38億円", MOST),
    ("上限38億円", "上限38億円", MOST),
    ("38億円を下回る", "38億円を下回る", MOST),
    ("38億円に満たない", "38億円に満たない", MOST),
    ("〜38億円の補助", "〜38億円", MOST),
    ("最大で約38億円", "最大で約38億円", MOST),
    ("約38億円以上", "約38億円以上", LEAST),
    ("最大**38億円**", "最大**38億円", MOST),
    ("**38億円**以上", "38億円**以上", LEAST),
    ("38億円 以上", "38億円 以上", LEAST),
    ("38億円を超高速で回収", "38億円", EXACT),
    ("要約38億円の記事", "38億円", EXACT),
    ("38億円強化費に回す", "38億円", EXACT),
    ("台湾へ38億円台湾企業から", "38億円", EXACT),
    ("38億円弱者支援に", "38億円", EXACT),
]


@pytest.mark.parametrize(("sentence", "quote", "qualifier"), BOUNDS, ids=[row[0] for row in BOUNDS])
def test_money_takes_its_bounds(
    read: Callable[..., Any], sentence: str, quote: str, qualifier: Qualifier
) -> None:
    """The words around an amount bound it and are part of the quote; other words are not."""
    [(found, money)] = read(sentence, MentionKind.MONEY)
    assert (found, money.qualifier) == (quote, qualifier)
    assert money.value % 38 == 0


# sentence, quote, low, high, qualifier
RANGES = [
    ("200〜350億円", "200〜350億円", 200e8, 350e8, Q.RANGE),
    ("200億～350億円", "200億～350億円", 200e8, 350e8, Q.RANGE),
    ("200億円〜350億円", "200億円〜350億円", 200e8, 350e8, Q.RANGE),
    ("200億円から350億円になる", "200億円から350億円", 200e8, 350e8, Q.RANGE),
    ("2,000-3,500億円", "2,000-3,500億円", 2000e8, 3500e8, Q.RANGE),
    ("2億ー3億円", "2億ー3億円", 2e8, 3e8, Q.RANGE),
    ("約2億〜3億円", "約2億〜3億円", 2e8, 3e8, Q.RANGE),
    ("2億円〜約3億円", "2億円〜約3億円", 2e8, 3e8, Q.RANGE),
    ("2〜4千万円", "2〜4千万円", 2e7, 4e7, Q.RANGE),
    ("8000万〜1億円", "8000万〜1億円", 8e7, 1e8, Q.RANGE),
    ("8000〜1億円", "8000〜1億円", 8e3, 1e8, Q.RANGE),
    ("$200〜350 million", "$200〜350 million", 200e6, 350e6, Q.RANGE),
    ("$2〜$3", "$2〜$3", 2, 3, Q.RANGE),
    ("2億円以上3億円未満", "2億円以上3億円未満", 2e8, 3e8, Q.RANGE),
    ("最低2億円、最大3億円", "最低2億円、最大3億円", 2e8, 3e8, Q.RANGE),
    ("2億円と3億円の間", "2億円と3億円の間", 2e8, 3e8, Q.RANGE),
    ("2、3億円", "2、3億円", 2e8, 3e8, Q.RANGE),
    ("数十億ドル", "数十億ドル", 10e8, 100e8, Q.VAGUE),
    ("総額数百億円", "数百億円", 100e8, 1000e8, Q.VAGUE),
    ("毎年数億ユーロ", "数億ユーロ", 1e8, 10e8, Q.VAGUE),
    ("十数億円", "十数億円", 11e8, 19e8, Q.VAGUE),
    ("何千億円もの", "何千億円", 1000e8, 10000e8, Q.VAGUE),
    ("数ドル", "数ドル", 1, 10, Q.VAGUE),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "low", "high", "qualifier"), RANGES, ids=[row[0] for row in RANGES]
)
def test_money_ranges_have_both_ends(
    read: Callable[..., Any],
    sentence: str,
    quote: str,
    low: float,
    high: float,
    qualifier: Qualifier,
) -> None:
    """A range shares unit and multiplier; a vague number has the bounds of its words."""
    [(found, money)] = read(sentence, MentionKind.MONEY)
    assert found == quote
    assert (money.value, money.low, money.high, money.qualifier) == (None, low, high, qualifier)


TWO_AMOUNTS = [
    "200億円から350億円に増やした",
    "200億円から350億円へ引き上げ",
    "200億円から350億円まで引き上げる",
    "350億円から200億円",
    "200億円、350億円",
    "200億円と350億円",
    "200億円以上、最大350億円",
]


@pytest.mark.parametrize("sentence", TWO_AMOUNTS)
def test_two_amounts_are_no_range(read: Callable[..., Any], sentence: str) -> None:
    """A change, a list or a falling pair is two amounts."""
    amounts = {money.value for _, money in read(sentence, MentionKind.MONEY)}
    assert amounts == {Decimal(20_000_000_000), Decimal(35_000_000_000)}


# sentence, per
PERIODS = [
    ("年間30億円を支払う", "year"),
    ("年間約30億円", "year"),
    ("年間最大30億円", "year"),
    ("年30億円", "year"),
    ("毎年30億円", "year"),
    ("年額30億円", "year"),
    ("1年当たり30億円", "year"),
    ("30億円/年", "year"),
    ("30億円（年間）", "year"),
    ("$30M per year", "year"),
    ("月額30万円", "month"),
    ("月々30万円", "month"),
    ("月30万円のプラン", "month"),
    ("30万円/月", "month"),
    ("30万円／月", "month"),
    ("$30/month", "month"),
    ("毎週30万円", "week"),
    ("1日あたり30万円", "day"),
    ("$30/hr", "hour"),
    ("1時間当たり30ドル", "hour"),
    ("1株当たり30ドル", "share"),
    ("1株30ドル", "share"),
    ("1基あたり約3万ドル", "基"),
    ("1台3万ドル", "台"),
    ("1GWあたり300億ドル", "GW"),
    ("1人当たり30万円", "人"),
    ("30円/個", "個"),
    ("100万トークンあたり3ドル", "100万トークン"),
    ("3ドル/100万トークン", "100万トークン"),
    ("$3/Mtok", "Mtok"),
    ("総額30億円", None),
    ("5年間で30億円", None),
    ("5 年間で 30億円", None),
    ("2026年30億円を計上", None),
    ("昨年30億円を計上", None),
    ("半年で30億円", None),
    ("年間の売上高は30億円", None),
    ("入力$30 / 出力$90", None),
    ("30億円/50億円", None),
    ("3月30億円を計上", None),
    ("2026年11月には30億円", None),
    ("1月に30億円", None),
    ("入力$3/出力$9", None),
    ("1 人あたり30万円", "人"),
]


@pytest.mark.parametrize(("sentence", "per"), PERIODS, ids=[row[0] for row in PERIODS])
def test_money_says_what_it_is_for(
    read: Callable[..., Any], sentence: str, per: str | None
) -> None:
    """A rate names its period, a unit price its unit; a total names nothing."""
    _, money = read(sentence, MentionKind.MONEY)[0]
    assert money.per == per


RULES = [
    ("62億ドル", "money"),
    ("62億〜70億ドル", "money.range"),
    ("年間62億ドル", "money.rate"),
    ("1株62ドル", "money.unit-price"),
]


@pytest.mark.parametrize(("sentence", "rule"), RULES)
def test_money_names_its_rule(mentions_in: Callable[..., Any], sentence: str, rule: str) -> None:
    """The rule tells totals, ranges, rates and unit prices apart."""
    [one] = [one for one in mentions_in(sentence) if one.kind is MentionKind.MONEY]
    assert one.rule == rule


NO_MONEY = [
    "2026年",
    "3ナノの量産",
    "GPT-5とB200",
    "5G通信",
    "第3四半期",
    "24時間365日",
    "1対1の交換",
    "東証8035",
    "銭函の町",
    "万が一の備え",
    "一部と一方",
    "千葉と四国",
    "億ションに住む",
    "電話は03-1234-5678",
    "2026-03-31",
    "2026/3/31",
    "バージョン1.2.3",
    "円高とドル安",
    "ユーロ圏のポンド",
    "5円形の広場",
    "3元素の合金",
    "10ドルビー対応",
    "2ユーロスター",
    "6ランドマーク",
    "3チャットボット",
    "シリーズB",
    "7位",
    "元日と元素",
    "8ドンキ店",
    "https://example.com/?price=500円",
    "https://example.com/100USD",
    "AB12USD",
    "10人の侍",
    "1万人",
    "80GB",
    "4.5GW",
    "50%",
]


@pytest.mark.parametrize("sentence", NO_MONEY)
def test_no_money_is_read(read: Callable[..., Any], sentence: str) -> None:
    """Years, names, codes, addresses and other units are no amounts of money."""
    assert read(sentence, MentionKind.MONEY) == []
