"""Fetching over HTTP: one client for feeds, pages, robots.txt and webhooks.

Polite (robots.txt, limits a host, Retry-After, conditional requests), bounded (time, size,
redirects), and only to where the gate lets it (pipeline.ingest.fetchguard), redirects included.
"""

import hashlib
import http.cookiejar
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

import httpcore
import httpx

from pipeline.errors import (
    FetchError,
    ForbiddenAddressError,
    RestError,
    RobotsError,
    TransientFetchError,
)
from pipeline.ingest.fetchbody import ACCEPT_ENCODING, BodyError, BodyTooLargeError, read_body
from pipeline.ingest.fetchguard import Guard, display, host_key
from pipeline.ingest.fetchheaders import DEFAULT_REST, content_type, fresh_for, retry_after
from pipeline.ingest.fetchhosts import (
    ROBOTS_KEPT,
    ROBOTS_KEPT_UNSURE,
    HostLimits,
    HostMemory,
    ProcessMemory,
    RobotsFile,
    Rules,
    parse_robots,
)
from pipeline.ingest.fetchwire import Exchange, GuardedTransport, join_url, parse_url

FEED_TYPES = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, text/plain;q=0.5"
_ROBOTS_BYTES = 512_000  # RFC 9309 asks for at least 500 KiB
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_RESTING = frozenset({429, 503})
_TRANSIENT = frozenset({408, 425, 500, 502, 504, 520, 521, 522, 523, 524})
_UNSURE_ROBOTS = frozenset({408, 425, 502, 504, 520, 521, 522, 523, 524})


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """Bounds of one fetch.

    Attributes:
        max_bytes: of the body, as sent and unpacked.
        seconds: for the whole fetch with its redirects, waiting for a turn left out.
        silence_seconds: the longest that a server may say nothing.
        max_redirects: how many are followed.
    """

    max_bytes: int = 30_000_000
    seconds: float = 60.0
    silence_seconds: float = 20.0
    max_redirects: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One redirect: who answered, with what status, pointing where."""

    url: str
    status: int
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer.

    Attributes:
        url: where it came from in the end.
        status: 200, or 304 for "as you have it".
        body: unpacked, b"" with 304.
        content_type: without parameters, in small letters; "" where none is given.
        charset: as the header says, None where it does not.
        etag, last_modified: for the next conditional request.
        fresh_for: how long the server says that it stays as it is; at most a day.
        hops: the redirects that led there.
    """

    url: str
    status: int
    body: bytes
    content_type: str
    charset: str | None
    etag: str | None
    last_modified: str | None
    fresh_for: timedelta
    hops: tuple[Hop, ...] = ()

    @property
    def moved_to(self) -> str | None:
        """The new address, where every redirect said that the old one is gone for good."""
        permanent = self.hops and all(hop.status in _PERMANENT for hop in self.hops)
        return self.url if permanent else None


def user_agent(contact: str) -> str:
    """Who we are, with where to complain."""
    try:
        ours = version("torihiki")
    except PackageNotFoundError:
        ours = "0"
    return f"Torihiki/{ours} (+{contact})"


def _no_cookies() -> http.cookiejar.CookieJar:
    """A jar that keeps nothing: a news site need not recognise us."""
    return http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))


@dataclass(slots=True)
class _Request:
    """What one fetch asks for, and how much of its time is left."""

    url: httpx.URL
    headers: dict[str, str]
    limits: FetchLimits
    obey_robots: bool
    left: float
    hops: list[Hop] = field(default_factory=list)


