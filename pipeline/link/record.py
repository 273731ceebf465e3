"""What linking needs to know of a record, whether it was extracted or annotated by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pipeline.gazetteer.companies import Companies
from pipeline.record import DealRecord, Kind, Status
from pipeline.values import Money, Qualifier


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkParty:
    """A party by all its names.

    Attributes:
        name: what to show.
        names: every form that the article uses, `name` first.
        ids: its ids in the gazetteer (Amazon and AWS where one record says both); may be empty.
        families: for each id the topmost owner: Alphabet's for Google and for Google Cloud.
    """

    name: str
    names: tuple[str, ...]
    ids: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRecord:
    """One telling of one deal: the slots of a record, its article, day and quotes.

    Attributes:
        id: the record's; unique.
        article: the article's id; an article tells a deal once.
        published: day of the article; None where unknown.
        source: URL or path of the article, for trust and for people.
        term_months, term_start, term_end: of the contract; start and end are ISO dates or
            prefixes of such.
        count: number of units; `count_qualifier` and `count_unit` belong to it.
        chips: models, without vendor.
        quotes: the sentences that say it.
        confidence: of the record as a whole; 1 for hand-made records.
        by_human: whether a person made or confirmed it.
    """

    id: str
    article: str
    published: date | None
    kind: Kind
    status: Status
    source: str = ""
    buyer: tuple[LinkParty, ...] = ()
    seller: tuple[LinkParty, ...] = ()
    amount: Money | None = None
    amount_max: Decimal | None = None
    term_months: Decimal | None = None
    term_start: str | None = None
    term_end: str | None = None
    chips: tuple[str, ...] = ()
    count: Decimal | None = None
    count_qualifier: Qualifier = Qualifier.EXACT
    count_unit: str = ""
    capacity_mw: Decimal | None = None
    quotes: tuple[str, ...] = ()
    confidence: float = 1.0
    by_human: bool = False


class Namer:
    """Makes parties of names, by the gazetteer."""

    def __init__(self, companies: Companies) -> None:
        self._companies = companies

    def party(self, names: Iterable[str], gazetteer_id: str | None = None) -> LinkParty:
        """The party that goes by these names.

        Args:
            names: the forms that the article uses, fullest first; at least one.
            gazetteer_id: the id that the extractor found, if it did.
        """
        forms = tuple(dict.fromkeys(name for name in names if name))
        known = (self._companies.named(form) for form in forms)
        ids = {company.id for company in known if company is not None}
        if gazetteer_id is not None and gazetteer_id in self._companies.by_id:
            ids.add(gazetteer_id)
        return LinkParty(
            name=forms[0],
            names=forms,
            ids=frozenset(ids),
            families=frozenset(self._family(company_id) for company_id in ids),
        )

    def _family(self, company_id: str) -> str:
        seen = {company_id}
        while (parent := self._companies.by_id[company_id].parent) and parent not in seen:
            seen.add(parent)
            company_id = parent
        return company_id


def from_deal_record(
    record: DealRecord,
    namer: Namer,
    *,
    published: datetime | date | None,
    source: str = "",
    by_human: bool = False,
) -> LinkRecord:
    """What linking needs of an extracted record.

    Args:
        record: the record.
        namer: knows the parties.
        published: of its article; a moment counts as its day in its own zone.
        source: URL or path of its article.
        by_human: whether a person made or confirmed it.
    """
    quotes = sorted({quote for found in record.evidence.values() for quote in found})
    term, count = record.term, record.count
    return LinkRecord(
        id=record.id,
        article=record.article_id,
        published=published.date() if isinstance(published, datetime) else published,
        source=source,
        kind=record.kind,
        status=record.status,
        buyer=tuple(namer.party((p.name, *p.surfaces), p.gazetteer_id) for p in record.buyer),
        seller=tuple(namer.party((p.name, *p.surfaces), p.gazetteer_id) for p in record.seller),
        amount=record.amount,
        amount_max=record.amount_max,
        term_months=term.value if term else None,
        term_start=term.start if term else None,
        term_end=term.end if term else None,
        chips=tuple(chip.model for chip in record.chips),
        count=count.least if count else None,
        count_qualifier=count.qualifier if count else Qualifier.EXACT,
        count_unit=count.unit if count else "",
        capacity_mw=record.capacity_mw,
        quotes=tuple(dict.fromkeys(quote.quote for quote in quotes)),
        confidence=record.confidence,
        by_human=by_human,
    )


def from_gold(
    doc: str, index: int, deal: Mapping[str, Any], namer: Namer, *, published: date | None
) -> LinkRecord:
    """What linking needs of one deal of a `{"doc", "deals"}` line.

    Args:
        doc: the line's document; with `index` it makes the id `doc#index`.
        index: the deal's place in the line, from 0.
        deal: the slots of gold/GUIDELINE.md; a party is a list of names, an object with `name`
            and `aliases`, or a string.
        namer: knows the parties.
        published: day of the document.

    Raises:
        KeyError, TypeError, ValueError: a slot is missing or of another form.
    """
    count = deal.get("count")
    return LinkRecord(
        id=f"{doc}#{index}",
        article=doc,
        published=published,
        source=doc,
        kind=Kind(deal["kind"]),
        status=Status(deal["status"]),
        buyer=_gold_parties(deal.get("buyer"), namer),
        seller=_gold_parties(deal.get("seller"), namer),
        amount=_gold_amount(deal.get("amount")),
        amount_max=_decimal(deal.get("amount_max")),
        term_months=_decimal(deal.get("term_months")),
        chips=tuple(chip if isinstance(chip, str) else chip["name"] for chip in deal["chips"])
        if deal.get("chips")
        else (),
        count=_decimal(count["value"]) if count else None,
        count_qualifier=Qualifier(count["qualifier"]) if count else Qualifier.EXACT,
        count_unit=count.get("unit") or "" if count else "",
        capacity_mw=_decimal(deal.get("capacity_mw")),
        quotes=tuple(deal.get("evidence") or ()),
    )


def _gold_parties(parties: Any, namer: Namer) -> tuple[LinkParty, ...]:
    found = []
    for party in parties or ():
        if isinstance(party, str):
            names = [party]
        elif isinstance(party, Mapping):
            names = [party["name"], *(party.get("aliases") or ())]
        else:
            names = list(party)
        if any(names):
            found.append(namer.party(names))
    return tuple(found)


def _gold_amount(amount: Mapping[str, Any] | None) -> Money | None:
    if not amount:
        return None
    return Money(
        value=_decimal(amount.get("value")),
        low=_decimal(amount.get("low")),
        high=_decimal(amount.get("high")),
        currency=amount["currency"],
        qualifier=Qualifier(amount.get("qualifier") or "exact"),
        per=amount.get("per") or None,
    )


def _decimal(value: Any) -> Decimal | None:
    """A JSON number or decimal string as a decimal, without the noise of binary floats."""
    return None if value is None or value == "" else Decimal(str(value))
