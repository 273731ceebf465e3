"""Is one extractor better than another beyond noise? A model must earn its place.

Both read the same held-out articles; articles are drawn with replacement, the same for both, and
the difference of F1 is taken in every draw (paired bootstrap).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluate.bootstrap import article_tallies, draw_articles, f1_of
from pipeline.evaluate.matching import Compared
from pipeline.evaluate.scoring import MEASURES

Documents = Mapping[str, Sequence[Compared]]

_CORE = MEASURES.index("core")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """F1 of two extractors on the same articles.

    Attributes:
        first, second: their F1.
        low, high: the middle 95 % of second - first over the draws.
        worse: share of the draws in which the second is no better.
    """

    first: float
    second: float
    low: float
    high: float
    worse: float

    @property
    def change(self) -> float:
        """How much better the second is."""
        return self.second - self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two extractors side by side.

    Attributes:
        first, second: their versions.
        articles: how many both read.
        deals: annotated deals in them.
        measures: measure → difference.
        kinds: kind of deal → difference of the core slots.
    """

    first: str
    second: str
    articles: int
    deals: int
    measures: Mapping[str, Difference]
    kinds: Mapping[str, Difference]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the second extractor may take the place of the first, with every reason why not."""

    promote: bool
    reasons: tuple[str, ...]


def _of_kind(documents: Documents, kind: str) -> dict[str, list[Compared]]:
    return {doc: [c for c in items if c.kind == kind] for doc, items in documents.items()}


def _difference(
    first: Documents, second: Documents, measure: int, *, resamples: int, seed: int
) -> Difference:
    tallies = (article_tallies(first), article_tallies(second))
    draws = draw_articles(len(tallies[0]), resamples=resamples, seed=seed)
    before, after = (f1_of(counts, draws)[:, measure] for counts in tallies)
    whole = np.ones((1, len(tallies[0])), dtype=np.int64)
    low, high = np.quantile(after - before, [0.025, 0.975])
    return Difference(
        first=float(f1_of(tallies[0], whole)[0, measure]),
        second=float(f1_of(tallies[1], whole)[0, measure]),
        low=float(low),
        high=float(high),
        worse=float((after <= before).mean()),
    )


def _kinds(documents: Iterable[Sequence[Compared]]) -> list[str]:
    """The kinds of the annotated deals."""
    return sorted({c.kind for items in documents for c in items if c.gold is not None})


def compare_extractors(
    first: Documents,
    second: Documents,
    *,
    versions: tuple[str, str],
    resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare what two extractors found in the same articles.

    Args:
        first: document → its deals compared with the annotated ones.
        second: the same for the other extractor, over the same documents.
        versions: of the two extractors.
        resamples: draws.
        seed: of the draws.

    Raises:
        ValueError: the documents differ, or there are none.
    """
    if list(first) != list(second) or not first:
        msg = "both extractors must have read the same articles, and at least one"
        raise ValueError(msg)
    options = {"resamples": resamples, "seed": seed}
    deals = sum(c.gold is not None for items in first.values() for c in items)
    return Comparison(
        first=versions[0],
        second=versions[1],
        articles=len(first),
        deals=deals,
        measures={
            name: _difference(first, second, place, **options)
            for place, name in enumerate(MEASURES)
        },
        kinds={
            kind: _difference(_of_kind(first, kind), _of_kind(second, kind), _CORE, **options)
            for kind in _kinds(first.values())
        },
    )


def judge(comparison: Comparison, *, tolerance: float = 0.0) -> Verdict:
    """Promote only what is better beyond noise on the core slots and not worse on any kind.

    Args:
        comparison: of the extractor in force (first) with the candidate (second).
        tolerance: how much lower the core F1 of a kind may be, 0.01 for one point.
    """
    core = comparison.measures["core"]
    reasons = []
    if core.low <= 0:
        reasons.append(
            f"core F1 {core.first:.3f} → {core.second:.3f} is within noise"
            f" (95 % of draws: {core.low:+.3f} … {core.high:+.3f})"
        )
    for kind, found in comparison.kinds.items():
        if found.change < -tolerance:
            reasons.append(f"worse on {kind}: core F1 {found.first:.3f} → {found.second:.3f}")
    return Verdict(promote=not reasons, reasons=tuple(reasons))
