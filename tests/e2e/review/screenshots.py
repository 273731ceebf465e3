"""The pictures of docs/images: the review page over invented news, at work.

    python -m tests.e2e.review.screenshots [FOLDER]

Needs Chromium and a Japanese font (apt-get install chromium fonts-noto-cjk).
"""

import os
import random
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright

from pipeline.article import make_article
from pipeline.errors import ReviewError
from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, Status, record_id
from pipeline.review.decision import Accept, Reject
from pipeline.review.ledger import Actor
from pipeline.review.request import EditOp, EditRequest, SlotEdit
from pipeline.review.service import ReviewService
from pipeline.review.standing import RejectReason, Role, State
from pipeline.store import Store, StoredDeal, open_store
from pipeline.store.accounts import Accounts
from pipeline.store.review_filter import QueueFilter, Viewer
from pipeline.store.review_queue import Queue, Sort
from pipeline.store.review_search import make_index, refresh
from pipeline.store.rows import now
from pipeline.values import Chip, Count, Money, Qualifier
from pipeline.web.app import create_app
from pipeline.web.site import SESSION_COOKIE, Site
from tests.e2e.review.conftest import CHROMIUM, SWITCHES
from tests.review.fixtures import load_reader
from tests.review.newswire import NEWEST, VERSION, fill
from tests.review.scene import NO_HASH, Extraction

IMAGES = Path(__file__).resolve().parents[3] / "docs" / "images"
STORY = """青空電機、ハル半導体と5年契約　AI向けに10万個を調達
青空電機は24日、ハル半導体からAI半導体「GB300」を10万個以上調達すると発表した。契約額は最大140億ドル（約2兆1000億円）で、期間は2026年から5年間となる。
調達した半導体は、青空電機が北陸に建設中の川辺データセンターに順次納める。同センターの受電容量は第1期だけで300メガワットに達し、国内では最大級となる見通しだ。
青空電機の会見では、設備の増強を急ぐ理由について「生成AIの学習だけでなく、推論の需要が想定を上回って伸びている」と説明した。電力の調達先には黒潮エナジーを選び、再生可能エネルギーの比率を段階的に高める。
市場では、同社の今期の設備投資が前期の2倍に膨らむとの予測が多い。価格は1個あたり4万ドル前後で推移しているが、来年以降は下がるとの見方もある。
一方、みどり証券は同日、ハル半導体の子会社である若葉AI研究所に5億ドルを出資する方針を固めた。若葉AI研究所は調達した資金を、設計の自動化に充てる。
両社の株価は発表後に上昇した。アナリストは「半導体の確保が競争力を左右する局面が続く」とみている。"""
SECOND = "青空電機がハル半導体から140億ドル分の半導体を購入する。24日に発表した。"


CORRECTIONS = (
    (Slot.TERM, "3年間"),
    (Slot.TERM, "5年間"),
    (Slot.COUNT, "3000個"),
    (Slot.AMOUNT, "約45億円"),
    (Slot.BUYER, "北斗クラウド"),
    (Slot.SELLER, "ハル半導体"),
    (Slot.SELLER, "黒潮エナジー"),
    (Slot.STATUS, "prospective"),
    (Slot.KIND, "investment"),
)


def _party(name: str, *surfaces: str) -> Party:
    return Party(name=name, surfaces=surfaces or (name,))


def _quotes(text: str, **words: str) -> dict[Slot, tuple[Evidence, ...]]:
    found: dict[Slot, tuple[Evidence, ...]] = {}
    for slot in Slot:
        quote = words.get(slot.value)
        if quote is not None:
            start = text.index(quote, text.index("\n") + 1 if "\n" in text else 0)
            found[slot] = (Evidence(start=start, end=start + len(quote), quote=quote),)
    return found


