"""How sure the figures are: articles drawn again and again, with replacement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.evaluate.matching import Compared
from pipeline.evaluate.scoring import MEASURES, tally

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The middle `level` of an F1's resampled values."""

    low: float
    high: float


def article_tallies(compared: Mapping[str, Iterable[Compared]]) -> Counts:
    """Counts an article: shape (articles, measures, 3), the last of (right, predicted, gold)."""
    rows = [tally(items) for items in compared.values()]
    return np.stack(rows) if rows else np.zeros((0, len(MEASURES), 3), dtype=np.int64)


def draw_articles(articles: int, *, resamples: int, seed: int) -> Counts:
    """How often each article is drawn in each resample: shape (resamples, articles)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(articles, np.full(articles, 1 / articles), size=resamples)


def f1_of(tallies: Counts, draws: Counts) -> Floats:
    """F1 of every measure in every resample: shape (resamples, measures).

    F1 is 2·right / (predicted + gold), 0 where nothing is right.
    """
    totals = np.tensordot(draws, tallies, axes=(1, 0)).astype(np.float64)
    below = totals[..., 1] + totals[..., 2]
    return np.divide(2 * totals[..., 0], below, out=np.zeros_like(below), where=below > 0)


def intervals(
    compared: Mapping[str, Iterable[Compared]],
    *,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Percentile bootstrap intervals of each measure's F1 over articles.

    Articles, not deals, are drawn: the deals of one article are right or wrong together.

    Args:
        compared: every document, those without deals too.
        resamples: how many draws.
        seed: of the generator; the same seed gives the same intervals.
        level: share of resampled values inside the interval.
    """
    tallies = article_tallies(compared)
    if not len(tallies):
        return {name: Interval(low=0.0, high=0.0) for name in MEASURES}
    values = f1_of(tallies, draw_articles(len(tallies), resamples=resamples, seed=seed))
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail], axis=0)
    return {
        name: Interval(low=float(low[k]), high=float(high[k])) for k, name in enumerate(MEASURES)
    }
