"""Articles in the database: each text once, with every place where it was found."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from pipeline.article import Article
from pipeline.errors import StoreError
from pipeline.store.dialect import insert_new, within_limit
from pipeline.store.engine import reading, writing
from pipeline.store.rows import article_from_row, article_to_row, now, source_to_row, unstorable
from pipeline.store.tables import article_bands, article_signatures, article_sources, articles

MOST_IN_BAND = 20  # originals that are compared for one band


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What saving articles changed.

    Attributes:
        new: ids of texts that the database did not have.
        known: ids of those that it had.
        new_sources: how many places were not yet known for their text.
    """

    new: frozenset[str]
    known: frozenset[str]
    new_sources: int


class Articles:
    """The tables `articles`, `article_sources`, `article_signatures`, `article_bands`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def save(
        self,
        found: Sequence[Article],
        *,
        run_id: int | None = None,
        near_duplicate_of: Mapping[str, str] | None = None,
        signatures: Mapping[str, bytes] | None = None,
        bands: Mapping[str, Collection[int]] | None = None,
    ) -> Saved:
        """Keep articles, in one transaction; a text that is there already stays untouched.

        Args:
            found: in any order; a text may occur in it more than once.
            run_id: who found them.
            near_duplicate_of: for ids among `found`, the id of the article that is extracted in
                its stead, stored already or among `found` too.
            signatures: MinHash values of new articles, by which near-duplicates are found.
            bands: hashes of their LSH bands, signed 64-bit numbers; two articles that share one
                are worth comparing.

        Raises:
            StoreError: a text that databases cannot keep (see `rows.unstorable`), before
                anything is written.
        """
        for article in found:
            fault = unstorable(article.text)
            if fault is not None:
                msg = f"{article.source}: the text cannot be stored: {fault}"
                raise StoreError(msg)
        if not found:
            return Saved(new=frozenset(), known=frozenset(), new_sources=0)
        at, links = now(), near_duplicate_of or {}
        # In the order of their ids, so that two runs wait for each other instead of deadlocking.
        rows = {
            article.id: article_to_row(article, run_id=run_id, at=at)
            | {"near_duplicate_of": links.get(article.id)}
            for article in sorted(found, key=lambda article: article.id)
        }
        places = {
            (row["article_id"], row["digest"]): row
            for row in (source_to_row(article, run_id=run_id, at=at) for article in found)
        }
        firsts = [row for row in rows.values() if row["near_duplicate_of"] is None]
        copies = [row for row in rows.values() if row["near_duplicate_of"] is not None]
        new: set[str] = set()
        with writing(self._engine) as connection:
            for some in (firsts, copies):
                new |= {row.id for row in insert_new(connection, articles, some, articles.c.id)}
            new_places = insert_new(
                connection,
                article_sources,
                [places[key] for key in sorted(places)],
                article_sources.c.digest,
            )
            _save_signatures(connection, signatures or {}, bands or {})
        return Saved(
            new=frozenset(new), known=frozenset(rows.keys() - new), new_sources=len(new_places)
        )

    def supersede(self, old_id: str, new_id: str) -> None:
        """Note that the stored article `new_id` is a later version of `old_id`.

        Raises:
            StoreError: one of them is not stored, or they are the same.
        """
        if old_id == new_id or self.known([old_id, new_id]) != {old_id, new_id}:
            msg = f"article {new_id} cannot be a version of {old_id}: save both first"
            raise StoreError(msg)
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(articles).where(articles.c.id == new_id).values(previous_id=old_id)
            )
            connection.execute(
                sa.update(articles).where(articles.c.id == old_id).values(superseded_by=new_id)
            )

    def known(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of `ids` that are stored."""
        wanted = sorted(set(ids))
        found: set[str] = set()
        with reading(self._engine) as connection:
            for some in within_limit(wanted):
                query = sa.select(articles.c.id).where(articles.c.id.in_(some))
                found.update(connection.execute(query).scalars())
        return frozenset(found)

    def load(self, ids: Sequence[str]) -> tuple[Article, ...]:
        """The stored articles of `ids`, in that order; ids that are not stored are left out."""
        rows: dict[str, Article] = {}
        with reading(self._engine) as connection:
            for some in within_limit(sorted(set(ids))):
                query = sa.select(articles).where(articles.c.id.in_(some))
                for row in connection.execute(query).mappings():
                    rows[row["id"]] = article_from_row(row)
        return tuple(rows[article_id] for article_id in ids if article_id in rows)

    def texts(self, ids: Iterable[str]) -> dict[str, str]:
        """The texts of stored articles by their ids."""
        found: dict[str, str] = {}
        with reading(self._engine) as connection:
            for some in within_limit(sorted(set(ids))):
                query = sa.select(articles.c.id, articles.c.text).where(articles.c.id.in_(some))
                found.update({row.id: row.text for row in connection.execute(query)})
        return found

    def sources(self, article_id: str) -> tuple[Mapping[str, Any], ...]:
        """Every place where a text was found: source, url, title, published, seen_at."""
        columns = article_sources.c
        query = (
            sa.select(
                columns.source, columns.url, columns.title, columns.published, columns.seen_at
            )
            .where(columns.article_id == article_id)
            .order_by(columns.seen_at, columns.source)
        )
        with reading(self._engine) as connection:
            return tuple(dict(row) for row in connection.execute(query).mappings())

    def originals(self, ids: Iterable[str]) -> dict[str, str]:
        """For the near-duplicates among `ids`, the article that is extracted in their stead."""
        links: dict[str, str] = {}
        with reading(self._engine) as connection:
            for some in within_limit(sorted(set(ids))):
                query = sa.select(articles.c.id, articles.c.near_duplicate_of).where(
                    articles.c.id.in_(some), articles.c.near_duplicate_of.is_not(None)
                )
                links.update({row.id: row.near_duplicate_of for row in connection.execute(query)})
        return links

    def sharing_band(self, bands: Iterable[int]) -> Iterator[tuple[int, str, bytes]]:
        """Stored articles with one of `bands`: the band, the article, its signature.

        Near-duplicates of another article are left out: one compares with originals only. Of a
        band that very many share (bulletins of one form), the first `MOST_IN_BAND` are given.
        """
        nth = sa.func.row_number().over(
            partition_by=article_bands.c.band, order_by=(articles.c.added_at, articles.c.id)
        )
        ranked = (
            sa.select(article_bands.c.band, article_bands.c.article_id, nth.label("nth"))
            .join(articles, articles.c.id == article_bands.c.article_id)
            .where(articles.c.near_duplicate_of.is_(None))
        )
        with reading(self._engine) as connection:
            for some in within_limit(sorted(set(bands))):
                first = ranked.where(article_bands.c.band.in_(some)).subquery()
                query = (
                    sa.select(first.c.band, first.c.article_id, article_signatures.c.signature)
                    .join(article_signatures, article_signatures.c.article_id == first.c.article_id)
                    .where(first.c.nth <= MOST_IN_BAND)
                    .order_by(first.c.band, first.c.nth)
                )
                for row in connection.execute(query):
                    yield row.band, row.article_id, row.signature

    def count(self) -> int:
        """How many different texts are stored."""
        with reading(self._engine) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(articles)).scalar_one()


def _save_signatures(
    connection: sa.Connection,
    signatures: Mapping[str, bytes],
    bands: Mapping[str, Collection[int]],
) -> None:
    insert_new(
        connection,
        article_signatures,
        [{"article_id": a, "signature": signatures[a]} for a in sorted(signatures)],
        article_signatures.c.article_id,
    )
    insert_new(
        connection,
        article_bands,
        [{"band": b, "article_id": a} for a in sorted(bands) for b in sorted(bands[a])],
        article_bands.c.band,
    )
