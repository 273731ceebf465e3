"""How long from a new entry in a feed to its record in the database, with the model loaded.

    python -m tests.benchmarks.feed_latency [--database URL] [--times 10]

A site on 127.0.0.1 publishes one story after the other; each is polled by the whole feeds flow
under Prefect with the real extractor: document, page, text, extraction, database, deals. Printed
are the seconds of the flow, beginning to end, those until the record was in the database, and those
that processors worked for it in this process, which other programs on the machine do not lengthen.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from flows.quiet import prefect_ready
from pipeline.store import Store, open_store
from pipeline.store.rows import now
from pipeline.store.tables import records
from tests.feeds.newsroom import item, rss
from tests.feeds.site import Site, serving

TITLE = "青空電機が装置購入"
PAGE = (
    f"<!doctype html><html><head><meta charset='utf-8'><title>{TITLE}</title></head>"
    f"<body><article><h1>{TITLE}</h1><p>{{body}}</p></article></body></html>"
)
_FILLING = "同社は半導体の製造に力を入れている。" * 50  # which makes a story of 1,000 characters


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", help="an empty one; a SQLite file of its own if not given")
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving() as site:
        database = options.database or f"sqlite:///{folder}/latency.db"
        file = Path(folder) / "feeds.toml"
        file.write_text(
            '[fetch]\nhost_interval = "0.01s"\n[[feed]]\nname = "市場だより"\n'
            f'url = "{site.url}/feed"\n',
            encoding="utf-8",
        )
        os.environ["TORIHIKI_ALLOW_HOSTS"] = site.host
        os.environ["PREFECT_HOME"] = f"{folder}/prefect"
        os.environ.pop("PREFECT_API_URL", None)
        with prefect_ready(), open_store(database) as store:
            first, *rest = (
                measure(store, database, file, site, number)
                for number in range(1, options.times + 2)
            )
    say(f"the first, which loads the model: {first[0]:.2f} s, its record after {first[1]:.2f} s")
    for name, seconds in zip(("flow", "record", "work"), zip(*rest, strict=True), strict=True):
        say(
            f"{name}: median {statistics.median(seconds):.2f} s, "
            f"longest {max(seconds):.2f} s of {len(seconds)}"
        )


def measure(
    store: Store, database: str, file: Path, site: Site, number: int
) -> tuple[float, float, float]:
    """Publish a story and poll: seconds of the flow, until its record was stored, and of work."""
    from pydantic import SecretStr

    from flows.feeds import feeds

    publish(site, number)
    before = {one.record.id for one in store.records.stream()}
    at, started, worked = now(), time.perf_counter(), time.process_time()
    outcome = feeds(str(file), database_url=SecretStr(database), mode="force", in_process=True)
    seconds, work = time.perf_counter() - started, time.process_time() - worked
    new = [one.record for one in store.records.stream() if one.record.id not in before]
    if outcome is None or len(new) != 1:
        msg = f"story {number} gave {len(new)} records, not 1"
        raise RuntimeError(msg)
    created = sa.select(records.c.created_at).where(records.c.id == new[0].id)
    with store.engine.connect() as connection:
        stored = connection.execute(created).scalar_one()
    return seconds, (stored - at).total_seconds(), work


def publish(site: Site, number: int) -> None:
    """A story of 1,000 characters on a page, its summary in the feed."""
    told = (
        f"青空電機は24日、みどり化学から製造装置を{number + 10}億円で購入すると発表した。"
        "納入は来春の予定。"
    )
    site.page(f"/story/{number}", PAGE.format(body=told + _FILLING), content_type="text/html")
    site.page("/feed", rss(*(item(n, title=TITLE, body="続きは…") for n in range(1, number + 1))))


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
