"""Ranges: two amounts that bound one quantity, with a shared unit and multiplier.

    300〜400億円 · 5億ドルから10億ドル · $500〜700 million · 40以上50未満 · 最大百、最小二十 · 20と30の間
    2、3社 · 1万円〜 · 20±5個

Two amounts of a change (100億円から200億円に増えた) are no range.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline.gazetteer.vocabulary import Dimension, Unit, Vocabulary
from pipeline.parse.amount import Amount, read_amount, starts_numeral, take_hedges
from pipeline.parse.bound import (
    JOIN_START,
    Hedge,
    between_at,
    between_end,
    is_open_end,
    join_at,
    shared_scale,
)
from pipeline.parse.numeral import Unread
from pipeline.values import Qualifier

_ONE = Decimal(1)
_LEAST, _MOST = Qualifier.AT_LEAST, Qualifier.AT_MOST
_HEDGES_INSIDE = re.compile(
    r"(?:最大で|最大|約|およそ|少なくとも|最低でも|最低|最小値|最小|多くて|\ ){1,3}"
)
_GROWTH = r"(?:拡大|増|引き上げ|引き下げ|伸|成長|上昇|縮小|減|下が|上が|膨|積み|高め|上方|下方)"
_CHANGE = re.compile(
    rf"(?:程度|前後)?(?:へ|まで(?:に)?{_GROWTH}"
    r"|に(?!な[るり]|上る|のぼる|達|及|わた|渡|相当|設定|おさま|収|かけて))"
)
_NO_RANGE = frozenset({"倍", "時", "番", "号"})  # 2倍から3倍 says two things; 9時から18時 is a time


@dataclass(slots=True, kw_only=True)
class Interval:
    """One amount, or the two ends of a range, in the unit as written.

    Attributes:
        first: the amount read first.
        last: the amount at the other end; None where there is no range.
        low: the lower bound.
        high: the upper bound; equal to `low` for a single number that is not vague.
        start: first character of all that was taken.
        end: behind the last character.
        unit: the unit of both; None for bare numbers.
    """

    first: Amount
    last: Amount | None
    low: Decimal
    high: Decimal
    start: int
    end: int
    unit: Unit | None

    @property
    def qualifier(self) -> Qualifier:
        """RANGE for two ends, else what the amount says."""
        return self.first.qualifier if self.last is None else Qualifier.RANGE

    def bounds(
        self, factor: Decimal = _ONE
    ) -> tuple[Decimal | None, Decimal | None, Decimal | None, Qualifier]:
        """Value, low, high and qualifier of a `Quantity`, in base units of `factor`."""
        low = self.low if factor == 1 else self.low * factor
        if self.last is None and self.low == self.high:
            return low, None, None, self.first.qualifier
        high = self.high if factor == 1 else self.high * factor
        return None, low, high, self.qualifier


def alone(amount: Amount) -> Interval:
    """`amount` as an interval of its own."""
    return Interval(
        first=amount,
        last=None,
        low=amount.low,
        high=amount.high,
        start=amount.start,
        end=amount.end,
        unit=amount.unit,
    )


def read_interval(text: str, amount: Amount, vocabulary: Vocabulary) -> Interval:
    """The range that begins with `amount`, or `amount` alone where none does.

    Args:
        text: normalised text.
        amount: the first amount, its bounding words taken.
        vocabulary: the units.

    Returns:
        The interval. Its ends are in order: a pair that falls is no range.
    """
    end = amount.end
    following = text[end : end + 1]
    if following and (following in JOIN_START or starts_numeral(text, end)):
        interval = _joined(text, amount, vocabulary)
        if interval is not None:
            return interval
        if following == "〜" and not amount.after and is_open_end(text, end):
            amount.after = (Hedge(_LEAST, end, end + 1),)
            amount.end = end + 1
    return alone(amount)


def _joined(text: str, amount: Amount, vocabulary: Vocabulary) -> Interval | None:
    between = between_at(text, amount.end)
    if between is not None:
        return _between(text, amount, between, vocabulary)
    join = join_at(text, amount.end)
    if join is None:
        return _opposite(text, amount, amount.end, vocabulary)
    kind, at = join
    if kind == "comma":
        return _several(text, amount, at, vocabulary) or _opposite(text, amount, at, vocabulary)
    last = _other_end(text, at, vocabulary)
    if last is None or (amount.after and (amount.qualifier, last.qualifier) != (_LEAST, _MOST)):
        return None
    if kind == "deviation":
        return _deviation(amount, last)
    if kind == "words" and _CHANGE.match(text, last.end):
        return None
    return _range(amount, last)


def _between(text: str, amount: Amount, at: int, vocabulary: Vocabulary) -> Interval | None:
    """20と30の間."""
    last = _other_end(text, at, vocabulary)
    end = None if last is None else between_end(text, last.end)
    if last is None or end is None:
        return None
    found = _range(amount, last)
    return None if found is None else replace(found, end=end)


def _opposite(text: str, amount: Amount, at: int, vocabulary: Vocabulary) -> Interval | None:
    """40以上50未満 and 最大百、最小二十: two opposite bounds side by side."""
    if amount.qualifier not in (_LEAST, _MOST):
        return None
    last = _other_end(text, at, vocabulary)
    if last is None or {amount.qualifier, last.qualifier} != {_LEAST, _MOST}:
        return None
    if bool(amount.after) != bool(last.after):
        return None
    return _range(amount, last) if amount.qualifier is _LEAST else _range(last, amount)


def _several(text: str, amount: Amount, at: int, vocabulary: Vocabulary) -> Interval | None:
    """2、3社 and 五、六十人: neighbouring digits say two or three, five or six tens."""
    if text[amount.end] not in "、,・" or amount.unit is not None or len(amount.numeral.text) != 1:
        return None
    last = _other_end(text, at, vocabulary)
    if last is None or last.unit is None or last.unit.dimension is Dimension.LABEL:
        return None
    found = _range(amount, last)
    if found is None or (found.high - found.low) * (amount.high + 1) != found.high:
        return None
    return found


def _deviation(amount: Amount, by: Amount) -> Interval | None:
    """20±5個: from 15 to 25."""
    unit = _common_unit(amount, by)
    if by.low <= 0 or by.low != by.high or (unit is None and (amount.unit or by.unit)):
        return None
    return Interval(
        first=amount,
        last=by,
        low=amount.low - by.low,
        high=amount.high + by.low,
        start=amount.start,
        end=by.end,
        unit=unit,
    )


def _other_end(text: str, at: int, vocabulary: Vocabulary) -> Amount | None:
    """The amount at `at`, with what stands before its numeral."""
    floor = at
    inside = _HEDGES_INSIDE.match(text, at)
    if inside is not None:
        at = inside.end()
    position = at if starts_numeral(text, at) else _behind_prefix(text, at, vocabulary)
    if position is None:
        return None
    last = read_amount(text, position, floor, vocabulary)
    if isinstance(last, Unread):
        return None
    take_hedges(text, last, floor)
    return last


_LONGEST_PREFIX = 6  # characters: マイナス and a blank, US$ and a blank


def _behind_prefix(text: str, at: int, vocabulary: Vocabulary) -> int | None:
    """Where the numeral behind a currency or a minus sign at `at` begins."""
    for position in range(at + 1, min(at + _LONGEST_PREFIX, len(text))):
        if not starts_numeral(text, position):
            continue
        end = position - (text[position - 1] == " ")
        if text[at:end] in ("-", "マイナス"):
            return position
        prefix = vocabulary.currency_before(text, end, at)
        return position if prefix is not None and end - len(prefix.form) == at else None
    return None


def _range(low: Amount, high: Amount) -> Interval | None:
    """The two as a range, None where they cannot be one."""
    first, last = (low, high) if low.number_start <= high.number_start else (high, low)
    unit = _common_unit(first, last)
    if unit is None and (low.unit is not None or high.unit is not None):
        return None
    if unit is not None and unit.form in _NO_RANGE:
        return None
    low_value = low.low
    if low is first:
        low_value *= shared_scale(low.numeral, high.numeral)
        if low.scale == 1 and high.scale != 1 and low_value * high.scale < high.high:
            low_value *= high.scale
    if low_value >= high.high:
        return None
    return Interval(
        first=first,
        last=last,
        low=low_value,
        high=high.high,
        start=first.start,
        end=last.end,
        unit=unit,
    )


def _common_unit(first: Amount, last: Amount) -> Unit | None:
    """The unit that both have, or that one lends to the other."""
    if first.unit is None:
        return last.unit
    if last.unit is None:
        return first.unit if first.has_prefix else None
    one, other = first.unit, last.unit
    same = (one.dimension, one.code, one.factor) == (other.dimension, other.code, other.factor)
    return last.unit if same else None
