"""Terms: lengths of time, and periods between dates.

    length   = amount+ [ 間 ] [ 半 ] after*              5年間 · 1年2カ月 · 3年半 · 数年 · 半年 · 36週間
    since    = date (から|より) length                    2027年から5年間
    period   = date (から|〜) date [ まで | の間 ]         2025年から2031年まで · 2026〜28年度
    until    = date まで                                  2030年度まで, counted from the article's date

The rule `term.offset` names a distance from another time (27年前, 数日後, 5年ぶり), which is no
length of anything. A period that only says when a yearly or monthly rate is paid (2027年から2032年まで毎年100億ドル) is
none: whether its last year counts depends on the payments, and no length is stated.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipeline.gazetteer.vocabulary import Dimension, Unit, Vocabulary
from pipeline.parse.amount import Amount, read_amount, starts_numeral, take_hedges
from pipeline.parse.dates import FISCAL_START, Point, point_behind
from pipeline.parse.interval import Interval, alone
from pipeline.parse.numeral import Unread
from pipeline.values import Qualifier, Term

RULE = "term"
RULE_RANGE = "term.range"
RULE_COMPOUND = "term.compound"
RULE_WORD = "term.word"
RULE_SINCE = "term.since"
RULE_PERIOD = "term.period"
RULE_UNTIL = "term.until"
RULE_OFFSET = "term.offset"

_MONTHS = {"Y": Decimal(12), "M": Decimal(1)}
_ORDER = ("Y", "M", "W", "D", "TH", "TM", "TS")
_WORDS: dict[str, tuple[str, Decimal | None]] = {
    "半年": ("P6M", Decimal(6)),
    "半月": ("P0.5M", Decimal("0.5")),
    "半日": ("P0.5D", None),
    "半世紀": ("P50Y", Decimal(600)),
    "半時間": ("PT30M", None),
    "四半期": ("P3M", Decimal(3)),
    "四半世紀": ("P25Y", Decimal(300)),
}
# 四半期 alone is a length only where something lasts or recurs: 四半期の売上高 names one.
_WORD = re.compile(
    r"半(?:年|月|日|世紀|時間)(?!度|島|期)|四半世紀|四半期(?=ごと|毎|に(?!は)|で|間|あたり|当たり|をかけ)"
)
_PART_OF_MORE = frozenset("0123456789一二三四五六七八九十間月年上下前後大過夜折第今同翌来当各 ")
_TO = re.compile(r"\ ?(?:から|より|以降、?|[〜\-—ー~]|と(?=[^、。\n]{4,14}の(?:間|あいだ)))\ ?")
_SHORT_TO = re.compile(r"[〜\-—ー~]")
_CLOSING = re.compile(r"末?(?:まで|にかけて|にわたって|にわたり|にわたる)?(?:の(?:間|あいだ))?")
_STATED = re.compile(r"の\ ?([0-9]{1,2})\ ?(?:([年])|[かカヶヵケ箇]月)間?")
_RATE_BEHIND = re.compile(r"の?(?:間)?(?:に|、)?(?:毎年|毎月|年平均|年率|年間|各年)")
_UNTIL = re.compile(r"末?まで(?!に)")
_OFFSET = re.compile(r"(?:ほど|程度|くらい|も|\ )?(?:前(?!後)|まえ|後(?!半)|あと|ぶり|振り|遅れ)")
_SINCE_HEDGE = re.compile(r"(?:約|今後|向こう|最長|最大|少なくとも|、|\ ){1,2}")


@dataclass(frozen=True, slots=True)
class Length:
    """A term at `start` to `end` of the text, the rule that read it and the amounts in it."""

    start: int
    end: int
    term: Term
    rule: str
    parts: tuple[Amount, ...] = ()


# ------------------------------------------------------------------ lengths


def word_at(text: str, position: int) -> Length | None:
    """The length written as a word at `position`: 半年, 半月, 半世紀, 四半期 …."""
    if position and text[position - 1] in _PART_OF_MORE:
        return None
    match = _WORD.match(text, position)
    if match is None:
        return None
    duration, months = _WORDS[match.group()]
    end = match.end() + (1 if text.startswith("間", match.end()) else 0)
    return Length(position, end, Term(value=months, duration=duration), RULE_WORD)


def read_length(text: str, interval: Interval, vocabulary: Vocabulary) -> Length:
    """The length of time that begins with `interval`, whose unit is one of time.

    Args:
        text: normalised text.
        interval: an amount or range of time.
        vocabulary: the units.

    Returns:
        The length with all its parts (1年2カ月, 1時間30分).

    Raises:
        ValueError: the interval has no unit, which no caller asks for.
    """
    if interval.unit is None:
        msg = "a length of time without a unit"
        raise ValueError(msg)
    if interval.last is not None:
        return _range(text, interval, interval.unit)
    parts = [(interval.first, interval.unit)]
    while True:
        last, unit = parts[-1]
        is_closed = _close(text, last)
        if last.after or last.is_half:
            break
        following = _next_part(text, last, unit, vocabulary, is_closed=is_closed)
        if following is None:
            break
        parts.append(following)
    return _single(text, *parts[0]) if len(parts) == 1 else _compound(parts)


def _close(text: str, amount: Amount) -> bool:
    """Take 間 (and the 半 behind it) into `amount`; whether it stood there."""
    end = amount.unit_end
    if not text.startswith("間", end) or text.startswith(("間隔", "間近", "間際", "間違"), end):
        return False
    end += 1
    if text.startswith("半", end) and not amount.is_half:
        end += 1
        amount.is_half = True
        amount.low += Decimal("0.5")
        amount.high += Decimal("0.5")
    amount.unit_end = amount.end = end
    before, start = amount.before, amount.start
    take_hedges(text, amount, amount.number_start)
    amount.before, amount.start = before, start
    return True


def _next_part(
    text: str, last: Amount, unit: Unit, vocabulary: Vocabulary, *, is_closed: bool
) -> tuple[Amount, Unit] | None:
    """The next smaller unit: 2カ月 behind 1年, 30分 behind 1時間, 3日 behind 1週間と."""
    at = last.end
    if text.startswith(" " if is_closed else ("と", " "), at):
        at += 1
    if not starts_numeral(text, at):
        return None
    amount = read_amount(text, at, at, vocabulary)
    if isinstance(amount, Unread) or amount.unit is None:
        return None
    if amount.unit.dimension is not Dimension.TIME:
        return None
    if _ORDER.index(unit.code) >= _ORDER.index(amount.unit.code):
        return None
    if unit.code == "D" and last.low == 1:
        return None  # 1日8時間 is eight hours a day
    take_hedges(text, amount, at)
    return amount, amount.unit


def _single(text: str, amount: Amount, unit: Unit) -> Length:
    factor = _MONTHS.get(unit.code)
    low, high = amount.low * unit.factor, amount.high * unit.factor
    if low == high:
        term = Term(
            value=None if factor is None else low * factor,
            duration=iso_duration([(unit.code, low)]),
            qualifier=amount.qualifier,
        )
    else:
        term = Term(
            low=None if factor is None else low * factor,
            high=None if factor is None else high * factor,
            qualifier=Qualifier.VAGUE,
        )
    rule = RULE_OFFSET if _OFFSET.match(text, amount.end) else RULE
    return Length(amount.start, amount.end, term, rule, (amount,))


def _compound(parts: list[tuple[Amount, Unit]]) -> Length:
    pieces = [(unit.code, amount.low * unit.factor) for amount, unit in parts]
    months: Decimal | None = None
    if all(code in _MONTHS for code, _ in pieces):
        months = sum((number * _MONTHS[code] for code, number in pieces), Decimal(0))
    first, last = parts[0][0], parts[-1][0]
    exact = last.qualifier is Qualifier.EXACT
    term = Term(
        value=months,
        duration=iso_duration(pieces),
        qualifier=first.qualifier if exact else last.qualifier,
    )
    amounts = tuple(amount for amount, _ in parts)
    return Length(first.start, last.end, term, RULE_COMPOUND, amounts)


def _range(text: str, interval: Interval, unit: Unit) -> Length:
    factor = _MONTHS.get(unit.code)
    months = None if factor is None else factor * unit.factor
    end = interval.end
    if text.startswith("間", end) and not text.startswith("間隔", end):
        end += 1
    term = Term(
        low=None if months is None else interval.low * months,
        high=None if months is None else interval.high * months,
        qualifier=Qualifier.RANGE,
    )
    parts = (interval.first,) if interval.last is None else (interval.first, interval.last)
    return Length(interval.start, end, term, RULE_RANGE, parts)


def iso_duration(parts: list[tuple[str, Decimal]]) -> str:
    """ISO 8601 of lengths by designator.

    Halves of years are written as months, weeks beside other units as days.

    Example: [("Y", 3.5)] → P3Y6M; [("W", 1), ("D", 3)] → P10D; [("TM", 10.5)] → PT10.5M.
    """
    amounts: dict[str, Decimal] = {}
    for code, amount in parts:
        amounts[code] = amounts.get(code, Decimal(0)) + amount
    _split_years(amounts)
    if "W" in amounts and len(amounts) > 1:
        amounts["D"] = amounts.get("D", Decimal(0)) + amounts.pop("W") * 7
    out = "P"
    for code in _ORDER:
        if code not in amounts:
            continue
        if code.startswith("T") and "T" not in out:
            out += "T"
        out += f"{_plain(amounts[code])}{code[-1]}"
    return out


def _split_years(amounts: dict[str, Decimal]) -> None:
    """Write the broken part of years as months, where these are whole."""
    years = amounts.get("Y")
    if years is None or years == years.to_integral_value():
        return
    months = years % 1 * 12
    if months != months.to_integral_value():
        return
    whole = years - years % 1
    if whole:
        amounts["Y"] = whole
    else:
        del amounts["Y"]
    amounts["M"] = amounts.get("M", Decimal(0)) + months


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# ------------------------------------------------------------------ periods


def period_at(text: str, first: Point, vocabulary: Vocabulary) -> Length | None:
    """The term that begins with the date `first`: to another date, or for a length from it."""
    to = _TO.match(text, first.end)
    if to is None:
        return None
    last = point_behind(text, to.end(), first)
    if last is None:
        return _since(text, first, to.end(), vocabulary)
    return _period(text, first, last)


def short_period_at(text: str, first: Point) -> Length | None:
    """The period 2026〜28年度, whose first year has no 年 of its own."""
    to = _SHORT_TO.match(text, first.end)
    last = None if to is None else point_behind(text, to.end(), first)
    if last is None:
        return None
    begin = Point(first.start, first.end, first.year, is_fiscal=last.is_fiscal)
    return _period(text, begin, last)


def until_at(text: str, last: Point, published: date | None) -> Length | None:
    """The time from the article's date to the date `last`, where まで stands behind it."""
    match = _UNTIL.match(text, last.end)
    if published is None or match is None:
        return None
    end = last.last_day
    months = (end.year - published.year) * 12 + end.month - published.month
    if months <= 0:
        return None
    term = Term(
        value=Decimal(months),
        duration=iso_duration([("M", Decimal(months))]),
        start=published.isoformat(),
        end=end.isoformat(),
        qualifier=Qualifier.ABOUT,
    )
    return Length(last.start, match.end(), term, RULE_UNTIL)


