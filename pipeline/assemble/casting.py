"""Who plays which role in a deal: the claims of all its tellings weighed against each other.

A name is judged alone first (features.py); here the claims compete. The best claim to a role, the
lists that names stand in, and how often a name is told beside the deal's figure all count.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.assemble.candidate import Candidate, RoleVote
from pipeline.assemble.features import Features
from pipeline.assemble.reading import Reading
from pipeline.assemble.scorer import Scorer

ROLE_FLOOR = 0.5  # probability from which a name takes a role
_ROLES = ("buyer", "seller")
_LATE_FLOOR = 0.3  # from which a claim that is strong by itself may be heard after all
_STRONG_AT_HOME = 0.7
_SPLIT_FLOOR = 0.05  # from which one of two buyers is rather the seller
_TOGETHER = 3  # names of a list from which it plays one role


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """All that speaks for one entity in one role of a deal.

    Attributes:
        best: the strongest vote.
        home: highest probability in a sentence that tells the deal.
        near: highest in a sentence close to one.
        far: highest in the title, a heading, or further away.
        votes: how many votes reach one half.
        lists: the lists of names that it stands in.
    """

    best: RoleVote
    home: float
    near: float
    far: float
    votes: int
    lists: frozenset[tuple[int, int, str]]


def gather_claims(candidates: Sequence[Candidate]) -> dict[tuple[str, str], Claim]:
    """(entity, role) → its claim, over all tellings of a deal."""
    tellings = {c.anchor.sentence for c in candidates}
    votes: dict[tuple[str, str], list[RoleVote]] = {}
    for candidate in candidates:
        for vote in candidate.votes:
            votes.setdefault((vote.entity, vote.role), []).append(vote)

    def highest(found: Sequence[RoleVote], low: int, high: int) -> float:
        return max(
            (
                v.probability
                for v in found
                if low <= min(abs(v.sentence - t) for t in tellings) <= high
            ),
            default=0.0,
        )

    return {
        key: Claim(
            best=max(found, key=lambda v: (v.sentence in tellings, v.probability)),
            home=highest(found, 0, 0),
            near=highest(found, 1, 2),
            far=highest(found, 3, 1 << 30),
            votes=sum(v.probability >= 0.5 for v in found),
            lists=frozenset(key for key in map(_list_of, found) if key is not None),
        )
        for key, found in votes.items()
    }


def _bin(probability: float) -> str:
    for bound in (0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95):
        if probability < bound:
            return str(bound)
    return "1"


def _logit(probability: float) -> float:
    clipped = min(0.99, max(0.01, probability))
    return math.log(clipped / (1 - clipped)) / 2


def _list_of(vote: RoleVote) -> tuple[int, int, str] | None:
    """A key for the list of names that a vote's name stands in; None where it stands alone."""
    if vote.name.size < 2:
        return None
    return vote.sentence, vote.name.size, vote.name.mark


def cast_features(
    reading: Reading,
    kind: str,
    claims: Mapping[tuple[str, str], Claim],
    entity: str,
    tellings: int,
) -> Features:
    """The features of one entity as a party of one deal.

    Args:
        reading: the article.
        kind: kind of the deal.
        claims: what `gather_claims` gave.
        entity: key of the entity.
        tellings: how many quantities tell the deal.
    """
    out: Features = {"bias": 1, f"kind={kind}": 1, f"tellings={min(4, tellings)}": 1}
    for role in _ROLES:
        claim = claims.get((entity, role))
        if claim is None:
            continue
        strongest = max(claim.home, claim.near, claim.far)
        rivals = [
            (max(c.home, c.near, c.far), c)
            for (other, r), c in claims.items()
            if r == role and other != entity
        ]
        mine = _list_of(claim.best)
        mates = [s for s, c in rivals if mine is not None and _list_of(c.best) == mine]
        others = [s for s, c in rivals if mine is None or _list_of(c.best) != mine]
        at_home = [c.home for s, c in rivals if mine is None or _list_of(c.best) != mine]
        out[f"{role}.home"] = _logit(claim.home)
        out[f"{role}.near"] = _logit(claim.near)
        out[f"{role}.far"] = _logit(claim.far)
        out[f"{role}.home={_bin(claim.home)}"] = 1
        out[f"{kind}|{role}.home"] = _logit(claim.home)
        out[f"{role}.rival"] = _logit(max(others, default=0.0))
        out[f"{role}.rival_at_home"] = _logit(max(at_home, default=0.0))
        out[f"{role}.mates"] = _logit(max(mates, default=0.0))
        out[f"{role}.margin={_bin(0.5 + (strongest - max(others, default=0.0)) / 2)}"] = 1
        out[f"{kind}|{role}.leads={strongest >= max(others, default=0.0)}"] = 1
        out[f"{kind}|{role}.leads_at_home={claim.home >= max(at_home, default=0.0)}"] = 1
        out[f"{role}.votes={min(4, claim.votes)}"] = 1
    known = reading.cast.entities.get(entity)
    if known is not None:
        out[f"party={known.kind}"] = 1
        out[f"{kind}|party={known.kind}"] = 1
        out[f"{kind}|trade={known.trade}"] = 1
        out[f"told={min(5, known.mentions)}"] = 1
        top = max(e.mentions for e in reading.cast.entities.values())
        out[f"protagonist={known.mentions == top}"] = 1
    return out


