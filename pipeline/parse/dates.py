"""Dates of the calendar, which are no lengths of time: 2025年, 26年3月, 令和7年度, 10日.

Only years need care: 5年 is a length, 2025年 a date, and 26年 either. A year of two digits is a date
where what follows says so (26年3月期, 26年度, 26年末), or where it lies near the article's own year and
no word makes it a length (契約期間は20年, 10年に一度, 30年の実績). What stands in other sentences has no
say, so that a sentence reads the same wherever it stands.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from pipeline.parse.amount import Amount

ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}  # the year before the first
_EARLIEST, _LATEST = 1600, 2200
_CENTURY = 2000
_NEAR = 8  # years from the article's
FISCAL_START = 4  # the month in which a Japanese fiscal year begins

_YEAR = re.compile(r"(?P<era>令和|平成|昭和)?(?P<year>[0-9]{1,4}|元)\ ?年(?P<fiscal>度)?")
_BARE_YEAR = re.compile(r"[0-9]{4}(?![0-9,.]|\ ?[万億兆%])")
_REST = re.compile(
    r"\ ?(?P<month>1[0-2]|0?[1-9])\ ?月(?:\ ?(?P<day>3[01]|[12][0-9]|0?[1-9])\ ?日)?"
)
_DATE_BEHIND = re.compile(
    r"度|\ ?(?:1[0-2]|0?[1-9])\ ?月(?!間)|末|初|春|夏|秋|冬|頃|ごろ|半ば|前半|後半|上期|下期|上半期|下半期|通期|第[1-4一二三四]"
    r"|比|時点|現在|当時|中に|内に|以降|から|まで|[〜\-—][0-9]{2}年"
)
_MAYBE_BEHIND = re.compile(r"(?:に|は|の|も|と|、|。|\)|」|\n|$)(?!(?:一|1)度)")
_LENGTH_BEHIND = re.compile(
    r"の(?:長|歴史|実績|経験|契約|期間|キャリア|節目|寿命|計画|償却|保証|ローン|社債|刑|懲役|伝統|間|月日|歳月|付き合い|固定|有効|耐用|独占)"
)
_LENGTH_BEFORE = re.compile(
    r"(?:期間|契約|保証|償却|寿命|耐用|満期|年限|今後|向こう|過去|創業|設立|勤続|在籍|およそ|わずか|たった|この|ここ|実に|丸|まる|足かけ)"
    r"[^0-9。、]{0,4}$"
)
# Where the article has no date, only these are taken for a year: 26年に, 26年3月期, 27年から5年間.
_LIKELY_BEHIND = re.compile(
    r"に(?!一|1|及|わた|渡|相当|達|延)|度|\ ?(?:1[0-2]|0?[1-9])\ ?月(?!間)|末|初|春|夏|秋|冬|第[1-4一二三四]|比|時点"
)
_SINCE = re.compile(r"から(?:約|今後|向こう)?([0-9]{1,2})(?:年|[かカヶヵケ箇]月)間")
_LIKELY_FROM, _LIKELY_TO = 20, 39
_REACH = 10  # characters before a year in which a word may make it a length


@dataclass(frozen=True, slots=True)
class Point:
    """A date, as exact as it is written.

    Attributes:
        start: where it begins in the text.
        end: where it ends.
        year: of the common era.
        month: 0 where not written.
        day: 0 where not written.
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
        """2027, 2027-04 or 2027-04-01; a fiscal year by its first month."""
        if self.is_fiscal:
            return f"{self.year:04d}-{FISCAL_START:02d}"
        parts = [f"{self.year:04d}", *(f"{part:02d}" for part in (self.month, self.day) if part)]
        return "-".join(parts)

    @property
    def first_day(self) -> date:
        """The first day of the year, month or day."""
        if self.is_fiscal:
            return date(self.year, FISCAL_START, 1)
        month = self.month or 1
        return date(self.year, month, min(self.day or 1, calendar.monthrange(self.year, month)[1]))

    @property
    def last_day(self) -> date:
        """The last day of the year, month or day."""
        if self.is_fiscal:
            return date(self.year + 1, FISCAL_START - 1, 31)
        month = self.month or 12
        last = calendar.monthrange(self.year, month)[1]
        return date(self.year, month, min(self.day or last, last))


def point_at(text: str, amount: Amount, near: int | None) -> Point | None:
    """The date that begins with the year `amount` (a number with 年), None where it is a length.

    Args:
        text: normalised text.
        amount: a number whose unit is 年.
        near: the year of the article, or None.
    """
    year = _calendar_year(text, amount, near)
    if year is None:
        return None
    start = amount.number_start
    if text.endswith(tuple(ERAS), 0, start):
        start -= 2
    return _completed(text, start, amount.unit_end, year)


def bare_year_at(text: str, amount: Amount) -> Point | None:
    """The year that a bare number of four digits writes (the 2026 of 2026〜28年)."""
    if not _BARE_YEAR.fullmatch(amount.numeral.text) or not _EARLIEST <= amount.low < _LATEST:
        return None
    return Point(amount.number_start, amount.number_end, int(amount.low))


