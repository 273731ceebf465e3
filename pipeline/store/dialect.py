"""The statements that SQLite and PostgreSQL spell with different constructs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

PARAMETERS_AT_ONCE = 500  # ids in one IN (…), under every database's limit


def within_limit(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """`values` in pieces that one statement can hold."""
    for start in range(0, len(values), PARAMETERS_AT_ONCE):
        yield values[start : start + PARAMETERS_AT_ONCE]


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """INSERT with ON CONFLICT, as the connection's database has it."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_new(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    returning: sa.ColumnElement[Any],
) -> list[sa.Row[Any]]:
    """Insert the rows whose key is not there; the `returning` column of those inserted."""
    if not rows:
        return []
    statement = insert(connection, table).on_conflict_do_nothing().returning(returning)
    return list(connection.execute(statement, list(rows)).all())
