"""Workers fit into the memory that they are given."""

import pytest

from flows.sizing import GIBIBYTE, MAIN_BYTES, WORKER_BYTES, parse_size, plan_workers
from pipeline.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("4G", 4 * GIBIBYTE),
        ("4g", 4 * GIBIBYTE),
        (" 4 GiB ", 4 * GIBIBYTE),
        ("2.5GB", int(2.5 * GIBIBYTE)),
        ("3500M", 3500 * 1024**2),
        ("1048576", 1048576),
    ],
)
def test_parse_size_reads_sizes(text: str, bytes_: int) -> None:
    assert parse_size(text) == bytes_


@pytest.mark.parametrize("text", ["", "much", "4X", "-4G", "0", "0G", "4G or so", "1e9"])
def test_parse_size_refuses_what_is_none(text: str) -> None:
    with pytest.raises(SettingsError, match="is no size of memory"):
        parse_size(text)


def test_memory_is_shared_among_the_workers() -> None:
    sizing = plan_workers(2, 8 * GIBIBYTE)
    assert sizing.workers == 2
    assert sizing.worker_bytes == (8 * GIBIBYTE - MAIN_BYTES) // 2


def test_memory_bounds_the_workers_where_their_number_is_not_given() -> None:
    assert plan_workers(None, MAIN_BYTES + WORKER_BYTES).workers == 1


def test_no_limit_is_no_limit() -> None:
    assert plan_workers(3, None).workers == 3
    assert plan_workers(3, None).worker_bytes is None
    assert plan_workers(None, None).workers >= 1


@pytest.mark.parametrize(
    ("workers", "memory", "said"),
    [
        pytest.param(0, None, "at least 1", id="no worker"),
        pytest.param(None, MAIN_BYTES, "at least 2.5G", id="not enough for one"),
        pytest.param(4, 4 * GIBIBYTE, "at least 7.0G", id="not enough for four"),
    ],
)
def test_too_little_memory_is_said_with_what_is_enough(
    workers: int | None, memory: int | None, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        plan_workers(workers, memory)
