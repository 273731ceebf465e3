"""How well deals found agree with annotated ones: pairs of records, and B-cubed.

Pairwise figures ask of every two records whether they were rightly put together; big deals weigh
most. B-cubed (Bagga and Baldwin 1998) asks of every record how pure and how whole its deal is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Precision, recall and F1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two, 0 where both are."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFigures:
    """Both measures."""

    pairs: Agreement
    b_cubed: Agreement


class LinkTally:
    """Counts over several runs (folds), to be measured together."""

    def __init__(self) -> None:
        self._hits = self._found = self._gold = 0
        self._precision: list[float] = []
        self._recall: list[float] = []

    def count(
        self,
        found: Mapping[str, str],
        gold: Mapping[str, str],
        focus: Iterable[str] | None = None,
    ) -> None:
        """Count one run.

        Args:
            found: record id → deal found, for every record of `gold`.
            gold: record id → annotated deal.
            focus: records to measure on; of pairs, those with one of them at least. None for all.
        """
        chosen = set(gold if focus is None else focus)
        found_groups, gold_groups = _groups(found), _groups(gold)
        for record in chosen:
            mine, theirs = found_groups[found[record]], gold_groups[gold[record]]
            both = mine & theirs
            self._precision.append(len(both) / len(mine))
            self._recall.append(len(both) / len(theirs))
            self._hits += _pairs_of(record, both, chosen)
            self._found += _pairs_of(record, mine, chosen)
            self._gold += _pairs_of(record, theirs, chosen)

    def figures(self) -> LinkFigures:
        """What was counted, as shares."""
        return LinkFigures(
            pairs=Agreement(
                precision=_share(self._hits, self._found), recall=_share(self._hits, self._gold)
            ),
            b_cubed=Agreement(precision=_mean(self._precision), recall=_mean(self._recall)),
        )


def measure_links(found: Mapping[str, str], gold: Mapping[str, str]) -> LinkFigures:
    """The figures of one run over all records."""
    tally = LinkTally()
    tally.count(found, gold)
    return tally.figures()


def _pairs_of(record: str, group: Iterable[str], chosen: set[str]) -> int:
    """Pairs of a record in a group; a pair that lies in the focus is counted from one end."""
    return sum(1 for r in group if r != record and (r not in chosen or r < record))


def _groups(deals: Mapping[str, str]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for record, deal in deals.items():
        groups[deal].add(record)
    return groups


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
