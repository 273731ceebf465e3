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

LARGEST_LEAF = 100  # tellings whose every pair is compared; greater heaps are cut first
_FLOORS = (16, 32, 48)  # scores below which edges are cut, in turn, where a heap is too great

Score = Callable[[Telling, Telling], int]
Edges = Callable[[str], Mapping[str, int]]


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
    tellings: Sequence[Telling], score: Score, edges: Edges, constraints: Constraints
) -> tuple[tuple[str, ...], ...]:
    """The deals among tellings that hang together.

    Args:
        tellings: all that are joined by edges or human links, in any order.
        score: of two tellings, see `Scorer.score`.
        edges: of a record id: its neighbours with their scores, 0 or more.
        constraints: what people have decided about them.

    Returns:
        record ids of each deal, in order of day and id; the deals by their first telling.
    """
    ordered = sorted(tellings, key=lambda telling: telling.order)
    groups: list[list[Telling]] = []
    for heap in _cut(ordered, edges, constraints, _FLOORS):
        if len(heap) <= LARGEST_LEAF:
            groups += _link(heap, score, constraints)
        else:
            groups += _link_heap(heap, edges, constraints)
    groups.sort(key=lambda group: group[0].order)
    return tuple(tuple(telling.id for telling in group) for group in groups)


def _cut(
    tellings: list[Telling], edges: Edges, constraints: Constraints, floors: Sequence[int]
) -> list[list[Telling]]:
    """Cut a heap that is too great at ever stronger edges."""
    if len(tellings) <= LARGEST_LEAF or not floors:
        return [tellings]
    floor, *higher = floors
    sets = _Sets(telling.id for telling in tellings)
    inside = {telling.id for telling in tellings}
    for telling in tellings:
        for neighbour, score in edges(telling.id).items():
            if score >= floor and neighbour in inside:
                sets.join(telling.id, neighbour)
    for one, other in constraints.together:
        if one in inside and other in inside:
            sets.join(one, other)
    parts: dict[str, list[Telling]] = {}
    for telling in tellings:
        parts.setdefault(sets.find(telling.id), []).append(telling)
    return [heap for part in parts.values() for heap in _cut(part, edges, constraints, higher)]


def _link(tellings: list[Telling], score: Score, constraints: Constraints) -> list[list[Telling]]:
    if len(tellings) == 1:
        return [tellings]
    clusters = _put_together(tellings, constraints)
    size = len(clusters)
    sums = np.zeros((size, size), dtype=np.int64)
    apart = np.zeros((size, size), dtype=np.bool_)
    for i, one in enumerate(clusters):
        for j in range(i):
            sums[i, j] = sums[j, i] = sum(score(a, b) for a in one for b in clusters[j])
            apart[i, j] = apart[j, i] = _held_apart(one, clusters[j], constraints)
    sizes = np.array([len(cluster) for cluster in clusters], dtype=np.int64)
    for into, gone in _joins(sums, sizes, apart):
        clusters[into] += clusters[gone]
        clusters[gone] = []
    return [sorted(cluster, key=lambda t: t.order) for cluster in clusters if cluster]


def _put_together(tellings: list[Telling], constraints: Constraints) -> list[list[Telling]]:
    """What people have put together, the rest each for itself; in order of the first telling."""
    sets = _Sets(telling.id for telling in tellings)
    inside = {telling.id for telling in tellings}
    for one, other in constraints.together:
        if one in inside and other in inside:
            sets.join(one, other)
    clusters: dict[str, list[Telling]] = {}
    for telling in tellings:
        clusters.setdefault(sets.find(telling.id), []).append(telling)
    return list(clusters.values())


def _held_apart(
    some: Sequence[Telling], others: Sequence[Telling], constraints: Constraints
) -> bool:
    return any(
        a.article == b.article or tuple(sorted((a.id, b.id))) in constraints.apart
        for a in some
        for b in others
    )


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
    np.fill_diagonal(means, -np.inf)
    return means


def _link_heap(
    tellings: list[Telling], edges: Edges, constraints: Constraints
) -> list[list[Telling]]:
    """A heap of strong edges too great to compare all pairs: join along them, the strongest first.

    A deal told thousands of times; only the constraints still part it.
    """
    clusters = {cluster[0].id: cluster for cluster in _put_together(tellings, constraints)}
    lead = {telling.id: name for name, cluster in clusters.items() for telling in cluster}
    articles = {name: {t.article for t in cluster} for name, cluster in clusters.items()}
    apart = _apart_by_record(constraints)
    order = {telling.id: place for place, telling in enumerate(tellings)}
    ranked = sorted(
        (-score, order[telling.id], order[neighbour])
        for telling in tellings
        for neighbour, score in edges(telling.id).items()
        if score >= _FLOORS[-1] and order.get(neighbour, -1) > order[telling.id]
    )
    for _score, i, j in ranked:
        one, other = sorted((lead[tellings[i].id], lead[tellings[j].id]), key=order.__getitem__)
        if one == other or not articles[one].isdisjoint(articles[other]):
            continue
        held = {enemy for t in clusters[other] for enemy in apart.get(t.id, ())}
        if any(t.id in held for t in clusters[one]):
            continue
        for telling in clusters[other]:
            lead[telling.id] = one
        clusters[one] += clusters.pop(other)
        articles[one] |= articles.pop(other)
    return [sorted(cluster, key=lambda t: t.order) for cluster in clusters.values()]


def _apart_by_record(constraints: Constraints) -> Mapping[str, Set[str]]:
    found: dict[str, set[str]] = {}
    for one, other in constraints.apart:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found