def cast_parties(
    reading: Reading,
    candidates: Sequence[Candidate],
    kind: str,
    floor: float,
    scorer: Scorer | None,
) -> dict[str, list[RoleVote]]:
    """The parties of a deal: every claim that reaches `floor`, one role an entity.

    Args:
        reading: the article.
        candidates: the quantities that tell the deal.
        kind: kind of the deal.
        floor: probability from which a claim is heard.
        scorer: the trained part; None decides by the strongest claim alone.

    Returns:
        buyer and seller → the claims that were accepted, in text order.
    """
    claims = gather_claims(candidates)
    chosen: dict[str, list[RoleVote]] = {"buyer": [], "seller": []}
    shares_of: dict[str, dict[str, float]] = {}
    for entity in sorted({e for e, _ in claims}):
        shares = shares_of[entity] = _role_shares(
            reading, kind, len(candidates), claims, entity, scorer
        )
        role = max(_ROLES, key=lambda r: shares.get(r, 0.0))
        if shares.get(role, 0.0) >= floor and (entity, role) in claims:
            chosen[role].append(replace(claims[entity, role].best, probability=shares[role]))
    for role in _ROLES:
        chosen[role] += _heard_after_all(claims, role, chosen, shares_of)
    if kind == "supply" and not chosen["seller"] and len(chosen["buyer"]) > 1:
        _split_sides(claims, chosen, shares_of)
    if kind == "capex":
        chosen["seller"] = []
    for votes in chosen.values():
        votes.sort(key=lambda v: v.name.mention.span)
    return chosen


def _heard_after_all(
    claims: Mapping[tuple[str, str], Claim],
    role: str,
    chosen: Mapping[str, Sequence[RoleVote]],
    shares_of: Mapping[str, Mapping[str, float]],
) -> list[RoleVote]:
    """Claims below the floor that are strong beside a telling.

    In a role that nobody has, or in one list with somebody who has it by a weaker claim.
    """
    taken = {vote.entity for votes in chosen.values() for vote in votes}
    holders = [claims[vote.entity, role] for vote in chosen[role]]
    return [
        replace(claim.best, probability=shares_of[entity][role])
        for (entity, claimed), claim in claims.items()
        if claimed == role
        and entity not in taken
        and claim.home >= _STRONG_AT_HOME
        and shares_of[entity].get(role, 0.0) >= _LATE_FLOOR
        and (
            not holders
            or any(claim.lists & held.lists and held.home <= claim.home for held in holders)
        )
    ]


def _split_sides(
    claims: Mapping[tuple[str, str], Claim],
    chosen: dict[str, list[RoleVote]],
    shares_of: Mapping[str, Mapping[str, float]],
) -> None:
    """Make the likeliest seller among buyers the seller: in 「A×B 2億ドルの契約」 one of them supplies.

    A list of three or more buys together.
    """
    vote = max(chosen["buyer"], key=lambda v: shares_of[v.entity].get("seller", 0.0))
    key = (vote.entity, "seller")
    if vote.name.size >= _TOGETHER or key not in claims:
        return
    share = shares_of[vote.entity].get("seller", 0.0)
    if share >= _SPLIT_FLOOR:
        chosen["buyer"].remove(vote)
        chosen["seller"] = [replace(claims[key].best, probability=share)]


def _role_shares(
    reading: Reading,
    kind: str,
    tellings: int,
    claims: Mapping[tuple[str, str], Claim],
    entity: str,
    scorer: Scorer | None,
) -> dict[str, float]:
    """Probability of each role; by the strongest claim alone where no casting model is there."""
    if scorer is not None and scorer.casting is not None:
        features = cast_features(reading, kind, claims, entity, tellings)
        return scorer.casting.predict(features)
    return {
        role: max(claims[entity, role].home, claims[entity, role].near, claims[entity, role].far)
        for role in _ROLES
        if (entity, role) in claims
    }
