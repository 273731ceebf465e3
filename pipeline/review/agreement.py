"""How far two people who read the same records without seeing each other agree."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.record import Slot
from pipeline.review.edit import filled_slots
from pipeline.review.standing import Standing, State
from pipeline.store.reconcile import differing_slots


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleReading:
    """One record as two people left it, in the order in which they were given it."""

    record_id: str
    readers: tuple[str, str]
    standings: tuple[Standing, Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotAgreement:
    """Slots that both filled alike, and those in which they differ.

    Attributes:
        same: both filled it, with the same value.
        first_only, second_only: filled by one of them, or by both differently (then in both).
    """

    same: int = 0
    first_only: int = 0
    second_only: int = 0

    @property
    def f1(self) -> float | None:
        """Twice the same over all that either filled; None where neither filled anything."""
        total = 2 * self.same + self.first_only + self.second_only
        return 2 * self.same / total if total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Figures over double readings.

    Attributes:
        readings: how many records both have finished.
        same_decision: share on which accept, correct or reject was the same.
        kappa_decision: Cohen's κ of accept, correct, reject.
        kappa_kind, kappa_status: of the kind and status of what both accepted.
        slots: by slot, over what both accepted.
        overall: all slots together.

    κ is None where it is not defined: no readings, or all of one label from both.
    """

    readings: int
    same_decision: float | None
    kappa_decision: float | None
    kappa_kind: float | None
    kappa_status: float | None
    slots: dict[Slot, SlotAgreement]
    overall: SlotAgreement


def measure_agreement(readings: Sequence[DoubleReading]) -> Agreement:
    """The figures; an empty sequence gives figures of None."""
    decisions = [tuple(_decision(one) for one in r.standings) for r in readings]
    accepted = [
        (r.standings[0].record, r.standings[1].record)
        for r in readings
        if all(one.state is State.ACCEPTED for one in r.standings)
    ]
    slots = {slot: SlotAgreement() for slot in Slot}
    for one, other in accepted:
        differing = set(differing_slots(one, other))
        filled = (set(filled_slots(one)), set(filled_slots(other)))
        for slot in Slot:
            slots[slot] = _count(slots[slot], slot, filled, slot in differing)
    return Agreement(
        readings=len(readings),
        same_decision=sum(a == b for a, b in decisions) / len(decisions) if decisions else None,
        kappa_decision=cohen_kappa([a for a, _ in decisions], [b for _, b in decisions]),
        kappa_kind=cohen_kappa([a.kind for a, _ in accepted], [b.kind for _, b in accepted]),
        kappa_status=cohen_kappa([a.status for a, _ in accepted], [b.status for _, b in accepted]),
        slots=slots,
        overall=SlotAgreement(
            same=sum(one.same for one in slots.values()),
            first_only=sum(one.first_only for one in slots.values()),
            second_only=sum(one.second_only for one in slots.values()),
        ),
    )


def _decision(standing: Standing) -> str:
    if standing.state is State.REJECTED:
        return "reject"
    if standing.machine is not None and differing_slots(standing.machine, standing.record):
        return "correct"
    return "accept"


def _count(
    so_far: SlotAgreement, slot: Slot, filled: tuple[set[Slot], set[Slot]], differs: bool
) -> SlotAgreement:
    same = slot in filled[0] and slot in filled[1] and not differs
    return SlotAgreement(
        same=so_far.same + same,
        first_only=so_far.first_only + (slot in filled[0] and not same),
        second_only=so_far.second_only + (slot in filled[1] and not same),
    )


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Cohen's κ of two readers' labels in the same order.

    1 is full agreement, 0 what chance gives; None without labels, or where both readers used
    one and the same label throughout (chance agreement is then 1 and κ is 0/0).

    Source: Cohen (1960), as scikit-learn computes it.
    """
    if not first or set(first) == set(second) == {first[0]}:
        return None
    return float(kappa_function()([str(a) for a in first], [str(b) for b in second]))


@cache
def kappa_function() -> Callable[[Sequence[str], Sequence[str]], float]:
    """scikit-learn's Cohen's κ; importing it takes seconds, so the page does it beforehand."""
    from sklearn.metrics import cohen_kappa_score

    function: Callable[[Sequence[str], Sequence[str]], float] = cohen_kappa_score
    return function
