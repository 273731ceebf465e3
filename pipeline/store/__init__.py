"""The database: articles, runs and their ledger, records, deals, quarantine.

`open_store(url)` gives a Store; everything else here is what its methods take and give.
"""

from dataclasses import dataclass
from types import TracebackType

import sqlalchemy as sa

from pipeline.errors import NoDatabaseError, StoreError
from pipeline.store.articles import Articles, Saved
from pipeline.store.deals import DealChange, DealFilter, DealRow, Deals, HumanLink, StoredDeal
from pipeline.store.engine import make_engine, parse_url, place_of, sqlite_file, writing
from pipeline.store.ledger import Batch, Done, Failure, Ledger
from pipeline.store.quarantine import Quarantine, StoredQuarantine
from pipeline.store.records import Changes, Found, RecordFilter, Records
from pipeline.store.rows import StoredRecord
from pipeline.store.runs import BatchTotals, Run, Runs
from pipeline.store.tables import runs

__all__ = [
    "Articles",
    "Batch",
    "BatchTotals",
    "Changes",
    "DealChange",
    "DealFilter",
    "DealRow",
    "Deals",
    "Done",
    "Failure",
    "Found",
    "HumanLink",
    "Ledger",
    "Quarantine",
    "RecordFilter",
    "Records",
    "Run",
    "Runs",
    "Saved",
    "Store",
    "StoredDeal",
    "StoredQuarantine",
    "StoredRecord",
    "join_store",
    "open_store",
    "upgrade",
]


@dataclass(frozen=True, slots=True)
class Store:
    """One database; safe to share between threads, to be opened anew in each process.

    Attributes:
        url: as given, for other processes.
        engine: SQLAlchemy's, for owners of tables of their own.
    """

    url: str
    engine: sa.Engine
    articles: Articles
    runs: Runs
    ledger: Ledger
    records: Records
    deals: Deals
    quarantine: Quarantine

    @property
    def place(self) -> str:
        """The database as a person names it, without password."""
        return place_of(self.engine.url)

    def check_writable(self) -> None:
        """Find out now whether the database takes changes; changes nothing.

        Raises:
            StoreError: it does not.
        """
        with writing(self.engine) as connection:
            connection.execute(sa.delete(runs).where(sa.false()))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


def upgrade(url: str) -> tuple[str, ...]:
    """Create the database's tables, or bring them to this program's schema.

    Several processes may call it at once: one works, the others wait and find it done.

    Returns:
        the revisions applied, oldest first; () where nothing was to do.

    Raises:
        StoreError: the database cannot be reached or written, or a newer program made it.
    """
    # Alembic takes half a second to load, which workers and readers need not wait for.
    from pipeline.store import migrate

    return migrate.upgrade(url)


def open_store(url: str, *, create: bool = True) -> Store:
    """Open the database; one that has no tables yet gets them.

    Args:
        url: sqlite:///PATH or postgresql://USER@HOST/DATABASE.
        create: False where there is no use for an empty database (reading commands).

    Raises:
        StoreError: it cannot be reached; its schema is older
            than the program (`torihiki db upgrade` mends that) or newer.
        NoDatabaseError: there is none yet, and it is not to be created.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        if not create:
            msg = (
                f"there is no database at {file}; `torihiki run archive PATH` or "
                "`torihiki run feeds` makes one"
            )
            raise NoDatabaseError(msg)
        upgrade(url)
    engine = make_engine(parsed)
    try:
        _check_schema(engine, create=create)
    except BaseException:
        engine.dispose()
        raise
    return _store(url, engine)


def join_store(url: str) -> Store:
    """Open a database that the process which started this one has opened before.

    Its schema is not looked at again.
    """
    return _store(url, make_engine(parse_url(url)))


def _store(url: str, engine: sa.Engine) -> Store:
    return Store(
        url=url,
        engine=engine,
        articles=Articles(engine),
        runs=Runs(engine),
        ledger=Ledger(engine),
        records=Records(engine),
        deals=Deals(engine),
        quarantine=Quarantine(engine),
    )


def _check_schema(engine: sa.Engine, *, create: bool) -> None:
    from pipeline.store.migrate import refuse_newer, schema_state

    state = schema_state(engine)
    refuse_newer(engine.url, state)
    if state.current is None and create:
        upgrade(engine.url.render_as_string(hide_password=False))
    elif state.current is None:
        msg = (
            f"the database {place_of(engine.url)} holds nothing of Torihiki's yet; "
            "`torihiki run archive PATH` fills it"
        )
        raise NoDatabaseError(msg)
    elif state.pending:
        msg = (
            f"the database {place_of(engine.url)} has schema {state.current}, older than this "
            f"Torihiki's {state.head}; run `torihiki db upgrade`"
        )
        raise StoreError(msg)
