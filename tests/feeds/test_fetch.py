"""One fetch against sites that misbehave."""

import gzip
import itertools
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import brotli
import httpcore
import pytest

from pipeline.errors import (
    FetchError,
    ForbiddenAddressError,
    RestError,
    RobotsError,
    TransientFetchError,
)
from pipeline.ingest.fetch import Fetcher, FetchLimits
from pipeline.ingest.fetchguard import make_guard
from pipeline.ingest.fetchhosts import HostLimits, ProcessMemory, RobotsFile
from tests.feeds.conftest import LIMITS
from tests.feeds.site import Answer, Asked, Site

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def opened(site: Site, **options: Any) -> Fetcher:
    """A fetcher with other options than the fixture's."""
    values: dict[str, Any] = {
        "contact": "desk",
        "limits": LIMITS,
        "hosts": HostLimits(interval=0.0, at_once=8),
    }
    return Fetcher(make_guard([site.host]), **(values | options))


def test_a_page_comes_with_what_its_headers_say(site: Site, fetcher: Fetcher) -> None:
    site.page(
        "/feed",
        "<rss/>",
        content_type="Application/RSS+xml; charset=Shift_JIS",
        etag='"a"',
        last_modified="Tue, 24 Nov 2026 08:00:00 GMT",
        cache_control="public, max-age=600",
    )
    answer = fetcher.get(f"{site.url}/feed")
    assert (answer.status, answer.body, answer.url) == (200, b"<rss/>", f"{site.url}/feed")
    assert (answer.content_type, answer.charset) == ("application/rss+xml", "Shift_JIS")
    assert (answer.etag, answer.last_modified) == ('"a"', "Tue, 24 Nov 2026 08:00:00 GMT")
    assert answer.fresh_for == timedelta(minutes=10)
    (asked,) = site.calls("/feed")
    assert asked.headers["user-agent"].startswith("Torihiki/")
    assert "(+mailto:desk@example.org)" in asked.headers["user-agent"]


def test_a_conditional_request_is_answered_with_304(site: Site, fetcher: Fetcher) -> None:
    def page(asked: Asked) -> Answer:
        known = asked.headers.get("if-none-match") == '"a"'
        return Answer(status=304, headers={"ETag": '"a"'}) if known else Answer(b"new")

    site.pages["/feed"] = page
    answer = fetcher.get(f"{site.url}/feed", etag='"a"', last_modified="yesterday")
    assert (answer.status, answer.body) == (304, b"")
    assert site.calls("/feed")[0].headers["if-modified-since"] == "yesterday"
    assert fetcher.get(f"{site.url}/feed", etag='"b"').body == b"new"


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        pytest.param((301, 308, 301), True, id="permanent"),
        pytest.param((301, 302, 301), False, id="one of them temporary"),
    ],
)
def test_a_chain_of_redirects_is_followed(
    site: Site, fetcher: Fetcher, statuses: tuple[int, ...], *, moved: bool
) -> None:
    for number, status in enumerate(statuses):
        site.page(f"/{number}", status=status, location=f"/{number + 1}?q=1#part")
    site.page(f"/{len(statuses)}", "here")
    answer = fetcher.get(f"{site.url}/0")
    assert answer.body == b"here"
    assert [hop.status for hop in answer.hops] == list(statuses)
    assert answer.url == f"{site.url}/3?q=1"
    assert answer.moved_to == (answer.url if moved else None)


def test_a_redirect_to_itself_ends(site: Site, fetcher: Fetcher) -> None:
    site.page("/loop", status=302, location="/loop")
    with pytest.raises(FetchError, match="more than 4 redirects"):
        fetcher.get(f"{site.url}/loop")
    assert len(site.calls("/loop")) == 5


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://169.254.169.254/latest/meta-data/", id="metadata"),
        pytest.param("//169.254.169.254/latest/", id="metadata without scheme"),
        pytest.param("http://[::ffff:169.254.169.254]/", id="metadata in version 6"),
        pytest.param("http://localhost:1/", id="name of loopback"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("http://name:word@127.0.0.1/", id="password"),
    ],
)
def test_a_redirect_to_the_inside_is_refused(site: Site, fetcher: Fetcher, location: str) -> None:
    site.page("/out", status=302, location=location)
    with pytest.raises(ForbiddenAddressError, match="it redirects to"):
        fetcher.get(f"{site.url}/out")


