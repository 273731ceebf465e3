"""Where fetching may go and where not."""

import ipaddress

import httpx
import pytest

from pipeline.errors import ForbiddenAddressError, SettingsError, TransientFetchError
from pipeline.ingest.fetchguard import Guard, host_key, is_public, make_guard, resolve
from pipeline.settings import load_settings

PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
INSIDE = {
    "loopback": "127.0.0.1",
    "all of 127": "127.8.9.10",
    "loopback, version 6": "::1",
    "this host": "0.0.0.0",  # noqa: S104 - an address to refuse
    "unspecified, version 6": "::",
    "private A": "10.1.2.3",
    "private B": "172.31.255.255",
    "private C": "192.168.0.1",
    "shared by carriers, Alibaba's metadata": "100.100.100.200",
    "link-local, metadata": "169.254.169.254",
    "link-local, version 6": "fe80::1",
    "unique local, AWS metadata": "fd00:ec2::254",
    "site-local": "fec0::1",
    "Azure's metadata": "168.63.129.16",
    "Oracle's metadata": "192.0.0.192",
    "documentation": "203.0.113.9",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "multicast, version 6": "ff02::1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped metadata": "::ffff:169.254.169.254",
    "metadata behind NAT64": "64:ff9b::a9fe:a9fe",
    "loopback behind 6to4": "2002:7f00:1::",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", INSIDE.values(), ids=INSIDE)
def test_an_address_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("ftp://news.example/feed", id="ftp"),
        pytest.param("gopher://news.example/", id="gopher"),
        pytest.param("feed.xml", id="no scheme"),
        pytest.param("http:///feed", id="no host"),
        pytest.param("http://user:secret@news.example/", id="password"),
        pytest.param("http://127.0.0.1/", id="loopback"),
        pytest.param("http://[::1]/", id="loopback, version 6"),
        pytest.param("http://[::ffff:7f00:1]/", id="mapped loopback"),
        pytest.param("http://169.254.169.254/latest/meta-data/", id="metadata"),
    ],
)
def test_a_url_is_refused_by_its_looks(url: str) -> None:
    with pytest.raises(ForbiddenAddressError) as refused:
        Guard().check_url(httpx.URL(url))
    assert "secret" not in str(refused.value)


def test_a_url_of_a_name_passes_until_its_name_is_resolved() -> None:
    Guard().check_url(httpx.URL("https://news.example:8443/feed?x=1"))


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost"])
def test_other_spellings_of_loopback_are_refused_after_resolution(host: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="not a public address"):
        Guard(resolver=resolve).addresses(host, 80)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(("10.0.0.7",), id="private only"),
        pytest.param(("8.8.8.8", "10.0.0.7"), id="private among public ones"),
        pytest.param(("fe80::1%eth0",), id="link-local with its interface"),
        pytest.param(("what?",), id="no address at all"),
    ],
)
def test_a_name_that_leads_inside_is_refused(found: tuple[str, ...]) -> None:
    with pytest.raises(ForbiddenAddressError):
        Guard(resolver=lambda *_: found).addresses("news.example", 80)


def test_a_name_without_address_may_have_one_later() -> None:
    def nothing(*_: object) -> tuple[str, ...]:
        msg = "Name or service not known"
        raise OSError(msg)

    with pytest.raises(TransientFetchError, match="no address"):
        Guard(resolver=nothing).addresses("gone.example", 80)


@pytest.mark.parametrize(
    ("entry", "host", "port", "passes"),
    [
        pytest.param("intranet.example", "intranet.example", 80, True, id="name, any port"),
        pytest.param("Intranet.Example", "intranet.example.", 80, True, id="case and last dot"),
        pytest.param("intranet.example:8080", "intranet.example", 8080, True, id="name and port"),
        pytest.param("intranet.example:8080", "intranet.example", 80, False, id="another port"),
        pytest.param("intranet.example", "x.intranet.example", 80, False, id="not its children"),
        pytest.param("127.0.0.1:8000", "127.0.0.1", 8000, True, id="address and port"),
        pytest.param("10.0.0.7", "evil.example", 80, False, id="not names that lead to it"),
        pytest.param("[::1]:8000", "::1", 8000, True, id="version 6 and port"),
        pytest.param("::1", "::1", 8000, True, id="version 6"),
        pytest.param("[::1]", "::1", 9, True, id="version 6 in brackets"),
    ],
)
def test_an_allowed_host_is_reached_wherever_it_lies(
    entry: str, host: str, port: int, *, passes: bool
) -> None:
    guard = make_guard([entry], resolver=lambda *_: ("10.0.0.7",))
    if passes:
        assert guard.addresses(host, port) == ("10.0.0.7",)
    else:
        with pytest.raises(ForbiddenAddressError, match="TORIHIKI_ALLOW_HOSTS"):
            guard.addresses(host, port)


@pytest.mark.parametrize(
    "entry", ["http://host/", "host/path", "host:port", "user@host", "10.0.0.0/8"]
)
def test_what_is_no_host_cannot_be_allowed(entry: str) -> None:
    with pytest.raises(SettingsError, match="host:port"):
        make_guard([entry])


def test_a_host_is_the_same_however_it_is_written() -> None:
    spellings = ["http://News.Example/a", "http://news.example:80/b", "http://news.example./"]
    assert {host_key(httpx.URL(url)) for url in spellings} == {"news.example:80"}


@pytest.mark.parametrize(
    ("written", "hosts"),
    [
        pytest.param("127.0.0.1:80, localhost", ["127.0.0.1:80", "localhost"], id="commas"),
        pytest.param('["a", "b:1"]', ["a", "b:1"], id="JSON"),
        pytest.param("[::1]:80", ["[::1]:80"], id="version 6 is no JSON"),
        pytest.param("", [], id="empty"),
    ],
)
def test_allowed_hosts_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, written: str, hosts: list[str]
) -> None:
    monkeypatch.setenv("TORIHIKI_ALLOW_HOSTS", written)
    assert load_settings().allow_hosts == hosts
