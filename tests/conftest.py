"""Fixtures that every part shares: the model, the extractor, throw-away databases, ../shared.

What a machine lacks (PostgreSQL, Chromium, ../shared) skips its tests with the reason. With
TORIHIKI_CI=1 nothing may be skipped: a skip counts as a failure.
"""

import os
import shutil
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from spacy.language import Language

    from pipeline.extract import Extractor
    from pipeline.store import Store

REPO_ROOT = Path(__file__).resolve().parents[1]
SHARED = REPO_ROOT.parent / "shared"
NO_SKIPS = os.environ.get("TORIHIKI_CI") == "1"

POSTGRES = os.environ.get(
    "TORIHIKI_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test"
)


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where nothing may be skipped, turn a skip into a failure that keeps its reason."""
    if NO_SKIPS and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: nothing may be skipped with TORIHIKI_CI=1: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge every test's report by the rule about skips."""
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge a whole file's report likewise."""
    report = yield
    _forbid_skip(report)
    return report


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The folder that holds pyproject.toml."""
    return REPO_ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the gold articles beside the repository; skips where there is none."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the gold articles in {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def nlp() -> "Language":
    """GiNZA, loaded once for all tests."""
    from pipeline.annotate import load_nlp

    return load_nlp("ja_ginza")


@pytest.fixture(scope="session")
def extractor() -> "Extractor":
    """The extractor of the default settings, loaded once for all tests."""
    from pipeline.load import load_extractor
    from pipeline.settings import Settings

    return load_extractor(Settings())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.Engine]:
    """A PostgreSQL server to make databases on; skips where there is none."""
    engine = sa.create_engine(
        POSTGRES, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
    )
    try:
        with engine.connect():
            pass
    except sa.exc.OperationalError as error:
        engine.dispose()
        pytest.skip(f"needs PostgreSQL at {POSTGRES} (TORIHIKI_TEST_POSTGRES): {error.orig}")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_url(postgres_server: sa.Engine) -> Iterator[str]:
    """The URL of a PostgreSQL database of this test's own."""
    name = f"torihiki_test_{uuid.uuid4().hex[:12]}"
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield postgres_server.url.set(drivername="postgresql", database=name).render_as_string(
        hide_password=False
    )
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database of this test's own, not made yet."""
    return f"sqlite:///{tmp_path / 'torihiki.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind, one after the other."""
    url = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(url, str)
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows, to be copied."""
    from pipeline.store import upgrade

    file = tmp_path_factory.mktemp("migrated") / "torihiki.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: sa.Engine) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables, which each test leaves empty."""
    from pipeline.store import upgrade

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
def store(request: pytest.FixtureRequest, tmp_path: Path) -> "Iterator[Store]":
    """An empty store, on SQLite and on PostgreSQL, migrated once for all tests."""
    from pipeline.store import open_store

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
    from pipeline.store.migrate import VERSION_TABLE

    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for name in sa.inspect(connection).get_table_names():
            if name != VERSION_TABLE:
                connection.execute(sa.delete(sa.table(name)))


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Prefect server of our own for all tests of flows, in processes of their own too.

    PREFECT_API_URL names it within the session.
    """
    saved = {name: os.environ.get(name) for name in ("PREFECT_HOME", "PREFECT_API_URL")}
    os.environ.pop("PREFECT_API_URL", None)
    os.environ["PREFECT_HOME"] = str(tmp_path_factory.mktemp("prefect"))
    from flows.quiet import prefect_ready

    with prefect_ready():
        yield
    for name, value in saved.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
