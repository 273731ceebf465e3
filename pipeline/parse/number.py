"""Bare numbers: what has no unit, or one that makes it a name, a rank or a comparison.

The rule tells which: `number`, `number.range`, `number.label` (3位, 2倍, 3ナノ, 第3), `number.date`
(the parts of a date: 2025年, 5月), `number.term-part` (the 5 of 5年間), `number.fraction` (3分の2).
None of them counts anything.
"""

import re

from pipeline.mention import MentionKind
from pipeline.parse.interval import Interval
from pipeline.parse.numeral import evaluate
from pipeline.values import Number

RULE = "number"
RULE_RANGE = "number.range"
RULE_LABEL = "number.label"
RULE_DATE = "number.date"
RULE_FRACTION = "number.fraction"
RULE_TERM_PART = "number.term-part"


def number_mention(interval: Interval, rule: str = RULE) -> tuple[MentionKind, Number, str]:
    """The value and rule of a number that counts nothing."""
    value, low, high, qualifier = interval.bounds()
    number = Number(value=value, low=low, high=high, qualifier=qualifier)
    if rule == RULE and interval.last is not None:
        rule = RULE_RANGE
    return MentionKind.NUMBER, number, rule


_DIGITS = r"(?:[0-9]{1,12}+|[一二三四五六七八九十百千万]{1,8}+)"
_FRACTION = re.compile(rf"({_DIGITS})分の({_DIGITS})")


def fraction_at(text: str, position: int) -> tuple[Number, int] | None:
    """The fraction 3分の2 at `position` as a number, and where it ends.

    Source: the smaller number stands behind: 3分の2 is two thirds.
    """
    match = _FRACTION.match(text, position)
    if match is None:
        return None
    below, above = evaluate(match.group(1)), evaluate(match.group(2))
    if below is None or above is None or below.low == 0:
        return None
    return Number(value=above.low / below.low), match.end()
