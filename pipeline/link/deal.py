"""A deal: what many records tell of one real deal, the best of it in front, all of it kept."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from pipeline.link.choosing import Choice, Reason, Told, choose
from pipeline.link.names import fold_party
from pipeline.link.parties import LOOSE, party_match
from pipeline.link.record import LinkParty, LinkRecord
from pipeline.link.telling import PartyKey, chip_key
from pipeline.record import Kind, Status
from pipeline.values import Money, Qualifier

T = TypeVar("T")

# Two numbers that differ by less say the same, one more exactly: 108 and 107.9.
ROUNDED = Decimal("0.03")

_SPECIFICITY = {
    Qualifier.EXACT: 4,
    Qualifier.ABOUT: 3,
    Qualifier.AT_LEAST: 2,
    Qualifier.AT_MOST: 2,
    Qualifier.RANGE: 1,
    Qualifier.VAGUE: 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DealParty:
    """A party of a deal by all names that the articles use, with the records that name it."""

    party: LinkParty
    told_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DealChip:
    """A chip of a deal with the records that name it."""

    model: str
    told_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """A number of units as told."""

    value: Decimal
    qualifier: Qualifier
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One telling on the time line.

    Attributes:
        day: of the article; None where unknown (such come last).
        news: what was new then: first, status, amount, or a party's name.
    """

    day: date | None
    record: str
    source: str
    status: Status
    amount: Money | None
    news: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """One real deal.

    Attributes:
        id: stable; see pipeline/link/naming.py.
        records: ids, in order of day.
        articles: ids of the articles that tell it, each once.
        time_line: what was said when.
    """

    id: str
    kind: Choice[Kind]
    status: Choice[Status]
    buyer: tuple[DealParty, ...]
    seller: tuple[DealParty, ...]
    amount: Choice[Money] | None
    amount_max: Choice[Decimal] | None
    term_months: Choice[Decimal] | None
    chips: tuple[DealChip, ...]
    count: Choice[Units] | None
    capacity_mw: Choice[Decimal] | None
    records: tuple[str, ...]
    articles: tuple[str, ...]
    sources: tuple[tuple[str, str, date | None], ...]  # record id, source, day
    time_line: tuple[Moment, ...]
    by_human: bool

    @property
    def first_published(self) -> date | None:
        """Day of the first article with a date."""
        return min((moment.day for moment in self.time_line if moment.day), default=None)

    @property
    def last_published(self) -> date | None:
        """Day of the last."""
        return max((moment.day for moment in self.time_line if moment.day), default=None)

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Slots on which the sources contradict each other."""
        slots = ("kind", "status", "amount", "amount_max", "term_months", "count", "capacity_mw")
        choices = ((slot, getattr(self, slot)) for slot in slots)
        return tuple(slot for slot, choice in choices if choice is not None and choice.conflict)


def make_deal(
    deal_id: str, records: Iterable[LinkRecord], trust_of: Callable[[str], int] = lambda _s: 0
) -> Deal:
    """The deal that some records tell.

    Args:
        deal_id: its id.
        records: at least one.
        trust_of: how far a source is believed, see `Cues.trust_of`.
    """
    ordered = sorted(records, key=lambda r: (r.published or date.max, r.id))

    def told(value_of: Callable[[LinkRecord], T | None]) -> list[Told[T]]:
        return [
            Told(
                value=value,
                record=record.id,
                day=record.published,
                firm=record.status is not Status.PROSPECTIVE,
                human=record.by_human,
                trust=trust_of(record.source),
                confidence=record.confidence,
            )
            for record in ordered
            if (value := value_of(record)) is not None
        ]

    kind = choose(told(lambda r: r.kind))
    if kind is None:
        msg = f"deal {deal_id} has no record"
        raise ValueError(msg)
    return Deal(
        id=deal_id,
        kind=_by_number(kind, [record.kind for record in ordered]),
        status=_status(told(lambda r: r.status)),
        buyer=_parties(ordered, lambda record: record.buyer),
        seller=_parties(ordered, lambda record: record.seller),
        amount=choose(
            told(lambda r: r.amount), specificity=money_specificity, compatible=money_agrees
        ),
        amount_max=choose(told(lambda r: r.amount_max), compatible=numbers_agree),
        term_months=choose(told(lambda r: r.term_months), compatible=numbers_agree),
        chips=_chips(ordered),
        count=choose(
            told(_units), specificity=lambda u: _SPECIFICITY[u.qualifier], compatible=_units_agree
        ),
        capacity_mw=choose(told(lambda r: r.capacity_mw), compatible=numbers_agree),
        records=tuple(record.id for record in ordered),
        articles=tuple(dict.fromkeys(record.article for record in ordered)),
        sources=tuple((record.id, record.source, record.published) for record in ordered),
        time_line=_time_line(ordered),
        by_human=any(record.by_human for record in ordered),
    )


def money_specificity(money: Money) -> int:
    """How exactly a sum is told: 4 exact, 3 about, 2 a bound, 1 a range, 0 vague."""
    return _SPECIFICITY[money.qualifier] if money.value is not None else 0


def money_agrees(one: Money, other: Money) -> bool:
    """Whether two sums may be one: rounded, or one within the other's bounds; same currency."""
    if one.currency != other.currency or one.per != other.per:
        return False
    (low, high), (other_low, other_high) = _bounds(one), _bounds(other)
    slack = 1 + ROUNDED
    return (low is None or other_high is None or low <= other_high * slack) and (
        high is None or other_low is None or other_low <= high * slack
    )


