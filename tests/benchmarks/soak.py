"""Months of feeds in minutes: polls of a misbehaving site, with kill -9 at random moments.

    python -m tests.benchmarks.soak                                  # SQLite, 200 polls
    python -m tests.benchmarks.soak --database postgresql://…/EMPTY

Checked at the end: every entry was extracted exactly once, nothing is in limbo, memory has not
grown. The extractor is the light one of the tests (amounts by a pattern), and a failed poll is
tried again after tenths of a second rather than seconds; all else is what `torihiki serve` runs.
Killed are polls of the first part; the last polls are one process, whose memory is measured.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from flows.quiet import prefect_ready
from pipeline.store import Store, open_store
from pipeline.store.feed_tables import feed_entries, feeds
from pipeline.store.tables import articles, batches, extractions
from tests.benchmarks.soak_site import Newsstand
from tests.feeds.site import serving

ROOT = Path(__file__).resolve().parents[2]
KILLED_SHARE = 0.3  # of the polls of the first part
FIRST_PART = 0.6  # of all polls
LONGEST_LIFE = 8.0  # seconds of a poll that is killed, some 1.2 times
WARM_UP = 5  # polls before memory is measured
QUIET = 3  # polls at the end, in which nothing is published
FETCH = """[fetch]
host_interval = "0.001s"
host_at_once = 32
timeout = "0.6s"
silence = "0.6s"
max_megabytes = 20

"""


@dataclass
class Figures:
    """What happened."""

    polls: int = 0
    kills: int = 0
    seconds: float = 0.0
    memory: list[float] = field(default_factory=list)  # MB after each poll of the last process


class Reader:
    """The process that polls; may be killed and started again."""

    def __init__(self, database: str, file: Path) -> None:
        self._command = [
            sys.executable, "-m", "tests.benchmarks.soak", "--worker", database, str(file),
        ]  # fmt: skip
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(  # noqa: S603 - our own program
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        if process.stdout is None or process.stdout.readline() != "ready\n":
            msg = "the polling process did not start"
            raise RuntimeError(msg)
        return process

    def poll(self, kill_after: float | None = None) -> dict[str, Any] | None:
        """Poll once; None where it was killed before it was done."""
        asking, answers = self._process.stdin, self._process.stdout
        assert asking is not None
        assert answers is not None
        asking.write("poll\n")
        asking.flush()
        if kill_after is not None:
            time.sleep(kill_after)
            self._process.send_signal(signal.SIGKILL)
            self.close()
            self._process = self._start()
            return None
        line = answers.readline()
        if not line:
            msg = f"the polling process ended with status {self._process.wait()}"
            raise RuntimeError(msg)
        numbers: dict[str, Any] = json.loads(line)
        return numbers

    def megabytes(self) -> float:
        """Memory that it has."""
        return float(psutil.Process(self._process.pid).memory_info().rss) / 1e6

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def work(database: str, file: str) -> None:
    """Be the process that polls: a poll for each line of the standard input."""
    from pydantic import SecretStr

    import flows.feeds

    flows.feeds.poll_feed = flows.feeds.poll_feed.with_options(retry_delay_seconds=[0.1, 0.2])
    say("ready")
    for _ in sys.stdin:
        outcome = flows.feeds.feeds(
            file,
            database_url=SecretStr(database),
            mode="force",
            extractor="tests.flows.fake_extractor",
            in_process=True,
        )
        say(json.dumps(outcome.counts() if outcome else {}))


def main() -> None:
    """Soak and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", help="an empty one; a SQLite file of its own if not given")
    parser.add_argument("--polls", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", nargs=2, metavar=("DATABASE", "FEEDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(*options.worker)
        return
    with tempfile.TemporaryDirectory() as folder, serving() as site:
        database = options.database or f"sqlite:///{folder}/soak.db"
        stand = Newsstand(site)
        file = Path(folder) / "feeds.toml"
        listed = (f'[[feed]]\nname = "{p[1:]}"\nurl = "{site.url}{p}"\n' for p in stand.paths)
        file.write_text(FETCH + "\n".join(listed), encoding="utf-8")
        os.environ["TORIHIKI_ALLOW_HOSTS"] = site.host
        os.environ["PREFECT_HOME"] = f"{folder}/prefect"
        os.environ.pop("PREFECT_API_URL", None)
        with prefect_ready():
            figures = soak(database, file, stand, options.polls, random.Random(options.seed))
        with open_store(database) as store:
            is_fine = judge(store, stand, figures)
    sys.exit(0 if is_fine else 1)


def soak(database: str, file: Path, stand: Newsstand, polls: int, chance: random.Random) -> Figures:
    """Poll so often, killing now and then."""
    reader, figures = Reader(database, file), Figures()
    typical = LONGEST_LIFE
    began = time.monotonic()
    for number in range(polls):
        if number < polls - QUIET:
            stand.publish()
        may_kill = number < polls * FIRST_PART and chance.random() < KILLED_SHARE
        started = time.monotonic()
        done = reader.poll(chance.uniform(0.0, 1.2 * typical) if may_kill else None)
        figures.polls += 1
        if done is None:
            figures.kills += 1
            figures.memory.clear()
        else:
            typical = min(time.monotonic() - started, LONGEST_LIFE)
            figures.memory.append(reader.megabytes())
        if number % 20 == 0:
            say(f"poll {number}, {figures.kills} killed: {done}")
    figures.seconds = time.monotonic() - began
    reader.close()
    return figures


def judge(store: Store, stand: Newsstand, figures: Figures) -> bool:
    """Print what came of it; whether all is as it has to be."""
    with store.engine.connect() as connection:
        attempts = Counter(connection.execute(sa.select(extractions.c.attempts)).scalars())
        ledger = Counter(connection.execute(sa.select(extractions.c.state)).scalars())
        open_batches = Counter(connection.execute(sa.select(batches.c.state)).scalars())
        entries = Counter(connection.execute(sa.select(feed_entries.c.state)).scalars())
        count = sa.select(sa.func.count())
        texts = connection.execute(count.select_from(articles)).scalar_one()
        held = connection.execute(count.where(feeds.c.run_id.is_not(None))).scalar_one()
    found = sorted(int(one.amount or 0) // 10**8 for one in store.records.stream())
    wanted = stand.standing()
    missing, doubled = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    memory = figures.memory[WARM_UP:]
    growth = memory[-1] - memory[0]
    say(
        f"{figures.polls} polls of {len(stand.paths)} feeds, {figures.kills} killed, in "
        f"{figures.seconds:.0f} s\n"
        f"entries {dict(entries)}, articles {texts:,}\n"
        f"extractions {dict(ledger)}, times each was extracted {dict(attempts)}\n"
        f"records {len(found):,} of {len(wanted):,}: missing {sum(missing.values())}, "
        f"doubled {sum(doubled.values())}\n"
        f"in limbo: feeds held {held}, runs alive {len(store.runs.living())}, "
        f"batches {dict(open_batches)}\n"
        f"memory over the last {len(memory)} polls: {memory[0]:.1f} → {memory[-1]:.1f} MB "
        f"({growth:+.1f}), highest {max(memory):.1f} MB; each tenth: "
        f"{', '.join(f'{one:.0f}' for one in memory[::10])}"
    )
    return (
        not missing
        and not doubled
        and set(attempts) == {1}
        and set(ledger) == {"done"}
        and set(entries) == {"done"}
        and held == 0
        and "claimed" not in open_batches
    )


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
