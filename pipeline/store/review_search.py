"""Finding articles by words in unspaced Japanese, from two characters on, in either database.

SQLite's own trigram index finds no word of two characters (合意, 出資), and PostgreSQL's pg_trgm
is often not installed and sees no Japanese under the C locale. So an article is entered under
every pair of neighbouring characters that it has. Every pair of a word standing there is
necessary for the word to stand there; on SQLite the index keeps the pairs in their order and
answers exactly, on PostgreSQL what it finds is compared with the text.

The index is derived: `refresh` fills in what is missing, and makes it where there is none.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from pipeline.store.engine import reading, writing
from pipeline.store.tables import articles

_NO_LETTER = re.compile(r"[\W_]+")
ARTICLES_AT_ONCE = 200
LONGEST_QUERY = 100  # characters of it that are looked for

# `docs` numbers the articles that are in the index; `pairs` is its own table in each database.
_derived = sa.MetaData()
docs = sa.Table(
    "search_docs",
    _derived,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("article_id", sa.String(32), nullable=False, unique=True),
)
_postgres_pairs = sa.Table(
    "search_pairs",
    sa.MetaData(),
    sa.Column("article_id", sa.String(32), primary_key=True),
    sa.Column("folded", sa.Text, nullable=False),
    sa.Column("pairs", postgresql.ARRAY(sa.Text), nullable=False),
    sa.Index("ix_search_pairs_pairs", "pairs", postgresql_using="gin"),
)
_PAIRS = sa.table("search_pairs", sa.column("rowid", sa.Integer))
_SQLITE_PAIRS = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_pairs USING fts5("
    "pairs, content='', tokenize='unicode61 remove_diacritics 0')"
)


def fold_text(text: str) -> str:
    """A text to search in: NFKC, case folded, letters and digits only.

    Widths, capitals, blanks and marks do not count: ＧＰＴ－５, GPT-5 and gpt5 are one.
    """
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text).casefold())


def pairs_of(folded: str) -> Iterator[str]:
    """Every two neighbouring characters, in order; of a single character itself."""
    if len(folded) == 1:
        yield folded
    for at in range(len(folded) - 1):
        yield folded[at : at + 2]


def make_index(engine: sa.Engine) -> None:
    """Create the index's tables where they are missing."""
    with writing(engine) as connection:
        _derived.create_all(connection)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(_SQLITE_PAIRS)
        else:
            _postgres_pairs.metadata.create_all(connection)


def count_missing(engine: sa.Engine) -> int:
    """How many articles are not in the index yet."""
    with reading(engine) as connection:
        everything = connection.execute(sa.select(sa.func.count()).select_from(articles))
        entered = connection.execute(sa.select(sa.func.count()).select_from(docs))
        return int(everything.scalar_one() - entered.scalar_one())


def refresh(engine: sa.Engine, progress: Callable[[int], None] | None = None) -> int:
    """Enter the articles that are missing, some at a time; other writers come in between.

    Args:
        engine: of a database with `make_index` done.
        progress: told how many were entered since it was last told.

    Returns:
        How many articles were entered. Several processes may do it at once.
    """
    total = 0
    while count_missing(engine) > 0:
        with writing(engine) as connection:
            entered = _enter_some(connection)
        if entered == 0:
            break
        total += entered
        if progress is not None:
            progress(entered)
    return total


