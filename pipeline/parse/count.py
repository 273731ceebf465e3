"""Counts: numbers of things with their counter or unit (10万個以上, 3万6000ノード, 80GB)."""

from pipeline.mention import MentionKind
from pipeline.parse.interval import Interval
from pipeline.values import Count

RULE = "count"
RULE_RANGE = "count.range"


def count_mention(interval: Interval) -> tuple[MentionKind, Count, str]:
    """The value and rule of a number with a counter or unit."""
    if interval.unit is None:
        msg = "a count without a unit: the caller asks only for amounts with one"
        raise ValueError(msg)
    value, low, high, qualifier = interval.bounds(interval.unit.factor)
    count = Count(value=value, low=low, high=high, qualifier=qualifier, unit=interval.unit.code)
    return MentionKind.COUNT, count, RULE if interval.last is None else RULE_RANGE
