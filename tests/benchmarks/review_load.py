"""Twenty reviewers at once on a hundred thousand records, and the server killed in the middle.

Each reviewer does what the page does: asks for the next record, fetches its pane, looks at it,
decides; now and then looks at a filtered queue, searches, or undoes. A request that gets no answer
is sent again with the same id, as the page's outbox does. Afterwards the database is compared with
what was acknowledged: nothing may be lost, nothing doubled.

    python -m tests.benchmarks.review_load                       # both databases, 5 minutes each
    python -m tests.benchmarks.review_load --seconds 20 --records 10000 --database sqlite
"""

import argparse
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from pipeline.review.accounts import Gate
from pipeline.review.standing import Role
from pipeline.store import open_store
from pipeline.store.accounts import Accounts
from pipeline.store.review_search import make_index, refresh
from pipeline.store.review_tables import review_events
from pipeline.store.tables import records
from tests.conftest import POSTGRES
from tests.review.newswire import crowd, fill

DEALS_AN_ARTICLE = 4
P95_ALLOWED = 0.150
WORDS = ("買収", "出資", "契約額", "データセンター", "GB300", "需要は当面")


@dataclass
class Reviewer:
    """One reviewer's browser: what it did, how long each answer took, what was acknowledged."""

    number: int
    url: str
    token: str
    deadline: float
    think: float
    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: list[tuple[str, str, bool]] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    resent: int = 0

    def run(self) -> None:
        rng = random.Random(self.number)
        headers = {"authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30) as client:
            time.sleep(rng.random() * self.think)
            while time.monotonic() < self.deadline:
                self._turn(client, rng)

    def _turn(self, client: httpx.Client, rng: random.Random) -> None:
        chance = rng.random()
        if chance < 0.05:
            self._ask(
                client,
                "queue page",
                "GET",
                f"/queue?sort={rng.choice(('stake', 'amount', 'uncertain', 'newest'))}",
            )
        elif chance < 0.10:
            self._ask(client, "search", "GET", f"/queue?state=all&q={rng.choice(WORDS)}")
        found = self._ask(client, "next", "POST", "/api/v1/next", {"query": "sort=stake"})
        if found is None:
            return
        record_id = found.json()["id"]
        pane = self._ask(client, "record", "GET", f"/records/{record_id}/pane")
        if pane is None:
            return
        version = int(pane.text.partition('data-version="')[2].partition('"')[0])
        time.sleep(self.think * (0.5 + rng.random()))
        body: dict[str, Any] = {"seen": version, "request_id": uuid.uuid4().hex}
        if chance < 0.75:
            body |= {"action": "accept"}
        elif chance < 0.9:
            body |= {"action": "reject", "reason": "forecast"}
        else:
            edit = {"slot": "status", "typed": "cancelled"}
            body |= {"action": "edit", "edits": [edit], "accept": True}
        url = f"/api/v1/records/{record_id}/decisions"
        answer = self._ask(client, "decision", "POST", url, body)
        if answer is not None:
            self.acknowledged.append((record_id, str(body["action"]), answer.json()["conflict"]))

    def _ask(
        self, client: httpx.Client, what: str, method: str, url: str, body: Any = None
    ) -> httpx.Response | None:
        while True:
            began = time.monotonic()
            try:
                answer = client.request(method, url, json=body)
            except httpx.TransportError:
                self.resent += 1
                if time.monotonic() > self.deadline + 60:
                    self.errors["no connection"] += 1
                    return None
                time.sleep(0.2)
                continue
            if answer.is_success:
                self.latencies[what].append(time.monotonic() - began)
                return answer
            self.errors[f"{what}: {answer.status_code} {answer.text[:80]}"] += 1
            return None


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database that goes away afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="torihiki-load-") as folder:
            yield f"sqlite:///{Path(folder, 'load.db')}"
        return
    server = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    name = f"torihiki_load_{uuid.uuid4().hex[:8]}"
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        url = server.url.set(drivername="postgresql", database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        server.dispose()


def prepare(url: str, number: int, reviewers: int) -> list[str]:
    """Fill the database; gives a token for each reviewer."""
    began = time.monotonic()
    with open_store(url) as store:
        fill(store, number // DEALS_AN_ARTICLE, deals=DEALS_AN_ARTICLE, cast=crowd())
        filled = time.monotonic()
        make_index(store.engine)
        refresh(store.engine)
        indexed = time.monotonic()
        gate = Gate(Accounts(store.engine))
        tokens = []
        for index in range(reviewers):
            user = gate.add_user(f"reviewer-{index:02}", Role.REVIEWER, uuid.uuid4().hex)
            tokens.append(gate.make_token(user, "load"))
        with store.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # What autovacuum does a minute after so many rows have come.
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                    "VACUUM ANALYZE"
                )
    print(
        f"  {number:,} records in {filled - began:.0f} s, search index in {indexed - filled:.0f} s"
    )
    return tokens


class Server:
    """`torihiki review` as a process of its own, that can be killed."""

    def __init__(self, url: str) -> None:
        self.url = url
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", "from pipeline.cli import main; main()", "review"]
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--db", self.url, "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        for _ in range(600):
            try:
                httpx.get(f"{self.address}/login", timeout=5)
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the server does not answer")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def check(url: str, reviewers: list[Reviewer]) -> list[str]:
    """What the database and the acknowledged decisions differ in."""
    faults = []
    acknowledged = Counter(
        (record_id, action) for one in reviewers for record_id, action, _ in one.acknowledged
    )
    conflicts = sum(conflict for one in reviewers for _, _, conflict in one.acknowledged)
    with open_store(url) as store, store.engine.connect() as connection:
        query = sa.select(review_events.c.record_id, review_events.c.action, review_events.c.group)
        rows = connection.execute(query).all()
        states = dict(
            connection.execute(
                sa.select(records.c.id, records.c.state).where(records.c.state != "unreviewed")
            ).all()
        )
    # An edit that accepts is two events of one group; a group is one decision.
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.group].append(row)
    kept = Counter((group[0].record_id, group[0].action) for group in groups.values())
    for key, number in (acknowledged - kept).items():
        faults.append(f"lost: {key} × {number}")
    # A decision may be in the database without its answer having arrived, if the reviewer's time
    # was up meanwhile; such are at most one a reviewer.
    unanswered = sum((kept - acknowledged).values())
    if unanswered > len(reviewers):
        faults.append(f"{unanswered} decisions that nobody made")
    doubled = [key for key, number in kept.items() if number > 1]
    faults += [f"doubled: {key}" for key in doubled]
    for record_id, action in acknowledged:
        expected = "rejected" if action == "reject" else "accepted"
        if states.get(record_id) != expected:
            faults.append(f"{record_id}: {states.get(record_id)}, acknowledged as {expected}")
    print(f"  {len(kept):,} decisions in the log, {unanswered} unanswered, {conflicts} conflicts")
    return faults


