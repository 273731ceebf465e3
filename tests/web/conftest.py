"""The page in this process, with somebody logged in."""

from dataclasses import dataclass, replace

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline.review.ledger import Actor
from pipeline.review.reading import Reader
from pipeline.web.app import create_app
from pipeline.web.site import CSRF_HEADER, SESSION_COOKIE, Site
from tests.review.fixtures import (
    empty_postgres,
    empty_sqlite,
    postgres_url,
    reader,
    room,
    sqlite_room,
    sqlite_url,
)
from tests.review.scene import Newsroom

__all__ = [
    "empty_postgres",
    "empty_sqlite",
    "postgres_url",
    "reader",
    "room",
    "sqlite_room",
    "sqlite_url",
]


@dataclass(frozen=True)
class Desk:
    """The page over a newsroom; `client_of` gives a browser of a user."""

    app: FastAPI
    room: Newsroom

    @property
    def site(self) -> Site:
        site = self.app.state.site
        assert isinstance(site, Site)
        return site

    def stranger(self) -> TestClient:
        return TestClient(self.app, follow_redirects=False)

    def client_of(self, actor: Actor) -> TestClient:
        """Logged in, and sending the CSRF token with everything."""
        user = self.site.gate.accounts.user_named(actor.name)
        assert user is not None
        session = self.site.gate.begin_session(user)
        client = TestClient(self.app, follow_redirects=False)
        client.cookies.set(SESSION_COOKIE, session.secret)
        client.headers[CSRF_HEADER] = session.csrf
        return client

    def program_of(self, actor: Actor) -> TestClient:
        """With an API token, without cookies."""
        user = self.site.gate.accounts.user_named(actor.name)
        assert user is not None
        client = TestClient(self.app, follow_redirects=False)
        client.headers["authorization"] = f"Bearer {self.site.gate.make_token(user, 'test')}"
        return client


def _desk(room: Newsroom, reader: Reader) -> Desk:
    desk = Desk(create_app(room.store, reader, clock=room.clock), room)
    # Real hashes, but cheap ones: dozens of logins would take minutes.
    hasher = PasswordHasher(time_cost=1, memory_cost=1024)
    desk.site.gate = replace(desk.site.gate, hasher=hasher)
    return desk


@pytest.fixture
def desk(sqlite_room: Newsroom, reader: Reader) -> Desk:
    return _desk(sqlite_room, reader)


@pytest.fixture
def either_desk(room: Newsroom, reader: Reader) -> Desk:
    """On SQLite and on PostgreSQL."""
    return _desk(room, reader)