def numbers_agree(one: Decimal, other: Decimal) -> bool:
    """Whether two numbers are one, rounded."""
    return abs(one - other) <= ROUNDED * max(abs(one), abs(other))


def _bounds(money: Money) -> tuple[Decimal | None, Decimal | None]:
    if money.value is None:
        return money.low, money.high
    if money.qualifier is Qualifier.AT_LEAST:
        return money.value, None
    if money.qualifier is Qualifier.AT_MOST:
        return None, money.value
    return money.value, money.value


def _units(record: LinkRecord) -> Units | None:
    if record.count is None:
        return None
    return Units(value=record.count, qualifier=record.count_qualifier, unit=record.count_unit)


def _units_agree(one: Units, other: Units) -> bool:
    return numbers_agree(one.value, other.value)


def _by_number(choice: Choice[Kind], kinds: Sequence[Kind]) -> Choice[Kind]:
    """Kinds do not move on: the one that most records tell, unless a person has decided."""
    if choice.reason is Reason.HUMAN or not choice.others:
        return choice
    options = sorted(
        (choice.best, *choice.others), key=lambda o: (-len(o.told_by), kinds.index(o.value))
    )
    return Choice(best=options[0], reason=Reason.OFTEN, others=tuple(options[1:]), conflict=True)


def _status(told: Sequence[Told[Status]]) -> Choice[Status]:
    """Statuses move on: planned, then firm, then perhaps cancelled, in the order of first telling.

    A late article that still speaks of plans does not undo what was signed.
    """
    human = [t for t in told if t.human]
    settled = [t for t in human or told if t.value is not Status.PROSPECTIVE] or human or told
    firsts: dict[Status, Told[Status]] = {}
    for one in settled:
        firsts.setdefault(one.value, one)
    value = max(firsts, key=lambda status: (firsts[status].day or date.min, firsts[status].record))
    choice = choose(told)
    assert choice is not None  # noqa: S101 - every record has a status
    options = (choice.best, *choice.others)
    best = next(option for option in options if option.value is value)
    others = tuple(option for option in options if option is not best)
    reason = Reason.ONLY
    if others:
        reason = Reason.LATEST if len(firsts) > 1 else Reason.FIRM
    return Choice(best=best, reason=Reason.HUMAN if human else reason, others=others)


def _parties(
    records: Sequence[LinkRecord], side: Callable[[LinkRecord], tuple[LinkParty, ...]]
) -> tuple[DealParty, ...]:
    """The parties of one side, those that most records name first; a person's word stands alone."""
    human = [record for record in records if record.by_human and side(record)]
    found: list[tuple[list[LinkParty], list[str], PartyKey]] = []
    for record in human or records:
        for party in side(record):
            key = PartyKey(party)
            for parties, told_by, known in found:
                if party_match(known, key) >= LOOSE and _same_kind_of_name(known, key):
                    parties.append(party)
                    told_by.append(record.id)
                    break
            else:
                found.append(([party], [record.id], key))
    merged = [
        DealParty(party=_merged(parties), told_by=tuple(dict.fromkeys(told_by)))
        for parties, told_by, _key in found
    ]
    return tuple(sorted(merged, key=lambda p: -len(p.told_by)))


def _same_kind_of_name(one: PartyKey, other: PartyKey) -> bool:
    """Owner and daughter stay two parties where each is known by itself."""
    return not (one.ids and other.ids) or not one.ids.isdisjoint(other.ids)


def _merged(parties: Sequence[LinkParty]) -> LinkParty:
    """One party of several: named as most records name it."""
    names = [party.name for party in parties]
    name = max(dict.fromkeys(names), key=names.count)
    forms = dict.fromkeys([name, *(form for party in parties for form in party.names)])
    return LinkParty(
        name=name,
        names=tuple(forms),
        ids=frozenset().union(*(party.ids for party in parties)),
        families=frozenset().union(*(party.families for party in parties)),
    )


def _chips(records: Sequence[LinkRecord]) -> tuple[DealChip, ...]:
    found: dict[str, tuple[str, list[str]]] = {}
    for record in records:
        for chip in record.chips:
            found.setdefault(chip_key(chip), (chip, []))[1].append(record.id)
    return tuple(
        DealChip(model=model, told_by=tuple(dict.fromkeys(told_by)))
        for model, told_by in found.values()
    )


def _time_line(records: Sequence[LinkRecord]) -> tuple[Moment, ...]:
    moments: list[Moment] = []
    amounts: list[Money] = []
    statuses: set[Status] = set()
    parties: set[str] = set()
    for record in records:
        news: list[str] = [] if moments else ["first"]
        if record.status not in statuses and moments:
            news.append("status")
        if record.amount and not any(money_agrees(record.amount, known) for known in amounts):
            news += ["amount"] if moments else []
            amounts.append(record.amount)
        for party in (*record.buyer, *record.seller):
            names = set(party.ids) or {fold_party(name) for name in party.names}
            if parties.isdisjoint(names) and moments:
                news.append(party.name)
            parties |= names
        statuses.add(record.status)
        moments.append(
            Moment(
                day=record.published,
                record=record.id,
                source=record.source,
                status=record.status,
                amount=record.amount,
                news=tuple(news),
            )
        )
    return tuple(moments)
