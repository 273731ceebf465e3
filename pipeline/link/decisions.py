"""What people say of pairs of records, made free of contradiction."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.link.grouping import Constraints


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's word that two records tell one deal, or do not.

    Attributes:
        first, second: the record ids, the smaller first (see `decide`).
        same: one deal, or two.
        rank: later words have greater ranks.
    """

    first: str
    second: str
    same: bool
    rank: int

    @property
    def pair(self) -> tuple[str, str]:
        """Both ids."""
        return (self.first, self.second)


def decide(one: str, other: str, *, same: bool, rank: int) -> Decision:
    """A decision with its ids in order.

    Raises:
        ValueError: a record with itself.
    """
    if one == other:
        msg = f"record {one} cannot be linked with or parted from itself; give two records"
        raise ValueError(msg)
    first, second = sorted((one, other))
    return Decision(first=first, second=second, same=same, rank=rank)


def settle(decisions: Iterable[Decision]) -> tuple[Constraints, tuple[Decision, ...]]:
    """Constraints of the decisions, the newest first; those that contradict newer ones left out.

    A is B, B is C and A is not C cannot all hold: the oldest of them gives way, and is reported so
    that a person may look at it.

    Returns:
        the constraints, and the decisions that gave way, the newest first.
    """
    together: set[tuple[str, str]] = set()
    apart: set[tuple[str, str]] = set()
    members: dict[str, set[str]] = {}
    beaten = []
    for decision in sorted(decisions, key=lambda d: (-d.rank, d.pair)):
        some = members.setdefault(decision.first, {decision.first})
        others = members.setdefault(decision.second, {decision.second})
        if decision.same == (some is others):
            (together if decision.same else apart).add(decision.pair)
        elif not decision.same or _parted(some, others, apart):
            beaten.append(decision)  # newer words hold the two together, or parts of them apart
        else:
            together.add(decision.pair)
            some |= others
            members.update(dict.fromkeys(others, some))
    return Constraints(together=together, apart=apart), tuple(beaten)


def _parted(some: set[str], others: set[str], apart: set[tuple[str, str]]) -> bool:
    return any((min(a, b), max(a, b)) in apart for a in some for b in others)
