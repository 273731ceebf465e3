"""Which deal keeps which id when deals are joined and parted.

Every record remembers its home: the id of the deal that it first came to. An id belongs to the
group in which most of its records are. So a joined deal has the id of its greater part, a parted
one leaves its id to the greater part, and what comes back to what it was has the ids that it had.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count

_ID_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A record in a group: its id, the number of its arrival, and its home (None: a newcomer)."""

    id: str
    arrival: int
    home: str | None


def deal_id(record_id: str, salt: int = 0) -> str:
    """The id that a deal takes from its first record: d and 16 hex digits of SHA-256."""
    digest = hashlib.sha256(f"deal\n{record_id}\n{salt}".encode("utf-8", "surrogatepass"))
    return "d" + digest.hexdigest()[:_ID_DIGITS]


def owner_of(groups: Iterable[tuple[str, Sequence[Member]]], home: str) -> str | None:
    """Which group an id belongs to: the one with most records at home there.

    Args:
        groups: each group with a name for it and its members.
        home: the id.

    Returns:
        the group's name; of two with as many the one with the first to arrive; None where nobody
        has this home.
    """
    best: tuple[int, int, str] | None = None
    for name, members in groups:
        arrivals = [member.arrival for member in members if member.home == home]
        if arrivals:
            claim = (-len(arrivals), min(arrivals), name)
            best = claim if best is None else min(best, claim)
    return best[2] if best else None


def name_of(
    members: Sequence[Member], owns: Callable[[str], bool], is_taken: Callable[[str], bool]
) -> str:
    """The id of a group.

    Args:
        members: the group's records, at least one.
        owns: whether an id that is some member's home belongs to this group (`owner_of`).
        is_taken: whether an id is the home of any record at all.

    Returns:
        of the ids that it owns the one with most records, then the oldest; a new id where it owns
        none.
    """
    claims: dict[str, tuple[int, int]] = {}
    for member in members:
        if member.home is not None:
            votes, first = claims.get(member.home, (0, member.arrival))
            claims[member.home] = (votes - 1, min(first, member.arrival))
    owned = [(votes, first, home) for home, (votes, first) in claims.items() if owns(home)]
    if owned:
        return min(owned)[2]
    eldest = min(members, key=lambda member: member.arrival)
    return next(fresh for salt in count() if not is_taken(fresh := deal_id(eldest.id, salt)))
