"""The shelf of the deal ledger in the database: reads what it is asked for, writes at the end.

Lives within one writing transaction. What was read or changed is kept in memory; blocks, which
are asked for by neighbourhood, are written at once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from pipeline.link import Decision, LinkRecord, Telling
from pipeline.link.kit import LinkKit
from pipeline.link.ledger import Place
from pipeline.link.naming import Member
from pipeline.link.recordjson import link_record_from_json, link_record_to_json
from pipeline.store.dialect import insert, within_limit
from pipeline.store.link_tables import link_blocks, link_edges, link_records

_STORED = "@"  # begins the handle of a group as the database has it; its deal's id follows

# Asked for every key of every record: built once, which is half of what they cost.
_KEY: sa.BindParameter[int] = sa.bindparam("key")
_REACH: sa.BindParameter[int] = sa.bindparam("reach")
_RECORD: sa.BindParameter[str] = sa.bindparam("record")
_HERE = sa.tuple_(sa.bindparam("day"), _RECORD)
_PLACE = sa.tuple_(link_blocks.c.day, link_blocks.c.record_id)
_BLOCK = (
    sa.select(link_blocks.c.day, link_blocks.c.record_id)
    .where(link_blocks.c.key == _KEY)
    .limit(_REACH)
)
# Ids are hex digits: every collation sorts them as Python does.
_EARLIER = _BLOCK.where(_HERE > _PLACE).order_by(
    link_blocks.c.day.desc(), link_blocks.c.record_id.desc()
)
_LATER = _BLOCK.where(_HERE < _PLACE).order_by(link_blocks.c.day, link_blocks.c.record_id)
_INTO_BLOCK = sa.insert(link_blocks)
_EDGES = sa.select(link_edges.c.other_id, link_edges.c.packed).where(
    link_edges.c.record_id == _RECORD
)


@dataclass(slots=True)
class _Row:
    """A record of `link_records`, as it is or is to be."""

    record: LinkRecord
    telling: Telling
    version: int
    arrival: int
    home: str | None
    deal_id: str | None
    changed: bool = False


class SqlShelf:
    """A `Shelf` over an open transaction; `flush` writes."""

    def __init__(
        self, connection: sa.Connection, kit: LinkKit, decisions: Iterable[Decision]
    ) -> None:
        self._connection = connection
        self._kit = kit
        self._rows: dict[str, _Row | None] = {}
        self._dropped: set[str] = set()
        self._edges: dict[str, dict[str, int]] = {}
        self._changed_edges: set[tuple[str, str]] = set()
        self._groups: dict[str, tuple[str, ...]] = {}
        self._handles: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._new_homes: dict[str, set[str]] = {}
        self._decisions: dict[str, dict[tuple[str, str], Decision]] = {}
        for decision in decisions:
            self.set_decision(decision)
        highest = sa.select(sa.func.coalesce(sa.func.max(link_records.c.arrival), 0))
        self._arrival: int = connection.execute(highest).scalar_one()
        self._fresh: dict[str, tuple[LinkRecord, int]] = {}

    # For the shell

    def announce(self, record: LinkRecord, version: int) -> Telling:
        """What `put` is to keep with the telling that this gives."""
        self._fresh[record.id] = (record, version)
        return self._kit.tell(record)

    def linked(self, record_ids: Collection[str]) -> dict[str, LinkRecord]:
        """The records as they were linked, those that are there."""
        self._want(record_ids)
        rows = ((record_id, self._rows[record_id]) for record_id in record_ids)
        return {record_id: row.record for record_id, row in rows if row is not None}

    def freshen(self, record: LinkRecord, version: int) -> None:
        """Keep another content of a record that compares as before."""
        self._want([record.id])
        row = self._rows[record.id]
        if row is not None:
            row.record, row.version, row.changed = record, version, True

    def flush(self) -> None:
        """Write all that has changed."""
        for handle in list(self._names):
            for record_id in self.members(handle):
                row = self._row(record_id)
                name = self.name(handle)
                if row.deal_id != name:
                    row.deal_id, row.changed = name, True
        self._flush_rows()
        self._flush_edges()

    def _flush_rows(self) -> None:
        columns = link_records.c
        for some in within_limit(sorted(self._dropped)):
            self._connection.execute(sa.delete(link_records).where(columns.record_id.in_(some)))
        values = [
            {
                "record_id": record_id,
                "article_id": row.record.article,
                "version": row.version,
                "arrival": row.arrival,
                "home": row.home,
                "deal_id": row.deal_id,
                "data": link_record_to_json(row.record),
            }
            for record_id, row in sorted(self._rows.items())
            if row is not None and row.changed
        ]
        if values:
            statement = insert(self._connection, link_records)
            updated = {name: statement.excluded[name] for name in values[0] if name != "record_id"}
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=["record_id"], set_=updated), values
            )

    def _flush_edges(self) -> None:
        columns = link_edges.c
        gone, kept = [], []
        for one, other in sorted(self._changed_edges):
            packed = self._edges.get(one, {}).get(other)
            for a, b in ((one, other), (other, one)):
                if packed is None:
                    gone.append({"a": a, "b": b})
                else:
                    kept.append({"record_id": a, "other_id": b, "packed": packed})
        if gone:
            self._connection.execute(
                sa.delete(link_edges).where(
                    columns.record_id == sa.bindparam("a"), columns.other_id == sa.bindparam("b")
                ),
                gone,
            )
        if kept:
            statement = insert(self._connection, link_edges)
            self._connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["record_id", "other_id"],
                    set_={"packed": statement.excluded.packed},
                ),
                kept,
            )

    def _want(self, record_ids: Iterable[str]) -> None:
        """Read the rows of these records, as far as they are not read yet."""
        missing = sorted({r for r in record_ids if r not in self._rows})
        for some in within_limit(missing):
            query = sa.select(link_records).where(link_records.c.record_id.in_(some))
            for row in self._connection.execute(query):
                record = link_record_from_json(row.data)
                self._rows[row.record_id] = _Row(
                    record=record,
                    telling=self._kit.tell(record),
                    version=row.version,
                    arrival=row.arrival,
                    home=row.home,
                    deal_id=row.deal_id,
                )
        for record_id in missing:
            self._rows.setdefault(record_id, None)

    def _row(self, record_id: str) -> _Row:
        self._want([record_id])
        row = self._rows[record_id]
        if row is None:
            msg = f"record {record_id} is not linked"
            raise LookupError(msg)
        return row

    # Shelf

    def telling(self, record_id: str) -> Telling | None:
        """See `Shelf`."""
        self._want([record_id])
        row = self._rows[record_id]
        return None if row is None else row.telling

    def put(self, telling: Telling, arrival: int) -> None:
        """See `Shelf`."""
        record, version = self._fresh[telling.id]
        self._want([telling.id])
        known = self._rows[telling.id]
        self._rows[telling.id] = _Row(
            record=record,
            telling=telling,
            version=version,
            arrival=known.arrival if known is not None else arrival,
            home=known.home if known is not None else None,
            deal_id=known.deal_id if known is not None else None,
            changed=True,
        )
        self._dropped.discard(telling.id)

    def drop(self, record_id: str) -> None:
        """See `Shelf`."""
        handle = self.handle(record_id)
        if handle is not None and handle in self._groups:
            left = tuple(member for member in self._groups[handle] if member != record_id)
            self._groups[handle] = left
        self._handles.pop(record_id, None)
        self._rows[record_id] = None
        self._dropped.add(record_id)

    def next_arrival(self) -> int:
        """See `Shelf`."""
        self._arrival += 1
        return self._arrival

    def insert(self, key: int, place: Place) -> None:
        """See `Shelf`."""
        day, record_id = place
        self._connection.execute(_INTO_BLOCK, {"key": key, "day": day, "record_id": record_id})

    def delete(self, key: int, place: Place) -> None:
        """See `Shelf`."""
        day, record_id = place
        columns = link_blocks.c
        self._connection.execute(
            sa.delete(link_blocks).where(
                columns.key == key, columns.day == day, columns.record_id == record_id
            )
        )

    def around(self, key: int, place: Place, reach: int) -> tuple[Sequence[Place], Sequence[Place]]:
        """See `Shelf`."""
        here = {"key": key, "day": place[0], "record": place[1], "reach": reach}
        before = [(day, record) for day, record in self._connection.execute(_EARLIER, here)]
        after = [(day, record) for day, record in self._connection.execute(_LATER, here)]
        self._want(record_id for _day, record_id in (*before, *after))
        return before, after

    def edges(self, record_id: str) -> Mapping[str, int]:
        """See `Shelf`."""
        if record_id not in self._edges:
            rows = self._connection.execute(_EDGES, {"record": record_id})
            self._edges[record_id] = {row.other_id: row.packed for row in rows}
        return self._edges[record_id]

    def set_edge(self, one: str, other: str, packed: int | None) -> None:
        """See `Shelf`."""
        for a, b in ((one, other), (other, one)):
            self.edges(a)
            if packed is None:
                self._edges[a].pop(b, None)
            else:
                self._edges[a][b] = packed
        self._changed_edges.add((min(one, other), max(one, other)))

    def members(self, handle: str) -> Collection[str]:
        """See `Shelf`."""
        if not handle.startswith(_STORED):
            return self._groups.get(handle, ())
        columns = link_records.c
        query = sa.select(columns.record_id).where(columns.deal_id == handle[len(_STORED) :])
        stored = [row.record_id for row in self._connection.execute(query)]
        self._want(stored)
        return [r for r in stored if self.handle(r) == handle]

    def handle(self, record_id: str) -> str | None:
        """See `Shelf`."""
        if record_id in self._handles:
            return self._handles[record_id]
        self._want([record_id])
        row = self._rows[record_id]
        return None if row is None or row.deal_id is None else _STORED + row.deal_id

    def regroup(self, groups: Sequence[tuple[str, ...]]) -> None:
        """See `Shelf`."""
        for group in groups:
            for record_id in group:
                self._leave(record_id)
        for group in groups:
            self._groups[group[0]] = group
            self._handles.update(dict.fromkeys(group, group[0]))

    def _leave(self, record_id: str) -> None:
        handle = self._handles.get(record_id)
        if handle is None:
            return
        left = tuple(member for member in self._groups.get(handle, ()) if member != record_id)
        if left:
            self._groups[handle] = left
        else:
            self._groups.pop(handle, None)
            self._names.pop(handle, None)

    def name(self, handle: str) -> str | None:
        """See `Shelf`."""
        if handle in self._names:
            return self._names[handle]
        return handle[len(_STORED) :] if handle.startswith(_STORED) else None

    def set_name(self, handle: str, name: str) -> None:
        """See `Shelf`."""
        if self.name(handle) != name:
            self._names[handle] = name

    def member(self, record_id: str) -> Member:
        """See `Shelf`."""
        row = self._row(record_id)
        return Member(id=record_id, arrival=row.arrival, home=row.home)

    def set_home(self, record_id: str, home: str) -> None:
        """See `Shelf`."""
        row = self._row(record_id)
        row.home, row.changed = home, True
        self._new_homes.setdefault(home, set()).add(record_id)

    def at_home(self, home: str) -> Collection[str]:
        """See `Shelf`."""
        columns = link_records.c
        query = sa.select(columns.record_id).where(columns.home == home)
        stored = [row.record_id for row in self._connection.execute(query)]
        self._want(stored)
        found = {*stored, *self._new_homes.get(home, ())}
        return {r for r in found if (row := self._rows[r]) is not None and row.home == home}

    def decisions(self, record_id: str) -> Collection[Decision]:
        """See `Shelf`."""
        return self._decisions.get(record_id, {}).values()

    def set_decision(self, decision: Decision) -> None:
        """See `Shelf`; the database has people's words in a table of its own."""
        for record_id in decision.pair:
            self._decisions.setdefault(record_id, {})[decision.pair] = decision

    def forget_decision(self, pair: tuple[str, str]) -> None:
        """See `Shelf`."""
        for record_id in pair:
            self._decisions.get(record_id, {}).pop(pair, None)
