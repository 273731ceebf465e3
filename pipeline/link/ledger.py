"""The ledger of deals: takes tellings one by one or by the million, and says what has changed.

What is one deal follows from the set of tellings and decisions alone (`grouping.divide`), never from
the order in which they came; a telling that is taken out leaves everything as it was without it.
Where the tellings are kept, a `Shelf` knows: memory here, a database in pipeline/store.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from pipeline.link.blocking import WINDOW, block_keys
from pipeline.link.decisions import Decision, settle
from pipeline.link.grouping import FLOORS, LARGEST_LEAF, divide
from pipeline.link.naming import Member, name_of, owner_of
from pipeline.link.scorer import Scorer
from pipeline.link.telling import Telling

Place = tuple[int, str]

_SUPPORT = 1024  # an edge is kept as support * _SUPPORT + score
_MOST_CACHED = 1_000_000


class Shelf(Protocol):
    """Where tellings, their blocks, edges, homes and deals are kept."""

    def telling(self, record_id: str) -> Telling | None:
        """A telling by its record's id; None where it is not there."""

    def put(self, telling: Telling, arrival: int) -> None:
        """Keep a telling, or another content of one; its home and first arrival stay."""

    def drop(self, record_id: str) -> None:
        """Forget a telling with its arrival, home and deal."""

    def next_arrival(self) -> int:
        """A number greater than that of all who have arrived."""

    def insert(self, key: int, place: Place) -> None:
        """Put a place into a block."""

    def delete(self, key: int, place: Place) -> None:
        """Take a place out of a block."""

    def around(self, key: int, place: Place, reach: int) -> tuple[Sequence[Place], Sequence[Place]]:
        """Up to `reach` places of a block before and after one that is not in it, nearest first."""

    def edges(self, record_id: str) -> Mapping[str, int]:
        """Neighbours of a record with packed edges."""

    def set_edge(self, one: str, other: str, packed: int | None) -> None:
        """Keep an edge, or with None forget it."""

    def members(self, handle: str) -> Collection[str]:
        """The records of a group by its handle."""

    def handle(self, record_id: str) -> str | None:
        """The handle of a record's group; None for one in no group yet."""

    def regroup(self, groups: Sequence[tuple[str, ...]]) -> None:
        """Take all these records out of their groups and keep them in these, without names.

        The handle of a group is its first record. Of a group whose records are in here, all are.
        """

    def name(self, handle: str) -> str | None:
        """The deal id of a group."""

    def set_name(self, handle: str, name: str) -> None:
        """Give a group its deal id."""

    def member(self, record_id: str) -> Member:
        """A record's arrival and home."""

    def set_home(self, record_id: str, home: str) -> None:
        """Remember the deal that a record first came to."""

    def at_home(self, home: str) -> Collection[str]:
        """The records whose home a deal id is."""

    def decisions(self, record_id: str) -> Collection[Decision]:
        """What people have said of a record."""

    def set_decision(self, decision: Decision) -> None:
        """Keep a person's word; a later one on the same pair replaces it."""

    def forget_decision(self, pair: tuple[str, str]) -> None:
        """Take a person's word back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an operation has changed.

    Attributes:
        deals: deal id → its records in order of day, for every deal that is new or has other
            records, or other content of them.
        before: the same deals and those that are gone, as they were; new ones are missing.
        gone: deal id that stands for nothing now → the deal that most of its records are in; None
            where none of its records is left.
        beaten: people's decisions that contradict newer ones and therefore do not hold.
    """

    deals: Mapping[str, tuple[str, ...]]
    before: Mapping[str, tuple[str, ...]]
    gone: Mapping[str, str | None]
    beaten: tuple[Decision, ...] = ()


