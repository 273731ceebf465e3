"""Connections: SQLite and PostgreSQL set up the same way, their errors put into our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from pipeline.errors import StoreError
from pipeline.store.tables import to_json_text

SQLITE_BUSY_SECONDS = 60
POSTGRES_CONNECT_SECONDS = 10

_WRITE = "torihiki_write"


def parse_url(url: str) -> sa.URL:
    """The database URL with the driver that we use.

    Raises:
        StoreError: no URL, or neither SQLite (a file) nor PostgreSQL.
    """
    mend = "write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE"
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        msg = f"{url!r} is no database URL; {mend}"
        raise StoreError(msg) from error
    backend = parsed.drivername.partition("+")[0]
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        msg = f"databases of the kind {backend!r} are not supported; {mend}"
        raise StoreError(msg)
    if parsed.database in {None, "", ":memory:"}:
        msg = "a database in memory cannot be shared between processes; write sqlite:///PATH"
        raise StoreError(msg)
    return parsed


def make_engine(url: sa.URL) -> sa.Engine:
    """An engine for a URL of `parse_url`; connects at first use.

    Any failure of the database itself (read-only, unreachable, locked, full) comes out as
    StoreError with its mend.
    """
    options: dict[str, Any] = {"json_serializer": to_json_text}
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": SQLITE_BUSY_SECONDS}
    else:
        options["connect_args"] = {
            "connect_timeout": POSTGRES_CONNECT_SECONDS,
            # Of a statement that it prepared, PostgreSQL makes one plan for all parameters after
            # a while; for hundreds of ids in one IN that plan took seconds instead of 10 ms.
            "prepare_threshold": None,
        }
        options["pool_pre_ping"] = True
    engine = sa.create_engine(url, **options)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", _in_our_words)
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes.

    SQLite takes its lock at the start: a transaction that reads first and writes later could
    not wait for another writer, it would fail at once.
    """
    with engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One consistent look at the database, which blocks no writer."""
    with engine.connect() as connection, connection.begin():
        yield connection


def _set_up_sqlite(dbapi: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver must not open transactions behind our back (see _begin_sqlite).
    dbapi.isolation_level = None
    cursor = dbapi.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def place_of(url: sa.URL) -> str:
    """The database as a person names it: the file, or the URL without password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


_SQLITE_FAILURES = {
    "readonly database": "is read-only; give a path that can be written with --db",
    "unable to open database file": "cannot be opened; look whether its folder exists and may be "
    "written",
    "file is not a database": "is no SQLite database; give another path with --db",
    "database is locked": f"was held by another program for {SQLITE_BUSY_SECONDS} s; try again, "
    "or use PostgreSQL for many writers",
    "disk is full": "cannot grow: the disk is full; free space and run the same command again",
    "disk i/o error": "cannot be read or written (disk I/O error); check the disk",
    "malformed": "is damaged; restore it from a copy",
}


def failure_reason(url: sa.URL, error: BaseException) -> str | None:
    """What a database error means for a person; None where it is not the database's failing."""
    text = str(error)
    if url.get_backend_name() == "sqlite":
        for sign, meaning in _SQLITE_FAILURES.items():
            if sign in text.lower():
                return f"the database {place_of(url)} {meaning}"
        return None
    first_line = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return (
        f"the database {place_of(url)} cannot be used: {first_line}; "
        "check that PostgreSQL runs there and that the URL is right"
    )


def _in_our_words(context: ExceptionContext) -> None:
    original = context.original_exception
    if not isinstance(original, context.dialect.loaded_dbapi.Error) or context.engine is None:
        return
    operational = isinstance(original, context.dialect.loaded_dbapi.OperationalError)
    if not operational and "not a database" not in str(original):
        return
    reason = failure_reason(context.engine.url, original)
    if reason is not None:
        raise StoreError(reason) from original


def sqlite_file(url: sa.URL) -> Path | None:
    """The file of a SQLite URL; None for PostgreSQL and for `file:` URIs."""
    if url.get_backend_name() != "sqlite" or str(url.database).startswith("file:"):
        return None
    return Path(str(url.database))
