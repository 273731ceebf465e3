"""`torihiki review` killed while people decide: what was acknowledged is there, once."""

import subprocess
import sys
import threading
import time
import uuid
from collections import Counter

import httpx
import pytest

from pipeline.review.accounts import Gate
from pipeline.review.standing import Role
from pipeline.store import open_store
from pipeline.store.accounts import Accounts
from pipeline.store.review import ReviewDb
from tests.review.newswire import fill

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
COMMAND = [sys.executable, "-c", "from pipeline.cli import main; main()", "review"]


def start(url: str, port: int = 0) -> tuple["subprocess.Popen[str]", str]:
    """The server as a process, and the address that it prints."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*COMMAND, "--db", url, "--port", str(port)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip().rstrip("/")


def test_every_acknowledged_decision_survives_a_kill(database_url: str) -> None:
    with open_store(database_url) as store:
        fill(store, 60)
        gate = Gate(Accounts(store.engine))
        tokens = [
            gate.make_token(gate.add_user(f"読み手{i}", Role.REVIEWER, uuid.uuid4().hex), "t")
            for i in range(4)
        ]
    process, address = start(database_url)
    port = int(address.rpartition(":")[2])
    acknowledged: list[str] = []
    deadline = time.monotonic() + 120

    def review(token: str) -> None:
        """Decide twelve times, sending again what gets no answer."""
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, headers=headers, timeout=20) as client:
            for _ in range(12):
                found = str(insist(client, "POST", "/api/v1/next", {})["id"])
                seen = insist(client, "GET", f"/api/v1/records/{found}", None)["version"]
                body = {"action": "accept", "seen": seen, "request_id": uuid.uuid4().hex}
                insist(client, "POST", f"/api/v1/records/{found}/decisions", body)
                acknowledged.append(found)

    def insist(client: httpx.Client, method: str, url: str, body: object) -> dict[str, object]:
        while time.monotonic() < deadline:
            try:
                answer = client.request(method, url, json=body)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            assert answer.is_success, answer.text
            found: dict[str, object] = answer.json()
            return found
        raise TimeoutError(url)

    threads = [threading.Thread(target=review, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 10:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.communicate()
    process, _ = start(database_url, port)
    for thread in threads:
        thread.join()
    process.terminate()
    process.communicate(timeout=20)
    assert len(acknowledged) == 48
    with open_store(database_url) as store, ReviewDb(store.engine).look() as look:
        kept = Counter(row["record_id"] for row in look.events_after(0, 1000))
        assert kept == Counter(acknowledged)
        for record_id in acknowledged:
            stored = store.records.load(record_id)
            assert stored is not None
            assert stored.state == "accepted"
