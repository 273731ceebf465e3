"""The parsers' gazetteers, and a newsroom on each kind of database, for every part of review."""

import shutil
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.gazetteer.companies import load_companies
from pipeline.gazetteer.vocabulary import load_vocabulary
from pipeline.review.reading import Reader
from pipeline.settings import PROJECT_ROOT
from pipeline.store import open_store
from pipeline.store.review_search import make_index
from tests.review.scene import Newsroom

MODELS = Path(PROJECT_ROOT, "models")


@cache
def load_reader() -> Reader:
    """The reader of the default gazetteers, loaded once."""
    return Reader(vocabulary=load_vocabulary(MODELS), companies=load_companies(MODELS))


@pytest.fixture(scope="session")
def reader() -> Reader:
    return load_reader()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "torihiki.db"
    with open_store(f"sqlite:///{path}") as store:
        make_index(store.engine)
    return path


@pytest.fixture(scope="session")
def empty_postgres(postgres_server: sa.Engine) -> Iterator[str]:
    """The name of a migrated database, to be copied likewise."""
    name = f"torihiki_template_{uuid.uuid4().hex[:12]}"
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    url = postgres_server.url.set(drivername="postgresql", database=name)
    with open_store(url.render_as_string(hide_password=False)) as store:
        make_index(store.engine)
    yield name
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(empty_sqlite, tmp_path / "torihiki.db")
    return f"sqlite:///{tmp_path / 'torihiki.db'}"


@pytest.fixture
def postgres_url(postgres_server: sa.Engine, empty_postgres: str) -> Iterator[str]:
    name = f"torihiki_test_{uuid.uuid4().hex[:12]}"
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{empty_postgres}"')
    url = postgres_server.url.set(drivername="postgresql", database=name)
    yield url.render_as_string(hide_password=False)
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def room(database_url: str, reader: Reader) -> Iterator[Newsroom]:
    """On SQLite and on PostgreSQL."""
    with open_store(database_url) as store:
        yield Newsroom(store, reader)


@pytest.fixture
def sqlite_room(sqlite_url: str, reader: Reader) -> Iterator[Newsroom]:
    """Where the kind of database does not matter."""
    with open_store(sqlite_url) as store:
        yield Newsroom(store, reader)
