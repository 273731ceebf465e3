"""A newsroom on each kind of database, and an extractor without GiNZA, for the tests of learning."""

import pytest

from pipeline.extract import Extractor
from tests.review.fixtures import (
    empty_postgres,
    empty_sqlite,
    postgres_url,
    reader,
    room,
    sqlite_room,
    sqlite_url,
)

__all__ = [
    "empty_postgres",
    "empty_sqlite",
    "postgres_url",
    "reader",
    "room",
    "sqlite_room",
    "sqlite_url",
]


@pytest.fixture(scope="session")
def quick() -> Extractor:
    """Gazetteer, grammar and rules; neither GiNZA nor trained parts, so it loads at once."""
    from pipeline.active import Choice
    from pipeline.load import load_extractor
    from pipeline.settings import Settings

    return load_extractor(Settings(), use_ner=False, use_parse=False, choice=Choice())
