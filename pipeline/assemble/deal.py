"""From scored quantities to deals: group what tells one deal, cast its parties, fill its slots."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from pipeline.assemble.candidate import Candidate, RoleVote
from pipeline.assemble.casting import ROLE_FLOOR, cast_parties
from pipeline.assemble.reading import Anchor, Reading
from pipeline.assemble.scorer import Scorer
from pipeline.mention import Mention, MentionKind
from pipeline.values import Capacity, Chip, Count, Money, Qualifier, Term

DEAL_FLOOR = 0.45
GOODS_FLOOR = 0.3  # from which units or power may fill a slot of a deal told by money
_SAME = Decimal("0.005")
_CEILING = re.compile(r"オプション|最大|に達する|まで(?:拡大|増|引き上げ|広げ)|行使|上限|可能性")


@dataclass(slots=True, kw_only=True)
class Deal:
    """A deal under assembly.

    Attributes:
        candidates: the quantities that tell it, the leading one first.
        kind: kind of deal.
        probability: that it is a deal.
        parties: role → claims that were accepted, likeliest place first in text order.
        amount, amount_max, term, chips, count, capacity: the mentions that fill the slots.
    """

    candidates: list[Candidate]
    kind: str
    probability: float
    parties: dict[str, list[RoleVote]] = field(default_factory=dict)
    amount: Mention[Money] | None = None
    amount_max: Mention[Money] | None = None
    term: Mention[Term] | None = None
    chips: list[Mention[Chip]] = field(default_factory=list)
    count: Mention[Count] | None = None
    capacity: Mention[Capacity] | None = None

    @property
    def sentences(self) -> tuple[int, ...]:
        """Indices of the sentences that tell it."""
        return tuple(sorted({c.anchor.sentence for c in self.candidates}))

    def entities(self, role: str) -> set[str]:
        """Keys of the parties of one role."""
        return {vote.entity for vote in self.parties.get(role, [])}


def same_quantity(first: Decimal | None, second: Decimal | None) -> bool:
    """Whether two numbers are one within half a percent, the rounding of news."""
    if first is None or second is None:
        return False
    return abs(first - second) <= _SAME * max(abs(first), abs(second), Decimal(1))


def same_money(first: Money, second: Money) -> bool:
    """Whether two amounts can be one and the same, hedges aside."""
    return (
        first.currency == second.currency
        and first.per == second.per
        and same_quantity(first.least, second.least)
    )


def _same_anchor(first: Anchor, second: Anchor) -> bool:
    a, b = first.mention.value, second.mention.value
    if isinstance(a, Money) and isinstance(b, Money):
        if same_money(a, b):
            return True
        renderings = [x.rendering.value for x in (first, second) if x.rendering]
        return any(same_money(r, v) for r in renderings for v in (a, b) if r is not v)
    return type(a) is type(b) and same_quantity(a.least, b.least)


def _strong(candidate: Candidate, role: str) -> set[str]:
    return {
        v.entity
        for v in candidate.votes
        if v.role == role and v.probability >= 0.7 and v.sentence == candidate.anchor.sentence
    }


def _conflict(first: Candidate, second: Candidate) -> bool:
    """Whether two tellings of one figure name different parties in their own sentences."""
    for role in ("buyer", "seller"):
        a, b = _strong(first, role), _strong(second, role)
        if a and b and not a & b:
            return True
    return False


def _group(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    groups: list[list[Candidate]] = []
    for candidate in candidates:
        for group in groups:
            if any(_same_anchor(candidate.anchor, c.anchor) for c in group) and not any(
                _conflict(candidate, c) for c in group
            ):
                group.append(candidate)
                break
        else:
            groups.append([candidate])
    return groups


def _kind_of(group: Sequence[Candidate]) -> str:
    kinds: dict[str, float] = {}
    for candidate in group:
        for kind, share in candidate.kinds.items():
            if kind != "none":
                kinds[kind] = kinds.get(kind, 0.0) + share * candidate.deal_probability
    return max(kinds, key=lambda k: (kinds[k], k))


_HEDGE_RANK = {
    Qualifier.EXACT: 3,
    Qualifier.AT_LEAST: 2,
    Qualifier.AT_MOST: 2,
    Qualifier.ABOUT: 1,
    Qualifier.RANGE: 1,
    Qualifier.VAGUE: 0,
}


def _lead_amount(group: Sequence[Candidate], reading: Reading) -> Candidate:
    """The telling that the amount is taken from.

    A flat figure in a running sentence beats 約 and 規模; a bound (以上, 最大) of the fullest sentence
    beats a bare headline figure (gold/GUIDELINE.md, Settled questions).
    """

    def rank(candidate: Candidate) -> tuple[float, int, int, int]:
        sentence = reading.sentences[candidate.anchor.sentence]
        prose = sentence.sentence.level == 0 and sentence.index > 0
        return (
            int(prose),
            _HEDGE_RANK[candidate.anchor.mention.value.qualifier],
            len(sentence.names),
            -sentence.index,
        )

    return max(group, key=rank)


def _is_ceiling(reading: Reading, candidate: Candidate) -> bool:
    mention = candidate.anchor.mention
    if mention.value.qualifier is Qualifier.AT_MOST:
        return True
    sentence = reading.sentences[candidate.anchor.sentence]
    around = reading.text[
        max(sentence.start, mention.span.start - 24) : min(sentence.end, mention.span.end + 16)
    ]
    return _CEILING.search(around) is not None


def _join_ceilings(reading: Reading, deals: list[Deal]) -> list[Deal]:
    """Make 最大194億ドル the ceiling of the 174億ドル between the same parties in the text nearby."""
    out = list(deals)
    for deal in deals:
        if deal.amount is None or deal not in out:
            continue
        for other in deals:
            if other is deal or other not in out or deal not in out or other.amount is None:
                continue
            if not _can_be_ceiling(reading, deal, other):
                continue
            deal.amount_max = other.amount
            deal.candidates += other.candidates
            deal.probability = max(deal.probability, other.probability)
            _merge_parties(deal, other)
            out.remove(other)
    return out


def _can_be_ceiling(reading: Reading, deal: Deal, other: Deal) -> bool:
    low, high = deal.amount, other.amount
    if low is None or high is None or deal.amount_max is not None:
        return False
    a, b = low.value, high.value
    if a.currency != b.currency or a.value is None or b.value is None or not a.value < b.value:
        return False
    if b.value > a.value * 4 or a.qualifier is Qualifier.AT_MOST or a.per != b.per:
        return False
    if not any(_is_ceiling(reading, c) for c in other.candidates):
        return False
    near = any(abs(i - j) <= 1 for i in deal.sentences for j in other.sentences)
    if any(_name_between(reading, c, o) for c in deal.candidates for o in other.candidates):
        return False
    shared_sellers = deal.entities("seller") & other.entities("seller")
    apart = deal.entities("seller") and other.entities("seller") and not shared_sellers
    together = any(i == j for i in deal.sentences for j in other.sentences)
    return near and not apart and (together or bool(shared_sellers))


def _name_between(reading: Reading, first: Candidate, second: Candidate) -> bool:
    """Whether one sentence names somebody between two amounts: Aから20億ドル、Bから最大40億ドル."""
    if first.anchor.sentence != second.anchor.sentence:
        return False
    low, high = sorted((first.anchor.mention.span, second.anchor.mention.span))
    names = reading.sentences[first.anchor.sentence].names
    return any(low.end <= n.mention.span.start < high.start for n in names)


def _merge_parties(deal: Deal, other: Deal) -> None:
    # What a company spends on its own has no seller, whatever is joined to it.
    for role in ("buyer",) if deal.kind == "capex" else ("buyer", "seller"):
        known = deal.entities("buyer") | deal.entities("seller")
        deal.parties.setdefault(role, []).extend(
            v for v in other.parties.get(role, []) if v.entity not in known
        )


def _shares_party(deal: Deal, candidate: Candidate) -> bool:
    mine = deal.entities("buyer") | deal.entities("seller")
    its = {
        v.entity
        for v in candidate.votes
        if v.probability >= ROLE_FLOOR and abs(v.sentence - candidate.anchor.sentence) <= 1
    }
    return bool(mine & its) or not its


def _attach_goods(
    reading: Reading, money_deals: list[Deal], goods: Sequence[Candidate]
) -> list[Candidate]:
    """Give counts and capacities to the money deal that they belong to; return the others."""
    left: list[Candidate] = []
    for candidate in goods:
        home = candidate.anchor.sentence
        choices = [
            deal
            for deal in money_deals
            if any(abs(home - i) <= 2 for i in deal.sentences) and _fits(deal, candidate)
        ]
        if not choices:
            left.append(candidate)
            continue
        deal = min(choices, key=lambda d: _gap(reading, d, candidate))
        if _gap(reading, deal, candidate) >= 10_000 and not _shares_party(deal, candidate):
            left.append(candidate)
            continue
        _take_goods(reading, deal, candidate.anchor.mention)
    return left


_TOTAL = re.compile(r"(?:計|合計|合わせて|総計|全体で|総数|最大|最終的に)(?:で|約|およそ|最大)?$")


def _is_total(reading: Reading, mention: Mention[Any]) -> bool:
    """Whether a quantity is said to be the sum of parts (合わせて1500枚)."""
    before = reading.text[max(0, mention.span.start - 8) : mention.span.start]
    return (
        _TOTAL.search(before) is not None
        or _TOTAL.match(mention.span.of(reading.text)[:2]) is not None
    )


def _better(reading: Reading, known: Mention[Any] | None, new: Mention[Any]) -> bool:
    """Whether `new` says the whole of a deal's goods better than what is known: a sum beats parts."""
    if known is None:
        return True
    return _is_total(reading, new) and not _is_total(reading, known)


