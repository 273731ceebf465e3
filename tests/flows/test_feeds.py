"""The feeds flow under Prefect: dead feeds hold up nobody, killed runs are gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import sqlalchemy as sa

from pipeline.store import open_store
from pipeline.store.feed_tables import feed_entries, feeds
from pipeline.store.tables import extractions
from tests.feeds.newsroom import item, page, rss
from tests.feeds.site import Answer, Asked, Site, serving
from tests.flows.fake_extractor import SECONDS

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("prefect_server")]

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 180.0  # seconds that any of these programs may take
FETCH = '[fetch]\nhost_interval = "0.01s"\nhost_at_once = 8\n'


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A news site that the flow may ask."""
    with serving() as opened:
        monkeypatch.setenv("TORIHIKI_ALLOW_HOSTS", opened.host)
        monkeypatch.setenv("TORIHIKI_CONTACT", "desk@example.org")
        yield opened


def write_list(
    folder: Path, site: Site, *paths: str, more: str = "", patience: str = "10s"
) -> Path:
    """A feeds.toml of feeds of the site."""
    fetch = f'{FETCH}timeout = "{patience}"\nsilence = "{patience}"\n\n'
    tables = "".join(
        f'[[feed]]\nname = "{path.strip("/")}"\nurl = "{site.url}{path}"\n\n' for path in paths
    )
    file = folder / "feeds.toml"
    file.write_text(more + fetch + tables, encoding="utf-8")
    return file


