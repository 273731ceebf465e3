"""What reviewers decided, out of the database."""

from collections.abc import Iterator
from itertools import groupby

import sqlalchemy as sa

from pipeline.learn.reviewed import ReviewedArticle, ReviewedRecord, Verdict
from pipeline.record import DealRecord, from_json
from pipeline.review.ledger import SYSTEM
from pipeline.store import Store
from pipeline.store.engine import reading
from pipeline.store.review_tables import reviews
from pipeline.store.rows import article_from_row
from pipeline.store.tables import articles, deal_records, records

ACCEPTED, REJECTED, MERGED, WITHDRAWN = "accepted", "rejected", "merged", "withdrawn"
REVIEWER = "reviewer"  # origin of a record that the extractor missed
_DECIDED = frozenset({ACCEPTED, REJECTED, MERGED, WITHDRAWN})
_PAGE = 200  # articles read at once


def _verdict(row: sa.RowMapping) -> ReviewedRecord | None:
    """What a record's row says; None where nothing was decided, or a human took back their own."""
    if not _is_decided(row) or row["state"] == WITHDRAWN:
        return None
    record = from_json(row["data"])
    machine = from_json(row["machine"]) if row["machine"] else None
    before = None if row["origin"] == REVIEWER else machine or record
    rejected = row["state"] in (REJECTED, MERGED)
    if rejected and before is None:
        return None  # a human's own record that was rejected again says nothing of the extractor
    after = None if rejected else record
    return ReviewedRecord(
        article_id=record.article_id,
        before=before,
        after=after,
        verdict=_name(before, after),
        extractor_version=before.extractor_version if before else "",
        deal_id=row["deal_id"],
        reason=row["reason"] or ("duplicate" if row["state"] == MERGED else ""),
    )


def _is_decided(row: sa.RowMapping) -> bool:
    """Whether a human has decided; what was accepted automatically is no human's word."""
    return row["state"] in _DECIDED and row["decided_by"] != SYSTEM


def _name(before: DealRecord | None, after: DealRecord | None) -> Verdict:
    if before is None:
        return Verdict.MISSED
    if after is None:
        return Verdict.REJECTED
    return Verdict.ACCEPTED if before == after else Verdict.CORRECTED


def _touched(connection: sa.Connection, after: str) -> list[str]:
    """Ids of articles with at least one decided record, page by page."""
    query = (
        sa.select(records.c.article_id)
        .where(records.c.article_id > after, records.c.human_state.in_(_DECIDED))
        .group_by(records.c.article_id)
        .order_by(records.c.article_id)
        .limit(_PAGE)
    )
    return list(connection.execute(query).scalars())


def _rows(connection: sa.Connection, ids: list[str]) -> list[sa.RowMapping]:
    query = (
        sa.select(
            records.c.article_id,
            records.c.data,
            records.c.state,
            reviews.c.origin,
            reviews.c.machine,
            reviews.c.reason,
            reviews.c.decided_by,
            deal_records.c.deal_id,
        )
        .select_from(
            records.outerjoin(reviews, reviews.c.record_id == records.c.id).outerjoin(
                deal_records, deal_records.c.record_id == records.c.id
            )
        )
        .where(records.c.article_id.in_(ids))
        .order_by(records.c.article_id, records.c.id)
    )
    return list(connection.execute(query).mappings())


def reviewed_articles(store: Store) -> Iterator[ReviewedArticle]:
    """Every article with a decided record, in the order of ids, in bounded memory.

    An article is complete where none of its records waits for a decision.
    """
    last = ""
    while True:
        with reading(store.engine) as connection:
            ids = _touched(connection, last)
            if not ids:
                return
            rows = _rows(connection, ids)
            texts = connection.execute(sa.select(articles).where(articles.c.id.in_(ids)))
            by_id = {row["id"]: article_from_row(row) for row in texts.mappings()}
        last = ids[-1]
        for article_id, group in groupby(rows, key=lambda row: row["article_id"]):
            members = list(group)
            found = [review for row in members if (review := _verdict(row)) is not None]
            yield ReviewedArticle(
                article=by_id[article_id],
                records=tuple(found),
                complete=all(_is_decided(row) for row in members),
            )


def near_duplicates(store: Store) -> list[tuple[str, str]]:
    """Pairs of articles of which one is a near-duplicate, or another version, of the other."""
    pairs: list[tuple[str, str]] = []
    with reading(store.engine) as connection:
        for column in (articles.c.near_duplicate_of, articles.c.previous_id):
            query = sa.select(articles.c.id, column).where(column.is_not(None))
            pairs += [(row[0], row[1]) for row in connection.execute(query)]
    return pairs
