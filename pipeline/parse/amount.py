"""Amounts: a numeral with its sign, scale word, unit and bounding words, of any dimension.

    amount = before* [ currency ] [ sign ] numeral [ scale ] [ unit [ 半 | minor ] ] after*

What an amount means is up to the dimension of its unit: money, count, capacity, percent, term.
"""

from dataclasses import dataclass
from decimal import Decimal

from pipeline.gazetteer.vocabulary import Dimension, Unit, Vocabulary
from pipeline.parse.bound import (
    AFTER_START,
    BEFORE_END,
    Hedge,
    hedges_after,
    hedges_before,
    qualifier_of,
)
from pipeline.parse.numeral import KANJI_START, Numeral, Unread, read_numeral, scale_at
from pipeline.values import Qualifier

_NUMERAL_START = frozenset("0123456789" + KANJI_START)
_SCALE_START = frozenset(" KMBTkmbt")
_SIGN_WORDS = ("マイナス", "プラス")
_DEGREES = frozenset({"度", "℃", "°C", "°F", "℉", "dB", "デシベル", "V", "ボルト"})
_HALF = Decimal("0.5")
_NO_HALF = ("期", "導", "額", "分", "減", "ば", "端", "数", "島", "値", "面", "身", "月", "年")


@dataclass(slots=True, kw_only=True)
class Amount:
    """One amount as read.

    Attributes:
        start: first character, bounding words before it included.
        end: behind the last character, bounding words behind it included.
        numeral: the number as written.
        numeral_start: first character of the numeral.
        number_start: first character of the currency or sign before the numeral, or of itself.
        number_end: behind the numeral and its scale word.
        unit_end: behind the unit (and the half or minor unit that follows it).
        low: the number in the unit as written, scale and half applied; the lower bound if vague.
        high: likewise; equal to `low` unless the numeral is vague.
        unit: the unit behind it or the currency before it; None for a bare number.
        has_prefix: whether a currency stands before it.
        before: the bounding words before it, nearest first.
        after: the bounding words behind it, nearest first.
        scale: the scale word's multiplier (bn, M, million); 1 without one.
        has_minor: whether a minor unit follows (5ドル25セント).
        is_half: whether 半 follows the unit (3年半).
    """

    start: int
    end: int
    numeral: Numeral
    numeral_start: int
    number_start: int
    number_end: int
    unit_end: int
    low: Decimal
    high: Decimal
    unit: Unit | None = None
    has_prefix: bool = False
    before: tuple[Hedge, ...] = ()
    after: tuple[Hedge, ...] = ()
    scale: int = 1
    has_minor: bool = False
    is_half: bool = False

    @property
    def qualifier(self) -> Qualifier:
        """What the bounding words say; VAGUE where the numeral itself is vague."""
        return Qualifier.VAGUE if self.low != self.high else qualifier_of(self.before, self.after)


def read_amount(text: str, position: int, floor: int, vocabulary: Vocabulary) -> Amount | Unread:
    """Read the amount whose numeral begins at `position`, without its bounding words.

    Args:
        text: normalised text.
        position: where a digit or a kanji that can begin a numeral stands.
        floor: how far back currency and sign may reach.
        vocabulary: the units.

    Returns:
        The amount, or how far to go on where no numeral is written.

    Raises:
        Nothing.
    """
    numeral = read_numeral(text, position)
    if isinstance(numeral, Unread):
        return numeral
    number_end = position + len(numeral.text)
    number_start = position
    prefix = None
    is_negative = False
    if position > floor:
        prefix, number_start, is_negative = _prefix_and_sign(text, position, floor, vocabulary)
    scale = 1
    unit: Unit | None = None
    unit_end = number_end
    following = text[number_end : number_end + 1]
    if following:
        if following in _SCALE_START and not numeral.is_kanji:
            scale, number_end = _scale(text, number_end, prefix is not None, vocabulary)
        unit, unit_end = _unit(text, number_end, vocabulary)
    if is_negative and not _may_be_negative(text, number_start, unit):
        is_negative, number_start = False, position
    low, high = numeral.low, numeral.high
    if scale != 1:
        low, high = low * scale, high * scale
    if is_negative:
        low, high = -high, -low
    amount = Amount(
        start=number_start,
        end=unit_end,
        numeral=numeral,
        numeral_start=position,
        number_start=number_start,
        number_end=number_end,
        unit_end=unit_end,
        low=low,
        high=high,
        unit=unit,
        scale=scale,
    )
    if prefix is not None:
        _take_prefix(amount, prefix)
    if amount.unit is not None:
        _take_minor_and_half(text, amount, amount.unit, vocabulary)
    return amount


