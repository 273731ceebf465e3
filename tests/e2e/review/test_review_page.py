"""The record page in Chromium: a reviewer at work."""

import logging
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipeline.review.ledger import Actor
from pipeline.review.standing import Role
from pipeline.store import Store
from pipeline.store.accounts import Accounts
from tests.e2e.review.conftest import Served
from tests.e2e.review.hands import Hands, at_record, events, state
from tests.review.newswire import fill
from tests.review.scene import NO_HASH, Newsroom

pytestmark = pytest.mark.e2e
_LOG = logging.getLogger(__name__)
Room = tuple[Newsroom, Served]


def problems(page: Page) -> list[str]:
    return page.problems  # type: ignore[attr-defined,no-any-return]


def test_accept_is_one_keystroke_and_the_next_record_is_there(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.settled()
    hands.page.wait_for_timeout(400)  # a reviewer looks; meanwhile the next one is fetched
    began = time.monotonic()
    hands.press("a")
    assert hands.until_other_than(room.supply.id) == room.investment.id
    seconds = time.monotonic() - began
    hands.settled()
    assert hands.actions == 1
    assert state(room, room.supply.id) == "accepted"
    assert problems(hands.page) == []
    _LOG.info("accept: 1 keystroke, %.2f s to the next record", seconds)


def test_a_wrong_slot_takes_three_actions_to_correct_and_accept(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    began = time.monotonic()
    hands.select("5年間")
    hands.press("t")
    hands.press("a")
    hands.until_other_than(room.supply.id)
    hands.settled()
    assert hands.actions <= 4
    view = room.browser.view(room.supply.id, room.aoi).standing
    assert view.state.value == "accepted"
    assert view.record.term is not None
    assert view.record.term.value == 60
    seconds = time.monotonic() - began
    _LOG.info("correct one slot: %d actions, %.2f s", hands.actions, seconds)


def test_a_selection_is_read_by_the_parsers_and_marked_where_it_stands(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.select("3000個")
    hands.press("n")
    expect(hands.page.locator("#slot-count .value")).to_have_text("3000個")
    expect(hands.page.locator("mark.s-count")).to_have_text("3000個")
    hands.select("最大40メガワット")
    hands.press("w")
    expect(hands.page.locator("#slot-capacity_mw .value")).to_have_text("40MW")
    hands.select("GB300", 1)
    hands.press("c")
    expect(hands.page.locator("#slot-chips .value")).to_have_text("GB300")
    hands.select("海野ロボティクス")
    hands.press("Shift+V")
    expect(hands.page.locator("#slot-seller .value")).to_have_text(
        ["ハル半導体", "海野ロボティクス"]
    )
    hands.select("川辺データセンター")
    hands.press("b")
    expect(hands.page.locator("#slot-buyer .value")).to_have_text("川辺データセンター")
    hands.settled()
    record = room.browser.view(room.supply.id, room.aoi).standing.record
    text = room.article.text
    assert all(text[q.start : q.end] == q.quote for qs in record.evidence.values() for q in qs)
    assert problems(hands.page) == []


def test_what_cannot_be_read_is_said_and_changes_nothing(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.select("契約")
    hands.press("m")
    expect(hands.page.locator(".toast")).to_contain_text("読み取れません")
    hands.page.keyboard.press("Escape")
    hands.press("m")
    expect(hands.page.locator(".toast").last).to_contain_text("選んで")
    assert state(room, room.supply.id) == "unreviewed"


def test_a_value_is_corrected_by_hand_with_a_preview(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.press("e")
    field = hands.page.locator("form[data-edit=amount] input")
    expect(field).to_be_focused()
    expect(field).to_have_value("約120億円")
    field.fill("130億円")
    expect(hands.page.locator("form[data-edit=amount] output")).to_contain_text(
        "13,000,000,000 JPY"
    )
    hands.press("Enter")
    expect(hands.page.locator("#slot-amount .value")).to_have_text("130億円")
    expect(hands.page.locator("#slot-amount .badge.human")).to_be_visible()
    hands.press("e")
    hands.page.keyboard.press("Escape")
    expect(hands.page.locator("form[data-edit=amount]")).to_be_hidden()
    assert state(room, room.supply.id) == "edited"


def test_undo_and_redo_by_key(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.press("a")
    hands.until_other_than(room.supply.id)
    hands.press("u")
    hands.until_other_than(room.investment.id)
    assert hands.record == room.supply.id
    assert state(room, room.supply.id) == "unreviewed"
    hands.press("y")
    expect(hands.page.locator("#panel[data-state=accepted]")).to_be_visible()
    assert state(room, room.supply.id) == "accepted"


def test_reject_asks_why(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.press("r")
    expect(hands.page.locator("dialog#reject")).to_be_visible()
    hands.press("a")  # in the dialog no other key decides
    hands.press("2")
    hands.until_other_than(room.supply.id)
    hands.settled()
    view = room.browser.view(room.supply.id, room.aoi)
    assert view.standing.reason is not None
    assert view.standing.reason.value == "forecast"


def test_a_missed_deal_is_added_filled_and_accepted(newsroom: Room) -> None:
    room, served = newsroom
    room.service.decide(room.investment.id, _reject(), room.ren, seen=1)
    hands = at_record(room, served, room.aoi)
    hands.press("d")
    missed = hands.until_other_than(room.supply.id)
    hands.press("2")  # 出資
    hands.select("みどり証券")
    hands.press("b")
    hands.select("5億ドル")
    hands.press("m")
    expect(hands.page.locator("#slot-amount .value")).to_have_text("5億ドル")
    hands.press("a")
    assert hands.until_other_than(missed) == room.supply.id  # back to what was interrupted
    hands.settled()
    view = room.browser.view(missed, room.aoi)
    assert view.standing.origin.value == "reviewer"
    assert view.standing.state.value == "accepted"
    assert view.standing.record.kind.value == "investment"
    assert state(room, room.supply.id) == "unreviewed"


def _reject() -> Any:
    from pipeline.review.decision import Reject
    from pipeline.review.standing import RejectReason

    return Reject(reason=RejectReason.OTHER)


def test_a_record_that_lacks_what_makes_a_deal_is_not_accepted(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.press("d")
    missed = hands.until_other_than(room.supply.id)
    hands.press("a")
    expect(hands.page.locator(".toast.bad")).to_contain_text("当事者")
    assert hands.record == missed


def test_nothing_happens_while_an_ime_composes_or_in_a_field(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    page = hands.page
    keys = ["KeyA", "KeyR", "KeyS", "KeyU", "KeyD", "Enter", "Digit2"]

    def keydown(**more: Any) -> None:
        page.evaluate(
            """([codes, more]) => { for (const code of codes) {
              const target = more.field ? document.activeElement : document.body;
              target.dispatchEvent(new KeyboardEvent("keydown", {
                code, key: more.key ?? code.slice(-1).toLowerCase(), bubbles: true, cancelable: true, ...more }));
            } }""",
            [keys, more],
        )

    # Composition on the page: started, updated, keys in between, ended.
    page.evaluate(
        "document.body.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}))"
    )
    page.evaluate(
        "document.body.dispatchEvent(new CompositionEvent('compositionupdate', {bubbles: true, data: 'しょう'}))"
    )
    keydown()
    page.evaluate(
        "document.body.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true, data: '承認'}))"
    )
    keydown(isComposing=True)
    keydown(keyCode=229, key="Process")
    # In the edit field, composing and not: Enter that ends a composition does not save.
    hands.press("e")
    field = page.locator("form[data-edit=amount] input")
    field.fill("130億円")
    page.evaluate(
        "document.activeElement.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}))"
    )
    keydown(field=True, isComposing=True)
    keydown(field=True, keyCode=229)
    field.dispatch_event(
        "keydown", {"key": "Enter", "code": "Enter", "keyCode": 229, "bubbles": True}
    )
    page.evaluate(
        "document.activeElement.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true, data: '億'}))"
    )
    field.press_sequentially("arsud")
    page.wait_for_timeout(400)
    expect(page.locator("form[data-edit=amount]")).to_be_visible()
    assert hands.record == room.supply.id
    assert events(room) == []
    # And when all that is over, the keys work again, whatever letter an IME makes of them.
    page.keyboard.press("Escape")
    keys[:] = ["KeyA"]
    keydown(key="ち")
    hands.until_other_than(room.supply.id)
    hands.settled()
    assert events(room) == ["accept"]


def test_a_key_held_down_or_with_a_modifier_decides_nothing(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.page.keyboard.press("Control+KeyU")
    hands.page.keyboard.press("Alt+KeyA")
    hands.page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyA', key: 'a', repeat: true, bubbles: true}))"
    )
    hands.page.keyboard.press("Enter")
    hands.page.wait_for_timeout(300)
    assert state(room, room.supply.id) == "unreviewed"


def test_single_letter_keys_can_be_switched_off(newsroom: Room) -> None:
    room, served = newsroom
    page = served.open(room.aoi)
    page.goto("/help")
    page.locator("#keys-on").uncheck()
    page.goto(f"/records/{room.supply.id}")
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    assert state(room, room.supply.id) == "unreviewed"
    page.get_by_role("button", name="承認").click()
    expect(page.locator(f"#panel[data-record='{room.investment.id}']")).to_be_visible()


def test_a_value_shows_its_sentence_and_a_sentence_its_value(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.page.locator("#slot-amount .value").click()
    expect(hands.page.locator("mark.s-amount.flash")).to_be_in_viewport()
    expect(hands.page.locator("#slot-amount")).to_have_class(re.compile("active"))
    hands.page.locator("mark.s-seller").click()
    expect(hands.page.locator("#slot-seller")).to_have_class(re.compile("active"))
    expect(hands.page.locator("#slot-seller")).to_be_focused()


def test_the_mouse_alone_suffices(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.select("5年間")
    picker = hands.page.locator("#picker")
    picker.get_by_role("button", name="期間").click()
    expect(hands.page.locator("#slot-term .value")).to_have_text("5年間")
    hands.page.locator("#slot-buyer .remove").click()
    expect(hands.page.locator("#slot-buyer .value")).to_have_count(0)
    hands.page.get_by_role("button", name="取り消す").click()
    expect(hands.page.locator("#slot-buyer .value")).to_have_text("青空電機")
    hands.page.locator("select[data-slot=status]").select_option("prospective")
    hands.settled()
    record = room.browser.view(room.supply.id, room.aoi).standing.record
    assert record.status.value == "prospective"


def test_split_and_merge(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.page.get_by_role("button", name="この記録に統合").click()
    expect(hands.page.locator("#slot-seller .value")).to_have_count(2)
    assert state(room, room.investment.id) == "merged"
    hands.press("p")
    dialog = hands.page.locator("dialog#split")
    for name in ("みどり証券", "海野ロボティクス"):
        dialog.locator("tr", has_text=name).get_by_label("移す").check()
    dialog.locator("tr", has_text="金額").get_by_label("両方").check()
    dialog.get_by_role("button", name="分ける").click()
    expect(hands.page.locator("#slot-seller .value")).to_have_text(["ハル半導体"])
    expect(hands.page.locator(".others").first).to_contain_text("海野ロボティクス")


def test_ten_records_by_keyboard_alone(fresh_store: Store, serve: Any, sqlite_url: str) -> None:
    fill(fresh_store, 8)
    user = Accounts(fresh_store.engine).add_user("葵", role="reviewer", password_hash=NO_HASH)
    served = serve(fresh_store)
    page = served.open(Actor(user_id=user.id, name="葵", role=Role.REVIEWER))
    page.goto("/queue")
    hands = Hands(page)
    began = time.monotonic()
    hands.press("g")
    page.wait_for_url("**/records/**")
    seen = []
    for number in range(10):
        current = hands.record
        seen.append(current)
        if number == 3:
            hands.press("s")
        elif number == 6:
            hands.press("r")
            hands.press("1")
        else:
            hands.press("a")
        hands.until_other_than(current)
        expect(page.locator("#record-title")).to_be_focused()
    hands.settled()
    assert len(set(seen)) == 10
    assert hands.actions == 12
    assert problems(page) == []
    states = [fresh_store.records.load(one).state for one in seen]  # type: ignore[union-attr]
    assert states.count("accepted") == 8
    assert (states[3], states[6]) == ("unreviewed", "rejected")
    expect(page.locator("#today")).to_contain_text("9")
    page.keyboard.press("q")
    page.wait_for_url("**/queue*")
    seconds = time.monotonic() - began
    _LOG.info("ten records by keyboard: %d keys, %.1f s", hands.actions, seconds)


def test_back_leads_to_the_record_before(newsroom: Room) -> None:
    room, served = newsroom
    hands = at_record(room, served, room.aoi)
    hands.press("a")
    hands.until_other_than(room.supply.id)
    hands.settled()
    hands.page.go_back()
    expect(hands.page.locator(f"#panel[data-record='{room.supply.id}']")).to_be_visible()
    expect(hands.page.locator("#panel[data-state=accepted]")).to_be_visible()
