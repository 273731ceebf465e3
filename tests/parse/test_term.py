"""Lengths of time and periods, and dates, which are neither."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.mention import MentionKind
from pipeline.parse.term import iso_duration
from pipeline.values import Qualifier, Term

Q = Qualifier

# sentence, quote, months, ISO 8601, qualifier
LENGTHS = [
    ("7年間の供給", "7年間", "84", "P7Y", Q.EXACT),
    ("7年契約", "7年", "84", "P7Y", Q.EXACT),
    ("7カ年計画", "7カ年", "84", "P7Y", Q.EXACT),
    ("７ヵ年", "７ヵ年", "84", "P7Y", Q.EXACT),
    ("契約期間は12年で", "12年", "144", "P12Y", Q.EXACT),
    ("十二年間", "十二年間", "144", "P12Y", Q.EXACT),
    ("2年半", "2年半", "30", "P2Y6M", Q.EXACT),
    ("2年間半", "2年間半", "30", "P2Y6M", Q.EXACT),
    ("1年8カ月", "1年8カ月", "20", "P1Y8M", Q.EXACT),
    ("2年と3カ月", "2年と3カ月", "27", "P2Y3M", Q.EXACT),
    ("30カ月", "30カ月", "30", "P30M", Q.EXACT),
    ("30か月間", "30か月間", "30", "P30M", Q.EXACT),
    ("30ヶ月のリース", "30ヶ月", "30", "P30M", Q.EXACT),
    ("半年", "半年", "6", "P6M", Q.EXACT),
    ("半年間で", "半年間", "6", "P6M", Q.EXACT),
    ("半世紀", "半世紀", "600", "P50Y", Q.EXACT),
    ("四半期ごとに支払う", "四半期", "3", "P3M", Q.EXACT),
    ("3四半期連続", "3四半期", "9", "P9M", Q.EXACT),
    ("0.5年間", "0.5年間", "6", "P6M", Q.EXACT),
    ("約6年", "約6年", "72", "P6Y", Q.ABOUT),
    ("6年ほど", "6年ほど", "72", "P6Y", Q.ABOUT),
    ("6年以上", "6年以上", "72", "P6Y", Q.AT_LEAST),
    ("6年超の契約", "6年超", "72", "P6Y", Q.AT_LEAST),
    ("最長6年", "最長6年", "72", "P6Y", Q.AT_MOST),
    ("6年以内", "6年以内", "72", "P6Y", Q.AT_MOST),
    ("6年間以上", "6年間以上", "72", "P6Y", Q.AT_LEAST),
    ("3週間", "3週間", None, "P3W", Q.EXACT),
    ("3週間と2日", "3週間と2日", None, "P23D", Q.EXACT),
    ("45日間", "45日間", None, "P45D", Q.EXACT),
    ("64日かけて", "64日", None, "P64D", Q.EXACT),
    ("36時間", "36時間", None, "PT36H", Q.EXACT),
    ("36時間以内", "36時間以内", None, "PT36H", Q.AT_MOST),
    ("2時間40分", "2時間40分", None, "PT2H40M", Q.EXACT),
    ("1時間半", "1時間半", None, "PT1.5H", Q.EXACT),
    ("20分", "20分", None, "PT20M", Q.EXACT),
    ("9.5秒", "9.5秒", None, "PT9.5S", Q.EXACT),
    ("四半世紀", "四半世紀", "300", "P25Y", Q.EXACT),
    ("半時間", "半時間", None, "PT30M", Q.EXACT),
    ("2世紀にわたり", "2世紀", "2400", "P200Y", Q.EXACT),
    ("8 年間", "8 年間", "96", "P8Y", Q.EXACT),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "months", "iso", "qualifier"), LENGTHS, ids=[row[0] for row in LENGTHS]
)
def test_term_is_read_in_months(
    read: Callable[..., Any],
    sentence: str,
    quote: str,
    months: str | None,
    iso: str,
    qualifier: Qualifier,
) -> None:
    """A length has months where the calendar gives them, and its ISO 8601 form always."""
    value = None if months is None else Decimal(months)
    assert read(sentence, MentionKind.TERM) == [
        (quote, Term(value=value, duration=iso, qualifier=qualifier))
    ]


# sentence, quote, months, start, end
PERIODS = [
    ("2026年から2033年まで", "2026年から2033年まで", 84, "2026", "2033"),
    ("2026年〜2033年", "2026年〜2033年", 84, "2026", "2033"),
    ("2026〜2033年", "2026〜2033年", 84, "2026", "2033"),
    ("2026-33年", "2026-33年", 84, "2026", "2033"),
    ("2026年から33年にかけて", "2026年から33年にかけて", 84, "2026", "2033"),
    ("2026〜2033年の8年間", "2026〜2033年の8年間", 96, "2026", "2033"),
    ("2026年度から2030年度まで", "2026年度から2030年度まで", 60, "2026-04", "2030-04"),
    ("2026〜30年度", "2026〜30年度", 60, "2026-04", "2030-04"),
    ("令和8年度から令和12年度まで", "令和8年度から令和12年度まで", 60, "2026-04", "2030-04"),
    ("平成30年から令和2年まで", "平成30年から令和2年まで", 24, "2018", "2020"),
    ("2026年4月から2031年3月まで", "2026年4月から2031年3月まで", 60, "2026-04", "2031-03"),
    ("2026年4月から9月まで", "2026年4月から9月まで", 5, "2026-04", "2026-09"),
    (
        "2026年4月1日から2031年3月31日まで",
        "2026年4月1日から2031年3月31日まで",
        60,
        "2026-04-01",
        "2031-03-31",
    ),
    ("2026年と2033年の間", "2026年と2033年の間", 84, "2026", "2033"),
    (
        "2026年5月5日から2027年5月5日まで",
        "2026年5月5日から2027年5月5日まで",
        12,
        "2026-05-05",
        "2027-05-05",
    ),
    ("2028年から6年間", "2028年から6年間", 72, "2028", None),
    ("2028年4月から6年", "2028年4月から6年", 72, "2028-04", None),
    ("2028年より約6年間", "2028年より約6年間", 72, "2028", None),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "months", "start", "end"), PERIODS, ids=[row[0] for row in PERIODS]
)
def test_term_of_a_period_has_its_dates(
    read: Callable[..., Any],
    sentence: str,
    quote: str,
    months: int,
    start: str,
    end: str | None,
) -> None:
    """A period between dates, or from one, has its months and the dates that are written."""
    [(found, term)] = read(sentence, MentionKind.TERM)
    assert (found, term.value, term.start, term.end) == (quote, months, start, end)


def test_term_of_days_counts_them(read: Callable[..., Any]) -> None:
    """A period that makes no whole months has its days."""
    [(_, term)] = read("2026年4月1日から2026年5月20日まで", MentionKind.TERM)
    assert (term.value, term.duration) == (None, "P49D")


UNTIL = [
    ("2030年度まで供給する", 53, "2031-03-31"),
    ("2030年まで", 50, "2030-12-31"),
    ("2030年6月まで", 44, "2030-06-30"),
    ("2030年末まで", 50, "2030-12-31"),
]


@pytest.mark.parametrize(("sentence", "months", "end"), UNTIL, ids=[row[0] for row in UNTIL])
def test_term_until_a_date_counts_from_the_article(
    mentions_in: Callable[..., Any], sentence: str, months: int, end: str
) -> None:
    """With the article's date a term until a year has months; without it there is none."""
    [one] = [
        one for one in mentions_in(sentence, date(2026, 10, 5)) if one.kind is MentionKind.TERM
    ]
    assert one.rule == "term.until"
    assert one.value == Term(
        value=Decimal(months),
        duration=iso_duration([("M", Decimal(months))]),
        qualifier=Q.ABOUT,
        start="2026-10-05",
        end=end,
    )
    assert [one for one in mentions_in(sentence) if one.kind is MentionKind.TERM] == []


