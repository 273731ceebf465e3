"""Electric power in megawatts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipeline.mention import MentionKind
from pipeline.values import Qualifier

Q = Qualifier

# sentence, quote, value, low, high, qualifier
CAPACITIES = [
    ("2.5GWを確保", "2.5GW", "2500", None, None, Q.EXACT),
    ("2.5 GW 以上", "2.5 GW 以上", "2500", None, None, Q.AT_LEAST),
    ("180メガワット", "180メガワット", "180", None, None, Q.EXACT),
    ("７ギガワット", "７ギガワット", "7000", None, None, Q.EXACT),
    ("35万キロワット", "35万キロワット", "350", None, None, Q.EXACT),
    ("90kW", "90kW", "0.09", None, None, Q.EXACT),
    ("最大6GW", "最大6GW", "6000", None, None, Q.AT_MOST),
    ("最大**6GW**", "最大**6GW", "6000", None, None, Q.AT_MOST),
    ("250MW級", "250MW級", "250", None, None, Q.ABOUT),
    ("100㎿", "100㎿", "100", None, None, Q.EXACT),
    ("2〜3GW", "2〜3GW", None, "2000", "3000", Q.RANGE),
    ("200MWから300MW", "200MWから300MW", None, "200", "300", Q.RANGE),
    ("数ギガワット", "数ギガワット", None, "1000", "10000", Q.VAGUE),
    ("1TW", "1TW", "1000000", None, None, Q.EXACT),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "value", "low", "high", "qualifier"),
    CAPACITIES,
    ids=[row[0] for row in CAPACITIES],
)
def test_capacity_is_read_in_megawatts(
    read: Callable[..., Any],
    sentence: str,
    quote: str,
    value: str | None,
    low: str | None,
    high: str | None,
    qualifier: Qualifier,
) -> None:
    """Every unit of power becomes megawatts."""
    [(found, capacity)] = read(sentence, MentionKind.CAPACITY)
    assert found == quote
    expected = tuple(None if number is None else Decimal(number) for number in (value, low, high))
    assert (capacity.value, capacity.low, capacity.high) == expected
    assert capacity.qualifier == qualifier


NO_CAPACITY = [
    "3GWh",
    "500メガワット時",
    "700W",
    "80GB",
    "2.6GHz",
    "5G",
    "MW",
    "GW明け",
    "第2MW期",
    "4K",
]


@pytest.mark.parametrize("sentence", NO_CAPACITY)
def test_no_capacity_is_read(read: Callable[..., Any], sentence: str) -> None:
    """Energy, a part's draw and other units are no capacity."""
    assert read(sentence, MentionKind.CAPACITY) == []
