"""Terms: lengths of time and periods between dates.

    length   = amount+ [ 間 ] [ 半 ] after*              5年間 · 1年2カ月 · 3年半 · 数年 · 半年 · 36週間
    since    = date (から|より) length                    2027年から5年間
    period   = date (から|〜) date [ まで | の間 ]         2025年から2031年まで · 2026〜28年度
    until    = date まで                                  2030年度まで, counted from the article's date

A year, month or day of the calendar (2025年, 4月, 10日) is no length.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipeline.gazetteer.vocabulary import Dimension, Unit, Vocabulary
from pipeline.parse.amount import Amount, read_amount, starts_numeral, take_hedges
from pipeline.parse.interval import Interval
from pipeline.parse.numeral import Unread
from pipeline.values import Qualifier, Term

RULE = "term"
RULE_RANGE = "term.range"
RULE_COMPOUND = "term.compound"
RULE_HALF = "term.half"
RULE_SINCE = "term.since"
RULE_PERIOD = "term.period"
RULE_UNTIL = "term.until"

_MONTHS = {"Y": Decimal(12), "M": Decimal(1)}
_ORDER = ("Y", "M", "W", "D", "TH", "TM", "TS")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}  # the year before the first
_HALVES = {
    "半年": ("P6M", Decimal(6)),
    "半月": ("P0.5M", Decimal("0.5")),
    "半日": ("P0.5D", None),
    "半世紀": ("P50Y", Decimal(600)),
}
_HALF = re.compile(r"半(?:年|月|日|世紀)(?!度|島|期)")
_EARLIEST, _LATEST = 1600, 2200
_FISCAL_START = 4  # the month in which a Japanese fiscal year begins


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: `start` to `end` of the text, its months (None: no whole months), its ISO form."""

    start: int
    end: int
    term: Term
    rule: str
    parts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A date of the calendar, as exact as it is written.

    Attributes:
        start: where it begins in the text.
        end: where it ends.
        year, month, day: month and day are 0 where not written.
        is_fiscal: 2025年度, from April to March.
    """

    start: int
    end: int
    year: int
    month: int = 0
    day: int = 0
    is_fiscal: bool = False

    @property
    def iso(self) -> str:
        """2027, 2027-04 or 2027-04-01."""
        parts = [f"{self.year:04d}", *(f"{part:02d}" for part in (self.month, self.day) if part)]
        return "-".join(parts)


def half_at(text: str, position: int) -> Length | None:
    """The length written as 半年, 半月, 半日 or 半世紀 at `position`."""
    if position and text[position - 1] in "0123456789一二三四五六七八九十間月年上下前後大過夜":
        return None
    match = _HALF.match(text, position)
    if match is None:
        return None
    duration, months = _HALVES[match.group()]
    end = match.end() + (1 if text.startswith("間", match.end()) else 0)
    return Length(position, end, Term(value=months, duration=duration), RULE_HALF, ())


def read_length(text: str, amount: Amount, interval: Interval, vocabulary: Vocabulary) -> Length:
    """The length of time that begins with `amount`, whose unit is one of time.

    Args:
        text: normalised text.
        amount: as read.
        interval: the range that begins with `amount`, or it alone.
        vocabulary: the units.

    Returns:
        The length with all its parts (1年2カ月, 1時間30分).
    """
    if interval.last is not None:
        return _range(text, interval)
    parts = [amount]
    end = _close(text, amount)
    while not amount.after and not amount.is_half:
        following = _next_part(text, end, parts[-1], vocabulary, closed=end > parts[-1].unit_end)
        if following is None:
            break
        parts.append(following)
        end = _close(text, following)
        amount = following
    if len(parts) == 1:
        return _single(parts[0], max(end, parts[0].end))
    return _compound(parts, max(end, parts[-1].end))


def _close(text: str, amount: Amount) -> int:
    """Take 間 (and the 半 behind it) into `amount`; where the length then ends."""
    end = amount.unit_end
    if text.startswith("間", end) and not text.startswith(("間隔", "間近", "間際", "間違"), end):
        end += 1
        if text.startswith("半", end) and not amount.is_half:
            end += 1
            amount.is_half = True
            amount.low += Decimal("0.5")
            amount.high += Decimal("0.5")
        amount.unit_end = end
        amount.end = end
        amount.after = ()
        take_hedges(text, amount, amount.start)
    return amount.end


def _next_part(
    text: str, end: int, last: Amount, vocabulary: Vocabulary, *, closed: bool
) -> Amount | None:
    """The next smaller unit: 2カ月 behind 1年, 30分 behind 1時間."""
    at = end
    if text.startswith("と", at) and not closed:
        at += 1
    elif text.startswith(" ", at):
        at += 1
    if not starts_numeral(text, at) or last.unit is None:
        return None
    amount = read_amount(text, at, at, vocabulary)
    if isinstance(amount, Unread) or amount.unit is None:
        return None
    if amount.unit.dimension is not Dimension.TIME or not _falls(last.unit, amount.unit):
        return None
    take_hedges(text, amount, at)
    return amount


def _falls(greater: Unit, smaller: Unit) -> bool:
    order = _ORDER.index
    return order(greater.code) < order(smaller.code)


def _single(amount: Amount, end: int) -> Length:
    unit = amount.unit
    code = unit.code if unit is not None else "Y"
    times = unit.factor if unit is not None else Decimal(1)
    months = _MONTHS.get(code)
    low, high = amount.low * times, amount.high * times
    if low != high:
        term = Term(
            low=None if months is None else low * months,
            high=None if months is None else high * months,
            qualifier=Qualifier.VAGUE,
        )
    else:
        term = Term(
            value=None if months is None else low * months,
            duration=iso_duration([(code, low)]),
            qualifier=amount.qualifier,
        )
    return Length(amount.start, end, term, RULE, (amount,))


def _compound(parts: list[Amount], end: int) -> Length:
    pieces: list[tuple[str, Decimal]] = []
    months: Decimal | None = Decimal(0)
    for part in parts:
        code = part.unit.code if part.unit is not None else "Y"
        pieces.append((code, part.low))
        factor = _MONTHS.get(code)
        months = None if months is None or factor is None else months + part.low * factor
    first, last = parts[0], parts[-1]
    qualifier = last.qualifier if last.qualifier is not Qualifier.EXACT else first.qualifier
    term = Term(value=months, duration=iso_duration(pieces), qualifier=qualifier)
    return Length(first.start, end, term, RULE_COMPOUND, tuple(parts))


def _range(text: str, interval: Interval) -> Length:
    unit = interval.unit
    months = _MONTHS.get(unit.code) if unit is not None else None
    end = interval.end
    if text.startswith("間", end) and not text.startswith("間隔", end):
        end += 1
    times = unit.factor if unit is not None else Decimal(1)
    term = Term(
        low=None if months is None else interval.low * months * times,
        high=None if months is None else interval.high * months * times,
        qualifier=Qualifier.RANGE,
    )
    parts = (interval.first,) if interval.last is None else (interval.first, interval.last)
    return Length(interval.start, end, term, RULE_RANGE, parts)


def iso_duration(parts: list[tuple[str, Decimal]]) -> str:
    """ISO 8601 of lengths by designator, years and weeks split where that keeps whole numbers.

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