def _take_goods(reading: Reading, deal: Deal, mention: Mention[Any]) -> None:
    """Fill the count or capacity of a deal, where it is empty or holds only a part."""
    if mention.kind is MentionKind.COUNT and _better(reading, deal.count, mention):
        deal.count = mention
    elif mention.kind is MentionKind.CAPACITY and _better(reading, deal.capacity, mention):
        deal.capacity = mention


def _fits(deal: Deal, candidate: Candidate) -> bool:
    """Counts and power belong to goods bought or built, hardly to a firm's shares."""
    return deal.kind in ("supply", "capex") or candidate.anchor.sentence in deal.sentences


def _gap(reading: Reading, deal: Deal, candidate: Candidate) -> int:
    """Characters between a quantity and the nearest telling of a deal; other sentences count more."""
    del reading
    at = candidate.anchor.mention.span.start
    return min(
        abs(c.anchor.mention.span.start - at)
        + 10_000 * abs(c.anchor.sentence - candidate.anchor.sentence)
        for c in deal.candidates
    )


def _money_deals(
    reading: Reading,
    candidates: Sequence[Candidate],
    role_floor: float,
    scorer: Scorer | None,
) -> list[Deal]:
    deals: list[Deal] = []
    for group in _group(candidates):
        lead = _lead_amount(group, reading)
        deal = Deal(
            candidates=[lead, *(c for c in group if c is not lead)],
            kind=_kind_of(group),
            probability=max(c.deal_probability for c in group),
            amount=cast("Mention[Money]", lead.anchor.mention),
        )
        deal.parties = cast_parties(reading, deal.candidates, deal.kind, role_floor, scorer)
        deals.append(deal)
    return deals


