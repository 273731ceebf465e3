"""Dates as front matter, feeds, JSON and file names write them; time zones are kept."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_JAPANESE = re.compile(
    r"(\d{4})年\s*(\d{1,2})月\s*(\d{1,2})日(?:\s*\D{0,5}?(\d{1,2})[時:](\d{1,2}))?"
)
_NUMERIC = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T\s]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_IN_NAME = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_./]?(0[1-9]|1[0-2])[-_./]?(0[1-9]|[12]\d|3[01])(?!\d)"
)
_EPOCH = re.compile(r"\d{9,13}(?:\.\d+)?")
_FIRST_MILLISECONDS = 100_000_000_000


def parse_date(value: object) -> datetime | None:
    """The moment that a date field states, or None where it states none.

    Knows ISO 8601 and its relatives (`2025-10-05 04:34:57 +0900`, `2025/10/05`), RFC 2822 (feeds),
    2025年10月5日, seconds or milliseconds since 1970, and datetime objects. A date without a
    clock time is its midnight; a value without a zone stays without one.
    """
    if isinstance(value, datetime):
        return value
    if value is None or isinstance(value, bool):
        return None
    if hasattr(value, "isoformat"):
        value = value.isoformat()
    text = str(value).strip()
    if _EPOCH.fullmatch(text):
        return _from_epoch(float(text))
    for form in (_from_numeric, _from_japanese, _from_mail):
        moment = form(text)
        if moment is not None:
            return moment
    return None


def date_in_name(name: str) -> datetime | None:
    """The date in a file name or address (`2025-10-05-a.md`, `/2025/10/05/a/`), or None.

    Args:
        name: a path or URL; the last date in it decides. A fragment (`#row=12`) does not count.
    """
    for found in reversed(list(_IN_NAME.finditer(name.partition("#")[0]))):
        moment = _moment(found[1], found[2], found[3])
        if moment is not None:
            return moment
    return None


def _from_epoch(number: float) -> datetime | None:
    seconds = number / 1000 if number >= _FIRST_MILLISECONDS else number
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(seconds, tz=UTC)
    return None


def _from_numeric(text: str) -> datetime | None:
    found = _NUMERIC.match(text)
    return _moment(*found.groups()) if found else None


def _from_japanese(text: str) -> datetime | None:
    found = _JAPANESE.search(text)
    if not found:
        return None
    clock = f"{int(found[4]):02}:{int(found[5]):02}" if found[4] else None
    return _moment(found[1], found[2], found[3], clock)


def _from_mail(text: str) -> datetime | None:
    with suppress(ValueError, TypeError, IndexError):
        return parsedate_to_datetime(text)
    return None


def _moment(
    year: str, month: str, day: str, clock: str | None = None, zone: str | None = None
) -> datetime | None:
    stamp = f"{int(year):04}-{int(month):02}-{int(day):02}T{(clock or '00:00').rjust(5, '0')}"
    if clock and len(clock.split(":")[0]) == 1:
        stamp = f"{int(year):04}-{int(month):02}-{int(day):02}T0{clock}"
    with suppress(ValueError):
        return datetime.fromisoformat(stamp + (zone or ""))
    return None
