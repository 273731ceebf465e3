"""Reviews in queue order and in random order, and what the scorer learns from them."""

from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.extract import Extractor
from pipeline.learn.plots import plot_curve
from pipeline.learn.replay import Laid, lay_out
from pipeline.learn.simulation import Order, Point, simulate
from tests.learn.stories import document


@pytest.fixture(scope="module")
def laid(quick: Extractor) -> list[Laid]:
    return list(lay_out(quick, [document(k) for k in range(60)]))


@pytest.fixture(scope="module")
def points(laid: list[Laid]) -> list[Point]:
    return simulate(laid[:40], laid[40:], seeds=(0, 1), batch=16)


def test_every_run_goes_from_nothing_to_all(points: list[Point]) -> None:
    for order in Order:
        for seed in (0, 1):
            run = [p for p in points if (p.order, p.seed) == (order, seed)]
            assert [p.articles for p in run] == [0, 16, 32, 40]
            assert [p.reviews for p in run] == sorted(p.reviews for p in run)
            assert run[-1].reviews >= 32  # four of five articles tell a deal


def test_both_orders_begin_and_end_alike(points: list[Point]) -> None:
    for seed in (0, 1):
        queue, order = (
            [p for p in points if (p.order, p.seed) == (order, seed)] for order in Order
        )
        assert (queue[0].core, queue[1].core) == (order[0].core, order[1].core)
        assert queue[-1].articles == order[-1].articles


def test_reviews_are_worth_something(points: list[Point]) -> None:
    """The stories follow one pattern, so what was learned carries over to unseen ones."""
    last = [p for p in points if p.articles == 40]
    assert min(p.core for p in last) > 0.9


def test_the_same_seed_gives_the_same_curve(laid: list[Laid], points: list[Point]) -> None:
    told: list[Point] = []
    again = simulate(laid[:40], laid[40:], seeds=(1,), batch=16, on_point=told.append)
    assert again == told == [p for p in points if p.seed == 1]


def test_the_plot_is_a_picture_with_both_orders(points: list[Point], tmp_path: Path) -> None:
    plot_curve(points, tmp_path / "docs" / "curve.svg")
    picture = (tmp_path / "docs" / "curve.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "queue order" in picture
    assert "random order" in picture


@pytest.mark.parametrize(("train", "test", "batch"), [(0, 5, 5), (5, 0, 5), (5, 5, 0)])
def test_nothing_to_simulate_is_told(laid: list[Laid], train: int, test: int, batch: int) -> None:
    with pytest.raises(ModelError, match="nothing to simulate"):
        simulate(laid[:train], laid[40 : 40 + test], batch=batch)


def test_articles_to_measure_on_must_not_be_reviewed(laid: list[Laid]) -> None:
    with pytest.raises(ModelError, match="1 of them the same"):
        simulate(laid[:10], laid[9:20])
