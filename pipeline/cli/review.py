"""`torihiki review`: the page where people check records."""

import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.database import DatabaseOption
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.store import Store

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def review(
    db: DatabaseOption = None,
    host: Annotated[str, typer.Option(help="待ち受ける宛先 · address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="ポート、0で空いているもの · port, 0 for a free one."),
    ] = 8765,
    https_only: Annotated[
        bool,
        typer.Option(
            "--https-only",
            help="HTTPS を終端する前段の後ろで使う：Cookie を HTTPS に限る · behind a proxy that "
            "speaks HTTPS: cookies travel over HTTPS only.",
        ),
    ] = False,
) -> None:
    """抽出した取引を人が確かめる画面を開く · Serve the page where people check records.

    Stop it with Ctrl-C; every acknowledged decision is in the database by then.

    Example: `torihiki review --db sqlite:///data/processed/torihiki.db --port 8765`
    """
    import uvicorn

    from pipeline.gazetteer.companies import load_companies
    from pipeline.gazetteer.vocabulary import load_vocabulary
    from pipeline.review.reading import Reader
    from pipeline.settings import load_settings
    from pipeline.store import open_store
    from pipeline.web.app import create_app

    settings = load_settings(database_url=db)
    reader = Reader(
        vocabulary=load_vocabulary(settings.models_dir),
        companies=load_companies(settings.models_dir),
    )
    with open_store(settings.database_url, create=False) as store:
        _index(store)
        _warn(store, host, https_only=https_only)
        app = create_app(store, reader, https_only=https_only)
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        )
        listener = listen(host, port)
        shown = f"[{host}]" if ":" in host else host
        print(f"http://{shown}:{listener.getsockname()[1]}/", flush=True)
        with listener:
            server.run(sockets=[listener])


def _index(store: "Store") -> None:
    """Enter what came in since the last time into the search index, with a bar where it is long."""
    from rich.console import Console
    from rich.progress import Progress

    from pipeline.store.review_search import count_missing, make_index, refresh

    make_index(store.engine)
    missing = count_missing(store.engine)
    if missing:
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("検索の索引 · search index", total=missing)
            refresh(store.engine, lambda number: bar.update(task, advance=number))


def _warn(store: "Store", host: str, *, https_only: bool) -> None:
    """Say what keeps people from working, or puts their passwords at risk."""
    from pipeline.store.accounts import Accounts

    if not Accounts(store.engine).list_users():
        print(
            "torihiki: there are no users yet; add one: torihiki users add NAME --role admin",
            file=sys.stderr,
        )
    if host not in _LOOPBACK and not https_only:
        print(
            f"torihiki: {host} is open to the network without HTTPS, passwords can be read on the "
            "way; put a proxy with HTTPS before it and give --https-only",
            file=sys.stderr,
        )


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on, taken before anything is said to run.

    Raises:
        SettingsError: the address or port cannot be had.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        msg = f"cannot listen on {host} port {port}: {error.strerror}; give --host or --port"
        raise SettingsError(msg) from error
    # What it accepts inherits this; asyncio sets it only for sockets that it made itself. Without it
    # every page waits 40 ms until the browser has acknowledged its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("review")(review)
