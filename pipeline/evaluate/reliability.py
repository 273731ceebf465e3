"""Does confidence mean what it says: of the records at 0.9, are nine in ten right?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.evaluate.matching import Compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Records whose confidence lies between `low` (included) and `high` (excluded; 1 included).

    Attributes:
        records: how many.
        confidence: their mean.
        found: share that is a real deal of the article.
        core: share with all core slots right.
        whole: share with kind and all core slots right.
    """

    low: float
    high: float
    records: int
    confidence: float
    found: float
    core: float
    whole: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """The table with two sums over it, taken against records that are right in all core slots.

    Attributes:
        bins: those that hold a record, from low to high.
        expected_error: mean distance of confidence and share right, weighted by records.
        brier: mean squared distance of a record's confidence from its being right (1) or not (0).
    """

    bins: tuple[Bin, ...]
    expected_error: float
    brier: float


def _confident(compared: Mapping[str, Iterable[Compared]]) -> list[tuple[float, Compared]]:
    return [
        (item.pred.confidence, item)
        for items in compared.values()
        for item in items
        if item.pred is not None and item.pred.confidence is not None
    ]


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return sum(values) / len(values)


def _bin(low: float, high: float, members: Sequence[tuple[float, Compared]]) -> Bin:
    items = [item for _, item in members]
    return Bin(
        low=low,
        high=high,
        records=len(members),
        confidence=sum(trust for trust, _ in members) / len(members),
        found=_share(item.gold is not None for item in items),
        core=_share(item.core_right for item in items),
        whole=_share(item.record_right for item in items),
    )


def reliability(compared: Mapping[str, Iterable[Compared]], *, bins: int = 5) -> Reliability | None:
    """The reliability table of all predicted records that carry a confidence.

    Args:
        compared: documents as compared.
        bins: how many equal parts of 0 … 1.

    Returns:
        None where no record carries a confidence.
    """
    records = _confident(compared)
    if not records:
        return None
    grouped: dict[int, list[tuple[float, Compared]]] = {}
    for trust, item in records:
        grouped.setdefault(min(int(trust * bins), bins - 1), []).append((trust, item))
    table = tuple(_bin(k / bins, (k + 1) / bins, grouped[k]) for k in sorted(grouped))
    return Reliability(
        bins=table,
        expected_error=sum(b.records * abs(b.confidence - b.core) for b in table) / len(records),
        brier=sum((trust - item.core_right) ** 2 for trust, item in records) / len(records),
    )
