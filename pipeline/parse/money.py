"""Money: amounts of a currency, as totals, rates and unit prices, and their other renderings.

money    = amount whose unit is a currency                        194億ドル · $6.5bn · EUR 1.3 billion
rate     = period money | money "/" period                        年間20億ドル · 月額3万円 · 5万ドル/月
price    = thing あたり money | money "/" thing                    1株当たり27ドル · 1000円/個
exchange = money "=" money                                         1ドル=150円
other    = money "(" words money ")"                               194億ドル(約2兆9000億円)
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from pipeline.mention import Mention, MentionKind
from pipeline.parse.interval import Interval
from pipeline.values import Money, Value

RULE = "money"
RULE_RANGE = "money.range"
RULE_RATE = "money.rate"
RULE_PRICE = "money.unit-price"
RULE_EXCHANGE = "money.exchange-rate"
RULE_RENDERING = "money.rendering"

_PERIODS: Mapping[str, str] = {
    "年間": "year", "年": "year", "毎年": "year", "年額": "year", "各年": "year", "年率": "year", "年平均": "year", "年商": "year", "年収": "year", "年俸": "year", "1年": "year", "一年": "year",
    "毎月": "month", "月額": "month", "月々": "month", "月間": "month", "月": "month", "月額料金": "month", "ひと月": "month", "1カ月": "month", "1か月": "month", "1ヶ月": "month", "一カ月": "month", "月平均": "month", "月給": "month",
    "毎週": "week", "週": "week", "1週間": "week", "週間": "week", "毎日": "day", "日額": "day", "1日": "day", "一日": "day", "日": "day", "毎時": "hour", "1時間": "hour", "時給": "hour", "時間": "hour", "四半期": "quarter", "四半期ごとに": "quarter",
}  # fmt: skip
_BEFORE_WINDOW = 24
_PERIOD_BEFORE = re.compile(
    r"(?P<period>(?<![0-9〇一二三四五六七八九十数両ヶヵカか箇半])(?:年間|毎年|年額|各年|年平均|毎月|月額|月々|月間|月平均|毎週|毎日|日額|毎時|時給|月給|年収|年俸)"
    r"|(?<![0-9〇一二三四五六七八九十数ヶヵカか毎去昨今来翌同前近0-9])(?:年|月)(?=に?(?:約|およそ|最大|少なくとも|$))"
    r"|(?:1|一|ひと)(?:年間|年|[かカヶヵ]月|月|週間|日|時間)(?:あ|当)?たり|(?:1|一)(?:年|[かカヶヵ]月|日|時間)に)"
    r"(?:料金|利用料|使用料)?(?:あたり|当たり|で|に|は|に付き|につき)?(?:、)?"
    r"(?:約|およそ|おおよそ|最大で|最大|少なくとも|最低でも|最低|総額|計|平均で|平均|ほぼ|\ )*$"
)
_PRICE_BEFORE = re.compile(
    r"(?P<thing>[^\s、。,()「」『』〈〉【】]{1,12}?)(?:あたり|当たり|当り|につき|に付き|ごとに|毎に)"
    r"(?:の?(?:価格|単価|料金|費用|コスト|値段|出力|入力)(?:は|が|で|を)?)?(?:、)?"
    r"(?:約|およそ|おおよそ|最大で|最大|少なくとも|平均で|平均|わずか|\ )*$"
)
_PER_BEHIND = re.compile(
    r"\ ?(?:/|毎|per\ |a\ )\ ?(?P<thing>[A-Za-z]{1,16}|[0-9]{0,4}[^\s、。,()「」0-9A-Za-z/]{1,8})"
    r"|(?P<each>ずつ)?(?:\(|、)?(?P<annual>年間|年額|月額|毎年|毎月)(?:\))"
)
_THINGS: Mapping[str, str] = {
    "year": "year", "yr": "year", "y": "year", "annum": "year", "年": "year", "年間": "year",
    "month": "month", "mo": "month", "m": "month", "月": "month", "月間": "month", "カ月": "month",
    "week": "week", "週": "week", "day": "day", "日": "day", "hour": "hour", "h": "hour", "hr": "hour", "時間": "hour", "時": "hour",
}  # fmt: skip
_RATE_PERIODS = frozenset({"year", "month", "week", "day", "hour", "quarter"})
_TIME_WORD = re.compile(
    r"^(?:[1一ひと]*)(年間|年|[かカヶヵケ箇]月|月間|月|週間|週|日|時間|四半期)$"
)


def money_mention(text: str, interval: Interval, floor: int) -> tuple[MentionKind, Money, str]:
    """The value and rule of an amount of money.

    Args:
        text: normalised text.
        interval: amount or range whose unit is a currency.
        floor: where the mention before ends; words before it belong to that.

    Returns:
        Kind, value and rule name.
    """
    unit = interval.unit
    if unit is None:
        msg = "money without a currency: the caller asks only for amounts with one"
        raise ValueError(msg)
    factor = unit.factor if interval.first.minor is None else Decimal(1)
    per = _per(text, interval, floor)
    value, low, high, qualifier = interval.bounds(factor)
    money = Money(value=value, low=low, high=high, qualifier=qualifier, currency=unit.code, per=per)
    return MentionKind.MONEY, money, _rule(interval, per)


def _rule(interval: Interval, per: str | None) -> str:
    if per is not None:
        return RULE_RATE if per in _RATE_PERIODS else RULE_PRICE
    return RULE if interval.last is None else RULE_RANGE


def _per(text: str, interval: Interval, floor: int) -> str | None:
    """What the amount is for, where it is a rate or a unit price."""
    behind = _PER_BEHIND.match(text, interval.end)
    if behind is not None:
        per = _per_behind(behind)
        if per is not None:
            return per
    start = interval.first.start
    window = text[max(floor - 12, start - _BEFORE_WINDOW, 0) : start]
    period = _PERIOD_BEFORE.search(window)
    if period is not None:
        return _period_name(period.group("period"))
    price = _PRICE_BEFORE.search(window)
    return None if price is None else _thing(price.group("thing"))


def _period_name(word: str) -> str:
    if "年" in word:
        return "year"
    if "月" in word:
        return "month"
    if "週" in word:
        return "week"
    return "day" if "日" in word else "hour"


def _per_behind(match: re.Match[str]) -> str | None:
    annual = match.group("annual")
    if annual is not None:
        return _period_name(annual)
    thing = match.group("thing").strip()
    lower = thing.lower()
    if lower in _THINGS:
        return _THINGS[lower]
    time = re.match(r"(年間?|[かカヶヵ]?月間?|週間?|日|時間?)", thing)
    if time is not None:
        return _period_name(time.group())
    return thing


def _thing(word: str) -> str:
    match = _TIME_WORD.match(word)
    if match is not None:
        return _period_name(match.group(1))
    if word.endswith("株"):
        return "share"
    return re.sub(r"^.*?(?=[0-9一]*[^0-9一]+$)", "", word) or word


_EXCHANGE = re.compile(r"\ ?(?:=|≒|を?約?(?=[0-9.]+円(?:換算|で換算)))\ ?")
_OPEN = re.compile(
    r"(?:規模|相当|以上|超|余り|弱|強)?\ ?(?:の)?[(\[〔【]\s?(?P<words>[^)\]〕】]{0,24}?)$"
)


def mark_exchange_rates(mentions: Sequence[Mention[Value]], text: str) -> dict[int, str]:
    """Rules for the amounts of an exchange rate (1ドル=150円), by index into `mentions`."""
    rules: dict[int, str] = {}
    for index, (one, other) in enumerate(zip(mentions, mentions[1:], strict=False)):
        if one.kind is not MentionKind.MONEY or other.kind is not MentionKind.MONEY:
            continue
        if _is_one(one.value) and _EXCHANGE.fullmatch(text, one.span.end, other.span.start):
            rules[index] = rules[index + 1] = RULE_EXCHANGE
    return rules


def _is_one(value: Value) -> bool:
    return isinstance(value, Money) and value.value in (1, 100)


def renderings(mentions: Sequence[Mention[Value]], text: str) -> dict[int, int]:
    """Which amounts repeat another in a second currency: 194億ドル(約2兆9000億円).

    Args:
        mentions: as `find_mentions` returns them, of any kinds.
        text: the text that they point into.

    Returns:
        The index of each bracketed amount with the index of the amount that it renders.

    Source: the annotation rule that an amount repeated in brackets is no second amount.
    """
    found: dict[int, int] = {}
    main: int | None = None
    for index, mention in enumerate(mentions):
        value = mention.value
        if not isinstance(value, Money) or mention.rule == RULE_EXCHANGE:
            continue
        if main is not None and _renders(mentions[main], mention, text):
            found[index] = main
            continue
        main = index
    return found


_GAP = re.compile(
    r"(?:[のもと]?(?:規模|相当|以上|超|余り|あまり|弱|強|程度|前後|分)?(?:相当)?[*_]{0,2}\ ?)"
    r"[(（\[［〔【]\ ?[^()（）\[\]［］〔〕【】]{0,40}$"
)
_CLOSE = re.compile(r"[^()（）\[\]［］〔〕【】。]{0,24}[)）\]］〕】]")
_OTHER_FACT = re.compile(r"(?:うち|内訳|前年|前期|前回|従来|予想|当初|最大|上限|前は|増|減)")


def _renders(main: Mention[Value], other: Mention[Value], text: str) -> bool:
    if not isinstance(main.value, Money) or not isinstance(other.value, Money):
        return False
    if main.value.currency == other.value.currency:
        return False
    gap = text[main.span.end : other.span.start]
    if len(gap) > 60 or not _GAP.match(gap) or _OTHER_FACT.search(gap):
        return False
    return _CLOSE.match(text, other.span.end) is not None
