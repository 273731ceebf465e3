"""Several people, several extractors, a lost connection: nobody's word is lost, in Chromium."""

import time
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from pipeline.review.accounts import Gate
from pipeline.review.decision import Accept
from pipeline.review.ledger import Actor
from pipeline.store.accounts import User
from pipeline.store.review import ReviewDb
from pipeline.store.review_filter import Flag, QueueFilter
from pipeline.store.review_queue import Sort
from pipeline.store.review_readings import Readings
from tests.e2e.review.conftest import Served
from tests.e2e.review.hands import at_record, events, state
from tests.review.scene import FIVE_YEARS, Newsroom

pytestmark = pytest.mark.e2e
Room = tuple[Newsroom, Served]
PASSWORD = "correct horse battery"  # noqa: S105 - of a user made here


def test_two_browsers_on_one_record_lose_neither_word(newsroom: Room) -> None:
    room, served = newsroom
    aoi = at_record(room, served, room.aoi)
    aoi.settled()
    ren = at_record(room, served, room.ren)
    expect(ren.page.locator("#lock")).to_contain_text("葵")
    aoi.select("5年間")
    aoi.press("t")
    expect(aoi.page.locator("#slot-term .value")).to_have_text("5年間")
    ren.select("3000個")
    ren.press("n")
    expect(ren.page.locator("#resolve")).to_be_visible()
    # Both are shown, and what only one has changed is proposed as theirs.
    rows = ren.page.locator("#resolve tbody tr")
    expect(rows).to_have_count(2)
    expect(ren.page.locator("#resolve")).to_contain_text("5年間")
    expect(ren.page.locator("#resolve")).to_contain_text("3000個")
    expect(ren.page.locator("input[name=term][value=theirs]")).to_be_checked()
    expect(ren.page.locator("input[name=count][value=mine]")).to_be_checked()
    ren.page.locator("#resolve button").click()
    expect(ren.page.locator("#resolve")).to_have_count(0)
    expect(ren.page.locator("#slot-term .value")).to_have_text("5年間")
    expect(ren.page.locator("#slot-count .value")).to_have_text("3000個")


def test_a_decision_outlives_the_session(newsroom: Room) -> None:
    room, served = newsroom
    Gate(served.site.gate.accounts).set_password(_user(served, "葵"), PASSWORD)
    hands = at_record(room, served, room.aoi)
    hands.settled()
    hands.page.wait_for_timeout(500)
    hands.page.context.clear_cookies()
    hands.press("a")
    toast = hands.page.locator(".toast a", has_text="ログインする")
    toast.click()
    hands.page.get_by_label("名前").fill("葵")
    hands.page.get_by_label("パスワード").fill(PASSWORD)
    hands.page.keyboard.press("Enter")
    hands.page.wait_for_url("**/records/**")
    hands.settled()
    assert events(room) == ["accept"]


def _user(served: Served, name: str) -> User:
    user = served.site.gate.accounts.user_named(name)
    assert user is not None
    return user


def _wait_for_reading(room: Newsroom, record_id: str, actor: Actor) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        with ReviewDb(room.store.engine).look() as look:
            readings = Readings(look.connection).of_record(record_id)
        if any(one.reader == actor.name and one.finished_at for one in readings):
            return
        time.sleep(0.05)
    raise AssertionError("the reading did not arrive")


def test_readers_who_differ_are_settled_by_a_lead(newsroom: Room) -> None:
    room, served = newsroom
    lead = served.open(room.lead)
    lead.goto("/agreement", timeout=60_000)  # the first time, scikit-learn is being imported
    lead.locator("input[name=size]").fill("1")
    lead.get_by_role("button", name="選び出す").click()
    lead.wait_for_url("**/agreement")
    (chosen,) = [
        row.record.id
        for row in room.browser.queue.page(
            QueueFilter(flag=Flag.DOUBLE), Sort.STAKE, room.browser.viewer(room.lead), size=5
        )[0]
    ]
    for actor, term in ((room.aoi, "5年間"), (room.ren, None)):
        hands = at_record(room, served, actor, chosen)
        expect(hands.page.locator("#panel")).to_contain_text("二重読み")
        if term:
            hands.select(term)
            hands.press("t")
            expect(hands.page.locator("#slot-term .value")).to_have_text(term)
        hands.press("a")
        _wait_for_reading(room, chosen, actor)
    assert state(room, chosen) == "disputed"
    lead.goto(f"/records/{chosen}")
    form = lead.locator("#adjudicate")
    expect(form.locator("tbody tr")).to_have_count(2)
    form.locator("input[name=term][value='1']").check()
    form.get_by_role("button", name="この記録で承認").click()
    expect(lead.locator("#panel[data-state=accepted]")).to_be_visible()
    record = room.browser.view(chosen, room.lead).standing.record
    assert record.term is not None
    lead.goto("/agreement")
    expect(lead.locator("table").first).to_contain_text("葵 · 蓮")


def test_what_a_newer_extractor_says_is_shown_and_can_be_taken_over(newsroom: Room) -> None:
    room, served = newsroom
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    newer = replace(room.supply, term=FIVE_YEARS, extractor_version="v2")
    room.extract([newer, room.investment], "v2")
    hands = at_record(room, served, room.ren)
    form = hands.page.locator("#disagreement")
    expect(form).to_contain_text("5年間")
    button = form.get_by_role("button")
    expect(button).to_have_text("人の判断のまま")
    form.get_by_role("checkbox").check()
    expect(button).to_have_text("取り入れる")
    button.click()
    expect(hands.page.locator("#slot-term .value")).to_have_text("5年間")
    expect(form).to_have_count(0)


def test_the_history_shows_who_did_what_and_leads_to_the_past(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.select("5年間")
    hands.press("t")
    expect(hands.page.locator("#slot-term .value")).to_have_text("5年間")
    hands.page.locator(".history summary").click()
    entry = hands.page.locator(".events li").first
    expect(entry).to_contain_text("葵")
    expect(entry).to_contain_text("期間: — → 5年間")
    hands.page.goto(f"/records/{room.supply.id}?at=1")
    expect(hands.page.locator("#panel")).to_contain_text("過去の版 1")
    expect(hands.page.locator("#slot-term .value")).to_have_count(0)
    hands.press("a")  # the past is not decided about
    hands.page.wait_for_timeout(300)
    assert events(room) == ["edit"]


def test_decisions_wait_in_the_browser_while_there_is_no_connection(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.settled()
    hands.page.wait_for_timeout(500)
    hands.page.context.set_offline(True)
    hands.press("a")
    assert hands.until_other_than(room.supply.id) == room.investment.id  # it was fetched before
    expect(hands.page.locator("#outbox")).to_contain_text("1")
    assert state(room, room.supply.id) == "unreviewed"
    hands.page.context.set_offline(False)
    hands.settled()
    assert events(room) == ["accept"]
