"""The best of several values that sources tell of one thing, and why it is the best."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Reason(StrEnum):
    """Why a value was taken."""

    ONLY = "only"  # nobody says otherwise
    HUMAN = "human"  # a person made or confirmed it
    FIRM = "firm"  # told as signed, others as planned
    LATEST = "latest"  # told last: the others are older
    SPECIFIC = "specific"  # the others round it or bound it
    TRUSTED = "trusted"  # by a source that is believed before others
    OFTEN = "often"  # by most records
    CONFIDENT = "confident"  # by the record that the extractor is surest of
    FIRST = "first"  # nothing else tells the values apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[T]):
    """One record's word for one value."""

    value: T
    record: str
    day: date | None
    firm: bool = True
    human: bool = False
    trust: int = 0
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Generic[T]):
    """One value with all records that tell it.

    Attributes:
        told_by: record ids, the earliest first.
        first, last: days of the earliest and the latest of them; None without any date.
    """

    value: T
    told_by: tuple[str, ...]
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Generic[T]):
    """The value taken, why, and what else is told.

    Attributes:
        others: the values that were not taken, the latest first.
        conflict: whether some other contradicts it: is no plan for it, nor its earlier state.
    """

    best: Option[T]
    reason: Reason
    others: tuple[Option[T], ...] = ()
    conflict: bool = False

    @property
    def value(self) -> T:
        """The value taken."""
        return self.best.value


@dataclass(slots=True)
class _Group(Generic[T]):
    """A value with its tellings, while choosing."""

    value: T
    told: list[Told[T]]

    @property
    def last(self) -> date:
        return max((t.day for t in self.told if t.day), default=date.min)

    @property
    def first(self) -> date:
        return min((t.day for t in self.told if t.day), default=date.max)

    @property
    def firm(self) -> bool:
        return any(t.firm for t in self.told)

    @property
    def trust(self) -> int:
        return max(t.trust for t in self.told)

    @property
    def confidence(self) -> float:
        return max(t.confidence for t in self.told)

    def option(self) -> Option[T]:
        days = [t.day for t in self.told if t.day]
        return Option(
            value=self.value,
            told_by=tuple(t.record for t in self.told),
            first=min(days, default=None),
            last=max(days, default=None),
        )


def choose(
    told: Iterable[Told[T]],
    *,
    specificity: Callable[[T], int] = lambda _value: 0,
    compatible: Callable[[T, T], bool] = lambda one, other: one == other,
) -> Choice[T] | None:
    """The best of what is told.

    A person's word goes before a machine's. Among values that contradict each other, one told as
    firm goes before plans, then the one told last, by the most trusted source, most often, most
    surely, first. Among values that agree (107.9 and about 108, or 107.9 and over 100) the
    most specific is taken.

    Args:
        told: each record's word, in any order.
        specificity: of a value, greater is more specific.
        compatible: whether two values may be one, said more or less exactly.

    Returns:
        None where nothing is told.
    """
    groups = _groups(told)
    if not groups:
        return None
    humans = [group for group in groups if any(t.human for t in group.told)]
    families = _families(humans or groups, specificity, compatible)
    family, reason = _best_family(families)
    group, within = _best_of_family(family, specificity)
    if reason is Reason.ONLY:
        reason = within
    if humans:
        reason = Reason.HUMAN
    others = sorted(
        (other for other in groups if other is not group),
        key=lambda other: (other.last, other.first),
        reverse=True,
    )
    return Choice(
        best=group.option(),
        reason=reason if others else (Reason.HUMAN if humans else Reason.ONLY),
        others=tuple(other.option() for other in others),
        conflict=any(_contradicts(other, group, compatible) for other in others),
    )


def _groups(told: Iterable[Told[T]]) -> list[_Group[T]]:
    """Equal values together; tellings and values in order of day."""
    groups: dict[T, _Group[T]] = {}
    for one in sorted(told, key=lambda t: (t.day or date.max, t.record)):
        groups.setdefault(one.value, _Group(one.value, [])).told.append(one)
    return list(groups.values())


def _families(
    groups: Iterable[_Group[T]],
    specificity: Callable[[T], int],
    compatible: Callable[[T, T], bool],
) -> list[list[_Group[T]]]:
    """Values that may be one, around the most specific of them."""
    families: list[list[_Group[T]]] = []
    for group in sorted(groups, key=lambda g: -specificity(g.value)):
        for family in families:
            if compatible(family[0].value, group.value):
                family.append(group)
                break
        else:
            families.append([group])
    return families


def _best_family(families: Sequence[list[_Group[T]]]) -> tuple[list[_Group[T]], Reason]:
    if len(families) == 1:
        return families[0], Reason.ONLY
    firm = [family for family in families if any(group.firm for group in family)]
    if len(firm) == 1:
        return firm[0], Reason.FIRM
    rest = firm or list(families)
    for reason, key in (
        (Reason.LATEST, lambda family: max(group.last for group in family).toordinal()),
        (Reason.TRUSTED, lambda family: max(group.trust for group in family)),
        (Reason.OFTEN, lambda family: sum(len(group.told) for group in family)),
        (Reason.CONFIDENT, lambda family: max(group.confidence for group in family)),
    ):
        most = max(key(family) for family in rest)
        rest = [family for family in rest if key(family) == most]
        if len(rest) == 1:
            return rest[0], reason
    return rest[0], Reason.FIRST


def _best_of_family(
    family: Sequence[_Group[T]], specificity: Callable[[T], int]
) -> tuple[_Group[T], Reason]:
    rest = list(family)
    for reason, key in (
        (Reason.SPECIFIC, lambda group: specificity(group.value)),
        (Reason.TRUSTED, lambda group: group.trust),
        (Reason.OFTEN, lambda group: len(group.told)),
        (Reason.LATEST, lambda group: group.last.toordinal()),
        (Reason.CONFIDENT, lambda group: group.confidence),
    ):
        most = max(key(group) for group in rest)
        fewer = [group for group in rest if key(group) == most]
        if len(fewer) == 1:
            return fewer[0], reason if len(family) > 1 else Reason.ONLY
        rest = fewer
    return rest[0], Reason.FIRST


def _contradicts(other: _Group[T], taken: _Group[T], compatible: Callable[[T, T], bool]) -> bool:
    """Whether a value speaks against the one taken.

    It does not where both may be one, where it was only planned and the other is firm, or where
    it was told before the other only, so that it is its earlier state.
    """
    if compatible(taken.value, other.value) or (taken.firm and not other.firm):
        return False
    return other.last == date.min or other.last >= taken.first
