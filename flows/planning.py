"""Before a run: what it would do, and whether it can. Needs no Prefect and loads no model."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from flows.batching import Backlog, Rerun
from flows.intake import Intake, Wanted
from flows.quiet import has_server
from flows.report import Outcome
from flows.watching import current_watcher
from flows.work import EXTRACTOR, version_of
from pipeline.article import Article
from pipeline.errors import NoDatabaseError, Quarantined, SettingsError
from pipeline.ingest import ReadOptions, read_paths, read_stream
from pipeline.settings import load_settings
from pipeline.store import Store, open_store
from pipeline.store.rows import now, sortable_time

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def read(
    paths: Sequence[str], options: ReadOptions | None = None
) -> Iterator[Article | Quarantined]:
    """The articles of files, folders and archives; "-" is standard input."""
    chosen = options or ReadOptions()
    for path in paths:
        if path == "-":
            yield from read_stream(sys.stdin.buffer, "-", options=chosen)
        else:
            yield from read_paths([Path(path)], options=chosen)


def check_database(database_url: str | None, *, shared: bool) -> None:
    """Make sure that a run can write.

    Args:
        database_url: None for the settings'.
        shared: whether workers on other machines write, too.

    Raises:
        StoreError: the database cannot be reached or written.
        SettingsError: it is a file, which other machines cannot share.
    """
    url = load_settings(database_url=database_url).database_url
    with open_store(url) as store:
        if shared and store.engine.dialect.name == "sqlite":
            msg = (
                f"{store.place} is a file of this machine; the workers of a Dask cluster need "
                "PostgreSQL: --db postgresql://USER@HOST/DATABASE"
            )
            raise SettingsError(msg)
        store.check_writable()


def check_cluster(address: str) -> None:
    """Make sure that the workers of a Dask cluster can reach a Prefect server.

    Raises:
        SettingsError: the cluster is on other machines, and the only server would be on this one.
    """
    host = urlsplit(address if "://" in address else f"tcp://{address}").hostname or ""
    if host not in _HERE and not has_server():
        msg = (
            f"the workers at {address} need a Prefect server that they can reach: start one "
            "(`prefect server start --host 0.0.0.0`) and set PREFECT_API_URL to it"
        )
        raise SettingsError(msg)


def plan(
    paths: Sequence[str],
    *,
    database_url: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    rerun: Rerun | None = None,
    reading: ReadOptions | None = None,
    extractor: str = EXTRACTOR,
) -> Outcome:
    """What the archive flow would read and extract: a dry run, which writes nothing.

    Raises:
        TorihikiError: the database, the models or an option cannot be used.
    """
    settings = load_settings(database_url=database_url)
    version = version_of(extractor, settings)
    wanted = Wanted(
        version=version,
        since=sortable_time(since),
        limit=limit,
        rerun=rerun,
        done_since=now() if rerun is Rerun.ALL else None,
    )
    backlog = Backlog()
    with ExitStack() as stack:
        store: Store | None = None
        try:
            store = stack.enter_context(open_store(settings.database_url, create=False))
        except NoDatabaseError:
            current_watcher().note("there is no database yet: every article is new")
        intake = Intake(store, backlog, wanted)
        intake.take_in(read(paths, reading))
    return Outcome(
        run_id=None, extractor_version=version, tally=intake.tally, characters=backlog.characters
    )
