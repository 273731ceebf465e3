"""Tellings that hang together, divided into deals.

Average linkage with constraints: the two groups whose tellings agree best on average are joined,
again and again, while that average is not below the threshold. Two tellings of one article, and
what a person has held apart, never come together; what a person has put together is never parted.
The result follows from the set of tellings alone: where two joins are equally good, the one with
the earlier telling (by day, then id) is made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.link.telling import Telling

LARGEST_LEAF = 120  # tellings whose every pair is compared
# Scores of the edges that make heaps: where a heap is too great, only stronger edges count.
FLOORS = (0, 4, 8, 12, 16, 24, 32, 48, 64)

Score = Callable[[Telling, Telling], int]
Near = Callable[[str, int], Set[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What people have decided, free of contradiction.

    Attributes:
        together: pairs of record ids that are one deal, each with the smaller id first.
        apart: pairs that are two.
    """

    together: Set[tuple[str, str]] = frozenset()
    apart: Set[tuple[str, str]] = frozenset()


class _Sets:
    """Disjoint sets of strings."""

    def __init__(self, members: Iterable[str]) -> None:
        self._above = {member: member for member in members}

    def find(self, member: str) -> str:
        above = self._above
        while above[member] != member:
            above[member] = above[above[member]]
            member = above[member]
        return member

    def join(self, one: str, other: str) -> None:
        a, b = sorted((self.find(one), self.find(other)))
        self._above[b] = a


def divide(
    tellings: Sequence[Telling], score: Score, near: Near, constraints: Constraints
) -> tuple[tuple[str, ...], ...]:
    """The deals among tellings that hang together.

    Args:
        tellings: a heap, in any order: all that are joined by edges of some strength or by human
            links. Up to `LARGEST_LEAF` every pair is compared; more must be joined by edges of
            the last of `FLOORS`.
        score: of two tellings, see `Scorer.score`.
        near: of a record id and a score: its neighbours by edges of at least that score.
        constraints: what people have decided about them.

    Returns:
        record ids of each deal, in order of day and id; the deals by their first telling.
    """
    ordered = sorted(tellings, key=lambda telling: telling.order)
    first: frozenset[tuple[str, str]] = frozenset()
    while True:
        fixed = Constraints(together=first, apart=constraints.apart)
        if len(ordered) <= LARGEST_LEAF:
            groups = _link(ordered, score, fixed)
        else:
            groups = _link_heap(ordered, near, score, fixed)
        groups, refused = _join_by_word(groups, constraints)
        if not refused:
            break
        first |= refused
    groups.sort(key=lambda group: group[0].order)
    return tuple(tuple(telling.id for telling in group) for group in groups)


def _join_by_word(
    groups: list[list[Telling]], constraints: Constraints
) -> tuple[list[list[Telling]], frozenset[tuple[str, str]]]:
    """Join the deals of records that people have put together.

    Who links two records links their deals, not just the two: so this comes after the machine has
    made its deals. Where people have parted others of the two deals, that cannot be.

    Returns:
        the groups, and the pairs that this could not join: they must be put together first.
    """
    if not constraints.together:
        return groups, frozenset()
    place = {telling.id: number for number, group in enumerate(groups) for telling in group}
    apart = _by_record(constraints.apart)
    refused = set()
    for one, other in sorted(constraints.together):
        into, gone = sorted((place.get(one, -1), place.get(other, -1)))
        if into == gone or into < 0:
            continue
        held = {enemy for telling in groups[gone] for enemy in apart.get(telling.id, _NOBODY)}
        if any(telling.id in held for telling in groups[into]):
            refused.add((one, other))
            continue
        place.update((telling.id, into) for telling in groups[gone])
        groups[into] += groups[gone]
        groups[gone] = []
    return [sorted(group, key=lambda t: t.order) for group in groups if group], frozenset(refused)


def _link(tellings: list[Telling], score: Score, constraints: Constraints) -> list[list[Telling]]:
    if len(tellings) == 1:
        return [tellings]
    clusters = _put_together(tellings, constraints)
    place = {telling.id: number for number, cluster in enumerate(clusters) for telling in cluster}
    size = len(tellings)
    scores = np.zeros((size, size), dtype=np.int64)
    for i, one in enumerate(tellings):
        scores[i, :i] = [score(one, other) for other in tellings[:i]]
    scores += scores.T
    apart = _apart(tellings, constraints)
    if len(clusters) < size:
        member = np.zeros((size, len(clusters)), dtype=np.int64)
        member[np.arange(size), [place[telling.id] for telling in tellings]] = 1
        scores = member.T @ scores @ member
        apart = (member.T @ apart.astype(np.int64) @ member) > 0
    np.fill_diagonal(apart, val=True)
    sizes = np.array([len(cluster) for cluster in clusters], dtype=np.int64)
    for into, gone in _joins(scores, sizes, apart):
        clusters[into] += clusters[gone]
        clusters[gone] = []
    return [sorted(cluster, key=lambda t: t.order) for cluster in clusters if cluster]


