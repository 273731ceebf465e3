"""How good the extractor is: deals compared with what careful readers wrote down.

`deals` reads both sides, `matching` pairs them, `scoring` counts, `bootstrap` says how sure the
figures are, `reliability` whether confidence means what it says.
"""

from pipeline.evaluate.bootstrap import intervals
from pipeline.evaluate.deals import ComparedDeal, compared_deal, read_deals
from pipeline.evaluate.matching import CORE, EXTRA, Compared
from pipeline.evaluate.reliability import reliability
from pipeline.evaluate.scoring import (
    MEASURES,
    Figure,
    compare_documents,
    figures,
    figures_by_kind,
    figures_by_source,
    split_by_kind,
    split_by_source,
)

__all__ = [
    "CORE",
    "EXTRA",
    "MEASURES",
    "Compared",
    "ComparedDeal",
    "Figure",
    "compare_documents",
    "compared_deal",
    "figures",
    "figures_by_kind",
    "figures_by_source",
    "intervals",
    "read_deals",
    "reliability",
    "split_by_kind",
    "split_by_source",
]
