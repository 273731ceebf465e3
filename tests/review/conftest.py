"""Fixtures of review's tests."""

from tests.review.fixtures import (
    empty_postgres,
    empty_sqlite,
    postgres_url,
    reader,
    room,
    sqlite_room,
    sqlite_url,
)

__all__ = [
    "empty_postgres",
    "empty_sqlite",
    "postgres_url",
    "reader",
    "room",
    "sqlite_room",
    "sqlite_url",
]
