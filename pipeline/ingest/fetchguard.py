"""Where fetching may go: http and https, to public addresses, and to hosts that the user allows.

A feed is written by strangers, and so are the redirects and names in it. Without this gate one
could make us ask the machine's own services, or the metadata service of a cloud, and read out the
answer. The gate is asked twice: with every URL, and where the connection is made, with the very
addresses that are then connected to, so that a name cannot mean another address a moment later.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpx

from pipeline.errors import ForbiddenAddressError, SettingsError, TransientFetchError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], tuple[str, ...]]

RESOLVE_SECONDS = 10.0

# What Python counts as global, and what nevertheless answers only inside a network.
_INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's metadata and agents
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.88.99.0/24",  # the former 6to4 relays
        "fec0::/10",  # the former site-local addresses
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_MEND = "; if it is meant, add the host to TORIHIKI_ALLOW_HOSTS"


def resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a name, as the system knows them.

    Raises:
        OSError: there are none, or no answer came within `RESOLVE_SECONDS`.
    """
    answer: list[tuple[str, ...]] = []
    failure: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            failure.append(error)
        else:
            answer.append(tuple(dict.fromkeys(str(item[4][0]) for item in found)))

    # The system's resolver cannot be told a time limit, so it is asked aside.
    asking = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    asking.start()
    asking.join(RESOLVE_SECONDS)
    if failure:
        raise OSError(str(failure[0])) from failure[0]
    if not answer:
        msg = f"no answer within {RESOLVE_SECONDS:.0f} s"
        raise OSError(msg)
    return answer[0]


def is_public(address: Address) -> bool:
    """Whether an address is reached over the public internet.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is as public as that.
    """
    carried = _carried(address) if isinstance(address, ipaddress.IPv6Address) else None
    if carried is not None:
        return is_public(carried)
    if any(address in network for network in _INSIDE):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True, slots=True)
class Guard:
    """The gate.

    Attributes:
        allowed: (host, port) that may be reached wherever they lie; port None for all ports.
        resolver: name and port to addresses.
    """

    allowed: frozenset[tuple[str, int | None]] = frozenset()
    resolver: Resolver = resolve

    def check_url(self, url: httpx.URL) -> None:
        """Refuse a URL by its looks, before anything is asked.

        Raises:
            ForbiddenAddressError: neither http nor https, no host, a password in it, or an
                address written out that is not public.
        """
        shown = display(url)
        if url.scheme not in {"http", "https"}:
            raise ForbiddenAddressError(shown, "only http and https are fetched")
        if not url.host:
            raise ForbiddenAddressError(shown, "it names no host; write http://HOST/PATH")
        if url.userinfo:
            raise ForbiddenAddressError(shown, "URLs with a name or password are not fetched")
        written = _address(url.host)
        if written is not None:
            self._refuse_inside(written, url.host, port_of(url), shown)

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of `host` to connect to, all of them looked at.

        Raises:
            ForbiddenAddressError: one of them is not public, and the host is not allowed.
            TransientFetchError: the name has none now.
        """
        shown = f"{host}:{port}"
        try:
            found = self.resolver(host, port)
        except OSError as error:
            reason = f"its name has no address ({error}); check the URL and the network"
            raise TransientFetchError(shown, reason) from error
        for text in found:
            address = _address(text)
            if address is None:
                raise ForbiddenAddressError(shown, f"{text} is no address")
            self._refuse_inside(address, host, port, shown)
        if not found:
            raise TransientFetchError(shown, "its name has no address; check the URL")
        return found

    def _refuse_inside(self, address: Address, host: str, port: int, shown: str) -> None:
        if is_public(address) or self._allows(host, port):
            return
        raise ForbiddenAddressError(shown, f"{address} is not a public address{_MEND}")

    def _allows(self, host: str, port: int) -> bool:
        name = _plain(host)
        return (name, None) in self.allowed or (name, port) in self.allowed


def make_guard(allow_hosts: Iterable[str], *, resolver: Resolver = resolve) -> Guard:
    """A gate that lets through the hosts of TORIHIKI_ALLOW_HOSTS: `host`, `host:port`, `[::1]:80`.

    An address allows itself only, not the names that lead to it.

    Raises:
        SettingsError: an entry that is neither.
    """
    allowed: set[tuple[str, int | None]] = set()
    for entry in allow_hosts:
        text = entry.strip()
        if not text:
            continue
        if _address(text) is not None:
            allowed.add((_plain(text), None))
            continue
        try:
            url = httpx.URL(f"http://{text}")
        except httpx.InvalidURL as error:
            raise SettingsError(_no_host(entry)) from error
        has_port = text.rpartition("]")[2].rpartition(":")[2].isdigit()
        if not url.host or url.path not in {"", "/"} or url.userinfo or url.query:
            raise SettingsError(_no_host(entry))
        allowed.add((_plain(url.host), port_of(url) if has_port else None))
    return Guard(allowed=frozenset(allowed), resolver=resolver)


def _no_host(entry: str) -> str:
    return (
        f"TORIHIKI_ALLOW_HOSTS: {entry!r} is no host; write hosts or host:port, separated by "
        "commas (intranet.example, 127.0.0.1:8000)"
    )


def port_of(url: httpx.URL) -> int:
    """The port that a URL means."""
    return url.port or (443 if url.scheme == "https" else 80)


def host_key(url: httpx.URL) -> str:
    """Who is asked, for limits and manners: host and port."""
    return f"{_plain(url.host)}:{port_of(url)}"


def display(url: httpx.URL) -> str:
    """A URL as it may be shown and logged: without name and password."""
    return str(url.copy_with(userinfo=b"") if url.userinfo else url)


def _plain(host: str) -> str:
    text = host.strip("[]").rstrip(".").lower()
    address = _address(text)
    return str(address) if address is not None else text


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
