"""Words of two characters and more in unspaced Japanese, on both databases."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from pipeline.article import make_article
from pipeline.store import Store
from pipeline.store.engine import reading
from pipeline.store.review_search import (
    count_missing,
    fold_text,
    has_words,
    make_index,
    pairs_of,
    refresh,
)
from pipeline.store.tables import articles

TEXTS = {
    "a": "青空電機は、ハル半導体と合意した。ＧＰＵを10万個買う。",
    "b": "みどり証券が出資する。GPT-5の学習に使う。\n次の行へ続く。",
    "c": "合 意はまだない。意合という語もある。",
    "d": "単",
    "e": "絵文字😀と𠮷野家。",
}


@pytest.fixture
def found_in(store: Store) -> Callable[[str], str]:
    """Which texts hold some words."""
    store.articles.save([make_article(text, source=name) for name, text in TEXTS.items()])
    make_index(store.engine)
    assert refresh(store.engine) == len(TEXTS)

    def search(words: str) -> str:
        condition = has_words(words, articles.c.id, dialect=store.engine.dialect.name)
        assert condition is not None
        query = sa.select(articles.c.source).where(condition).order_by(articles.c.source)
        with reading(store.engine) as connection:
            return "".join(connection.execute(query).scalars())

    return search


CASES = [
    ("合意", "ac"),  # blanks in the text do not count
    ("出資", "b"),
    ("合意した", "a"),
    ("意合", "c"),
    ("合意 ハル", "a"),
    ("合意 出資", ""),
    ("gpu", "a"),
    ("ＧＰＵ", "a"),
    ("gpt5", "b"),
    ("GPT-5", "b"),
    ("行へ続", "b"),
    ("10万個", "a"),
    ("買収", ""),
    ("合意はない", ""),  # every pair is somewhere, the word is not
    ("𠮷野家", "e"),
    ("%%", None),
    ("合_意", "ac"),
    ('"合意"', "ac"),
    ("' OR 1=1 --", ""),
]


@pytest.mark.parametrize(("words", "names"), CASES)
def test_words_are_found_where_they_stand(
    found_in: Callable[[str], str], words: str, names: str | None
) -> None:
    if names is None:
        assert has_words(words, articles.c.id, dialect="sqlite") is None
    else:
        assert found_in(words) == names


def test_what_comes_in_later_is_entered_once(store: Store) -> None:
    make_index(store.engine)
    make_index(store.engine)
    store.articles.save([make_article("合意した。", source="a")])
    assert count_missing(store.engine) == 1
    told: list[int] = []
    assert refresh(store.engine, told.append) == 1
    assert told == [1]
    assert refresh(store.engine) == 0


def test_fold_text_and_pairs() -> None:
    assert fold_text("Ｇｐｔ－５、㈱ ﾊﾙ半導体！") == "gpt5株ハル半導体"
    assert list(pairs_of("半導体")) == ["半導", "導体"]
    assert list(pairs_of("単")) == ["単"]
    assert list(pairs_of("")) == []