def _enter_some(connection: sa.Connection) -> int:
    if connection.dialect.name == "postgresql":
        key = {"key": 0x73656172}
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), key)
    query = (
        sa.select(articles.c.id, articles.c.text)
        .select_from(articles.outerjoin(docs, docs.c.article_id == articles.c.id))
        .where(docs.c.id.is_(None))
        .limit(ARTICLES_AT_ONCE)
    )
    found = connection.execute(query).all()
    if not found:
        return 0
    numbers = {
        row.article_id: row.id
        for row in connection.execute(
            sa.insert(docs).returning(docs.c.id, docs.c.article_id),
            [{"article_id": row.id} for row in found],
        )
    }
    folded = {row.id: fold_text(row.text) for row in found}
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO search_pairs(rowid, pairs) VALUES (?, ?)",
            # The last character begins no pair, and is searched for by itself.
            [
                (numbers[one], " ".join([*pairs_of(text), text[-1:]]))
                for one, text in folded.items()
            ],
        )
    else:
        connection.execute(
            sa.insert(_postgres_pairs),
            [
                {"article_id": one, "folded": text, "pairs": sorted(set(pairs_of(text)))}
                for one, text in folded.items()
            ],
        )
    return len(found)


def has_words(
    words: str, article_id: sa.ColumnElement[str], *, dialect: str, walks: bool = False
) -> sa.ColumnElement[bool] | None:
    """The condition that an article's text holds `words`; None where there is nothing to find.

    Args:
        words: parted by blanks; all of them must stand somewhere in the text.
        article_id: the column to compare.
        dialect: "sqlite" or "postgresql".
        walks: whether records are gone through in an order until a page is full.
    """
    found = _holding(words, dialect)
    if found is None:
        return None
    return article_id.in_(found if walks else found_first(found))


def count_articles(connection: sa.Connection, words: str, *, most: int) -> int:
    """How many articles may hold `words`, at most `most`; `most` where there is nothing to find.

    PostgreSQL counts those that have all pairs of the words, which is told by its index alone.
    """
    dialect = connection.dialect.name
    found = _holding(words, dialect, exactly=False)
    if found is None:
        return most
    query = sa.select(sa.func.count()).select_from(found.limit(most).subquery())
    if dialect == "sqlite":
        return int(connection.execute(query).scalar_one())
    # Of a common word PostgreSQL would read the articles themselves, and unpack the pairs of each.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    number = int(connection.execute(query).scalar_one())
    connection.exec_driver_sql("SET LOCAL enable_seqscan TO DEFAULT")
    return number


def _holding(words: str, dialect: str, *, exactly: bool = True) -> sa.Select[tuple[str]] | None:
    folded = [fold_text(word) for word in words[:LONGEST_QUERY].split()]
    wanted = [word for word in folded if word]
    if not wanted:
        return None
    return _in_sqlite(wanted) if dialect == "sqlite" else _in_postgres(wanted, exactly=exactly)


def found_first(ids: sa.Select[tuple[str]] | sa.CompoundSelect[str]) -> sa.Select[tuple[str]]:
    """These ids, which PostgreSQL is to find before it looks for what has them.

    Of a limited query it would otherwise go through the records and look into the index for each.
    """
    gathered = ids.cte().prefix_with("MATERIALIZED", dialect="postgresql")
    return sa.select(gathered.c[0])


def _in_sqlite(words: list[str]) -> sa.Select[tuple[str]]:
    # A phrase of pairs in their order is the word itself; a single character begins a pair.
    phrases = [f'"{" ".join(pairs_of(word))}"{"*" if len(word) == 1 else ""}' for word in words]
    found = sa.select(_PAIRS.c.rowid).where(
        sa.column("search_pairs").op("MATCH")(" ".join(phrases))
    )
    return sa.select(docs.c.article_id).where(docs.c.id.in_(found))


def _in_postgres(words: list[str], *, exactly: bool) -> sa.Select[tuple[str]]:
    pairs = sorted({pair for word in words if len(word) > 1 for pair in pairs_of(word)})
    query = sa.select(_postgres_pairs.c.article_id)
    if pairs:
        query = query.where(_postgres_pairs.c.pairs.contains(pairs))
        if not exactly:
            return query
    longer = [word for word in words if len(word) != len("合意")]
    # Not LIKE, of which PostgreSQL expects next to no hits, so that it would look up every hit of a
    # common word before it takes the first page.
    holds = (sa.func.strpos(_postgres_pairs.c.folded, word) > 0 for word in longer)
    return query.where(*holds)