def test_another_port_of_an_allowed_address_is_not_asked(
    site: Site, forbidden: Site, fetcher: Fetcher
) -> None:
    site.page("/out", status=307, location=f"{forbidden.url}/secret")
    with pytest.raises(ForbiddenAddressError):
        fetcher.get(f"{site.url}/out")
    with pytest.raises(ForbiddenAddressError):
        fetcher.get(f"{forbidden.url}/secret")


class _NoNetwork(httpcore.NetworkBackend):
    """Notes whom it is to connect to, and connects to nobody."""

    def __init__(self) -> None:
        self.targets: list[tuple[str, int]] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self.targets.append((host, port))
        msg = "no network here"
        raise httpcore.ConnectError(msg)


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_looked_at() -> None:
    """DNS rebinding: the first answer is public, every later one leads inside."""
    answers = iter([("8.8.8.8",), ("127.0.0.1",), ("127.0.0.1",)])
    network = _NoNetwork()
    guard = make_guard([], resolver=lambda *_: next(answers))
    with Fetcher(guard, contact="desk", limits=LIMITS, backend=network) as fetcher:
        with pytest.raises(TransientFetchError):
            fetcher.get("http://rebind.example/", obey_robots=False)
        assert network.targets == [("8.8.8.8", 80)]
        with pytest.raises(ForbiddenAddressError):
            fetcher.get("http://rebind.example/", obey_robots=False)
    assert network.targets == [("8.8.8.8", 80)]


def test_a_name_that_leads_to_an_allowed_address_is_not_allowed(site: Site) -> None:
    port = int(site.host.partition(":")[2])
    guard = make_guard([site.host], resolver=lambda *_: ("127.0.0.1",))
    with (
        Fetcher(guard, contact="desk", limits=LIMITS) as fetcher,
        pytest.raises(ForbiddenAddressError),
    ):
        fetcher.get(f"http://news.example:{port}/feed")
    assert site.asked == []


@pytest.mark.parametrize(
    ("status", "wait"),
    [
        pytest.param("120", timedelta(minutes=2), id="seconds"),
        pytest.param("Tue, 24 Nov 2026 09:30:00 GMT", timedelta(minutes=30), id="date"),
        pytest.param(None, timedelta(minutes=5), id="without"),
        pytest.param("soon", timedelta(minutes=5), id="nonsense"),
        pytest.param("99999999999", timedelta(days=7), id="for ever"),
    ],
)
def test_429_is_left_alone_for_as_long_as_it_asks(
    site: Site, status: str | None, wait: timedelta
) -> None:
    site.page("/feed", status=429, **({"retry_after": status} if status else {}))
    memory = ProcessMemory()
    clock = [NOW]
    with opened(site, memory=memory, now=lambda: clock[0]) as fetcher:
        with pytest.raises(RestError) as asked:
            fetcher.get(f"{site.url}/feed")
        assert asked.value.until == NOW + wait
        site.page("/feed", "well again").page("/other", "well all the time")
        with pytest.raises(RestError):
            fetcher.get(f"{site.url}/feed")
        assert len(site.calls("/feed")) == 1
        assert fetcher.get(f"{site.url}/other").body == b"well all the time"
        clock[0] = NOW + wait + timedelta(seconds=1)
        assert fetcher.get(f"{site.url}/feed").body == b"well again"


