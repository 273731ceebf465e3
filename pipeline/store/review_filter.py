"""Which records a review queue holds: filters, and their SQL conditions on `records`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pipeline.store.records import UNREVIEWED
from pipeline.store.review_search import count_articles, found_first, has_words
from pipeline.store.review_tables import review_locks, review_readings, review_skips, reviews
from pipeline.store.rows import fold_name
from pipeline.store.tables import articles, deal_records, record_parties, records

_PARTY_FIELDS = ("party", "buyer", "seller")
_LISTED = 500  # names that are looked up one by one; of more, all names are gone through each time
# Rows; on 10^5 records both ways of finding those of a party, or of a word, cost the same there.
_COMMON = 2_000
# Articles; a word in so many is sooner looked for in one record after the other.
_EVERYWHERE = 6_000


class Flag(StrEnum):
    """What makes a record stand out."""

    DISAGREEMENT = "disagreement"  # a newer extractor says otherwise than a human
    CONFLICT = "conflict"  # two people changed it at once
    MISSED = "missed"  # a human found it, not the extractor
    DOUBLE = "double"  # two people read it blindly
    MINE = "mine"  # this user is to read it blindly


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which records; an empty field asks nothing.

    Attributes:
        states, kinds, statuses: any of these.
        party, buyer, seller: gazetteer id, or part of a name (on either or one side); behind
            "=" exactly the key that the dashboard counts by.
        min_amount, max_amount: in the rough dollars of `rows.amount_sort`.
        since, until: publication of the article, from (included) to (excluded).
        source: part of where the article was read.
        min_confidence, max_confidence: 0 to 1, both included.
        words: to stand in the article.
        flag: see `Flag`.
        verdict: position in and letters of `reviews.verdicts`: (4, "ws").
        decided_by, decided_since: the last decision.
        article_id, deal_id: of one article, of one deal.
    """

    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    party: str | None = None
    buyer: str | None = None
    seller: str | None = None
    min_amount: float | None = None
    max_amount: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None
    words: str | None = None
    flag: Flag | None = None
    verdict: tuple[int, str] | None = None
    decided_by: str | None = None
    decided_since: datetime | None = None
    extractor_version: str | None = None
    article_id: str | None = None
    deal_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Whose queue it is: their skips and blind readings matter."""

    user_id: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLookup:
    """What was found out about a party that is asked for.

    Attributes:
        names: the folded names that hold the part asked for; None where they are too many to list.
        is_common: so many records have it that they are found sooner by walking along the order that
            is wanted, looking at each one's parties, than by gathering all and putting them in order.
    """

    names: tuple[str, ...] | None
    is_common: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What was found out before the records are asked for.

    Attributes:
        parties: the fields party, buyer and seller that are asked for → what was found.
        articles: how many hold the words that are asked for, at most `_EVERYWHERE`, which also
            stands for not known.
    """

    parties: Mapping[str, PartyLookup] = field(default_factory=dict)
    articles: int = _EVERYWHERE

    @property
    def is_gathered(self) -> bool:
        """So few records can be meant that all of them are gathered and put in order."""
        return self.articles < _COMMON or any(not one.is_common for one in self.parties.values())


NOTHING_KNOWN = Lookup()


def look_up(connection: sa.Connection, wanted: QueueFilter) -> Lookup:
    """How often the parties and words that are asked for stand in the database."""
    parties = _look_up_parties(connection, wanted)
    if wanted.words is None:
        return Lookup(parties=parties)
    number = count_articles(connection, wanted.words, most=_EVERYWHERE)
    return Lookup(parties=parties, articles=number)


def _look_up_parties(connection: sa.Connection, wanted: QueueFilter) -> dict[str, PartyLookup]:
    found = {}
    for side in _PARTY_FIELDS:
        name: str | None = getattr(wanted, side)
        if not name:
            continue
        names: tuple[str, ...] | None = None
        if not name.startswith("="):
            listed = connection.execute(_names_with(name).limit(_LISTED + 1)).all()
            names = tuple(row[0] for row in listed) if len(listed) <= _LISTED else None
        some = _party_rows(name, side, names).limit(_COMMON).subquery()
        number = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
        found[side] = PartyLookup(names=names, is_common=number == _COMMON)
    return found


