"""Money: amounts of a currency, as totals, rates over time and unit prices.

money    = amount whose unit is a currency                        194億ドル · $6.5bn · EUR 1.3 billion
rate     = period money | money "/" period                        年間20億ドル · 月額3万円 · 5万ドル/月
price    = thing あたり money | money "/" thing | 1 thing money     1株当たり27ドル · 1000円/個 · 1台3万ドル
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from pipeline.mention import MentionKind
from pipeline.parse.interval import Interval
from pipeline.values import Money

RULE = "money"
RULE_RANGE = "money.range"
RULE_RATE = "money.rate"
RULE_PRICE = "money.unit-price"

_PERIODS: Mapping[str, str] = {
    "year": "year", "yr": "year", "annum": "year", "年": "year", "y": "year",
    "month": "month", "mo": "month", "月": "month", "m": "month",
    "quarter": "quarter", "四": "quarter", "week": "week", "週": "week", "wk": "week",
    "day": "day", "日": "day", "hour": "hour", "hr": "hour", "h": "hour", "時": "hour",
}  # fmt: skip
_SHARE = "share"

_REACH = 24  # characters before the amount in which its period or thing may stand
_HINT = re.compile(r"[年月週日時額当株々給]|あた|につき|に付き|ごと|毎|[1一]")
_HEDGES = r"(?:約|およそ|おおよそ|最大で|最大|少なくとも|最低でも|最低|総額で?|合計で?|計|平均で?|ほぼ|わずか|\ )*"
_PERIOD_BEFORE = re.compile(
    r"(?P<period>年間|毎年|年額|各年|年平均|毎月|月額|月々|月間|月平均|毎週|毎日|日額|毎時|時給|月給|年収|年俸"
    r"|(?<![毎昨去今来翌同前近初通例半各多長末先本数ヶヵカかケ箇])[年月](?=に?(?:約|およそ|最大|少なくとも|[0-9数$¥€£]|$))"
    r"|(?<![0-9年])(?:1|一|ひと)(?:年に|(?:年間?|[かカヶヵ]?月|週間|日|時間)(?:あたり|当たり|当り|につき)))"
    r"(?:料金|利用料|使用料|の?(?:費用|コスト|料金))?(?:あたり|当たり|で|に|は|につき)?、?"
    rf"(?:円換算で)?{_HEDGES}$"
)
_NUMERAL_ENDS = frozenset("0123456789〇一二三四五六七八九十百千万億兆数両ヶヵカか箇半前")
_PRICE_BEFORE = re.compile(
    r"(?P<thing>(?:[0-9,.]{1,9}[万億KMB]?\ ?)?[^\s、。,(){}「」『』〈〉【】|0-9]{1,10}?)(?:あたり|当たり|当り|につき|に付き|ごとに|毎に)"
    r"(?:の?(?:価格|単価|料金|費用|コスト|値段|出力|入力|取得価格|買い付け価格))?(?:は|が|で|を)?、?"
    rf"{_HEDGES}$"
)
_EACH_BEFORE = re.compile(
    r"(?<![0-9.,])[1一](?P<thing>株|個|台|基|枚|人|本|口|件|坪|名|社|時間|日|月|年|カ月|か月|ヶ月|席|回|ページ|ノード|ラック|ユーザー|アカウント)"
    r"(?:約|およそ|\ )*$"
)
_PERIOD_BEHIND = re.compile(
    r"\ ?(?:/|毎|per\ |a\ |per)\ ?(?P<period>year|yr|annum|month|mo|quarter|week|wk|day|hour|hr|[ymh](?![A-Za-z])|年|月|四半期|週|日|時)(?![A-Za-z])"
    r"|\ ?\((?P<bracket>年間|年額|月額|毎年|毎月)\)"
)
_PRICE_BEHIND = re.compile(
    r"(?:/|\ ?per\ )(?![0-9,.]*[万億兆]*(?:円|ドル|ユーロ|元)|[A-Z]{0,2}\$)"
    r"(?P<thing>(?:[0-9]{1,4}[KMBkm万]?\ ?)?(?:[々\u4e00-\u9fff]{1,4}+|[ァ-ヺー]{1,12}+|[A-Za-z]{1,14}+)|[0-9]{1,4}+[KMBkm])(?!\ ?[$¥€£0-9]|[A-Za-z])"
)


def money_mention(text: str, interval: Interval) -> tuple[MentionKind, Money, str]:
    """The value and rule of an amount of money.

    Args:
        text: normalised text.
        interval: amount or range whose unit is a currency.

    Returns:
        Kind, value and rule name.

    Raises:
        ValueError: the interval has no unit, which no caller asks for.
    """
    unit = interval.unit
    if unit is None:
        msg = "money without a currency"
        raise ValueError(msg)
    factor = Decimal(1) if interval.first.has_minor else unit.factor
    per = _per(text, interval)
    value, low, high, qualifier = interval.bounds(factor)
    money = Money(value=value, low=low, high=high, qualifier=qualifier, currency=unit.code, per=per)
    return MentionKind.MONEY, money, _rule(interval, per)


_RATES = frozenset(_PERIODS.values())


def _rule(interval: Interval, per: str | None) -> str:
    if per is not None:
        return RULE_RATE if per in _RATES else RULE_PRICE
    return RULE if interval.last is None else RULE_RANGE


def _per(text: str, interval: Interval) -> str | None:
    """What the amount is for, where it is a rate or a unit price."""
    end = interval.end
    if text[end : end + 1] in _BEHIND_START:
        period = _PERIOD_BEHIND.match(text, end)
        if period is not None:
            return _period_name(period.group("period") or period.group("bracket"))
        price = _PRICE_BEHIND.match(text, end)
        if price is not None:
            return _thing(price.group("thing"))
    start = interval.start
    window = text[max(0, start - _REACH) : start]
    return _per_before(window) if _HINT.search(window) else None


_BEHIND_START = frozenset("/ 毎(p")


def _per_before(window: str) -> str | None:
    period = _PERIOD_BEFORE.search(window)
    if period is not None:
        before = window[: period.start()].rstrip(" ")
        # 5年間で10億円 is a total: the period belongs to the number before it.
        if not before or before[-1] not in _NUMERAL_ENDS or period.group("period")[0] in "毎1一ひ":
            return _period_name(period.group("period"))
    price = _PRICE_BEFORE.search(window)
    if price is not None:
        return _thing(price.group("thing"))
    each = _EACH_BEFORE.search(window)
    return None if each is None else _thing(each.group("thing"))


def _period_name(words: str) -> str:
    """The period that the words name: 年間, 月額, 1日あたり, yr."""
    for key in ("四", "年", "月", "週", "日", "時"):
        if key in words:
            return _PERIODS[key]
    return _PERIODS[words.lower()]


_TIME_THING = re.compile(r"(?:1|一|ひと)?\ ?(?:年間?|[かカヶヵケ箇]?月間?|週間?|日|時間|四半期)$")
_LAST_WORD = re.compile(r"(?:[0-9.,]+[万億KMB]?\ ?)?(?:[々\u4e00-\u9fff]+|[ァ-ヺー]+|[A-Za-z]+)$")


def _thing(words: str) -> str:
    """What a unit price is for: share, the counter as written, or a period."""
    if _TIME_THING.match(words):
        return _period_name(words)
    if words.endswith("株"):
        return _SHARE
    last = _LAST_WORD.search(words)
    thing = (words if last is None else last.group()).strip()
    if thing[:1] in ("1", "一") and not thing[1:2].isdigit():
        thing = thing[1:].strip() or thing  # 1人 is one, 100万トークン many
    return thing
