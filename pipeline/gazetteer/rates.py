"""Reference exchange rates by date, from models/linking/rates.toml: no network, approximate.

For comparing amounts that two sources give in two currencies, never for showing a conversion as a
fact.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType

from pipeline.errors import GazetteerError

RATES_FILE = Path("linking") / "rates.toml"

_PERIOD = re.compile(r"(\d{4})(?:-Q([1-4]))?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MONTHS_A_QUARTER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Units of a currency for one US dollar, by year or quarter.

    Attributes:
        years: currency → its years in order, each with its average.
        quarters: (currency, year, quarter 1–4) → average, before that of the year.
    """

    years: Mapping[str, tuple[tuple[int, float], ...]]
    quarters: Mapping[tuple[str, int, int], float] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def per_dollar(self, currency: str, day: date | None) -> float | None:
        """Units of `currency` for one dollar around `day`; None for a currency without a rate.

        Args:
            currency: ISO 4217.
            day: when; None takes the newest rate.
        """
        if currency == "USD":
            return 1.0
        known = self.years.get(currency)
        if known is None:
            return None
        if day is None:
            return known[-1][1]
        quarter = (day.month - 1) // _MONTHS_A_QUARTER + 1
        if (rate := self.quarters.get((currency, day.year, quarter))) is not None:
            return rate
        place = bisect_right(known, day.year, key=lambda pair: pair[0])
        return known[max(place - 1, 0)][1]


def load_rates(models_dir: Path) -> Rates:
    """The reference rates.

    Args:
        models_dir: the folder that holds linking/rates.toml.

    Raises:
        GazetteerError: the file is missing, no TOML, or has a rate that cannot be used; the
            message names file and entry.
    """
    path = models_dir / RATES_FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read ({error}); put the file there or mend it"
        raise GazetteerError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: no TOML: {error}; mend that line"
        raise GazetteerError(msg) from error
    years: dict[str, tuple[tuple[int, float], ...]] = {}
    quarters: dict[tuple[str, int, int], float] = {}
    for currency, row in tables.items():
        if not _CURRENCY.fullmatch(currency) or not isinstance(row, dict) or not row:
            msg = f"{path}: {currency}: must be an ISO 4217 code with rates, as in "
            raise GazetteerError(msg + "EUR = { 2024 = 0.92 }")
        yearly: dict[int, float] = {}
        for period, rate in row.items():
            year, quarter = _period(path, currency, period, rate)
            if quarter is None:
                yearly[year] = float(rate)
            else:
                quarters[currency, year, quarter] = float(rate)
        if not yearly:
            msg = f"{path}: {currency}: has quarters only; add the average of one year at least"
            raise GazetteerError(msg)
        years[currency] = tuple(sorted(yearly.items()))
    return Rates(years=MappingProxyType(years), quarters=MappingProxyType(quarters))


def _period(path: Path, currency: str, period: str, rate: object) -> tuple[int, int | None]:
    match = _PERIOD.fullmatch(period)
    if match is None:
        msg = f'{path}: {currency}: {period!r} is no period; write 2024 or "2024-Q3"'
        raise GazetteerError(msg)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0:
        msg = f"{path}: {currency}: {period}: {rate!r} must be units for one dollar, above 0"
        raise GazetteerError(msg)
    return int(match[1]), int(match[2]) if match[2] else None