def take_hedges(text: str, amount: Amount, floor: int) -> None:
    """Take the bounding words around `amount` into it, those before it not back over `floor`."""
    start = amount.number_start
    if start > floor and text[start - 1] in BEFORE_END:
        amount.before = hedges_before(text, start, floor)
        if amount.before:
            amount.start = amount.before[-1].start
    if text[amount.unit_end : amount.unit_end + 1] in AFTER_START:
        amount.after = hedges_after(text, amount.unit_end)
        if amount.after:
            amount.end = amount.after[-1].end


def starts_numeral(text: str, position: int) -> bool:
    """Whether a numeral may begin at `position`."""
    return position < len(text) and text[position] in _NUMERAL_START


def _prefix_and_sign(
    text: str, position: int, floor: int, vocabulary: Vocabulary
) -> tuple[Unit | None, int, bool]:
    """The currency before a numeral, where currency and sign begin, and whether it is negative."""
    start, is_negative = _sign(text, position, floor)
    at = start - 1 if start > floor and text[start - 1] == " " else start
    prefix = vocabulary.currency_before(text, at, floor)
    if prefix is None:
        return None, start, is_negative
    start = at - len(prefix.form)
    if not is_negative:
        start, is_negative = _sign(text, start, floor)
    return prefix, start, is_negative


def _sign(text: str, position: int, floor: int) -> tuple[int, bool]:
    """Where the sign right before `position` begins, and whether it makes the number negative."""
    if position <= floor:
        return position, False
    char = text[position - 1]
    if char in "▲△":
        return position - 1, True
    if char == "-":
        before = text[position - 2 : position - 1] if position > 1 else ""
        is_dash = bool(before) and ((before.isascii() and before.isalnum()) or before in ")]」-")
        return (position, False) if is_dash else (position - 1, True)
    if char == "ス":
        for word in _SIGN_WORDS:
            if text.endswith(word, floor, position):
                return position - len(word), word == "マイナス"
    return position, False


def _may_be_negative(text: str, start: int, unit: Unit | None) -> bool:
    """Whether the sign at `start` can be a minus: things and times are not below nought."""
    if text[start] != "-" or unit is None or unit.form in _DEGREES:
        return True
    return unit.dimension in (Dimension.MONEY, Dimension.PERCENT)


def _scale(text: str, position: int, is_money: bool, vocabulary: Vocabulary) -> tuple[int, int]:
    """The scale word at `position` and its end, unless a unit is written there (MW, GB, m, t)."""
    at = position + 1 if text[position] == " " else position
    if not is_money and vocabulary.unit_at(text, at) is not None:
        return 1, position
    return scale_at(text, position, is_money=is_money)


def _unit(text: str, position: int, vocabulary: Vocabulary) -> tuple[Unit | None, int]:
    """The unit at `position`, one blank before it allowed, and where it ends."""
    at = position + 1 if text[position : position + 1] == " " else position
    unit = vocabulary.unit_at(text, at)
    return (None, position) if unit is None else (unit, at + len(unit.form))


def _take_prefix(amount: Amount, prefix: Unit) -> None:
    """Make the currency before the number its unit, unless another stands behind (人民元八千元)."""
    amount.has_prefix = True
    behind = amount.unit
    if behind is None or behind.dimension is not Dimension.MONEY or behind.is_minor:
        amount.unit = prefix
        amount.end = amount.unit_end = amount.number_end


def _take_minor_and_half(text: str, amount: Amount, unit: Unit, vocabulary: Vocabulary) -> None:
    """Add the half (1本半) or the minor unit (5ドル25セント) that follows the unit."""
    end = amount.unit_end
    if unit.dimension is Dimension.MONEY:
        if not unit.is_minor and starts_numeral(text, end):
            _take_minor(text, amount, unit, vocabulary)
        return
    if unit.dimension not in (Dimension.COUNT, Dimension.TIME) or not text.startswith("半", end):
        return
    if not text.startswith(_NO_HALF, end + 1):
        amount.low += _HALF
        amount.high += _HALF
        amount.is_half = True
        amount.end = amount.unit_end = end + 1


def _take_minor(text: str, amount: Amount, unit: Unit, vocabulary: Vocabulary) -> None:
    numeral = read_numeral(text, amount.unit_end)
    if isinstance(numeral, Unread):
        return
    at = amount.unit_end + len(numeral.text)
    minor = vocabulary.unit_at(text, at)
    if minor is None or not minor.is_minor or minor.code != unit.code:
        return
    amount.has_minor = True
    amount.low += numeral.low * minor.factor
    amount.high += numeral.high * minor.factor
    amount.end = amount.unit_end = at + len(minor.form)
