"""From assembled deals to records: names, values, and the source characters that say each slot."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from pipeline.article import Article
from pipeline.assemble.candidate import RoleVote
from pipeline.assemble.confidence import record_confidence, slot_confidence
from pipeline.assemble.deal import Deal
from pipeline.assemble.reading import Reading
from pipeline.assemble.scorer import Scorer
from pipeline.assemble.slots import find_status
from pipeline.record import DealRecord, Evidence, Kind, Party, Slot, decimal_text, record_id
from pipeline.span import Span


def _quote(article: Article, reading: Reading, span: Span) -> Evidence:
    source = reading.view.source_span(span.start, span.end)
    return Evidence(start=source.start, end=source.end, quote=source.of(article.text))


def _party(reading: Reading, vote: RoleVote) -> Party:
    entity = reading.cast.entities[vote.entity]
    return Party(name=entity.name, surfaces=entity.surfaces, gazetteer_id=entity.gazetteer_id)


def _deal_key(deal: Deal) -> str:
    """What stays the same about a deal when rules change: its figure."""
    if deal.amount is not None:
        money = deal.amount.value
        return f"{money.currency} {decimal_text(money.least or Decimal(0))} {money.per or ''}"
    if deal.count is not None:
        return f"count {decimal_text(deal.count.value.least or Decimal(0))}"
    if deal.capacity is not None:
        return f"mw {decimal_text(deal.capacity.value.least or Decimal(0))}"
    return "none"


def _evidence(article: Article, reading: Reading, deal: Deal) -> dict[Slot, tuple[Evidence, ...]]:
    def quotes(spans: Iterable[Span]) -> tuple[Evidence, ...]:
        return tuple(sorted({_quote(article, reading, span) for span in spans}))

    tellings = [reading.sentences[i].sentence.span for i in deal.sentences[:3]]
    out = {Slot.KIND: quotes(tellings), Slot.STATUS: quotes(tellings[:1])}
    for slot, role in ((Slot.BUYER, "buyer"), (Slot.SELLER, "seller")):
        if deal.parties.get(role):
            out[slot] = quotes(v.name.mention.span for v in deal.parties[role])
    for slot, mention in (
        (Slot.AMOUNT, deal.amount),
        (Slot.AMOUNT_MAX, deal.amount_max),
        (Slot.TERM, deal.term),
        (Slot.COUNT, deal.count),
        (Slot.CAPACITY, deal.capacity),
    ):
        if mention is not None:
            out[slot] = quotes([mention.span])
    if deal.chips:
        out[Slot.CHIPS] = quotes(c.span for c in deal.chips)
    return out


def build_records(
    article: Article,
    reading: Reading,
    deals: Iterable[Deal],
    *,
    version: str,
    scorer: Scorer | None,
) -> tuple[DealRecord, ...]:
    """Records of an article's deals, in text order, with stable ids and evidence for every slot.

    Args:
        article: the source.
        reading: its layout.
        deals: what was assembled.
        version: the extractor's version, written on every record.
        scorer: for the calibrated confidence; None gives the rules' plain estimate.
    """
    seen: Counter[str] = Counter()
    records = []
    for deal in deals:
        key = _deal_key(deal)
        seen[key] += 1
        chips = tuple(c.value for c in deal.chips)
        high = deal.amount_max.value if deal.amount_max else None
        records.append(
            DealRecord(
                id=record_id(article.id, f"{key}#{seen[key]}"),
                article_id=article.id,
                extractor_version=version,
                kind=Kind(deal.kind),
                status=find_status(reading, deal),
                buyer=tuple(_party(reading, v) for v in deal.parties.get("buyer", [])),
                seller=tuple(_party(reading, v) for v in deal.parties.get("seller", [])),
                amount=deal.amount.value if deal.amount else None,
                amount_max=high.value if high else None,
                term=deal.term.value if deal.term else None,
                chips=chips,
                count=deal.count.value if deal.count else None,
                capacity_mw=deal.capacity.value.value if deal.capacity else None,
                evidence=_evidence(article, reading, deal),
                confidence=record_confidence(reading, deal, scorer),
                slot_confidence=slot_confidence(deal),
            )
        )
    return tuple(records)
