"""Who gets in, and what a browser may be made to do."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from pipeline.review.accounts import FAILURE_MINUTES, FAILURES_A_NAME, SESSION_HOURS
from pipeline.review.standing import Role
from pipeline.store.rows import now
from pipeline.web.site import CSRF_HEADER, SESSION_COOKIE
from tests.review.scene import Newsroom
from tests.web.conftest import Desk

PUBLIC = {("GET", "/login"), ("POST", "/login")}
LEADS = {
    "/api/v1/events",
    "/api/v1/agreement",
    "/api/v1/samples",
    "/api/v1/records/{record_id}/adjudicate",
    "/agreement",
    "/agreement/samples",
}
ADMINS = {"/api/v1/users", "/api/v1/users/{user_id}", "/users"}
PASSWORD = "correct horse battery"  # noqa: S105 - of users made here


def routes(desk: Desk) -> Iterator[tuple[str, str]]:
    """Method and path of every route there is, however it was added."""
    found = list(_walk(desk.app.router))
    assert len(found) > 40  # or the walk has missed them
    yield from found


def _walk(router: Any) -> Iterator[tuple[str, str]]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield from ((method, route.path) for method in sorted(route.methods or ()))
        elif hasattr(route, "original_router"):
            yield from _walk(route.original_router)


def address(path: str, room: Newsroom) -> str:
    """A path with real ids, so that nothing is refused for not being there."""
    path = path.replace("{record_id}", room.supply.id).replace("{article_id}", room.article.id)
    return re.sub(r"\{\w+\}", "1", path)


def test_every_route_but_login_refuses_strangers(desk: Desk) -> None:
    for method, path in routes(desk):
        if (method, path) in PUBLIC:
            continue
        answer = desk.stranger().request(method, address(path, desk.room), json={})
        if method == "GET" and not path.startswith("/api/"):
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/login?next="), (method, path)
        else:
            assert answer.status_code == 401, (method, path)
            assert "content-length" in answer.headers


def test_every_changing_route_refuses_without_csrf_token(desk: Desk) -> None:
    desk.site.gate.accounts.change_user(desk.room.lead.user_id, role="admin")
    client = desk.client_of(desk.room.lead)
    del client.headers[CSRF_HEADER]
    for method, path in routes(desk):
        if method in {"GET", "HEAD"} or (method, path) in PUBLIC:
            continue
        for given in ({}, {CSRF_HEADER: "wrong"}):
            answer = client.request(method, address(path, desk.room), json={}, headers=given)
            assert answer.status_code == 403, (method, path)
        form = client.request(method, address(path, desk.room), data={"csrf": "wrong"})
        assert form.status_code == 403, (method, path)
    assert desk.room.store.records.load(desk.room.supply.id).version == 1  # type: ignore[union-attr]


def test_every_route_of_leads_and_admins_refuses_lower_roles(desk: Desk) -> None:
    reviewer, lead = desk.client_of(desk.room.aoi), desk.client_of(desk.room.lead)
    restricted = set()
    for method, path in routes(desk):
        if path in LEADS | ADMINS:
            restricted.add(path)
            answer = reviewer.request(method, address(path, desk.room), json={})
            assert answer.status_code == 403, (method, path)
        if path in ADMINS:
            answer = lead.request(method, address(path, desk.room), json={})
            assert answer.status_code == 403, (method, path)
    assert restricted == LEADS | ADMINS


def test_no_other_route_refuses_a_reviewer_for_the_role(desk: Desk) -> None:
    reviewer = desk.client_of(desk.room.aoi)
    for method, path in routes(desk):
        if path in LEADS | ADMINS or path == "/logout":
            continue
        answer = reviewer.request(method, address(path, desk.room), json={})
        assert answer.status_code != 403, (method, path)


def test_every_route_refuses_a_token_that_is_wrong_expired_or_revoked(desk: Desk) -> None:
    gate, user = desk.site.gate, desk.site.gate.accounts.user_named("葵")
    assert user is not None
    expired = gate.make_token(user, "expired", days=1)
    revoked = gate.make_token(user, "revoked")
    (token,) = (one for one in gate.accounts.tokens_of(user.id) if one.label == "revoked")
    gate.accounts.revoke_token(token.id, user_id=user.id)
    desk.room.clock.advance(days=2)
    client = desk.stranger()
    for secret in ("trh_wrong", expired, revoked, ""):
        headers = {"authorization": f"Bearer {secret}"}
        assert client.get("/api/v1/me", headers=headers).status_code == 401
        assert client.post("/api/v1/undo", headers=headers).status_code == 401


def test_a_token_needs_no_csrf_token_and_does_what_its_user_may(desk: Desk) -> None:
    program = desk.program_of(desk.room.aoi)
    assert program.get("/api/v1/me").json()["name"] == "葵"
    body = {"action": "accept", "seen": 1}
    answer = program.post(f"/api/v1/records/{desk.room.supply.id}/decisions", json=body)
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert program.get("/api/v1/users").status_code == 403


def test_a_wrong_token_beside_a_good_cookie_is_refused(desk: Desk) -> None:
    client = desk.client_of(desk.room.aoi)
    answer = client.get("/api/v1/me", headers={"authorization": "Bearer trh_wrong"})
    assert answer.status_code == 401


def test_what_another_site_made_the_browser_send_is_refused(desk: Desk) -> None:
    client = desk.client_of(desk.room.aoi)
    answer = client.post("/api/v1/undo", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


def test_a_disabled_user_is_out_at_once(desk: Desk) -> None:
    browser, program = desk.client_of(desk.room.aoi), desk.program_of(desk.room.aoi)
    desk.site.gate.accounts.change_user(desk.room.aoi.user_id, disabled_at=now())
    assert browser.get("/api/v1/me").status_code == 401
    assert program.get("/api/v1/me").status_code == 401


def test_a_session_ends_by_logging_out_and_by_itself(desk: Desk) -> None:
    client = desk.client_of(desk.room.aoi)
    desk.room.clock.advance(hours=SESSION_HOURS - 1)
    assert client.get("/api/v1/me").status_code == 200  # and is lengthened by it
    desk.room.clock.advance(hours=SESSION_HOURS - 1)
    assert client.get("/api/v1/me").status_code == 200
    desk.room.clock.advance(hours=SESSION_HOURS + 1)
    assert client.get("/api/v1/me").status_code == 401
    client = desk.client_of(desk.room.aoi)
    secret = client.cookies[SESSION_COOKIE]
    assert client.post("/logout").status_code == 303
    client.cookies.set(SESSION_COOKIE, secret)
    assert client.get("/api/v1/me").status_code == 401


# Logging in


def log_in(client: TestClient, name: str, password: str, **more: str) -> Any:
    page = client.get("/login").text
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form is not None
    data = {"name": name, "password": password, "form": form[1]} | more
    return client.post("/login", data=data)


@pytest.fixture
def kei(desk: Desk) -> str:
    desk.site.gate.add_user("けい", Role.REVIEWER, PASSWORD)
    return "けい"


def test_login_sets_a_cookie_that_scripts_and_other_sites_do_not_get(desk: Desk, kei: str) -> None:
    answer = log_in(desk.stranger(), kei, PASSWORD, next="/queue?q=x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue?q=x")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_behind_https_cookies_travel_over_https_only(sqlite_room: Newsroom, reader: Any) -> None:
    from pipeline.web.app import create_app

    app = create_app(sqlite_room.store, reader, https_only=True)
    assert "Secure" in TestClient(app).get("/login").headers["set-cookie"]


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "queue"],
)
def test_login_leads_to_no_other_site(desk: Desk, kei: str, target: str) -> None:
    answer = log_in(desk.stranger(), kei, PASSWORD, next=target)
    assert answer.headers["location"] == "/"


def test_a_wrong_name_and_a_wrong_password_look_alike(desk: Desk, kei: str) -> None:
    answers = [
        log_in(desk.stranger(), name, password)
        for name, password in ((kei, "wrong password"), ("だれか", PASSWORD), (kei, "x" * 2000))
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert all(SESSION_COOKIE not in answer.headers.get("set-cookie", "") for answer in answers)
    shown = {re.search(r'role="alert">([^<]+)<', answer.text)[1] for answer in answers}  # type: ignore[index]
    assert len(shown) == 1


def test_guessing_is_stopped_even_for_the_right_password_until_time_has_passed(
    desk: Desk, kei: str
) -> None:
    for _ in range(FAILURES_A_NAME):
        assert log_in(desk.stranger(), kei, "wrong password").status_code == 401
    assert log_in(desk.stranger(), kei, PASSWORD).status_code == 429
    assert log_in(desk.stranger(), "葵", "wrong password").status_code == 401  # others may try
    desk.room.clock.advance(minutes=FAILURE_MINUTES + 1)
    assert log_in(desk.stranger(), kei, PASSWORD).status_code == 303


def test_a_login_form_of_another_browser_is_refused(desk: Desk, kei: str) -> None:
    page = desk.stranger().get("/login").text
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form is not None
    data = {"name": kei, "password": PASSWORD, "form": form[1]}
    assert desk.stranger().post("/login", data=data).status_code == 403
    data["form"] = "forged"
    assert desk.stranger().post("/login", data=data).status_code == 403


def test_passwords_are_kept_as_argon2id_and_secrets_as_digests(desk: Desk, kei: str) -> None:
    user = desk.site.gate.accounts.user_named(kei)
    assert user is not None
    assert user.password_hash.startswith("$argon2id$")
    secret = desk.site.gate.make_token(user, "nightly")
    session = desk.site.gate.begin_session(user)
    with desk.room.store.engine.connect() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM api_tokens").all())
        kept += str(connection.exec_driver_sql("SELECT * FROM sessions").all())
    assert secret not in kept
    assert session.secret not in kept


def test_changing_the_password_ends_other_sessions(desk: Desk, kei: str) -> None:
    client, other = desk.stranger(), desk.stranger()
    for one in (client, other):
        log_in(one, kei, PASSWORD)
    page = client.get("/account").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    data = {"old": PASSWORD, "new": "another long one", "csrf": csrf[1]}
    assert (
        client.post("/account/password", data={**data, "old": "wrong password"}).status_code == 422
    )
    assert client.post("/account/password", data={**data, "new": "short"}).status_code == 422
    assert client.post("/account/password", data=data).status_code == 303
    assert client.get("/api/v1/me").status_code == 200
    assert other.get("/api/v1/me").status_code == 401


# What browsers are told


@pytest.mark.parametrize("path", ["/login", "/queue", "/dashboard", "/api/v1/me", "/nowhere"])
def test_every_answer_forbids_what_is_not_ours(desk: Desk, path: str) -> None:
    answer = desk.client_of(desk.room.aoi).get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


def test_pages_have_nothing_inline_and_nothing_from_elsewhere(desk: Desk) -> None:
    desk.site.gate.accounts.change_user(desk.room.lead.user_id, role="admin")
    client = desk.client_of(desk.room.lead)
    for path in (
        "/queue", "/dashboard", "/agreement", "/users", "/account", "/help", "/api",
        f"/records/{desk.room.supply.id}",
    ):  # fmt: skip
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"\sstyle=|<style|\son\w+=|hx-on", page), path
        for found in re.findall(r'(?:src|href)="([^"]*)"', page):
            own = found.startswith(("/", "#")) and not found.startswith("//")
            assert own or found.startswith("https://news.example"), (path, found)


def test_a_body_too_large_is_refused(desk: Desk) -> None:
    client = desk.program_of(desk.room.aoi)
    assert client.post("/api/v1/read", content=b" " * (1 << 20 | 1)).status_code == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * (1 << 15)

    assert client.post("/api/v1/read", content=chunks()).status_code == 413