def _period(text: str, first: Point, last: Point) -> Length | None:
    closing = _CLOSING.match(text, last.end)
    end = closing.end() if closing is not None else last.end
    if _RATE_BEHIND.match(text, end):
        return None
    term = _between(first, last)
    if term is None:
        return None
    stated = _STATED.match(text, end)
    if stated is not None:
        code = "Y" if stated.group(2) else "M"
        number = Decimal(stated.group(1))
        term = Term(
            value=number * _MONTHS[code],
            duration=iso_duration([(code, number)]),
            start=term.start,
            end=term.end,
        )
        end = stated.end()
    return Length(first.start, end, term, RULE_PERIOD)


def _since(text: str, first: Point, at: int, vocabulary: Vocabulary) -> Length | None:
    """2027年から5年間: a length with its start."""
    hedge = _SINCE_HEDGE.match(text, at)
    position = hedge.end() if hedge is not None else at
    if not starts_numeral(text, position):
        return None
    amount = read_amount(text, position, at, vocabulary)
    if isinstance(amount, Unread) or amount.unit is None:
        return None
    if amount.unit.dimension is not Dimension.TIME:
        return None
    take_hedges(text, amount, at)
    length = read_length(text, alone(amount), vocabulary)
    term = length.term
    if term.value is None and term.low is None:
        return None
    dated = Term(
        value=term.value,
        low=term.low,
        high=term.high,
        qualifier=term.qualifier,
        duration=term.duration,
        start=first.iso,
    )
    return Length(first.start, length.end, dated, RULE_SINCE, length.parts)


