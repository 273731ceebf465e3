"""Linking beside a run: what comes while it is little, the rest at the end, all of it once."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from flows import linking
from flows.linking import Linker
from pipeline.settings import load_settings
from pipeline.store import open_store
from pipeline.store.linking import LinkReport

Asked = list[Sequence[str] | None]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The articles of each call of `link_pending`, which links nothing here."""
    calls: Asked = []

    def link_pending(
        _store: Any, _kit: Any, *, article_ids: Sequence[str] | None, run_id: int | None
    ) -> LinkReport:
        del run_id
        calls.append(None if article_ids is None else list(article_ids))
        return LinkReport()

    monkeypatch.setattr("pipeline.store.linking.link_pending", link_pending)
    return calls


@pytest.fixture
def linker(tmp_path: Path) -> Iterator[Linker]:
    """A linker over an empty database."""
    settings = load_settings(database_url=f"sqlite:///{tmp_path}/test.db")
    with open_store(settings.database_url) as store:
        yield Linker(store, settings, None)


def wait_for(asked: Asked, calls: int) -> None:
    """Until so many calls were made."""
    until = time.monotonic() + 30
    while len(asked) < calls and time.monotonic() < until:
        time.sleep(0.01)


def test_what_an_earlier_run_left_comes_first(linker: Linker, asked: Asked) -> None:
    with linker:
        pass
    assert asked == [None]


def test_little_is_linked_as_it_comes(linker: Linker, asked: Asked) -> None:
    with linker:
        linker.tell(["a", "b"])
        wait_for(asked, 2)
        linker.tell(["c"])
        wait_for(asked, 3)
        assert asked == [None, ["a", "b"], ["c"]]
    assert asked == [None, ["a", "b"], ["c"]]


def test_what_comes_at_once_is_linked_together(linker: Linker, asked: Asked) -> None:
    for ids in (["a"], ["b"], ["c"]):
        linker.tell(ids)
    with linker:
        pass
    assert asked == [None, ["a", "b", "c"]]


def test_of_an_archive_what_is_more_waits_for_the_end(
    linker: Linker, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "_AS_IT_GOES", 2)
    with linker:
        linker.tell(["a", "b"])
        wait_for(asked, 2)
        linker.tell(["c"])
        linker.tell(["d"])
        assert asked == [None, ["a", "b"]]
    assert asked == [
        None,
        ["a", "b"],
        None,
    ]  # None: all that is not linked, however it is best done