# ------------------------------------------------------------------------------- dates

_YEAR = re.compile(r"(?P<era>令和|平成|昭和)?(?P<year>[0-9]{1,4}|元)(?:年(?P<fiscal>度)?)?")
_REST = re.compile(r"\ ?(?P<month>1[0-2]|0?[1-9])月(?:\ ?(?P<day>3[01]|[12][0-9]|0?[1-9])日)?")
_TO = re.compile(r"(?:から|より|以降、?|〜|-|ー|~)\ ?")
_CLOSING = re.compile(
    r"(?:末)?(?:まで|にかけて|にわたって|にわたり|にわたる)?(?:の(?:[0-9]{1,2}年)?間)?"
)
_RATE_BEHIND = re.compile(r"の?(?:間)?(?:に|、)?(?:毎年|毎月|年平均|年率|年間|各年)")


def point_at(text: str, amount: Amount, vocabulary: Vocabulary) -> Point | None:
    """The date that begins with the year `amount`; None where it is no year of the calendar."""
    year = calendar_year(text, amount)
    if year is None:
        return None
    start = amount.number_start
    if text.startswith(tuple(_ERAS), max(0, start - 2)) and start >= 2:
        start -= 2
    end = amount.unit_end
    del vocabulary
    if text.startswith("度", end):
        return Point(start, end + 1, year, is_fiscal=True)
    rest = _REST.match(text, end)
    if rest is None:
        return Point(start, end, year)
    return Point(start, rest.end(), year, int(rest.group("month")), int(rest.group("day") or 0))


