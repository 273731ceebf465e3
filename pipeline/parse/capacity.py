"""Capacity: electric power in megawatts (4.5ギガワット is 4500, 50万キロワット is 500)."""

from pipeline.mention import MentionKind
from pipeline.parse.interval import Interval
from pipeline.values import Capacity

RULE = "capacity"
RULE_RANGE = "capacity.range"


def capacity_mention(interval: Interval) -> tuple[MentionKind, Capacity, str]:
    """The value and rule of a number with a unit of power."""
    if interval.unit is None:
        msg = "a capacity without a unit: the caller asks only for amounts with one"
        raise ValueError(msg)
    value, low, high, qualifier = interval.bounds(interval.unit.factor)
    capacity = Capacity(value=value, low=low, high=high, qualifier=qualifier)
    return MentionKind.CAPACITY, capacity, RULE if interval.last is None else RULE_RANGE