def run(kind: str, options: argparse.Namespace) -> bool:
    """One database; whether all is well."""
    print(f"{kind}: {options.reviewers} reviewers, {options.seconds} s")
    with database(kind) as url:
        tokens = prepare(url, options.records, options.reviewers)
        server = Server(url)
        try:
            deadline = time.monotonic() + options.seconds
            reviewers = [
                Reviewer(index, server.address, token, deadline, options.think)
                for index, token in enumerate(tokens)
            ]
            threads = [threading.Thread(target=one.run) for one in reviewers]
            for thread in threads:
                thread.start()
            if not options.no_kill:
                time.sleep(options.seconds / 2)
                server.kill()
                down = time.monotonic()
                server.start()
                print(f"  killed in the middle, back after {time.monotonic() - down:.1f} s")
            for thread in threads:
                thread.join()
        finally:
            server.stop()
        faults = check(url, reviewers)
    errors = sum((one.errors for one in reviewers), Counter())
    everything: list[float] = []
    for what in ("decision", "next", "record", "queue page", "search"):
        values = [v for one in reviewers for v in one.latencies[what]]
        everything += values
        if values:
            print(
                f"  {what:<11}{len(values):>7,}  median {statistics.median(values) * 1000:6.1f} ms"
                f"  p95 {quantile(values, 0.95) * 1000:6.1f} ms  p99 {quantile(values, 0.99) * 1000:6.1f} ms"
            )
    p95 = quantile(everything, 0.95)
    print(
        f"  all        {len(everything):>7,}  {len(everything) / options.seconds:.0f} requests/s"
        f"  p95 {p95 * 1000:.1f} ms  errors {sum(errors.values())}"
        f"  sent again {sum(one.resent for one in reviewers)}"
    )
    for fault in [*faults, *(f"{number} × {error}" for error, number in errors.items())][:20]:
        print(f"  FAULT {fault}")
    return not faults and not errors and p95 <= P95_ALLOWED


def main() -> None:
    """Run it; exit status 1 where a decision is lost or doubled, an error occurs or p95 is high."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--seconds", type=float, default=300, help="how long the reviewers work")
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument(
        "--think",
        type=float,
        default=1.0,
        help="seconds that a reviewer looks at a record, on average",
    )
    parser.add_argument("--no-kill", action="store_true", help="leave the server alone")
    options = parser.parse_args()
    kinds = ["sqlite", "postgres"] if options.database == "both" else [options.database]
    results = [run(kind, options) for kind in kinds]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