RANGES = [
    ("8〜12年", "8〜12年", 96, 144, Q.RANGE),
    ("8年から12年", "8年から12年", 96, 144, Q.RANGE),
    ("2〜3年間", "2〜3年間", 24, 36, Q.RANGE),
    ("2、3年", "2、3年", 24, 36, Q.RANGE),
    ("4〜6カ月", "4〜6カ月", 4, 6, Q.RANGE),
    ("数年", "数年", 12, 120, Q.VAGUE),
    ("今後数年間", "数年間", 12, 120, Q.VAGUE),
    ("数カ月", "数カ月", 1, 10, Q.VAGUE),
    ("十数年", "十数年", 132, 228, Q.VAGUE),
    ("数十分", "数十分", None, None, Q.VAGUE),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "low", "high", "qualifier"), RANGES, ids=[row[0] for row in RANGES]
)
def test_term_ranges_have_both_ends(
    read: Callable[..., Any],
    sentence: str,
    quote: str,
    low: int | None,
    high: int | None,
    qualifier: Qualifier,
) -> None:
    """Ranges and vague lengths have bounds in months, where there are months."""
    [(found, term)] = read(sentence, MentionKind.TERM)
    assert found == quote
    assert (term.value, term.low, term.high, term.qualifier) == (None, low, high, qualifier)


