"""Invented technology news with the records an extractor would find in it, as many as wanted.

For screenshots, browser tests and the load benchmark. Everybody in it is made up; quotes are where
they say they are.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pipeline.article import Article, make_article
from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, Status, record_id
from pipeline.store import Store
from pipeline.store.rows import JAPAN
from pipeline.values import Chip, Count, Money, Qualifier, Term
from tests.review.scene import Extraction

VERSION = "1.0+newswire"
NEWEST = datetime(2026, 11, 23, 9, 0, tzinfo=JAPAN)
BUYERS = (
    "青空電機", "北斗クラウド", "さくら通信", "月見商事", "白樺データ", "星野製作所", "みなと自動車",
    "かもめ物流", "すみれ生命", "夕凪ゲームス", "大和野電力", "椿モバイル",
)  # fmt: skip
SELLERS = (
    "ハル半導体", "黒潮エナジー", "雲海サーバー", "海野ロボティクス", "朝霧ソフト", "銀河光通信",
    "風見データセンター", "若葉AI研究所", "つばめデバイス",
)  # fmt: skip
FUNDS = ("みどり証券", "あさひ成長ファンド", "木曽路キャピタル", "灯台ベンチャーズ")
CHIPS = ("GB300", "H200", "B200", "MI450")
SOURCES = ("日刊半導体", "週刊データセンター", "電脳新報", "产業メモ")
FILLER = (
    "業界では計算資源の確保が課題になっている。担当者は「需要は当面続く」と話す。",
    "両社は数年前から共同で試験を重ねてきた。詳しい条件は明らかにしていない。",
    "電力の確保や人材の採用など、乗り越えるべき点も多い。地元の自治体も協力する。",
    "同社の前期の売上高は増収だった。通期の見通しは変えていない。",
    "競合する各社も同様の計画を進めており、価格の下落を見込む声もある。",
    "利用者からは使いやすさを評価する声がある一方、費用を心配する声も出ている。",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """Who may do what; a name that stands here twice comes twice as often."""

    buyers: tuple[str, ...] = BUYERS
    sellers: tuple[str, ...] = SELLERS
    funds: tuple[str, ...] = FUNDS


def crowd(firms: int = 6_000) -> Cast:
    """Everybody, and so many more firms on each side that take half of the deals, as in real news."""

    def among(known: tuple[str, ...], word: str) -> tuple[str, ...]:
        return known * (firms // len(known)) + tuple(f"{word}{n}社" for n in range(firms))

    return Cast(among(BUYERS, "需要家"), among(SELLERS, "供給家"), among(FUNDS, "投資家"))


class _Telling:
    """An article being written: text so far, and where each word of interest stands."""

    def __init__(self) -> None:
        self.text = ""

    def say(self, *parts: str | tuple[Slot, str]) -> dict[Slot, tuple[Evidence, ...]]:
        """Add a sentence; parts with a slot are its evidence."""
        found: dict[Slot, list[Evidence]] = {}
        for part in parts:
            slot, words = part if isinstance(part, tuple) else (None, part)
            start = len(self.text)
            self.text += words
            if slot is not None:
                quote = Evidence(start=start, end=start + len(words), quote=words)
                found.setdefault(slot, []).append(quote)
        return {slot: tuple(found[slot]) for slot in Slot if slot in found}


def _party(name: str) -> Party:
    return Party(name=name, surfaces=(name,))


def _amount(rng: random.Random) -> tuple[str, Money]:
    currency, word = rng.choice(
        (("JPY", "億円"), ("JPY", "億円"), ("USD", "億ドル"), ("USD", "万ドル"))
    )
    unit = 10_000 if word == "万ドル" else 100_000_000
    largest = 5 if word == "億ドル" else 10
    size = rng.choice((3, 8, 12, 25, 40, 75, 120, 300, 850, 2400)[:largest])
    bound, qualifier = rng.choice(
        (("", Qualifier.EXACT), ("約", Qualifier.ABOUT), ("最大", Qualifier.AT_MOST))
    )
    value = Decimal(size) * unit
    return f"{bound}{size}{word}", Money(value=value, currency=currency, qualifier=qualifier)


def _supply(rng: random.Random, telling: _Telling, cast: Cast) -> tuple[dict[str, Any], str]:
    buyer, seller = rng.choice(cast.buyers), rng.choice(cast.sellers)
    chip, number, years = (
        rng.choice(CHIPS),
        rng.choice((200, 1000, 3000, 20_000)),
        rng.choice((3, 5, 7)),
    )
    words, money = _amount(rng)
    count = f"{number // 10_000}万個" if number >= 10_000 else f"{number}個"
    evidence = telling.say(
        (Slot.BUYER, buyer), f"は{NEWEST.day}日、", (Slot.SELLER, seller), "から",
        (Slot.CHIPS, chip), "を", (Slot.COUNT, count), "調達すると発表した。契約額は",
        (Slot.AMOUNT, words), "で、期間は", (Slot.TERM, f"{years}年間"), "となる。",
    )  # fmt: skip
    values: dict[str, Any] = {
        "kind": Kind.SUPPLY,
        "buyer": (_party(buyer),),
        "seller": (_party(seller),),
        "amount": money,
        "chips": (Chip(model=chip),),
        "count": Count(value=Decimal(number), unit="個"),
        "term": Term(value=Decimal(12 * years), duration=f"P{years}Y"),
        "evidence": evidence,
    }
    if rng.random() < 0.4:  # the extractor has not seen everything
        slot = rng.choice((Slot.TERM, Slot.COUNT, Slot.CHIPS))
        values[slot.value] = () if slot is Slot.CHIPS else None
        evidence.pop(slot, None)
    return values, f"{buyer}、{seller}から{chip}を調達"


def _investment(rng: random.Random, telling: _Telling, cast: Cast) -> tuple[dict[str, Any], str]:
    buyer, seller = rng.choice(cast.funds), rng.choice(cast.sellers)
    words, money = _amount(rng)
    evidence = telling.say(
        (Slot.BUYER, buyer), "は", (Slot.SELLER, seller), "に", (Slot.AMOUNT, words),
        "を出資する。調達した資金は人材の採用と設備に充てる。",
    )  # fmt: skip
    return {
        "kind": Kind.INVESTMENT,
        "buyer": (_party(buyer),),
        "seller": (_party(seller),),
        "amount": money,
        "evidence": evidence,
    }, f"{buyer}が{seller}に出資"


def _acquisition(rng: random.Random, telling: _Telling, cast: Cast) -> tuple[dict[str, Any], str]:
    buyer, seller = rng.choice(cast.buyers), rng.choice(cast.sellers)
    words, money = _amount(rng)
    evidence = telling.say(
        (Slot.BUYER, buyer), "が", (Slot.SELLER, seller), "を", (Slot.AMOUNT, words),
        "で買収する方向で調整していることが分かった。",
    )  # fmt: skip
    return {
        "kind": Kind.ACQUISITION,
        "status": Status.PROSPECTIVE,
        "buyer": (_party(buyer),),
        "seller": (_party(seller),),
        "amount": money,
        "evidence": evidence,
    }, f"{buyer}、{seller}の買収を検討"


def _capex(rng: random.Random, telling: _Telling, cast: Cast) -> tuple[dict[str, Any], str]:
    buyer, megawatts = rng.choice(cast.buyers), rng.choice((20, 40, 120, 300))
    words, money = _amount(rng)
    evidence = telling.say(
        (Slot.BUYER, buyer), "は", (Slot.AMOUNT, words), "を投じてデータセンターを新設する。受電容量は",
        (Slot.CAPACITY, f"{megawatts}メガワット"), "。",
    )  # fmt: skip
    return {
        "kind": Kind.CAPEX,
        "buyer": (_party(buyer),),
        "amount": money,
        "capacity_mw": Decimal(megawatts),
        "evidence": evidence,
    }, f"{buyer}がデータセンター新設"


_STORIES = (_supply, _supply, _supply, _investment, _investment, _acquisition, _capex)


def stories(
    number: int,
    *,
    deals: int = 2,
    seed: int = 7,
    weeks: int = 40,
    version: str = VERSION,
    cast: Cast = Cast(),
) -> Iterator[tuple[Article, Extraction]]:
    """`number` articles with `deals` records each; the same seed gives the same ones.

    Args:
        number: of articles.
        deals: records an article.
        seed: of the choices.
        weeks: over which the days of publication lie.
        version: the extractor's.
        cast: who the deals are between.
    """
    rng = random.Random(seed)
    for index in range(number):
        telling, told, title = _Telling(), [], ""
        telling.say("{title}\n")
        for _ in range(deals):
            values, headline = rng.choice(_STORIES)(rng, telling, cast)
            title = title or headline
            told.append(values)
            telling.say("\n" + "".join(rng.sample(FILLER, 2)) + "\n")
        telling.say(f"（記事番号 {seed}-{index}）")
        shift = len(title) - len("{title}")
        text = telling.text.replace("{title}", title, 1)
        published = NEWEST - timedelta(minutes=rng.randrange(weeks * 7 * 24 * 60))
        article = make_article(
            text,
            source=f"{rng.choice(SOURCES)}/{published:%Y-%m}/{seed}-{index}.md",
            title=title,
            url=f"https://news.example/{seed}/{index}",
            published=published,
        )
        yield (
            article,
            Extraction(
                article.id,
                [_record(article, values, i, shift, rng, version) for i, values in enumerate(told)],
            ),
        )


def _record(
    article: Article,
    values: dict[str, Any],
    index: int,
    shift: int,
    rng: random.Random,
    version: str,
) -> DealRecord:
    evidence = {
        slot: tuple(
            Evidence(start=q.start + shift, end=q.end + shift, quote=q.quote) for q in quotes
        )
        for slot, quotes in values.pop("evidence").items()
    }
    confidence = round(min(0.99, max(0.2, rng.gauss(0.8, 0.17))), 3)
    return DealRecord(
        id=record_id(article.id, str(index)),
        article_id=article.id,
        extractor_version=version,
        evidence=evidence,
        confidence=confidence,
        slot_confidence={
            slot: round(min(0.99, max(0.3, confidence + rng.uniform(-0.15, 0.15))), 3)
            for slot in evidence
        },
        **({"status": Status.FIRM} | values),
    )


def fill(store: Store, number: int, *, at_once: int = 500, **options: Any) -> None:
    """Put `number` articles with their records into a store."""
    batch: list[tuple[Article, Extraction]] = []

    def flush() -> None:
        store.articles.save([article for article, _ in batch])
        store.records.save_extractions([found for _, found in batch], version=VERSION)
        batch.clear()

    for story in stories(number, **options):
        batch.append(story)
        if len(batch) == at_once:
            flush()
    if batch:
        flush()
