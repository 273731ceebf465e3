"""How long one reviewer waits for each page of the review site, with a hundred thousand records.

Every address is asked for in turn, again and again, of a server that does nothing else. Ends with
status 1 where a page's median is above what the site promises.

    python -m tests.benchmarks.review_pages                              # both databases
    python -m tests.benchmarks.review_pages --records 10000 --database sqlite --times 5
"""

import argparse
import statistics
import sys
import time
from datetime import datetime, timedelta

import httpx

from pipeline.store import open_store
from pipeline.store.review_filter import QueueFilter, Viewer
from pipeline.store.review_queue import Queue, Sort
from pipeline.store.rows import JAPAN
from tests.benchmarks.review_load import Server, database, prepare, quantile
from tests.review.newswire import BUYERS, CHIPS, FUNDS, NEWEST, SELLERS, SOURCES

PROMISED = 0.100  # seconds
_SINCE = (NEWEST - timedelta(days=30)).date().isoformat()

PAGES = {
    "queue, at stake": "/queue",
    "queue, largest": "/queue?sort=amount",
    "queue, least certain": "/queue?sort=uncertain",
    "queue, newest": "/queue?sort=newest",
    "queue, every state": "/queue?state=all",
    "one kind": "/queue?kind=acquisition",
    "one status": "/queue?status=prospective",
    "a party": f"/queue?party={BUYERS[3]}",
    "a party, oldest": f"/queue?party={BUYERS[3]}&sort=oldest",
    "a rare party": "/queue?party=需要家2718社",
    "a part of many names": "/queue?party=家27",
    "a party that nobody is": "/queue?party=翡翠",
    "a buyer, newest": f"/queue?buyer={FUNDS[0]}&sort=newest",
    "an amount": "/queue?min=100億円",
    "the last month": f"/queue?since={_SINCE}",
    "a source": f"/queue?source={SOURCES[1]}",
    "doubtful, large": "/queue?conf_max=50&min=10億円&sort=amount",
    "party, kind, amount": f"/queue?party={SELLERS[2]}&kind=supply&min=50億円",
    "word of two, common": "/queue?state=all&q=出資",
    "word of two, rare": f"/queue?state=all&q={BUYERS[5][:2]}",
    "word of three": f"/queue?state=all&q={CHIPS[0]}",
    "a phrase": "/queue?state=all&q=需要は当面",
    "two words": f"/queue?state=all&q=買収 {SELLERS[1]}",
    "words that nobody wrote": "/queue?state=all&q=翡翠",
}
NEXT = "next record"
RECORD = "record"
PANE = "record, prefetched"


def measure(url: str, token: str, server: Server, times: int) -> dict[str, list[float]]:
    """Seconds of each page, by name; the first turn, which warms up, is left out."""
    taken: dict[str, list[float]] = {}
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server.address, headers=headers, timeout=60) as client:
        shown = some_records(url, times + 1)

        def ask(name: str, method: str, address: str, body: object = None) -> None:
            began = time.perf_counter()
            client.request(method, address, json=body).raise_for_status()
            taken.setdefault(name, []).append(time.perf_counter() - began)

        for turn in range(times + 1):
            for name, address in PAGES.items():
                ask(name, "GET", address)
            ask(NEXT, "POST", "/api/v1/next", {"query": "sort=stake"})
            ask(RECORD, "GET", f"/records/{shown[turn]}")
            ask(PANE, "GET", f"/records/{shown[-1 - turn]}/pane")
    return {name: values[1:] for name, values in taken.items()}


def some_records(url: str, number: int) -> list[str]:
    """Records to show, from the head of the queue."""
    with open_store(url) as store:
        viewer = Viewer(user_id=0, now=datetime.now(JAPAN))
        return Queue(store.engine).open_ids(QueueFilter(), Sort.STAKE, viewer, size=number)


def run(kind: str, records: int, times: int) -> bool:
    """One database; whether every page is as fast as promised."""
    print(f"{kind}:")
    with database(kind) as url:
        (token,) = prepare(url, records, 1)
        server = Server(url)
        try:
            taken = measure(url, token, server, times)
        finally:
            server.stop()
    for name, values in taken.items():
        middle = statistics.median(values)
        late = "  more than promised" if middle > PROMISED else ""
        print(
            f"  {name:<26} median {1000 * middle:6.1f} ms"
            f"  p95 {1000 * quantile(values, 0.95):6.1f} ms{late}",
            flush=True,
        )
    return all(statistics.median(values) <= PROMISED for values in taken.values())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for")
    options = parser.parse_args()
    kinds = ["sqlite", "postgres"] if options.database == "both" else [options.database]
    results = [run(kind, options.records, options.times) for kind in kinds]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
