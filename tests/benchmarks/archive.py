"""How fast an archive is extracted, beside GiNZA over all of it, and what it costs to grow.

usage: python tests/benchmarks/archive.py [--archive DIR] [--curve 1000 10000 100000] [--plot SVG]

Measures in one run, each in a process of its own: `ja_ginza` by `nlp.pipe` over the whole text;
`torihiki run archive` with one worker and with two; Prefect's part in it; and with --curve how time
and memory grow with the number of articles. Prints characters and articles a second, peak memory,
and the ratios. DIR is any folder of articles (default: the gold articles beside the repository).
"""

import argparse
import contextlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
GOLD = ROOT.parent / "shared" / "gold" / "articles"
MEBIBYTE = 1024**2
SEEN_EVERY = 1.0  # seconds; a look goes through all processes of the machine
SHORT = 600  # characters of an article of the curve

Numbers = dict[str, Any]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--archive", type=Path, default=GOLD, help="a folder of articles")
    parser.add_argument(
        "--naive-characters", type=int, default=120_000, help="how many GiNZA alone gets"
    )
    parser.add_argument("--curve", type=int, nargs="*", default=[], help="numbers of articles")
    parser.add_argument(
        "--workers", type=int, nargs="*", default=[1, 2], help="of the curve, how many at work"
    )
    parser.add_argument("--plot", type=Path, help="where to draw the curve (PNG or SVG)")
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        sys.stdout.write(json.dumps(CHILDREN[options.child[0]](*options.child[1:])))
        return
    if not options.archive.is_dir():
        parser.error(f"{options.archive}: no such folder; give one with --archive")
    compare(options.archive, options.naive_characters)
    prefect_share()
    if options.curve:
        curve(options.archive, options.curve, options.workers, options.plot)


def say(text: str = "") -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


# --- side by side -------------------------------------------------------------------------------


def compare(archive: Path, naive_characters: int) -> None:
    """GiNZA alone, one worker, two workers."""
    say(f"{'':28}{'articles/s':>12}{'characters/s':>14}{'peak MB':>9}{'ratio':>8}")
    naive = child("naive", str(archive), str(naive_characters))
    row("ja_ginza over all text", naive, naive)
    one = child("run", str(archive), "1")
    row("torihiki, 1 worker", one, naive)
    two = child("run", str(archive), "2")
    row("torihiki, 2 workers", two, naive)
    gain = per_second(two) / per_second(one)
    say(f"two workers over one: {gain:.2f} × on {os.cpu_count()} processors")
    say(
        f"{one['articles']:,} articles, {one['characters']:,} characters, {one['records']:,} records"
        f" (with two workers {two['records']:,}); GiNZA alone read {naive['characters']:,} of them"
    )


def per_second(numbers: Numbers) -> float:
    """Characters a second."""
    return float(numbers["characters"] / numbers["seconds"])


def row(name: str, numbers: Numbers, naive: Numbers) -> None:
    """One line of the comparison."""
    rate = per_second(numbers)
    articles = numbers["articles"] / numbers["seconds"]
    ratio = rate / per_second(naive)
    say(f"{name:28}{articles:12,.1f}{rate:14,.0f}{numbers['peak_mb']:9,.0f}{ratio:7.1f}×")


