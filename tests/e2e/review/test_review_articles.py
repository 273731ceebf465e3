"""Difficult articles in Chromium: very long, hostile, full of emoji; and eyes that need help."""

import logging
import time
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from pipeline.article import Article, make_article
from pipeline.record import Evidence, Slot
from tests.e2e.review.conftest import Served
from tests.e2e.review.hands import Hands
from tests.review.scene import Extraction, Newsroom, supply

pytestmark = pytest.mark.e2e
_LOG = logging.getLogger(__name__)
Room = tuple[Newsroom, Served]
FLUID = 0.25  # seconds from a key to its effect that feel immediate, on a busy machine


def put(room: Newsroom, article: Article, words: str = "約120億円") -> str:
    """Store an article with a record whose amount it says in `words`; gives the record's id."""
    start = article.text.rindex(words)
    quote = Evidence(start=start, end=start + len(words), quote=words)
    record = supply(article, key="x", evidence={Slot.AMOUNT: (quote,)})
    room.store.articles.save([article])
    room.store.records.save_extractions([Extraction(article.id, [record])], version="v1")
    return record.id


def open_at(served: Served, room: Newsroom, record_id: str) -> Hands:
    page = served.open(room.aoi)
    page.goto(f"/records/{record_id}")
    expect(page.locator("#panel")).to_be_visible()
    return Hands(page)


def longest_frame(page: Page) -> float:
    """Scroll through the whole article; seconds of the longest frame on the way."""
    seconds: float = page.evaluate(
        """async () => {
          const article = document.getElementById("article");
          let longest = 0, last = performance.now();
          article.scrollTop = 0;
          while (article.scrollTop + article.clientHeight < article.scrollHeight - 2) {
            article.scrollTop += 400;
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            longest = Math.max(longest, now - last);
            last = now;
          }
          return longest / 1000;
        }"""
    )
    return seconds


def test_an_article_of_40_000_characters_stays_fluid(newsroom: Room) -> None:
    room, served = newsroom
    line = "業界では計算資源の確保が課題になっており、各社は投資を続ける見通しだ。"
    lines = [f"{i}　{line * 3}" for i in range(370)]
    lines[200] = "青空電機はハル半導体からGB300を総額約120億円で購入し、契約は5年間とする。"
    article = make_article("長い記事\n" + "\n".join(lines), source="long.md", title="長い記事")
    assert len(article.text) >= 40_000
    began = time.monotonic()
    hands = open_at(served, room, put(room, article))
    opened = time.monotonic() - began
    expect(hands.page.locator("mark.s-amount")).to_be_in_viewport()  # scrolled to the evidence
    hands.settled()
    hands.page.wait_for_timeout(300)
    before = hands.page.evaluate("document.getElementById('article').scrollTop")
    hands.select("5年間")
    began = time.monotonic()
    hands.press("t")
    expect(hands.page.locator("#slot-term .value")).to_have_text("5年間")
    assigned = time.monotonic() - began
    after = hands.page.evaluate("document.getElementById('article').scrollTop")
    assert abs(after - before) < 400  # it stays where it was being read
    frame = longest_frame(hands.page)
    hands.page.locator("#slot-amount .value").click()
    expect(hands.page.locator("mark.s-amount")).to_be_in_viewport()
    _LOG.info(
        "%d characters: opened in %.2f s, a selection read and shown in %.2f s, "
        "longest frame while scrolling through %.3f s",
        len(article.text), opened, assigned, frame,
    )  # fmt: skip
    assert frame < FLUID


def test_100_000_emoji_do_not_shift_a_single_offset(newsroom: Room) -> None:
    room, served = newsroom
    text = "絵文字だらけ\n" + "😀" * 100_000 + "青空電機は約120億円で7年間の契約を結ぶ。"
    hands = open_at(served, room, put(room, make_article(text, source="emoji.md")))
    expect(hands.page.locator("mark.s-amount")).to_have_text("約120億円")
    hands.select("7年間")
    hands.press("t")
    expect(hands.page.locator("#slot-term .value")).to_have_text("7年間")
    record = room.browser.view(hands.record, room.aoi).standing.record
    (quote,) = record.evidence[Slot.TERM]
    assert text[quote.start : quote.end] == "7年間"
    assert record.term is not None
    assert record.term.value == Decimal(84)


