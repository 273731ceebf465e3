"""What a reviewer's hands do, and how often; every press and every drag is counted."""

from dataclasses import dataclass

from playwright.sync_api import Page, expect

from pipeline.review.ledger import Actor
from tests.e2e.review.conftest import Served
from tests.review.scene import Newsroom

_SELECT = """([words, occurrence]) => {
  const article = document.getElementById("article");
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let text = "";
  while (walker.nextNode()) { nodes.push([text.length, walker.currentNode]); text += walker.currentNode.data; }
  let at = -1;
  for (let i = 0; i <= occurrence; i += 1) at = text.indexOf(words, at + 1);
  if (at < 0) throw new Error(`not in the article: ${words}`);
  const find = (offset, after) => {
    for (const [start, node] of nodes.toReversed())
      if (after ? start < offset : start <= offset) return [node, offset - start];
  };
  const range = document.createRange();
  range.setStart(...find(at, false));
  range.setEnd(...find(at + words.length, true));
  range.startContainer.parentElement.scrollIntoView({ block: "center" });
  const selection = document.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}"""


@dataclass
class Hands:
    """Drives a record page and counts actions."""

    page: Page
    actions: int = 0

    @property
    def record(self) -> str:
        """The id of the record on the page."""
        return self.page.locator("#panel").get_attribute("data-record") or ""

    def press(self, key: str) -> None:
        self.actions += 1
        self.page.keyboard.press(key)

    def select(self, words: str, occurrence: int = 0) -> None:
        """Draw over words in the article, one action of the mouse."""
        self.actions += 1
        self.page.evaluate(_SELECT, [words, occurrence])

    def settled(self) -> None:
        """Wait until nothing is under way and everything is sent."""
        expect(self.page.locator("body.busy")).to_have_count(0)
        expect(self.page.locator("#outbox")).to_be_empty()

    def until_other_than(self, record: str) -> str:
        """Wait for another record; gives its id."""
        self.page.wait_for_function(
            "id => document.getElementById('panel').dataset.record !== id", arg=record
        )
        return self.record

    def slot(self, name: str) -> str:
        """What the record's side shows in a slot."""
        return self.page.locator(f"#slot-{name} .slot-value").inner_text()


def at_record(room: Newsroom, served: Served, actor: Actor, record_id: str | None = None) -> Hands:
    page = served.open(actor)
    page.goto(f"/records/{record_id or room.supply.id}")
    expect(page.locator("#panel")).to_be_visible()
    return Hands(page)


def state(room: Newsroom, record_id: str) -> str:
    stored = room.store.records.load(record_id)
    assert stored is not None
    return stored.state


def events(room: Newsroom) -> list[str]:
    return [event.action.value for event in room.browser.view(room.supply.id, room.aoi).events]
