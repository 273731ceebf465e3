"""Ctrl-C is noted at any moment, and heeded where the work can be left in order."""

import os
import signal
import threading
import time

import pytest

from flows.interrupt import current_interrupt, noting_ctrl_c
from flows.pool import PoolClosedError, WorkerPool
from pipeline.store import open_store
from tests.flows.fake_extractor import SECONDS
from tests.flows.test_pool import GOOD, claim, make_order


def press() -> None:
    """Ctrl-C, and time for Python to see it."""
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)


def test_outside_of_deferred_work_it_interrupts_at_once() -> None:
    with noting_ctrl_c() as interrupt:
        with pytest.raises(KeyboardInterrupt):
            press()
        assert interrupt.asked
    assert not current_interrupt().asked


def test_deferred_work_goes_on_until_it_heeds() -> None:
    with noting_ctrl_c() as interrupt, interrupt.deferred():
        press()
        assert current_interrupt() is interrupt
        with pytest.raises(KeyboardInterrupt):
            interrupt.heed()


def test_the_impatient_are_heard_at_the_second_time() -> None:
    with noting_ctrl_c() as interrupt, interrupt.deferred():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()


def test_a_pool_that_is_left_tells_who_waits_and_who_works(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECONDS, "60")
    with open_store(sqlite_url) as store:
        store.articles.save([GOOD])
        order = make_order(store)
        batch = claim(store, order, GOOD)
        raised: list[type[BaseException]] = []

        def work(pool: WorkerPool) -> None:
            try:
                pool.run(batch, [GOOD.id], 10)
            except PoolClosedError as error:
                raised.append(type(error))

        started = time.monotonic()
        with WorkerPool(order, 1) as pool:
            both = [threading.Thread(target=work, args=(pool,)) for _ in range(2)]
            for thread in both:
                thread.start()
            time.sleep(1.0)
        for thread in both:
            thread.join(timeout=20)
    assert raised == [PoolClosedError, PoolClosedError]
    assert time.monotonic() - started < 20
