"""A news site on 127.0.0.1 whose every page may misbehave; it remembers what it was asked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = dict[str, str]


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    method: str
    path: str
    headers: Headers
    body: bytes
    at: float


@dataclass
class Answer:
    """What to send back; `chunks` instead of `body` are sent one by one, without a length."""

    body: bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)
    chunks: Callable[[], Iterator[bytes]] | None = None


Page = Callable[[Asked], Answer]


class Site:
    """Pages by path, and the log of requests."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.answer(self)

            do_POST = do_GET  # noqa: N815 - the name that http.server calls

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: object) -> None:
                pass  # clients that hang up are part of the test

        self.server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def page(self, path: str, body: bytes | str = b"", status: int = 200, **headers: str) -> "Site":
        """Serve a fixed answer; `content_type="…"` becomes the header Content-Type."""
        data = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        self.pages[path] = lambda _: Answer(data, status, dict(named))
        return self

    def calls(self, path: str) -> list[Asked]:
        """Requests for one path."""
        return [asked for asked in self.asked if asked.path.partition("?")[0] == path]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        length = int(handler.headers.get("Content-Length", 0))
        asked = Asked(
            handler.command,
            handler.path,
            {name.lower(): value for name, value in handler.headers.items()},
            handler.rfile.read(length),
            time.monotonic(),
        )
        self.asked.append(asked)
        page = self.pages.get(asked.path) or self.pages.get(asked.path.partition("?")[0])
        answer = page(asked) if page else Answer(b"not here", 404)
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if answer.chunks is not None:
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.close_connection = True
            with suppress(OSError):
                for chunk in answer.chunks():
                    if self.closing.is_set():
                        return
                    handler.wfile.write(chunk)
            return
        if answer.status != 304 and "Content-Length" not in answer.headers:
            handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)

    def close(self) -> None:
        """Stop serving."""
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def serving() -> Iterator[Site]:
    """A site for as long as the block lasts."""
    site = Site()
    try:
        yield site
    finally:
        site.close()