def start(kind: str, database: str, file: Path, **environment: str) -> "subprocess.Popen[str]":
    """A run (`once`) or a service (`serve`) in a process of its own."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.flows.feeds_program", kind, database, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        start_new_session=True,
    )


def finish(run: "subprocess.Popen[str]") -> dict[str, Any]:
    """The numbers of a run that ended well and quietly."""
    out, err = run.communicate(timeout=LONGEST)
    assert run.returncode == 0, err
    assert err == ""
    numbers: dict[str, Any] = json.loads(out)
    return numbers


def run_once(database: str, file: Path, **environment: str) -> dict[str, Any]:
    """Poll once."""
    return finish(start("once", database, file, **environment))


def rows_of(database: str, *columns: sa.ColumnElement[Any]) -> list[Any]:
    """Values from the database."""
    with open_store(database) as store, store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns))]


def amounts(database: str) -> list[int]:
    """The amounts of all records, in 億円, sorted."""
    with open_store(database) as store:
        return sorted(int(one.amount or 0) // 10**8 for one in store.records.stream())


def test_feeds_are_polled_extracted_and_reported(
    database_url: str, site: Site, tmp_path: Path
) -> None:
    shaky = iter([500, 200])

    def five_hundred_then_fine(_: Asked) -> Answer:
        return Answer(rss(item(7)).encode(), next(shaky, 200))

    def drip() -> Iterator[bytes]:
        while True:
            yield b"<"
            time.sleep(0.1)

    site.page("/good", rss(item(1), item(2, body="続きは…")))
    site.page("/story/2", page(2), content_type="text/html")
    site.page("/gone", status=404).page("/busy", status=429, retry_after="600")
    site.pages["/shaky"] = five_hundred_then_fine
    site.pages["/drip"] = lambda _: Answer(chunks=drip)
    site.page("/hook", "ok")
    notify = f'[notify]\nwebhook = "{site.url}/hook"\nmin_amount = ["5億円"]\n\n'
    file = write_list(
        tmp_path, site, "/drip", "/gone", "/good", "/busy", "/shaky", more=notify, patience="1.5s"
    )
    numbers = run_once(database_url, file)
    assert numbers["feeds"] == {"read": 2, "failed": 2, "paused": 1}
    assert (numbers["new"], numbers["extracted"], numbers["records"]["new"]) == (3, 3, 3)
    assert (numbers["linked"], numbers["told"]) == (3, 1)
    assert amounts(database_url) == [1, 2, 7]
    (hook,) = site.calls("/hook")
    assert "7億 JPY" in json.loads(hook.body)["text"]
    with open_store(database_url) as store:
        (run,) = store.runs.latest(1, flow="feeds")
    assert (run.state, run.counts["new"]) == ("done", 3)
    assert run.summary is not None
    assert "the server says 404" in run.summary
    artifact = httpx.post(
        f"{os.environ['PREFECT_API_URL']}/artifacts/latest/filter",
        json={"artifacts": {"key": {"any_": ["feeds-run"]}}, "sort": "CREATED_DESC"},
    ).json()[0]
    assert artifact["data"] == run.summary

    again = run_once(database_url, file)
    assert (again["new"], again["extracted"], again["records"]["new"]) == (0, 0, 0)
    assert again["feeds"] == {"unchanged": 2, "failed": 2, "skipped": 1}
    assert len(site.calls("/busy")) == 1
    assert len(site.calls("/hook")) == 1


def test_a_dead_feed_holds_up_nobody(sqlite_url: str, site: Site, tmp_path: Path) -> None:
    """What the others bring is in the database while the dead one is still waited for."""
    released: list[float] = []

    def silence(_: Asked) -> Answer:
        time.sleep(2.5)
        released.append(time.monotonic())
        return Answer(status=500)

    site.pages["/dead"] = silence
    site.page("/good", rss(item(1), item(2)))
    run = start("once", sqlite_url, write_list(tmp_path, site, "/dead", "/good", patience="2s"))
    while run.poll() is None and not (Path(sqlite_url[10:]).exists() and amounts(sqlite_url)):
        time.sleep(0.05)
    had = time.monotonic()
    numbers = finish(run)
    assert numbers["feeds"] == {"read": 1, "failed": 1}
    assert had < max(released), "the records were there before the dead feed was given up"


def test_a_killed_run_is_gone_on_with(database_url: str, site: Site, tmp_path: Path) -> None:
    site.page("/feed", rss(*(item(n) for n in range(1, 31))), etag='"1"')
    file = write_list(tmp_path, site, "/feed")
    run = start("once", database_url, file, **{SECONDS: "0.2"})
    deadline = time.monotonic() + LONGEST
    while not site.calls("/feed") or not _some_stored(database_url):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(0.5)
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=LONGEST)
    assert len(amounts(database_url)) < 30
    run_once(database_url, file)
    assert amounts(database_url) == list(range(1, 31))
    assert rows_of(database_url, extractions.c.attempts) == [(1,)] * 30
    assert {state for (state,) in rows_of(database_url, feed_entries.c.state)} == {"done"}
    assert rows_of(database_url, feeds.c.run_id) == [(None,)]


def _some_stored(database: str) -> bool:
    return any(article for (article,) in rows_of(database, feed_entries.c.article_id))


def test_two_runs_at_once_share_without_doubling(
    database_url: str, site: Site, tmp_path: Path
) -> None:
    def slowly(_: Asked) -> Answer:
        time.sleep(1.5)
        return Answer(rss(*(item(n) for n in range(1, 11))).encode())

    site.pages["/feed"] = slowly
    file = write_list(tmp_path, site, "/feed")
    runs = [start("once", database_url, file) for _ in range(2)]
    for run in runs:
        finish(run)
    assert amounts(database_url) == list(range(1, 11))
    assert rows_of(database_url, extractions.c.attempts) == [(1,)] * 10
    starts = [asked.at for asked in site.calls("/feed")]
    assert all(abs(one - other) >= 1.5 for one in starts for other in starts if one is not other), (
        "never at once"
    )


def test_serve_polls_by_its_schedule_and_stops_gracefully(
    sqlite_url: str, site: Site, tmp_path: Path
) -> None:
    """With Prefect's server of its own, as on one machine."""
    site.page("/feed", rss(item(1)))
    file = write_list(tmp_path, site, "/feed")
    file.write_text(file.read_text(encoding="utf-8") + 'interval = "1s"\n', encoding="utf-8")
    environment = {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": "",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
    }
    service = start("serve", sqlite_url, file, **environment)
    try:
        _until(lambda: _amounts_of(sqlite_url) == [1], service)
        site.page("/feed", rss(item(1), item(2)))
        _until(lambda: _amounts_of(sqlite_url) == [1, 2], service)
        children = psutil.Process(service.pid).children(recursive=True)
        service.send_signal(signal.SIGTERM)
        _, err = service.communicate(timeout=60)
        assert service.returncode == 0, err
        _, alive = psutil.wait_procs(children, timeout=30)
        assert alive == []
    finally:
        service.kill()
    assert {state for (state,) in rows_of(sqlite_url, feed_entries.c.state)} == {"done"}
    with open_store(sqlite_url) as store:
        assert store.runs.living() == frozenset()


def _amounts_of(database: str) -> list[int]:
    return amounts(database) if Path(database[10:]).exists() else []


def _until(is_so: Any, service: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + LONGEST
    while not is_so():
        assert service.poll() is None, service.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.3)
