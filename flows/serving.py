"""The feeds flow by a schedule on one machine, with what Prefect's `serve` is made of.

Each run is a process of its own, so that nothing grows over months; between two runs only this
process, which waits, and Prefect's server are there.
"""

import asyncio
import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Interval
from prefect.types.entrypoint import EntrypointType

from flows.feeds import feeds
from flows.work import EXTRACTOR
from pipeline.ingest.feedschedule import Mode
from pipeline.store.rows import now

NAME = "torihiki-serve"
_FIRST = timedelta(seconds=5)  # until the first run
_LAST_WORDS = 5.0  # seconds that the runner's connections get to end


def deployment(
    feeds_file: Path, *, every: timedelta, extractor: str = EXTRACTOR, in_process: bool = False
) -> RunnerDeployment:
    """The flow with its schedule.

    Args:
        feeds_file: the list of feeds.
        every: how often to look which feeds are due.
        extractor: as `feeds`.
        in_process: as `feeds`.
    """
    parameters: dict[str, Any] = {
        "feeds_file": str(feeds_file.resolve()),
        "mode": Mode.DUE.value,
        "extractor": extractor,
        "in_process": in_process,
    }
    made: Any = feeds.to_deployment(
        NAME,
        schedule=Interval(every, anchor_date=now() + _FIRST),
        parameters=parameters,
        description="Polls the feeds that are due, and extracts what they bring.",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert isinstance(made, RunnerDeployment)  # noqa: S101 - outside of a loop it is no coroutine
    return made


class _Runner(Runner):
    """Prefect's runner, which takes SIGTERM for what it takes Ctrl-C for.

    Its own handler calls a coroutine that nobody awaits (3.8.8), and runs under way are left to
    themselves.
    """

    def handle_sigterm(self, *_: Any, **__: Any) -> None:
        signal.raise_signal(signal.SIGINT)


async def _until_stopped(runner: Runner) -> None:
    try:
        await runner.start()
    finally:
        # The runner has ended its processes; what hears from them hears that they are gone. Were
        # it cancelled before, asyncio would complain of it.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            await asyncio.wait(left, timeout=_LAST_WORDS)


def serve_feeds(feeds_file: Path, *, every: timedelta, **options: Any) -> None:
    """Run the flow by its schedule until SIGTERM or Ctrl-C.

    A run that is under way then is ended; what it had begun is finished by the next.
    """
    runner = _Runner(name=NAME, limit=1, pause_on_shutdown=True)
    runner.add_deployment(deployment(feeds_file, every=every, **options))
    with suppress(KeyboardInterrupt):
        asyncio.run(_until_stopped(runner))
