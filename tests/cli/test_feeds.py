"""`torihiki feeds`, `run feeds`, `status` and `serve` through the command line."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import TorihikiError
from tests.feeds.newsroom import item, page, rss
from tests.feeds.site import Site, serving

STORY = "青空電機は24日、みどり化学から製造装置を12億円で購入すると発表した。納入は来春の予定。"
OPML = """<opml version="2.0"><body><outline text="技術">
<outline type="rss" text="市場だより" xmlUrl="https://news.example/rss"/>
<outline type="rss" text="工場" xmlUrl="https://fab.example/atom"/>{more}
</outline></body></opml>"""

runner = CliRunner()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own to be in, with a database that is not made yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORIHIKI_DATABASE_URL", f"sqlite:///{tmp_path / 'torihiki.db'}")
    monkeypatch.setenv("TORIHIKI_CONTACT", "desk@example.org")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A news site that may be asked."""
    with serving() as opened:
        monkeypatch.setenv("TORIHIKI_ALLOW_HOSTS", opened.host)
        yield opened


def run(*args: str, status: int = 0, text: str | None = None) -> Any:
    """A command that ends with a status."""
    result = runner.invoke(app, list(args), input=text)
    assert result.exit_code == status, (result.output, result.exception)
    return result


def refused(*args: str) -> str:
    """What is said of a command that cannot be done as asked."""
    result = runner.invoke(app, list(args))
    assert isinstance(result.exception, TorihikiError), result.output
    return str(result.exception)


def listed() -> list[dict[str, Any]]:
    """The list, as programs read it."""
    return [json.loads(line) for line in run("feeds", "list", "--json").stdout.splitlines()]


def test_a_feed_is_added_once_listed_switched_off_and_on_and_removed() -> None:
    url = "https://news.example/rss"
    added = run("feeds", "add", url, "--name", "市場だより", "--interval", "30m")
    assert "追加 added 市場だより" in added.stdout
    assert "すでにあります" in run("feeds", "add", url).stdout
    (feed,) = listed()
    assert (feed["name"], feed["url"], feed["interval"], feed["enabled"]) == (
        "市場だより",
        url,
        "30m",
        True,
    )
    assert "市場だより" in run("feeds", "list").stdout
    assert "停止 disabled" in run("feeds", "disable", "市場だより").stdout
    assert "すでに already" in run("feeds", "disable", url).stdout
    assert listed()[0]["enabled"] is False
    assert "有効 enabled" in run("feeds", "enable", "市場だより").stdout
    assert "削除 removed" in run("feeds", "remove", url).stdout
    assert "フィードはありません" in run("feeds", "list").stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        pytest.param(("feeds", "add", "ftp://news.example/rss"), "http", id="scheme"),
        pytest.param(("feeds", "add", "https://x.example/", "--interval", "soon"), "15m", id="time"),
        pytest.param(("feeds", "add", "https://x.example/", "--encoding", "sjiz"), "cp932", id="encoding"),
        pytest.param(("feeds", "add", "https://x.example/", "--content", "all"), "page", id="content"),
        pytest.param(("feeds", "list", "--feeds", "none.toml"), "none.toml: no such file", id="no file"),
        pytest.param(("feeds", "check", "名無し"), "Give one of them, or a URL", id="unknown to check"),
        pytest.param(("feeds", "disable", "名無し"), "名無し", id="unknown to disable"),
        pytest.param(("feeds", "import", "none.opml"), "none.opml: cannot be read", id="no OPML file"),
        pytest.param(("run", "feeds", "--only", "名無し"), "there are: 市場だより", id="unknown to run"),
        pytest.param(("run", "feeds", "--db", "oracle://x"), "oracle", id="database"),
        pytest.param(("status",), "torihiki.db", id="no database"),
        pytest.param(("serve", "--every", "now"), "--every now", id="serve every"),
        pytest.param(("serve", "--feeds", "none.toml"), "none.toml: no such file", id="serve no file"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_with_the_mend(args: tuple[str, ...], says: str) -> None:
    run("feeds", "add", "https://news.example/rss", "--name", "市場だより")
    assert says in refused(*args)


def test_a_broken_list_is_told_with_its_line(folder: Path) -> None:
    (folder / "feeds.toml").write_text(
        '[[feed]]\nname = "x"\nurl = "https://x.example"\nevry = 1\n'
    )
    assert re.search(r"feeds\.toml.*evry", refused("feeds", "list"))


def test_opml_comes_in_and_what_is_no_feed_is_told(folder: Path) -> None:
    (folder / "ok.opml").write_text(OPML.format(more=""), encoding="utf-8")
    dry = run("feeds", "import", "ok.opml", "--dry-run")
    assert "市場だより  https://news.example/rss" in dry.stdout
    assert not (folder / "feeds.toml").exists()
    assert "追加 added 2, すでにあり there already 0" in run("feeds", "import", "ok.opml").stdout
    assert "追加 added 0, すでにあり there already 2" in run("feeds", "import", "ok.opml").stdout
    more = '<outline type="rss" text="悪" xmlUrl="file:///etc/passwd"/>'
    result = run("feeds", "import", "-", text=OPML.format(more=more), status=1)
    assert "there already 2" in result.stdout
    assert "/etc/passwd" in result.stderr
    empty = run("feeds", "import", "-", text="<opml><body/></opml>", status=1)
    assert "no feeds in it" in empty.stderr
    assert [feed["name"] for feed in listed()] == ["市場だより", "工場"]


def test_check_says_what_would_be_read_and_writes_nothing(site: Site, folder: Path) -> None:
    body = rss(item(1, body=STORY * 20), item(2, body="続きは…")).encode("cp932")
    site.page("/old", status=301, location="/feed")
    site.page("/feed", body, content_type="text/xml; charset=utf-8")
    result = run("feeds", "check", f"{site.url}/old")
    for said in ("RSS 2.0", "cp932", "項目 entries: 2", "→", "第1報"):
        assert said in result.stdout
    found = json.loads(run("feeds", "check", f"{site.url}/old", "--json").stdout)
    assert (found["entries"], found["encoding"], found["problem"]) == (2, "cp932", None)
    assert (found["from_feed"], found["from_page"]) == (1, 1)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "says"),
    [("/gone", "404"), ("/page", "HTML page"), ("/inside", "not a public address")],
)
def test_check_fails_with_the_reason(site: Site, path: str, says: str) -> None:
    site.page("/page", page(1), content_type="text/html")
    site.page("/inside", status=302, location="http://169.254.169.254/latest")
    assert says in run("feeds", "check", f"{site.url}{path}", status=1).stderr
    assert says in run("feeds", "add", f"{site.url}{path}", "--check", status=1).stderr
    assert not Path("feeds.toml").exists()


