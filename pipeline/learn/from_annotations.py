"""Annotated articles as if they had been reviewed: for the first training, and to try learning out.

An annotated deal becomes a record whose evidence stands in the quotes that the reader marked. What
an extractor found is compared with it, and the verdict is what a reviewer would have given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.article import Article
from pipeline.errors import Quarantined
from pipeline.evaluate import compared_deal, read_deals
from pipeline.evaluate.matching import CORE, agreement, pair_deals
from pipeline.gazetteer.vocabulary import Vocabulary
from pipeline.ingest import read_paths
from pipeline.learn.locate import located_names, located_values
from pipeline.learn.reviewed import GoldDeal, ReviewedArticle, ReviewedRecord, Verdict, gold_deal
from pipeline.mention import Mention
from pipeline.parse import find_mentions
from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, Status, record_id
from pipeline.span import Span
from pipeline.values import Chip, Count, Money, Qualifier, Term, Value

ANNOTATOR = "annotation"


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _money(amount: Mapping[str, Any] | None) -> Money | None:
    if not amount:
        return None
    return Money(
        value=_decimal(amount.get("value")),
        low=_decimal(amount.get("low")),
        high=_decimal(amount.get("high")),
        currency=amount["currency"],
        qualifier=Qualifier(amount.get("qualifier") or Qualifier.EXACT),
        per=amount.get("per"),
    )


def _count(count: Mapping[str, Any] | None) -> Count | None:
    if not count or count.get("value") is None:
        return None
    return Count(
        value=_decimal(count["value"]),
        qualifier=Qualifier(count.get("qualifier") or Qualifier.EXACT),
        unit=count.get("unit") or "",
    )


def _tellings(article: Article, deal: GoldDeal) -> list[Span]:
    """Where the quotes that the reader marked stand in the article."""
    places = ((article.text.find(quote), len(quote)) for quote in deal.get("evidence") or ())
    return sorted(Span(at, at + size) for at, size in places if at >= 0 and size)


def _quotes(article: Article, spans: Iterable[Span]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(start=span.start, end=span.end, quote=span.of(article.text))
        for span in sorted(set(spans))
    )


def annotated_record(
    article: Article, deal: GoldDeal, mentions: Sequence[Mention[Value]], *, index: int
) -> DealRecord:
    """An annotated deal as a record of its article, with evidence inside the reader's quotes.

    Args:
        article: where the deal is told.
        deal: in the slots of the guideline.
        mentions: the values that the article mentions.
        index: place of the deal among those of the article, which makes its id.
    """
    tellings = _tellings(article, deal)
    spans: dict[Slot, list[Span]] = {Slot.KIND: tellings, Slot.STATUS: tellings[:1]}
    sides: dict[str, tuple[Party, ...]] = {}
    for slot, side in ((Slot.BUYER, "buyer"), (Slot.SELLER, "seller")):
        sides[side] = tuple(
            Party(name=names[0], surfaces=tuple(dict.fromkeys(names))) for names in deal[side]
        )
        forms = [form for party in sides[side] for form in party.surfaces]
        spans[slot] = located_names(article.text, forms, tellings)
    for slot, span in located_values(mentions, deal, tellings):
        spans.setdefault(slot, []).append(span)
    months = deal.get("term_months")
    return DealRecord(
        id=record_id(article.id, f"{ANNOTATOR} {index}"),
        article_id=article.id,
        extractor_version=ANNOTATOR,
        kind=Kind(deal["kind"]),
        status=Status(deal.get("status") or Status.FIRM),
        buyer=sides["buyer"],
        seller=sides["seller"],
        amount=_money(deal.get("amount")),
        amount_max=_decimal(deal.get("amount_max")),
        term=Term(value=_decimal(months)) if months is not None else None,
        chips=tuple(Chip(model=model) for model in deal.get("chips") or ()),
        count=_count(deal.get("count")),
        capacity_mw=_decimal(deal.get("capacity_mw")),
        evidence={slot: _quotes(article, found) for slot, found in spans.items() if found},
        confidence=1.0,
    )


def review_by_annotations(
    article: Article, annotated: Sequence[DealRecord], extracted: Sequence[DealRecord]
) -> ReviewedArticle:
    """What a reviewer who knows the annotated records would decide about the extracted ones.

    A record with kind, status and all core slots right is accepted, another of the same deal is
    corrected into the annotated one, the rest is rejected; what was not found is added.
    """
    gold = [compared_deal(gold_deal(record)) for record in annotated]
    pred = [compared_deal(gold_deal(record)) for record in extracted]
    pairs = pair_deals(gold, pred)
    reviews = []
    for i, j in pairs:
        triples = (agreement(s, gold[i], pred[j]) for s in (*CORE, "kind", "status"))
        is_right = all(hits == found == wanted for hits, found, wanted in triples)
        before = extracted[j]
        reviews.append(
            ReviewedRecord(
                article_id=article.id,
                before=before,
                after=before if is_right else annotated[i],
                verdict=Verdict.ACCEPTED if is_right else Verdict.CORRECTED,
                extractor_version=before.extractor_version,
            )
        )
    paired_gold, paired_pred = {i for i, _ in pairs}, {j for _, j in pairs}
    reviews += [
        ReviewedRecord(article_id=article.id, before=None, after=record, verdict=Verdict.MISSED)
        for i, record in enumerate(annotated)
        if i not in paired_gold
    ]
    reviews += [
        ReviewedRecord(
            article_id=article.id,
            before=record,
            after=None,
            verdict=Verdict.REJECTED,
            extractor_version=record.extractor_version,
        )
        for j, record in enumerate(extracted)
        if j not in paired_pred
    ]
    return ReviewedArticle(article=article, records=tuple(reviews))


def read_annotated(
    gold: Path, articles: Path, vocabulary: Vocabulary
) -> Iterator[tuple[Article, tuple[DealRecord, ...]] | Quarantined]:
    """Annotated articles with their deals as records, in the order of the file.

    An article's source is its `doc`, the path relative to `articles`.

    Args:
        gold: a `{"doc", "deals"}` line an article.
        articles: the folder that `doc` paths start from.
        vocabulary: currencies, units and chips.

    Raises:
        IngestError: `gold` cannot be read; the message names file and line.
    """
    for doc, deals in read_deals(gold).items():
        for item in read_paths([articles / doc]):
            if isinstance(item, Quarantined):
                yield item
                continue
            article = replace(item, source=doc)
            mentions = find_mentions(article.text, vocabulary)
            yield (
                article,
                tuple(
                    annotated_record(article, deal.source, mentions, index=k)
                    for k, deal in enumerate(deals)
                ),
            )


def reviewed_as_annotated(article: Article, annotated: Sequence[DealRecord]) -> ReviewedArticle:
    """An annotated article as one whose every deal was entered by hand."""
    return review_by_annotations(article, annotated, ())
