"""A small newsroom for the tests of review: articles of our own, records, users, a service."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pipeline.article import Article, make_article
from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, Status, record_id
from pipeline.review.browse import Browser
from pipeline.review.ledger import Actor
from pipeline.review.reading import Reader
from pipeline.review.service import ReviewService
from pipeline.review.standing import Role
from pipeline.store import Store
from pipeline.store.accounts import Accounts
from pipeline.store.review_search import make_index, refresh
from pipeline.values import Money, Qualifier, Term

TEXT = """青空電機、ハル半導体からGB300を調達
青空電機は24日、ハル半導体からGB300を3000個、総額約120億円で購入すると発表した。
契約期間は5年間で、川辺データセンターの電力は最大40メガワットになる。
一方、みどり証券は海野ロボティクスに5億ドルを出資する。"""
NO_HASH = "-"  # of users who never log in
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def article(text: str = TEXT, source: str = "news/a.md", **options: Any) -> Article:
    return make_article(text, source=source, title=text.partition("\n")[0], **options)


def quote(text: str, words: str) -> Evidence:
    start = text.index(words)
    return Evidence(start=start, end=start + len(words), quote=words)


def party(name: str, *, known: str | None = None) -> Party:
    return Party(name=name, surfaces=(name,), gazetteer_id=known)


def supply(
    of: Article | None = None,
    *,
    key: str = "supply",
    version: str = "v1",
    confidence: float = 0.6,
    **changes: Any,
) -> DealRecord:
    """What the extractor says of the first deal of TEXT: right, but for the term it did not see."""
    of = of or article()
    values: dict[str, Any] = {
        "id": record_id(of.id, key),
        "article_id": of.id,
        "extractor_version": version,
        "kind": Kind.SUPPLY,
        "status": Status.FIRM,
        "buyer": (party("青空電機"),),
        "seller": (party("ハル半導体"),),
        "amount": Money(value=Decimal(12_000_000_000), currency="JPY", qualifier=Qualifier.ABOUT),
        "evidence": {
            Slot.BUYER: (quote(of.text, "青空電機"),),
            Slot.SELLER: (quote(of.text, "ハル半導体"),),
            Slot.AMOUNT: (quote(of.text, "約120億円"),),
        }
        if of.text == TEXT
        else {},
        "confidence": confidence,
        "slot_confidence": {Slot.BUYER: 0.9, Slot.AMOUNT: 0.8},
    }
    return DealRecord(**(values | changes))


def investment(of: Article | None = None, **changes: Any) -> DealRecord:
    """What the extractor says of the second deal of TEXT."""
    values: dict[str, Any] = {
        "kind": Kind.INVESTMENT,
        "buyer": (party("みどり証券"),),
        "seller": (party("海野ロボティクス"),),
        "amount": Money(value=Decimal(500_000_000), currency="USD"),
        "evidence": {},
    }
    return supply(of, key="investment", **(values | changes))


FIVE_YEARS = Term(value=Decimal(60), duration="P5Y")


@dataclass(frozen=True)
class Extraction:
    """What an extractor gives for one article."""

    article_id: str
    records: Sequence[DealRecord] = ()
    dropped: dict[str, int] = field(default_factory=dict)


class Clock:
    """A clock that goes on a second at every look, so that nothing happens at once."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class Newsroom:
    """A store with one article and two unreviewed records, three reviewers and a lead."""

    def __init__(self, store: Store, reader: Reader) -> None:
        self.store = store
        self.clock = Clock()
        self.service = ReviewService(store, reader, self.clock)
        self.browser = Browser(store, self.clock)
        accounts = Accounts(store.engine)
        self.aoi, self.ren, self.mio, self.lead = (
            Actor(
                user_id=accounts.add_user(name, role=role.value, password_hash=NO_HASH).id,
                name=name,
                role=role,
            )
            for name, role in (
                ("葵", Role.REVIEWER),
                ("蓮", Role.REVIEWER),
                ("澪", Role.REVIEWER),
                ("主任", Role.LEAD),
            )
        )
        self.article = article(published=datetime(2026, 11, 24, 9, tzinfo=UTC))
        store.articles.save([self.article])
        self.supply, self.investment = supply(self.article), investment(self.article)
        self.extract([self.supply, self.investment])
        make_index(store.engine)
        refresh(store.engine)

    def extract(self, found: Sequence[DealRecord], version: str = "v1") -> None:
        """Let extractor `version` find these in the article."""
        self.store.records.save_extractions([Extraction(self.article.id, found)], version=version)
