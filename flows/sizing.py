"""How many workers a machine has room for, and how much memory each may hold."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SettingsError

GIBIBYTE = 1024**3
MAIN_BYTES = 1 * GIBIBYTE  # reading, Prefect and its server
WORKER_BYTES = int(1.5 * GIBIBYTE)  # GiNZA over gated passages, with room to breathe

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": GIBIBYTE, "t": 1024 * GIBIBYTE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """How many worker processes, and the memory that each may hold (None without limit)."""

    workers: int
    worker_bytes: int | None


def parse_size(text: str) -> int:
    """Bytes of a size as people write it: 4G, 3500M, 2.5GiB.

    Raises:
        SettingsError: anything else.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", text, re.IGNORECASE)
    if match is None or float(match[1]) == 0:
        msg = f"{text!r} is no size of memory; write for instance 4G or 3500M"
        raise SettingsError(msg)
    return int(float(match[1]) * _UNITS[match[2].lower()])


def plan_workers(workers: int | None, max_memory: int | None) -> Sizing:
    """Fit the workers into the memory.

    Args:
        workers: as asked for; None for one a processor, as far as the memory goes.
        max_memory: bytes for the whole run; None for no limit (what is free then bounds the
            number of workers where that is not given).

    Raises:
        SettingsError: the memory is not enough for as many as asked for, or for one.
    """
    if workers is not None and workers < 1:
        msg = f"--workers is {workers}; give at least 1"
        raise SettingsError(msg)
    wished = workers or processors()
    if max_memory is None:
        fitting = wished if workers else min(wished, _room(available_bytes()))
        return Sizing(workers=max(1, fitting), worker_bytes=None)
    room = _room(max_memory)
    if room < (workers or 1):
        need = (MAIN_BYTES + (workers or 1) * WORKER_BYTES) / GIBIBYTE
        msg = (
            f"--max-memory {max_memory / GIBIBYTE:.1f}G is too little for {workers or 1} "
            f"worker(s); give at least {need:.1f}G"
        )
        raise SettingsError(msg)
    count = min(wished, room)
    return Sizing(workers=count, worker_bytes=(max_memory - MAIN_BYTES) // count)


def _room(memory: int) -> int:
    return (memory - MAIN_BYTES) // WORKER_BYTES


def available_bytes() -> int:
    """Memory that is free for us now: the machine's, or the container's where that is less."""
    found = [
        number
        for number in (
            _kilobytes(Path("/proc/meminfo"), "MemAvailable:"),
            _whole(Path("/sys/fs/cgroup/memory.max")),
        )
        if number is not None
    ]
    return min(found, default=MAIN_BYTES + WORKER_BYTES)


def _kilobytes(path: Path, label: str) -> int | None:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(label)), None)


def _whole(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
