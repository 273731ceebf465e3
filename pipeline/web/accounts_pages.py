"""Coming in and going out, one's own account, and the users."""

import secrets
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from itsdangerous import BadSignature

from pipeline.errors import ReviewError, StoreError
from pipeline.review.standing import Role
from pipeline.web.site import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    Admin,
    Identity,
    Reviewer,
    Site,
    SiteHere,
    identify,
    refuse_cross_site,
    render,
)
from pipeline.web.texts import LANGUAGES

router = APIRouter(include_in_schema=False)
LOGIN_COOKIE = "torihiki_login"
_LOGIN_SECONDS = 3600
_YEAR = 365 * 24 * 3600
Text = Annotated[str, Form(max_length=2000)]


def _safe_target(target: str) -> str:
    """An address of this page only: /queue?…, never another site's."""
    parts = urlsplit(target)
    own = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if own and not parts.scheme and not parts.netloc and target.isprintable() else "/"


def _put_cookie(response: Response, site: Site, name: str, value: str, **options: Any) -> None:
    response.set_cookie(
        name, value, httponly=True, samesite="lax", secure=site.https_only, path="/", **options
    )


@router.get("/login")
def login_form(
    request: Request,
    site: SiteHere,
    identity: Annotated[Identity | None, Depends(identify)],
    next: str = "/",  # noqa: A002 - the address says so
) -> Response:
    """The form; its own cookie shows later that the form was ours."""
    if identity is not None:
        return RedirectResponse(_safe_target(next), 303)
    return _login_page(request, site, _safe_target(next))


def _login_page(
    request: Request, site: Site, target: str, problem: ReviewError | None = None, status: int = 200
) -> Response:
    nonce = secrets.token_urlsafe(16)
    response = render(
        request,
        "login.html",
        None,
        status=status,
        target=target,
        form_token=site.signer.dumps(nonce),
        problem=problem,
        has_users=bool(site.gate.accounts.list_users()),
    )
    _put_cookie(response, site, LOGIN_COOKIE, nonce, max_age=_LOGIN_SECONDS)
    return response


@router.post("/login")
def login(
    request: Request,
    site: SiteHere,
    name: Text,
    password: Text,
    form: Text,
    next: Text = "/",  # noqa: A002 - the form says so
) -> Response:
    """Begin a session."""
    refuse_cross_site(request)
    target = _safe_target(next)
    try:
        genuine = site.signer.loads(form, max_age=_LOGIN_SECONDS)
    except BadSignature:
        genuine = None
    if genuine is None or genuine != request.cookies.get(LOGIN_COOKIE):
        problem = ReviewError("stale_form", "the form is too old; try again")
        return _login_page(request, site, target, problem, 403)
    host = request.client.host if request.client else "unknown"
    try:
        session = site.gate.log_in(name, password, host=host)
    except ReviewError as error:
        status = 429 if error.code == "too_many_attempts" else 401
        return _login_page(request, site, target, error, status)
    response = RedirectResponse(target, 303)
    _put_cookie(response, site, SESSION_COOKIE, session.secret)
    response.delete_cookie(LOGIN_COOKIE, path="/")
    return response


@router.post("/logout")
def logout(request: Request, site: SiteHere, _: Reviewer) -> Response:
    """End the session."""
    site.gate.log_out(request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


@router.post("/language")
def language(
    site: SiteHere,
    identity: Reviewer,
    language: Text,
    back: Text = "/",
) -> Response:
    """Speak Japanese or English from now on."""
    response = RedirectResponse(_safe_target(back), 303)
    if language in LANGUAGES:
        site.gate.accounts.change_user(identity.user.id, language=language)
        _put_cookie(response, site, LANGUAGE_COOKIE, language, max_age=_YEAR)
    return response


@router.get("/account")
def account(request: Request, site: SiteHere, identity: Reviewer) -> Response:
    """One's own password and API tokens."""
    return _account_page(request, site, identity)


def _account_page(
    request: Request, site: Site, identity: Identity, *, status: int = 200, **values: Any
) -> Response:
    shown = {"problem": None, "new_token": None, "done": None} | values
    return render(
        request,
        "account.html",
        identity,
        status=status,
        tokens=site.gate.accounts.tokens_of(identity.user.id),
        **shown,
    )


@router.post("/account/password")
def change_password(
    request: Request, site: SiteHere, identity: Reviewer, old: Text, new: Text
) -> Response:
    """Another password; other sessions end, this one begins anew."""
    host = request.client.host if request.client else "unknown"
    try:
        site.gate.log_in(identity.user.name, old, host=host)
        site.gate.set_password(identity.user, new)
    except ReviewError as error:
        return _account_page(request, site, identity, status=422, problem=error)
    session = site.gate.begin_session(identity.user)
    response = RedirectResponse("/account?done=password", 303)
    _put_cookie(response, site, SESSION_COOKIE, session.secret)
    return response


@router.post("/account/tokens")
def make_token(request: Request, site: SiteHere, identity: Reviewer, label: Text) -> Response:
    """A new API token, shown once."""
    if identity.session is None:
        refusal = ReviewError("token_by_token", "a token cannot make tokens; log in")
        return _account_page(request, site, identity, status=403, problem=refusal)
    try:
        secret = site.gate.make_token(identity.user, label)
    except ReviewError as error:
        return _account_page(request, site, identity, status=422, problem=error)
    return _account_page(request, site, identity, new_token=secret)


@router.post("/account/tokens/{token_id}/revoke")
def revoke_token(token_id: int, site: SiteHere, identity: Reviewer) -> Response:
    """End a token."""
    site.gate.accounts.revoke_token(min(token_id, 2**31 - 1), user_id=identity.user.id)
    return RedirectResponse("/account", 303)


@router.get("/users")
def users(request: Request, site: SiteHere, identity: Admin) -> Response:
    """All users."""
    return _users_page(request, site, identity)


def _users_page(
    request: Request,
    site: Site,
    identity: Identity,
    problem: Exception | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "users.html",
        identity,
        status=status,
        users=site.gate.accounts.list_users(),
        roles=tuple(Role),
        problem=problem,
    )


@router.post("/users")
def add_user(
    request: Request,
    site: SiteHere,
    identity: Admin,
    name: Text,
    password: Text,
    role: Annotated[Role, Form()],
) -> Response:
    """A new user."""
    try:
        site.gate.add_user(name, role, password)
    except (ReviewError, StoreError) as error:
        return _users_page(request, site, identity, error, 422)
    return RedirectResponse("/users", 303)