class Fetcher(AbstractContextManager["Fetcher"]):
    """The client; safe to share between threads, to be closed at the end."""

    def __init__(
        self,
        guard: Guard,
        *,
        contact: str,
        limits: FetchLimits | None = None,
        hosts: HostLimits | None = None,
        memory: HostMemory | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        backend: httpcore.NetworkBackend | None = None,
    ) -> None:
        """Open the client; nothing is asked yet.

        Args:
            guard: where it may go.
            contact: address or URL for site owners, goes into the User-Agent.
            limits: of a fetch that brings no limits of its own.
            hosts: how often hosts are asked; one request a second, two at once by default.
            memory: what is known of hosts from before.
            now: the clock, for dates in headers.
            backend: the network, for tests.
        """
        self._guard = guard
        self._limits = limits or FetchLimits()
        self._hosts = hosts or HostLimits(interval=1.0, at_once=2)
        self._memory: HostMemory = memory or ProcessMemory()
        self._now = now
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._rules: dict[str, tuple[RobotsFile, Rules]] = {}
        self._resting: dict[str, dict[str, datetime]] = {}
        self._client = httpx.Client(
            transport=GuardedTransport(guard, backend=backend),
            headers={"User-Agent": user_agent(contact), "Accept-Encoding": ACCEPT_ENCODING},
            cookies=_no_cookies(),
            follow_redirects=False,
            trust_env=False,
        )

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        etag: str | None = None,
        last_modified: str | None = None,
        limits: FetchLimits | None = None,
        obey_robots: bool = True,
    ) -> Fetched:
        """Fetch `url`, following redirects, all within the limits.

        Args:
            url: http or https.
            accept: the content types wanted.
            etag: of what we have, to be spared the same again.
            last_modified: the same, for servers without ETag.
            limits: instead of the client's.
            obey_robots: whether robots.txt is asked first.

        Raises:
            ForbiddenAddressError: it, or a redirect of it, lies where we must not go.
            RobotsError: robots.txt closes it to us.
            RestError: the site wants to be left alone for a while.
            TransientFetchError: no answer, a broken or slow one, a server's error.
            FetchError: an answer that will not get better: gone, not found, too large.
        """
        chosen = limits or self._limits
        headers = {"Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        request = _Request(
            url=parse_url(url),
            headers=headers,
            limits=chosen,
            obey_robots=obey_robots,
            left=chosen.seconds,
        )
        return self._follow(request)

    def post_json(self, url: str, content: bytes, *, limits: FetchLimits | None = None) -> int:
        """Send JSON to a webhook; its status, which is below 300.

        Raises:
            FetchError: as `get`; redirects are not followed.
        """
        chosen = limits or replace(self._limits, max_bytes=1_000_000)
        target = parse_url(url)
        self._guard.check_url(target)
        self._respect_rest(target)
        with self._send("POST", target, {"Content-Type": "application/json"}, chosen, content) as a:
            if a.status_code >= 300:
                raise self._refusal(target, a)
            return a.status_code

    def _follow(self, request: _Request) -> Fetched:
        while True:
            try:
                outcome = self._step(request)
            except ForbiddenAddressError as error:
                if not request.hops:
                    raise
                reason = f"it redirects to {display(request.url)}: {error.reason}"
                raise ForbiddenAddressError(request.hops[0].url, reason) from error
            if isinstance(outcome, Fetched):
                return outcome
            if len(request.hops) > request.limits.max_redirects:
                trail = " → ".join([*(hop.url for hop in request.hops), display(outcome)])
                reason = f"more than {request.limits.max_redirects} redirects ({trail})"
                raise FetchError(request.hops[0].url, reason)
            request.url = outcome

    def _step(self, request: _Request) -> Fetched | httpx.URL:
        """All that is to be asked and done for one URL of the chain."""
        self._guard.check_url(request.url)
        if request.obey_robots:
            self._ask_robots(request)
        self._respect_rest(request.url)
        return self._once(request)

    def _once(self, request: _Request) -> Fetched | httpx.URL:
        """One request: an answer, or where a redirect points."""
        url, limits = request.url, request.limits
        started = time.monotonic()
        within = replace(limits, seconds=request.left)
        with self._send("GET", url, request.headers, within) as answer:
            if answer.status_code in _REDIRECTS and answer.headers.get("Location"):
                target = join_url(url, answer.headers["Location"])
                request.hops.append(
                    Hop(url=display(url), status=answer.status_code, to=display(target))
                )
                request.left -= time.monotonic() - started
                return target
            if answer.status_code not in {200, 203, 304}:
                raise self._refusal(url, answer)
            body = b"" if answer.status_code == 304 else self._body(url, answer, limits)
        return self._fetched(request, answer, body)

    def _fetched(self, request: _Request, answer: httpx.Response, body: bytes) -> Fetched:
        media, charset = content_type(answer.headers.get("Content-Type"))
        return Fetched(
            url=display(request.url),
            status=304 if answer.status_code == 304 else 200,
            body=body,
            content_type=media,
            charset=charset,
            etag=answer.headers.get("ETag"),
            last_modified=answer.headers.get("Last-Modified"),
            fresh_for=fresh_for(answer.headers, self._now()),
            hops=tuple(request.hops),
        )

    def _send(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        limits: FetchLimits,
        content: bytes | None = None,
    ) -> Exchange:
        request = self._client.build_request(
            method, url, headers=dict(headers), content=content, timeout=limits.silence_seconds
        )
        return Exchange(self._client, request, self._hosts, limits.seconds)

    def _body(self, url: httpx.URL, answer: httpx.Response, limits: FetchLimits) -> bytes:
        shown = display(url)
        stated = answer.headers.get("Content-Length", "")
        if stated.isdigit() and int(stated) > limits.max_bytes:
            raise FetchError(shown, f"it is larger than {limits.max_bytes:,} bytes")
        encoding = answer.headers.get("Content-Encoding", "")
        try:
            return read_body(answer.iter_raw(), encoding, limits.max_bytes)
        except BodyTooLargeError as error:
            raise FetchError(shown, str(error)) from error
        except BodyError as error:
            raise TransientFetchError(shown, str(error)) from error

    def _refusal(self, url: httpx.URL, answer: httpx.Response) -> FetchError:
        """The error for a status that brings nothing; a pause that is asked for is remembered."""
        status, shown = answer.status_code, display(url)
        said = f"the server says {status} {answer.reason_phrase}".rstrip()
        wait = retry_after(answer.headers.get("Retry-After"), self._now())
        if status in _RESTING or (wait is not None and status in _TRANSIENT):
            until = self._now() + (DEFAULT_REST if wait is None else wait)
            self._note_rest(url, until)
            return RestError(
                shown, f"{said}; left alone until {until:%Y-%m-%d %H:%M:%S} UTC", until
            )
        if status in _TRANSIENT or status >= 500:
            return TransientFetchError(shown, said, status=status)
        return FetchError(shown, said, status=status)

    def _note_rest(self, url: httpx.URL, until: datetime) -> None:
        """Remember a pause: of one URL it is that URL's, of a second one it is the host's."""
        host, key = host_key(url), _url_key(url)
        with self._lock:
            resting = self._resting.setdefault(host, {})
            resting[key] = until
            others = [end for other, end in resting.items() if other != key]
        self._memory.rest(key, until)
        if any(end > self._now() for end in others):
            self._memory.rest(host, until)

    def _respect_rest(self, url: httpx.URL) -> None:
        for key, what in ((_url_key(url), "it"), (host_key(url), "its host")):
            until = self._memory.resting_until(key)
            if until is not None and until > self._now():
                reason = f"{what} asked to be left alone until {until:%Y-%m-%d %H:%M:%S} UTC"
                raise RestError(display(url), reason, until)

    def _ask_robots(self, request: _Request) -> None:
        rules = self._rules_of(request.url)
        if not rules.allows(str(request.url)):
            raise RobotsError(
                display(request.url), "robots.txt of its site closes it to programs like this one"
            )
        if rules.delay:
            self._hosts.slow_down(host_key(request.url), rules.delay)

    def _rules_of(self, url: httpx.URL) -> Rules:
        host = f"{url.scheme}://{host_key(url)}"
        with self._lock:
            lock = self._locks.setdefault(host, threading.Lock())
        with lock:
            known = self._rules.get(host)
            robots = known[0] if known else self._memory.robots(host)
            if robots is None or robots.expires_at <= self._now():
                robots = self._fetch_robots(url, robots)
                self._memory.keep_robots(host, robots)
            if known is None or known[0] != robots:
                self._rules[host] = known = (robots, parse_robots(robots.text))
            return known[1]

    def _fetch_robots(self, url: httpx.URL, old: RobotsFile | None) -> RobotsFile:
        """A site's robots.txt.

        Without one (4xx) everything is allowed. Where it cannot be had for now, the old one
        holds; without an old one the site is not asked at all (RFC 9309, 2.3.1.4). A plain 500
        counts as none: it is what a server says that cannot handle the path.
        """
        where = str(url.copy_with(path="/robots.txt", query=None, fragment=None))
        bounds = FetchLimits(
            max_bytes=_ROBOTS_BYTES,
            seconds=min(20.0, self._limits.seconds),
            silence_seconds=min(10.0, self._limits.silence_seconds),
        )
        try:
            answer = self.get(where, accept="text/plain", limits=bounds, obey_robots=False)
        except TransientFetchError as error:
            sure = error.status is not None and error.status not in _UNSURE_ROBOTS
            if not sure and old is None:
                raise
            text = old.text if old is not None and not sure else ""
            return RobotsFile(text=text, expires_at=self._now() + ROBOTS_KEPT_UNSURE)
        except ForbiddenAddressError:
            raise
        except FetchError:
            return RobotsFile(text="", expires_at=self._now() + ROBOTS_KEPT)
        text = answer.body.decode("utf-8-sig", "replace").replace("\x00", "")
        return RobotsFile(text=text, expires_at=self._now() + ROBOTS_KEPT)


def _url_key(url: httpx.URL) -> str:
    """One URL in the memory of hosts, of bounded length."""
    digest = hashlib.sha256(str(url).encode()).hexdigest()[:32]
    return f"{host_key(url)} {digest}"
