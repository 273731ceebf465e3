"""Whether two tellings speak of the same sum, number of units or capacity."""

import math
from dataclasses import dataclass

from pipeline.link.telling import Sum, Telling
from pipeline.values import Qualifier

# Logarithms: 0.006 is a rounding in the third digit, 0.35 a third more, 0.7 twice as much.
_ROUNDED = 0.006
_ROUNDED_OVER_CURRENCIES = 0.2
_UNITS_ROUNDED = 0.01
_NEAR = 0.35
_NEAR_OF_SAME_PARTIES = 0.7
_VAGUE_SLACK = 0.41  # 数十億 may well be said of 140億
_FARTHEST_OF_VAGUE = 0.7
_FARTHEST = 2.0
_BOUND_REACHES = 0.8
_MOST_SLIPPED = 3.0
_SLIP = 0.005
_DIGITS_OF_A_SLIP = 3
_LN10 = math.log(10)


@dataclass(slots=True)
class _Compared:
    """What comparing the quantities found so far."""

    same: bool = False
    near: float = 0.0
    far: float = 0.0
    any: bool = False


def quantity_features(one: Telling, other: Telling, *, both_sides: bool) -> dict[str, float]:
    """What sums, units, capacity, term and chips say for or against one deal.

    Args:
        one: a telling.
        other: another.
        both_sides: whether buyers and sellers agree: then a sum may be revised further.
    """
    found: dict[str, float] = {}
    state = _Compared()
    reach = _NEAR_OF_SAME_PARTIES if both_sides else _NEAR
    if one.money is not None and other.money is not None:
        state.any = True
        _compare_sums(one.money, other.money, reach, both_sides, state, found)
    for a, b in ((one.count, other.count), (one.capacity, other.capacity)):
        if a is not None and b is not None:
            _compare_units(abs(a - b), reach, state)
    if state.same:
        found["same_quantity"] = 1.0
    else:
        found.pop("telling_digits", None)
        if state.near > 0:
            found["near_quantity"] = state.near
        if state.far > 0:
            found["far_quantity"] = min(_FARTHEST, state.far)
    if not state.any:
        found["no_quantity"] = 1.0
    if one.term is not None and other.term is not None:
        longer = max(one.term, other.term)
        same = abs(one.term - other.term) <= _UNITS_ROUNDED * longer
        found["same_term" if same else "other_term"] = 1.0
    if one.chips and other.chips:
        found["other_chips" if one.chips.isdisjoint(other.chips) else "same_chips"] = 1.0
    return found


def _compare_sums(
    one: Sum, other: Sum, reach: float, both_sides: bool, state: _Compared, found: dict[str, float]
) -> None:
    if one.per != other.per:
        found["other_rate"] = 1.0
    over_currencies = one.currency != other.currency
    if over_currencies and (one.dollars is None or other.dollars is None):
        state.any = False  # no rate: nothing can be said
        return
    shift = (one.dollars or 0.0) - (other.dollars or 0.0) if over_currencies else 0.0
    if one.log is None or other.log is None:
        gap = max(one.low + shift, other.low) - min(one.high + shift, other.high)
        if gap <= _VAGUE_SLACK:
            found["within_range"] = 1.0
        else:
            state.near, state.far = max(0.0, 1 - gap / reach), min(_FARTHEST_OF_VAGUE, gap)
            low, high = (one, other) if one.high + shift < other.low else (other, one)
            _note_bound(low, high, gap, found)
        return
    gap = abs(one.log + shift - other.log)
    if gap <= (_ROUNDED_OVER_CURRENCIES if over_currencies else _ROUNDED):
        state.same = True
        if over_currencies:
            found["other_currency"] = 1.0
        else:
            found["telling_digits"] = min(2, min(one.digits, other.digits) - 1) / 2
        return
    state.near, state.far = max(0.0, 1 - gap / reach), max(0.0, gap - _NEAR)
    low, high = (one, other) if one.log + shift < other.log else (other, one)
    _note_bound(low, high, gap, found)
    if _is_ceiling(one, other.log, shift) or _is_ceiling(other, one.log, -shift):
        found["equals_ceiling"] = 1.0
    digits = min(one.digits, other.digits)
    if (
        not over_currencies
        and one.per == other.per
        and _slipped(gap)
        and (both_sides or digits >= _DIGITS_OF_A_SLIP)
    ):
        found["slipped_digit"] = 1.0
        state.far = 0.0


def _note_bound(low: Sum, high: Sum, gap: float, found: dict[str, float]) -> None:
    """100億以上 and 150億 do not contradict each other."""
    if gap < _BOUND_REACHES and (
        low.qualifier is Qualifier.AT_LEAST or high.qualifier is Qualifier.AT_MOST
    ):
        found["within_bound"] = 1.0


def _is_ceiling(money: Sum, log: float, shift: float) -> bool:
    return money.ceiling is not None and abs(money.ceiling + shift - log) < _UNITS_ROUNDED


def _slipped(gap: float) -> bool:
    """Whether one number is ten times the other: 億 for 十億, a mistake of translation."""
    tens = gap / _LN10
    return 1 < gap < _MOST_SLIPPED and abs(tens - round(tens)) < _SLIP


def _compare_units(gap: float, reach: float, state: _Compared) -> None:
    if gap < _UNITS_ROUNDED:
        state.same = True
    elif not state.any:
        state.near = max(state.near, 1 - gap / reach)
        state.far = max(state.far, gap - _NEAR)
    state.any = True