def test_an_address_inside_is_refused_until_it_is_allowed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.page("/feed", rss(item(1)))
    monkeypatch.setenv("TORIHIKI_ALLOW_HOSTS", "[]")
    assert "not a public address" in run("feeds", "check", f"{site.url}/feed", status=1).stderr
    assert site.asked == []


def test_a_dry_run_asks_nobody_and_writes_nothing(site: Site, folder: Path) -> None:
    run("feeds", "add", f"{site.url}/feed", "--name", "市場だより")
    result = run("run", "feeds", "--dry-run")
    assert "would be polled" in result.stdout
    assert site.asked == []
    assert not (folder / "torihiki.db").exists()


def test_due_and_force_exclude_each_other() -> None:
    assert "exclude each other" in run("run", "feeds", "--due", "--force", status=2).stderr


@pytest.mark.e2e
@pytest.mark.model
@pytest.mark.usefixtures("prefect_server")
def test_feeds_are_run_once_and_their_status_told(site: Site) -> None:
    """With the real extractor; what was read before is not read again."""
    filling = "同社は半導体の製造に力を入れている。" * 30
    site.page("/feed", rss(item(1, title="青空電機が装置購入", body=STORY + filling)))
    run("feeds", "add", f"{site.url}/feed", "--name", "市場だより")
    run("feeds", "add", f"{site.url}/gone", "--name", "なくなった")
    first = run("run", "feeds", status=1)
    assert "読了 read" in first.stdout
    assert "取引 records: 新規 new 1" in first.stdout
    assert "feed なくなった: the server says 404" in first.stderr
    again = run("run", "feeds", "--only", "市場だより")
    assert "変化なし unchanged" in again.stdout
    assert "新規 new 0" in again.stdout
    assert "no feed is due" in run("run", "feeds", "--due").stdout

    told = run("status")
    assert re.search(r"市場だより.*良好 ok", told.stdout)
    assert re.search(r"なくなった.*失敗 failing", told.stdout)
    assert "エラー error: the server says 404" in told.stdout
    run("status", "--check", status=1)
    data = json.loads(run("status", "--format", "json").stdout)
    assert {feed["name"]: feed["failures"] for feed in data["feeds"]} == {
        "市場だより": 0,
        "なくなった": 1,
    }
    assert data["last_run"]["state"] == "done"
    metrics = run("status", "--format", "prometheus").stdout
    assert 'torihiki_feed_up{feed="市場だより"} 1.0' in metrics
    assert 'torihiki_feed_failures{feed="なくなった"} 1.0' in metrics


def test_a_port_that_is_taken_is_told() -> None:
    run("feeds", "add", "https://news.example/rss")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"--metrics-port {port}" in refused("serve", "--metrics-port", port, "--log", "off")


@pytest.mark.e2e
def test_serve_watches_serves_metrics_and_stops_at_sigterm(site: Site, folder: Path) -> None:
    """With a Prefect server of its own; the log lines are JSON."""
    site.page("/feed", rss())
    run("feeds", "add", f"{site.url}/feed", "--name", "市場だより")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    service = subprocess.Popen(  # noqa: S603 - our own program
        [Path(sys.executable).with_name("torihiki"), "serve", "--metrics-port", str(port)],
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": "",
            "PREFECT_RUNNER_POLL_FREQUENCY": "1",
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
        },
    )
    deadline = time.monotonic() + 120
    try:
        while 'torihiki_feed_up{feed="市場だより"} 1.0' not in _metrics(port) or not site.asked:
            assert service.poll() is None, service.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.3)
        service.send_signal(signal.SIGTERM)
        _, err = service.communicate(timeout=60)
    finally:
        service.kill()
    assert service.returncode == 0, err
    assert "watching 1 feeds, a look every 900 s" in err
    assert "Traceback" not in err


def _metrics(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