def test_a_hostile_article_is_only_text(newsroom: Room) -> None:
    room, served = newsroom
    text = (
        "<script>window.hacked=1</script>\n"
        '<img src=x onerror="window.hacked=1"><svg onload="window.hacked=1">\n'
        '[押す](javascript:window.hacked=1) <a href="javascript:alert(1)">押す</a>\n'
        "\u202eこれは逆さ\u202c \u200f右から\u2067左\u2069 \u200e普通\r行\n"
        "青空電機は約120億円で9年間の契約を結ぶ。"
    )
    article = make_article(
        text, source="<i>x</i>.md", title="<script>alert(1)</script>", url="javascript:alert(1)"
    )
    hands = open_at(served, room, put(room, article))
    page = hands.page
    hands.select("9年間")
    hands.press("t")
    expect(page.locator("#slot-term .value")).to_have_text("9年間")
    record = room.browser.view(hands.record, room.aoi).standing.record
    (quote,) = record.evidence[Slot.TERM]
    assert text[quote.start : quote.end] == "9年間"
    assert page.evaluate("window.hacked === undefined")
    assert page.locator("#article script, #article img, #article svg, #article a").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    assert page.locator("#article .direction").count() == 6
    # Every character is there, in the order in which it was written.
    shown = page.evaluate(
        "[...document.querySelectorAll('#article p')].map((p) => p.textContent).join('\\n')"
    )
    assert shown == text
    # A mark that turns the writing does not reach beyond itself: text runs from left to right.
    xs = page.evaluate(
        """() => {
          const line = document.querySelectorAll("#article p")[3];
          const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
          const xs = [];
          while (walker.nextNode()) {
            if (!walker.currentNode.data.startsWith("これは")) continue;
            for (const at of [0, 1, 2, 3]) {
              const range = document.createRange();
              range.setStart(walker.currentNode, at);
              range.setEnd(walker.currentNode, at + 1);
              xs.push(range.getBoundingClientRect().left);
            }
          }
          return xs;
        }"""
    )
    assert xs == sorted(xs)
    assert len(xs) == 4
    assert page.problems == []  # type: ignore[attr-defined]


def test_at_200_percent_nothing_is_cut_off(newsroom: Room) -> None:
    room, served = newsroom
    page = served.open(room.aoi)
    page.set_viewport_size({"width": 640, "height": 400})  # 1280 × 800 at 200 %
    for path in (f"/records/{room.supply.id}", "/queue", "/dashboard", "/help"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    page.goto(f"/records/{room.supply.id}")
    for name in ("承認", "却下", "飛ばす"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport()
    page.keyboard.press("a")
    expect(page.locator(f"#panel[data-record='{room.investment.id}']")).to_be_visible()


def test_a_screen_reader_finds_names_roles_and_news(newsroom: Room) -> None:
    room, served = newsroom
    page = served.open(room.aoi)
    page.goto(f"/records/{room.supply.id}")
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("navigation", name="主なページ")).to_be_visible()
    expect(page.get_by_role("group", name="買い手")).to_be_visible()
    expect(page.get_by_role("combobox", name="種類")).to_be_visible()
    expect(page.get_by_role("toolbar", name="判断")).to_be_visible()
    expect(page.get_by_role("button", name="金額 手で直す")).to_be_visible()
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input:not([type=hidden]), select, meter")]
          .filter((e) => e.checkVisibility() && !e.innerText?.trim() && !e.getAttribute("aria-label")
            && !e.getAttribute("title") && !e.labels?.length)
          .map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    page.keyboard.press("a")
    expect(page.locator("#live")).to_have_text("承認しました")
    expect(page.locator("#record-title")).to_be_focused()
    # Everything that can be pressed is reached with Tab, and the first stop skips the head.
    page.goto(f"/records/{room.supply.id}")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const over = (top, under) => top.length < 4 || top[3] === 1 ? top.slice(0, 3)
    : top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const found = rgb(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0)
        return over(found, at.parentElement ? ground(at.parentElement) : [255, 255, 255]);
    }
    return [255, 255, 255];
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const poor = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility() || e.closest("svg, [disabled], option, .hidden-text, .skip, noscript")) continue;
    const style = getComputedStyle(e);
    if (style.color.startsWith("color(") || Number(style.opacity) < 1) continue;
    const under = ground(e), ink = over(rgb(style.color), under);
    const [a, b] = [light(ink), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 20)}`);
  }
  return [...new Set(poor)];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_by_4_5_to_1(newsroom: Room, scheme: str) -> None:
    room, served = newsroom
    page = served.open(room.aoi, color_scheme=scheme)
    for path in (f"/records/{room.supply.id}", "/queue?state=all", "/dashboard", "/help"):
        page.goto(path)
        assert page.evaluate(CONTRAST) == [], path
