"""An opened store of each kind of database, migrated once for all tests."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.store import Store, open_store, upgrade
from pipeline.store.migrate import VERSION_TABLE


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "torihiki.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: sa.Engine) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables, which each test leaves empty."""
    name = f"torihiki_test_{uuid.uuid4().hex[:12]}"
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    url = postgres_server.url.set(drivername="postgresql", database=name).render_as_string(
        hide_password=False
    )
    upgrade(url)
    yield url
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        migrated: Path = request.getfixturevalue("migrated_sqlite")
        shutil.copy(migrated, tmp_path / "torihiki.db")
        url = f"sqlite:///{tmp_path / 'torihiki.db'}"
    else:
        url = request.getfixturevalue("migrated_postgres")
    with open_store(url) as opened:
        yield opened
        if request.param == "postgres":
            _empty(opened.engine)


def _empty(engine: sa.Engine) -> None:
    """Delete every row, also those that triggers and foreign keys would keep."""
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for name in sa.inspect(connection).get_table_names():
            if name != VERSION_TABLE:
                connection.execute(sa.delete(sa.table(name)))
