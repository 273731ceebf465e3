"""What stands behind ? in the queue's address: filters, order and page, for people and programs."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from pipeline.errors import ReviewError
from pipeline.record import Kind, Slot, Status
from pipeline.review.reading import Reader
from pipeline.review.standing import GONE, WAITING, State
from pipeline.store.review_filter import Flag, QueueFilter
from pipeline.store.review_queue import Place, Sort
from pipeline.store.rows import JAPAN, amount_sort
from pipeline.values import Money

T = TypeVar("T", Sort, Flag)

ALL = "all"  # as a state: whatever it is
LIVE = "live"  # as a state: all that may be deals, what the dashboard counts
FIELDS = (
    "q",
    "state",
    "kind",
    "status",
    "party",
    "buyer",
    "seller",
    "min",
    "max",
    "since",
    "until",
    "source",
    "conf_min",
    "conf_max",
    "flag",
    "verdict",
    "by",
    "decided",
    "version",
    "article",
    "deal",
    "sort",
)
LONGEST_FIELD = 200
_NO_DEAL = GONE | {State.REJECTED}
# A verdict in an address: slot and what to look for.
_VERDICTS = {"right": "r", "wrong": "ws", "missed": "m"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """A queue as asked for.

    Attributes:
        fields: the fields of the address that say something, in the order of `FIELDS`.
        wanted, sort: what they mean.
        after: where the page before ended.
    """

    fields: tuple[tuple[str, str], ...]
    wanted: QueueFilter
    sort: Sort
    after: Place | None = None

    def first(self, name: str) -> str:
        """The field's value, "" where it is not given."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may be given more than once."""
        return tuple(value for key, value in self.fields if key == name)

    def address(self, **changes: str | None) -> str:
        """The query string with fields replaced (None: taken away)."""
        kept = [(key, value) for key, value in self.fields if key not in changes]
        return urlencode(kept + [(key, value) for key, value in changes.items() if value])

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the order is asked for."""
        return any(key != "sort" for key, _ in self.fields)


def parse_query(
    given: Iterable[tuple[str, str]], reader: Reader, *, after: str | None = None
) -> QueueQuery:
    """The queue that an address asks for; fields that it does not know are left out.

    Args:
        given: names and values; empty values say nothing.
        reader: reads amounts as articles write them: 100億円, 5億ドル.
        after: cursor of the page before.

    Raises:
        ReviewError: "bad_filter", with the field that cannot be used.
    """
    said = [(key, value.strip()[:LONGEST_FIELD]) for key, value in given if value.strip()]
    fields = tuple((name, value) for name in FIELDS for key, value in said if key == name)
    by_name: dict[str, list[str]] = {}
    for key, value in fields:
        by_name.setdefault(key, []).append(value)
    wanted = QueueFilter(
        states=_states(by_name.get("state", [])),
        kinds=_choices(by_name, "kind", Kind),
        statuses=_choices(by_name, "status", Status),
        party=_known_party(_first(by_name, "party"), reader),
        buyer=_known_party(_first(by_name, "buyer"), reader),
        seller=_known_party(_first(by_name, "seller"), reader),
        min_amount=_amount(_first(by_name, "min"), "min", reader),
        max_amount=_amount(_first(by_name, "max"), "max", reader),
        since=_midnight(_first(by_name, "since"), "since"),
        until=_midnight(_first(by_name, "until"), "until", days=1),
        source=_first(by_name, "source"),
        min_confidence=_percent(_first(by_name, "conf_min"), "conf_min"),
        max_confidence=_percent(_first(by_name, "conf_max"), "conf_max"),
        words=_first(by_name, "q"),
        flag=_choice(by_name, "flag", Flag),
        verdict=_verdict(_first(by_name, "verdict")),
        decided_by=_first(by_name, "by"),
        decided_since=_midnight(_first(by_name, "decided"), "decided"),
        extractor_version=_first(by_name, "version"),
        article_id=_first(by_name, "article"),
        deal_id=_first(by_name, "deal"),
    )
    sort = _choice(by_name, "sort", Sort) or Sort.STAKE
    return QueueQuery(fields=fields, wanted=wanted, sort=sort, after=parse_cursor(after, sort))


def make_cursor(place: Place) -> str:
    """Where a page ended, as text for the next page's address."""
    value: Any = place.value
    if isinstance(value, datetime):
        value = value.isoformat()
    text = json.dumps([value, place.record_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_cursor(cursor: str | None, sort: Sort) -> Place | None:
    """The place that `make_cursor` wrote.

    Raises:
        ReviewError: "bad_filter": it is no cursor of this order.
    """
    if not cursor:
        return None
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        value, record_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return _place(value, record_id, sort)
    except (ValueError, TypeError, binascii.Error, OverflowError) as error:
        raise _bad("after", cursor, "a cursor as a page before gave it") from error


def _place(value: Any, record_id: Any, sort: Sort) -> Place:
    if not isinstance(record_id, str) or "\x00" in record_id:
        raise TypeError(record_id)
    if value is None:
        return Place(None, record_id)
    if sort in (Sort.NEWEST, Sort.OLDEST):
        at = datetime.fromisoformat(value)
        return Place(at if at.tzinfo else at.replace(tzinfo=UTC), record_id)
    return Place(float(value), record_id)


def _bad(field: str, value: str, form: str) -> ReviewError:
    return ReviewError("bad_filter", f"{field}={value!r} cannot be used: give {form}")


def _first(by_name: Mapping[str, Sequence[str]], name: str) -> str | None:
    value = by_name.get(name, [None])[0]
    if value is not None and "\x00" in value:
        raise _bad(name, value, "text")
    return value


def _states(given: Sequence[str]) -> tuple[str, ...]:
    if not given:
        return tuple(state.value for state in State if state in WAITING)
    if ALL in given:
        return tuple(state.value for state in State)
    if LIVE in given:
        return tuple(state.value for state in State if state not in _NO_DEAL)
    known = {state.value for state in State}
    for value in given:
        if value not in known:
            raise _bad("state", value, f"one of {', '.join(known)}, {LIVE} or {ALL}")
    return tuple(dict.fromkeys(given))


def _choices(
    by_name: Mapping[str, Sequence[str]], name: str, options: type[Kind] | type[Status]
) -> tuple[str, ...]:
    known = [one.value for one in options]
    for value in by_name.get(name, []):
        if value not in known:
            raise _bad(name, value, f"one of {', '.join(known)}")
    return tuple(dict.fromkeys(by_name.get(name, [])))


def _choice(by_name: Mapping[str, Sequence[str]], name: str, options: type[T]) -> T | None:
    value = _first(by_name, name)
    if value is None:
        return None
    try:
        return options(value)
    except ValueError as error:
        raise _bad(name, value, f"one of {', '.join(one.value for one in options)}") from error


def _known_party(name: str | None, reader: Reader) -> str | None:
    """The gazetteer's id, for エヌビディア and NVIDIA are one; else the name itself."""
    company = reader.companies.named(name) if name else None
    return company.id if company else name


def _amount(text: str | None, field: str, reader: Reader) -> float | None:
    if text is None:
        return None
    form = "an amount as articles write it, such as 100億円 or 5億ドル"
    try:
        value = reader.read_typed(text, Slot.AMOUNT).value
    except ReviewError as error:
        raise _bad(field, text, form) from error
    if not isinstance(value, Money):
        raise _bad(field, text, form)
    return amount_sort(value)


def _midnight(text: str | None, field: str, *, days: int = 0) -> datetime | None:
    """The beginning of a day in Japan, or of the one `days` later."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return datetime.combine(day, time(), tzinfo=JAPAN).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _bad(field, text, "a day such as 2026-11-24") from error


def _percent(text: str | None, field: str) -> float | None:
    if text is None:
        return None
    try:
        share = float(text.rstrip("%％")) / 100
    except ValueError as error:
        raise _bad(field, text, "a percentage from 0 to 100") from error
    if not 0 <= share <= 1:
        raise _bad(field, text, "a percentage from 0 to 100")
    return share


def _verdict(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    slot, _, what = text.partition(":")
    try:
        return list(Slot).index(Slot(slot)), _VERDICTS[what]
    except (ValueError, KeyError) as error:
        raise _bad("verdict", text, "slot:right, slot:wrong or slot:missed") from error
