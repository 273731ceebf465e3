"""Amounts: a numeral with its sign, scale word, unit and bounding words, of any dimension.

    amount = before* [ currency ] [ sign ] numeral [ scale ] [ unit [ 半 | minor ] ] after*

What an amount means is up to the dimension of its unit: money, count, capacity, percent, term.
"""

from dataclasses import dataclass, field
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
_HALF = Decimal("0.5")


@dataclass(slots=True, kw_only=True)
class Amount:
    """One amount as read.

    Attributes:
        start: first character, bounding words before it included.
        end: behind the last character, bounding words behind it included.
        numeral: the number as written.
        number_start: first character of the numeral itself (its sign included).
        number_end: behind the numeral and its scale word.
        unit_end: behind the unit (and the half or minor unit that follows it).
        low, high: the number in the unit as written, scale and half applied; equal unless vague.
        unit: the unit behind it or the currency before it; None for a bare number.
        before, after: the bounding words.
    """

    start: int
    end: int
    numeral: Numeral
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
    is_negative: bool = False
    is_half: bool = False
    minor: tuple[int, int] | None = None
    parts: list["Amount"] = field(default_factory=list)

    @property
    def dimension(self) -> Dimension | None:
        """What the unit measures; None for a bare number."""
        return None if self.unit is None else self.unit.dimension

    @property
    def qualifier(self) -> Qualifier:
        """What the bounding words say; VAGUE where the numeral itself is vague."""
        return Qualifier.VAGUE if self.low != self.high else qualifier_of(self.before, self.after)


def read_amount(text: str, position: int, floor: int, vocabulary: Vocabulary) -> Amount | Unread:
    """Read the amount whose numeral begins at `position`.

    Args:
        text: normalised text.
        position: where a digit or a kanji that can begin a numeral stands.
        floor: how far back currency, sign and bounding words may reach.
        vocabulary: the units.

    Returns:
        The amount, or how far to go on where no numeral is written.

    Raises:
        Nothing.
    """
    numeral = read_numeral(text, position)
    if isinstance(numeral, Unread):
        return numeral
    number_start = position
    prefix, prefix_start, is_negative = _prefix_and_sign(text, position, floor, vocabulary)
    if is_negative or prefix is not None:
        number_start = prefix_start
    number_end = position + len(numeral.text)
    scale = 1
    following = text[number_end : number_end + 1]
    unit = None
    if following:
        if following in _SCALE_START and not numeral.is_kanji:
            scale, number_end = _scale(text, number_end, prefix is not None, vocabulary)
        unit, unit_end = _unit(text, number_end, vocabulary)
    else:
        unit_end = number_end
    low, high = numeral.low, numeral.high
    if scale != 1:
        low, high = low * scale, high * scale
    if is_negative:
        low, high = -high, -low
    amount = Amount(
        start=number_start,
        end=unit_end,
        numeral=numeral,
        number_start=number_start,
        number_end=number_end,
        unit_end=unit_end,
        low=low,
        high=high,
        unit=unit,
        scale=scale,
        is_negative=is_negative,
    )
    if prefix is not None:
        _take_prefix(amount, prefix)
    if amount.unit is not None:
        _take_minor_and_half(text, amount, vocabulary)
    return amount


def take_hedges(text: str, amount: Amount, floor: int) -> None:
    """Take the bounding words around `amount` into it."""
    start = amount.number_start
    if start > floor and (text[start - 1] in BEFORE_END or text[start - 1] == " "):
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
    """The currency and the minus sign before a numeral, and where the two begin."""
    start = position
    is_negative = False
    minus = _minus_before(text, start, floor)
    if minus:
        start -= minus
        is_negative = True
    at = start - 1 if start > floor and text[start - 1] == " " else start
    prefix = vocabulary.currency_before(text, at, floor)
    if prefix is None:
        return None, start, is_negative
    start = at - len(prefix.form)
    if not is_negative:
        minus = _minus_before(text, start, floor)
        start -= minus
        is_negative = minus > 0
    return prefix, start, is_negative


def _minus_before(text: str, position: int, floor: int) -> int:
    """How many characters the minus sign right before `position` has; 0 where none is there."""
    if position <= floor:
        return 0
    char = text[position - 1]
    if char in "▲△":
        return 1
    if char == "-":
        before = text[position - 2 : position - 1] if position - 2 >= floor else ""
        return 0 if before and (before.isascii() and before.isalnum() or before in ")）]") else 1
    if char == "ス" and text.endswith("マイナス", floor, position):
        return 4
    return 0


def _scale(text: str, position: int, is_money: bool, vocabulary: Vocabulary) -> tuple[int, int]:
    """The scale word at `position`, unless a unit is written there (MW, GB, m, t)."""
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
    """Make the currency before the number its unit: what stands behind is then no unit of it."""
    amount.has_prefix = True
    behind = amount.unit
    if behind is None or behind.dimension is not Dimension.MONEY:
        amount.end = amount.unit_end = amount.number_end
        amount.unit = prefix
    elif behind.is_minor:
        amount.unit = prefix
        amount.end = amount.unit_end = amount.number_end


def _take_minor_and_half(text: str, amount: Amount, vocabulary: Vocabulary) -> None:
    """Add the half (1本半) or the minor unit (5ドル25セント) that follows the unit."""
    unit = amount.unit
    if unit is None:
        return
    end = amount.unit_end
    if text[end : end + 1] == "半" and unit.dimension in (Dimension.COUNT, Dimension.TIME):
        if text[end + 1 : end + 2] not in ("期", "導", "額", "分", "減", "ば", "端", "数", "島"):
            amount.low += _HALF
            amount.high += _HALF
            amount.is_half = True
            amount.end = amount.unit_end = end + 1
        return
    if unit.dimension is Dimension.MONEY and not unit.is_minor and starts_numeral(text, end):
        _take_minor(text, amount, vocabulary)


def _take_minor(text: str, amount: Amount, vocabulary: Vocabulary) -> None:
    numeral = read_numeral(text, amount.unit_end)
    if isinstance(numeral, Unread) or amount.unit is None:
        return
    at = amount.unit_end + len(numeral.text)
    minor = vocabulary.unit_at(text, at)
    if minor is None or not minor.is_minor or minor.code != amount.unit.code:
        return
    amount.minor = (amount.unit_end, at)
    amount.low += numeral.low * minor.factor
    amount.high += numeral.high * minor.factor
    amount.end = amount.unit_end = at + len(minor.form)
