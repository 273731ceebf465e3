"""Bare numbers: what has no unit, or one that makes it a name, a rank or a comparison.

The rule tells which: `number`, `number.range`, `number.label` (3位, 2倍, 3ナノ, 第3), `number.date`
(the parts of a date: 2025 年, 5 月). None of them counts anything.
"""

from pipeline.mention import MentionKind
from pipeline.parse.interval import Interval
from pipeline.values import Number

RULE = "number"
RULE_RANGE = "number.range"
RULE_LABEL = "number.label"
RULE_DATE = "number.date"
RULE_TERM_PART = "number.term-part"


def number_mention(interval: Interval, rule: str = RULE) -> tuple[MentionKind, Number, str]:
    """The value and rule of a number that counts nothing."""
    value, low, high, qualifier = interval.bounds()
    number = Number(value=value, low=low, high=high, qualifier=qualifier)
    if rule == RULE and interval.last is not None:
        rule = RULE_RANGE
    return MentionKind.NUMBER, number, rule
