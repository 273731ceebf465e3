"""The application: routes, headers that keep browsers strict, errors in the asker's language."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

import pipeline.web.accounts_pages as accounts_pages
import pipeline.web.api as api
import pipeline.web.api_team as api_team
import pipeline.web.insight_pages as insight_pages
import pipeline.web.pages as pages
from pipeline.errors import ReviewError, StoreError
from pipeline.review.accounts import Gate
from pipeline.review.agreement import kappa_function
from pipeline.review.browse import Browser
from pipeline.review.reading import Reader
from pipeline.review.service import ReviewService
from pipeline.store import Store
from pipeline.store.accounts import Accounts
from pipeline.store.review import ReviewDb
from pipeline.store.review_search import make_index, refresh
from pipeline.store.review_stats import Stats
from pipeline.store.rows import now
from pipeline.web.site import STATIC, Site, identify, render

_LOG = logging.getLogger(__name__)
LARGEST_BODY = 1 << 20  # bytes
SEARCH_REFRESH_SECONDS = 5.0
_ANSWERS_KEPT = timedelta(days=7)

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}


def create_app(
    store: Store,
    reader: Reader,
    *,
    clock: Callable[[], datetime] = now,
    https_only: bool = False,
    refresh_seconds: float = SEARCH_REFRESH_SECONDS,
) -> FastAPI:
    """The page over a database whose search index has been made.

    Args:
        store: open; the caller closes it.
        reader: the parsers' gazetteers.
        clock: the present moment.
        https_only: cookies travel over HTTPS only.
        refresh_seconds: how often articles that came in are entered into the search index.
    """
    site = Site(
        store=store,
        reader=reader,
        service=ReviewService(store, reader, clock),
        browser=Browser(store, clock),
        gate=Gate(Accounts(store.engine), clock),
        stats=Stats(store.engine),
        https_only=https_only,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(make_index, store.engine)
        task = asyncio.create_task(_keep_fresh(site, refresh_seconds))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(
        title="Torihiki review",
        version="1",
        description=_DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.site = site
    # For the description only: `identify` reads the header itself.
    bearer = Security(HTTPBearer(auto_error=False, description="an API token, trh_…"))
    for router in (api.router, api_team.router):
        app.include_router(router, dependencies=[bearer])
    for module in (accounts_pages, pages, insight_pages):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(ReviewError, _on_refusal)
    app.add_exception_handler(StoreError, _on_store_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_unusable)
    app.add_middleware(Strict)
    return app


_DESCRIPTION = """Review deal records by program: the page itself uses nothing else.

Send `Authorization: Bearer trh_…` with a token from your account page or `torihiki users token`.
Numbers are decimal strings; offsets count characters (code points) of the article's text.
"""


async def _keep_fresh(site: Site, seconds: float) -> None:
    """Enter new articles into the search index, and forget answers that nobody asks for again."""
    while True:
        try:
            await asyncio.to_thread(refresh, site.store.engine)
            await asyncio.to_thread(_forget, site)
        except StoreError as error:
            _LOG.warning("the search index was not refreshed: %s", error)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(kappa_function)


def _forget(site: Site) -> None:
    with ReviewDb(site.store.engine).transaction() as transaction:
        transaction.forget_answers(site.service.clock() - _ANSWERS_KEPT)


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _problem_page(request: Request, status: int, code: str, message: str) -> Response:
    identity = None
    with suppress(StoreError):
        identity = identify(request)
    return render(
        request, "problem.html", identity, status=status, code=code, message=message, number=status
    )


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, ReviewError)  # noqa: S101 - registered for it
    if _is_api(request):
        return api.error_json(error)
    status = api.STATUS_OF_CODE.get(error.code, 422)
    return await asyncio.to_thread(_problem_page, request, status, error.code, str(error))


async def _on_store_error(request: Request, error: Exception) -> Response:
    _LOG.error("%s %s: %s", request.method, request.url.path, error)
    if _is_api(request):
        return JSONResponse({"error": "store", "message": str(error)}, 503)
    return await asyncio.to_thread(_problem_page, request, 503, "store", str(error))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    if error.status_code in (301, 302, 303, 307, 308):
        return Response(status_code=error.status_code, headers=error.headers)
    detail: Any = error.detail
    told = detail if isinstance(detail, dict) else {"error": "http", "message": str(detail)}
    if _is_api(request) or "hx-request" in request.headers:
        return JSONResponse(told, error.status_code, headers=error.headers)
    page = await asyncio.to_thread(
        _problem_page, request, error.status_code, told["error"], told["message"]
    )
    page.headers.update(error.headers or {})
    return page


async def _on_unusable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    faults = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors()
    )
    faults = faults.encode("utf-8", "replace").decode()
    if _is_api(request):
        return JSONResponse({"error": "unusable", "message": faults}, 422)
    return await asyncio.to_thread(_problem_page, request, 422, "unusable", faults)


class Strict:
    """Headers that let the browser run and load nothing but ours, and a limit to bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_static = scope["path"].startswith("/static/")
        cache = b"public, max-age=31536000, immutable" if is_static else b"no-store"

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                known = dict(message["headers"])
                extra = {**_HEADERS, b"cache-control": cache}
                message["headers"] = [
                    *message["headers"],
                    *((k, v) for k, v in extra.items() if k not in known),
                ]
            await send(message)

        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            refusal = JSONResponse({"error": "too_large", "message": "at most 1 MB"}, 413)
            await refusal(scope, receive, send_with_headers)
            return
        await self.app(scope, _limited(receive), send_with_headers)


def _limited(receive: Receive) -> Receive:
    """A body in chunks tells no length; it ends where it grows too large."""
    so_far = 0

    async def limited() -> MutableMapping[str, Any]:
        nonlocal so_far
        message = await receive()
        so_far += len(message.get("body", b""))
        if so_far > LARGEST_BODY:
            raise HTTPException(413, {"error": "too_large", "message": "at most 1 MB"})  # type: ignore[arg-type]
        return message

    return limited