def _put_together(tellings: list[Telling], constraints: Constraints) -> list[list[Telling]]:
    """What people have put together, the rest each for itself; in order of the first telling."""
    if not constraints.together:
        return [[telling] for telling in tellings]
    sets = _Sets(telling.id for telling in tellings)
    inside = {telling.id for telling in tellings}
    for one, other in constraints.together:
        if one in inside and other in inside:
            sets.join(one, other)
    clusters: dict[str, list[Telling]] = {}
    for telling in tellings:
        clusters.setdefault(sets.find(telling.id), []).append(telling)
    return list(clusters.values())


def _apart(tellings: Sequence[Telling], constraints: Constraints) -> npt.NDArray[np.bool_]:
    """Which tellings may not come together: of one article, or held apart by a person."""
    numbers: dict[str, int] = {}
    articles = np.array([numbers.setdefault(t.article, len(numbers)) for t in tellings])
    apart: npt.NDArray[np.bool_] = articles[:, None] == articles[None, :]
    if constraints.apart:
        place = {telling.id: number for number, telling in enumerate(tellings)}
        for one, other in constraints.apart:
            if one in place and other in place:
                apart[place[one], place[other]] = apart[place[other], place[one]] = True
    return apart


def _joins(
    sums: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], apart: npt.NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """The joins of average linkage, in order: (cluster that stays, cluster that goes into it).

    Sums are whole numbers, so that the averages are the same in whatever order they came about.
    """
    means = _means(sums, sizes, apart)
    joins: list[tuple[int, int]] = []
    best = means.argmax(axis=1)
    values = means.max(axis=1)
    while True:
        row = int(values.argmax())
        if values[row] < 0:
            return joins
        into, gone = sorted((row, int(best[row])))
        joins.append((into, gone))
        sums[into] += sums[gone]
        sums[:, into] = sums[into]
        sizes[into] += sizes[gone]
        apart[into] |= apart[gone]
        apart[:, into] = apart[into]
        means[gone, :] = means[:, gone] = -np.inf
        alive = values > -np.inf
        alive[[into, gone]] = False
        fresh = np.where(alive & ~apart[into], sums[into] / (sizes[into] * sizes), -np.inf)
        means[into, :] = means[:, into] = fresh
        stale = alive & ((best == into) | (best == gone) | (fresh >= values))
        for place in (into, *np.flatnonzero(stale)):
            best[place] = means[place].argmax()
            values[place] = means[place, best[place]]
        values[gone] = -np.inf


def _means(
    sums: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], apart: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    means: npt.NDArray[np.float64] = sums / np.outer(sizes, sizes)
    means[apart] = -np.inf
    return means


def _link_heap(
    tellings: list[Telling], near: Near, score: Score, constraints: Constraints
) -> list[list[Telling]]:
    """A heap of strong edges too great to compare all pairs: a deal told very often.

    Only the constraints still part it: then tellings are joined along the edges, the strongest
    first.
    """
    inside = {telling.id for telling in tellings}
    parted = any(inside.issuperset(pair) for pair in constraints.apart)
    if not parted and len({telling.article for telling in tellings}) == len(tellings):
        return [tellings]
    clusters = {cluster[0].id: cluster for cluster in _put_together(tellings, constraints)}
    lead = {telling.id: name for name, cluster in clusters.items() for telling in cluster}
    articles = {name: {t.article for t in cluster} for name, cluster in clusters.items()}
    apart = _by_record(constraints.apart)
    order = {telling.id: place for place, telling in enumerate(tellings)}
    ranked = sorted(
        (-score(telling, tellings[order[neighbour]]), order[telling.id], order[neighbour])
        for telling in tellings
        for neighbour in near(telling.id, FLOORS[-1])
        if order.get(neighbour, -1) > order[telling.id]
    )
    for _score, i, j in ranked:
        one, other = sorted((lead[tellings[i].id], lead[tellings[j].id]), key=order.__getitem__)
        if one == other or not articles[one].isdisjoint(articles[other]):
            continue
        held = {enemy for t in clusters[other] for enemy in apart.get(t.id, _NOBODY)}
        if any(t.id in held for t in clusters[one]):
            continue
        for telling in clusters[other]:
            lead[telling.id] = one
        clusters[one] += clusters.pop(other)
        articles[one] |= articles.pop(other)
    return [sorted(cluster, key=lambda t: t.order) for cluster in clusters.values()]


_NOBODY: frozenset[str] = frozenset()


def _by_record(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Set[str]]:
    found: dict[str, set[str]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found