def _goods_deals(
    reading: Reading,
    candidates: Sequence[Candidate],
    role_floor: float,
    scorer: Scorer | None,
) -> list[Deal]:
    """Deals told by units or power alone; a count and a capacity of one sentence are one deal."""
    deals: list[Deal] = []
    for group in _group(candidates):
        lead = max(group, key=lambda c: c.deal_probability)
        deal = Deal(
            candidates=[lead, *(c for c in group if c is not lead)],
            kind=_kind_of(group),
            probability=max(c.deal_probability for c in group),
        )
        mention = lead.anchor.mention
        _take_goods(reading, deal, mention)
        deal.parties = cast_parties(reading, deal.candidates, deal.kind, role_floor, scorer)
        deals.append(deal)
    return _join_goods(reading, deals)


def _join_goods(reading: Reading, deals: list[Deal]) -> list[Deal]:
    """Join what tells one deal by units or power: in one sentence, or of the same parties nearby."""
    out: list[Deal] = []
    for deal in deals:
        for other in out:
            if _one_delivery(deal, other):
                for mention in (deal.count, deal.capacity):
                    if mention is not None:
                        _take_goods(reading, other, mention)
                other.candidates += deal.candidates
                _merge_parties(other, deal)
                break
        else:
            out.append(deal)
    return out