def conditions_of(
    wanted: QueueFilter,
    viewer: Viewer,
    dialect: str,
    looked: Lookup = NOTHING_KNOWN,
    *,
    in_order: bool = False,
) -> list[sa.ColumnElement[bool]]:
    """What of `wanted` does not concern the state, as conditions that all must hold.

    Args:
        wanted: what is asked for.
        viewer: who asks.
        dialect: of the database.
        looked: of `look_up`, where many conditions with the same parties and words are asked for.
        in_order: whether the first records of an order are read, not all or any.
    """
    columns = records.c
    walks = in_order or looked.articles == _EVERYWHERE
    found: list[sa.ColumnElement[bool] | None] = [
        columns.kind.in_(wanted.kinds) if wanted.kinds else None,
        columns.status.in_(wanted.statuses) if wanted.statuses else None,
        _at_least(columns.amount_sort, wanted.min_amount),
        _at_most(columns.amount_sort, wanted.max_amount),
        _at_least(columns.confidence, wanted.min_confidence),
        _at_most(columns.confidence, wanted.max_confidence),
        _at_least(columns.published_at, wanted.since),
        columns.published_at < wanted.until if wanted.until else None,
        *(
            _party(getattr(wanted, side), side, looked.parties.get(side), walks=in_order)
            for side in _PARTY_FIELDS
        ),
        _source(wanted.source),
        has_words(wanted.words, columns.article_id, dialect=dialect, walks=walks)
        if wanted.words
        else None,
        _flagged(wanted.flag, viewer) if wanted.flag else None,
        _reviewed(wanted),
        columns.article_id == wanted.article_id if wanted.article_id else None,
        _of_deal(wanted.deal_id),
        None if wanted.article_id else _of_current_article(),
    ]
    return [condition for condition in found if condition is not None]


def _of_current_article() -> sa.ColumnElement[bool]:
    """Not the extractor's word on an article that a later version has replaced."""
    # Not `IS NOT NULL`: SQLite would look through the articles instead of the index.
    replaced = sa.select(articles.c.id).where(articles.c.superseded_by > "")
    return sa.or_(records.c.state != UNREVIEWED, records.c.article_id.not_in(replaced))


def _at_least(column: sa.Column[Any], value: Any) -> sa.ColumnElement[bool] | None:
    return None if value is None else column >= value


def _at_most(column: sa.Column[Any], value: Any) -> sa.ColumnElement[bool] | None:
    return None if value is None else column <= value


def _party(
    name: str | None, field: str, looked: PartyLookup | None, *, walks: bool
) -> sa.ColumnElement[bool] | None:
    if not name:
        return None
    if walks and looked is not None and looked.is_common:
        return _has_party(name, field)
    rows = _party_rows(name, field, looked.names if looked else None)
    return records.c.id.in_(rows if walks else found_first(rows))


def _has_party(name: str, field: str) -> sa.ColumnElement[bool]:
    columns = record_parties.c
    key = name.removeprefix("=")
    if name.startswith("="):
        named = sa.and_(columns.folded == key, columns.gazetteer_id.is_(None))
    else:
        named = columns.folded.contains(fold_name(key), autoescape=True)
    query = sa.select(sa.func.count()).where(
        columns.record_id == records.c.id, sa.or_(columns.gazetteer_id == key, named)
    )
    if field != "party":
        query = query.where(columns.side == field)
    # Not EXISTS, of which PostgreSQL would make a join, and gather all records after all.
    return query.scalar_subquery() > 0


