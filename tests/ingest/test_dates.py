"""Dates are read as written, with their zone, or not at all."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from pipeline.ingest.dates import date_in_name, parse_date

JST = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-05", datetime(2026, 1, 5)),  # noqa: DTZ001
        ("2026-01-05 06:43:38 +0900", datetime(2026, 1, 5, 6, 43, 38, tzinfo=JST)),
        ("2026-01-05T06:43:38Z", datetime(2026, 1, 5, 6, 43, 38, tzinfo=UTC)),
        ("2026-01-05T06:43:38.250+09:00", datetime(2026, 1, 5, 6, 43, 38, 250000, tzinfo=JST)),
        ("2026/1/5 6:43", datetime(2026, 1, 5, 6, 43)),  # noqa: DTZ001
        ("2026年1月5日", datetime(2026, 1, 5)),  # noqa: DTZ001
        ("2026年1月5日（月） 6時43分", datetime(2026, 1, 5, 6, 43)),  # noqa: DTZ001
        ("Mon, 05 Jan 2026 06:43:38 +0900", datetime(2026, 1, 5, 6, 43, 38, tzinfo=JST)),
        (1767571200, datetime(2026, 1, 5, 0, 0, tzinfo=UTC)),
        ("1767571200000", datetime(2026, 1, 5, 0, 0, tzinfo=UTC)),
        (date(2026, 1, 5), datetime(2026, 1, 5)),  # noqa: DTZ001
        ("2026-13-45", None),
        ("昨日", None),
        ("", None),
        (None, None),
        (True, None),
        ({"year": 2026}, None),
    ],
    ids=str,
)
def test_parse_date(value: object, moment: datetime | None) -> None:
    assert parse_date(value) == moment


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("posts/2026-01-05-minato.md", datetime(2026, 1, 5)),  # noqa: DTZ001
        ("output_20260105_minato.md", datetime(2026, 1, 5)),  # noqa: DTZ001
        ("2026-01-05/a.md", datetime(2026, 1, 5)),  # noqa: DTZ001
        ("2025-12-31/2026-01-05.md", datetime(2026, 1, 5)),  # noqa: DTZ001
        ("https://example.jp/2026/01/05/minato/", datetime(2026, 1, 5)),  # noqa: DTZ001
        ("a.jsonl#row=20260105", None),
        ("report-1234567890.md", None),
        ("2026-99-99.md", None),
        ("minato.md", None),
    ],
)
def test_date_in_name(name: str, moment: datetime | None) -> None:
    assert date_in_name(name) == moment