def test_a_host_that_says_429_twice_is_left_alone_as_a_whole(site: Site, fetcher: Fetcher) -> None:
    for path in ("/one", "/two"):
        site.page(path, status=429, retry_after="60")
        with pytest.raises(RestError):
            fetcher.get(f"{site.url}{path}")
    with pytest.raises(RestError, match="its host"):
        fetcher.get(f"{site.url}/three")
    assert site.calls("/three") == []


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, TransientFetchError), (502, TransientFetchError), (404, FetchError), (410, FetchError),
     (403, FetchError), (204, FetchError)],
)  # fmt: skip
def test_a_status_says_whether_trying_again_helps(
    site: Site, fetcher: Fetcher, status: int, error: type[FetchError]
) -> None:
    site.page("/feed", status=status)
    with pytest.raises(error, match=str(status)) as refused:
        fetcher.get(f"{site.url}/feed")
    assert type(refused.value) is error
    assert refused.value.status == status


def endless() -> Iterator[bytes]:
    while True:
        yield b"<item/>" * 1000


def drip() -> Iterator[bytes]:
    while True:
        yield b"<"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        pytest.param(Answer(chunks=endless), FetchError, "larger than 100,000", id="endless"),
        pytest.param(Answer(chunks=drip), TransientFetchError, "no whole answer", id="slow drip"),
        pytest.param(
            Answer(headers={"Content-Length": "100001"}), FetchError, "larger", id="told length"
        ),
        pytest.param(
            Answer(b"<rss", headers={"Content-Length": "40", "Connection": "close"}),
            TransientFetchError,
            "connection",
            id="breaks off",
        ),
        pytest.param(
            Answer(gzip.compress(b"\0" * 10**7), headers={"Content-Encoding": "gzip"}),
            FetchError,
            "larger",
            id="gzip bomb",
        ),
        pytest.param(
            Answer(brotli.compress(b"\0" * 10**7), headers={"Content-Encoding": "br"}),
            FetchError,
            "larger",
            id="br bomb",
        ),
        pytest.param(
            Answer(b"plain", headers={"Content-Encoding": "gzip"}),
            TransientFetchError,
            "compression",
            id="false encoding",
        ),
    ],
)
def test_a_body_that_misbehaves_is_given_up(
    site: Site, fetcher: Fetcher, answer: Answer, error: type[FetchError], says: str
) -> None:
    site.pages["/feed"] = lambda _: answer
    began = time.monotonic()
    with pytest.raises(error, match=says) as refused:
        fetcher.get(f"{site.url}/feed", obey_robots=False)
    assert type(refused.value) is error
    assert time.monotonic() - began < 5


def test_headers_that_drip_are_given_up(fetcher: Fetcher, site: Site) -> None:
    """The time limit holds for the head of an answer too."""
    import socket
    import threading

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for number in range(100):
                try:
                    connection.sendall(f"X-{number}: y\r\n".encode())
                except OSError:
                    return
                time.sleep(0.1)

    threading.Thread(target=serve, daemon=True).start()
    with (
        listening,
        Fetcher(make_guard([f"127.0.0.1:{port}"]), contact="desk", limits=LIMITS) as mine,
        pytest.raises(TransientFetchError, match="no whole answer"),
    ):
        mine.get(f"http://127.0.0.1:{port}/", obey_robots=False)


def test_nobody_there_is_a_failure_that_may_pass(site: Site) -> None:
    with opened(site) as fetcher:
        site.close()
        with pytest.raises(TransientFetchError, match="connection failed"):
            fetcher.get(f"{site.url}/feed", obey_robots=False)


ROBOTS = "User-agent: *\nDisallow: /private/\nCrawl-delay: 2\n"


