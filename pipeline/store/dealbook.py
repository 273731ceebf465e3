"""Looking deals up: by an id that may have become part of another, and those related to one."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from pipeline.link.outline import Outline, outline_from_json
from pipeline.link.relate import Related, related_deals
from pipeline.store import Store
from pipeline.store.deals import DealRow
from pipeline.store.engine import reading
from pipeline.store.rows import fold_name
from pipeline.store.tables import deal_parties, deals

_MOST_COMPARED = 2000  # deals of a party that has very many: the latest are looked at


def find_deal(store: Store, deal_id: str) -> DealRow | None:
    """A deal by its id, or by the beginning of one if only one begins so.

    One that became part of another gives that other (its `id` tells).
    """
    found = store.deals.load(deal_id) or _by_beginning(store, deal_id)
    seen: set[str] = set()
    while found is not None and found.merged_into is not None and found.id not in seen:
        seen.add(found.id)
        found = store.deals.load(found.merged_into)
    return found


def _by_beginning(store: Store, beginning: str) -> DealRow | None:
    if not beginning:
        return None
    query = sa.select(deals.c.id).where(deals.c.id.startswith(beginning, autoescape=True))
    with reading(store.engine) as connection:
        ids = list(connection.execute(query.limit(2)).scalars())
    return store.deals.load(ids[0]) if len(ids) == 1 else None


def relations_of(store: Store, deal: DealRow) -> tuple[Related, ...]:
    """What a deal is to others: part of, successor of, cancelled by, and the other way round."""
    outline = outline_from_json(deal.data)
    return related_deals(outline, _sharing_party(store, outline))


def _sharing_party(store: Store, outline: Outline) -> Iterable[Outline]:
    parties = (*outline.buyer, *outline.seller)
    ids = sorted({company for party in parties for company in party.ids})
    names = sorted({fold_name(name) for party in parties for name in party.names})
    if not names:
        return ()
    same = sa.or_(deal_parties.c.folded.in_(names), deal_parties.c.gazetteer_id.in_(ids))
    query = (
        sa.select(deals.c.data)
        .where(
            deals.c.id != outline.id,
            deals.c.merged_into.is_(None),
            deals.c.id.in_(sa.select(deal_parties.c.deal_id).where(same)),
        )
        .order_by(deals.c.last_published_at.desc(), deals.c.id)
        .limit(_MOST_COMPARED)
    )
    with reading(store.engine) as connection:
        return [outline_from_json(data) for data in connection.execute(query).scalars()]


_NEWS = frozenset({"new", "amount", "status"})


def news_by_record(store: Store, since: datetime) -> Mapping[str, tuple[str, ...]]:
    """What records brought that was not known: record id → new, amount, status.

    A linked record that is not in here only told what other articles had told before.

    Args:
        store: the database.
        since: when it became known, at or after this.
    """
    found: dict[str, tuple[str, ...]] = {}
    for change in store.deals.changes(since):
        if change.change in _NEWS:
            for record_id in change.data.get("records", ()):
                found[record_id] = (*found.get(record_id, ()), change.change)
    return found
