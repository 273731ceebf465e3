"""What a mention says, free of where it says it: money, counts, capacities, terms, chips.

Values carry no span, so that two mentions of one amount compare equal.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Qualifier(StrEnum):
    """How the words around a number bound it."""

    EXACT = "exact"
    ABOUT = "about"  # 約, およそ, 規模, 程度, 前後, 相当
    AT_LEAST = "at_least"  # 以上, 超, 余り, 強, 少なくとも
    AT_MOST = "at_most"  # 最大, 以下, 未満, 弱, 近く
    RANGE = "range"  # 300〜400億円: low and high, no value
    VAGUE = "vague"  # 数十億, 十数社: low and high, no value


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its bounds.

    `value` is the number written; None for a range or a vague number, which have `low` and
    `high` (both included) instead.
    """

    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    qualifier: Qualifier = Qualifier.EXACT

    @property
    def least(self) -> Decimal | None:
        """The number itself, or the lower bound of a range or vague number."""
        return self.value if self.value is not None else self.low


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Quantity):
    """A bare number, without unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Quantity):
    """An amount in units of `currency` (ISO 4217; yen, dollars: never thousands or cents).

    `per` is "year", "month", … for a rate over time, or what the price is for ("unit", "share",
    the counter as written) for a unit price; None for a total.
    """

    currency: str
    per: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Quantity):
    """A number of things; `unit` is the counter or unit as written (個, 基, 台, 社, GPU, メートル)."""

    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity(Quantity):
    """Electric power, always in megawatts (4.5ギガワット is 4500)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent(Quantity):
    """A share in percent (3割 is 30)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term(Quantity):
    """A length of time.

    `value`, `low`, `high` are months (None for what is no whole calendar length, such as 30分);
    `duration` is ISO 8601 (P5Y, PT30M), None where unknown (until 2030, no start); `start` and
    `end` are ISO dates or prefixes of such (2027, 2027-04, 2027-04-01) where the text gives them.
    """

    duration: str | None = None
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A chip model or family: `model` without the vendor (GB300, TPU v7, Blackwell).

    `is_family` tells an architecture or product line (Blackwell, TPU) from a model (B200).
    """

    model: str
    vendor: str | None = None
    is_family: bool = False


Value = Number | Money | Count | Capacity | Percent | Term | Chip
