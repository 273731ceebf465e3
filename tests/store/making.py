"""Articles, records and extractions for the store's tests, in our own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.article import Article, make_article
from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, Status, record_id
from pipeline.values import Chip, Count, Money, Qualifier, Term

TEXT = "青空電機がハル半導体からHX200を3000個、5年間で約120億円購入すると発表した。"


def article(text: str = TEXT, source: str = "news/a.md", **options: object) -> Article:
    """An article of this text."""
    return make_article(text, source=source, **options)  # type: ignore[arg-type]


def quote(text: str, words: str) -> Evidence:
    """The place of `words` in a text."""
    start = text.index(words)
    return Evidence(start=start, end=start + len(words), quote=words)


def record(
    of: Article, *, buyer: str = "青空電機", value: int = 12_000_000_000, version: str = "v1"
) -> DealRecord:
    """A supply record with every slot filled."""
    return DealRecord(
        id=record_id(of.id, f"supply {value}"),
        article_id=of.id,
        extractor_version=version,
        kind=Kind.SUPPLY,
        status=Status.FIRM,
        buyer=(Party(name=buyer, surfaces=(buyer,), gazetteer_id=None),),
        seller=(Party(name="ハル半導体", surfaces=("ハル半導体", "ハル"), gazetteer_id="hal"),),
        amount=Money(value=Decimal(value), currency="JPY", qualifier=Qualifier.ABOUT),
        amount_max=Decimal("15000000000"),
        term=Term(value=Decimal(60), duration="P5Y"),
        chips=(Chip(model="HX200", vendor="ハル半導体"),),
        count=Count(value=Decimal(3000), unit="個"),
        capacity_mw=Decimal("4.5"),
        evidence={Slot.AMOUNT: (quote(TEXT, "約120億円"),), Slot.BUYER: (quote(TEXT, "青空電機"),)},
        confidence=0.75,
        slot_confidence={Slot.AMOUNT: 0.9},
    )


@dataclass(frozen=True)
class Extraction:
    """What an extractor gives for one article."""

    article_id: str
    records: Sequence[DealRecord] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
