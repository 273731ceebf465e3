"""Whether two parties are one, and how the sides of two tellings agree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.link.telling import PartyKey, Telling

SURE = 1.0
LOOSE = 0.8  # an owner for its daughter, a short form, the same sound in another script
NOT = 0.0

_SHORTEST_SHORT_FORM = 3
_SEVERAL = 2


def party_match(one: PartyKey, other: PartyKey) -> float:
    """SURE for one party, LOOSE for a likely one, NOT for two.

    The gazetteer decides where it knows both; else names, short forms (DayOne, DayOne Data
    Centers) and sounds (デイワン, DayOne) do.
    """
    if one is other or not one.ids.isdisjoint(other.ids) or not one.folded.isdisjoint(other.folded):
        return SURE
    if one.ids and other.ids:
        return NOT if one.families.isdisjoint(other.families) else LOOSE
    if not one.sounds.isdisjoint(other.sounds) and one.folded.isdisjoint(other.folded):
        return LOOSE
    return LOOSE if _short_form(one, other) else NOT


def _short_form(one: PartyKey, other: PartyKey) -> bool:
    return any(_begins(a, b) or _begins(b, a) for a in one.forms for b in other.forms)


def _begins(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return (
        len(short) < len(long)
        and long[: len(short)] == short
        and sum(map(len, short)) >= _SHORTEST_SHORT_FORM
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SideMatch:
    """How one side (buyers or sellers) of two tellings agrees.

    Attributes:
        both_named: whether both tellings name somebody there.
        best: the surest pair; NOT where none agrees.
        uneven: share of the named without a counterpart, 0 to 1.
        shared: how many of those named by fewer have a counterpart.
    """

    both_named: bool
    best: float
    uneven: float
    shared: int


_UNNAMED = SideMatch(both_named=False, best=NOT, uneven=0.0, shared=0)


def side_match(some: Sequence[PartyKey], others: Sequence[PartyKey]) -> SideMatch:
    """Compare the parties of one side."""
    if not some or not others:
        return _UNNAMED
    if len(some) == len(others) == 1:
        best = party_match(some[0], others[0])
        found = best > NOT
        return SideMatch(both_named=True, best=best, uneven=float(not found), shared=int(found))
    table = [[party_match(one, other) for other in others] for one in some]
    rows = sum(any(row) for row in table)
    columns = sum(any(column) for column in zip(*table, strict=True))
    return SideMatch(
        both_named=True,
        best=max(max(row) for row in table),
        uneven=1 - (rows + columns) / (len(some) + len(others)),
        shared=min(rows, columns),
    )


def crossed_match(one: Telling, other: Telling) -> float:
    """The surest pair of a buyer here and a seller there."""
    return max(_best(one.buyer, other.seller), _best(one.seller, other.buyer))


def _best(some: Iterable[PartyKey], others: Sequence[PartyKey]) -> float:
    return max((party_match(a, b) for a in some for b in others), default=NOT)


def agree_on_unknown(one: Telling, other: Telling) -> bool:
    """Whether both name a party that no gazetteer knows: such a party has few deals."""
    return any(
        not a.ids and not b.ids and party_match(a, b)
        for a in (*one.buyer, *one.seller)
        for b in (*other.buyer, *other.seller)
    )


def _same_parties_mixed(one: Telling, other: Telling) -> bool:
    """Whether both name the same two or more parties, though not on the same sides."""
    some, others = (*one.buyer, *one.seller), (*other.buyer, *other.seller)
    if min(len(some), len(others)) < _SEVERAL:
        return False
    return side_match(some, others).uneven == 0


def party_features(one: Telling, other: Telling) -> dict[str, float] | None:
    """What the parties say for or against one deal; None where they share nobody.

    Returns:
        exactly one of both_sides, one_side_open, one_side_differs, sides_crossed is 1; with
        uneven_sides, several_shared, same_consortium, sides_mixed, loose_name, unknown_party.
    """
    buyers, sellers = (
        side_match(one.buyer, other.buyer),
        side_match(one.seller, other.seller),
    )
    best = max(buyers.best, sellers.best)
    found: dict[str, float] = {}
    if buyers.best and sellers.best:
        found["both_sides"] = 1.0
    elif best:
        rest = sellers if buyers.best else buyers
        found["one_side_differs" if rest.both_named else "one_side_open"] = 1.0
    else:
        best = crossed_match(one, other)
        if not best:
            return None
        found["sides_crossed"] = 1.0
    if best < SURE:
        found["loose_name"] = 1.0
    uneven = max((side.uneven for side in (buyers, sellers) if side.best), default=0.0)
    if uneven:
        found["uneven_sides"] = uneven
    for side in (buyers, sellers):
        if side.shared >= _SEVERAL:
            found["several_shared" if side.uneven else "same_consortium"] = 1.0
    if "both_sides" not in found and _same_parties_mixed(one, other):
        found["sides_mixed"] = 1.0
    if agree_on_unknown(one, other):
        found["unknown_party"] = 1.0
    return found
