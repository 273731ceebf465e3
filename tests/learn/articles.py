"""Small reviewed articles for the tests of learning."""

from decimal import Decimal
from typing import Any

from pipeline.article import Article, make_article
from pipeline.learn.reviewed import ReviewedArticle, ReviewedRecord, Verdict
from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, Status, record_id
from pipeline.values import Money

TEXT = "青空電算は2日、黒潮重工に120億円を出資すると発表した。"


def article(text: str = TEXT, source: str = "news/a.md") -> Article:
    return make_article(text, source=source, title=text.split("。")[0])


def evidence(text: str, quote: str) -> tuple[Evidence, ...]:
    start = text.index(quote)
    return (Evidence(start=start, end=start + len(quote), quote=quote),)


def record(of: Article, *, key: str = "a", **changes: Any) -> DealRecord:
    """The deal of TEXT."""
    slots: dict[str, Any] = {
        "id": record_id(of.id, key),
        "article_id": of.id,
        "extractor_version": "rules-test+scorer-test",
        "kind": Kind.INVESTMENT,
        "status": Status.FIRM,
        "buyer": (Party(name="青空電算", surfaces=("青空電算",)),),
        "seller": (Party(name="黒潮重工", surfaces=("黒潮重工",)),),
        "amount": Money(value=Decimal(12_000_000_000), currency="JPY"),
        "evidence": {
            slot: evidence(of.text, quote)
            for slot, quote in (
                (Slot.BUYER, "青空電算"),
                (Slot.SELLER, "黒潮重工"),
                (Slot.AMOUNT, "120億円"),
            )
            if quote in of.text
        },
        "confidence": 0.8,
    }
    return DealRecord(**{**slots, **changes})


def accepted(of: Article) -> ReviewedArticle:
    found = record(of)
    review = ReviewedRecord(
        article_id=of.id,
        before=found,
        after=found,
        verdict=Verdict.ACCEPTED,
        extractor_version=found.extractor_version,
    )
    return ReviewedArticle(article=of, records=(review,))
