"""Dispatching works off a backlog without Prefect: what fails is tried apart, others are waited for."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flows.batching import Backlog, BatchSize
from flows.dispatch import Dispatcher
from flows.intake import Tally, Wanted
from flows.report import Outcome
from flows.watching import Nobody
from flows.work import BatchFailedError, BatchReport, Worker, WorkOrder
from pipeline.article import Article, make_article
from pipeline.errors import ModelError, StoreError
from pipeline.settings import Settings
from pipeline.store import Done, Store, open_store
from tests.flows.fake_extractor import POISON
from tests.store.making import Extraction

Do = Callable[[int, Sequence[str], int], BatchReport]


def articles(*texts: str) -> list[Article]:
    """Articles of these texts."""
    return [make_article(text, source=f"{n}.txt") for n, text in enumerate(texts)]


FIVE = articles(*(f"第{n}報、青空電機は{n}億円を払う。" for n in range(5)))


class Bench:
    """A run of its own over stored articles, with the fake extractor in threads."""

    def __init__(self, store: Store, found: list[Article]) -> None:
        store.articles.save(found)
        self.store = store
        self.run_id = store.runs.start("archive", {}, extractor_version="fake-1")
        self.outcome = Outcome(run_id=self.run_id, extractor_version="fake-1", tally=Tally())
        self.backlog = Backlog()
        self.backlog.add((one.id, len(one.text)) for one in found)
        order = WorkOrder(
            run_id=self.run_id,
            database_url=store.url,
            settings=Settings().model_dump_json(),
            extractor="tests.flows.fake_extractor",
            version="fake-1",
        )
        self.worker = Worker(order)
        self.submitted: list[int] = []

    def do(self, batch_id: int, ids: Sequence[str], _characters: int) -> BatchReport:
        """What the worker does."""
        self.submitted.append(len(ids))
        return self.worker.do(batch_id, ids)

    def work(self, do: Do | None = None, **options: Any) -> Outcome:
        """Dispatch until all is done."""
        all_read = threading.Event()
        all_read.set()
        with ThreadPoolExecutor(2) as threads:
            Dispatcher(
                self.store,
                self.backlog,
                self.outcome,
                Wanted(version="fake-1", run_id=self.run_id),
                submit=lambda *batch: threads.submit(do or self.do, *batch),
                slots=lambda: 2,
                watcher=Nobody(),
                **options,
            ).work(all_read)
        return self.outcome

    def close(self) -> None:
        """Give the connections back."""
        self.worker.store.close()


@pytest.fixture
def bench(store: Store) -> Iterator[Callable[[list[Article]], Bench]]:
    """Makes benches, and puts them away."""
    made: list[Bench] = []

    def make(found: list[Article]) -> Bench:
        made.append(Bench(store, found))
        return made[-1]

    yield make
    for one in made:
        one.close()


Make = Callable[[list[Article]], Bench]


def test_all_that_waits_is_done_and_saved(bench: Make, store: Store) -> None:
    outcome = bench(FIVE).work()
    assert (outcome.extracted, outcome.changes.new, outcome.failed) == (5, 5, 0)
    assert store.records.count() == 5


def test_batches_are_cut_to_size(bench: Make) -> None:
    one = bench(FIVE)
    one.work(size=BatchSize(articles=2))
    assert sorted(one.submitted) == [1, 2, 2]


def test_an_article_at_fault_is_quarantined_and_the_others_are_done(
    bench: Make, store: Store
) -> None:
    outcome = bench([*FIVE, *articles(POISON)]).work()
    assert (outcome.extracted, outcome.failed) == (5, 1)
    (item,) = store.quarantine.open_items()
    assert "ValueError: this text was too much" in item.reason


def test_a_batch_that_fails_as_a_whole_is_tried_article_by_article(
    bench: Make, store: Store
) -> None:
    one = bench(FIVE)
    victim = FIVE[2].id

    def do(batch_id: int, ids: Sequence[str], characters: int) -> BatchReport:
        if victim in ids:
            msg = "the worker died"
            raise BatchFailedError(msg)
        return one.do(batch_id, ids, characters)

    outcome = one.work(do)
    assert (outcome.extracted, outcome.failed) == (4, 1)
    assert store.ledger.state_of([victim], "fake-1") == {victim: Done.FAILED}
    (item,) = store.quarantine.open_items()
    assert (item.article_id, item.reason) == (victim, "the worker died")


def test_a_death_that_was_no_articles_fault_costs_none(bench: Make, store: Store) -> None:
    one = bench(FIVE)
    deaths = iter([True, True])

    def do(batch_id: int, ids: Sequence[str], characters: int) -> BatchReport:
        if next(deaths, False):
            msg = "somebody killed the worker"
            raise BatchFailedError(msg)
        return one.do(batch_id, ids, characters)

    outcome = one.work(do)
    assert (outcome.extracted, outcome.failed) == (5, 0)
    assert store.records.count() == 5


@pytest.mark.parametrize("error", [StoreError("gone"), ModelError("none"), RuntimeError("ours")])
def test_what_no_article_can_be_blamed_for_ends_the_run(
    bench: Make, store: Store, error: Exception
) -> None:
    def do(*_: object) -> BatchReport:
        raise error

    with pytest.raises(type(error)):
        bench(FIVE).work(do)
    assert list(store.quarantine.open_items()) == []


def test_what_another_run_has_in_hand_is_waited_for(bench: Make, store: Store) -> None:
    one = bench(FIVE)
    other = store.runs.start("archive", {})
    claimed = [(article.id, len(article.text)) for article in FIVE[:2]]
    store.ledger.claim(other, "fake-1", claimed, living_runs=store.runs.living())

    def finish() -> None:
        found = [Extraction(article.id) for article in FIVE[:2]]
        store.records.save_extractions(found, version="fake-1", run_id=other)

    timer = threading.Timer(1.5, finish)
    timer.start()
    outcome = one.work()
    timer.join()
    assert (outcome.extracted, outcome.elsewhere) == (3, 2)
    assert store.records.count() == 3


def test_what_another_run_left_when_it_died_is_taken_over(
    bench: Make, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench(FIVE)
    monkeypatch.setattr(os, "getpid", lambda: 2**22 - 1)  # no such process
    dead = store.runs.start("archive", {})
    monkeypatch.undo()
    claimed = [(one.id, len(one.text)) for one in FIVE]
    store.ledger.claim(dead, "fake-1", claimed, living_runs=())
    assert one.work().extracted == 5


def test_a_second_store_sees_what_the_first_has_done(bench: Make, store: Store) -> None:
    bench(FIVE).work()
    with open_store(store.url, create=False) as again:
        states = again.ledger.state_of([one.id for one in FIVE], "fake-1")
    assert set(states.values()) == {Done.DONE}
