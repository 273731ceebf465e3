"""Which predicted deal is which annotated one, and where the two agree.

Slots agree by value: names by any common form, money within half a percent, terms, ceilings and
capacities within one percent. Pairs are taken best first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.evaluate.deals import ComparedAmount, ComparedDeal

CORE = ("buyer", "seller", "amount", "term", "chip", "count")
EXTRA = ("kind", "status", "amount_max", "capacity")
SLOTS = (*CORE, *EXTRA)

_MONEY_TOLERANCE = 0.005
_LOOSE_TOLERANCE = 0.01
_SMALLEST = 1e-9

Triple = tuple[int, int, int]


def _close(first: float | None, second: float | None, tolerance: float) -> bool:
    if first is None or second is None:
        return False
    return abs(first - second) <= tolerance * max(abs(first), abs(second), _SMALLEST)


def _same_amount(gold: ComparedAmount | None, pred: ComparedAmount | None) -> bool:
    if gold is None or pred is None or (gold.currency, gold.per) != (pred.currency, pred.per):
        return False
    if gold.value is None:
        return pred.value is None and _close(gold.low, pred.low, _LOOSE_TOLERANCE)
    return _close(gold.value, pred.value, _MONEY_TOLERANCE)


def _party_hits(gold: Sequence[frozenset[str]], pred: Sequence[frozenset[str]]) -> int:
    left, hits = list(pred), 0
    for party in gold:
        same = next((other for other in left if party & other), None)
        if same is not None:
            left.remove(same)
            hits += 1
    return hits


def _single(gold: Any, pred: Any, agrees: bool) -> Triple:
    return int(agrees), int(pred is not None), int(gold is not None)


def agreement(slot: str, gold: ComparedDeal, pred: ComparedDeal) -> Triple:
    """(right, predicted, annotated) items of one slot of a pair of deals."""
    match slot:
        case "buyer" | "seller":
            mine, theirs = getattr(gold, slot), getattr(pred, slot)
            return _party_hits(mine, theirs), len(theirs), len(mine)
        case "chip":
            return len({*gold.chips} & {*pred.chips}), len(pred.chips), len(gold.chips)
        case "amount":
            return _single(gold.amount, pred.amount, _same_amount(gold.amount, pred.amount))
        case "count":
            agrees = _close(gold.count, pred.count, _MONEY_TOLERANCE)
            return int(agrees), int(pred.has_count), int(gold.has_count)
        case "kind" | "status":
            label, other = getattr(gold, slot), getattr(pred, slot)
            return _single(label, other, label is not None and label == other)
        case _:
            name = {"term": "term_months", "capacity": "capacity_mw"}.get(slot, slot)
            number, guess = getattr(gold, name), getattr(pred, name)
            return _single(number, guess, _close(number, guess, _LOOSE_TOLERANCE))


def size(slot: str, deal: ComparedDeal) -> int:
    """How many items a slot of a deal holds."""
    return agreement(slot, deal, deal)[1]


def affinity(gold: ComparedDeal, pred: ComparedDeal) -> int:
    """How alike two deals are; 0 where they cannot be one deal.

    They can where a quantity and a party agree (on whichever side the party stands), or where a
    buyer and a seller agree.
    """
    hits = {slot: agreement(slot, gold, pred)[0] for slot in SLOTS}
    quantity = hits["amount"] or hits["count"] or hits["capacity"] or hits["amount_max"]
    parties = hits["buyer"] + hits["seller"]
    anyone = parties or _party_hits(gold.buyer, pred.seller)
    if not ((quantity and anyone) or (hits["buyer"] and hits["seller"])):
        return 0
    other = hits["term"] + hits["chip"] + hits["kind"]
    return 3 * hits["amount"] + 2 * hits["count"] + 2 * parties + other


def pair_deals(gold: Sequence[ComparedDeal], pred: Sequence[ComparedDeal]) -> list[tuple[int, int]]:
    """Pairs of places in `gold` and `pred`: the most alike first, each deal once.

    Of equals the earlier annotated deal goes first, then the earlier predicted one.
    """
    ranked = sorted(
        (-alike, i, j)
        for i, g in enumerate(gold)
        for j, p in enumerate(pred)
        if (alike := affinity(g, p)) > 0
    )
    pairs: list[tuple[int, int]] = []
    taken_gold: set[int] = set()
    taken_pred: set[int] = set()
    for _, i, j in ranked:
        if i not in taken_gold and j not in taken_pred:
            pairs.append((i, j))
            taken_gold.add(i)
            taken_pred.add(j)
    return pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One deal of one document: found (both sides), missed (no `pred`) or spurious (no `gold`).

    Attributes:
        doc: the document's path.
        tallies: slot → (right, predicted, annotated) items.
        wrong: slots that do not agree fully; empty where a side lacks.
    """

    doc: str
    gold: ComparedDeal | None
    pred: ComparedDeal | None
    tallies: dict[str, Triple]
    wrong: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """right, differs, missed or spurious."""
        if self.gold is None:
            return "spurious"
        if self.pred is None:
            return "missed"
        return "differs" if self.wrong else "right"

    @property
    def kind(self) -> str:
        """The annotated kind, or the predicted one of a spurious deal."""
        deal = self.gold or self.pred
        return (deal.kind if deal else None) or "?"

    @property
    def core_right(self) -> bool:
        """Whether the deal was found with all core slots right."""
        return self.gold is not None and self.pred is not None and not {*self.wrong} & {*CORE}

    @property
    def record_right(self) -> bool:
        """Whether the deal was found with its kind and all core slots right."""
        return self.core_right and "kind" not in self.wrong


def compare_document(
    doc: str, gold: Sequence[ComparedDeal], pred: Sequence[ComparedDeal]
) -> list[Compared]:
    """The deals of one document: the pairs, best first, then what was missed, then the spurious."""
    pairs = pair_deals(gold, pred)
    found: list[Compared] = []
    for i, j in pairs:
        tallies = {slot: agreement(slot, gold[i], pred[j]) for slot in SLOTS}
        wrong = tuple(slot for slot, (hits, p, g) in tallies.items() if not hits == p == g)
        found.append(Compared(doc=doc, gold=gold[i], pred=pred[j], tallies=tallies, wrong=wrong))
    paired_gold, paired_pred = {i for i, _ in pairs}, {j for _, j in pairs}
    for i, deal in enumerate(gold):
        if i not in paired_gold:
            missed = {slot: (0, 0, size(slot, deal)) for slot in SLOTS}
            found.append(Compared(doc=doc, gold=deal, pred=None, tallies=missed))
    for j, deal in enumerate(pred):
        if j not in paired_pred:
            spurious = {slot: (0, size(slot, deal), 0) for slot in SLOTS}
            found.append(Compared(doc=doc, gold=None, pred=deal, tallies=spurious))
    return found