def point_behind(text: str, at: int, first: Point) -> Point | None:
    """The date at `at`, which goes on from `first`: 2031年, 28年, 令和9年度, 12月.

    A year of two digits is of the century of `first`, and later than it.
    """
    match = _YEAR.match(text, at)
    if match is None:
        rest = _REST.match(text, at)
        if rest is None or not first.month:
            return None
        month, day = int(rest.group("month")), int(rest.group("day") or 0)
        return Point(at, rest.end(), first.year, month, day)
    if text.startswith(("間", "以", "超", "程", "弱", "余", "ほど", "半"), match.end()):
        return None
    year = 1 if match.group("year") == "元" else int(match.group("year"))
    if match.group("era"):
        year += ERAS[match.group("era")]
    elif len(match.group("year")) == 2:
        year += first.year // 100 * 100
        if year <= first.year:
            return None
    elif not _EARLIEST <= year < _LATEST:
        return None
    end = match.end() - (1 if match.group("fiscal") else 0)
    return _completed(text, at, end, year)


def _completed(text: str, start: int, end: int, year: int) -> Point:
    """The date whose year ends at `end`, with 度, or month and day, where these follow."""
    if text.startswith("度", end):
        return Point(start, end + 1, year, is_fiscal=True)
    rest = _REST.match(text, end)
    if rest is None:
        return Point(start, end, year)
    return Point(start, rest.end(), year, int(rest.group("month")), int(rest.group("day") or 0))


def _calendar_year(text: str, amount: Amount, near: int | None) -> int | None:
    number = amount.low
    if amount.is_half or number != amount.high or number != number.to_integral_value():
        return None
    value = int(number)
    start, end = amount.number_start, amount.unit_end
    era = ERAS.get(text[max(0, start - 2) : start])
    if era is not None:
        return era + value
    if text.startswith("間", end):
        return None
    written = amount.numeral.text
    if _EARLIEST <= value < _LATEST:
        return None if "," in written or "万" in written else value
    if len(written) == 2 and written.isascii() and _is_short_year(text, amount, value, near):
        return _CENTURY + value
    return None


def _is_short_year(text: str, amount: Amount, value: int, near: int | None) -> bool:
    start, end = amount.number_start, amount.unit_end
    window = text[max(0, start - _REACH) : start]
    if text[start - 1 : start] in ("'", "’", "`"):
        return True
    if amount.before or amount.after or _LENGTH_BEFORE.search(window):
        return False
    if near is None:
        return _LIKELY_FROM <= value <= _LIKELY_TO and _is_likely(text, end, value)
    is_near = abs(_CENTURY + value - near) <= _NEAR
    if _DATE_BEHIND.match(text, end):
        return is_near or not text.startswith(("から", "まで", "以降"), end)
    if not is_near or _LENGTH_BEHIND.match(text, end):
        return False
    return _MAYBE_BEHIND.match(text, end) is not None


def _is_likely(text: str, end: int, value: int) -> bool:
    """Whether what follows makes two digits a year, although nothing tells the century's part."""
    since = _SINCE.match(text, end)
    if since is not None:
        return int(since.group(1)) < value
    return _LIKELY_BEHIND.match(text, end) is not None


_DAY_BEHIND = re.compile(
    r"(?:に(?!(?:約|およそ)?(?:[0-9一二三数]|わた))|、|。|の(?!間|猶予|期間|休)|は|も|付|夜|朝|昼|午前|午後|未明|夕|深夜|早朝|から|まで|と|が|より|時点|現在|以降|発売|発表|開催|締|払い|\(|\n|$)"
)
_DAY_BEFORE = re.compile(r"(?:月|同|今月|来月|先月|翌)\ ?$")
_LAST_DAY = 31


def is_day(text: str, amount: Amount) -> bool:
    """Whether a number with 日 is a day of a month (10日に発表), not a number of days."""
    number = amount.low
    start = amount.number_start
    if text[start - 1 : start] and _DAY_BEFORE.search(text[max(0, start - 3) : start]):
        return not text.startswith("間", amount.unit_end)
    if number > _LAST_DAY or number != amount.high or amount.before or amount.after:
        return False
    if amount.is_half or amount.numeral.is_kanji or number != number.to_integral_value():
        return False
    return _DAY_BEHIND.match(text, amount.unit_end) is not None


_CENTURY_LENGTH = re.compile(r"(?:間|にわた|近く|以上|余り|もの間|ぶり)")
_FEWEST_ORDINAL = 10  # 21世紀 names a century, 2世紀にわたり counts some


def is_century(text: str, amount: Amount) -> bool:
    """Whether a number with 世紀 names a century (21世紀), not a number of them (2世紀にわたり)."""
    if amount.low >= _FEWEST_ORDINAL:
        return True
    return not amount.after and _CENTURY_LENGTH.match(text, amount.unit_end) is None
