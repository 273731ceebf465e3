"""Train, validation and test parts such that no deal is told in two of them.

Articles that tell one deal, and near-duplicates of each other, form a group; a group goes into one
part as a whole. Articles about big deals hang together in long chains (a digest tells twenty of
them), so the largest groups are trained on, and the small ones are drawn for validation and test.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.evaluate.deals import fold_party
from pipeline.learn.reviewed import GoldDeal

_STEP = math.log(1.05)  # amounts within five percent may be one


class Part(StrEnum):
    """What a document is used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How much of all documents validation and test are to get, between 0 and 1 each."""

    validation: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        if not (self.validation >= 0 and self.test >= 0 and self.validation + self.test < 1):
            msg = f"shares of validation ({self.validation}) and test ({self.test}) leave no train"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A document as far as the split is concerned.

    Attributes:
        id: the article's fingerprint.
        deals: what it tells.
        deal_ids: deals of the ledger that it tells.
    """

    id: str
    deals: Sequence[GoldDeal]
    deal_ids: Sequence[str] = ()


def _quantities(deal: GoldDeal) -> Iterator[tuple[str, float]]:
    amount = deal.get("amount")
    if amount:
        yield amount["currency"], amount.get("value") or amount.get("low") or 0
        yield amount["currency"], deal.get("amount_max") or 0
    yield "count", (deal.get("count") or {}).get("value") or 0
    yield "mw", deal.get("capacity_mw") or 0


def deal_keys(deal: GoldDeal) -> set[str]:
    """Keys of which two tellings of one deal share at least one.

    A key is a party with a rounded quantity, in two roundings half a step apart, so that amounts
    within some 2.5 percent always meet and amounts 5 percent apart never do.
    """
    names = {
        fold_party(name)
        for side in ("buyer", "seller")
        for party in deal.get(side) or ()
        for name in party
    }
    keys: set[str] = set()
    for unit, value in _quantities(deal):
        if value > 0:
            place = math.log(value) / _STEP
            for name in names:
                keys.add(f"{name} {unit} a{math.floor(place)}")
                keys.add(f"{name} {unit} b{math.floor(place + 0.5)}")
    return keys


class _Union:
    """Disjoint sets of strings; the smallest member names the set."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def find(self, item: str) -> str:
        self._above.setdefault(item, item)
        while self._above[item] != item:
            self._above[item] = self._above[self._above[item]]
            item = self._above[item]
        return item

    def join(self, first: str, second: str) -> None:
        one, other = sorted((self.find(first), self.find(second)))
        self._above[other] = one


def group_documents(
    documents: Iterable[Told], duplicates: Iterable[tuple[str, str]] = ()
) -> dict[str, str]:
    """Document id → group, named after its smallest document id.

    Args:
        documents: each id once.
        duplicates: pairs of documents that are near-duplicates of each other.
    """
    union = _Union()
    first: dict[str, str] = {}
    ids: list[str] = []
    for document in documents:
        ids.append(document.id)
        keys = {key for deal in document.deals for key in deal_keys(deal)}
        for key in (*keys, *(f"deal {deal_id}" for deal_id in document.deal_ids)):
            union.join(first.setdefault(key, document.id), document.id)
    for one, other in duplicates:
        union.join(one, other)
    return {document_id: union.find(document_id) for document_id in ids}


def _draw(seed: int, group: str) -> float:
    digest = hashlib.sha256(f"{seed}\n{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def assign_parts(
    groups: Mapping[str, str], shares: Shares | None = None, *, seed: int = 0
) -> dict[str, Part]:
    """Document id → part.

    Groups are drawn by a hash of their name and filled into test, then validation, then train; a
    group too large for a fifth of the part that it would go into is trained on. The same groups
    and seed give the same parts.

    Args:
        groups: document id → group.
        shares: of validation and test; None for a tenth each.
        seed: of the draw.
    """
    wanted = shares or Shares()
    members: dict[str, list[str]] = {}
    for document_id, group in groups.items():
        members.setdefault(group, []).append(document_id)
    total = len(groups)
    room = {Part.TEST: wanted.test * total, Part.VALIDATION: wanted.validation * total}
    limit = {part: max(1.0, size / 5) for part, size in room.items()}
    parts: dict[str, Part] = {}
    for group in sorted(members, key=lambda g: (_draw(seed, g), g)):
        size = len(members[group])
        fitting = (p for p in room if size <= limit[p] and size <= round(room[p]))
        part = next(fitting, Part.TRAIN)
        if part is not Part.TRAIN:
            room[part] -= size
        parts |= dict.fromkeys(members[group], part)
    return parts
