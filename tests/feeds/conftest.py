"""Sites that misbehave, and a fetcher that may reach them."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.ingest.fetch import Fetcher, FetchLimits
from pipeline.ingest.fetchguard import make_guard
from pipeline.ingest.fetchhosts import HostLimits
from pipeline.store import upgrade
from pipeline.store.engine import make_engine, parse_url
from pipeline.store.migrate import VERSION_TABLE
from tests.feeds.newsroom import Newsroom, opened
from tests.feeds.site import Site, serving

LIMITS = FetchLimits(max_bytes=100_000, seconds=1.0, silence_seconds=0.6, max_redirects=4)


@pytest.fixture
def site() -> Iterator[Site]:
    """A news site of this test's own."""
    with serving() as opened:
        yield opened


@pytest.fixture
def forbidden() -> Iterator[Site]:
    """A site that nobody may ask: it stands for a service inside the network."""
    with serving() as opened:
        yield opened
        assert opened.asked == []


@pytest.fixture
def fetcher(site: Site) -> Iterator[Fetcher]:
    """A fetcher that may reach `site` and nothing else on this machine."""
    with Fetcher(
        make_guard([site.host]),
        contact="mailto:desk@example.org",
        limits=LIMITS,
        hosts=HostLimits(interval=0.0, at_once=8),
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
def sqlite_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with its tables, to be copied."""
    path = tmp_path_factory.mktemp("made") / "made.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_made(postgres_server: sa.Engine) -> Iterator[str]:
    """The URL of a PostgreSQL database with its tables, for one test after the other."""
    name = f"torihiki_feeds_{uuid.uuid4().hex[:12]}"
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    url = _url(postgres_server, name)
    upgrade(url)
    yield url
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def _url(server: sa.Engine, name: str) -> str:
    url = server.url.set(drivername="postgresql", database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(sqlite_made: Path, tmp_path: Path) -> str:
    """A SQLite database of this test's own, with its tables."""
    path = tmp_path / "torihiki.db"
    shutil.copy(sqlite_made, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_made: str) -> str:
    """A PostgreSQL database with tables that are empty: to make one takes seconds."""
    engine = make_engine(parse_url(postgres_made))
    with engine.begin() as connection:
        # Not the events of reviews, which cannot be taken away.
        there = set(sa.inspect(connection).get_table_names()) - {"review_events", VERSION_TABLE}
        names = ", ".join(sorted(there))
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    engine.dispose()
    return postgres_made


@pytest.fixture
def newsroom(database_url: str, site: Site) -> Iterator[Newsroom]:
    """A newsroom on SQLite and on PostgreSQL."""
    with opened(database_url, site) as room:
        yield room
