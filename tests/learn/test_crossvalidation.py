"""Every source is read once by a scorer that has learned from the others."""

from dataclasses import replace

import pytest

from pipeline.cli.learn_tables import print_folds
from pipeline.errors import ModelError
from pipeline.evaluate import Figure
from pipeline.extract import Extractor
from pipeline.learn.crossvalidation import Fold, cross_validate, pooled, spread
from pipeline.learn.replay import Laid, lay_out
from tests.learn.stories import document


@pytest.fixture(scope="module")
def laid(quick: Extractor) -> list[Laid]:
    """Sixty stories of three sources."""
    documents = []
    for k in range(60):
        found = document(k)
        source = f"{('alpha', 'beta', 'gamma')[k % 3]}/{k:03}.md"
        documents.append(replace(found, article=replace(found.article, source=source)))
    return list(lay_out(quick, documents))


@pytest.fixture(scope="module")
def folds(laid: list[Laid]) -> list[Fold]:
    return cross_validate(laid)


def test_every_source_is_left_out_once(laid: list[Laid], folds: list[Fold]) -> None:
    assert [(fold.source, fold.articles) for fold in folds] == [
        ("alpha", 20),
        ("beta", 20),
        ("gamma", 20),
    ]
    read = [doc for fold in folds for doc in fold.compared]
    assert sorted(read) == sorted(item.document.article.id for item in laid)


def test_what_the_sources_share_carries_over(folds: list[Fold]) -> None:
    """The stories of all sources follow one pattern."""
    assert min(fold.figures["core"].f1 for fold in folds) > 0.9


def test_spread_is_mean_and_sample_deviation_of_the_folds(folds: list[Fold]) -> None:
    first, second, third = (fold.figures["deal"].f1 for fold in folds)
    mean = (first + second + third) / 3
    squares = sum((value - mean) ** 2 for value in (first, second, third))
    assert spread(folds)["deal"].mean == pytest.approx(mean)
    assert spread(folds)["deal"].deviation == pytest.approx((squares / 2) ** 0.5)


def test_pooled_counts_every_article_alike(folds: list[Fold]) -> None:
    whole = pooled(folds)["core"]
    parts = [fold.figures["core"] for fold in folds]
    assert whole == Figure(
        hits=sum(p.hits for p in parts),
        predicted=sum(p.predicted for p in parts),
        gold=sum(p.gold for p in parts),
    )


def test_folds_are_told_as_they_are_done(laid: list[Laid], folds: list[Fold]) -> None:
    told: list[Fold] = []
    assert cross_validate(laid, on_fold=told.append) == told
    assert [fold.figures for fold in told] == [fold.figures for fold in folds]


def test_one_source_is_too_few(laid: list[Laid]) -> None:
    with pytest.raises(ModelError, match=r"articles of 1 source"):
        cross_validate(laid[::3])


def test_the_table_shows_sources_spread_and_all_articles(
    folds: list[Fold], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    print_folds(folds)
    shown = capsys.readouterr().out
    for words in ("alpha", "beta", "gamma", "mean ± SD", "pooled"):
        assert words in shown
