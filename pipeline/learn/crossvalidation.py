"""How well the scorer reads sources that it has not learned from: every source is left out once.

Articles of one source share a style, a layout and often a subject. Folds that mix them say how well
known sources are read; these say what to expect of a new one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from pipeline.errors import ModelError
from pipeline.evaluate import Compared, Figure, figures
from pipeline.evaluate.scoring import source_of
from pipeline.learn.confidence import train_confident
from pipeline.learn.replay import Laid, compare_replayed
from pipeline.learn.scorer import Labelled

_FEWEST_SOURCES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One source read by a scorer that has learned from the others.

    Attributes:
        source: first folder of the articles' paths.
        articles: of that source.
        compared: document → its deals beside the annotated ones.
    """

    source: str
    articles: int
    compared: Mapping[str, Sequence[Compared]]

    @property
    def figures(self) -> dict[str, Figure]:
        """Each measure on this source."""
        return figures(self.compared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """F1 over folds, each fold counting alike; `deviation` is the sample standard deviation."""

    mean: float
    deviation: float


def cross_validate(
    laid: Sequence[Laid],
    lessons: Sequence[Labelled] = (),
    *,
    also: Sequence[Laid] = (),
    on_fold: Callable[[Fold], None] = lambda _: None,
) -> list[Fold]:
    """Leave every source out once, train on the others, and read it.

    Args:
        laid: annotated articles, laid out.
        lessons: what every scorer learns from beside them.
        also: the articles in other layouts, only learned from.
        on_fold: told each fold as it is done.

    Returns:
        The folds by name of source.

    Raises:
        ModelError: the articles are of fewer than two sources.
    """
    sources = sorted({source_of(item.document.article.source) for item in laid})
    if len(sources) < _FEWEST_SOURCES:
        msg = f"articles of {len(sources)} source(s); leaving one out needs two, each in a folder"
        raise ModelError(msg)
    folds = []
    for source in sources:
        test = [item for item in laid if source_of(item.document.article.source) == source]
        train = [
            item for item in [*laid, *also] if source_of(item.document.article.source) != source
        ]
        scorer = train_confident(train, lessons, version=f"without-{source}")
        fold = Fold(source=source, articles=len(test), compared=compare_replayed(test, scorer))
        on_fold(fold)
        folds.append(fold)
    return folds


def spread(folds: Sequence[Fold]) -> dict[str, Spread]:
    """Measure → mean and deviation of F1 over at least two folds."""
    measured = [fold.figures for fold in folds]
    values = {name: [found[name].f1 for found in measured] for name in measured[0]}
    return {name: Spread(mean=fmean(f1), deviation=stdev(f1)) for name, f1 in values.items()}


def pooled(folds: Sequence[Fold]) -> dict[str, Figure]:
    """Each measure over the articles of all folds together, each article counting alike."""
    return figures({doc: items for fold in folds for doc, items in fold.compared.items()})