OFFSETS = ["3年前", "3年後", "3年ぶり", "数年前", "3年ほど前", "3カ月遅れ", "3日前"]


@pytest.mark.parametrize("sentence", OFFSETS)
def test_distance_from_now_is_named(mentions_in: Callable[..., Any], sentence: str) -> None:
    """前, 後 and ぶり make a length a distance in time, which its rule tells."""
    assert "term.offset" in [one.rule for one in mentions_in(sentence)]


def test_duration_before_and_after_is_no_distance(mentions_in: Callable[..., Any]) -> None:
    """3年前後 is about three years."""
    [term] = [one for one in mentions_in("3年前後") if one.kind is MentionKind.TERM]
    assert (term.rule, term.value.qualifier) == ("term", Q.ABOUT)


NO_TERM = [
    "2026年",
    "2026年度",
    "2026年に発表",
    "2026年10月3日",
    "10月3日",
    "3日に発表した",
    "3日、発表した",
    "同3日",
    "二〇二六年",
    "二千二十六年",
    "令和8年度",
    "平成30年",
    "26年3月期",
    "27年末に稼働",
    "28年度の計画",
    "1990年代",
    "21世紀",
    "第3四半期",
    "四半期の売上高",
    "今四半期",
    "2年生",
    "3年目",
    "10周年",
    "午前9時30分",
    "9時",
    "10分の1",
    "24時間365日",
    "石の上にも三年",
    "十年一昔",
    "十分だ",
    "不十分",
    "一時的",
    "半導体",
    "年を越す",
    "月面",
    "5月12〜14日",
    "20日締め",
    "2026/10/3",
    "上半期",
    "3日付",
    "2027年から2032年まで毎年10億ドルを払う",
    "年収500万円",
]


@pytest.mark.parametrize("sentence", NO_TERM)
def test_no_term_is_read(read: Callable[..., Any], sentence: str) -> None:
    """Dates, times of day, ranks, idioms and periods of payments are no lengths."""
    assert read(sentence, MentionKind.TERM) == []


SHORT_YEARS = [
    ("28年に稼働する", None, []),
    ("28年に稼働する", date(2026, 1, 1), []),
    ("16年に稼働した", date(2018, 1, 1), []),
    ("28年から5年間", None, ["28年から5年間"]),
    ("20年から30年間", None, ["20年から30年間"]),
    ("28年は減益", date(2026, 1, 1), []),
    ("08年から5年間", date(2007, 1, 1), ["08年から5年間"]),
    ("契約期間は20年、2026年に始まる", None, ["20年"]),
    ("2026年に30年の歴史", None, ["30年"]),
    ("2026年、10年に一度の商機", None, ["10年"]),
    ("2026年から数えて20年かかる", None, ["20年"]),
    ("今後28年は続く", date(2026, 1, 1), ["28年"]),
    ("'28年の計画", None, []),
    ("75年に稼働", None, ["75年"]),
]


@pytest.mark.parametrize(
    ("sentence", "published", "quotes"), SHORT_YEARS, ids=[row[0] for row in SHORT_YEARS]
)
def test_years_of_two_digits_are_told_from_lengths(
    read: Callable[..., Any], sentence: str, published: date | None, quotes: list[str]
) -> None:
    """Years near the article's own are dates, unless a word makes them lengths."""
    assert [quote for quote, _ in read(sentence, MentionKind.TERM, published)] == quotes


ISO = [
    ([("Y", "3.5")], "P3Y6M"),
    ([("Y", "0.1")], "P0.1Y"),
    ([("Y", "0.5")], "P6M"),
    ([("Y", "1"), ("M", "2")], "P1Y2M"),
    ([("W", "2.5")], "P2.5W"),
    ([("W", "1"), ("D", "3")], "P10D"),
    ([("TH", "1"), ("TM", "30")], "PT1H30M"),
    ([("D", "1.50")], "P1.5D"),
]


@pytest.mark.parametrize(("parts", "iso"), ISO, ids=[row[1] for row in ISO])
def test_iso_duration_writes(parts: list[tuple[str, str]], iso: str) -> None:
    """Halves of years become months, weeks beside days become days."""
    assert iso_duration([(code, Decimal(number)) for code, number in parts]) == iso


@settings(deadline=None)  # machines are busy
@given(years=st.integers(1, 99), months=st.integers(1, 11))
def test_iso_duration_keeps_years_and_months(years: int, months: int) -> None:
    """Whole years and months are written as they are."""
    parts = [("Y", Decimal(years)), ("M", Decimal(months))]
    assert iso_duration(parts) == f"P{years}Y{months}M"
