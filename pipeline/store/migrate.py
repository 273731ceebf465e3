"""The schema's versions: which one a database has, and how it comes to ours (Alembic)."""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from pipeline.errors import StoreError
from pipeline.store.engine import make_engine, parse_url, place_of, sqlite_file

VERSION_TABLE = "torihiki_version"
_ADVISORY_LOCK = 0x746F7269  # any number, the same in all our processes


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """Where a database's schema stands.

    Attributes:
        current: revision of the database; None where it has no tables of ours yet.
        head: the newest revision that this program knows.
        pending: revisions from `current` to `head`, oldest first.
        known: whether `current` is one that this program knows (False: a newer program's).
    """

    current: str | None
    head: str
    pending: tuple[str, ...]
    known: bool


def schema_state(engine: sa.Engine) -> SchemaState:
    """Compare the database with the program's migrations; writes nothing."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        current = context.get_current_revision()
    scripts = ScriptDirectory.from_config(_config())
    head = scripts.get_current_head()
    if head is None:
        msg = "the migrations are missing from this installation; install torihiki again"
        raise StoreError(msg)
    chain = [script.revision for script in scripts.walk_revisions()][::-1]
    known = current is None or current in chain
    pending = chain[chain.index(current) + 1 :] if current in chain else chain
    return SchemaState(
        current=current, head=head, pending=tuple(pending) if known else (), known=known
    )


def upgrade(url: str) -> tuple[str, ...]:
    """See `pipeline.store.upgrade`."""
    parsed = parse_url(url)
    engine = make_engine(parsed)
    try:
        _make_folder(parsed)
        state = schema_state(engine)
        refuse_newer(parsed, state)
        if state.pending:
            _apply(engine)
        return state.pending
    finally:
        engine.dispose()


def refuse_newer(url: sa.URL, state: SchemaState) -> None:
    """Stop before this program writes into a schema that it does not know.

    Raises:
        StoreError: where the database was made by a newer Torihiki.
    """
    if not state.known:
        msg = (
            f"the database {place_of(url)} has schema {state.current}, newer than this Torihiki "
            f"knows ({state.head}); install the Torihiki that made it, or give another --db"
        )
        raise StoreError(msg)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "pipeline.store:migrations")
    return config


def _make_folder(url: sa.URL) -> None:
    file = sqlite_file(url)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = (
            f"the folder {file.parent} for the database cannot be made: {error.strerror}; "
            "give a path that can be written with --db"
        )
        raise StoreError(msg) from error


def _apply(engine: sa.Engine) -> None:
    """All pending migrations in one transaction, under a lock."""
    config = _config()
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            # WAL lets readers and one writer work at once; the file remembers it. Foreign keys
            # rest while batch migrations rebuild tables; the pragma works outside transactions.
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                connection.rollback()
                msg = f"the migration would leave {len(broken)} dangling references; none applied"
                raise StoreError(msg)
        connection.commit()
        # The pragma is the connection's, which must not go back to the pool with it off.
        connection.invalidate()
