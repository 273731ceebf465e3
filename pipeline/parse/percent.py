"""Shares in per cent: 30%, 三割, 1割5分 (15), 0.5ポイント (a difference of shares)."""

from decimal import Decimal

from pipeline.mention import MentionKind
from pipeline.parse.amount import starts_numeral
from pipeline.parse.interval import Interval
from pipeline.parse.numeral import Unread, read_numeral
from pipeline.values import Percent

RULE = "percent"
RULE_RANGE = "percent.range"
RULE_POINT = "percent.point"

# 割 is a tenth; behind it come 分, a hundredth, and 厘, a thousandth.
_PARTS = (("分", Decimal(1)), ("厘", Decimal("0.1")))


def percent_mention(text: str, interval: Interval) -> tuple[MentionKind, Percent, str]:
    """The value and rule of a share; takes 分 and 厘 behind 割 into `interval`."""
    unit = interval.unit
    if unit is None:
        msg = "a share without a unit: the caller asks only for amounts with one"
        raise ValueError(msg)
    value, low, high, qualifier = interval.bounds(unit.factor)
    if unit.form == "割" and value is not None and interval.end == interval.first.unit_end:
        more, interval.end = _parts(text, interval.end)
        value += more
    percent = Percent(value=value, low=low, high=high, qualifier=qualifier)
    if unit.is_point:
        return MentionKind.PERCENT, percent, RULE_POINT
    return MentionKind.PERCENT, percent, RULE if interval.last is None else RULE_RANGE


def _parts(text: str, end: int) -> tuple[Decimal, int]:
    """The 分 and 厘 at `end`, in per cent, and where they end."""
    total = Decimal(0)
    for form, factor in _PARTS:
        if not starts_numeral(text, end):
            break
        numeral = read_numeral(text, end)
        if isinstance(numeral, Unread) or not text.startswith(form, end + len(numeral.text)):
            break
        total += numeral.low * factor
        end += len(numeral.text) + 1
    return total, end
