"""The page served for real, and Chromium to use it."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from pipeline.review.ledger import Actor
from pipeline.review.reading import Reader
from pipeline.store import Store, open_store
from pipeline.web.app import create_app
from pipeline.web.site import SESSION_COOKIE, Site
from tests.review.fixtures import (
    empty_postgres,
    empty_sqlite,
    postgres_url,
    reader,
    sqlite_room,
    sqlite_url,
)
from tests.review.scene import Newsroom

__all__ = [
    "empty_postgres",
    "empty_sqlite",
    "postgres_url",
    "reader",
    "sqlite_room",
    "sqlite_url",
]

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=ja-JP",
]
PATIENCE = 15_000  # milliseconds, for a busy machine


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; skips where it is missing."""
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Served:
    """The page at an address; `open` gives a browser of a user, logged in."""

    url: str
    store: Store
    site: Site
    browser: Browser
    contexts: list[BrowserContext]

    def open(self, actor: Actor, **options: object) -> Page:
        user = self.site.gate.accounts.user_named(actor.name)
        assert user is not None
        session = self.site.gate.begin_session(user)
        context = self.browser.new_context(
            locale="ja-JP",
            viewport={"width": 1360, "height": 860},
            base_url=self.url,
            **options,  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": SESSION_COOKIE, "value": session.secret, "url": self.url}])
        self.contexts.append(context)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: problems.append(message.text) if message.type == "error" else None,
        )
        page.on(
            "response",
            lambda answer: (
                problems.append(f"{answer.status} {answer.request.method} {answer.url}")
                if answer.status >= 400
                else None
            ),
        )
        page.problems = problems  # type: ignore[attr-defined]
        return page


@pytest.fixture
def serve(chromium: Browser, reader: Reader) -> Iterator[Callable[[Store], Served]]:
    """Serves a store in a thread of this process until the test is over."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []
    contexts: list[BrowserContext] = []

    def start(store: Store) -> Served:
        app = create_app(store, reader)
        server = uvicorn.Server(
            uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=2)
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        return Served(f"http://127.0.0.1:{port}", store, app.state.site, chromium, contexts)

    yield start
    for context in contexts:
        context.close()
    for server, thread in running:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def newsroom(sqlite_room: Newsroom, serve: Callable[[Store], Served]) -> tuple[Newsroom, Served]:
    """One article with two records (tests/review/scene.py), served."""
    return sqlite_room, serve(sqlite_room.store)


@pytest.fixture
def fresh_store(sqlite_url: str) -> Iterator[Store]:
    with open_store(sqlite_url) as store:
        yield store