def _one_delivery(deal: Deal, other: Deal) -> bool:
    near = any(abs(i - j) <= 1 for i in deal.sentences for j in other.sentences)
    together = bool(set(deal.sentences) & set(other.sentences))
    shared = {role: deal.entities(role) & other.entities(role) for role in ("buyer", "seller")}
    alone = all(
        not (deal.entities(role) and other.entities(role)) or shared[role]
        for role in ("buyer", "seller")
    )
    different = (deal.count is None or other.count is None) and (
        deal.capacity is None or other.capacity is None
    )
    if different:
        return near and (together or any(shared.values()))
    return near and alone and any(shared.values())


def _drop_told_apart(deals: list[Deal]) -> None:
    """Take a seller out of a total that has another deal of its own with the same buyer.

    「他の3社にも総額330億ドル」 excludes whom the buyer pays by a contract told beside it; only a party
    of the leading sentence stays in any case.
    """
    for deal in deals:
        home = deal.candidates[0].anchor.sentence
        sellers = deal.parties.get("seller", [])
        if len(sellers) < _TOTAL_OF:
            continue
        own = {
            entity
            for other in deals
            if other is not deal
            and other.entities("buyer") & deal.entities("buyer")
            and len(other.entities("seller")) == 1
            for entity in other.entities("seller")
        }
        kept = [
            v for v in sellers if v.entity not in own or (v.sentence == home and v.name.size > 1)
        ]
        if kept:
            deal.parties["seller"] = kept


_TOTAL_OF = 3  # sellers from which an amount is a total over several contracts
_SAME_STORY = 14  # sentences within which goods without a seller belong to the deal before them


def _without_background(
    reading: Reading, money_deals: list[Deal], goods_deals: list[Deal]
) -> list[Deal]:
    """Give goods told further on to the supply deal of the same buyer; return the others.

    MicrosoftはGB300を10万個以上利用できる, some sentences behind what Microsoft pays to whom.
    """
    left: list[Deal] = []
    for goods in goods_deals:
        at = goods.sentences[0]
        before = [
            deal
            for deal in money_deals
            if deal.kind == goods.kind == "supply"
            and 0
            <= at - max(i for i in deal.sentences if i <= at or i == deal.sentences[0])
            <= _SAME_STORY
            and deal.entities("buyer") & goods.entities("buyer")
            and not goods.entities("seller") - deal.entities("seller")
            and (deal.count is None or goods.count is None)
            and (deal.capacity is None or goods.capacity is None)
        ]
        if not before:
            left.append(goods)
            continue
        nearest = min(before, key=lambda d: min(abs(at - i) for i in d.sentences))
        for mention in (goods.count, goods.capacity):
            if mention is not None:
                _take_goods(reading, nearest, mention)
    return left


def assemble_deals(
    reading: Reading,
    candidates: Sequence[Candidate],
    *,
    deal_floor: float = DEAL_FLOOR,
    role_floor: float = ROLE_FLOOR,
    scorer: Scorer | None = None,
) -> list[Deal]:
    """The deals of an article in text order, each with at least one party.

    Args:
        reading: the article.
        candidates: its scored quantities.
        deal_floor: probability from which a quantity tells a deal.
        role_floor: probability from which a name takes a role.
        scorer: the trained part, for the casting.
    """
    likely = [c for c in candidates if c.deal_probability >= deal_floor]
    money = [c for c in likely if c.anchor.kind is MentionKind.MONEY]
    goods = [
        c
        for c in candidates
        if c.anchor.kind is not MentionKind.MONEY and c.deal_probability >= GOODS_FLOOR
    ]
    deals = _join_ceilings(reading, _money_deals(reading, money, role_floor, scorer))
    _drop_told_apart(deals)
    deals = [d for d in deals if d.entities("buyer") or d.entities("seller")]
    left = _attach_goods(reading, deals, goods)
    rest = [c for c in left if c.deal_probability >= deal_floor]
    alone = _without_background(reading, deals, _goods_deals(reading, rest, role_floor, scorer))
    deals += [d for d in alone if d.entities("buyer") or d.entities("seller")]
    deals.sort(key=lambda d: d.candidates[0].anchor.mention.span)
    return deals