def test_robots_txt_is_asked_once_and_obeyed(site: Site) -> None:
    waited: list[float] = []
    site.page("/robots.txt", ROBOTS).page("/private/a", "no").page("/b", "yes")
    hosts = HostLimits(interval=0.0, at_once=1, sleep=waited.append, clock=lambda: 0.0)
    with opened(site, hosts=hosts) as fetcher:
        with pytest.raises(RobotsError):
            fetcher.get(f"{site.url}/private/a")
        assert fetcher.get(f"{site.url}/b").body == b"yes"
        assert fetcher.get(f"{site.url}/b").body == b"yes"
        assert fetcher.get(f"{site.url}/private/a", obey_robots=False).body == b"no"
    assert len(site.calls("/robots.txt")) == 1
    assert waited == [2.0, 4.0], "the delay that robots.txt asks for is kept"


def test_a_redirect_into_what_robots_txt_closes_is_not_followed(
    site: Site, fetcher: Fetcher
) -> None:
    site.page("/robots.txt", ROBOTS).page("/out", status=302, location="/private/a")
    with pytest.raises(RobotsError):
        fetcher.get(f"{site.url}/out")
    assert site.calls("/private/a") == []


@pytest.mark.parametrize(
    ("status", "passes"),
    [
        pytest.param(404, True, id="none"),
        pytest.param(403, True, id="forbidden"),
        pytest.param(500, True, id="not handled"),
        pytest.param(502, False, id="out of order"),
        pytest.param(503, False, id="overloaded"),
        pytest.param(429, False, id="asked too often"),
    ],
)
def test_a_missing_robots_txt_allows_and_one_out_of_reach_does_not(
    site: Site, fetcher: Fetcher, status: int, *, passes: bool
) -> None:
    site.page("/robots.txt", status=status).page("/feed", "here")
    if passes:
        assert fetcher.get(f"{site.url}/feed").body == b"here"
    else:
        with pytest.raises(TransientFetchError):
            fetcher.get(f"{site.url}/feed")
        assert site.calls("/feed") == []


def test_an_old_robots_txt_holds_while_a_new_one_cannot_be_had(site: Site) -> None:
    memory = ProcessMemory()
    old = RobotsFile(text=ROBOTS, expires_at=NOW - timedelta(hours=1))
    memory.keep_robots(f"http://{site.host}", old)
    site.page("/robots.txt", status=502).page("/feed", "here")
    with opened(site, memory=memory, now=lambda: NOW) as fetcher:
        assert fetcher.get(f"{site.url}/feed").body == b"here"
        with pytest.raises(RobotsError):
            fetcher.get(f"{site.url}/private/a")


def test_hosts_are_asked_in_turn(site: Site) -> None:
    for number in range(4):
        site.page(f"/{number}", "x")
    hosts = HostLimits(interval=0.15, at_once=2)
    with opened(site, hosts=hosts) as fetcher:
        for number in range(4):
            fetcher.get(f"{site.url}/{number}", obey_robots=False)
    times = [asked.at for asked in site.asked]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) > 0.1


def test_no_cookie_comes_back(site: Site, fetcher: Fetcher) -> None:
    site.page("/feed", "x", set_cookie="id=1; Path=/")
    fetcher.get(f"{site.url}/feed")
    fetcher.get(f"{site.url}/feed")
    assert all("cookie" not in asked.headers for asked in site.asked)


def test_a_webhook_gets_its_json(site: Site, fetcher: Fetcher, forbidden: Site) -> None:
    site.page("/hook", "ok").page("/bad", status=400)
    assert fetcher.post_json(f"{site.url}/hook", b'{"text": "x"}') == 200
    assert site.calls("/hook")[0].body == b'{"text": "x"}'
    with pytest.raises(FetchError, match="400"):
        fetcher.post_json(f"{site.url}/bad", b"{}")
    with pytest.raises(ForbiddenAddressError):
        fetcher.post_json(f"{forbidden.url}/hook", b"{}")


def test_limits_of_one_fetch_rule(site: Site, fetcher: Fetcher) -> None:
    site.page("/big", b"x" * 2000)
    with pytest.raises(FetchError, match="larger than 1,000"):
        fetcher.get(f"{site.url}/big", limits=FetchLimits(max_bytes=1000))
