"""What every route needs: the services, who is asking, and pages made from templates."""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from itsdangerous import URLSafeTimedSerializer
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.record import Kind, Slot, Status
from pipeline.review.accounts import Gate
from pipeline.review.browse import Browser
from pipeline.review.ledger import Actor
from pipeline.review.reading import Reader
from pipeline.review.service import ReviewService
from pipeline.review.standing import RejectReason, Role
from pipeline.store import Store
from pipeline.store.accounts import Session, User
from pipeline.store.review_stats import Stats
from pipeline.web import show
from pipeline.web.charts import live_query
from pipeline.web.figures import FigureCache
from pipeline.web.texts import LANGUAGES, Texts, choose_language, load_texts

SESSION_COOKIE = "torihiki_session"
LANGUAGE_COOKIE = "torihiki_language"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What slots are called on the keyboard; the page's script has the same.
SLOT_KEYS = {
    Slot.BUYER: "b",
    Slot.SELLER: "v",
    Slot.AMOUNT: "m",
    Slot.AMOUNT_MAX: "x",
    Slot.TERM: "t",
    Slot.CHIPS: "c",
    Slot.COUNT: "n",
    Slot.CAPACITY: "w",
}
STATIC = Path(str(resources.files("pipeline.web").joinpath("static")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is asking; `session` is None for a program with an API token."""

    user: User
    session: Session | None

    @property
    def actor(self) -> Actor:
        """The user as review knows them."""
        return Actor(user_id=self.user.id, name=self.user.name, role=Role(self.user.role))

    @property
    def csrf(self) -> str:
        """What forms and scripts send back to show that they are ours."""
        return self.session.csrf if self.session else ""


@dataclass(kw_only=True)
class Site:
    """One running page over one database."""

    store: Store
    reader: Reader
    service: ReviewService
    browser: Browser
    gate: Gate
    stats: Stats
    https_only: bool = False
    figures: FigureCache = field(default_factory=FigureCache)
    signer: URLSafeTimedSerializer = field(
        default_factory=lambda: URLSafeTimedSerializer(secrets.token_urlsafe(32), salt="login")
    )


def source_text(text: str) -> Markup:
    """An article's characters as HTML, one for one.

    A carriage return would become a line feed, and half a surrogate pair cannot be sent.
    """
    safe = text.encode("utf-8", "replace").decode() if not text.isascii() else text
    html = str(escape(safe)).replace("\r", "&#13;").replace("\x00", "\ufffd")
    return Markup(html)  # noqa: S704 - escaped above


def _script_words(texts: Texts) -> str:
    """The words that the record page's script says, as JSON."""
    words = {
        key: text for key, text in texts.words.items() if key.startswith(("live.", "refusal."))
    }
    return json.dumps(words, ensure_ascii=False)


def _static_address(name: str) -> str:
    """The address of a file under static/, another one whenever the file changes."""
    return f"/static/{name}?v={_static_digests()[name]}"


@cache
def _static_digests() -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10] for path in STATIC.iterdir()
    }


@cache
def templates() -> Environment:
    """The templates, compiled once a process; everything that they print is escaped."""
    environment = Environment(
        loader=PackageLoader("pipeline.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "source": source_text,
        "day": show.day,
        "moment": show.moment,
        "percent": show.percent,
        "slot_name": lambda code, t: t(f"slot.{code}"),
    }
    environment.globals |= {
        "KINDS": tuple(Kind),
        "STATUSES": tuple(Status),
        "SLOTS": tuple(Slot),
        "REASONS": tuple(RejectReason),
        "SLOT_KEYS": SLOT_KEYS,
        "LANGUAGES": LANGUAGES,
        "slot_text": show.slot_text,
        "slot_detail": show.slot_detail,
        "editable": show.editable,
        "static": _static_address,
        "words": _script_words,
        "live_query": live_query,
        "amount_text": show.amount_text,
    }
    return environment


def get_site(request: Request) -> Site:
    """The site that answers this request."""
    site = request.app.state.site
    assert isinstance(site, Site)  # noqa: S101 - create_app put it there
    return site


SiteHere = Annotated[Site, Depends(get_site)]


def identify(request: Request) -> Identity | None:
    """Who is asking, by an API token or a session; None where nobody we know."""
    site = get_site(request)
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        token = site.gate.token(secret.strip()) if scheme.lower() == "bearer" else None
        return Identity(user=token.user, session=None) if token else None
    secret = request.cookies.get(SESSION_COOKIE, "")
    session = site.gate.session(secret) if secret else None
    return Identity(user=session.user, session=session) if session else None


def require(role: Role) -> Callable[..., Awaitable[Identity]]:
    """A dependency that lets through users of a role, and of their changes only genuine ones."""

    async def check(
        request: Request, identity: Annotated[Identity | None, Depends(identify)]
    ) -> Identity:
        if identity is None:
            _refuse_stranger(request)
        if request.method not in SAFE_METHODS and identity.session is not None:
            await _check_genuine(request, identity.session)
        if not identity.actor.role.may_act_as(role):
            raise HTTPException(403, {"error": "role", "message": f"only a {role.value} may"})
        return identity

    return check


def _refuse_stranger(request: Request) -> NoReturn:
    wants_page = request.method == "GET" and not request.url.path.startswith("/api/")
    if wants_page and "hx-request" not in request.headers:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise HTTPException(303, headers={"Location": f"/login?next={quote(target, safe='')}"})
    raise HTTPException(
        401,
        {"error": "unauthorised", "message": "log in, or send an API token"},
        {"WWW-Authenticate": "Bearer"},
    )


async def _check_genuine(request: Request, session: Session) -> None:
    """Refuse what another site made the browser send."""
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        form = await request.form()
        given = str(form.get(CSRF_FIELD, ""))
    if not secrets.compare_digest((given or "").encode(), session.csrf.encode()):
        message = "the form is not of this session; load the page again"
        raise HTTPException(403, {"error": "csrf", "message": message})
    refuse_cross_site(request)


def refuse_cross_site(request: Request) -> None:
    """Refuse a request that the browser says comes from another site."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise HTTPException(403, {"error": "csrf", "message": "sent by another site"})


Reviewer = Annotated[Identity, Depends(require(Role.REVIEWER))]
Lead = Annotated[Identity, Depends(require(Role.LEAD))]
Admin = Annotated[Identity, Depends(require(Role.ADMIN))]


def render(
    request: Request, template: str, identity: Identity | None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page in the user's language."""
    language = choose_language(
        request.cookies.get(LANGUAGE_COOKIE),
        identity.user.language if identity else None,
        accepted=request.headers.get("accept-language", ""),
    )
    html = (
        templates()
        .get_template(template)
        .render(
            t=load_texts(language),
            lang=language,
            identity=identity,
            path=request.url.path,
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            **values,
        )
    )
    return HTMLResponse(html, status)