def calendar_year(text: str, amount: Amount) -> int | None:
    """The year of the calendar that `amount` (with the unit 年) writes, None for a length."""
    number = amount.low
    if amount.is_half or number != amount.high or number != number.to_integral_value():
        return None
    value = int(number)
    start = amount.number_start
    era = _ERAS.get(text[start - 2 : start]) if start >= 2 else None
    if era is not None:
        return era + value
    written = amount.numeral.text
    if _EARLIEST <= value < _LATEST and "," not in written and "万" not in written:
        return value if not text.startswith("間", amount.unit_end) else None
    return None


def period_at(text: str, point: Point, vocabulary: Vocabulary) -> Length | None:
    """The length of the period that begins with the date `point`."""
    to = _TO.match(text, point.end)
    if to is None:
        return None
    last = _second_point(text, to.end(), point, vocabulary)
    if last is None:
        return _since(text, point, to.end(), vocabulary)
    closing = _CLOSING.match(text, last.end)
    end = closing.end() if closing is not None else last.end
    if _RATE_BEHIND.match(text, end):
        return None
    term = _between(point, last)
    return None if term is None else Length(point.start, end, term, RULE_PERIOD, ())


def short_period_at(
    text: str, position: int, number: Decimal, end: int, vocabulary: Vocabulary
) -> Length | None:
    """The period 2026〜28年度, whose first year has no 年; `number` ends at `end`."""
    if number != number.to_integral_value() or not _EARLIEST <= number < _LATEST:
        return None
    first = Point(position, end, int(number))
    to = re.compile(r"[〜\-ー~]").match(text, end)
    if to is None:
        return None
    last = _second_point(text, to.end(), first, vocabulary)
    if last is None or text[last.end - 1] not in "年度月日":
        return None
    if last.is_fiscal:
        first = Point(position, end, first.year, is_fiscal=True)
    term = _between(first, last)
    closing = _CLOSING.match(text, last.end)
    stop = closing.end() if closing is not None else last.end
    if term is None or _RATE_BEHIND.match(text, stop):
        return None
    return Length(position, stop, term, RULE_PERIOD, ())


def until_at(text: str, point: Point, published: date | None) -> Length | None:
    """The time from the article's date to the date `point`, where まで stands behind it."""
    if published is None:
        return None
    match = re.compile(r"末?まで(?!に[はもの]?)").match(text, point.end)
    if match is None:
        return None
    last = _last_day(point)
    months = (last.year - published.year) * 12 + last.month - published.month
    if months <= 0:
        return None
    term = Term(
        value=Decimal(months),
        duration=iso_duration([("M", Decimal(months))]),
        start=published.isoformat(),
        end=last.isoformat() if point.is_fiscal else point.iso,
        qualifier=Qualifier.ABOUT,
    )
    return Length(point.start, match.end(), term, RULE_UNTIL, ())


