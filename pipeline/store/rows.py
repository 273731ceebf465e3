"""Articles and records to rows of the tables, and back."""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from pipeline.article import Article
from pipeline.record import DealRecord, Party, decimal_text, from_json, to_json
from pipeline.span import Span
from pipeline.values import Money

JAPAN = timezone(timedelta(hours=9), "JST")
AMOUNT_UNTOLD = 1_000_000  # counts for a record's amount beside what it says, see at_stake
FOLDED_LENGTH = 200  # characters kept of a folded name, so that an index can hold it

_MAGNITUDES = {
    **dict.fromkeys(("CNY", "DKK", "HKD", "MXN", "NOK", "SEK", "TRY", "TWD", "ZAR"), 0.1),
    **dict.fromkeys(("INR", "JPY", "PHP", "RUB", "THB"), 0.01),
    **dict.fromkeys(("CLP", "HUF", "KRW"), 0.001),
    **dict.fromkeys(("IDR", "VND"), 0.0001),
}


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


def digest(*parts: str) -> str:
    """32 hex digits that stand for long texts in an index."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fold_name(name: str) -> str:
    """A party's name to search by: NFKC, case folded, without white space, 200 characters."""
    folded = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    return folded[:FOLDED_LENGTH]


def amount_sort(amount: Money | None) -> float:
    """A number that puts amounts of all currencies in one rough order; 0 without an amount.

    The amount (of a vague one the lower bound) times the power of ten nearest to what a unit
    of its currency is worth in dollars: no rate that changes from day to day, so the order of
    a queue never does. For ordering only, never to be shown as a conversion.
    """
    if amount is None or amount.least is None:
        return 0.0
    return float(amount.least) * _MAGNITUDES.get(amount.currency, 1.0)


def at_stake(record: DealRecord) -> float:
    """How much a look at a record is worth: the part of its amount that is likely wrong.

    (1 - confidence) times `amount_sort`; a million is added to every amount, so that records
    without one come by their uncertainty. For ordering the review queue only.
    """
    return (1 - record.confidence) * (amount_sort(record.amount) + AMOUNT_UNTOLD)


def sortable_time(published: datetime | None) -> datetime | None:
    """A publication time to sort by; one without zone is Japanese, like the news it dates."""
    if published is None or published.tzinfo is not None:
        return published
    return published.replace(tzinfo=JAPAN)


def unstorable(text: str) -> str | None:
    """Why a text cannot be kept in every database, None where it can."""
    if "\x00" in text:
        return f"a NUL character at {text.index(chr(0))}; the file is not text, or is damaged"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"half of a surrogate pair at {error.start}; the text was cut inside a character"
    return None


def article_to_row(article: Article, *, run_id: int | None, at: datetime) -> dict[str, Any]:
    """The row of `articles`; links to other articles are filled in by the caller."""
    return {
        "id": article.id,
        "source": article.source,
        "url": article.url,
        "title": article.title,
        "published": article.published.isoformat() if article.published else None,
        "published_at": sortable_time(article.published),
        "text": article.text,
        "ignored": [[span.start, span.end] for span in article.ignored],
        "characters": len(article.text),
        "near_duplicate_of": None,
        "previous_id": None,
        "superseded_by": None,
        "run_id": run_id,
        "added_at": at,
    }


def article_from_row(row: RowMapping) -> Article:
    """The article that `article_to_row` wrote."""
    return Article(
        id=row["id"],
        source=row["source"],
        text=row["text"],
        title=row["title"],
        url=row["url"],
        published=datetime.fromisoformat(row["published"]) if row["published"] else None,
        ignored=tuple(Span(start, end) for start, end in row["ignored"]),
    )


def source_to_row(article: Article, *, run_id: int | None, at: datetime) -> dict[str, Any]:
    """The row of `article_sources`: this place has this text."""
    return {
        "article_id": article.id,
        "digest": digest(article.source, article.url or ""),
        "source": article.source,
        "url": article.url,
        "url_digest": digest(article.url) if article.url else None,
        "title": article.title,
        "published": article.published.isoformat() if article.published else None,
        "seen_at": at,
        "run_id": run_id,
    }


def record_values(record: DealRecord) -> dict[str, Any]:
    """The columns of `records` that follow from the record alone.

    Whoever changes a record's data writes these with it (and `party_rows`, `evidence_rows`), so
    that filters see what people see.
    """
    amount = record.amount
    least = amount.least if amount else None
    return {
        "extractor_version": record.extractor_version,
        "data": to_json(record),
        "kind": record.kind.value,
        "status": record.status.value,
        "amount": decimal_text(least) if least is not None else None,
        "currency": amount.currency if amount else None,
        "amount_sort": amount_sort(amount),
        "confidence": record.confidence,
        "at_stake": at_stake(record),
        "parties": "\n".join(dict.fromkeys(_folded_names(record))),
    }


def _folded_names(record: DealRecord) -> Iterator[str]:
    for party in record.buyer + record.seller:
        for name in (party.name, *party.surfaces):
            yield fold_name(name)


def party_rows(record: DealRecord) -> list[dict[str, Any]]:
    """The rows of `record_parties`."""
    return [
        {"record_id": record.id, **values}
        for side, parties in (("buyer", record.buyer), ("seller", record.seller))
        for values in side_values(side, parties)
    ]


def side_values(side: str, parties: tuple[Party, ...]) -> list[dict[str, Any]]:
    """The columns that `record_parties` and `deal_parties` share."""
    return [
        {
            "side": side,
            "position": position,
            "name": party.name,
            "folded": fold_name(party.name),
            "gazetteer_id": party.gazetteer_id,
        }
        for position, party in enumerate(parties)
    ]


def evidence_rows(record: DealRecord) -> list[dict[str, Any]]:
    """The rows of `evidence`, numbered within their slot."""
    return [
        {
            "record_id": record.id,
            "slot": slot.value,
            "position": position,
            "start": quote.start,
            "end": quote.end,
            "quote": quote.quote,
        }
        for slot, quotes in record.evidence.items()
        for position, quote in enumerate(quotes)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record with what the database knows around it.

    Attributes:
        record: what holds now: the machine's word, or a human's over it.
        source, url, title, published: of its article.
        state: unreviewed, or the review's word.
        human_state: None where no human has touched it.
        disagreement: what a newer extractor says against the human; None without such.
        version: counts the record's changes.
    """

    record: DealRecord
    source: str
    url: str | None
    title: str
    published: datetime | None
    state: str
    human_state: str | None
    disagreement: Mapping[str, Any] | None
    version: int
    run_id: int | None

    @property
    def month(self) -> str:
        """Month of publication in the source's own zone, 2025-10; "unknown" without a date."""
        return self.published.isoformat()[:7] if self.published else "unknown"

    @property
    def published_at(self) -> datetime | None:
        """The moment of publication; a time without zone is Japanese."""
        return sortable_time(self.published)

    @property
    def amount(self) -> Decimal | None:
        """The amount in units of its currency; of a vague one the lower bound."""
        return self.record.amount.least if self.record.amount else None


def stored_record(row: RowMapping) -> StoredRecord:
    """A row of `records` joined with its article's source, url, title and published."""
    return StoredRecord(
        record=from_json(row["data"]),
        source=row["source"],
        url=row["url"],
        title=row["title"],
        published=datetime.fromisoformat(row["published"]) if row["published"] else None,
        state=row["state"],
        human_state=row["human_state"],
        disagreement=row["disagreement"],
        version=row["version"],
        run_id=row["run_id"],
    )
