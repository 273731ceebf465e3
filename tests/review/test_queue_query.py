"""The queue's address: what it means, how it is written again, and cursors."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ReviewError
from pipeline.review.queue import make_cursor, parse_cursor, parse_query
from pipeline.review.reading import Reader
from pipeline.store.review_filter import Flag
from pipeline.store.review_queue import Place, Sort


def test_without_a_state_it_is_what_waits(reader: Reader) -> None:
    query = parse_query([], reader)
    assert query.wanted.states == ("unreviewed", "edited")
    assert query.sort is Sort.STAKE
    assert not query.is_filtered


def test_all_live_and_several_states(reader: Reader) -> None:
    def states(*given: str) -> tuple[str, ...]:
        return parse_query([("state", one) for one in given], reader).wanted.states

    assert len(states("all")) == 7
    assert states("live") == ("unreviewed", "edited", "accepted", "disputed")
    assert states("accepted", "rejected") == ("accepted", "rejected")


@pytest.mark.parametrize(
    ("field", "text", "attribute", "value"),
    [
        ("min", "100億円", "min_amount", 1e8),
        ("max", "5億ドル", "max_amount", 5e8),
        ("conf_min", "30", "min_confidence", 0.3),
        ("conf_max", "95%", "max_confidence", 0.95),
        ("since", "2026-11-24", "since", datetime(2026, 11, 23, 15, tzinfo=UTC)),
        ("until", "2026-11-24", "until", datetime(2026, 11, 24, 15, tzinfo=UTC)),
        ("party", "エヌビディア", "party", "nvidia"),
        ("party", "名もなき社", "party", "名もなき社"),
        ("buyer", "=nvidia", "buyer", "=nvidia"),
        ("verdict", "amount:wrong", "verdict", (4, "ws")),
        ("flag", "conflict", "flag", Flag.CONFLICT),
        ("q", "出資", "words", "出資"),
    ],
)
def test_what_fields_mean(
    reader: Reader, field: str, text: str, attribute: str, value: object
) -> None:
    assert getattr(parse_query([(field, text)], reader).wanted, attribute) == value


def test_the_address_says_only_what_was_asked_in_one_order(reader: Reader) -> None:
    given = [
        ("sort", "amount"),
        ("q", " 出資 "),
        ("x", "1"),
        ("kind", "capex"),
        ("kind", "supply"),
        ("min", ""),
    ]
    query = parse_query(given, reader)
    assert query.address() == "q=%E5%87%BA%E8%B3%87&kind=capex&kind=supply&sort=amount"
    assert parse_query(query.fields, reader) == query
    assert query.address(sort=None) == "q=%E5%87%BA%E8%B3%87&kind=capex&kind=supply"
    assert query.address(q="買収", kind=None) == "sort=amount&q=%E8%B2%B7%E5%8F%8E"


IDS = st.text(alphabet="0123456789abcdef", min_size=1, max_size=32)


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), IDS)
def test_a_cursor_of_numbers_leads_back(value: float, record_id: str) -> None:
    place = Place(value, record_id)
    assert parse_cursor(make_cursor(place), Sort.AMOUNT) == place


@settings(deadline=None)
@given(st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))), IDS)
def test_a_cursor_of_days_leads_back(value: datetime | None, record_id: str) -> None:
    place = Place(value, record_id)
    assert parse_cursor(make_cursor(place), Sort.NEWEST) == place


@pytest.mark.parametrize(
    "cursor", ["x", "%%%", "bnVsbA", "WzFd", "W251bGwsMV0", "あ", "WyJ4IiwgInkiXQ"]
)
@pytest.mark.parametrize("sort", [Sort.AMOUNT, Sort.NEWEST])
def test_what_is_no_cursor_is_refused(cursor: str, sort: Sort) -> None:
    with pytest.raises(ReviewError) as refused:
        parse_cursor(cursor, sort)
    assert refused.value.code == "bad_filter"


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_cursor_or_refused(cursor: str) -> None:
    for sort in Sort:
        with suppress(ReviewError):
            parse_cursor(cursor, sort)