def _second_point(text: str, at: int, first: Point, vocabulary: Vocabulary) -> Point | None:
    del vocabulary
    match = _YEAR.match(text, at)
    if match is None or not match.group().endswith(("年", "度")):
        rest = _REST.match(text, at)
        if rest is None or not first.month:
            return None
        return Point(
            at, rest.end(), first.year, int(rest.group("month")), int(rest.group("day") or 0)
        )
    year = 1 if match.group("year") == "元" else int(match.group("year"))
    if match.group("era"):
        year += _ERAS[match.group("era")]
    elif year < 100:
        if text.startswith(("間", "以", "超", "程", "弱", "余", "ほど", "半"), match.end()):
            return None
        short = year
        year += first.year // 100 * 100
        if not first.year < year <= first.year + 50 or len(match.group("year")) != 2 or short < 1:
            return None
    elif not _EARLIEST <= year < _LATEST:
        return None
    if match.group("fiscal"):
        return Point(at, match.end(), year, is_fiscal=True)
    rest = _REST.match(text, match.end())
    if rest is None:
        return Point(at, match.end(), year)
    return Point(at, rest.end(), year, int(rest.group("month")), int(rest.group("day") or 0))


def _since(text: str, point: Point, at: int, vocabulary: Vocabulary) -> Length | None:
    """2027年から5年間: a length with its start."""
    hedge = re.compile(r"(?:約|今後|向こう|最長|最大|少なくとも|、|\ ){1,2}").match(text, at)
    position = hedge.end() if hedge is not None else at
    if not starts_numeral(text, position):
        return None
    amount = read_amount(text, position, at, vocabulary)
    if isinstance(amount, Unread) or amount.dimension is not Dimension.TIME:
        return None
    take_hedges(text, amount, at)
    alone = Interval(
        first=amount,
        last=None,
        low=amount.low,
        high=amount.high,
        start=amount.start,
        end=amount.end,
        unit=amount.unit,
    )
    length = read_length(text, amount, alone, vocabulary)
    term = length.term
    if term.value is None and term.low is None:
        return None
    dated = Term(
        value=term.value,
        low=term.low,
        high=term.high,
        qualifier=term.qualifier,
        duration=term.duration,
        start=point.iso,
    )
    return Length(point.start, length.end, dated, RULE_SINCE, length.parts)


def _between(first: Point, last: Point) -> Term | None:
    """The term from one date to another, None where the second does not come later.

    Years are counted by their difference (2025年から2031年まで is six years), fiscal years with
    both ends (2025年度から2029年度まで is five), days exactly.
    """
    if first.day or last.day:
        return _between_days(first, last)
    if first.is_fiscal or last.is_fiscal:
        start = _first_day(first)
        months = (last.year + 1 - start.year) * 12 + _FISCAL_START - start.month
        if not last.is_fiscal:
            months = (last.year - start.year) * 12 + (last.month or 1) - start.month
    else:
        months = (last.year - first.year) * 12 + (last.month or 1) - (first.month or 1)
    if months <= 0:
        return None
    length = Decimal(months)
    parts = [("Y", length / 12)] if months % 12 == 0 else [("M", length)]
    return Term(value=length, duration=iso_duration(parts), start=first.iso, end=last.iso)


def _between_days(first: Point, last: Point) -> Term | None:
    start, end = _first_day(first), _first_day(last) if not last.day else _exact_day(last)
    days = (end - start).days
    if days <= 0:
        return None
    following = end + timedelta(days=1)
    months = None
    if following.day == start.day:
        whole = (following.year - start.year) * 12 + following.month - start.month
        months = Decimal(whole)
    elif end.day == start.day:
        months = Decimal((end.year - start.year) * 12 + end.month - start.month)
    parts = [("D", Decimal(days))] if months is None else [("M", months)]
    return Term(value=months, duration=iso_duration(parts), start=first.iso, end=last.iso)


def _exact_day(point: Point) -> date:
    month = point.month or 1
    day = min(point.day or 1, calendar.monthrange(point.year, month)[1])
    return date(point.year, month, day)


def _first_day(point: Point) -> date:
    if point.is_fiscal:
        return date(point.year, _FISCAL_START, 1)
    return _exact_day(point)


def _last_day(point: Point) -> date:
    if point.is_fiscal:
        return date(point.year + 1, 3, 31)
    month = point.month or 12
    return date(point.year, month, point.day or calendar.monthrange(point.year, month)[1])
