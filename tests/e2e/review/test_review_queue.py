"""The queue, the dashboard and logging in, in Chromium."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from pipeline.review.accounts import Gate
from pipeline.review.ledger import Actor
from pipeline.review.standing import Role
from pipeline.store import Store
from pipeline.store.accounts import Accounts
from tests.e2e.review.conftest import Served
from tests.review.newswire import fill
from tests.review.scene import NO_HASH, Newsroom

pytestmark = pytest.mark.e2e
Room = tuple[Newsroom, Served]
PASSWORD = "correct horse battery"  # noqa: S105 - of a user made here


@pytest.fixture
def desk(fresh_store: Store, serve: Any) -> tuple[Actor, Served]:
    """A hundred and twenty records, a reviewer, the page."""
    fill(fresh_store, 60)
    user = Accounts(fresh_store.engine).add_user("葵", role="reviewer", password_hash=NO_HASH)
    return Actor(user_id=user.id, name="葵", role=Role.REVIEWER), serve(fresh_store)


def test_filters_narrow_the_list_without_loading_the_page(desk: tuple[Actor, Served]) -> None:
    actor, served = desk
    page = served.open(actor)
    page.goto("/queue")
    page.evaluate("window.stayed = true")
    expect(page.locator(".found")).to_contain_text("120 件")
    page.locator(".chip", has_text="買収").click()
    expect(page.locator(".row").first).to_contain_text("買収")
    expect(page.locator(".row .kind-supply")).to_have_count(0)
    page.locator("#q").fill("買収")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q="))
    assert page.evaluate("window.stayed")
    assert "state=" not in page.url  # fields that say nothing are left out
    page.locator(".chip", has_text="買収").click()
    page.locator("input[name=min]").fill("たくさん")
    page.keyboard.press("Tab")
    expect(page.locator("#results [role=alert]")).to_contain_text("min")
    assert page.problems == []  # type: ignore[attr-defined]


def test_pages_follow_each_other_and_end(desk: tuple[Actor, Served]) -> None:
    actor, served = desk
    page = served.open(actor)
    page.goto("/queue?sort=newest")
    seen: list[str] = []
    for number in (50, 50, 20):
        expect(page.locator(".row")).to_have_count(number)
        fresh = [str(a.get_attribute("href")) for a in page.locator(".row-link").all()]
        assert not set(fresh) & set(seen)
        seen += fresh
        if number == 50:
            page.locator("#more").click()
            page.wait_for_function(
                "href => document.querySelector('.row-link').getAttribute('href') !== href",
                arg=fresh[0],
            )
    assert len(seen) == 120
    expect(page.locator("#more")).to_have_count(0)


def test_keys_of_the_queue(desk: tuple[Actor, Served]) -> None:
    actor, served = desk
    page = served.open(actor)
    page.goto("/queue")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator(".row-link").nth(1)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("gjk")
    assert page.url.endswith("/queue")


def test_filters_are_saved_under_a_name(desk: tuple[Actor, Served]) -> None:
    actor, served = desk
    page = served.open(actor)
    page.goto("/queue?kind=investment&sort=amount")
    page.locator("#save-name").fill("大きな出資")
    page.locator("#save").click()
    link = page.get_by_role("link", name="大きな出資")
    expect(link).to_be_visible()
    page.goto("/queue")
    link.click()
    page.wait_for_url("**/queue?kind=investment&sort=amount")
    page.get_by_role("button", name="「大きな出資」を消す").click()
    expect(link).to_have_count(0)


def test_a_number_of_the_dashboard_leads_to_its_records(desk: tuple[Actor, Served]) -> None:
    actor, served = desk
    page = served.open(actor)
    page.goto("/dashboard")
    number = page.locator(".ranked .number a").first
    shown = number.inner_text()
    number.click()
    page.wait_for_url("**/queue?**")
    expect(page.locator(".found strong")).to_have_text(f"{shown} 件")
    page.goto("/dashboard")
    bar = page.locator("svg a:has(rect.bar)").first
    label = bar.get_attribute("aria-label") or ""
    bar.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue?**")
    told = re.search(r"(\d+) 件", label)
    assert told is not None
    expect(page.locator(".found strong")).to_have_text(f"{told[1]} 件")


def test_logging_in_out_and_speaking_english(newsroom: Room) -> None:
    room, served = newsroom
    Gate(Accounts(room.store.engine)).add_user("けい", Role.REVIEWER, PASSWORD)
    page = served.open(room.aoi)
    page.context.clear_cookies()
    page.goto(f"/records/{room.supply.id}")
    page.get_by_label("名前").fill("けい")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/records/{room.supply.id}")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Accept")).to_be_visible()
    expect(page.locator("#slot-amount .value")).to_have_text("about JPY 12 billion")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
