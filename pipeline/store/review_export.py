"""Records with everything that is known of how they came about, a batch at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.record import DealRecord, from_json
from pipeline.store.engine import reading
from pipeline.store.review_filter import QueueFilter, Viewer
from pipeline.store.review_queue import Sort, stream_ids
from pipeline.store.review_tables import review_events, reviews
from pipeline.store.tables import articles, records

_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """A record with its article, its review and its events (id, action, actor, at; oldest first).

    `text` is the article's, for the words around a quote.
    """

    record: DealRecord
    text: str
    title: str
    source: str
    url: str | None
    published: str | None
    state: str
    version: int
    origin: str
    machine: Mapping[str, Any] | None
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    events: tuple[Mapping[str, Any], ...]


def stream_provenance(
    engine: sa.Engine, wanted: QueueFilter, sort: Sort, viewer: Viewer
) -> Iterator[Provenance]:
    """The records asked for, in order, in bounded memory and one consistent view."""
    with reading(engine) as connection:
        for ids in stream_ids(connection, wanted, sort, viewer, size=_AT_ONCE):
            yield from _load(connection, ids)


def _load(connection: sa.Connection, ids: list[str]) -> Iterator[Provenance]:
    query = (
        sa.select(
            records.c.id,
            records.c.data,
            records.c.state,
            records.c.version,
            articles.c.text,
            articles.c.title,
            articles.c.source,
            articles.c.url,
            articles.c.published,
            reviews.c.origin,
            reviews.c.machine,
            reviews.c.reason,
            reviews.c.decided_by,
            reviews.c.decided_at,
        )
        .select_from(records.join(articles).outerjoin(reviews, reviews.c.record_id == records.c.id))
        .where(records.c.id.in_(ids))
    )
    rows = {row["id"]: row for row in connection.execute(query).mappings()}
    events = _events(connection, ids)
    for record_id in ids:
        row = rows[record_id]
        yield Provenance(
            record=from_json(row["data"]),
            text=row["text"],
            title=row["title"],
            source=row["source"],
            url=row["url"],
            published=row["published"],
            state=row["state"],
            version=row["version"],
            origin=row["origin"] or "extractor",
            machine=row["machine"],
            reason=row["reason"],
            decided_by=row["decided_by"],
            decided_at=row["decided_at"],
            events=tuple(events.get(record_id, ())),
        )


def _events(connection: sa.Connection, ids: list[str]) -> dict[str, list[Mapping[str, Any]]]:
    table = review_events
    query = (
        sa.select(
            table.c.record_id, table.c.id, table.c.action, table.c.actor, table.c.track, table.c.at
        )
        .where(table.c.record_id.in_(ids))
        .order_by(table.c.id)
    )
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["record_id"], []).append(dict(row))
    return found