def child(*arguments: str) -> Numbers:
    """What a scenario measures in a process of its own."""
    done = subprocess.run(  # noqa: S603 - this program
        [sys.executable, __file__, "--child", *arguments],
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    numbers: Numbers = json.loads(done.stdout)
    return numbers


# --- scenarios ----------------------------------------------------------------------------------


def naive(archive: str, most: str) -> Numbers:
    """`nlp.pipe` over every paragraph of the articles, as a script of ten lines would do it."""
    import spacy

    texts, articles, characters = [], 0, 0
    for article in shuffled(archive):
        if characters >= int(most):
            break
        articles += 1
        characters += len(article.text)
        # SudachiPy refuses more than 49,149 bytes; paragraphs are far below that.
        texts += [line for line in article.text.splitlines() if line.strip()]
    nlp = spacy.load("ja_ginza")
    started = time.perf_counter()
    found = sum(len(doc.ents) for doc in nlp.pipe(texts, batch_size=64))
    seconds = time.perf_counter() - started
    return {
        "articles": articles,
        "characters": characters,
        "seconds": seconds,
        "entities": found,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def shuffled(archive: str) -> list[Any]:
    """The articles of a folder in an order of no meaning, always the same."""
    from pipeline.article import Article
    from pipeline.ingest import read_paths

    articles = [item for item in read_paths([Path(archive)]) if isinstance(item, Article)]
    random.Random(1).shuffle(articles)
    return articles


def run(archive: str, workers: str) -> Numbers:
    """The archive flow's own parts without Prefect, all loaded before the clock starts."""
    import pipeline.neardup  # noqa: F401 - a flow's reader loads it while the workers load theirs
    from flows.dispatch import IN_HAND

    count = int(workers)
    with bench(archive, "pipeline.load", count) as (dispatcher, pool, outcome, all_read):
        with ThreadPoolExecutor(count) as threads:  # each worker loads its model
            list(threads.map(lambda _: pool.run(0, [], 0), range(count)))
        with ThreadPoolExecutor(IN_HAND * count) as threads, peak() as held:
            dispatcher.submit_to(threads, pool)
            worked, started = processor_seconds(), time.perf_counter()
            all_read.start()
            dispatcher.work()
            seconds = time.perf_counter() - started
            worked = processor_seconds() - worked
        return {
            "articles": outcome.extracted,
            "characters": outcome.characters,
            "records": outcome.changes.new,
            "seconds": seconds,
            "processor_seconds": worked,
            "peak_mb": held[0] / MEBIBYTE,
        }


def processor_seconds() -> float:
    """What this process and its workers have taken of the processors so far."""
    me = psutil.Process()
    taken = [process.cpu_times() for process in [me, *me.children(recursive=True)]]
    return sum(one.user + one.system for one in taken)


@contextlib.contextmanager
def peak() -> Iterator[list[float]]:
    """The most memory that this process and its children hold at once, looked at now and then."""
    held, ended = [0.0], threading.Event()
    me = psutil.Process()

    def look() -> None:
        while not ended.wait(SEEN_EVERY):
            total = 0.0
            for process in [me, *me.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    total += process.memory_info().rss
            held[0] = max(held[0], total)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    yield held
    ended.set()
    looking.join()


class Bench:
    """A dispatcher that submits to threads, with its reader."""

    def __init__(self, make: Callable[..., Any], reader: "Reader") -> None:
        self._make = make
        self._reader = reader
        self._dispatcher: Any = None

    def submit_to(self, threads: ThreadPoolExecutor, pool: Any) -> None:
        """Choose where batches go."""
        self._dispatcher = self._make(lambda *batch: threads.submit(pool.run, *batch))

    def work(self) -> None:
        """Until all is done."""
        self._dispatcher.work(self._reader.all_read)


class Reader:
    """Reads in a thread once it is started."""

    def __init__(self, intake: Any, archive: str) -> None:
        self.all_read = threading.Event()
        self._intake = intake
        self._archive = archive

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        from flows.planning import read

        self._intake.take_in(read([self._archive]))
        self.all_read.set()


@contextlib.contextmanager
def bench(archive: str, extractor: str, workers: int) -> Iterator[tuple[Bench, Any, Any, Reader]]:
    """A run over a new SQLite database, put together as the flow does it."""
    from flows.batching import Backlog
    from flows.dispatch import IN_HAND, Dispatcher
    from flows.intake import Intake, Wanted
    from flows.linking import Linker
    from flows.pool import WorkerPool
    from flows.report import Outcome
    from flows.watching import Nobody
    from flows.work import WorkOrder, version_of
    from pipeline.settings import load_settings
    from pipeline.store import open_store

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        settings = load_settings(database_url=f"sqlite:///{folder}/bench.db")
        version = version_of(extractor, settings)
        store = stack.enter_context(open_store(settings.database_url))
        run_id = store.runs.start("archive", {})
        wanted = Wanted(version=version, run_id=run_id)
        backlog = Backlog()
        intake = Intake(store, backlog, wanted)
        outcome = Outcome(run_id=run_id, extractor_version=version, tally=intake.tally)
        order = WorkOrder(
            run_id=run_id,
            database_url=settings.database_url,
            settings=settings.model_dump_json(),
            extractor=extractor,
            version=version,
        )
        pool = stack.enter_context(WorkerPool(order, workers))
        linker = stack.enter_context(Linker(store, settings, run_id))
        reader = Reader(intake, archive)

        def make(submit: Any) -> Dispatcher:
            return Dispatcher(
                store,
                backlog,
                outcome,
                wanted,
                submit=submit,
                slots=lambda: IN_HAND * workers,
                watcher=Nobody(),
                changed=linker.tell,
            )

        yield Bench(make, reader), pool, outcome, reader


# --- Prefect's part -----------------------------------------------------------------------------

TASKS = 200


def prefect_share() -> None:
    """What a Prefect task costs beside a plain call, for batches of the size that runs have."""
    from flows.batching import BATCH_CHARACTERS

    numbers = child("tasks")
    cost = numbers["prefect_seconds"] - numbers["plain_seconds"]
    a_batch = numbers["batch_seconds"]
    share = cost / (cost + a_batch)
    say(
        f"Prefect: {1000 * cost:.1f} ms a batch beside {a_batch:.2f} s of work on "
        f"{BATCH_CHARACTERS:,} characters: {100 * share:.2f} % of the run; "
        f"{numbers['start_seconds']:.1f} s once for its start"
    )


def tasks() -> Numbers:
    """Seconds of a task and of a plain call that do nothing, of a start, and of a real batch."""
    started = time.perf_counter()
    from flows.quiet import prefect_ready

    with prefect_ready():
        from prefect import flow, task
        from prefect.cache_policies import NO_CACHE
        from prefect.task_runners import ThreadPoolTaskRunner

        @task(cache_policy=NO_CACHE, persist_result=False, retries=3)
        def nothing(ids: Sequence[str]) -> int:
            return len(ids)

        seconds: dict[str, float] = {}

        @flow(persist_result=False, validate_parameters=False)
        def many() -> None:
            seconds["start"] = time.perf_counter() - started
            ids = ["0" * 32] * 20
            begun = time.perf_counter()
            for future in [nothing.submit(ids) for _ in range(TASKS)]:
                future.result()
            seconds["prefect"] = (time.perf_counter() - begun) / TASKS
            begun = time.perf_counter()
            with ThreadPoolExecutor(2) as threads:
                list(threads.map(nothing.fn, [ids] * TASKS))
            seconds["plain"] = (time.perf_counter() - begun) / TASKS

        runner: Any = ThreadPoolTaskRunner(max_workers=2)
        many.with_options(task_runner=runner)()
    return {
        "prefect_seconds": seconds["prefect"],
        "plain_seconds": seconds["plain"],
        "start_seconds": seconds["start"],
        "batch_seconds": real_batch_seconds(),
    }


def real_batch_seconds() -> float:
    """How long one worker takes for a full batch of the gold articles (or of data/raw)."""
    from flows.batching import BATCH_CHARACTERS

    archive = GOLD if GOLD.is_dir() else ROOT / "data" / "raw"
    numbers = run(str(archive), "1")
    return float(BATCH_CHARACTERS * numbers["seconds"] / numbers["characters"])


# --- the curve ----------------------------------------------------------------------------------


def curve(archive: Path, sizes: Sequence[int], at_work: Sequence[int], plot: Path | None) -> None:
    """Time and memory by number of articles, each article made of paragraphs from everywhere."""
    say(
        f"{'articles':>10}{'characters':>14}{'workers':>9}{'seconds':>9}{'ms/article':>12}"
        f"{'CPU ms':>9}{'peak MB':>9}{'gain':>7}"
    )
    points: list[Numbers] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "archive.jsonl"
            make_archive(archive, size, made)
            alone = 0.0
            for workers in at_work:
                numbers = child("run", str(made), str(workers))
                alone = alone or numbers["seconds"]
                points.append({"made": size, "workers": workers, **numbers})
                say(
                    f"{size:10,}{numbers['characters']:14,}{workers:9}{numbers['seconds']:9.1f}"
                    f"{1000 * numbers['seconds'] / size:12.2f}"
                    f"{1000 * numbers['processor_seconds'] / size:9.2f}{numbers['peak_mb']:9,.0f}"
                    f"{alone / numbers['seconds']:6.2f}×"
                )
    for workers in at_work:
        first, *_, last = (point for point in points if point["workers"] == workers)
        more = last["made"] / first["made"]
        growth = last["seconds"] / first["seconds"] / more
        work = last["processor_seconds"] / first["processor_seconds"] / more
        memory = last["peak_mb"] / first["peak_mb"]
        say(
            f"from first to last, {workers} at work: time an article {growth:.2f} ×, "
            f"processor time {work:.2f} ×, memory {memory:.2f} ×"
        )
    if plot is not None:
        draw(points, plot)


def make_archive(archive: Path, size: int, out: Path) -> None:
    """`size` articles with titles and sources of their own, of paragraphs of the real ones.

    Whole articles repeated would be linked as near-duplicates and never be extracted.
    """
    chance = random.Random(2)
    paragraphs = [
        line
        for article in shuffled(str(archive))
        for line in article.text.splitlines()
        if len(line) > 40
    ]
    with out.open("w", encoding="utf-8") as stream:
        for number in range(size):
            chosen: list[str] = []
            while sum(map(len, chosen)) < SHORT:
                chosen.append(chance.choice(paragraphs))
            line = {
                "title": f"記事その{number}",
                "url": f"https://news.example.jp/{number}",
                "body": "\n\n".join(chosen),
            }
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def draw(points: list[Numbers], plot: Path) -> None:
    """Two small charts side by side: seconds and memory by articles."""
    import altair as alt

    data = alt.Data(values=points)  # type: ignore[no-untyped-call]
    across = alt.X("made:Q", title="articles", scale=alt.Scale(type="log"))
    seconds = alt.Y("seconds:Q", title="seconds", scale=alt.Scale(type="log"))
    memory = alt.Y("peak_mb:Q", title="peak memory, MB", scale=alt.Scale(domainMin=0))
    workers = alt.Color("workers:N", title="workers")
    base = alt.Chart(data).mark_line(point=True).encode(color=workers)
    base = base.properties(width=320, height=240)
    plot.parent.mkdir(parents=True, exist_ok=True)
    (base.encode(x=across, y=seconds) | base.encode(x=across, y=memory)).save(plot)
    say(f"drawn: {plot}")


CHILDREN: dict[str, Callable[..., Numbers]] = {"naive": naive, "run": run, "tasks": tasks}

if __name__ == "__main__":
    main()