class DealLedger:
    """Keeps deals up to date as tellings and decisions come and go."""

    def __init__(self, scorer: Scorer, shelf: Shelf) -> None:
        self._scorer = scorer
        self._shelf = shelf
        self._scores: dict[tuple[str, str], int] = {}
        self._nears: dict[tuple[str, int], frozenset[str]] = {}

    # What comes and goes

    def add(self, tellings: Iterable[Telling]) -> Outcome:
        """Take tellings in; one that is there with other content is replaced, else left alone."""
        touched: set[str] = set()
        changed: set[str] = set()
        added: set[str] = set()
        before: dict[str, tuple[str, ...]] = {}
        for telling in tellings:
            known = self._shelf.telling(telling.id)
            if known is not None:
                if same_content(known, telling):
                    continue
                self._remember(before, (telling.id,))
                touched |= self._heap_of(telling.id) | self._disconnect(known)
                changed.add(telling.id)
            self._shelf.put(telling, self._shelf.next_arrival())
            touched |= self._connect(telling)
            added.add(telling.id)
        met: set[str] = set()
        for neighbour in touched - added:
            if neighbour not in met:
                met |= self._heap_of(neighbour, without=added)
        return self._regroup(touched | added | met, before, changed)

    def remove(self, record_ids: Iterable[str]) -> Outcome:
        """Take tellings out; ids that are not there are passed over. Decisions on them are kept."""
        touched: set[str] = set()
        gone: set[str] = set()
        before: dict[str, tuple[str, ...]] = {}
        for record_id in record_ids:
            telling = self._shelf.telling(record_id)
            if telling is None:
                continue
            handle = self._shelf.handle(record_id)
            self._remember(before, (record_id,))
            touched |= self._heap_of(record_id) | self._disconnect(telling)
            touched |= set(self._shelf.members(handle)) if handle is not None else set()
            home = self._shelf.member(record_id).home
            touched |= set(self._shelf.at_home(home)) if home is not None else set()
            self._shelf.drop(record_id)
            gone.add(record_id)
        return self._regroup(touched - gone, before, gone)

    def decide(self, decision: Decision) -> Outcome:
        """Take a person's word on two records; either may yet have to come."""
        touched = self._heaps_of(decision.pair)
        self._shelf.set_decision(decision)
        return self._regroup(touched, {}, set())

    def forget(self, one: str, other: str) -> Outcome:
        """Take a person's word on two records back; the machine decides again."""
        first, second = sorted((one, other))
        touched = self._heaps_of((first, second))
        self._shelf.forget_decision((first, second))
        return self._regroup(touched, {}, set())

    # What is asked

    def deal_of(self, record_id: str) -> str | None:
        """The deal of a record; None where it is not there."""
        handle = self._shelf.handle(record_id)
        return None if handle is None else self._shelf.name(handle)

    def told_with(self, record_id: str) -> tuple[str, ...]:
        """The records of a record's deal, in order of day; () where it is not there."""
        handle = self._shelf.handle(record_id)
        return () if handle is None else self._in_order(self._shelf.members(handle))

    def heir(self, deal_id: str) -> str | None:
        """The deal that a deal's id leads to now: where most records are that first came to it."""
        owner = self._owner(deal_id)
        return None if owner is None else self._shelf.name(owner)

    def score(self, one: Telling, other: Telling) -> int:
        """The score of a pair, remembered."""
        pair = (one.id, other.id) if one.id < other.id else (other.id, one.id)
        found = self._scores.get(pair)
        if found is None:
            if len(self._scores) >= _MOST_CACHED:
                self._scores.clear()
            found = self._scores[pair] = self._scorer.score(one, other)
        return found

    # Edges

    def _connect(self, telling: Telling) -> set[str]:
        """Put a telling into its blocks; the records whose edges changed."""
        touched: set[str] = set()
        met: Counter[str] = Counter()
        place = telling.order  # one object in all blocks
        for key in block_keys(telling):
            earlier, later = self._shelf.around(key, place, WINDOW)
            touched |= self._shift(earlier, later, -1)
            met.update(neighbour for _day, neighbour in earlier)
            met.update(neighbour for _day, neighbour in later)
            self._shelf.insert(key, place)
        for neighbour, blocks in met.items():
            touched |= self._support(telling.id, neighbour, blocks)
        return touched

    def _disconnect(self, telling: Telling) -> set[str]:
        """Take a telling out of its blocks; the records whose edges changed."""
        touched: set[str] = set()
        for key in block_keys(telling):
            self._shelf.delete(key, telling.order)
            earlier, later = self._shelf.around(key, telling.order, WINDOW)
            touched |= self._shift(earlier, later, +1)
        for neighbour in list(self._shelf.edges(telling.id)):
            self._set_edge(telling.id, neighbour, None)
            touched.add(neighbour)
        self._scores.clear()  # those of this telling are void; they are found again as needed
        return touched

    def _shift(self, earlier: Sequence[Place], later: Sequence[Place], change: int) -> set[str]:
        """Pairs around a place, `WINDOW` apart without it: one more between them, or one less."""
        touched: set[str] = set()
        for back, (_day, one) in enumerate(earlier):
            ahead = WINDOW - 1 - back
            if ahead < len(later):
                touched |= self._support(one, later[ahead][1], change)
        return touched

    def _support(self, one: str, other: str, change: int) -> set[str]:
        """So many blocks more or less in which two are near: an edge may come or go."""
        packed = self._shelf.edges(one).get(other)
        if packed is None:
            if change < 0:
                return set()
            score = self._score_ids(one, other)
            if score < 0:
                return set()
            self._set_edge(one, other, change * _SUPPORT + score)
            return {one, other}
        packed += change * _SUPPORT
        if packed >= _SUPPORT:
            self._shelf.set_edge(one, other, packed)
            return set()
        self._set_edge(one, other, None)
        return {one, other}

    def _score_ids(self, one: str, other: str) -> int:
        return self.score(self._telling(one), self._telling(other))

    def _telling(self, record_id: str) -> Telling:
        telling = self._shelf.telling(record_id)
        if telling is None:
            msg = f"record {record_id} stands in a block or edge of the ledger but is not in it"
            raise LookupError(msg)
        return telling

    def _score_known(self, one: Telling, other: Telling) -> int:
        """The score of a pair, from its edge where it has one."""
        packed = self._shelf.edges(one.id).get(other.id)
        return self.score(one, other) if packed is None else packed % _SUPPORT

    def _near(self, record_id: str, floor: int) -> frozenset[str]:
        """Neighbours by edges of at least this score; remembered while the edges stay."""
        key = (record_id, floor)
        found = self._nears.get(key)
        if found is None:
            if len(self._nears) >= _MOST_CACHED:
                self._nears.clear()
            packed = self._shelf.edges(record_id)
            found = frozenset(other for other, value in packed.items() if value % _SUPPORT >= floor)
            self._nears[key] = found
        return found

    def _set_edge(self, one: str, other: str, packed: int | None) -> None:
        self._shelf.set_edge(one, other, packed)
        for record_id in (one, other):
            for floor in FLOORS:
                self._nears.pop((record_id, floor), None)

    # Groups

    def _regroup(
        self, touched: set[str], before: dict[str, tuple[str, ...]], changed: Collection[str]
    ) -> Outcome:
        """Divide anew all that hangs together with what was touched, and name it."""
        groups: list[tuple[str, ...]] = []
        beaten: dict[tuple[str, str], Decision] = {}
        seen: set[str] = set()
        waiting = sorted(touched, reverse=True)
        while waiting:
            start = waiting.pop()
            if start in seen:
                continue
            heap = self._heap_of(start)
            seen |= heap
            waiting += sorted(self._left_behind(heap), reverse=True)
            self._remember(before, heap)
            constraints, lost = settle(self._decisions_inside(heap))
            beaten |= {d.pair: d for d in lost}
            tellings = [self._telling(member) for member in heap]
            groups += divide(tellings, self._score_known, self._near, constraints)
        self._shelf.regroup(groups)
        named = self._name([group[0] for group in groups], before)
        return self._outcome(named, before, changed, tuple(beaten.values()))

    def _left_behind(self, heap: set[str]) -> set[str]:
        """Records that are in a group with some of a heap's, and not in the heap any more."""
        handles = {self._shelf.handle(member) for member in heap} - {None}
        return {r for handle in handles for r in self._shelf.members(str(handle))} - heap

    def _decisions_inside(self, heap: set[str]) -> list[Decision]:
        found = {d.pair: d for member in heap for d in self._shelf.decisions(member)}
        return [decision for decision in found.values() if heap.issuperset(decision.pair)]

    # Heaps

    def _heap_of(self, start: str, without: Set[str] = frozenset()) -> set[str]:
        """All that hangs together with a record, by edges as weak as the size of the heap allows.

        Args:
            start: a record that is there.
            without: records to do as if they were not there.
        """
        heap: set[str] = set()
        for floor in FLOORS:
            most = None if floor == FLOORS[-1] else LARGEST_LEAF
            heap = self._reach(start, floor, without, most)
            if len(heap) <= LARGEST_LEAF:
                break
        return heap

    def _heaps_of(self, record_ids: Iterable[str]) -> set[str]:
        return {r for start in self._present(record_ids) for r in self._heap_of(start)}

    def _reach(self, start: str, floor: int, without: Set[str], most: int | None) -> set[str]:
        """What is reached from a record by edges of a score; no further than to exceed `most`."""
        heap = {start}
        waiting = [start]
        while waiting:
            record_id = waiting.pop()
            fresh: Set[str] = self._near(record_id, floor) - heap
            if self._shelf.decisions(record_id):
                fresh = fresh | self._put_together_with(record_id) - heap
            if without:
                fresh = fresh - without
            heap |= fresh
            if most is not None and len(heap) > most:
                break
            waiting += fresh
        return heap

    def _put_together_with(self, record_id: str) -> set[str]:
        decisions = self._shelf.decisions(record_id)
        return self._present(part for d in decisions if d.same for part in d.pair)

    def _present(self, record_ids: Iterable[str]) -> set[str]:
        return {r for r in record_ids if self._shelf.telling(r) is not None}

    def _remember(self, before: dict[str, tuple[str, ...]], record_ids: Iterable[str]) -> None:
        """Keep how the deals of some records stand before they change."""
        for record_id in record_ids:
            handle = self._shelf.handle(record_id)
            name = self._shelf.name(handle) if handle is not None else None
            if handle is not None and name is not None and name not in before:
                before[name] = self._in_order(self._shelf.members(handle))

    def _in_order(self, record_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(record_ids, key=lambda r: self._telling(r).order))

    # Names

    def _name(self, regrouped: Sequence[str], before: dict[str, tuple[str, ...]]) -> dict[str, str]:
        """Names of the groups that changed and of all that share a home with them, by handle."""
        homes = {
            home
            for handle in regrouped
            for record_id in self._shelf.members(handle)
            if (home := self._shelf.member(record_id).home) is not None
        } | before.keys()
        handles = dict.fromkeys(regrouped)
        for home in sorted(homes):
            for record_id in sorted(self._shelf.at_home(home)):
                if (handle := self._shelf.handle(record_id)) is not None:
                    handles.setdefault(handle)
        for handle in handles:
            self._remember(before, self._shelf.members(handle))
        named = {handle: self._name_group(handle) for handle in handles}
        for handle, name in named.items():
            self._shelf.set_name(handle, name)
            for record_id in self._shelf.members(handle):
                if self._shelf.member(record_id).home is None:
                    self._shelf.set_home(record_id, name)
        return named

    def _name_group(self, handle: str) -> str:
        return name_of(
            [self._shelf.member(record_id) for record_id in self._shelf.members(handle)],
            lambda home: self._owner(home) == handle,
            lambda home: bool(self._shelf.at_home(home)),
        )

    def _owner(self, home: str) -> str | None:
        """The handle of the group that an id belongs to."""
        groups: dict[str, list[Member]] = {}
        for record_id in self._shelf.at_home(home):
            handle = self._shelf.handle(record_id)
            if handle is not None:
                groups.setdefault(handle, []).append(self._shelf.member(record_id))
        return owner_of(groups.items(), home)

    def _whither(self, record_ids: Iterable[str]) -> str | None:
        """The deal in which most of these records are now, of as many the first to be met."""
        deals = Counter(deal for r in record_ids if (deal := self.deal_of(r)) is not None)
        return deals.most_common(1)[0][0] if deals else None

    def _outcome(
        self,
        named: Mapping[str, str],
        before: Mapping[str, tuple[str, ...]],
        changed: Collection[str],
        beaten: tuple[Decision, ...],
    ) -> Outcome:
        after = {
            name: self._in_order(self._shelf.members(handle)) for handle, name in named.items()
        }
        deals = {
            name: members
            for name, members in after.items()
            if before.get(name) != members or not set(changed).isdisjoint(members)
        }
        gone = {name: self._whither(before[name]) for name in before.keys() - after.keys()}
        kept = {name: m for name, m in before.items() if name in deals or name in gone}
        return Outcome(deals=deals, before=kept, gone=gone, beaten=beaten)


def same_content(one: Telling, other: Telling) -> bool:
    """Whether two tellings of one record would be compared alike."""
    return all(
        _plain(getattr(one, name)) == _plain(getattr(other, name)) for name in Telling.__slots__
    )


def _plain(value: object) -> object:
    """A value as it compares: parties by their names and ids, not as objects."""
    if isinstance(value, tuple):
        return [(key.ids, key.families, key.folded) for key in value]
    return value
