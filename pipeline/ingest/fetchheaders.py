"""What the headers of an answer say: its type, how long it holds, when to come again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_FRESH = timedelta(days=1)
MAX_REST = timedelta(days=7)
DEFAULT_REST = timedelta(minutes=5)  # after 429 or 503 without Retry-After


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long a Retry-After header asks to wait, None where it asks nothing (RFC 9110, 10.2.3).

    Seconds or an HTTP date; never below 0, at most `MAX_REST`.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), MAX_REST.total_seconds()))
    else:
        moment = http_date(text)
        if moment is None:
            return None
        wait = moment - now
    return min(max(wait, timedelta(0)), MAX_REST)


def http_date(value: str | None) -> datetime | None:
    """The moment of a date in a header, None where it is none."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def content_type(value: str | None) -> tuple[str, str | None]:
    """The media type in small letters, and the charset, of a Content-Type header."""
    media, *parameters = (value or "").split(";")
    for parameter in parameters:
        name, _, text = parameter.partition("=")
        if name.strip().lower() == "charset" and text.strip():
            return media.strip().lower(), text.strip().strip("\"'")
    return media.strip().lower(), None


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long an answer says that it stays as it is (RFC 9111, 4.2), at most `MAX_FRESH`.

    0 where it does not say, or says that it must be asked for every time.
    """
    directives = {
        name.strip().lower(): value.strip(' "')
        for name, _, value in (
            part.partition("=") for part in headers.get("cache-control", "").split(",")
        )
    }
    if "no-cache" in directives or "no-store" in directives:
        return timedelta(0)
    age = headers.get("age", "")
    spent = timedelta(seconds=int(age[:9])) if age.isdigit() else timedelta(0)
    stated = directives.get("max-age", "")
    if stated.isdigit():
        life = timedelta(seconds=int(stated[:9]))
    else:
        expires = http_date(headers.get("expires"))
        life = expires - (http_date(headers.get("date")) or now) if expires else timedelta(0)
    return min(max(life - spent, timedelta(0)), MAX_FRESH)
