"""A batch is tried again when the database was at fault, and not when an article was."""

from collections.abc import Callable
from typing import Any

import pytest

from flows.work import BatchFailedError, BatchReport, WorkOrder
from pipeline.errors import ModelError, StoreError
from pipeline.store import Changes

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("prefect_server")]

ORDER = WorkOrder(run_id=1, database_url="", settings="{}", extractor="none", version="v1")
REPORT = BatchReport(
    batch_id=1,
    articles=1,
    characters=10,
    changes=Changes(),
    kinds={},
    dropped={},
    failures=(),
    seconds=0.1,
    worker="here:1",
    memory_bytes=0,
)


class Pool:
    """Fails as told, and then does not."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.calls = 0

    def run(self, *_: Any) -> BatchReport:
        """One attempt."""
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)
        return REPORT


@pytest.fixture
def attempt(monkeypatch: pytest.MonkeyPatch) -> Callable[[Pool], BatchReport]:
    """Runs the batch task in a flow, without the pauses between attempts."""
    from prefect import flow

    from flows import archive

    def go(pool: Pool) -> BatchReport:
        monkeypatch.setattr(archive, "_pool", pool)
        task = archive.extract_batch.with_options(retry_delay_seconds=0, retry_jitter_factor=0.0)

        @flow(persist_result=False, validate_parameters=False)
        def one() -> BatchReport:
            return task(ORDER, 1, ["0" * 32], 10)

        return one()

    return go


def test_a_busy_database_is_tried_again(attempt: Callable[[Pool], BatchReport]) -> None:
    pool = Pool(StoreError("locked"), StoreError("locked"))
    assert attempt(pool) == REPORT
    assert pool.calls == 3


def test_a_database_that_stays_away_is_given_up(attempt: Callable[[Pool], BatchReport]) -> None:
    pool = Pool(*[StoreError(f"gone {n}") for n in range(9)])
    with pytest.raises(StoreError, match="gone 3"):
        attempt(pool)
    assert pool.calls == 4


@pytest.mark.parametrize(
    "error", [BatchFailedError("died"), ModelError("none"), ValueError("ours")]
)
def test_what_will_not_pass_is_not_tried_again(
    attempt: Callable[[Pool], BatchReport], error: Exception
) -> None:
    pool = Pool(error)
    with pytest.raises(type(error)):
        attempt(pool)
    assert pool.calls == 1


def test_attempts_are_further_and_further_apart() -> None:
    from flows.archive import extract_batch

    assert extract_batch.retries == 3
    assert extract_batch.retry_delay_seconds == [2, 10, 30]
