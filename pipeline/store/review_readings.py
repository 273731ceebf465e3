"""Double readings in the database: who reads which record blindly, and what they made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.dialect import insert_new, within_limit
from pipeline.store.review_tables import review_readings, reviews, users
from pipeline.store.tables import records

PLACES = (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """One of the two places at a record.

    Attributes:
        user_id, reader: who has it; None while it is anybody's.
        content: `Standing.content` as this reader left it; None where not begun.
        closed: both are finished and have been compared.
    """

    record_id: str
    place: int
    user_id: int | None
    reader: str | None
    content: Mapping[str, Any] | None
    version: int
    finished_at: datetime | None
    closed: bool


@dataclass(frozen=True, slots=True)
class Readings:
    """The table `review_readings` within a transaction."""

    connection: sa.Connection

    def assign(
        self,
        record_ids: Sequence[str],
        pairs: Sequence[tuple[int | None, int | None]],
        at: datetime,
    ) -> int:
        """Give each record two places.

        Args:
            record_ids: those that have places already keep them.
            pairs: the readers of each record, None for whoever comes first.
            at: the present moment.

        Returns:
            How many records are new in the sample.
        """
        rows = [
            {
                "record_id": record_id,
                "place": place,
                "user_id": reader,
                "version": 0,
                "closed": False,
                "assigned_at": at,
            }
            for record_id, pair in zip(record_ids, pairs, strict=True)
            for place, reader in zip(PLACES, pair, strict=True)
        ]
        new = 0
        for some in within_limit(rows):
            column = review_readings.c.record_id
            new += len(insert_new(self.connection, review_readings, some, column))
        return new // len(PLACES)

    def record_ids(self) -> set[str]:
        """Every record that is or was in the sample."""
        return set(self.connection.execute(sa.select(review_readings.c.record_id)).scalars())

    def of_record(self, record_id: str) -> tuple[StoredReading, ...]:
        """Both places of a record in their order; () where it is not in the sample."""
        query = (
            _joined()
            .where(review_readings.c.record_id == record_id)
            .order_by(review_readings.c.place)
        )
        return tuple(_reading(row) for row in self.connection.execute(query).mappings())

    def put(
        self,
        record_id: str,
        place: int,
        *,
        user_id: int,
        content: Mapping[str, Any],
        version: int,
        finished_at: datetime | None,
    ) -> None:
        """What a reader has made of a record."""
        self.connection.execute(
            sa.update(review_readings)
            .where(review_readings.c.record_id == record_id, review_readings.c.place == place)
            .values(user_id=user_id, content=content, version=version, finished_at=finished_at)
        )

    def close(self, record_id: str) -> None:
        """Both readers are finished and have been compared."""
        self.connection.execute(
            sa.update(review_readings)
            .where(review_readings.c.record_id == record_id)
            .values(closed=True)
        )

    def closed_pairs(
        self, limit: int
    ) -> list[tuple[Mapping[str, Any] | None, tuple[StoredReading, StoredReading]]]:
        """The extractor's record (JSON) and both readings of compared records, newest first."""
        first, second = review_readings.alias("first"), review_readings.alias("second")
        one, other = users.alias("one"), users.alias("other")
        query = (
            sa.select(
                first.c.record_id,
                sa.func.coalesce(reviews.c.machine, records.c.data).label("machine"),
                *(
                    column.label(f"{name}_{key}")
                    for name, table, reader in (("a", first, one), ("b", second, other))
                    for key, column in (
                        ("user_id", table.c.user_id),
                        ("reader", reader.c.name),
                        ("content", table.c.content),
                        ("version", table.c.version),
                        ("finished_at", table.c.finished_at),
                    )
                ),
            )
            .select_from(
                first.join(
                    second,
                    sa.and_(second.c.record_id == first.c.record_id, second.c.place == PLACES[1]),
                )
                .join(one, one.c.id == first.c.user_id)
                .join(other, other.c.id == second.c.user_id)
                .join(records, records.c.id == first.c.record_id)
                .outerjoin(reviews, reviews.c.record_id == first.c.record_id)
            )
            .where(first.c.place == PLACES[0], first.c.closed)
            .order_by(first.c.finished_at.desc(), first.c.record_id)
            .limit(limit)
        )
        return [
            (row["machine"], (_of_pair(row, "a", 1), _of_pair(row, "b", 2)))
            for row in self.connection.execute(query).mappings()
        ]

    def counts(self) -> dict[str, int]:
        """How many records of the sample are open, begun and compared."""
        table = review_readings
        finished = sa.func.count(table.c.finished_at)
        by_record = (
            sa.select(table.c.record_id, table.c.closed, finished.label("finished"))
            .group_by(table.c.record_id, table.c.closed)
            .subquery()
        )
        query = sa.select(
            by_record.c.closed, by_record.c.finished, sa.func.count().label("number")
        ).group_by(by_record.c.closed, by_record.c.finished)
        found = {"open": 0, "begun": 0, "closed": 0}
        for row in self.connection.execute(query):
            name = "closed" if row.closed else "begun" if row.finished else "open"
            found[name] += row.number
        return found


def _joined() -> sa.Select[Any]:
    return sa.select(review_readings, users.c.name.label("reader")).select_from(
        review_readings.outerjoin(users)
    )


def _reading(row: Mapping[Any, Any]) -> StoredReading:
    return StoredReading(
        record_id=row["record_id"],
        place=row["place"],
        user_id=row["user_id"],
        reader=row["reader"],
        content=row["content"],
        version=row["version"],
        finished_at=row["finished_at"],
        closed=row["closed"],
    )


def _of_pair(row: Mapping[Any, Any], prefix: str, place: int) -> StoredReading:
    return StoredReading(
        record_id=row["record_id"],
        place=place,
        user_id=row[f"{prefix}_user_id"],
        reader=row[f"{prefix}_reader"],
        content=row[f"{prefix}_content"],
        version=row[f"{prefix}_version"],
        finished_at=row[f"{prefix}_finished_at"],
        closed=True,
    )
