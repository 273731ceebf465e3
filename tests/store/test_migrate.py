"""The schema comes to be the same way on both databases, once, and is never taken for another."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from pipeline.errors import NoDatabaseError, StoreError
from pipeline.store import open_store, upgrade
from pipeline.store.engine import make_engine, parse_url
from pipeline.store.migrate import VERSION_TABLE, schema_state
from pipeline.store.tables import metadata

VERSION = sa.table(VERSION_TABLE, sa.column("version_num"))


def test_migrations_make_the_tables_that_the_program_uses(database_url: str) -> None:
    upgrade(database_url)
    engine = make_engine(parse_url(database_url))
    ours = set(metadata.tables)
    options = {
        "version_table": VERSION_TABLE,
        # Parts that are not loaded here have tables of their own in the same database.
        "include_object": lambda item, name, kind, _reflected, _other: (
            name in ours if kind == "table" else item.table.name in ours
        ),
    }
    with engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts=options), metadata
        )
    engine.dispose()
    assert [one for one in differences if one[0] not in {"remove_index"}] == []


def test_upgrade_says_what_it_did_and_then_that_nothing_is_left(database_url: str) -> None:
    applied = upgrade(database_url)
    assert applied[0] == "0001_core"
    assert upgrade(database_url) == ()


def test_many_processes_may_open_a_new_database_at_once(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(open_store, [database_url] * 4))
    for store in opened:
        assert store.articles.count() == 0
        store.close()


def test_a_newer_schema_is_refused(database_url: str) -> None:
    upgrade(database_url)
    engine = make_engine(parse_url(database_url))
    with engine.begin() as connection:
        connection.execute(sa.update(VERSION).values(version_num="9999_future"))
    engine.dispose()
    for attempt in (open_store, upgrade):
        with pytest.raises(StoreError, match=r"9999_future, newer than this Torihiki"):
            attempt(database_url)


def test_an_older_schema_is_named_with_its_mend(database_url: str) -> None:
    upgrade(database_url)
    engine = make_engine(parse_url(database_url))
    head = schema_state(engine).head
    with engine.begin() as connection:
        connection.execute(sa.update(VERSION).values(version_num="0001_core"))
    engine.dispose()
    if head == "0001_core":
        pytest.fail("there is only one revision; take this test out until there are two")
    with pytest.raises(StoreError, match=r"older than this Torihiki.*torihiki db upgrade"):
        open_store(database_url)


def test_a_reading_command_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(NoDatabaseError, match=r"torihiki run archive PATH"):
        open_store(f"sqlite:///{tmp_path}/none/here.db", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("no url at all", "is no database URL", id="no URL"),
        pytest.param("mysql://me@host/db", "'mysql' are not supported", id="another kind"),
        pytest.param("sqlite://", "in memory cannot be shared", id="in memory"),
        pytest.param(
            "postgresql://nobody@127.0.0.1:1/none", "check that PostgreSQL runs", id="unreachable"
        ),
        pytest.param("sqlite:////proc/none/here.db", "cannot be made", id="folder not writable"),
        pytest.param("sqlite:////proc/here.db", "cannot be opened", id="file not writable"),
        pytest.param("sqlite:///{folder}", "cannot be opened", id="a folder"),
        pytest.param("sqlite:///{text}", "is no SQLite database", id="another file"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_so(tmp_path: Path, url: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("これはデータベースではない。" * 100, encoding="utf-8")
    filled = url.format(folder=tmp_path / "folder", text=tmp_path / "text")
    with pytest.raises(StoreError, match=said):
        open_store(filled)


def test_the_password_is_not_in_the_message() -> None:
    with pytest.raises(StoreError) as raised:
        open_store("postgresql://me:himitsu@127.0.0.1:1/none")
    assert "himitsu" not in str(raised.value)


def test_a_read_only_database_is_said_so(sqlite_url: str, tmp_path: Path) -> None:
    upgrade(sqlite_url)
    uri = f"sqlite:///file:{tmp_path / 'torihiki.db'}?mode=ro&uri=true"
    with open_store(uri) as store, pytest.raises(StoreError, match="is read-only"):
        store.check_writable()


def test_sqlite_is_set_up_for_several_processes(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store, store.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 60_000}


def test_every_foreign_key_holds(sqlite_url: str) -> None:
    with (
        open_store(sqlite_url) as store,
        store.engine.connect() as connection,
        pytest.raises(sa.exc.IntegrityError),
    ):
        connection.exec_driver_sql(
            "INSERT INTO evidence (record_id, slot, position, start, end, quote)"
            " VALUES ('none', 'amount', 0, 0, 1, 'x')"
        )