def _between(first: Point, last: Point) -> Term | None:
    """The term from one date to another, None where the second does not come later.

    Years are counted by their difference (2025年から2031年まで is six years), fiscal years with
    both ends (2025年度から2029年度まで is five), months with both ends where that makes whole years
    (2027年4月から2032年3月まで is five years), days exactly.
    """
    if first.day or last.day:
        return _between_days(first, last)
    months = _months(first, last)
    if months <= 0:
        return None
    length = Decimal(months)
    parts = _calendar_parts(length)
    return Term(value=length, duration=iso_duration(parts), start=first.iso, end=last.iso)


def _months(first: Point, last: Point) -> int:
    if last.is_fiscal:
        begin = first.first_day
        return (last.year + 1 - begin.year) * 12 + FISCAL_START - begin.month
    begin = first.first_day
    months = (last.year - begin.year) * 12 + (last.month or 1) - begin.month
    if first.month and last.month and (months + 1) % 12 == 0:
        return months + 1
    return months


def _between_days(first: Point, last: Point) -> Term | None:
    start, end = first.first_day, last.first_day
    days = (end - start).days
    if days <= 0:
        return None
    following = end + timedelta(days=1)
    if following.day == start.day:  # the last day counts where that makes whole months
        months = Decimal(_months_between(start, following))
        parts = _calendar_parts(months)
        return Term(value=months, duration=iso_duration(parts), start=first.iso, end=last.iso)
    return Term(
        value=Decimal(_months_between(start, end)) if end.day == start.day else None,
        duration=iso_duration([("D", Decimal(days))]),
        start=first.iso,
        end=last.iso,
    )


def _months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _calendar_parts(months: Decimal) -> list[tuple[str, Decimal]]:
    """Months as years where they are whole years."""
    return [("Y", months / 12)] if months % 12 == 0 else [("M", months)]
