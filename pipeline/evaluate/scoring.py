"""Precision, recall and F1 by slot, by kind of deal and by source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.evaluate.deals import ComparedDeal
from pipeline.evaluate.matching import CORE, EXTRA, Compared, compare_document

MEASURES = ("core", "deal", "record", *CORE, *EXTRA)
"""What is measured: the six core slots together, finding a deal, a whole record, each slot."""

Tally = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Counts of one measure; precision, recall and F1 are shares between 0 and 1."""

    hits: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """Right of what was predicted; 0 where nothing was."""
        return self.hits / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Right of what is annotated; 0 where nothing is."""
        return self.hits / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def as_json(self) -> dict[str, float | int]:
        """Rounded to four places, with the counts of both sides."""
        return {
            "p": round(self.precision, 4),
            "r": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "predicted": self.predicted,
            "gold": self.gold,
        }


def compare_documents(
    gold: Mapping[str, Sequence[ComparedDeal]], pred: Mapping[str, Sequence[ComparedDeal]]
) -> dict[str, list[Compared]]:
    """Every annotated document compared; one that `pred` lacks counts as predicted with no deal."""
    return {doc: compare_document(doc, deals, pred.get(doc, ())) for doc, deals in gold.items()}


def tally(compared: Iterable[Compared]) -> Tally:
    """Counts of some deals: a row a measure in the order of MEASURES, of (right, predicted, gold)."""
    counts = np.zeros((len(MEASURES), 3), dtype=np.int64)
    core, deal, record = (MEASURES.index(name) for name in ("core", "deal", "record"))
    for item in compared:
        sides = (int(item.pred is not None), int(item.gold is not None))
        counts[deal] += (int(sides == (1, 1)), *sides)
        counts[record] += (int(item.record_right), *sides)
        for slot, triple in item.tallies.items():
            counts[MEASURES.index(slot)] += triple
            if slot in CORE:
                counts[core] += triple
    return counts


def figures(compared: Mapping[str, Iterable[Compared]]) -> dict[str, Figure]:
    """Each measure over all documents."""
    return _figures(tally(item for items in compared.values() for item in items))


def _figures(counts: Tally) -> dict[str, Figure]:
    return {
        name: Figure(hits=int(hits), predicted=int(predicted), gold=int(gold))
        for name, (hits, predicted, gold) in zip(MEASURES, counts, strict=True)
    }


def source_of(doc: str) -> str:
    """The first folder of a document's path, "-" where it lies in none."""
    folder, slash, _ = doc.partition("/")
    return folder if slash else "-"


def split_by_kind(
    compared: Mapping[str, Iterable[Compared]],
) -> dict[str, dict[str, list[Compared]]]:
    """Kind → document → its deals of that kind; documents without one keep an empty list.

    A pair counts for its annotated kind, a spurious deal for its own.
    """
    listed = {doc: list(items) for doc, items in compared.items()}
    kinds = sorted({item.kind for items in listed.values() for item in items})
    return {
        kind: {doc: [item for item in items if item.kind == kind] for doc, items in listed.items()}
        for kind in kinds
    }


def split_by_source(
    compared: Mapping[str, Iterable[Compared]],
) -> dict[str, dict[str, list[Compared]]]:
    """First folder → its documents with their deals."""
    groups: dict[str, dict[str, list[Compared]]] = {}
    for doc, items in compared.items():
        groups.setdefault(source_of(doc), {})[doc] = list(items)
    return dict(sorted(groups.items()))


def figures_by_kind(compared: Mapping[str, Iterable[Compared]]) -> dict[str, dict[str, Figure]]:
    """Kind → measures; see `split_by_kind`."""
    return {kind: figures(found) for kind, found in split_by_kind(compared).items()}


def figures_by_source(compared: Mapping[str, Iterable[Compared]]) -> dict[str, dict[str, Figure]]:
    """First folder → measures."""
    return {source: figures(found) for source, found in split_by_source(compared).items()}
