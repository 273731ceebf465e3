"""The wire under httpx: connects only where the gate lets it, and never takes longer than told.

httpx's own timeouts are for one read each: a server that sends a byte now and then could hold us
for ever. Here all reads and writes of one request share a deadline.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from pipeline.errors import FetchError, TransientFetchError
from pipeline.ingest.fetchguard import Guard, display, host_key
from pipeline.ingest.fetchhosts import HostLimits

MAX_CONNECTIONS = 100
KEEP_ALIVE_SECONDS = 30.0

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline_in(seconds: float) -> Iterator[None]:
    """Within it, what goes over the wire in this thread ends after so many seconds."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _at_most(timeout: float | None) -> float | None:
    """What a single read may take: its own timeout, but no more than the deadline leaves."""
    end = _deadline.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        msg = "the time for the whole answer is over"
        raise httpcore.ReadTimeout(msg)
    return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every read and write looks at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _at_most(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _at_most(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _at_most(timeout))
        return _TimedStream(secured)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves names through the gate and connects to the very addresses that it looked at."""

    def __init__(self, guard: Guard, backend: httpcore.NetworkBackend | None = None) -> None:
        self._guard = guard
        self._backend = backend or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that answers.

        Raises:
            ForbiddenAddressError, TransientFetchError: as the gate says.
            httpcore.ConnectError, httpcore.ConnectTimeout: no address answers.
        """
        failure: Exception = httpcore.ConnectError("no address to connect to")
        for address in self._guard.addresses(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address, port, _at_most(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream)
        raise failure

    def sleep(self, seconds: float) -> None:
        """Wait between attempts to connect."""
        self._backend.sleep(seconds)


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class GuardedTransport(httpx.BaseTransport):
    """httpx's transport over the guarded wire; failures stay httpcore's exceptions."""

    def __init__(self, guard: Guard, *, backend: httpcore.NetworkBackend | None = None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            network_backend=GuardedBackend(guard, backend),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; redirects are the caller's."""
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class Exchange(AbstractContextManager[httpx.Response]):
    """A request and its answer: holds the host's turn and the deadline until it is read.

    Failures of the wire come out as TransientFetchError.
    """

    def __init__(
        self, client: httpx.Client, request: httpx.Request, hosts: HostLimits, seconds: float
    ) -> None:
        self._client = client
        self._request = request
        self._turn = hosts.turn(host_key(request.url))
        self._seconds = seconds
        self._started = 0.0
        self._deadline: AbstractContextManager[None] | None = None
        self._response: httpx.Response | None = None

    def __enter__(self) -> httpx.Response:
        self._turn.__enter__()
        self._started = time.monotonic()
        self._deadline = deadline_in(max(self._seconds, 0.0))
        self._deadline.__enter__()
        try:
            self._response = self._client.send(self._request, stream=True)
        except BaseException as error:
            self._leave()
            self._translate(error)
            raise
        return self._response

    def __exit__(self, _type: Any, error: BaseException | None, _traceback: Any) -> None:
        if self._response is not None:
            self._response.close()
        self._leave()
        self._translate(error)

    def _leave(self) -> None:
        if self._deadline is not None:
            self._deadline.__exit__(None, None, None)
        self._turn.__exit__(None, None, None)

    def _translate(self, error: BaseException | None) -> None:
        shown = display(self._request.url)
        if isinstance(error, httpcore.TimeoutException):
            reason = f"no whole answer after {time.monotonic() - self._started:.1f} s"
            raise TransientFetchError(shown, reason) from error
        if isinstance(error, httpcore.NetworkError | httpcore.ProtocolError | OSError):
            what = str(error) or type(error).__name__
            raise TransientFetchError(shown, f"the connection failed: {what}") from error


def parse_url(url: str) -> httpx.URL:
    """A URL to fetch.

    Raises:
        FetchError: it is none.
    """
    try:
        return httpx.URL(url.strip())
    except httpx.InvalidURL as error:
        raise FetchError(url, f"no URL ({error}); write http://HOST/PATH") from error


def join_url(base: httpx.URL, location: str) -> httpx.URL:
    """Where a Location header points.

    Raises:
        FetchError: to no URL.
    """
    try:
        # Servers write raw UTF-8 into Location, which arrives as Latin-1.
        text = location.encode("latin-1").decode("utf-8") if not location.isascii() else location
    except UnicodeError:
        text = location
    try:
        return base.join(text.strip()).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(display(base), f"it redirects to {text!r}, no URL") from error
