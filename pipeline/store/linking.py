"""Linking what is stored: new, changed and vanished records to deals, in short transactions.

Flows call `link_pending` for every batch that they have stored, and once without articles when they
begin, for what an interrupted run has left. It finds by itself what is to be done.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from pipeline.link import DealLedger, Decision, LinkRecord, MemoryShelf, decide, from_deal_record
from pipeline.link.kit import LinkKit
from pipeline.link.recordjson import link_record_to_json
from pipeline.store import Store
from pipeline.store.deals import DealChange, HumanLink
from pipeline.store.dialect import insert
from pipeline.store.engine import writing
from pipeline.store.link_shelf import SqlShelf
from pipeline.store.link_tables import link_blocks, link_edges, link_records, link_state
from pipeline.store.link_writer import DealWriter, End
from pipeline.store.records import is_live
from pipeline.store.rows import stored_record
from pipeline.store.tables import articles, deal_links_human, deals, records

_LOCK = 0x746F7268  # advisory, PostgreSQL: one links at a time
_KIT = "kit"  # name in link_state
_AT_ONCE = 1000
_ARTICLES_AT_ONCE = 100  # in one transaction: others wait no longer than that takes
_MANY = 300  # articles from which on linking in memory may be the shorter way
RELINKED = "relinked"  # cause of changes that no article brought


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """What linking has changed.

    Attributes:
        linked: records that came, or came with other content.
        removed: records that are no longer.
        deals: ids of deals that are new or changed.
        news: what became known, as it was written to the log of changes.
        beaten: people's links that contradict newer ones and do not hold.
    """

    linked: int = 0
    removed: int = 0
    deals: tuple[str, ...] = ()
    news: tuple[DealChange, ...] = ()
    beaten: tuple[Decision, ...] = ()

    def __add__(self, other: "LinkReport") -> "LinkReport":
        return LinkReport(
            linked=self.linked + other.linked,
            removed=self.removed + other.removed,
            deals=tuple(dict.fromkeys((*self.deals, *other.deals))),
            news=self.news + other.news,
            beaten=tuple(dict.fromkeys((*self.beaten, *other.beaten))),
        )


def link_pending(
    store: Store,
    kit: LinkKit,
    *,
    article_ids: Collection[str] | None = None,
    run_id: int | None = None,
) -> LinkReport:
    """Link the records that are new or changed since they were linked, and part from those gone.

    The same again changes nothing. Where the kit is another than the one that linked before, all
    is linked anew (`relink`); so is a database in which nothing was linked yet.

    Args:
        store: the database.
        kit: what linking knows.
        article_ids: look at these articles only; None looks at all.
        run_id: the run, for the log of changes.
    """
    with writing(store.engine) as connection:
        _take_turn(connection)
        linked_by = _linked_by(connection)
        if linked_by != kit.version and (linked_by is not None or article_ids is None):
            return _relink(connection, kit, run_id)
        _note_kit(connection, kit)
        if article_ids is None:
            article_ids = _articles_to_look_at(connection)
            if _is_mostly_new(connection, article_ids):
                return _relink(connection, kit, run_id, cause=None)
    report = LinkReport()
    ordered = sorted(set(article_ids))
    for start in range(0, len(ordered), _ARTICLES_AT_ONCE):
        some = ordered[start : start + _ARTICLES_AT_ONCE]
        report += _link_articles(store, kit, some, run_id)
    return report


def _link_articles(
    store: Store, kit: LinkKit, article_ids: Sequence[str], run_id: int | None
) -> LinkReport:
    """Link the records of some articles, in one transaction."""
    with writing(store.engine) as connection:
        _take_turn(connection)
        gone = _gone(connection, article_ids)
        pending = _pending(connection, kit, article_ids)
        if not gone and not pending:
            return LinkReport()
        shelf = SqlShelf(connection, kit, _decisions(connection))
        ledger = DealLedger(kit.scorer, shelf)
        known = shelf.linked([record.id for record, _version in pending])
        outcomes = [ledger.remove(gone)]
        outcomes.append(ledger.add(shelf.announce(record, version) for record, version in pending))
        for record, version in pending:
            shelf.freshen(record, version)
        shelf.flush()
        end = End.of(outcomes)
        for record_id in known:  # what compares as before may still read otherwise
            deal_id = ledger.deal_of(record_id)
            if deal_id is not None and deal_id not in end.standing:
                end.standing[deal_id] = ledger.told_with(record_id)
        added = frozenset(record.id for record, _version in pending) - known.keys()
        writer = DealWriter(connection, kit, shelf, added=added, run_id=run_id)
        deals_changed, news = writer.write(end)
        return LinkReport(
            linked=len(pending),
            removed=len(gone),
            deals=deals_changed,
            news=news,
            beaten=end.beaten,
        )


def decide_link(store: Store, kit: LinkKit, link: HumanLink) -> LinkReport:
    """Keep a person's link or unlink, and let the deals follow.

    Raises:
        StoreError: a record with itself.
    """
    store.deals.say(link)
    with writing(store.engine) as connection:
        _take_turn(connection)
        decisions = _decisions(connection)
        pair = {link.record_a, link.record_b}
        said = next(decision for decision in decisions if set(decision.pair) == pair)
        shelf = SqlShelf(connection, kit, decisions)
        end = End.of([DealLedger(kit.scorer, shelf).decide(said)])
        shelf.flush()
        deals_changed, news = DealWriter(connection, kit, shelf).write(end)
        return LinkReport(deals=deals_changed, news=news, beaten=end.beaten)


def relink(store: Store, kit: LinkKit, *, run_id: int | None = None) -> LinkReport:
    """Link all records anew, in memory (about 3 kB a record); deals keep their ids."""
    with writing(store.engine) as connection:
        _take_turn(connection)
        return _relink(connection, kit, run_id)


def _take_turn(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _linked_by(connection: sa.Connection) -> str | None:
    query = sa.select(link_state.c.value).where(link_state.c.name == _KIT)
    return connection.execute(query).scalar_one_or_none()


def _note_kit(connection: sa.Connection, kit: LinkKit) -> None:
    connection.execute(
        insert(connection, link_state)
        .values(name=_KIT, value=kit.version)
        .on_conflict_do_update(index_elements=["name"], set_={"value": kit.version})
    )


def _decisions(connection: sa.Connection) -> list[Decision]:
    """What people have said, later words with greater ranks."""
    columns = deal_links_human.c
    query = sa.select(columns.record_a, columns.record_b, columns.same).order_by(
        columns.at, columns.record_a, columns.record_b
    )
    return [
        decide(row.record_a, row.record_b, same=row.same, rank=rank)
        for rank, row in enumerate(connection.execute(query))
    ]


def _live_records() -> sa.Select[Any]:
    """Records that tell a deal, with their articles and the version that was linked."""
    joined = records.join(articles, articles.c.id == records.c.article_id).outerjoin(
        link_records, link_records.c.record_id == records.c.id
    )
    return (
        sa.select(
            records, articles.c.source, articles.c.url, articles.c.title, articles.c.published
        )
        .select_from(joined)
        .where(*is_live())
    )


def _link_record(row: sa.RowMapping, kit: LinkKit) -> tuple[LinkRecord, int]:
    stored = stored_record(row)
    record = from_deal_record(
        stored.record,
        kit.namer,
        published=stored.published,
        source=stored.url or stored.source,
        by_human=stored.human_state is not None,
    )
    return record, stored.version


def _pending(
    connection: sa.Connection, kit: LinkKit, article_ids: Sequence[str]
) -> list[tuple[LinkRecord, int]]:
    """Records to link, with their versions, in order of article and id."""
    query = _live_records().where(_is_changed(), records.c.article_id.in_(article_ids))
    rows = connection.execute(query.order_by(records.c.article_id, records.c.id)).mappings()
    return [_link_record(row, kit) for row in rows]


def _gone(connection: sa.Connection, article_ids: Sequence[str]) -> list[str]:
    """Records that were linked and tell no deal any more."""
    query = sa.select(link_records.c.record_id).where(
        _is_gone(), link_records.c.article_id.in_(article_ids)
    )
    return list(connection.execute(query.order_by(link_records.c.record_id)).scalars())


def _articles_to_look_at(connection: sa.Connection) -> Collection[str]:
    """Articles with records that are to be linked, or to be parted from."""
    changed = _live_records().where(_is_changed()).with_only_columns(records.c.article_id)
    gone = sa.select(link_records.c.article_id).where(_is_gone())
    return {*connection.execute(changed).scalars(), *connection.execute(gone).scalars()}


def _is_mostly_new(connection: sa.Connection, article_ids: Collection[str]) -> bool:
    """Whether so much is to be linked that linking all in memory is the shorter way."""
    if len(article_ids) < _MANY:
        return False
    linked = sa.select(sa.func.count(sa.distinct(link_records.c.article_id)))
    return len(article_ids) > connection.execute(linked).scalar_one()


def _is_changed() -> sa.ColumnElement[bool]:
    return sa.or_(link_records.c.version.is_(None), link_records.c.version != records.c.version)


def _is_gone() -> sa.ColumnElement[bool]:
    live = (
        sa.select(records.c.id)
        .select_from(records.join(articles, articles.c.id == records.c.article_id))
        .where(records.c.id == link_records.c.record_id, *is_live())
    )
    return ~live.exists()


def _relink(
    connection: sa.Connection, kit: LinkKit, run_id: int | None, cause: str | None = RELINKED
) -> LinkReport:
    if _linked_by(connection) is None:
        cause = None  # all of it is news
    known = {
        row.record_id: row
        for row in connection.execute(
            sa.select(link_records.c.record_id, link_records.c.arrival, link_records.c.home)
        )
    }
    found: dict[str, tuple[LinkRecord, int]] = {}
    query = _live_records().order_by(records.c.article_id, records.c.id)
    streamed = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    for row in streamed.mappings():
        record, version = _link_record(row, kit)
        found[record.id] = (record, version)
    shelf = MemoryShelf()
    for record_id, linked in known.items():
        if record_id in found:
            shelf.expect(record_id, arrival=linked.arrival, home=linked.home)
    for decision in _decisions(connection):
        shelf.set_decision(decision)
    ledger = DealLedger(kit.scorer, shelf)
    outcome = ledger.add(kit.tell(record) for record, _version in found.values())
    _write_shelf(connection, shelf, ledger, found)
    _note_kit(connection, kit)
    live = sa.select(deals.c.id).where(deals.c.merged_into.is_(None))
    end = End.of([outcome])
    end.gone = {
        deal_id: ledger.heir(deal_id)
        for deal_id in connection.execute(live).scalars()
        if deal_id not in end.standing
    }
    writer = DealWriter(
        connection,
        kit,
        _Found({record_id: record for record_id, (record, _version) in found.items()}),
        added=found.keys() - known.keys(),
        run_id=run_id,
        cause=cause,
    )
    deals_changed, news = writer.write(end)
    return LinkReport(
        linked=len(found),
        removed=len(known.keys() - found.keys()),
        deals=deals_changed,
        news=news,
        beaten=end.beaten,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """Link records in memory."""

    records: Mapping[str, LinkRecord]

    def linked(self, record_ids: Collection[str]) -> dict[str, LinkRecord]:
        return {record_id: self.records[record_id] for record_id in record_ids}


def _write_shelf(
    connection: sa.Connection,
    shelf: MemoryShelf,
    ledger: DealLedger,
    found: Mapping[str, tuple[LinkRecord, int]],
) -> None:
    """Replace the tables of linking by what a shelf in memory holds."""
    for table in (link_records, link_blocks, link_edges):
        connection.execute(sa.delete(table))
    members = ((record_id, shelf.member(record_id)) for record_id in found)
    rows: tuple[tuple[sa.Table, Iterator[dict[str, Any]]], ...] = (
        (
            link_records,
            (
                {
                    "record_id": record_id,
                    "article_id": found[record_id][0].article,
                    "version": found[record_id][1],
                    "arrival": member.arrival,
                    "home": member.home,
                    "deal_id": ledger.deal_of(record_id),
                    "data": link_record_to_json(found[record_id][0]),
                }
                for record_id, member in members
            ),
        ),
        (
            link_blocks,
            (
                {"key": key, "day": day, "record_id": record_id}
                for key, (day, record_id) in shelf.all_places()
            ),
        ),
        (
            link_edges,
            (
                {"record_id": one, "other_id": other, "packed": packed}
                for one, other, packed in shelf.all_edges()
            ),
        ),
    )
    for table, values in rows:
        while some := list(islice(values, _AT_ONCE)):
            connection.execute(sa.insert(table), some)