def _tell_story(store: Store) -> str:
    """The article of the record's picture, with a second one on the same deal."""
    article = make_article(
        STORY,
        source="日刊半導体/2026-11/aozora-hal.md",
        title=STORY.partition("\n")[0],
        url="https://news.example/aozora-hal",
        published=NEWEST + timedelta(hours=20),
    )
    other = make_article(
        SECOND,
        source="電脳新報/2026-11/hal.md",
        title=SECOND.partition("。")[0],
        published=NEWEST + timedelta(hours=23),
    )
    main = DealRecord(
        id=record_id(article.id, "supply"),
        article_id=article.id,
        extractor_version=VERSION,
        kind=Kind.SUPPLY,
        status=Status.FIRM,
        buyer=(_party("青空電機"),),
        seller=(_party("ハル半導体"),),
        amount=Money(
            value=Decimal(14_000_000_000), currency="USD", qualifier=Qualifier.AT_MOST
        ),
        chips=(Chip(model="GB300", vendor="NVIDIA"),),
        count=Count(value=Decimal(100_000), unit="個", qualifier=Qualifier.AT_LEAST),
        capacity_mw=Decimal(300),
        evidence=_quotes(
            STORY, buyer="青空電機", seller="ハル半導体", amount="最大140億ドル", chips="GB300",
            count="10万個以上", capacity_mw="300メガワット",
        ),
        confidence=0.62,
        slot_confidence={
            Slot.KIND: 0.97, Slot.STATUS: 0.93, Slot.BUYER: 0.95, Slot.SELLER: 0.94,
            Slot.AMOUNT: 0.88, Slot.CHIPS: 0.91, Slot.COUNT: 0.83, Slot.CAPACITY: 0.41,
        },
    )  # fmt: skip
    investment = DealRecord(
        id=record_id(article.id, "investment"),
        article_id=article.id,
        extractor_version=VERSION,
        kind=Kind.INVESTMENT,
        status=Status.PROSPECTIVE,
        buyer=(_party("みどり証券"),),
        seller=(_party("若葉AI研究所"),),
        amount=Money(value=Decimal(500_000_000), currency="USD"),
        evidence=_quotes(STORY, buyer="みどり証券", seller="若葉AI研究所", amount="5億ドル"),
        confidence=0.86,
    )
    again = DealRecord(
        id=record_id(other.id, "supply"),
        article_id=other.id,
        extractor_version=VERSION,
        kind=Kind.SUPPLY,
        status=Status.FIRM,
        buyer=main.buyer,
        seller=main.seller,
        amount=Money(value=Decimal(14_000_000_000), currency="USD"),
        confidence=0.9,
    )
    store.articles.save([article, other])
    found = [Extraction(article.id, [main, investment]), Extraction(other.id, [again])]
    store.records.save_extractions(found, version=VERSION)
    deal = StoredDeal(
        id="a1" * 10, kind="supply", status="firm", data={}, record_ids=(main.id, again.id)
    )
    store.deals.save([deal])
    return main.id


def _work(store: Store, service: ReviewService, team: list[Actor]) -> None:
    """Some weeks of decisions, so that the dashboard has something to say."""
    rng = random.Random(3)
    viewer = Viewer(user_id=team[0].user_id, now=now())
    wanted = QueueFilter(states=(State.UNREVIEWED.value,))
    ids = Queue(store.engine).open_ids(wanted, Sort.OLDEST, viewer, size=260)
    for id_ in ids:
        actor, chance = rng.choice(team), rng.random()
        stored = store.records.load(id_)
        if stored is None:
            continue
        if chance < 0.08:
            reason = rng.choice([RejectReason.NOT_A_DEAL, RejectReason.FORECAST])
            service.decide(id_, Reject(reason=reason), actor, seen=1)
        elif chance < 0.3:
            slot, words = rng.choice(CORRECTIONS)
            edit = SlotEdit(op=EditOp.SET, slot=slot, typed=words)
            with suppress(ReviewError):  # the record may say so already
                service.decide(id_, EditRequest(edits=(edit,), accept=True), actor, seen=1)
        else:
            service.decide(id_, Accept(), actor, seen=1)
    for _ in range(6):
        record = store.records.load(rng.choice(ids))
        if record is None:
            continue
        edits = (
            SlotEdit(op=EditOp.SET, slot=Slot.BUYER, typed="月見商事"),
            SlotEdit(op=EditOp.SET, slot=Slot.AMOUNT, typed="30億円"),
        )
        missed = service.add_missed(record.record.article_id, edits, team[1])
        service.decide(missed.record_id, Accept(), team[1], seen=1)


def _shoot(page: Page, url: str, record: str, folder: Path) -> None:
    page.goto(f"{url}/queue?since=2026-06-01&kind=supply&kind=investment")
    page.screenshot(path=folder / "queue.png")
    page.goto(f"{url}/records/{record}")
    page.wait_for_timeout(1200)
    page.evaluate(
        """() => {
          const walker = document.createTreeWalker(document.getElementById("article"), NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf("5年間");
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(walker.currentNode, at);
            range.setEnd(walker.currentNode, at + 3);
            document.getSelection().addRange(range);
            return;
          }
        }"""
    )
    page.wait_for_timeout(600)
    page.screenshot(path=folder / "record.png")
    page.goto(f"{url}/dashboard")
    page.screenshot(path=folder / "dashboard.png", full_page=True)


def main() -> None:
    """Make the pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        open_store(f"sqlite:///{Path(place, 'pictures.db')}") as store,
    ):
        fill(store, 420)
        record = _tell_story(store)
        make_index(store.engine)
        refresh(store.engine)
        accounts = Accounts(store.engine)
        team = [
            Actor(
                user_id=accounts.add_user(name, role=role.value, password_hash=NO_HASH).id,
                name=name,
                role=role,
            )
            for name, role in (
                ("佐藤", Role.REVIEWER), ("鈴木", Role.REVIEWER), ("高橋", Role.LEAD),
            )
        ]  # fmt: skip
        app = create_app(store, load_reader())
        site = app.state.site
        assert isinstance(site, Site)
        _work(store, site.service, team)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        user = accounts.user_named("佐藤")
        assert user is not None
        session = site.gate.begin_session(user)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=SWITCHES, env={**os.environ, "LANGUAGE": "ja"}
            )
            context = browser.new_context(
                locale="ja-JP", viewport={"width": 1360, "height": 860}, device_scale_factor=1.5
            )
            context.add_cookies([{"name": SESSION_COOKIE, "value": session.secret, "url": url}])
            _shoot(context.new_page(), url, record, folder)
            browser.close()
        server.should_exit = True
        thread.join(10)


if __name__ == "__main__":
    main()
