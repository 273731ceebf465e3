"""A shelf in memory: for one run of the command line, for tests, and for a whole archive at once."""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator, Mapping, Sequence

from pipeline.link.decisions import Decision
from pipeline.link.ledger import Place
from pipeline.link.naming import Member
from pipeline.link.telling import Telling

_NOTHING: Mapping[str, int] = {}


class MemoryShelf:
    """Keeps all in dictionaries: about 3 kB a record."""

    def __init__(self) -> None:
        self._tellings: dict[str, Telling] = {}
        self._blocks: dict[int, list[Place]] = {}
        self._edges: dict[str, dict[str, int]] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        self._handles: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._arrivals: dict[str, int] = {}
        self._homes: dict[str, str] = {}
        self._at_home: dict[str, set[str]] = {}
        self._decisions: dict[str, dict[tuple[str, str], Decision]] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._tellings)

    def telling(self, record_id: str) -> Telling | None:
        """See `Shelf`."""
        return self._tellings.get(record_id)

    def put(self, telling: Telling, arrival: int) -> None:
        """See `Shelf`."""
        self._tellings[telling.id] = telling
        self._arrivals.setdefault(telling.id, arrival)

    def drop(self, record_id: str) -> None:
        """See `Shelf`."""
        del self._tellings[record_id], self._arrivals[record_id]
        home = self._homes.pop(record_id, None)
        if home is not None:
            self._at_home[home].discard(record_id)
            if not self._at_home[home]:
                del self._at_home[home]
        handle = self._handles.pop(record_id, None)
        if handle is None:
            return
        left = tuple(member for member in self._groups[handle] if member != record_id)
        if left:
            self._groups[handle] = left
        else:
            del self._groups[handle]
            self._names.pop(handle, None)

    def next_arrival(self) -> int:
        """See `Shelf`."""
        self._next += 1
        return self._next

    def insert(self, key: int, place: Place) -> None:
        """See `Shelf`."""
        insort(self._blocks.setdefault(key, []), place)

    def delete(self, key: int, place: Place) -> None:
        """See `Shelf`."""
        block = self._blocks[key]
        del block[bisect_left(block, place)]
        if not block:
            del self._blocks[key]

    def around(self, key: int, place: Place, reach: int) -> tuple[Sequence[Place], Sequence[Place]]:
        """See `Shelf`."""
        block = self._blocks.get(key, [])
        here = bisect_left(block, place)
        return block[max(0, here - reach) : here][::-1], block[here : here + reach]

    def edges(self, record_id: str) -> Mapping[str, int]:
        """See `Shelf`."""
        return self._edges.get(record_id, _NOTHING)

    def set_edge(self, one: str, other: str, packed: int | None) -> None:
        """See `Shelf`."""
        for a, b in ((one, other), (other, one)):
            if packed is not None:
                self._edges.setdefault(a, {})[b] = packed
            elif a in self._edges:
                self._edges[a].pop(b, None)
                if not self._edges[a]:
                    del self._edges[a]

    def members(self, handle: str) -> Collection[str]:
        """See `Shelf`."""
        return self._groups.get(handle, ())

    def handle(self, record_id: str) -> str | None:
        """See `Shelf`."""
        return self._handles.get(record_id)

    def regroup(self, groups: Sequence[tuple[str, ...]]) -> None:
        """See `Shelf`."""
        for handle in {self._handles.get(r) for group in groups for r in group}:
            if handle is not None:
                for record_id in self._groups.pop(handle):
                    del self._handles[record_id]
                self._names.pop(handle, None)
        for group in groups:
            self._groups[group[0]] = group
            self._handles.update(dict.fromkeys(group, group[0]))

    def name(self, handle: str) -> str | None:
        """See `Shelf`."""
        return self._names.get(handle)

    def set_name(self, handle: str, name: str) -> None:
        """See `Shelf`."""
        self._names[handle] = name

    def member(self, record_id: str) -> Member:
        """See `Shelf`."""
        return Member(
            id=record_id, arrival=self._arrivals[record_id], home=self._homes.get(record_id)
        )

    def set_home(self, record_id: str, home: str) -> None:
        """See `Shelf`."""
        self._homes[record_id] = home
        self._at_home.setdefault(home, set()).add(record_id)

    def at_home(self, home: str) -> Collection[str]:
        """See `Shelf`."""
        return self._at_home.get(home, frozenset())

    def decisions(self, record_id: str) -> Collection[Decision]:
        """See `Shelf`."""
        return self._decisions.get(record_id, {}).values()

    def set_decision(self, decision: Decision) -> None:
        """See `Shelf`."""
        for record_id in decision.pair:
            self._decisions.setdefault(record_id, {})[decision.pair] = decision

    def forget_decision(self, pair: tuple[str, str]) -> None:
        """See `Shelf`."""
        for record_id in pair:
            self._decisions.get(record_id, {}).pop(pair, None)

    def expect(self, record_id: str, *, arrival: int, home: str | None) -> None:
        """Remember the arrival and home that a record had, before its telling comes."""
        self._arrivals[record_id] = arrival
        self._next = max(self._next, arrival)
        if home is not None:
            self.set_home(record_id, home)

    def all_places(self) -> Iterator[tuple[int, Place]]:
        """Every place of every block."""
        for key, places in self._blocks.items():
            for place in places:
                yield key, place

    def all_edges(self) -> Iterator[tuple[str, str, int]]:
        """Every edge, from either end."""
        for one, others in self._edges.items():
            for other, packed in others.items():
                yield one, other, packed

    def deals(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every deal's id with its records, in order of its first record."""
        for handle in sorted(self._groups, key=lambda h: self._tellings[h].order):
            yield self._names[handle], self._groups[handle]
