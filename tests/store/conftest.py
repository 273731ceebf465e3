"""An opened store of each kind of database."""

from collections.abc import Iterator

import pytest

from pipeline.store import Store, open_store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store, on SQLite and on PostgreSQL."""
    with open_store(database_url) as opened:
        yield opened