def _party_rows(name: str, field: str, names: Sequence[str] | None) -> sa.CompoundSelect[str]:
    """The ids of the records with a party, some twice.

    Two lookups, each with its index, rather than one look through everything.
    """
    columns = record_parties.c
    key = name.removeprefix("=")
    by_id = sa.select(columns.record_id).where(columns.gazetteer_id == key)
    if name.startswith("="):
        by_name = sa.select(columns.record_id).where(
            columns.folded == key, columns.gazetteer_id.is_(None)
        )
    else:
        among = _names_with(key) if names is None else names
        by_name = sa.select(columns.record_id).where(columns.folded.in_(among))
    if field != "party":
        by_id, by_name = by_id.where(columns.side == field), by_name.where(columns.side == field)
    return sa.union_all(by_id, by_name)


def _names_with(part: str) -> sa.Select[str]:
    """The folded names of parties that `part` stands in, read from an index alone."""
    folded = record_parties.c.folded
    return sa.select(folded).where(folded.contains(fold_name(part), autoescape=True)).distinct()


def _source(part: str | None) -> sa.ColumnElement[bool] | None:
    if not part:
        return None
    query = sa.select(articles.c.id).where(articles.c.source.contains(part, autoescape=True))
    return records.c.article_id.in_(query)


def _of_deal(deal_id: str | None) -> sa.ColumnElement[bool] | None:
    if not deal_id:
        return None
    query = sa.select(deal_records.c.record_id).where(deal_records.c.deal_id == deal_id)
    return records.c.id.in_(query)


def _flagged(flag: Flag, viewer: Viewer) -> sa.ColumnElement[bool]:
    if flag is Flag.DISAGREEMENT:
        return records.c.disagreement.is_not(None)
    if flag is Flag.CONFLICT:
        query = sa.select(reviews.c.record_id).where(reviews.c.conflict_event.is_not(None))
    elif flag is Flag.MISSED:
        query = sa.select(reviews.c.record_id).where(reviews.c.origin == "reviewer")
    elif flag is Flag.DOUBLE:
        query = sa.select(review_readings.c.record_id)
    else:
        query = sa.select(review_readings.c.record_id).where(
            review_readings.c.user_id == viewer.user_id, review_readings.c.finished_at.is_(None)
        )
    return records.c.id.in_(query)


def _reviewed(wanted: QueueFilter) -> sa.ColumnElement[bool] | None:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.verdict:
        position, letters = wanted.verdict
        letter = sa.func.substr(reviews.c.verdicts, position + 1, 1)
        conditions.append(letter.in_(list(letters)))
    if wanted.decided_by:
        conditions.append(reviews.c.decided_by == wanted.decided_by)
    if wanted.decided_since:
        conditions.append(reviews.c.decided_at >= wanted.decided_since)
    if wanted.extractor_version:
        conditions.append(reviews.c.machine_version == wanted.extractor_version)
    return (
        records.c.id.in_(sa.select(reviews.c.record_id).where(*conditions)) if conditions else None
    )


def free_for(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Nobody else has the record open."""
    held = sa.exists().where(
        review_locks.c.record_id == records.c.id,
        review_locks.c.user_id != viewer.user_id,
        review_locks.c.until > viewer.now,
    )
    return sa.not_(held)


def not_read_by(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Not in the double reading, or with a place there that is this user's to fill."""
    table = review_readings
    sampled = sa.exists().where(table.c.record_id == records.c.id, sa.not_(table.c.closed))
    own = sa.exists().where(
        table.c.record_id == records.c.id,
        table.c.user_id == viewer.user_id,
        table.c.finished_at.is_(None),
    )
    begun = table.alias("begun")
    free = sa.exists().where(
        table.c.record_id == records.c.id,
        table.c.user_id.is_(None),
        sa.not_(
            sa.exists().where(
                begun.c.record_id == table.c.record_id, begun.c.user_id == viewer.user_id
            )
        ),
    )
    return sa.or_(sa.not_(sampled), own, free)


def skipped_by(viewer: Viewer, *, wanted: bool) -> sa.ColumnElement[bool]:
    """The user has skipped it, or (`wanted` False) has not."""
    skipped = sa.exists().where(
        review_skips.c.record_id == records.c.id, review_skips.c.user_id == viewer.user_id
    )
    return skipped if wanted else sa.not_(skipped)
